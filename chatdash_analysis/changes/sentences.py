"""The tables of changes in one sentence each: numbers in plain words, and no causes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.tables import require_columns

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["change_sentence", "comparison_sentence"]

_TOTAL = "all"
_NEEDED = ("n_before", "rate_before", "n_after", "rate_after")
_PARTS = ("mix", "within", "total", "total_low", "total_high")
_COMPARED = (
    "at", "days", "adjusted_difference", "adjusted_difference_low", "adjusted_difference_high",
    "control_difference",
)  # fmt: skip
_PLACEBOS = ("placebos", "as_large", "placebo_p")


def change_sentence(table: pd.DataFrame) -> str:
    """Say the change and its parts in one sentence, with numbers and without a cause.

    Parameters
    ----------
    table : pandas.DataFrame
        From `explain_change`, with its last row.

    Returns
    -------
    str
        For example "Success fell from 69.5 % (n = 1,204) to 61.4 % (n = 1,150), -8.1
        points (95 % interval -11.0 to -5.1): -10.6 from the mix of channel, +2.5 within."

    Raises
    ------
    MissingColumnsError
        If the table is not from `explain_change`.
    InputError
        If its last row, the total, is not there.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> why = cda.explain_change(
    ...     cda.load_sample(2_000), by="channel", users="lead_id",
    ...     before=("2026-03-01", "2026-05-01"), after=("2026-05-01", "2026-07-01"),
    ... )
    >>> cda.change_sentence(why).startswith("Success fell from 6")
    True
    """
    require_columns(table, [*_NEEDED, *_PARTS], "change_sentence")
    names = [str(name) for name in table.columns[: list(table.columns).index(_NEEDED[0])]]
    if not len(table) or not table[names].iloc[-1].eq(_TOTAL).all():
        raise InputError(
            f"The table has no last row {_TOTAL!r}. Give change_sentence the table of"
            " explain_change as it is; filter cells afterwards."
        )
    total = table.iloc[-1]
    made = table.attrs.get("explain_change", {})
    subject = _subject(made.get("outcome"))
    if np.isnan(total["total"]):
        return (
            f"{subject} cannot be compared: its outcome is known for {total['n_before']:,}"
            f" conversations before and {total['n_after']:,} after."
        )
    points = f"{_points(total['total'])} points{_interval(total, 'total', made.get('level'))}"
    return f"{subject} {_movement(total)}, {points}: {_shares_of(total, names)}."


def _subject(outcome: str | None) -> str:
    if outcome is None:
        return "The rate"
    return "Success" if outcome == "evaluation_is_success" else f"The rate of {outcome}"


def _movement(row: pd.Series) -> str:
    before, after = (_rate(row, period) for period in ("before", "after"))
    change = row["rate_after"] - row["rate_before"]
    if abs(change) < 0.0005:
        return f"stayed at {after} after {before}"
    return f"{'fell' if change < 0 else 'rose'} from {before} to {after}"


def _rate(row: pd.Series, period: str) -> str:
    return f"{row[f'rate_{period}'] * 100:.1f} % (n = {row[f'n_{period}']:,})"


def _interval(row: pd.Series, name: str, level: float | None) -> str:
    low, high = row[f"{name}_low"], row[f"{name}_high"]
    if np.isnan(low):
        return " (too few people for an interval)"
    either = ", so no change is possible too" if low <= 0 <= high else ""
    # Some ways of saving a table lose how it was made.
    share = "" if level is None else f"{level * 100:g} % "
    return f" ({share}interval {_points(low)} to {_points(high)}{either})"


def _points(part: float) -> str:
    # Adding 0 makes a rounded -0.0 plain.
    return f"{round(part * 100, 1) + 0.0:+.1f}"


def _shares_of(total: pd.Series, names: list[str]) -> str:
    columns = {name: f"mix_{name}" for name in names} if names[1:] else {names[0]: "mix"}
    mix = [f"{_points(total[part])} from the mix of {name}" for name, part in columns.items()]
    return ", ".join([*mix, f"{_points(total['within'])} within"])


def comparison_sentence(table: pd.DataFrame) -> str:
    """Say what is different after a date, and how usual that is, without a cause.

    Parameters
    ----------
    table : pandas.DataFrame
        From `compare_periods`.

    Returns
    -------
    str
        For example "Success was 65.1 % (n = 2,266) in the 28 days before 2026-05-01 and
        60.2 % (n = 2,207) in the 28 days after. At the same mix of channel the
        difference is +4.3 points (95 % interval +1.6 to +7.4). A difference as large
        would have been seen at 0 of 10 earlier dates (placebo p = 0.17)."

    Raises
    ------
    MissingColumnsError
        If the table is not from `compare_periods`.
    InputError
        If it has no row.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> found = cda.compare_periods(
    ...     cda.load_sample(2_000), at="2026-05-01", strata="channel", users="lead_id"
    ... )
    >>> "would have been seen at" in cda.comparison_sentence(found)
    True
    """
    require_columns(table, [*_NEEDED, *_COMPARED, *_PLACEBOS], "comparison_sentence")
    if not len(table):
        raise InputError("The table has no row. Give comparison_sentence that of compare_periods.")
    row, made = table.iloc[0], table.attrs.get("compare_periods", {})
    subject = _subject(made.get("outcome"))
    if np.isnan(row["adjusted_difference"]):
        return (
            f"{subject} cannot be compared: its outcome is known for {row['n_before']:,}"
            f" conversations before and {row['n_after']:,} after."
        )
    periods, beside = _around(row, made.get("at")), _beside_placebos(row)
    return f"{subject} {periods}. {_difference(row, made)}. {beside}."


def _around(row: pd.Series, at: str | None) -> str:
    before, after = (_rate(row, period) for period in ("before", "after"))
    date = at or f"{row['at']:%Y-%m-%d %H:%M} UTC"
    days = f"{row['days']} days"
    return f"was {before} in the {days} before {date} and {after} in the {days} after"


def _difference(row: pd.Series, made: dict[str, Any]) -> str:
    names = made.get("strata")
    mix = f"At the same mix of {' and '.join(names)} the" if names else "The"
    interval = _interval(row, "adjusted_difference", made.get("level"))
    points = f"{_points(row['adjusted_difference'])} points{interval}"
    if np.isnan(row["control_difference"]):
        return f"{mix} difference is {points}"
    taken_off = _points(row["control_difference"])
    return f"{mix} difference, less the {taken_off} of the control agents, is {points}"


def _beside_placebos(row: pd.Series) -> str:
    if not row["placebos"]:
        return "There is no earlier date to compare it with"
    return (
        f"A difference as large would have been seen at {row['as_large']} of"
        f" {row['placebos']} earlier dates (placebo p = {row['placebo_p']:.2g})"
    )
