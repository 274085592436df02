"""Rates of other conversations, corrected by what an audit says about the judge."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.counting import labels_of
from chatdash_analysis.errors import InputError
from chatdash_analysis.judging.settings import share_of_one
from chatdash_analysis.tables import AS_RETURNED, require_columns, require_dataframe

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

__all__ = ["correct_rates"]

_USE = "correct_rates"
_RATE = ("rate", "low", "high")
_JUDGE = tuple(
    name + end for name in ("sensitivity", "specificity") for end in ("", "_low", "_high")
)
_RESULTS = {
    **dict.fromkeys(
        ("sensitivity", "specificity", "corrected_rate", "corrected_low", "corrected_high"),
        "float64",
    ),
    "correction": "str",
    "refused": "str",
}
_METHOD = "rogan-gladen"


def correct_rates(
    rates: pd.DataFrame,
    audit: pd.DataFrame,
    *,
    by: str | Sequence[str] | None = None,
    min_youden: float = 0.3,
) -> pd.DataFrame:
    """Correct rates of the service's verdicts by the sensitivity and specificity of its judge.

    For conversations of which no sample was judged: another period, other groups. It holds
    only if the judge errs there as often as it did in the audit: audit again after the
    model, the prompt or the rubric of the verdicts changed. For the conversations of the
    audit itself, take the ``corrected_rate`` of `judge_audit`, which does not need that.

    Parameters
    ----------
    rates : pandas.DataFrame
        Any table of rates of the verdicts (``rate``, ``low``, ``high``), as `rates_by`
        returns it.
    audit : pandas.DataFrame
        What `judge_audit` returned, at the same level.
    by : str or sequence of str, optional
        Columns of both tables: each rate is corrected by its own group's row of the
        audit. Without, all by the row of all conversations.
    min_youden : float
        Least sensitivity + specificity - 1 with which a rate is corrected.

    Returns
    -------
    pandas.DataFrame
        The rates, then ``sensitivity`` and ``specificity`` of the judge,
        ``corrected_rate`` with ``corrected_low`` to ``corrected_high``, ``correction``
        (rogan-gladen; "rogan-gladen, clipped" if the estimate fell outside of 0 to 1, a
        sign that the judge errs otherwise here; empty where refused) and ``refused``
        (why there is none: no_rate, no_audit (the audit has no figures for the group),
        weak_judge).

    Raises
    ------
    InputError
        If an argument cannot be used, or the audit has two rows for a group.
    MissingColumnsError
        If a column is not there.

    Notes
    -----
    Rogan and Gladen: (rate + specificity - 1) / (sensitivity + specificity - 1). The
    interval adds the squares of what the limits of rate, sensitivity and specificity each
    change in the estimate (Zou and Donner), and so carries the error of both samples.
    Sensitivity and specificity of one audit tend to err in the same direction, which would
    allow a shorter one.

    References
    ----------
    W. J. Rogan and B. Gladen (1978), Estimating prevalence from the results of a screening
    test. G. Y. Zou and A. Donner (2008), Construction of confidence limits about effect
    measures: a general approach.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> import pandas as pd
    >>> audit = pd.DataFrame({
    ...     "scope": ["all"], "sensitivity": [0.95], "sensitivity_low": [0.9],
    ...     "sensitivity_high": [0.98], "specificity": [0.6], "specificity_low": [0.5],
    ...     "specificity_high": [0.7]})
    >>> rates = pd.DataFrame({"rate": [0.6], "low": [0.57], "high": [0.63]})
    >>> cda.correct_rates(rates, audit)["corrected_rate"].round(2).tolist()
    [0.36]
    """
    least = share_of_one("min_youden", min_youden)
    require_dataframe(rates, _USE)
    require_dataframe(audit, _USE)
    names = labels_of(by, rates, ())
    require_columns(rates, [*names, *_RATE], _USE, advice=AS_RETURNED)
    require_columns(audit, ["scope", *names, *_JUDGE], _USE, advice=AS_RETURNED)
    judge = _judge_of(rates, audit, names)
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _corrected(rates[list(_RATE)].to_numpy(np.float64), judge)
    refused = _refused(rates, judge, least)
    return _result(rates, judge, found, refused)


def _judge_of(rates: pd.DataFrame, audit: pd.DataFrame, names: Sequence[str]) -> Floats:
    """Return `_JUDGE` of each rate; missing where the audit has none."""
    rows = audit[audit["scope"].eq("group" if names else "all")]
    if rows.duplicated(list(names) or ["scope"]).any():
        raise InputError(
            f"by={list(names)!r}: the audit has several rows for one group. Name the columns that"
            " judge_audit was given."
        )
    if not names:
        row = rows[list(_JUDGE)].reindex([*rows.index[:1]]) if len(rows) else None
        values = np.full(len(_JUDGE), np.nan) if row is None else row.to_numpy(np.float64)[0]
        return np.tile(values, (len(rates), 1))
    known = {_key(key): place for place, key in enumerate(rows[list(names)].to_numpy(object))}
    places = [known.get(_key(key), -1) for key in rates[list(names)].to_numpy(object)]
    figures = rows[list(_JUDGE)].to_numpy(np.float64)
    # The last row stands for groups that the audit does not have.
    return np.vstack([figures, np.full(len(_JUDGE), np.nan)])[places]


def _key(labels: Sequence[object]) -> tuple[object, ...]:
    """Return labels that are equal if they are, also where they are missing."""
    return tuple(None if pd.isna(label) else label for label in labels)


def _corrected(rate: Floats, judge: Floats) -> Floats:
    """Return estimate, lower and upper limit, neither clipped, shape (rates, 3)."""
    limits = np.hstack([rate, judge]).reshape(len(rate), 3, 3)
    middle = limits[:, :, 0]
    point = _rogan_gladen(middle)
    down, up = np.zeros(len(rate)), np.zeros(len(rate))
    for part in range(3):
        moved = []
        for end in (1, 2):
            changed = middle.copy()
            changed[:, part] = limits[:, part, end]
            moved.append(_rogan_gladen(changed))
        ends = np.array(moved)
        # At a limit where the judge is no better than chance, everything is possible.
        hopeless = np.isnan(ends).any(axis=0) & ~np.isnan(point)
        down += np.where(hopeless, np.inf, np.maximum(point - ends.min(axis=0), 0) ** 2)
        up += np.where(hopeless, np.inf, np.maximum(ends.max(axis=0) - point, 0) ** 2)
    return np.column_stack([point, point - np.sqrt(down), point + np.sqrt(up)])


def _rogan_gladen(parts: Floats) -> Floats:
    rate, sensitivity, specificity = parts.T
    youden = sensitivity + specificity - 1
    return np.where(youden > 0, (rate + specificity - 1) / youden, np.nan)


def _refused(rates: pd.DataFrame, judge: Floats, least: float) -> NDArray[np.object_]:
    no_rate = rates["rate"].isna().to_numpy()
    no_audit = np.isnan(judge).any(axis=1)
    youden = judge[:, _JUDGE.index("sensitivity")] + judge[:, _JUDGE.index("specificity")] - 1
    weak = (youden < least) | (youden <= 0)
    reasons = ["no_rate", "no_audit", "weak_judge"]
    return np.select([no_rate, no_audit, weak], reasons, default="").astype(object)


def _result(
    rates: pd.DataFrame, judge: Floats, found: Floats, refused: NDArray[np.object_]
) -> pd.DataFrame:
    given = refused == ""
    shown = np.where(given[:, np.newaxis], np.clip(found, 0, 1), np.nan)
    outside = given & ((found[:, 0] < 0) | (found[:, 0] > 1))
    added = {
        "sensitivity": judge[:, _JUDGE.index("sensitivity")],
        "specificity": judge[:, _JUDGE.index("specificity")],
        "corrected_rate": shown[:, 0],
        "corrected_low": shown[:, 1],
        "corrected_high": shown[:, 2],
        "correction": np.select([~given, outside], ["", f"{_METHOD}, clipped"], default=_METHOD),
        "refused": refused,
    }
    return rates.reset_index(drop=True).assign(**added).astype(_RESULTS)
