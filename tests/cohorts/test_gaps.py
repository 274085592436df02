"""What could not be loaded is unknown: nobody is said not to have come back in it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

import chatdash_analysis as cda
from chatdash_analysis.errors import InputError

MARCH = {"start": "2026-03-01T00:00:00Z", "end": "2026-04-01T00:00:00Z", "agent_id": "x"}


@pytest.fixture(scope="module")
def whole() -> pd.DataFrame:
    return cda.identify_users(cda.load_sample(2000))


@pytest.fixture(scope="module")
def holed(whole) -> pd.DataFrame:
    start, end = (pd.Timestamp(MARCH[name]) for name in ("start", "end"))
    rows = whole[(whole["created_at"] < start) | (whole["created_at"] >= end)].copy()
    loaded = {"start": "2026-01-01T00:00:00Z", "end": "2026-07-01T00:00:00Z", "gaps": [MARCH]}
    rows.attrs = {"chatdash": loaded}
    return rows


def test_cells_that_a_gap_touches_are_missing_and_their_people_unknown(whole, holed):
    table = cda.retention_table(holed, freq="M")
    hit = table[table["flags"].eq("gap")]
    assert list(zip(hit["cohort_label"], hit["period"], strict=True)) == [
        ("2026-01", 2), ("2026-02", 1),
    ]  # fmt: skip
    assert hit[["rate", "low", "high"]].isna().all(axis=None)
    assert (hit["n"] == 0).all()
    assert (hit["unknown"] > 0).all()
    other = cda.retention_table(whole, freq="M").merge(table, on=["cohort", "period"])
    january = other[other["cohort_label_x"].eq("2026-01") & other["period"].isin([1, 3])]
    assert january["rate_x"].round(2).tolist() == january["rate_y"].round(2).tolist()


def test_the_pooled_row_leaves_those_people_out(holed):
    table = cda.retention_table(holed, freq="M")
    cells = table[table["cohort"].notna() & table["period"].eq(1)]
    pooled = table[table["cohort_label"].eq("all") & table["period"].eq(1)].iloc[0]
    assert pooled["n"] == cells["n"].sum()
    everybody = table[table["period"].eq(0) & table["cohort"].notna()]["n"].sum()
    assert pooled["n"] + pooled["unknown"] == everybody
    assert pooled["rate"] == pytest.approx(cells["successes"].sum() / cells["n"].sum())


@pytest.mark.parametrize("window", ["calendar", "rolling"])
def test_who_may_have_come_back_later_is_unknown_before_the_gap_too(holed, window):
    table = cda.retention_table(holed, freq="M", kind="unbounded", window=window)
    early = table[table["cohort_label"].eq("2026-01") & table["period"].between(1, 2)]
    assert early["flags"].tolist() == ["gap", "gap"]


def test_a_rolling_period_is_hidden_if_anybody_of_the_cohort_was_in_the_gap(holed):
    table = cda.retention_table(holed, freq="M", window="rolling")
    january = table[table["cohort_label"].eq("2026-01")].set_index("period")["flags"]
    # The last of January is day 30 to 59 until the end of March.
    assert january[[1, 2]].tolist() == ["gap", "gap"]
    assert january[4] != "gap"


def test_other_tables_carry_the_flag(holed, whole):
    for make in (cda.return_curve, cda.contact_table, cda.resolved_for_good):
        assert make(holed)["flags"].str.contains("gap").all()
        assert not make(whole)["flags"].str.contains("gap").any()


def test_nobody_has_watched_the_future(whole):
    future = pd.Timestamp.now("UTC") + np.timedelta64(1, "D")
    with pytest.raises(InputError, match="lies in the future"):
        cda.retention_table(whole, as_of=future)
