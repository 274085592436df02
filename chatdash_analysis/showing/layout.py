"""Which columns of a table are shown, which of them in one cell, and what stays beside them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chatdash_analysis.showing.kinds import (
    OWN_PREFIXES,
    Meaning,
    affixes,
    meaning_of,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

__all__ = ["Shown", "shown_columns"]

_LIMIT = re.compile(r"(?P<of>.*?)(?:(?<=.)_|^)low(?P<suffix>_before|_after|_998)?")
# What the plain `low` and `high` of a table are limits of: the first that it has.
_PLAIN = ("rate", "settled", "per_1000", "value")
# What has to be seen beside a number: the first choice whose columns the table has.
_OUTCOMES = ("n", "unknown")
_BOTH_PERIODS = ("n_before", "unknown_before", "n_after", "unknown_after")
_BESIDE: dict[str, tuple[tuple[str, ...], ...]] = {
    **dict.fromkeys(
        ("rate", "rate_strict", "rate_loose", "raw_rate", "rest_rate", "shrunken_rate",
         "success_rate", "worst", "best", "lift", "p_better"),
        (_OUTCOMES, ("at_risk",)),
    ),
    **dict.fromkeys(
        ("difference", "mix", "within", "total", "log_change", "share_of_change"),
        (_OUTCOMES, _BOTH_PERIODS),
    ),
    "adjusted_difference": (("adjusted_n",), _OUTCOMES, _BOTH_PERIODS),
    "control_difference": (("control_n_before", "control_n_after"),),
    "corrected_rate": (("n", "unknown", "n_labelled"),),
    **dict.fromkeys(
        ("sensitivity", "specificity", "agreement", "cohen_kappa", "gwet_ac1", "attenuation"),
        (("n_labelled",),),
    ),
    "recontact_rate": (("at_risk",),),
    "expected_rate": (("matched",),),
    "settled": (("n",), ("n", "unknown")),
    "never": (("never_n",),),
    "per_1000": (("conversations", "exposure"),),
    "ratio": (("conversations", "exposure", "before_conversations", "before_exposure"),),
    "coverage": (("rows",), ("conversations",)),
    "eligible_coverage": (("eligible",),),
    "lost_share": (("values",),),
    "auc": (_OUTCOMES,),
    "duration_minutes_mean": (("duration_minutes_n",),),
    **dict.fromkeys(("cost_total", "cost_per_success"), (("cost_n",),)),
}  # fmt: skip


@dataclass(frozen=True)
class Shown:
    """One column as readers see it.

    Attributes
    ----------
    name : str
        Column of the table; of a range without a middle the name that its limits share.
    meaning : Meaning
        Kind and heading.
    limits : tuple of str, optional
        Columns of the lower and the upper limit.
    """

    name: str
    meaning: Meaning
    limits: tuple[str, str] | None = None


def shown_columns(names: Sequence[str], asked: Iterable[str]) -> list[Shown]:
    """Return the columns that are shown of a table with these names.

    A limit stands in the cell of its number, and asking for one asks for the number. Beside a
    rate stand the counts that it was made of, whether asked for or not.
    """
    limits = _limits(names)
    number_of = {limit: number for number, pair in limits.items() for limit in pair}
    wanted = list(dict.fromkeys(number_of.get(name, name) for name in asked))
    return [
        Shown(name, meaning_of(name, names), limits.get(name))
        for name in _without_units(_with_counts(wanted, names), names)
    ]


def _limits(names: Sequence[str]) -> dict[str, tuple[str, str]]:
    """Return the two limits of each number that has some."""
    found = {}
    for low in names:
        match = _LIMIT.fullmatch(low)
        if match is None or low.startswith(OWN_PREFIXES):
            continue
        of, suffix = match["of"], match["suffix"] or ""
        high = f"{of}_high{suffix}".lstrip("_")
        number = _number(of, suffix, names)
        if high in names and number:
            found[number] = (low, high)
    return found


def _number(of: str, suffix: str, names: Sequence[str]) -> str | None:
    ends = [of, f"{of}_rate", f"{of}_mean"] if of else _PLAIN
    numbers = [end + suffix for end in ends]
    held = [name for name in numbers if name in names and meaning_of(name, names).kind != "own"]
    # Some ranges have no middle.
    alone = [name for name in numbers if name in ("limit", "limit_998")]
    return next(iter(held + alone), None)


def _with_counts(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    complete: list[str] = []
    for name in wanted:
        missing = [count for count in _counts(name, names) if count not in wanted]
        complete += [own for own in (name, *missing) if own not in complete]
    return complete


def _counts(name: str, names: Sequence[str]) -> list[str]:
    prefix, base, suffix = affixes(name)
    for choice in _BESIDE.get(base, ()):
        held = [own for own in (prefix + count + suffix for count in choice) if own in names]
        if held:
            return held
    return []


def _without_units(wanted: Sequence[str], names: Sequence[str]) -> list[str]:
    """Leave out the unit where it stands in the cells of money."""
    money = any(meaning_of(name, names).kind == "money" for name in wanted)
    return [name for name in wanted if not (money and name == "cost_unit")]
