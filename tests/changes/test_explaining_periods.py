"""Why a rate changed: periods, what was loaded of them, and arguments that are refused."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal

from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError
from tests.changes.cells import AFTER, EXAMPLE, conversations_of, explained


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ((date(2026, 4, 1), date(2026, 5, 1)), (date(2026, 5, 1), date(2026, 6, 1))),
        ((datetime(2026, 4, 1, tzinfo=UTC), "2026-05-01T00:00Z"), ("2026-05-01", "2026-06-01")),
        ((pd.Timestamp("2026-04-01"), pd.Timestamp("2026-05-01")), AFTER),
    ],
)
def test_periods_may_be_text_dates_or_datetimes(before, after):
    frame = conversations_of(EXAMPLE)

    assert_frame_equal(explained(frame, before=before, after=after), explained(frame))


def test_periods_are_half_open_and_local():
    frame = conversations_of({"a": ("1" * 6, "0" * 6)})
    instants = pd.to_datetime(
        ["2026-04-30T21:59:59Z", "2026-04-30T22:00:00Z", "2026-05-31T22:00:00Z"] * 4, utc=True
    )
    frame["created_at"] = instants.astype("datetime64[us, UTC]")

    utc = explained(frame)
    berlin = explained(frame, tz="Europe/Berlin")

    assert (utc["n_before"].iloc[-1], utc["n_after"].iloc[-1]) == (8, 4)
    assert (berlin["n_before"].iloc[-1], berlin["n_after"].iloc[-1]) == (4, 4)


def test_other_time_zones_of_the_column_are_the_same_instants():
    frame = conversations_of(EXAMPLE)
    moved = frame.assign(created_at=frame["created_at"].dt.tz_convert("Asia/Tokyo"))

    assert_frame_equal(explained(moved), explained(frame))


def test_conversations_without_a_start_are_left_out_and_flagged():
    frame = conversations_of(EXAMPLE)
    undated = frame.head(7).assign(created_at=frame["created_at"].where(lambda at: at.isna()))

    table = explained(pd.concat([frame, undated], ignore_index=True))

    assert table["flags"].tolist() == ["", "", "undated"]
    assert table["n_before"].iloc[-1] == 1000


def test_gaps_inside_the_periods_are_flagged():
    frame = conversations_of(EXAMPLE)
    gap = {"start": "2026-05-03T00:00:00.000Z", "end": "2026-05-04T00:00:00.000Z"}
    frame.attrs["chatdash"] = {"gaps": [gap]}

    assert explained(frame)["flags"].iloc[-1] == "gap"
    later = ("2026-05-10", "2026-06-01")
    assert explained(frame, after=later)["flags"].iloc[-1] == ""


def test_periods_beyond_what_was_loaded_are_refused():
    frame = conversations_of(EXAMPLE)
    frame.attrs["chatdash"] = {
        "start": "2026-04-10T00:00:00.000Z", "end": "2026-07-01T00:00:00.000Z",
    }  # fmt: skip

    with pytest.raises(IncompleteError, match=r"2026-04-01.*2026-04-10.*were loaded") as caught:
        explained(frame)
    assert caught.value.gaps[0]["start"].startswith("2026-04-01")
    assert len(explained(frame, before=("2026-04-10", "2026-05-01"))) == 3


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"before": ("2025-04-01", "2025-05-01")}, "before=.*holds no conversations.*2026-04-15"),
        ({"after": ("2027-04-01", "2027-05-01")}, "after=.*holds no conversations"),
        ({"after": ("2026-04-30", "2026-06-01")}, "does not end before"),
        ({"after": ("2026-06-01", "2026-05-01")}, "ends at or before its start"),
        ({"before": "2026-04"}, "before='2026-04' is no period"),
        ({"before": ("01/04/2026", "2026-05-01")}, "is no date or time"),
        ({"tz": "Berlin"}, "is no time zone"),
        ({"by": []}, "names 0 columns"),
        ({"by": ["channel", "channel"]}, "names a column twice"),
        ({"n_boot": 5}, "100 or more"),
        ({"outcome": "user_id"}, "is no flag"),
        ({"level": 95}, "level=95 is no confidence level"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message):
    with pytest.raises(InputError, match=message):
        explained(conversations_of(EXAMPLE), **change)


def test_names_of_the_table_cannot_be_cells():
    frame = conversations_of(EXAMPLE, by="low")

    with pytest.raises(InputError, match="Rename"):
        explained(frame, by="low")


def test_missing_columns_and_other_engines_are_named():
    frame = conversations_of(EXAMPLE)

    with pytest.raises(MissingColumnsError, match=r"explain_change needs .*agent"):
        explained(frame, by="agent")
    with pytest.raises(MissingColumnsError, match="lacks person"):
        explained(frame, users="person")
    with pytest.raises(InputError, match="takes a pandas DataFrame, not a dict"):
        explained({})


def test_empty_table_says_that_it_is_empty():
    with pytest.raises(InputError, match=r"holds no conversations. Nor does the table"):
        explained(conversations_of(EXAMPLE).head(0))


def test_naive_instants_are_refused():
    frame = conversations_of(EXAMPLE)

    with pytest.raises(InputError, match="not instants with a time zone"):
        explained(frame.assign(created_at=frame["created_at"].dt.tz_localize(None)))
