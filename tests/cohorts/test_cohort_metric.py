from __future__ import annotations

from datetime import timedelta

import pandas as pd
import polars as pl
import pytest

import chatdash_analysis as cda
from chatdash_analysis.cohorts.retention import cohort_metric, retention_table
from chatdash_analysis.errors import InputError, MissingColumnsError
from chatdash_analysis.rates import RATE_COLUMNS
from tests.cohorts.made import DTYPES, THREE, cells, pooled


def test_the_metric_of_cohorts_counts_conversations() -> None:
    frame = THREE.assign(
        evaluation_is_success=pd.array(
            [True, False, True, None, True, False, True], dtype="boolean"
        )
    )
    table = cohort_metric(frame, as_of="2026-01-26", min_n=1)
    assert cells(table, "cohort_label", "period", "n", "successes", "unknown") == [
        ("2026-01-05", 0, 2, 1, 1),
        ("2026-01-05", 2, 1, 1, 0),
        ("2026-01-12", 0, 1, 1, 0),
        ("2026-01-12", 1, 1, 0, 0),
        ("2026-01-19", 0, 1, 1, 0),
        ("all", 0, 4, 3, 1),
        ("all", 1, 1, 0, 0),
        ("all", 2, 1, 1, 0),
    ]
    assert table.dtypes.astype(str).to_dict() == DTYPES
    assert cohort_metric(frame.head(0)).dtypes.astype(str).to_dict() == DTYPES


def test_the_metric_of_cohorts_is_that_of_rates_by() -> None:
    sample = cda.load_sample(1_500)
    people = retention_table(sample, freq="M").attrs["cohorts"]
    table = cohort_metric(sample, freq="M", burn_in=timedelta(days=30))
    own = table[table["cohort"].notna()]
    assert own["n"].sum() + own["unknown"].sum() + own["excluded"].sum() == (
        len(sample) - people["without_user"]
    )
    late = own[~own["flags"].str.contains("left_truncated")]
    assert late["cohort_label"].min() == "2026-02"
    assert pooled(table)["n"].sum() == late["n"].sum()
    running = own[own["flags"].str.contains("immature")]
    ends = running["cohort"].dt.month + running["period"]
    assert (ends == 6).all()
    assert len(running) == ((own["cohort"].dt.month + own["period"]) == 6).sum() > 1
    assert list(RATE_COLUMNS) == table.columns[4:].tolist()


def test_the_metric_of_cohorts_refuses_what_it_cannot_do() -> None:
    with pytest.raises(InputError, match=r"cohort_metric needs a pandas\.DataFrame"):
        cohort_metric(pl.from_pandas(THREE))  # type: ignore[arg-type]
    with pytest.raises(MissingColumnsError, match="evaluation_is_success"):
        cohort_metric(THREE)
