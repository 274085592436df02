"""What places new queries: the space, the parts of the clusters, and what is known already."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, get_args

import numpy as np
import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.clustering.fitting import fit_clusters
from chatdash_analysis.queries.clustering.placing import place_among
from chatdash_analysis.queries.clustering.space import scaled
from chatdash_analysis.queries.clustering.tree import Granularity

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from chatdash_analysis.queries.clustering.fitting import Fit
    from chatdash_analysis.queries.clustering.prototypes import Prototypes
    from chatdash_analysis.queries.clustering.space import Space
    from chatdash_analysis.queries.embedding.protocol import Embedder
    from chatdash_analysis.queries.pool import Pool

    Counts = NDArray[np.int64]

__all__ = [
    "FATES",
    "Model",
    "Settings",
    "fates_of",
    "fit_pool",
    "model_of",
    "new_rows",
    "placed_fates",
]

FATES = {"duplicate_group": "str", "own_id": "str", "confidence": "float64", "reason": "str"}


@dataclass(frozen=True, slots=True)
class Settings:
    """How queries are clustered.

    Attributes
    ----------
    granularity : {"fine", "normal", "coarse"}
        How much is one topic.
    min_size : int
        Fewer queries are no cluster.
    random_state : int
        Seed of the samples.
    """

    granularity: Granularity = "normal"
    min_size: int = 3
    random_state: int = 0

    def __post_init__(self) -> None:
        names = get_args(Granularity)
        if not isinstance(self.granularity, str) or self.granularity not in names:
            raise InputError(
                f"granularity={self.granularity!r} is not possible. Give one of"
                f" {', '.join(map(repr, names))}."
            )
        for name, least in (("min_size", 1), ("random_state", 0)):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
                raise InputError(f"{name}={value!r} is no whole number. Give {least} or more.")
            if value < least:
                raise InputError(f"{name}={value!r} is too small. Give {least} or more.")
            # numpy's own numbers cannot be saved as JSON.
            object.__setattr__(self, name, int(value))


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Model:
    """A fit, with the ids of its clusters, without the queries.

    Attributes
    ----------
    embedder, fingerprint : str
        What made the vectors.
    fitted : numpy.ndarray of str
        Prepared texts that "tfidf" was fitted on, unmasked; empty for other embedders.
    space : Space
        Where questions are compared.
    prototypes : Prototypes
        The parts of the clusters.
    ids : numpy.ndarray of str, shape (clusters,)
        The registry's own id of each cluster.
    groups : numpy.ndarray of str, shape (m,)
        Duplicate groups of the questions that the tree was made of.
    vectors : numpy.ndarray of float32, shape (m, width)
        Where these lie, of length 1.
    fates : pandas.DataFrame
        One row a distinct question: ``duplicate_group``, ``own_id`` (missing where
        unassigned), ``confidence`` and ``reason``.
    """

    embedder: str
    fingerprint: str
    fitted: NDArray[Any]
    space: Space
    prototypes: Prototypes
    ids: NDArray[Any]
    groups: NDArray[Any]
    vectors: NDArray[np.float32]
    fates: pd.DataFrame


def fit_pool(
    pool: Pool,
    vectors: NDArray[np.float32],
    settings: Settings,
    known: NDArray[np.int64] | None = None,
) -> Fit:
    """Cluster the distinct questions of a pool, near to what is known of them."""
    return fit_clusters(
        vectors,
        pool.languages,
        pool.weights,
        granularity=settings.granularity,
        min_size=settings.min_size,
        random_state=settings.random_state,
        known=known,
    )


def model_of(fit: Fit, pool: Pool, embedder: Embedder, ids: NDArray[Any]) -> Model:
    """Return what is kept of a fit."""
    return Model(
        embedder=embedder.name,
        fingerprint=embedder.fingerprint,
        fitted=np.array(getattr(embedder, "texts", ()), dtype=object),
        space=fit.space,
        prototypes=fit.prototypes,
        ids=ids,
        groups=pool.groups[fit.rows],
        vectors=scaled(fit.placed),
        fates=fates_of(fit, pool, ids),
    )


def fates_of(fit: Fit, pool: Pool, ids: NDArray[Any]) -> pd.DataFrame:
    """Return what became of each distinct question."""
    return _fates(pool.groups, fit.owners, fit.confidence, fit.reasons, ids)


def new_rows(model: Model, pool: Pool) -> Counts:
    """Return which questions of a pool the fit did not have."""
    known = pd.Index(model.fates["duplicate_group"])
    return np.flatnonzero(~pd.Index(pool.groups, dtype="str").isin(known))


def placed_fates(
    model: Model, pool: Pool, new: Counts, vectors: NDArray[np.float32]
) -> pd.DataFrame:
    """Return where questions belong: known ones where they were, others where they are near.

    Parameters
    ----------
    model, pool
        What places questions, and the questions.
    new : numpy.ndarray of int64, shape (m,)
        As `new_rows` returns it.
    vectors : numpy.ndarray of float32, shape (m, width)
        Vectors of the new ones, by the embedder of the model.
    """
    placed = scaled(model.space.placed(vectors, pool.languages[new]))
    owners, p_values, reasons = place_among(*_members(model), placed)
    confidence = np.where(owners < 0, np.nan, p_values)
    late = _fates(pool.groups[new], owners, confidence, reasons, model.ids)
    both = pd.concat([model.fates, late], ignore_index=True)
    return both.set_index("duplicate_group").reindex(pool.groups).reset_index().astype(FATES)


def _members(model: Model) -> tuple[NDArray[np.float32], Counts]:
    """Return the members of the clusters, or the parts of those of which none was in the tree."""
    ids = model.fates.set_index("duplicate_group")["own_id"].reindex(model.groups)
    owners = pd.Index(model.ids, dtype="str").get_indexer(pd.Index(ids, dtype="str"))
    held = owners >= 0
    others = ~np.isin(model.prototypes.owners, owners[held])
    return (
        np.concatenate([model.vectors[held], model.prototypes.vectors[others]]),
        np.concatenate([owners[held], model.prototypes.owners[others]]).astype(np.int64),
    )


def _fates(groups: Any, owners: Any, confidence: Any, reasons: Any, ids: Any) -> pd.DataFrame:
    held = owners >= 0
    own = np.full(len(owners), None, dtype=object)
    own[held] = ids[owners[held]]
    why = np.array(reasons, dtype=object)
    why[held] = None
    columns = dict(zip(FATES, (groups, own, confidence, why), strict=True))
    return pd.DataFrame(columns).astype(FATES)
