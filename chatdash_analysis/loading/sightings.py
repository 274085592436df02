"""What the cache has seen of verdicts: since when each conversation has one."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.opening import open_store
from chatdash_analysis.loading.settings import find_base_url
from chatdash_analysis.privacy.guarding import guard_of
from chatdash_analysis.schema import with_pandas_metadata

if TYPE_CHECKING:
    from os import PathLike

    from chatdash_analysis.loading.store import Store
    from chatdash_analysis.privacy.guarding import Pii

__all__ = ["load_sightings"]

_EVER = (
    pd.Timestamp.min.ceil("D").tz_localize("UTC").to_pydatetime(),
    pd.Timestamp.max.floor("D").tz_localize("UTC").to_pydatetime(),
)


def load_sightings(
    agents: str | Iterable[str] | None = None,
    *,
    cache_dir: str | PathLike[str] | None = None,
    base_url: str | None = None,
    pii: Pii = "keep",
) -> pd.DataFrame:
    """Load when the cache saw each conversation without and with an evaluation.

    Nothing is fetched: what counts are the loads so far. Each of them notes which
    conversations had an ``evaluation_is_success`` and which did not; `settling_curve`
    and `settling_summary` tell from these notes how long evaluations take.

    Parameters
    ----------
    agents : str or iterable of str, optional
        Agent ids; by default all that the cache holds.
    cache_dir : path, optional
        As in `load_conversations`.
    base_url : str, optional
        Address of the service; by default that of the environment, or the public one.
    pii : {"keep", "drop"} or PseudonymPolicy
        As in the `load_conversations` that filled the cache; ids stay as they are.

    Returns
    -------
    pandas.DataFrame
        One row a conversation that has an id, oldest first: ``conversation_id``,
        ``agent_id``, ``created_at``, ``ended_at``, ``updated_at`` (as loaded last);
        ``last_unjudged_at`` (when it was last fetched without an evaluation; for one that
        has been evaluated, before that), ``first_judged_at`` (when it was first fetched
        with one; it stays if the verdict changes or is withdrawn later) and
        ``last_seen_at`` (when it was last fetched). A load counts as earlier than all its
        answers where an evaluation was missing and as later where there was one, so that
        the evaluation surely came between the two. What was loaded by versions that did
        not keep these notes counts as first seen by its last load.

    Raises
    ------
    InputError
        If an argument cannot be used.
    CacheError
        If the cache cannot be read, or is damaged.

    Examples
    --------
    >>> from tempfile import TemporaryDirectory
    >>> import chatdash_analysis as cda
    >>> from chatdash_analysis.sandbox import stand_in
    >>> with TemporaryDirectory() as folder, stand_in(300) as service:
    ...     client = cda.Client(service.api_key, base_url=service.url)
    ...     agent = cda.load_agents(client=client)["agent_id"][0]
    ...     loaded = cda.load_conversations(
    ...         agent, start="2026-05-01", end="2026-06-01", client=client, cache_dir=folder
    ...     )
    ...     sightings = cda.load_sightings(agent, cache_dir=folder, base_url=client.base_url)
    >>> judged = loaded["evaluation_is_success"].notna().sum()
    >>> bool(sightings["first_judged_at"].notna().sum() == judged)
    True
    """
    store = open_store(cache_dir, find_base_url(base_url), guard_of(pii))
    table = store.sightings(_ids(agents, store), *_EVER)
    table = table.sort_by(
        [(name, "ascending") for name in ("created_at", "agent_id", "conversation_id")]
    )
    frame: pd.DataFrame = table.cast(with_pandas_metadata(table.schema)).to_pandas()
    frame.columns = frame.columns.astype("str")
    return frame


def _ids(agents: str | Iterable[str] | None, store: Store) -> list[str]:
    if agents is None:
        return [row["agent_id"] for row in store.info()]
    if isinstance(agents, bytes | pd.DataFrame) or not isinstance(agents, Iterable):
        raise InputError(f"agents is a {type(agents).__name__}: give agent ids, which are texts.")
    ids = [agents] if isinstance(agents, str) else list(agents)
    if not all(isinstance(agent, str) for agent in ids):
        raise InputError("agents holds something else than texts: agent ids are texts.")
    return ids
