"""Look after the parquet store: what it holds, whether it is sound, and emptying it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.opening import discard, kept_by, stores
from chatdash_analysis.loading.provenance import NAMES
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from os import PathLike

    import pandas as pd

__all__ = ["cache_info", "clear_cache", "verify_cache"]

_INFO = {
    "base_url": "str",
    "pii": "str",
    "agent_id": "str",
    "name": "str",
    "platform": "str",
    "conversations": "int64",
    "first": "datetime64[us, UTC]",
    "last": "datetime64[us, UTC]",
    "covered_from": "datetime64[us, UTC]",
    "covered_to": "datetime64[us, UTC]",
    "combinations": "str",
    "bytes": "int64",
}
_CHECKED = {
    "base_url": "str",
    "file": "str",
    "month": "str",
    "rows": "int64",
    "bytes": "int64",
    "ok": "bool",
    "problem": "str",
}


def cache_info(cache_dir: str | PathLike[str] | None = None) -> pd.DataFrame:
    """List what the parquet store holds of each agent.

    Parameters
    ----------
    cache_dir : path, optional
        As in `load_conversations`.

    Returns
    -------
    pandas.DataFrame
        One row a service, choice of ``pii`` and agent: ``base_url``, ``pii`` (keep, drop, or
        pseudonyms and the id of their key), ``agent_id``, ``name`` and
        ``platform`` where known, ``conversations``, ``first`` and ``last`` creation,
        ``covered_from`` and ``covered_to`` (what was asked for), ``combinations``
        (those of record and interacted that were fetched for all of it) and ``bytes``
        on disk.

    Raises
    ------
    CacheError
        If the store cannot be read.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> with TemporaryDirectory() as folder:
    ...     info = cda.cache_info(folder)
    >>> int(info["conversations"].sum())
    0
    """
    rows = []
    for store in stores(cache_dir)[0]:
        agents = {row["agent_id"]: row for row in store.agents()}
        for info in store.info():
            agent = agents.get(info["agent_id"], {})
            combinations = "; ".join(name for bit, name in NAMES.items() if info["flags"] & bit)
            origin = {"base_url": store.base_url, "pii": kept_by(store)}
            rows.append({**agent, **info, **origin, "combinations": combinations})
    return typed_table(rows, _INFO)


def verify_cache(
    cache_dir: str | PathLike[str] | None = None, *, repair: bool = False
) -> pd.DataFrame:
    """Read every file of the parquet store and compare it with its digest.

    Damage that would change what is read is noticed by every load, and fetched again;
    here each byte counts, whether it is ever read or not.

    Parameters
    ----------
    cache_dir : path, optional
        As in `load_conversations`.
    repair : bool
        Take damaged files out of the store, so that the next load fetches again what
        they held.

    Returns
    -------
    pandas.DataFrame
        One row a file: ``base_url``, ``file``, ``month``, ``rows``, ``bytes``, ``ok``
        and ``problem``.

    Raises
    ------
    CacheError
        If the store cannot be read at all.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> with TemporaryDirectory() as folder:
    ...     files = cda.verify_cache(folder)
    >>> bool(files["ok"].all())
    True
    """
    sound, damaged = stores(cache_dir)
    rows = [{**part, "base_url": store.base_url} for store in sound for part in store.verify()]
    for path in damaged:
        problem = "the list of what the store holds is damaged; all of it will be fetched again"
        size = path.stat().st_size
        rows.append({"file": path.name, "rows": 0, "bytes": size, "ok": False, "problem": problem})
    if repair:
        for store in sound:
            store.drop_damaged()
        for path in damaged:
            discard(path)
    return typed_table(rows, _CHECKED)


def clear_cache(
    agents: str | Iterable[str] | None = None, *, cache_dir: str | PathLike[str] | None = None
) -> None:
    """Delete what the parquet store holds, of some agents or of all.

    Parameters
    ----------
    agents : str or iterable of str, optional
        Agent ids; by default everything is deleted.
    cache_dir : path, optional
        As in `load_conversations`.

    Raises
    ------
    InputError
        If `agents` are no texts.
    CacheError
        If the store cannot be written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> with TemporaryDirectory() as folder:
    ...     cda.clear_cache("agent-1", cache_dir=folder)
    """
    given = agents if isinstance(agents, Iterable) or agents is None else [agents]
    ids = [given] if isinstance(given, str) else None if given is None else list(given)
    if ids is not None and not all(isinstance(agent, str) for agent in ids):
        raise InputError(f"agents={agents!r}: agent ids are texts.")
    sound, damaged = stores(cache_dir)
    for store in sound:
        store.clear(ids)
    for path in damaged:
        # Nobody can tell whose rows its files hold, so they go with any of them.
        discard(path)
