"""Names of clusters by a callable of the user."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.registry.curation import rename
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import pandas as pd

    from chatdash_analysis.queries.registry.state import Registry

__all__ = ["named_with"]


def named_with(
    registry: Registry,
    cluster_ids: Iterable[str],
    examples: pd.DataFrame,
    namer: Callable[[list[str]], str],
) -> Registry:
    """Return the registry with a name for each cluster that has none; see `QueryClusters`.

    Parameters
    ----------
    registry : Registry
        The state before.
    cluster_ids : iterable of str
        Clusters that are shown.
    examples : pandas.DataFrame
        Their examples.
    namer : callable
        From representative questions, masked, to a name, which is masked as well.

    Raises
    ------
    InputError
        If it is no callable, or returns something else than a name.
    """
    if not callable(namer):
        raise InputError(
            f"namer={namer!r} cannot be called. Give a function from a list of questions to a name."
        )
    named = set(registry.clusters.dropna(subset="name")["cluster_id"])
    shown = examples[examples["kind"].eq("representative")]
    for cluster_id in cluster_ids:
        if cluster_id not in named:
            questions = shown.loc[shown["cluster_id"].eq(cluster_id), "question"].tolist()
            registry = rename(registry, cluster_id, name=_masked(namer(questions), cluster_id))
    return registry


def _masked(name: Any, cluster_id: str) -> str:
    if not isinstance(name, str):
        raise InputError(
            f"The callable returned {type(name).__name__} for {cluster_id}, not a text. It must"
            " return a name of 1 to 80 characters."
        )
    return str(scrub([name]).iloc[0])
