"""What users do to clusters: name them, merge them, mark them as fixed; all of it lasts."""

from __future__ import annotations

import dataclasses
import re
import unicodedata
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.state import HISTORY, Registry, merge_targets, shown_id
from chatdash_analysis.spans import read_moment
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from chatdash_analysis.spans import Moment

__all__ = ["mark_fixed", "merge", "rename", "reopen"]

_LONGEST = 80
# Controls, halves of surrogate pairs, ends of lines and paragraphs: no file or plot can show them.
_UNFIT = {"Cc", "Cs", "Zl", "Zp"}
_NEAR = 3
_SHOWN = 5


def rename(registry: Registry, cluster_id: str, *, name: str) -> Registry:
    """Give a cluster a name of the user's own, which is shown as it is.

    Parameters
    ----------
    registry : Registry
        The state before.
    cluster_id : str
        A cluster that is shown: not one that was merged into another.
    name : str
        From 1 to 80 characters; space around it is dropped.

    Returns
    -------
    Registry
        With ``renamed`` in the history. The same object if the name is the same.

    Raises
    ------
    InputError
        If the id or the name cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.queries.registry.refitting import first_registry
    >>> numbers = pd.Series({"a": 0, "b": 0})
    >>> found = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    >>> rename(found, "q001", name="Opening hours").clusters["name"].tolist()
    ['Opening hours']
    """
    name = _checked_name(name)
    row = _shown_row(registry, cluster_id)
    if registry.clusters.loc[row, "name"] == name:
        return registry
    event = {"event": "renamed", "cluster_id": cluster_id, "name": name}
    return _changed(registry, row, {"name": name}, event)


def _checked_name(name: str) -> str:
    if not isinstance(name, str):
        raise InputError(f"name={name!r} is no text. Give the cluster a name such as 'Refunds'.")
    name = name.strip()
    if not 1 <= len(name) <= _LONGEST:
        raise InputError(
            f"The name has {len(name)} characters. Give one of 1 to {_LONGEST} characters."
        )
    if any(unicodedata.category(letter) in _UNFIT for letter in name):
        raise InputError(
            "The name holds a line break or another character that cannot be shown. Give one"
            " line of plain text."
        )
    return name


def merge(registry: Registry, cluster_ids: Sequence[str]) -> Registry:
    """Show several clusters as one, under the first of the ids given, from now on.

    The name, the marks and the status that are shown are those of the first. Inside, the
    clusters stay apart, so that refits find each of them.

    Parameters
    ----------
    registry : Registry
        The state before.
    cluster_ids : sequence of str
        Two or more clusters that are shown: not ones that were merged into others.

    Returns
    -------
    Registry
        With a ``merged_by_user`` for each but the first in the history.

    Raises
    ------
    InputError
        If the ids cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.queries.registry.refitting import first_registry, shown_ids
    >>> numbers = pd.Series({"a": 0, "b": 1})
    >>> found = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    >>> shown_ids(merge(found, ["q001", "q002"]), pd.Series(["q001", "q002"])).tolist()
    ['q001', 'q001']
    """
    first, *others = _checked_ids(cluster_ids)
    _shown_row(registry, first)
    for one in others:
        row = _shown_row(registry, one)
        values = {"merged_into": first, "merged_by": "user"}
        name = registry.clusters.loc[row, "name"]
        event = {"event": "merged_by_user", "cluster_id": one, "other_id": first, "name": name}
        registry = _changed(registry, row, values, event)
    return registry


def _checked_ids(cluster_ids: Sequence[str]) -> list[str]:
    if isinstance(cluster_ids, str) or not hasattr(cluster_ids, "__iter__"):
        raise InputError(
            f"{cluster_ids!r} is no list of ids. Give two or more, such as ['q001', 'q004']."
        )
    ids = list(cluster_ids)
    wrong = [one for one in ids if not isinstance(one, str)]
    if wrong or len(ids) < 2 or len(set(ids)) < len(ids):
        raise InputError(
            f"{ids!r} cannot be merged. Give two or more different ids, such as ['q001', 'q004'];"
            " the first is the one that stays."
        )
    return ids


def mark_fixed(registry: Registry, cluster_id: str, *, at: Moment) -> Registry:
    """Mark what a cluster asks about as fixed from an instant on.

    Parameters
    ----------
    registry : Registry
        The state before.
    cluster_id : str
        A cluster that is shown: not one that was merged into another.
    at : str, date or datetime
        When the fix went live; UTC if it has no time zone. A later call moves it.

    Returns
    -------
    Registry
        With ``fixed`` in the history. The same object if nothing changes.

    Raises
    ------
    InputError
        If the id or the instant cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.queries.registry.refitting import first_registry
    >>> numbers = pd.Series({"a": 0, "b": 0})
    >>> found = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    >>> mark_fixed(found, "q001", at="2026-05-01").clusters["status"].tolist()
    ['fixed']
    """
    moment = read_moment(at, "at", "UTC")
    row = _shown_row(registry, cluster_id)
    if registry.clusters.loc[row, "fixed_at"] == moment:
        return registry
    event = {"event": "fixed", "cluster_id": cluster_id, "at": moment}
    return _changed(registry, row, {"status": "fixed", "fixed_at": moment}, event)


def reopen(registry: Registry, cluster_id: str) -> Registry:
    """Take back that a cluster is fixed; when it was stays in the history.

    Parameters
    ----------
    registry : Registry
        The state before.
    cluster_id : str
        A cluster that is shown: not one that was merged into another.

    Returns
    -------
    Registry
        With ``reopened`` in the history. The same object if it is open.

    Raises
    ------
    InputError
        If the id cannot be used.

    Examples
    --------
    >>> import pandas as pd
    >>> from chatdash_analysis.queries.registry.refitting import first_registry
    >>> numbers = pd.Series({"a": 0, "b": 0})
    >>> found = first_registry(numbers, weights=pd.Series(1, index=numbers.index))
    >>> fixed = mark_fixed(found, "q001", at="2026-05-01")
    >>> reopen(fixed, "q001").history["event"].tolist()
    ['born', 'fixed', 'reopened']
    """
    row = _shown_row(registry, cluster_id)
    if registry.clusters.loc[row, "status"] == "open":
        return registry
    event = {"event": "reopened", "cluster_id": cluster_id}
    return _changed(registry, row, {"status": "open", "fixed_at": pd.NaT}, event)


def _shown_row(registry: Registry, cluster_id: str) -> int:
    """Return the row of a cluster that is there and not merged into another."""
    clusters = registry.clusters
    rows = clusters.index[clusters["cluster_id"] == str(cluster_id)]
    if rows.empty:
        raise InputError(f"There is no cluster {cluster_id!r}. {_near(registry, cluster_id)}")
    shown = shown_id(merge_targets(clusters), cluster_id)
    if shown != cluster_id:
        raise InputError(
            f"The cluster {cluster_id} was merged into {shown} and is shown no more. Use {shown}."
        )
    return int(rows[0])


def _near(registry: Registry, cluster_id: object) -> str:
    ids = registry.clusters["cluster_id"].tolist()
    if not ids:
        return "There are no clusters at all."
    text = str(cluster_id).strip().lower()
    digits = re.fullmatch(r"q?0*([0-9]{1,9})", text)
    meant = [f"q{int(digits[1]):03d}"] if digits else []
    import difflib

    close = difflib.get_close_matches(text, ids, n=_NEAR, cutoff=0.5)
    near = list(dict.fromkeys(one for one in (*meant, *close) if one in ids))
    if near:
        return f"Near it: {', '.join(near[:_NEAR])}."
    return f"There are {', '.join(ids[:_SHOWN])}{', ...' if len(ids) > _SHOWN else ''}."


def _changed(
    registry: Registry, row: int, values: Mapping[str, object], event: Mapping[str, object]
) -> Registry:
    clusters = registry.clusters.copy()
    for name, value in values.items():
        clusters.loc[row, name] = value
    added = typed_table([{"version": registry.version, **event}], HISTORY)
    history = pd.concat([registry.history, added], ignore_index=True)
    return dataclasses.replace(registry, clusters=clusters, history=history)
