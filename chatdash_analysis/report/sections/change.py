"""Why success changed: other channels and agents than before, or better and worse within them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.changes.explaining import explain_change
from chatdash_analysis.changes.sentences import change_sentence
from chatdash_analysis.errors import IncompleteError
from chatdash_analysis.plot.changes import plot_waterfall
from chatdash_analysis.report.labels import (
    AGENT,
    join_rare,
    plain_labels,
    several,
    shared_labels,
    with_agents,
)
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, rate_of_n, shown
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import (
    INTERVALS,
    PLATFORMS,
    no_conversations,
    points_range,
    records,
)
from chatdash_analysis.segments import rates_by
from chatdash_analysis.showing.numbers import count, is_missing, percent, points

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chatdash_analysis.report.parts import Material

__all__ = ["change_section"]

_TITLE = "Why success changed"
# Each has two rows in the picture.
_MOST_CELLS = 8
_CAUTION = (
    "The two parts add up to the whole change. They say where it sits, not what caused it: what"
    " else was different at the same time is in them, too."
)
_SELDOM_CHANCE = "Chance alone seldom makes so much; the interval is under “The numbers”."
_MAY_BE_CHANCE = (
    "The difference may be chance; the interval is under “The numbers”. What follows says where the"
    " figures differ; it does not say that success as a whole changed."
)
_OTHER_INTERVAL = (
    "The intervals in this section are drawn by resampling people, for each split anew. So that of"
    " the whole change differs a little from table to table, and from that under “The numbers”."
)
_NOTES = {
    "coverage_changed": "Success was judged more or less often than before, so part of the change"
    " may be one of what is judged.",
    "gap": "Part of a period could not be loaded.",
    "undated": "Conversations without a date are left out.",
    "sparse_cells": "Many groups are so small that by chance they are in one period only.",
}


@dataclass(frozen=True)
class _Cut:
    """The change split by one column, and how many of its labels were joined."""

    by: str
    table: pd.DataFrame
    joined: int

    @property
    def noun(self) -> str:
        return self.by.replace("_", " ")

    @property
    def total(self) -> dict[str, Any]:
        return records(self.table.iloc[-1:])[0]

    @property
    def cells(self) -> list[dict[str, Any]]:
        """Rows but the last, which sums them."""
        return records(self.table.iloc[:-1])


def change_section(material: Material) -> Section:
    """Say how success changed against the period before, and where the change sits.

    Returns
    -------
    Section
        The change split by channel, and by agent where there are several.
    """
    for period, held in ((material.now, material.current), (material.before, material.previous)):
        if held.empty:
            nothing = f"{no_conversations(period.label)} So no change can be told."
            return Section("change", _TITLE, [nothing])
    try:
        cuts, whole = list(_cuts(material)), _whole(material)
    except IncompleteError:
        return Section("change", _TITLE, [_not_loaded(material)])
    return Section(
        "change",
        _TITLE,
        [*_movement(cuts[0], whole, material), *_parts_sentences(cuts, whole)],
        [_part(cut, material) for cut in cuts],
        _notes(cuts[0], material),
    )


def _not_loaded(material: Material) -> str:
    return (
        f"Not all that is needed to compare {material.now.label} with {material.before.label} was"
        " loaded, so no change can be told."
    )


def _cuts(material: Material) -> Iterator[_Cut]:
    frame = plain_labels(material.conversations, ["channel"])
    frame = shared_labels(frame, ["channel"], material.min_users, of=_compared(frame, material))
    yield _cut(frame, "channel", material)
    if several(_compared(frame, material), "agent_id"):
        yield _cut(with_agents(frame), AGENT, material)


def _compared(frame: pd.DataFrame, material: Material) -> pd.DataFrame:
    """Return the conversations of both periods."""
    return pd.concat([material.before.of(frame), material.now.of(frame)])


def _cut(frame: pd.DataFrame, by: str, material: Material) -> _Cut:
    joined, number = join_rare(frame, by, of=_compared(frame, material), most=_MOST_CELLS)
    table = explain_change(
        joined,
        by=by,
        before=material.before.dates,
        after=material.now.dates,
        outcome=material.outcome,
        tz=material.tz,
    )
    return _Cut(by, table, number)


def _whole(material: Material) -> dict[str, Any]:
    """Return the difference as the numbers of the report tell it, so that both say the same."""
    frame = material.conversations
    inside = frame.index.isin(material.current.index.union(material.previous.index))
    later = frame["created_at"].ge(material.now.start)
    both = frame.assign(later=later.map({True: "yes", False: "no"}).astype("str"))[inside]
    return records(rates_by(both, "later", outcome=material.outcome))[-1]


def _movement(cut: _Cut, whole: dict[str, Any], material: Material) -> list[str]:
    total = cut.total
    compared = (
        f"{material.now.label} is compared with {material.before.label}. Success is counted of"
        f" those judged; {counted(total['unknown_before'], 'conversation')} before and"
        f" {count(total['unknown_after'])} after are not judged."
    )
    return [compared, *_whole_words(cut, whole, material)]


def _whole_words(cut: _Cut, whole: dict[str, Any], material: Material) -> list[str]:
    total = cut.total
    if is_missing(total["total"]):
        return [change_sentence(cut.table)]
    before, after = (
        f"{percent(total[f'rate_{period}'])} (n = {count(total[f'n_{period}'])})"
        for period in ("before", "after")
    )
    told = (
        f"Success was {before} in {material.before.label} and is {after} in {material.now.label}:"
        f" {points(total['total'])}."
    )
    return [told, _verdict(whole)]


def _verdict(whole: dict[str, Any]) -> str:
    if is_missing(whole["difference_low"]):
        return "Too few are judged to tell it from chance."
    return _SELDOM_CHANCE if _is_clear(whole, "difference") else _MAY_BE_CHANCE


def _is_clear(row: dict[str, Any], part: str) -> bool:
    """Tell whether the interval of a part is known and does not hold 0."""
    low, high = row[f"{part}_low"], row[f"{part}_high"]
    return not is_missing(low) and not low <= 0 <= high


def _parts_sentences(cuts: list[_Cut], whole: dict[str, Any]) -> list[str]:
    if is_missing(cuts[0].total["total"]):
        return []
    split = any(len(cut.cells) > 1 for cut in cuts)
    clear = _is_clear(whole, "difference")
    words = (_parts_words(cut, clear=clear) for cut in cuts)
    return [*words, *([_CAUTION] if split else [])]


def _parts_words(cut: _Cut, *, clear: bool) -> str:
    if len(cut.cells) == 1:
        return f"There is one {cut.noun} only, so that the whole change lies within it."
    mix, within = (points_range(cut.total, part) for part in ("mix", "within"))
    parts = (
        f"By {cut.noun}: that other {cut.noun}s make up the conversations than before (mix)"
        f" accounts for {mix}; that the same {cut.noun}s do better or worse (within) accounts for"
        f" {within}."
    )
    # Of several groups one always moves most: without a clear change that says nothing.
    return " ".join([parts, *_largest_mix(cut), *(_largest_within(cut) if clear else [])])


def _largest(cut: _Cut, part: str) -> dict[str, Any] | None:
    """Return the cell with the largest part that chance alone would seldom make."""
    clear = [row for row in cut.cells if _is_clear(row, part)]
    return max(clear, key=lambda row: abs(row[part]), default=None)


def _largest_mix(cut: _Cut) -> list[str]:
    row = _largest(cut, "mix")
    if row is None:
        return []
    before, after = (percent(row[f"share_{period}"]) for period in ("before", "after"))
    return [f"Most of the mix is {shown(row[cut.by])}: its share went from {before} to {after}."]


def _largest_within(cut: _Cut) -> list[str]:
    row = _largest(cut, "within")
    if row is None:
        return [f"Within no single {cut.noun} is the change clear of chance."]
    before, after = (
        rate_of_n(*(row[f"{name}_{period}"] for name in ("rate", "low", "high", "n")))
        for period in ("before", "after")
    )
    told = f"Within them, {shown(row[cut.by])} moved most: from {before} to {after}"
    looked = f"{count(len(cut.cells))} {cut.noun}s looked at, not corrected for looking at several"
    return [f"{told} (of {looked})."]


def _part(cut: _Cut, material: Material) -> Figure | Table:
    table = _table(cut, material)
    if is_missing(cut.total["total"]):
        return table
    size = (7.5, 1.3 + 0.28 * (4 + 2 * len(cut.cells)))
    return Figure(picture(plot_waterfall, cut.table, size=size), _alt(cut, material), table)


def _table(cut: _Cut, material: Material) -> Table:
    joined = f" The {counted(cut.joined, 'smallest')} are joined to one." if cut.joined else ""
    return Table(
        f"Change of success by {cut.noun}, {material.before.label} to {material.now.label}",
        f"explain_change: the change is split exactly into mix (other shares of each {cut.noun})"
        f" and within (other success inside each {cut.noun}). {INTERVALS}{joined}",
        cut.table,
        [
            cut.by, "n_before", "unknown_before", "rate_before", "n_after", "unknown_after",
            "rate_after", "share_before", "share_after", "mix", "within", "total", "flags",
        ],
    )  # fmt: skip


def _alt(cut: _Cut, material: Material) -> str:
    total = cut.total
    told = "; ".join(
        f"{shown(row[cut.by])}: mix {points(row['mix'])}, within {points(row['within'])}"
        for row in cut.cells
    )
    return (
        f"Waterfall of success from {percent(total['rate_before'])} in {material.before.label} to"
        f" {percent(total['rate_after'])} in {material.now.label}: mix of {cut.noun}"
        f" {points(total['mix'])}, within {points(total['within'])}. {told}."
    )


def _notes(cut: _Cut, material: Material) -> list[str]:
    flags = cut.total["flags"].replace(",", " ").split()
    notes = [words for flag, words in _NOTES.items() if flag in flags]
    if not is_missing(cut.total["total_low"]):
        notes.insert(0, _OTHER_INTERVAL)
    mixed = several(_compared(material.conversations, material), "platform")
    return [*notes, PLATFORMS] if mixed else notes
