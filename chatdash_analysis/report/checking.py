"""What `write_report` is given, checked before anything is computed."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.errors import InputError
from chatdash_analysis.periods import zone
from chatdash_analysis.report.material import NEEDED
from chatdash_analysis.saving import check_target
from chatdash_analysis.segments import with_flag
from chatdash_analysis.tables import require_columns, require_dataframe

if TYPE_CHECKING:
    from pathlib import Path

__all__ = ["check_arguments", "check_min_users", "check_title"]

_USE = "write_report"


def check_arguments(
    conversations: Any,
    path: Any,
    *,
    title: Any,
    tz: Any,
    outcome: str,
    min_users: Any,
    sightings: Any,
) -> Path:
    """Return the file that is written, or say which argument cannot be used, and why.

    Raises
    ------
    InputError
        If an argument cannot be used.
    MissingColumnsError
        If a column is not there without which there is no report.
    """
    target = _target(path)
    _check_conversations(conversations, outcome)
    check_title(title)
    _check_zone(tz)
    check_min_users(min_users)
    if sightings is not None:
        require_dataframe(sightings, _USE)
    return target


def _target(path: Any) -> Path:
    if not isinstance(path, (str, os.PathLike)):
        raise InputError(f"path={path!r} names no file. Give one such as 'report.html'.")
    return check_target(os.fspath(path), endings=[".html"])


def _check_conversations(conversations: Any, outcome: str) -> None:
    require_dataframe(conversations, _USE)
    require_columns(conversations, [*NEEDED, outcome], _USE)
    with_flag(conversations, outcome)


def _check_zone(tz: Any) -> None:
    if not isinstance(tz, str):
        raise InputError(f"tz={tz!r} is no name of a time zone. Give 'Europe/Berlin', for example.")
    zone(tz)


def check_title(title: Any, name: str = "title") -> None:
    """Refuse a heading that says nothing; `name` says in messages what it is.

    Raises
    ------
    InputError
        If it is neither a text nor left out.
    """
    if title is not None and not (isinstance(title, str) and title.strip()):
        raise InputError(f"{name}={title!r} is no heading. Give a text, or leave it out.")


def check_min_users(min_users: Any, name: str = "min_users") -> None:
    """Refuse what is no number of people; `name` says in messages what it is.

    Raises
    ------
    InputError
        If it is no whole number from 1 up.
    """
    whole = isinstance(min_users, int | np.integer) and not isinstance(min_users, bool)
    if not whole or min_users < 1:
        raise InputError(
            f"{name}={min_users!r} is no number of people from 1 up. Give 5, for example."
        )
