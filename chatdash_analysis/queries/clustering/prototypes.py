"""Where a new question belongs: the nearest part of a cluster, if it is near enough."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.queries.clustering.space import scaled

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Counts = NDArray[np.int64]
    Floats = NDArray[np.float64]

__all__ = ["Prototypes", "fit_prototypes"]

# Members of all clusters count in the calibration of each like so many of its own: the few of
# a small cluster alone could never refuse anything.
_BORROWED = 20.0
_HELD = 8_000_000
# Less than any similarity: there is nothing to compare with.
_NOTHING = -2.0


@dataclass(frozen=True, slots=True, eq=False)
class Prototypes:
    """The parts of each cluster, and how near its own members lie to them.

    Attributes
    ----------
    vectors : numpy.ndarray of float32, shape (parts, width)
        Centre of each part, of length 1.
    owners : numpy.ndarray of int64, shape (parts,)
        The cluster of each part, from 0 on.
    calibration : numpy.ndarray of float32, shape (members,)
        How near each member lies to its cluster when it is left out, ascending in each cluster.
    members : numpy.ndarray of int64, shape (members,)
        The cluster of each, ascending.
    """

    vectors: Vectors
    owners: Counts
    calibration: Vectors
    members: Counts

    def nearest(self, vectors: Vectors) -> tuple[Counts, Vectors]:
        """Return the nearest cluster of each question, -1 if there is none, and how near it is."""
        owners = np.full(len(vectors), -1, dtype=np.int64)
        scores = np.zeros(len(vectors), dtype=np.float32)
        if not len(self.vectors):
            return owners, scores
        step = max(_HELD // len(self.vectors), 1)
        for start in range(0, len(vectors), step):
            part = slice(start, start + step)
            products = vectors[part] @ self.vectors.T
            best = products.argmax(axis=1)
            owners[part] = self.owners[best]
            scores[part] = products[np.arange(len(best)), best]
        return owners, scores

    def p_values(self, owners: Counts, scores: Vectors) -> Floats:
        """Return the share of members of its cluster that lie no nearer than each question.

        Conformal p-values (Vovk, Gammerman and Shafer 2005; Bates and others 2023), to whose
        ranks the members of all clusters are added as 20. NaN where there is no cluster.
        """
        result = np.full(len(owners), np.nan)
        if not len(self.members):
            return result
        below = np.searchsorted(np.sort(self.calibration), scores, side="right")
        everywhere = below / len(self.calibration)
        for owner in np.unique(owners[owners >= 0]):
            rows = owners == owner
            own = self.calibration[self.members == owner]
            ranks = 1 + np.searchsorted(own, scores[rows], side="right")
            ranks = ranks + _BORROWED * everywhere[rows]
            result[rows] = ranks / (len(own) + 1 + _BORROWED)
        return result

    def renamed(self, names: Counts) -> Prototypes:
        """Return the same with other numbers for the clusters."""
        members = names[self.members]
        order = np.lexsort((self.calibration, members))
        return Prototypes(self.vectors, names[self.owners], self.calibration[order], members[order])

    def joined(self, other: Prototypes) -> Prototypes:
        """Return both together; clusters of the same number are one."""
        scores = np.concatenate([self.calibration, other.calibration])
        members = np.concatenate([self.members, other.members])
        order = np.lexsort((scores, members))
        return Prototypes(
            np.concatenate([self.vectors, other.vectors]),
            np.concatenate([self.owners, other.owners]),
            scores[order],
            members[order],
        )


def fit_prototypes(vectors: Vectors, owners: Counts, parts: Counts) -> tuple[Prototypes, Vectors]:
    """Make the prototypes of a fit; also how near each question is to its cluster without it.

    Parameters
    ----------
    vectors : numpy.ndarray of float32, shape (n, width)
        Questions in their `Space`.
    owners : numpy.ndarray of int64, shape (n,)
        The cluster of each, -1 where it has none.
    parts : numpy.ndarray of int64, shape (n,)
        The part of the cluster to which each belongs: any numbers.
    """
    held = np.flatnonzero(owners >= 0)
    members = _members(vectors[held], owners[held], parts[held])
    centres = scaled(members.sums)
    scores = _left_out(members, centres)
    near = np.zeros(len(owners), dtype=np.float32)
    near[held] = scores
    order = np.lexsort((scores, members.owners))
    return Prototypes(centres, members.of_part, scores[order], members.owners[order]), near


class _Members(NamedTuple):
    """Questions with their clusters and parts; sum, size and cluster of each part."""

    vectors: Vectors
    owners: Counts
    parts: Counts
    sums: Vectors
    sizes: Counts
    of_part: Counts


def _members(vectors: Vectors, owners: Counts, parts: Counts) -> _Members:
    pairs, numbers = np.unique(np.stack([owners, parts]), axis=1, return_inverse=True)
    numbers = numbers.ravel()
    sums = np.zeros((pairs.shape[1], vectors.shape[1]), dtype=np.float32)
    np.add.at(sums, numbers, vectors)
    sizes = np.bincount(numbers, minlength=pairs.shape[1])
    return _Members(vectors, owners, numbers, sums, sizes, pairs[0])


def _left_out(members: _Members, centres: Vectors) -> Vectors:
    """Return how near each member is to its cluster without itself."""
    scores = np.maximum(_to_own_part(members), _to_other_parts(members, centres))
    # A cluster of one text that was sent often has nothing to compare it with.
    lengths = np.einsum("ij,ij->i", members.vectors, members.vectors)
    return np.asarray(np.where(scores <= _NOTHING, lengths, scores), dtype=np.float32)


def _to_own_part(members: _Members) -> Floats:
    rest = scaled(members.sums[members.parts] - members.vectors)
    near = np.einsum("ij,ij->i", rest, members.vectors)
    return np.where(members.sizes[members.parts] > 1, near, _NOTHING)


def _to_other_parts(members: _Members, centres: Vectors) -> Floats:
    near = np.full(len(members.owners), _NOTHING)
    for owner in np.unique(members.owners):
        rows = np.flatnonzero(members.owners == owner)
        columns = np.flatnonzero(members.of_part == owner)
        products = members.vectors[rows] @ centres[columns].T
        products[members.parts[rows][:, None] == columns[None, :]] = _NOTHING
        near[rows] = products.max(axis=1, initial=_NOTHING)
    return near
