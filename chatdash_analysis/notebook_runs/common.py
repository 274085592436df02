"""The parameters that every notebook has, checked before anything runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.windows import to_moment
from chatdash_analysis.periods import zone

if TYPE_CHECKING:
    from collections.abc import Mapping
    from typing import Any

    from chatdash_analysis.notebook_runs.reading import Parameter

__all__ = ["check_common"]


def check_common(known: Mapping[str, Parameter], values: Mapping[str, Any]) -> None:
    """Check the time zone, the range, the size and the seed that were given.

    A notebook need not use what it is given, and then nobody else would notice. Parameters
    of other kinds have the name alone in common, and may be anything.

    Raises
    ------
    InputError
        If one of them makes no sense.
    """
    if isinstance(values.get("tz"), str):
        zone(values["tz"])
    _check_range(known, values)
    _check_numbers(values)


def _check_range(known: Mapping[str, Parameter], values: Mapping[str, Any]) -> None:
    defaults = {name: known[name].default for name in ("start", "end") if name in known}
    ends = {name: values.get(name, default) for name, default in defaults.items()}
    if not values.keys() & ends.keys() or not all(isinstance(day, str) for day in ends.values()):
        return
    moments = [to_moment(day, name) for name, day in ends.items()]
    if len(moments) == 2 and moments[0] >= moments[1]:
        raise InputError(
            f"start={ends['start']} is not before end={ends['end']}, the first day after the "
            "range. Give both."
        )


def _check_numbers(values: Mapping[str, Any]) -> None:
    for name, least in (("size", 1), ("seed", 0)):
        number = values.get(name, least)
        if isinstance(number, int) and number < least:
            raise InputError(f"{name}={number} cannot be used. Give a whole number from {least}.")
