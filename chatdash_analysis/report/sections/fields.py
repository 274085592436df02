"""The fields that go with success, and the rate at each of their levels."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd

from chatdash_analysis.driving.table import driver_levels, drivers
from chatdash_analysis.errors import InputError
from chatdash_analysis.fields.profile import profile_fields
from chatdash_analysis.plot.drivers import plot_drivers
from chatdash_analysis.report.parts import Figure, Section, Table
from chatdash_analysis.report.phrases import counted, listed, quoted, shown
from chatdash_analysis.report.pictures import picture
from chatdash_analysis.report.wording import INTERVALS, no_conversations, records
from chatdash_analysis.showing.numbers import (
    count,
    decimal,
    interval,
    is_missing,
    p_value,
    points,
    with_interval,
)
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
_STRATA = "inside the same agent, channel and month"
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
    looked = _with_plain_levels(table[tested].reset_index(drop=True))
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
        _notes(table, looked),
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


def _with_plain_levels(table: pd.DataFrame) -> pd.DataFrame:
    levels = table["level"].map(shown).where(table["level"].notna()).astype("str")
    return table.assign(level=levels)


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
    field, sure = shown(row["field"]), f"n = {count(row['n'])}, q = {p_value(row['q_value'])}"
    sure = sure.replace("= <", "<")
    if is_missing(row["level"]) or is_missing(row["adjusted_difference"]):
        return f"{field} goes with success (strength {decimal(row['strength'])} of 1, {sure})."
    where = "missing" if row["kind"] == "absent" else quoted(row["level"])
    difference = with_interval(
        points(row["adjusted_difference"]),
        interval(row["adjusted_difference_low"], row["adjusted_difference_high"], _bare),
    )
    return (
        f"Where {field} is {where}, the share that succeeds differs by {difference} from where it"
        f" is not ({sure})."
    )


def _bare(difference: float) -> str:
    return points(difference).removesuffix(" points")


def _what_it_means(found: pd.DataFrame) -> str:
    words = (
        "Such a field goes with success; that it brings success is not shown. Some, such as whether"
        " something was booked, may be the success itself in other words."
    )
    return words if len(found) else "Small differences may be there all the same."


def _figure(looked: pd.DataFrame, found: pd.DataFrame, material: Material) -> Figure:
    table = Table(
        f"Fields and success, {material.now.label}",
        f"drivers: only conversations that could have the field; differences {_STRATA}; the test"
        " turns the signs of whole people; q-values are corrected for the number of fields.",
        looked.head(_ROWS),
        ["field", "kind", "n", "unknown", "strength", "level", *_DIFFERENCE, "flags"],
    )
    size = (7.5, 1.6 + 0.28 * min(len(looked), _DRAWN))
    drawn = picture(plot_drivers, looked, size=size, most=_DRAWN, found=_SURE)
    told = [f"{shown(row['field'])} {decimal(row['strength'])}" for row in records(found.head(5))]
    strongest = f"Strongest: {listed(told)}." if told else "All may be chance."
    alt = f"Strength from 0 to 1 with which fields go with success, {material.now.label}."
    return Figure(drawn, f"{alt} {strongest}", table)


def _levels(looked: pd.DataFrame, material: Material) -> list[Table]:
    """Return the rates at the levels of the fields that were found."""
    found = _found(looked)[["field", "kind"]].drop_duplicates()
    levels = driver_levels(material.current, **_asked(material))
    order = levels.assign(place=range(len(levels)))
    levels = order.merge(found, on=["field", "kind"]).sort_values("place", ignore_index=True)
    levels = _with_plain_levels(_whole_fields(levels))
    if levels.empty:
        return []
    people = counted(material.min_users, "person", many="people")
    method = (
        f"driver_levels: differences from the other levels {_STRATA}; levels of fewer than"
        f" {people} are put together as [other]. {INTERVALS}"
    )
    columns = ["field", "level", *_SHARED, *_DIFFERENCE]
    caption = f"Success at each level of the fields found, {material.now.label}"
    return [Table(caption, method, levels.drop(columns="place"), columns)]


def _whole_fields(levels: pd.DataFrame) -> pd.DataFrame:
    """Return all levels of the strongest fields, as far as a page has room for them."""
    sizes = levels.groupby(["field", "kind"], sort=False)["place"].size().cumsum()
    last = sizes[sizes <= _ROWS].max()
    return levels.head(_ROWS if pd.isna(last) else int(last))


def _notes(table: pd.DataFrame, looked: pd.DataFrame) -> list[str]:
    notes = [f"{_LATE} Small q-values say that chance alone would hardly make the difference."]
    restating = looked[looked["flags"].str.contains("|".join(_RESTATES))]["field"].drop_duplicates()
    if len(restating):
        named = listed(shown(name) for name in restating.head(_SPOKEN))
        notes.append(f"May say the outcome in other words, and are not counted: {named}.")
    untested = set(table["field"]) - set(looked["field"])
    if untested:
        notes.append(
            f"{counted(len(untested), 'field')} could not be tested or may hold personal data."
        )
    return notes
