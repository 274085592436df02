"""The adjusted difference: against formulas, statsmodels, and where nothing can be compared."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm

from chatdash_analysis.mantel_haenszel import ADJUSTED_COLUMNS, mantel_haenszel

# Channel, device, conversations, successes: mobile is worse overall, better in both channels.
PITFALL = [
    ("web", "mobile", 200, 166),
    ("web", "desktop", 800, 648),
    ("voice", "mobile", 900, 405),
    ("voice", "desktop", 100, 40),
]


def _rows(cells=PITFALL) -> pd.DataFrame:
    """Return one conversation a row, each of a person of its own."""
    rows = [
        (stratum, group, number < successes)
        for stratum, group, n, successes in cells
        for number in range(n)
    ]
    table = pd.DataFrame(rows, columns=["stratum", "group", "y"])
    return table.assign(user=np.arange(len(table)))


def _compared(rows: pd.DataFrame, **options) -> pd.DataFrame:
    codes = {name: rows[name].astype("category").cat for name in ("stratum", "group")}
    labels = list(codes["group"].categories)
    strata, groups = (codes[name].codes.to_numpy(np.int64) for name in ("stratum", "group"))
    n = rows["n"].to_numpy(np.int64) if "n" in rows else np.ones(len(rows), dtype=np.int64)
    found = mantel_haenszel(
        strata, groups, users=rows["user"].to_numpy(np.int64), n=n,
        successes=rows["y"].to_numpy(np.int64), size=len(labels), **options,
    )  # fmt: skip
    return found.set_axis(labels)


def _drawn(rng, *, people=400, rows=3000, strata=7) -> pd.DataFrame:
    user, stratum = rng.integers(0, people, rows), rng.integers(0, strata, rows)
    group = np.where(rng.random(rows) < 0.2 + 0.08 * stratum, "a", "b")
    luck = rng.uniform(-0.2, 0.2, people)[user]
    chance = 0.25 + 0.05 * stratum + 0.08 * (group == "a") + luck
    return pd.DataFrame(
        {"stratum": stratum, "group": group, "user": user, "y": rng.random(rows) < chance}
    )


def test_simpson_of_the_pitfall_is_seen_through():
    rows = _rows()
    crude = rows.groupby("group")["y"].mean()
    assert crude.round(3).to_dict() == {"mobile": 0.519, "desktop": 0.764}
    mobile = _compared(rows).loc["mobile"]
    assert mobile["adjusted_difference"] == pytest.approx(0.0308)
    assert mobile["strata_n"] == 2
    assert mobile["adjusted_n"] == 2000


def test_single_conversations_have_the_variance_of_greenland_and_robins():
    found = _compared(_rows()).loc["mobile"]
    variance, weight = 0.0, 0.0
    for (a, n1), (c, n0) in (((166, 200), (648, 800)), ((405, 900), (40, 100))):
        n = n1 + n0
        variance += (a * (n1 - a) * n0**3 + c * (n0 - c) * n1**3) / (n1 * n0 * n**2)
        weight += n1 * n0 / n
    half = 1.96 * np.sqrt(variance) / weight
    low, high = found["adjusted_difference_low"], found["adjusted_difference_high"]
    assert (high - low) / 2 == pytest.approx(half, rel=0.01)


def test_estimate_and_error_are_those_of_a_regression_with_an_intercept_a_stratum():
    rows = _drawn(np.random.default_rng(0))
    found = _compared(rows).loc["a"]
    design = pd.get_dummies(rows["stratum"]).astype(float).assign(a=rows["group"].eq("a"))
    fitted = sm.OLS(rows["y"].astype(float), design.astype(float)).fit(
        cov_type="cluster", cov_kwds={"groups": rows["user"]}
    )
    assert found["adjusted_difference"] == pytest.approx(fitted.params["a"], abs=1e-12)
    half = (found["adjusted_difference_high"] - found["adjusted_difference_low"]) / 2
    assert half == pytest.approx(1.96 * fitted.bse["a"], rel=0.02)
    # Student's t on the people instead of the normal distribution.
    assert fitted.pvalues["a"] < found["adjusted_p_value"] < 1e-6


def test_two_groups_are_mirror_images():
    a, b = _compared(_drawn(np.random.default_rng(1))).loc[["a", "b"]].to_numpy()
    mirrored = np.array([-b[0], -b[2], -b[1], *b[3:]])
    np.testing.assert_allclose(a, mirrored, rtol=1e-9)


def test_a_row_may_stand_for_several_conversations_of_a_person():
    rows = _drawn(np.random.default_rng(2))
    summed = rows.groupby(["stratum", "group", "user"], as_index=False).agg(
        n=("y", "size"), y=("y", "sum")
    )
    pd.testing.assert_frame_equal(_compared(summed), _compared(rows))


def test_neither_the_order_of_rows_nor_the_numbers_of_people_matter_to_the_last_bit():
    rng = np.random.default_rng(3)
    rows = _drawn(rng)
    other = rng.permutation(400)[rows["user"]]
    shuffled = rows.assign(user=other).sample(frac=1, random_state=0)
    pd.testing.assert_frame_equal(_compared(shuffled), _compared(rows), check_exact=True)


def test_strata_with_one_side_only_add_nothing():
    rows = _rows()
    alone = pd.DataFrame({"stratum": "fax", "group": "mobile", "y": [True] * 50})
    both = pd.concat([rows, alone.assign(user=np.arange(2000, 2050))], ignore_index=True)
    pd.testing.assert_frame_equal(_compared(both), _compared(rows))


def test_without_a_common_stratum_there_is_no_difference():
    rows = _rows([("web", "mobile", 30, 20), ("voice", "desktop", 30, 10)])
    found = _compared(rows)
    assert found[list(ADJUSTED_COLUMNS[:4])].isna().all(axis=None)
    assert found[["strata_n", "adjusted_n"]].to_numpy().tolist() == [[0, 0], [0, 0]]


@pytest.mark.parametrize(("good", "difference"), [((8, 20), 0.0), ((0, 0), 0.0), ((8, 0), 1.0)])
def test_where_nothing_varies_the_interval_is_that_of_newcombe(good, difference):
    found = _compared(_rows([("web", "a", 8, good[0]), ("web", "b", 20, good[1])])).loc["a"]
    assert found["adjusted_difference"] == pytest.approx(difference)
    assert found["adjusted_difference_high"] - found["adjusted_difference_low"] > 0.2
    assert np.isnan(found["adjusted_p_value"])


def test_with_four_people_on_a_side_there_is_no_test():
    cells = [("web", "a", 40, 30), ("web", "b", 60, 20)]
    few = _rows(cells).assign(
        user=lambda rows: np.where(rows["group"] == "a", rows.index % 4, rows["user"])
    )
    enough = _rows(cells).assign(
        user=lambda rows: np.where(rows["group"] == "a", rows.index % 5, rows["user"])
    )
    assert _compared(few)["adjusted_p_value"].isna().all()
    assert _compared(enough)["adjusted_p_value"].notna().all()


def test_nothing_at_all_is_a_typed_answer():
    nothing = np.zeros(0, dtype=np.int64)
    found = mantel_haenszel(nothing, nothing, users=nothing, n=nothing, successes=nothing, size=3)
    assert found.columns.tolist() == list(ADJUSTED_COLUMNS)
    assert found.dtypes.astype(str).tolist() == ["float64"] * 4 + ["int64"] * 2
    assert found["adjusted_difference"].isna().tolist() == [True] * 3


def test_a_higher_level_makes_the_interval_wider():
    rows = _drawn(np.random.default_rng(4))
    narrow, wide = _compared(rows, level=0.8).loc["a"], _compared(rows, level=0.99).loc["a"]
    assert wide["adjusted_difference_low"] < narrow["adjusted_difference_low"]
    assert wide["adjusted_difference_high"] > narrow["adjusted_difference_high"]
