"""The public loader: bring the store up to date, read it, make a frame."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import IncompleteError, InputError
from chatdash_analysis.loading.asking import Asked
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.fetching import COMBINATIONS, Gap
from chatdash_analysis.loading.frames import to_frame
from chatdash_analysis.loading.opening import open_store
from chatdash_analysis.loading.placing import chronological
from chatdash_analysis.loading.provenance import provenance
from chatdash_analysis.loading.refreshing import refresh_store
from chatdash_analysis.loading.store import DamagedPart
from chatdash_analysis.loading.windows import Window, holes
from chatdash_analysis.privacy.guarding import guard_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from os import PathLike

    import pandas as pd

    from chatdash_analysis.loading.asking import Refresh
    from chatdash_analysis.loading.store import Store
    from chatdash_analysis.loading.windows import Moment
    from chatdash_analysis.privacy.guarding import Pii

__all__ = ["load_conversations"]

_REPAIRS = 3


def load_conversations(  # noqa: PLR0913 - each is a choice of its own, and all have defaults
    agents: str | Iterable[str],
    *,
    start: Moment | None = None,
    end: Moment | None = None,
    record: bool | None = None,
    interacted: bool | None = None,
    client: Client | None = None,
    cache_dir: str | PathLike[str] | None = None,
    refresh: Refresh = "auto",
    allow_gaps: bool = False,
    pii: Pii = "keep",
) -> pd.DataFrame:
    """Load the conversations of one or many agents, from the cache as far as it goes.

    Parameters
    ----------
    agents : str or iterable of str
        Agent ids.
    start, end : str, date, datetime or Timestamp, optional
        Half-open range of creation times, ``start <= created_at < end``; UTC where no
        time zone is given. By default from 1970 up to now; offline, the range that the
        cache covers.
    record, interacted : bool, optional
        True or False for only the conversations that are (not) recorded, that the
        customer did (not) take part in; None for both.
    client : Client, optional
        How to reach the service; by default a `Client` from the environment.
    cache_dir : path, optional
        Folder of the parquet store; by default ``CHATDASH_CACHE_DIR``, the
        ``data/cache`` of the project around the working directory, or the user's
        cache folder.
    refresh : {"auto", "all", "never"}
        ``"auto"`` fetches what is missing, and again what was fetched less than seven
        days after it happened, because evaluations arrive late: up to 60 days where the
        cache has seen those of the agent come later (`settling_summary`, at least 50
        evaluations, after which at most 1 % are still to come); ``"all"`` fetches the
        whole range again; ``"never"`` only reads the cache, as does
        ``CHATDASH_OFFLINE=1``.
    allow_gaps : bool
        Return what could be had and list the rest in
        ``df.attrs["chatdash"]["gaps"]``, instead of raising.
    pii : {"keep", "drop"} or PseudonymPolicy
        What becomes of personal data before anything is written to disk. ``"drop"``
        leaves identifiers and texts missing, and of ``custom_analysis`` flags, numbers
        below a million and yes, no and verdicts, and the names of the fields; nobody can be
        recognised, so that there are no users. Both mask contacts in ``topic``,
        ``subtopic`` and ``ended_reason``. A policy makes pseudonyms, as `pseudonymize`
        does; conversations of the same user stay together. Each choice, secret and setting
        has a cache of its own: what one wrote another neither reads nor mixes with its own.

    Returns
    -------
    pandas.DataFrame
        One row a conversation, oldest first: the columns of `describe_columns`, then
        the ``custom_*`` columns. ``df.attrs["chatdash"]`` says where it comes from:
        ``agents``, ``start``, ``end``, ``combinations`` (of record and interacted, asked
        for), ``covered`` (for each agent and stretch the combinations that were fetched,
        and when), ``fetched_at`` (the oldest of them), ``gaps``, ``rejected`` (elements
        of answers that were no conversations), ``schema_version``, ``base_url`` and, unless
        it is kept, ``privacy`` (what was done to personal data).

    Raises
    ------
    InputError
        If an argument cannot be used.
    AuthenticationError
        If there is no usable API key.
    RequestError, ResponseError
        If the service cannot be reached or breaks its contract.
    IncompleteError
        If part of the range could not be had, and `allow_gaps` is false.
    CacheError
        If the store cannot be read or written.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> from chatdash_analysis.sandbox import stand_in
    >>> with TemporaryDirectory() as folder, stand_in(300) as service:
    ...     client = cda.Client(service.api_key, base_url=service.url)
    ...     agent = cda.load_agents(client=client)["agent_id"][0]
    ...     conversations = cda.load_conversations(
    ...         agent, start="2026-05-01", end="2026-06-01", client=client, cache_dir=folder
    ...     )
    >>> conversations["created_at"].dtype
    datetime64[us, UTC]
    >>> conversations.attrs["chatdash"]["gaps"]
    []
    """
    client = Client() if client is None else client
    if not isinstance(client, Client):
        raise InputError(f"client is a {type(client).__name__}; give Client(api_key=...).")
    asked = Asked.read(
        agents=agents,
        start=start,
        end=end,
        record=record,
        interacted=interacted,
        refresh=refresh,
    )
    guard = guard_of(pii)
    store = open_store(cache_dir, client.base_url, guard)
    table, gaps = _stored(store, client, asked, allow_gaps)
    frame = to_frame(chronological(_with_platforms(_wanted(table, asked), store)))
    windows = asked.windows(store)
    frame.attrs["chatdash"] = provenance(store, windows, asked.flags, gaps)
    if guard is not None:
        frame.attrs["chatdash"]["privacy"] = guard.describe(frame)
    return frame


def _stored(
    store: Store, client: Client, asked: Asked, allow_gaps: bool, repairs: int = _REPAIRS
) -> tuple[pa.Table, list[Gap]]:
    """Bring the store up to date and read it; what is damaged is fetched again."""
    windows = asked.windows(store)
    failed = [] if asked.refresh == "never" else _refresh(store, client, asked, allow_gaps)
    # What is due now has been fetched; what is damaged is due once more.
    again = asked if asked.refresh == "never" else replace(asked, refresh="auto")
    gaps = _gaps(store, windows, asked.flags, failed)
    dropped = len(gaps) > len(failed) and asked.refresh != "never"
    if dropped and repairs:
        # A commit met a damaged file and took it out.
        return _stored(store, client, again, allow_gaps, repairs - 1)
    if gaps and not allow_gaps:
        raise _incomplete(gaps, asked)
    try:
        return _read(store, windows), gaps
    except DamagedPart:
        if not repairs:
            raise
        store.drop_damaged()
        return _stored(store, client, again, allow_gaps, repairs - 1)


def _refresh(store: Store, client: Client, asked: Asked, allow_gaps: bool) -> list[Gap]:
    return refresh_store(
        store,
        client,
        asked.windows(store),
        asked.flags,
        everything=asked.refresh == "all",
        allow_gaps=allow_gaps,
    )


def _read(store: Store, windows: Mapping[str, Window]) -> pa.Table:
    start = min(window.start for window in windows.values())
    end = max(window.end for window in windows.values())
    return store.read(list(windows), start, end)


def _gaps(store: Store, windows: Mapping[str, Window], flags: int, failed: list[Gap]) -> list[Gap]:
    """Return what the store lacks, with the reason where fetching it failed."""
    gaps = list(failed)
    for agent, window in windows.items():
        for hole in holes(window, flags, store.coverage(agent)):
            for bit in COMBINATIONS:
                gap = Gap(agent, hole.window.start, hole.window.end, bit, "not in the cache")
                if hole.flags & bit and not any(_explains(known, gap) for known in failed):
                    gaps.append(gap)
    return gaps


def _explains(known: Gap, gap: Gap) -> bool:
    same = known.agent_id == gap.agent_id and known.flags == gap.flags
    return same and known.start < gap.end and gap.start < known.end


def _incomplete(gaps: list[Gap], asked: Asked) -> IncompleteError:
    shown = "\n".join(
        "  {agent_id}: {start} to {end}, record={record}, interacted={interacted}: {reason}".format(
            **gap.describe()
        )
        for gap in gaps[:5]
    )
    more = f"\n  and {len(gaps) - 5} more (see the attribute gaps)" if len(gaps) > 5 else ""
    advice = (
        "Load without refresh='never' and without CHATDASH_OFFLINE to fetch them"
        if asked.refresh == "never"
        else "Load again later: what was fetched is kept"
    )
    return IncompleteError(
        f"These stretches could not be had, so nothing is returned:\n{shown}{more}\n{advice},"
        " or pass allow_gaps=True to get the rest, with the gaps listed.",
        gaps=[gap.describe() for gap in gaps],
    )


def _wanted(table: pa.Table, asked: Asked) -> pa.Table:
    """Return the rows with the flags asked for, however the service reads `false`.

    A row that does not say is judged by the combinations under which it was served.
    """
    for name, flag, bits in (
        ("record", asked.record, 1 | 2),
        ("interacted", asked.interacted, 1 | 4),
    ):
        if flag is not None:
            served = pc.not_equal(pc.bit_wise_and(table["served"], pa.scalar(bits, pa.int8())), 0)
            table = table.filter(pc.equal(pc.coalesce(table[name], served), flag))
    return table


def _with_platforms(table: pa.Table, store: Store) -> pa.Table:
    known = {row["agent_id"]: row["platform"] for row in store.agents() if row.get("platform")}
    if not known:
        return table
    place = pc.index_in(table["agent_id"], pa.array(list(known)))
    platforms = pa.array(list(known.values())).take(place.combine_chunks())
    values = pc.coalesce(platforms, table["platform"].combine_chunks())
    return table.set_column(table.column_names.index("platform"), "platform", values)
