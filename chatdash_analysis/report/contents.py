"""The sections of a report, in the order of reading, and what stands there if one cannot be."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

from chatdash_analysis.errors import IncompleteError, MissingColumnsError
from chatdash_analysis.report.parts import Section
from chatdash_analysis.report.sections.change import change_section
from chatdash_analysis.report.sections.channels import channels_section
from chatdash_analysis.report.sections.devices import devices_section
from chatdash_analysis.report.sections.fields import fields_section
from chatdash_analysis.report.sections.hours import hours_section
from chatdash_analysis.report.sections.loaded import loaded_section
from chatdash_analysis.report.sections.misunderstood import misunderstood_section
from chatdash_analysis.report.sections.numbers import numbers_section
from chatdash_analysis.report.sections.outcomes import outcomes_section
from chatdash_analysis.report.sections.provisional import provisional_section
from chatdash_analysis.report.sections.returning import returning_section

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from chatdash_analysis.report.parts import Material

__all__ = ["CONTENTS", "Entry", "make_sections"]


class Entry(NamedTuple):
    """A section: its name in links, its heading where it cannot be made, and what makes it."""

    anchor: str
    title: str
    make: Callable[[Material], Section]


CONTENTS = (
    Entry("loaded", "What this report stands on", loaded_section),
    Entry("numbers", "The numbers", numbers_section),
    Entry("change", "Why success changed", change_section),
    Entry("channels", "Channels", channels_section),
    Entry("devices", "Devices", devices_section),
    Entry("hours", "Hours", hours_section),
    Entry("outcomes", "How far conversations get, and why they end", outcomes_section),
    Entry("returning", "People who come back", returning_section),
    Entry("misunderstood", "What the agents did not understand", misunderstood_section),
    Entry("fields", "The fields that go with success", fields_section),
    Entry("provisional", "What may still change", provisional_section),
)


def make_sections(material: Material, contents: Iterable[Entry] = CONTENTS) -> list[Section]:
    """Return the sections; one for which the data are not there says so, and why."""
    return [_made(entry, material) for entry in contents]


def _made(entry: Entry, material: Material) -> Section:
    try:
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            section = entry.make(material)
    except (MissingColumnsError, IncompleteError) as error:
        return Section(entry.anchor, entry.title, [_why(error)])
    said = dict.fromkeys(_said(caught))
    return replace(section, notes=[*section.notes, *said])


def _said(caught: Iterable[warnings.WarningMessage]) -> Iterable[str]:
    """Yield what analyses warn of; warnings that are not meant for readers go on as they were."""
    for warning in caught:
        if warning.category is UserWarning or _is_own(warning.category):
            yield str(warning.message)
        else:
            warnings.warn_explicit(
                warning.message, warning.category, warning.filename, warning.lineno
            )


def _is_own(category: type[Warning]) -> bool:
    return category.__module__.startswith("chatdash_analysis.")


def _why(error: MissingColumnsError | IncompleteError) -> str:
    if isinstance(error, MissingColumnsError):
        names = ", ".join(error.missing)
        return f"This part cannot be made: the data lack the columns that it needs ({names})."
    return "This part cannot be made: not all of the conversations that it needs were loaded."
