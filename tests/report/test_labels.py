"""Labels before they are counted."""

from __future__ import annotations

import narwhals as nw
import pandas as pd
import pytest

from chatdash_analysis.channels.kinds import _KINDS, channel_kinds
from chatdash_analysis.report.labels import (
    by_size,
    join_rare,
    largest,
    plain_labels,
    several,
    shared_labels,
    with_agents,
)


def _texts(*values: str | None) -> pd.Series:
    return pd.Series(list(values), dtype="str")


def test_labels_with_personal_data_are_masked_and_the_others_stay() -> None:
    frame = pd.DataFrame({"channel": _texts("Webchat", "+49 171 5550123", "web_call", None)})
    masked = plain_labels(frame, ["channel", "platform"])["channel"]
    assert masked.iloc[:3].tolist() == ["Webchat", "[phone]", "Web call"]
    assert masked.isna().tolist() == [False, False, False, True]
    assert frame["channel"].iloc[1] == "+49 171 5550123"


@pytest.mark.parametrize(
    ("column", "typed", "name"),
    [
        ("channel", "web_call", "Web call"),
        ("channel", "vapi.websocketCall", "Web call"),
        ("channel", "inboundPhoneCall", "Inbound phone call"),
        ("channel", "phone", "Phone"),
        ("channel", "WHATSAPP", "WhatsApp"),
        ("channel", "front_desk", "front_desk"),
        ("platform", "elevenlabs", "ElevenLabs"),
        ("platform", "retell", "Retell"),
        ("platform", "phone", "phone"),
        ("device", "phone", "phone"),
    ],
)
def test_codes_that_are_known_have_the_names_of_clients(column: str, typed: str, name: str) -> None:
    assert plain_labels(pd.DataFrame({column: _texts(typed)}), [column])[column].tolist() == [name]


def test_a_client_name_is_for_every_channel_what_the_code_was() -> None:
    rows = [(p, c) for p in ("retell", "openai") for c in sorted(_KINDS)]
    coded = pd.DataFrame(rows, columns=["platform", "channel"]).astype("str")
    named = plain_labels(coded, ["channel", "platform"])
    for kind in ("voice", "widget"):
        one, other = (
            nw.from_native(frame)
            .select(getattr(channel_kinds(frame), kind).alias("is"))
            .to_native()
            for frame in (coded, named)
        )
        assert one["is"].tolist() == other["is"].tolist()


def test_a_label_of_which_nothing_is_left_says_so() -> None:
    frame = pd.DataFrame({"channel": _texts("<b></b>")})
    assert plain_labels(frame, ["channel"])["channel"].tolist() == ["(no text)"]


@pytest.mark.parametrize("values", [[], [None, None]], ids=["no row", "no label"])
def test_labels_that_are_not_there_stay_missing(values: list[None]) -> None:
    masked = plain_labels(pd.DataFrame({"channel": _texts(*values)}), ["channel"])["channel"]
    assert masked.isna().all()
    assert len(masked) == len(values)


def test_agents_have_their_names_and_shared_names_their_ids() -> None:
    frame = pd.DataFrame(
        {
            "agent_id": _texts("a", "b", "c", "d", "a", None),
            "agent_name": _texts("Front desk", "Sales", "Sales", None, None, "Nobody"),
        }
    )
    agents = with_agents(frame)["agent"]
    assert agents.iloc[:5].tolist() == ["Front desk", "Sales (b)", "Sales (c)", "d", "Front desk"]
    assert pd.isna(agents.iloc[5])


def test_agents_without_names_are_their_ids() -> None:
    assert with_agents(pd.DataFrame({"agent_id": _texts("a", "b")}))["agent"].tolist() == ["a", "b"]


def test_an_agent_that_was_renamed_has_one_name_whatever_the_order() -> None:
    frame = pd.DataFrame({"agent_id": _texts("a", "a"), "agent_name": _texts("New", "Old")})
    names = {with_agents(rows)["agent"].iloc[0] for rows in (frame, frame[::-1])}
    assert names == {"New"}


def _by_people(column: str, *labels: str | None) -> pd.DataFrame:
    """Return three conversations of each label, by one unknown and two known people."""
    rows = [(label, user) for label in labels for user in (None, f"{label} 1", f"{label} 2")]
    return pd.DataFrame(rows, columns=[column, "user_id"]).astype("str")


@pytest.mark.parametrize(
    ("column", "label", "stays"),
    [
        ("channel", "Webchat", "Webchat"),
        ("channel", "ZEBRA Jonathan", "other (rare)"),
        ("platform", "vapi", "vapi"),
        ("platform", "Jonathan", "other (rare)"),
        ("country_code", "DE", "DE"),
        ("country_code", "Jonathan", "other (rare)"),
        ("device", "iPad", "iPad"),
        ("os", "Jonathan", "0"),
        ("browser", "Jonathan", "0"),
    ],
)
def test_labels_of_few_people_stay_only_if_they_are_common(
    column: str, label: str, stays: str
) -> None:
    frame = _by_people(column, label, None)
    labels = shared_labels(frame, [column, "absent"], 3)[column]
    assert labels.iloc[:3].tolist() == [stays] * 3
    assert labels.iloc[3:].isna().all()


def test_labels_of_enough_known_people_stay() -> None:
    frame = _by_people("channel", "Front desk")
    assert shared_labels(frame, ["channel"], 2)["channel"].tolist() == ["Front desk"] * 3


def test_people_are_counted_where_one_asks() -> None:
    frame = _by_people("channel", "Front desk")
    labels = shared_labels(frame, ["channel"], 2, of=frame.iloc[:2])["channel"]
    assert labels.tolist() == ["other (rare)"] * 3


def test_the_rarest_labels_are_joined_to_one() -> None:
    frame = pd.DataFrame({"channel": _texts(*"aaabbc", "d", None)})
    joined, number = join_rare(frame, "channel", of=frame, most=3)
    assert number == 3
    assert joined["channel"].tolist() == [*"aaabb", *["3 smaller ones"] * 3]


def test_few_labels_stay_as_they_are() -> None:
    frame = pd.DataFrame({"channel": _texts("a", "b", None)})
    joined, number = join_rare(frame, "channel", of=frame, most=3)
    assert joined is frame
    assert number == 0


def test_what_is_joined_never_takes_the_name_of_another() -> None:
    frame = pd.DataFrame({"channel": _texts(*["2 smaller ones"] * 3, "b", "c")})
    joined, _ = join_rare(frame, "channel", of=frame, most=2)
    assert joined["channel"].tolist() == [*["2 smaller ones"] * 3, *["(2 smaller ones)"] * 2]


def test_the_largest_rows_keep_their_order() -> None:
    table = pd.DataFrame({"name": list("abcd"), "n": [1, 5, 5, 9]}, index=[7, 7, 8, 9])
    kept, rest = largest(table, "n", most=2)
    assert kept["name"].tolist() == ["b", "d"]
    assert rest == 2
    assert by_size(table, "n")["name"].tolist() == ["d", "b", "c", "a"]


def test_several_means_more_than_one_value_that_is_there() -> None:
    frame = pd.DataFrame({"one": _texts("a", None), "two": _texts("a", "b")})
    assert [several(frame, name) for name in ("one", "two", "three")] == [False, True, False]
