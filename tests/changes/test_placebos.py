"""Earlier dates: which are admissible, what is computed there, and how often chance alarms."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.changes.placebos import count_as_large, placebo_p, placebo_table
from chatdash_analysis.errors import IncompleteError, InputError, MissingColumnsError

AT = "2026-05-01"


def daily(days: int, *, tz: str = "UTC", seed: int = 0, end: str = "2026-05-29") -> pd.DataFrame:
    """Twenty conversations a local day, at noon, until `end`."""
    rng = np.random.default_rng(seed)
    dates = pd.date_range(end=pd.Timestamp(end) - pd.Timedelta(days=1), periods=days, freq="D")
    noon = (dates + pd.Timedelta(hours=12)).tz_localize(tz).tz_convert("UTC")
    n = 20 * days
    success = pd.array(rng.random(n) < 0.6, dtype="boolean")
    success[rng.random(n) < 0.1] = pd.NA
    return pd.DataFrame(
        {
            "created_at": noon.repeat(20).as_unit("us"),
            "channel": pd.Series(rng.choice(["phone", "web"], n), dtype="str"),
            "agent_id": pd.Series(rng.choice(["a", "b", "c"], n), dtype="str"),
            "user_id": pd.Series([f"u{k}" for k in rng.integers(0, n // 3, n)], dtype="str"),
            "evaluation_is_success": success,
        }
    )


def test_columns_and_dtypes_are_those_promised():
    table = placebo_table(daily(200), at=AT)

    assert {name: str(dtype) for name, dtype in table.dtypes.items()} == {
        "at": "datetime64[us, UTC]", "observed": "bool", "n_before": "int64",
        "rate_before": "float64", "n_after": "int64", "rate_after": "float64",
        "difference": "float64", "adjusted_difference": "float64", "control_n_before": "int64",
        "control_n_after": "int64", "control_difference": "float64",
    }  # fmt: skip
    assert table.index.equals(pd.RangeIndex(len(table)))


@pytest.mark.parametrize(("days", "weeks"), [(7, 1), (14, 2), (28, 4), (10, 2), (3, 1)])
def test_every_earlier_date_that_fits_is_there_and_no_other(days, weeks):
    frame = daily(150)
    first = frame["created_at"].min().normalize()
    at = pd.Timestamp(AT, tz="UTC")

    table = placebo_table(frame, at=AT, days=days)

    expected = []
    for week in range(weeks, 60):
        date = at - pd.Timedelta(weeks=week)
        fits = date - pd.Timedelta(days=days) >= first
        assert date + pd.Timedelta(days=days) <= at
        expected += [date] if fits else []
    assert table["at"].tolist() == [*expected[::-1], at]
    assert table["observed"].tolist() == [False] * len(expected) + [True]


def test_dates_keep_their_local_time_over_clock_changes():
    table = placebo_table(daily(150, tz="Europe/Berlin"), at=AT, days=7, tz="Europe/Berlin")

    local = table["at"].dt.tz_convert("Europe/Berlin")
    assert local.dt.hour.eq(0).all()
    assert local.dt.day_of_week.eq(4).all()
    assert table["at"].dt.hour.unique().tolist() == [23, 22]  # in winter and in summer
    assert table["n_before"].between(115, 140).all()  # seven days each, over clock changes, too


@pytest.mark.parametrize("strata", [(), "channel", ["channel", "agent_id"]])
def test_differences_equal_plain_pandas(strata):
    frame = daily(120)
    columns = [strata] if isinstance(strata, str) else list(strata)

    table = placebo_table(frame, at=AT, days=14, strata=strata)

    known = frame.dropna(subset="evaluation_is_success").assign(all="all")
    assert len(table) > 3
    for _, row in table.iterrows():
        side = [
            known[known["created_at"].between(row["at"] + pd.Timedelta(days=a), row["at"]
                  + pd.Timedelta(days=b), inclusive="left")]
            for a, b in ((-14, 0), (0, 14))
        ]  # fmt: skip
        cells = [part.groupby(columns or "all")["evaluation_is_success"] for part in side]
        rates = [cell.mean().astype(float) for cell in cells]
        shares = [cell.size() / len(part) for cell, part in zip(cells, side, strict=True)]
        expected = ((rates[1] - rates[0]) * (shares[0] + shares[1]) / 2).sum()
        assert row["adjusted_difference"] == pytest.approx(expected, abs=1e-12)
        assert (row["n_before"], row["n_after"]) == (len(side[0]), len(side[1]))
        plain = [part["evaluation_is_success"].mean() for part in side]
        assert row["rate_after"] == pytest.approx(plain[1])
        assert row["difference"] == pytest.approx(plain[1] - plain[0])
        if not columns:
            assert row["difference"] == pytest.approx(row["adjusted_difference"])


def test_control_agents_are_taken_off():
    frame = daily(120)
    treated = placebo_table(
        frame[~frame["agent_id"].isin(["b", "c"])], at=AT, days=14, strata="channel"
    )
    control = placebo_table(
        frame[frame["agent_id"].isin(["b", "c"])], at=AT, days=14, strata="channel"
    )

    both = placebo_table(frame, at=AT, days=14, strata="channel", control=["b", "c"])

    expected = treated["adjusted_difference"] - control["adjusted_difference"]
    assert both["adjusted_difference"].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-12)
    pd.testing.assert_series_equal(
        both["control_difference"], control["adjusted_difference"], check_names=False
    )
    assert both["control_n_after"].tolist() == control["n_after"].tolist()
    assert both["n_before"].tolist() == treated["n_before"].tolist()


def test_cells_may_be_agents_and_one_control_agent_a_text():
    frame = daily(60)

    listed = placebo_table(frame, at=AT, days=14, strata="agent_id", control=["c"])

    pd.testing.assert_frame_equal(
        listed, placebo_table(frame, at=AT, days=14, strata="agent_id", control="c")
    )
    assert listed["adjusted_difference"].notna().all()


def test_order_of_the_rows_does_not_matter():
    frame = daily(90)

    pd.testing.assert_frame_equal(
        placebo_table(frame, at=AT, strata="channel", days=14),
        placebo_table(frame.sample(frac=1, random_state=1), at=AT, strata="channel", days=14),
    )


def test_dates_without_a_known_outcome_are_left_out():
    frame = daily(120)
    early = frame["created_at"] < "2026-03-15"
    frame["evaluation_is_success"] = frame["evaluation_is_success"].mask(early)

    table = placebo_table(frame, at=AT, days=14)

    assert table["adjusted_difference"].notna().all()
    assert table["at"].min() > pd.Timestamp("2026-03-15", tz="UTC")


def test_a_single_conversation_long_ago_makes_no_dates():
    frame = daily(60)
    long_ago = frame.head(1).assign(created_at=pd.Timestamp("1970-01-02", tz="UTC").as_unit("us"))

    table = placebo_table(pd.concat([frame, long_ago], ignore_index=True), at=AT, days=14)

    # The first date has its first period but for the days before the table really starts.
    assert table["at"].min() > pd.Timestamp("2026-03-25", tz="UTC")
    assert len(table) == len(placebo_table(frame, at=AT, days=14)) + 2


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"days": 0}, "days=0 is no number of days"),
        ({"days": 7.0}, "days=7.0 is no number"),
        ({"days": True}, "days=True is no number"),
        ({"at": "1 May"}, "at='1 May' is no date"),
        ({"at": "2027-01-01"}, "holds no conversations. Those of the table started from"),
        ({"at": "2020-01-01"}, "holds no conversations"),
        ({"control": ["nobody"]}, "holds no conversations of the control agents"),
        ({"control": ["a", "b", "c"]}, "holds no conversations but those of control agents"),
        ({"tz": "Mars"}, "tz='Mars' is no time zone"),
        ({"strata": ["channel", "channel"]}, "strata=.* names a column twice"),
        ({"outcome": "channel"}, "is no flag"),
    ],
)
def test_bad_arguments_say_what_is_wrong(change, message):
    with pytest.raises(InputError, match=message):
        placebo_table(daily(90), **({"at": AT, "days": 14} | change))


def test_missing_columns_and_parts_never_loaded_are_refused():
    frame = daily(90)
    with pytest.raises(MissingColumnsError, match=r"placebo_table needs .*agent_id"):
        placebo_table(frame.drop(columns="agent_id"), at=AT, control="a")
    frame.attrs["chatdash"] = {"start": "2026-01-01T00:00:00Z", "end": "2026-05-20T00:00:00Z"}
    with pytest.raises(IncompleteError, match="were loaded"):
        placebo_table(frame, at=AT, days=28)


def test_p_is_the_usual_one_for_periods_of_a_week_and_larger_for_longer_ones():
    assert placebo_p(0, 19, days=7) == pytest.approx(1 / 20)
    assert placebo_p(3, 19, days=5) == pytest.approx(4 / 20)
    assert placebo_p(0, 38, days=28) == pytest.approx(2 / 40)
    assert placebo_p(0, 0, days=28) == 1


def test_as_large_counts_both_directions_and_ties():
    table = pd.DataFrame({"adjusted_difference": [0.1, -0.3, 0.2999999999999999, 0.29, -0.1, 0.3]})

    assert count_as_large(table) == 2


@pytest.mark.parametrize("weeks", [1, 2, 4, 8])
@pytest.mark.parametrize("correlation", [0.0, 0.5])
def test_chance_alarms_in_at_most_a_twentieth(weeks, correlation):
    # Weekly rates without any change; alarms where the smallest p can be 5 % at all.
    rng, runs = np.random.default_rng(weeks), 6000
    for placebos in (int(20 * np.sqrt(weeks)), 100):
        length = placebos + 3 * weeks - 1
        rate = rng.normal(size=(runs, length))
        for week in range(1, length):
            new = np.sqrt(1 - correlation**2) * rate[:, week]
            rate[:, week] = correlation * rate[:, week - 1] + new
        sums = np.pad(rate.cumsum(axis=1), ((0, 0), (1, 0)))
        dates = np.arange(weeks, length - weeks + 1)
        size = np.abs(sums[:, dates + weeks] - 2 * sums[:, dates] + sums[:, dates - weeks])
        # The periods of a placebo do not touch the date.
        earlier, observed = size[:, :placebos], size[:, -1:]

        p = placebo_p((earlier >= observed).sum(axis=1), placebos, days=7 * weeks)

        assert np.mean(p <= 0.05) <= 0.05 + 2.5 * np.sqrt(0.05 * 0.95 / runs)
        assert np.mean(p <= 0.05) > 0.01  # and it is no excuse for never alarming
        assert np.mean(p <= 0.5) < 0.53
