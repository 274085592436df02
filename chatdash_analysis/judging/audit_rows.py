"""The rows of an audit: all conversations, then each group."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import group_codes, user_codes
from chatdash_analysis.judging.assessing import (
    CONFUSION,
    METHOD,
    Answers,
    Asked,
    Limits,
    assess,
    confusion,
)
from chatdash_analysis.judging.figures import FIGURES
from chatdash_analysis.judging.shares import Share, shortened
from chatdash_analysis.rates import FEW_USERS, precision, with_rate
from chatdash_analysis.segments import outcome_sums

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from chatdash_analysis.judging.matching import Sheet

    Codes = NDArray[np.int64]
    Flags = NDArray[np.bool_]

__all__ = ["COLUMNS", "audit_rows"]

_COUNTS = ("n", "successes", "unknown", "excluded", "users")
_RAW = ("raw_rate", "raw_low", "raw_high")
_LABELLED = ("n_labelled", "users_labelled", "unlabelled", "no_verdict")
_FIGURE_COLUMNS = {
    name: (name, f"{name.removesuffix('_rate')}_low", f"{name.removesuffix('_rate')}_high")
    for name in FIGURES
}
_DTYPES = {
    "scope": "str",
    **dict.fromkeys(_COUNTS, "int64"),
    **dict.fromkeys(_RAW, "float64"),
    **dict.fromkeys((*_LABELLED, *CONFUSION), "int64"),
    **{name: "float64" for names in _FIGURE_COLUMNS.values() for name in names},
    **dict.fromkeys(("correction", "refused", "flags"), "str"),
}
COLUMNS = tuple(_DTYPES)
# Whoever leaves more rows open than this share may have left those that are hard to judge.
_MANY_OPEN = 0.1


@dataclass(frozen=True, slots=True)
class _Judged:
    """Conversations and sheet as arrays, a row of the sheet by the row of its conversation."""

    asked: Asked
    known: Flags
    sheet: Sheet

    def asked_in(self, rows: Codes) -> Asked:
        return self.asked.take(rows[self.known[rows]])

    def answers_in(self, inside: Flags) -> Answers:
        places = self.sheet.places
        use = inside & ~np.isnan(self.sheet.verdicts) & self.known[places]
        asked = self.asked.take(places[use])
        return Answers(
            asked.verdicts, self.sheet.verdicts[use] == 1, self.sheet.weights[use], asked.people
        )

    def open_in(self, inside: Flags) -> tuple[int, int]:
        """Return how many rows of the sheet nobody judged, and are without a verdict by now."""
        silent = np.isnan(self.sheet.verdicts)
        unknown = ~silent & ~self.known[self.sheet.places]
        return int((inside & silent).sum()), int((inside & unknown).sum())


def audit_rows(
    frame: pd.DataFrame, sheet: Sheet, names: Sequence[str], *, outcome: str, users: str,
    limits: Limits,
) -> pd.DataFrame:  # fmt: skip
    """Return the table of `judge_audit`."""
    known = frame[outcome].notna().to_numpy()
    verdicts = frame[outcome].to_numpy(dtype=bool, na_value=False)
    judged = _Judged(Asked(verdicts, user_codes(frame[users])), known, sheet)
    rows = []
    for by in ([], names) if names else ([],):
        counts = outcome_sums(frame, by, outcome=outcome, users=users, use="judge_audit")
        raw = with_rate(counts, level=limits.level).to_dict("records")
        groups = _groups(group_codes(frame, by)[0], len(counts), sheet.places)
        parts = zip(groups, raw, _positive(counts, limits), strict=True)
        rows += [_row(judged, *group, rate, share, limits) for group, rate, share in parts]
    table = pd.DataFrame(rows, columns=list(_DTYPES)).astype(_DTYPES)
    table["scope"] = pd.Series(["all", *["group"] * (len(table) - 1)], dtype="str")
    labels = _labels(group_codes(frame, names)[1]) if names else pd.DataFrame(index=table.index)
    return pd.concat([table[["scope"]], labels, table.drop(columns="scope")], axis=1)


def _groups(codes: Codes, size: int, places: Codes) -> Iterator[tuple[Codes, Flags]]:
    """Yield for each group its rows, and which rows of the sheet are about it."""
    ends = np.cumsum(np.bincount(codes, minlength=size))
    order, of_sheet = np.argsort(codes, kind="stable"), codes[places]
    for place, end in enumerate(ends):
        yield order[ends[place - 1] if place else 0 : end], of_sheet == place


def _positive(counts: pd.DataFrame, limits: Limits) -> list[Share]:
    """Return the shares of success verdicts, as sure as their intervals are wide."""
    effect, freedom = precision(counts)
    n, successes = (counts[name].to_numpy(np.float64) for name in ("n", "successes"))
    return [
        Share(some / all_ if all_ else np.nan, shortened(all_ / inflated, free, limits.level))
        for some, all_, inflated, free in zip(
            successes.tolist(), n.tolist(), effect.tolist(), freedom.tolist(), strict=True
        )
    ]


def _row(
    judged: _Judged, rows: Codes, of_sheet: Flags, raw: dict[Any, Any], positive: Share,
    limits: Limits,
) -> dict[str, Any]:  # fmt: skip
    answers = judged.answers_in(of_sheet)
    found, refused = assess(judged.asked_in(rows), answers, positive, limits)
    unlabelled, no_verdict = judged.open_in(of_sheet)
    labelled = (len(answers.human), len(np.unique(answers.people)), unlabelled, no_verdict)
    row: dict[str, Any] = {name: raw[name] for name in _COUNTS}
    row |= dict(zip(_RAW, (raw["rate"], raw["low"], raw["high"]), strict=True))
    row |= dict(zip(_LABELLED, labelled, strict=True))
    row |= dict(zip(CONFUSION, confusion(answers), strict=True))
    for name, values in found.items():
        row |= dict(zip(_FIGURE_COLUMNS[name], values, strict=True))
    flags = _flags(raw["flags"], answers, unlabelled / max(int(of_sheet.sum()), 1), judged.sheet)
    return row | {"correction": "" if refused else METHOD, "refused": refused, "flags": flags}


def _flags(raw: str, answers: Answers, unlabelled: float, sheet: Sheet) -> str:
    few = [
        0 < len(np.unique(answers.people[answers.verdicts == verdict])) < FEW_USERS
        for verdict in (True, False)
    ]
    marks = {
        raw: bool(raw),
        "no_weights": len(answers.human) > 0 and not sheet.weighted,
        "few_users_labelled": any(few),
        "many_unlabelled": unlabelled > _MANY_OPEN,
    }
    return ", ".join(name for name, holds in marks.items() if holds)


def _labels(groups: pd.DataFrame) -> pd.DataFrame:
    """Return the labels of the groups below a row without any, that of all conversations."""
    # Only these dtypes know no missing value.
    whole = {name: "Int64" for name in groups if groups[name].dtype.kind in "iu"}
    flags = {name: "boolean" for name in groups if groups[name].dtype.kind == "b"}
    return groups.astype(whole | flags).reindex(range(-1, len(groups))).reset_index(drop=True)
