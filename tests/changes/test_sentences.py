"""Sentences: the numbers of the table, plain words, no cause."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from chatdash_analysis.changes.sentences import change_sentence, comparison_sentence
from chatdash_analysis.errors import InputError, MissingColumnsError


def change(**other) -> pd.DataFrame:
    row = {
        "channel": "all", "n_before": 1204, "rate_before": 0.695, "n_after": 1150,
        "rate_after": 0.614, "mix": -0.1061, "within": 0.0251, "total": -0.081,
        "total_low": -0.11, "total_high": -0.0512,
    } | other  # fmt: skip
    table = pd.DataFrame([row | {"channel": "web"}, row])
    table.attrs["explain_change"] = {"outcome": "evaluation_is_success", "level": 0.95}
    return table


def test_change_is_said_with_all_numbers():
    assert change_sentence(change()) == (
        "Success fell from 69.5 % (n = 1,204) to 61.4 % (n = 1,150), -8.1 points (95 % interval"
        " -11.0 to -5.1): -10.6 from the mix of channel, +2.5 within."
    )


def test_rise_interval_over_zero_and_other_outcomes():
    table = change(
        rate_before=0.614, rate_after=0.62, total=0.006, total_low=-0.02, total_high=0.03
    )
    table.attrs["explain_change"] = {"outcome": "custom_booked", "level": 0.9}

    assert change_sentence(table).startswith(
        "The rate of custom_booked rose from 61.4 % (n = 1,204) to 62.0 % (n = 1,150), +0.6 points"
        " (90 % interval -2.0 to +3.0, so no change is possible too): "
    )
    table.attrs.clear()
    assert change_sentence(table).startswith("The rate rose")
    assert " points (interval -2.0 to +3.0, so" in change_sentence(table)


def test_no_change_and_no_interval_are_said():
    table = change(
        rate_after=0.6952, total=0.0002, total_low=np.nan, total_high=np.nan, mix=-0.0001
    )

    assert change_sentence(table) == (
        "Success stayed at 69.5 % (n = 1,150) after 69.5 % (n = 1,204), +0.0 points (too few people"
        " for an interval): +0.0 from the mix of channel, +2.5 within."
    )


def test_several_columns_each_have_their_part():
    table = change(mix_channel=-0.08, mix_language=-0.0261)
    table.insert(1, "language", ["en", "all"])

    assert change_sentence(table).endswith(
        ": -8.0 from the mix of channel, -2.6 from the mix of language, +2.5 within."
    )


def test_unknown_outcomes_cannot_be_compared():
    table = change(n_after=0, total=np.nan)

    assert change_sentence(table) == (
        "Success cannot be compared: its outcome is known for 1,204 conversations before and 0"
        " after."
    )


def test_table_without_its_total_is_refused():
    with pytest.raises(InputError, match="no last row 'all'"):
        change_sentence(change().head(1))
    with pytest.raises(InputError, match="no last row 'all'"):
        change_sentence(change().head(0))
    with pytest.raises(MissingColumnsError, match="change_sentence needs"):
        change_sentence(change().drop(columns="mix"))


def comparison(**other) -> pd.DataFrame:
    row = {
        "at": pd.Timestamp("2026-04-30T22:00", tz="UTC"), "days": 28, "n_before": 2266,
        "rate_before": 0.651, "n_after": 2207, "rate_after": 0.602, "adjusted_difference": 0.0433,
        "adjusted_difference_low": 0.0159, "adjusted_difference_high": 0.0741,
        "control_difference": np.nan,
        "placebos": 10, "as_large": 0, "placebo_p": 0.1667,
    } | other  # fmt: skip
    table = pd.DataFrame([row])
    table.attrs["compare_periods"] = {
        "outcome": "evaluation_is_success", "strata": ["channel"], "at": "2026-05-01",
        "level": 0.95,
    }  # fmt: skip
    return table


def test_comparison_is_said_beside_earlier_dates():
    assert comparison_sentence(comparison()) == (
        "Success was 65.1 % (n = 2,266) in the 28 days before 2026-05-01 and 60.2 % (n = 2,207) in"
        " the 28 days after. At the same mix of channel the difference is +4.3 points (95 %"
        " interval +1.6 to +7.4). A difference as large would have been seen at 0 of 10 earlier"
        " dates (placebo p = 0.17)."
    )


@pytest.mark.parametrize(("level", "words"), [(0.9, "90 %"), (0.999, "99.9 %")])
def test_the_level_of_the_interval_is_that_of_the_table(level, words):
    explained, compared = change(), comparison()
    explained.attrs["explain_change"]["level"] = level
    compared.attrs["compare_periods"]["level"] = level

    assert f"({words} interval -11.0 to -5.1)" in change_sentence(explained)
    assert f"({words} interval +1.6 to +7.4)" in comparison_sentence(compared)


def test_control_agents_are_named():
    text = comparison_sentence(comparison(control_difference=-0.012))

    assert "channel the difference, less the -1.2 of the control agents, is +4.3 points" in text


def test_comparison_without_provenance_placebos_or_outcomes_still_speaks():
    bare = comparison(placebos=0, placebo_p=1.0)
    bare.attrs.clear()

    text = comparison_sentence(bare)

    assert text.startswith("The rate was 65.1 %")
    assert "before 2026-04-30 22:00 UTC and" in text
    assert ". The difference is +4.3 points (interval +1.6 to +7.4). " in text
    assert text.endswith("There is no earlier date to compare it with.")
    unknown = comparison(adjusted_difference=np.nan, n_before=0)
    assert "cannot be compared: its outcome is known for 0" in comparison_sentence(unknown)


def test_what_is_no_comparison_is_refused():
    with pytest.raises(MissingColumnsError, match="comparison_sentence needs"):
        comparison_sentence(change())
    with pytest.raises(InputError, match="has no row"):
        comparison_sentence(comparison().head(0))


def test_nothing_is_said_to_be_a_cause():
    said = [change_sentence(change()), comparison_sentence(comparison(control_difference=0.01))]

    for word in ("cause", "because", "due to", "led to", "driven", "significant", "effect"):
        assert not any(word in text.lower() for text in said)
