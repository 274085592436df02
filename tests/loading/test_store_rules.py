"""Any commits, against a list of rows to which the rules are applied one by one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.loading.store_tables import batch, everything, hour, new_store, row, table

if TYPE_CHECKING:
    import pytest


@st.composite
def commits(draw: st.DrawFn) -> list[list[dict[str, Any]]]:
    """Draw commits of answers; times are hours around the end of a month."""
    numbers = iter(range(1000))
    drawn = []
    for _ in range(draw(st.integers(1, 4))):
        answers = []
        for agent in draw(st.lists(st.sampled_from("ab"), min_size=1, max_size=2, unique=True)):
            start = draw(st.integers(44, 51))
            end, flags = draw(st.integers(start + 1, 52)), draw(st.sampled_from([15, 15, 3, 5]))
            rows = [
                row(
                    draw(st.sampled_from("uvwxyz")),
                    draw(st.integers(start, end - 1)),
                    agent,
                    updated_at=draw(st.sampled_from([None, hour(1), hour(2)])),
                    served=flags,
                    topic=f"version {next(numbers)}",
                )
                for _ in range(draw(st.integers(0, 4)))
            ]
            answers.append(
                {"agent": agent, "start": start, "end": end, "flags": flags, "rows": rows}
            )
        drawn.append(answers)
    return drawn


def after(stored: list[dict[str, Any]], answer: dict[str, Any]) -> list[dict[str, Any]]:
    """Apply one answer to a list of rows, rule by rule."""
    flags, left = answer["flags"], []
    for old in stored:
        inside = hour(answer["start"]) <= old["created_at"] < hour(answer["end"])
        forgets = flags if inside and old["agent_id"] == answer["agent"] else 0
        if old["served"] & ~forgets:
            left.append({**old, "served": old["served"] & ~forgets})
    for new in answer["rows"]:
        same = ("agent_id", "conversation_id")
        twin = next((old for old in left if all(old[key] == new[key] for key in same)), None)
        if twin is None:
            left.append(new)
            continue
        left.remove(twin)
        just_came = any(twin["topic"] == other["topic"] for other in answer["rows"])
        served = (twin["served"] if just_came else twin["served"] & ~flags) | new["served"]
        newer = (new["updated_at"] or hour(0)) >= (twin["updated_at"] or hour(0))
        left.append({**(new if newer else twin), "served": served})
    return left


def place(stored: dict[str, Any]) -> tuple[Any, ...]:
    """Return what the store sorts by."""
    at = stored["created_at"]
    return at >= hour(48), stored["agent_id"], at, stored["conversation_id"]


@settings(max_examples=40, deadline=None)
@given(drawn=commits())
def test_any_commits_leave_what_the_rules_say(
    tmp_path_factory: pytest.TempPathFactory, drawn: list[list[dict[str, Any]]]
) -> None:
    store = new_store(tmp_path_factory.mktemp("any"))
    expected: list[dict[str, Any]] = []
    for answers in drawn:
        store.commit(
            [
                batch(a["start"], a["end"], a["rows"], agent=a["agent"], flags=a["flags"])
                for a in answers
            ]
        )
        for answer in answers:
            expected = after(expected, answer)
        expected.sort(key=place)
        assert everything(store).equals(table(expected))
    assert [report["problem"] for report in store.verify() if not report["ok"]] == []
