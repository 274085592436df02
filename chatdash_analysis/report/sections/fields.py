"""The fields that go with success, and the rate at each of their levels."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.driving.table import driver_levels, drivers
from chatdash_analysis.errors import InputError
from chatdash_analysis.fields.profile import profile_fields
from chatdash_analysis.plot.drivers import plot_drivers
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, quoted, shown
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import (
    FALSE_ALARMS,
    INTERVALS,
    level_words,
    no_conversations,
    points_range,
    records,
)
from chatdash_analysis.showing.kinds import heading_of
from chatdash_analysis.showing.numbers import count, decimal, is_missing
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from chatdash_analysis.report.parts import Material

__all__ = ["fields_section"]

_TITLE = "The fields that go with success"
_SURE = 0.05
_SPOKEN = 5
_DRAWN = 15
# A page shows so many rows of a table.
_ROWS = 50
_CLASH = r"__[0-9a-f]{8}$"
_RESTATES = ("may_restate_outcome", "after_outcome")
_STRATA = "are between conversations of the same agent, channel and month"
_KINDS = {"category": "its value", "number": "its number", "absent": "whether there is one"}
_SHARED = ["n", "unknown", "rate", "low", "high"]
_DIFFERENCE = [
    "adjusted_difference",
    "adjusted_difference_low",
    "adjusted_difference_high",
    "q_value",
]
# As in every other table: of fewer, a rate says nothing.
_LEAST = 10
_LATE = "Fields that are known only after the outcome are left out."


def fields_section(material: Material) -> Section:
    """Say which fields go with success, among conversations that could have them.

    Fields that look like personal data are left out, and levels of too few people are not named.

    Returns
    -------
    Section
        Fields by their strength, and the rate of success at each level of those found.
    """
    current = material.current
    if current.empty:
        return Section("fields", _TITLE, [no_conversations(material.now.label)])
    try:
        table = drivers(current, **_asked(material))
    except InputError:
        # Of some outcomes no field can tell, as of one that decides who has fields at all.
        nothing = (
            f"Fields cannot be compared by {material.outcome}: it decides which calls have any."
        )
        return Section("fields", _TITLE, [nothing], notes=[_LATE])
    personal = _personal(material)
    tested = table["q_value"].notna() & ~table["field"].isin(personal) & (table["n"] >= _LEAST)
    looked = _in_words(table[tested].reset_index(drop=True), material)
    if looked.empty:
        nothing = (
            f"Too little is known in {material.now.label} to tell which fields go with success."
        )
        return Section("fields", _TITLE, [nothing], notes=[_LATE])
    found = _found(looked)
    return Section(
        "fields",
        _TITLE,
        [*_found_words(found, material), _what_it_means(found)],
        [_figure(looked, found, material), *_levels(looked, material)],
        _notes(looked, untested=table["field"].nunique() - looked["field"].nunique()),
    )


def _asked(material: Material) -> dict[str, Any]:
    return {"outcome": material.outcome, "min_users": material.min_users, "tz": material.tz}


def _personal(material: Material) -> set[str]:
    """Return the columns whose values look like personal data for any agent."""
    held = any(str(name).startswith("metadata_") for name in material.current.columns)
    profile = profile_fields(
        material.current, metadata=held, tz=material.tz, min_users=material.min_users
    )
    suspected = profile.loc[profile["pii"].fillna("").ne(""), "column"].dropna()
    # A name may hold a number, too; what tells fields of like names apart does not count.
    names = pd.Series(material.current.columns.astype("str")).str.replace(_CLASH, "", regex=True)
    return {*suspected, *material.current.columns[scrub(names).ne(names).to_numpy()]}


def _in_words(table: pd.DataFrame, material: Material) -> pd.DataFrame:
    """Return fields and levels as a client knows them: ``custom_room_booked``, ``[absent]``."""
    names = _field_names(material.current)
    level = table["level"].map(shown).map(level_words).where(table["level"].notna())
    return table.assign(field=table["field"].map(names).astype("str"), level=level.astype("str"))


def _field_names(conversations: pd.DataFrame) -> dict[str, str]:
    """Return a heading for each column, numbered where two would have the same."""
    names: dict[str, str] = {}
    times: dict[str, int] = {}
    for column in sorted(map(str, conversations.columns)):
        name = shown(heading_of(re.sub(_CLASH, "", column)))
        times[name] = times.get(name, 0) + 1
        names[column] = name if times[name] == 1 else f"{name} ({times[name]})"
    return names


def _found(looked: pd.DataFrame) -> pd.DataFrame:
    """Return the fields that surely go with success, without those that say it in other words."""
    restates = looked["flags"].str.contains("|".join(_RESTATES))
    return looked[looked["q_value"].lt(_SURE) & ~restates]


def _found_words(found: pd.DataFrame, material: Material) -> list[str]:
    if found.empty:
        return [f"No field is found to go with success in {material.now.label}."]
    are = "is" if len(found) == 1 else "are"
    start = f"{counted(len(found), 'finding')} in {material.now.label} {are} hardly chance."
    more = [f"The table has {count(len(found) - _SPOKEN)} more."] if len(found) > _SPOKEN else []
    return [start, *map(_field_words, records(found.head(_SPOKEN))), *more]


def _field_words(row: dict[str, Any]) -> str:
    field = quoted(row["field"])
    if is_missing(row["level"]) or is_missing(row["adjusted_difference"]):
        strength = f"strength {decimal(row['strength'])} of 1, n = {count(row['n'])}"
        return f"{field} goes with success ({strength})."
    where = "missing" if row["kind"] == "absent" else quoted(row["level"])
    return (
        f"Where {field} is {where}, the share that succeeds differs by"
        f" {points_range(row, 'adjusted_difference')} from where it is not"
        f" (n = {count(row['adjusted_n'])})."
    )


def _what_it_means(found: pd.DataFrame) -> str:
    words = (
        "Such a field goes with success; that it brings success is not shown. Some, such as whether"
        " something was booked, may be the success itself in other words."
    )
    return words if len(found) else "Small differences may be there all the same."


def _figure(looked: pd.DataFrame, found: pd.DataFrame, material: Material) -> Figure:
    most = min(max(len(found), _DRAWN), _ROWS)
    rows = looked.head(most)
    table = Table(
        f"Fields and success, {material.now.label}",
        f"drivers: the strongest of {counted(len(looked), 'comparison')}, each among conversations"
        f" that could have the field. Differences {_STRATA}. {FALSE_ALARMS}",
        rows.assign(kind=rows["kind"].replace(_KINDS)),
        ["field", "kind", "n", "unknown", "strength", "level", *_DIFFERENCE, "flags"],
        headings={"Kind": "What is compared"},
    )
    size = (7.5, 1.6 + 0.28 * min(len(looked), _DRAWN))
    drawn = picture(plot_drivers, looked, size=size, most=_DRAWN, found=_SURE)
    told = [f"{quoted(row['field'])} {decimal(row['strength'])}" for row in records(found.head(5))]
    strongest = f"Strongest: {listed(told)}." if told else "All may be chance."
    alt = f"Strength from 0 to 1 with which fields go with success, {material.now.label}."
    return Figure(drawn, f"{alt} {strongest}", table)


def _levels(looked: pd.DataFrame, material: Material) -> list[Table]:
    """Return the rates at the levels of the fields that were found."""
    found = _found(looked)[["field", "kind"]].drop_duplicates()
    levels = _in_words(driver_levels(material.current, **_asked(material)), material)
    order = levels.assign(place=range(len(levels)))
    levels = order.merge(found, on=["field", "kind"]).sort_values("place", ignore_index=True)
    levels = _without_few(_whole_fields(levels))
    if levels.empty:
        return []
    people = counted(material.min_users, "person", many="people")
    method = (
        f"driver_levels: differences from the other levels {_STRATA}. Levels of fewer than"
        f" {people} are put together as other values; below {_LEAST} known outcomes there is no"
        f" rate. {INTERVALS} {FALSE_ALARMS}"
    )
    columns = ["field", "level", *_SHARED, *_DIFFERENCE]
    caption = f"Success at each level of the fields found, {material.now.label}"
    return [Table(caption, method, levels.drop(columns="place"), columns)]


def _without_few(levels: pd.DataFrame) -> pd.DataFrame:
    few = levels["n"] < _LEAST
    rates = ["rate", "low", "high", *_DIFFERENCE]
    return levels.assign(**{name: levels[name].mask(few) for name in rates})


def _whole_fields(levels: pd.DataFrame) -> pd.DataFrame:
    """Return all levels of the strongest fields, as far as a page has room for them."""
    sizes = levels.groupby(["field", "kind"], sort=False)["place"].size().cumsum()
    last = sizes[sizes <= _ROWS].max()
    return levels.head(_ROWS if pd.isna(last) else int(last))


def _notes(looked: pd.DataFrame, *, untested: int) -> list[str]:
    notes = [_LATE]
    restating = looked[looked["flags"].str.contains("|".join(_RESTATES))]["field"].drop_duplicates()
    if len(restating):
        named = listed(quoted(name) for name in restating.head(_SPOKEN))
        notes.append(f"May say the outcome in other words, and are not counted: {named}.")
    if untested:
        notes.append(f"{counted(untested, 'field')} could not be tested or may hold personal data.")
    return notes
