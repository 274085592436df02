"""Agents side by side in a report."""

from __future__ import annotations

import pandas as pd

from chatdash_analysis.report.agents import agent_parts
from chatdash_analysis.report.parts import Figure, Material, Table
from tests.report.sections.materials import JUDGED, material_of


def _agents(*cells: tuple[str, str, int, int]) -> Material:
    """Return a month of chats: platform, agent, how many succeeded and how many failed."""
    rows = [
        (platform, agent, good)
        for platform, agent, successes, failures in cells
        for good in [True] * successes + [False] * failures
    ]
    frame = pd.DataFrame(rows, columns=["platform", "agent_id", JUDGED])
    n = len(frame)
    frame = frame.astype({"platform": "str", "agent_id": "str", JUDGED: "boolean"})
    return material_of(
        frame.assign(
            conversation_id=[f"{i:05}" for i in range(n)],
            user_id=[f"person {i}" for i in range(n)],
            created_at=pd.date_range("2026-05-02", periods=n, freq="min", tz="UTC").as_unit("us"),
        )
    )


def test_an_agent_alone_is_not_compared() -> None:
    assert agent_parts(_agents(("vapi", "a", 30, 10))) == ([], [])


def test_agents_that_are_alike_are_not_ranked_in_words() -> None:
    alike = [("vapi", f"agent {i}", 60 + i % 3, 40 - i % 3) for i in range(8)]
    (told,), (part,) = agent_parts(_agents(*alike))
    assert told.startswith("8 agents took part. No agent is outside of the range")
    assert isinstance(part, Figure)
    assert len(part.table.frame) == 8


def test_an_agent_far_from_the_others_is_named_with_its_numbers() -> None:
    alike = [("vapi", f"agent {i:02}", 60 + i % 3, 40 - i % 3) for i in range(30)]
    (told,), _ = agent_parts(_agents(*alike, ("vapi", "odd one", 20, 180)))
    assert "Far outside of the range that is expected: odd one with 10.0 % (" in told
    assert told.endswith("n = 200).")


def test_platforms_are_leagues_of_their_own() -> None:
    cells = [("vapi", "a", 30, 10), ("vapi", "b", 28, 12), ("retell", "c", 8, 32)]
    (told,), (part,) = agent_parts(_agents(*cells))
    assert told.startswith("3 agents took part. No agent is outside")
    assert isinstance(part, Figure)
    league = part.table.frame.set_index("agent")
    assert league.loc["c", "flags"] == "single"
    assert league.loc["a", "overall"] == (30 + 28) / 80
    assert "Each platform is a league of its own" in part.table.method


def test_agents_of_platforms_of_their_own_are_not_compared() -> None:
    (told,), _ = agent_parts(_agents(("vapi", "a", 30, 10), ("retell", "b", 8, 32)))
    assert "No agent can be compared with another: on each platform one alone is judged" in told


def test_agents_that_nobody_judged_are_a_table() -> None:
    material = _agents(("vapi", "a", 30, 10), ("vapi", "b", 8, 32))
    unknown = pd.Series(None, index=material.conversations.index, dtype="boolean")
    (told,), (part,) = agent_parts(material_of(material.conversations.assign(**{JUDGED: unknown})))
    assert (
        told
        == "2 agents took part. No agent can be compared with another: no success has been judged."
    )
    assert isinstance(part, Table)
