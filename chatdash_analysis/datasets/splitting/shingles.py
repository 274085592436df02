"""Texts as sets of three characters, and the pairs of them that overlap much.

No pair is missed, and few are looked at: two sets that overlap much have one of their
rarest members in common (prefix filter), and the bits that their members set differ in few
places (bitmap filter). Where texts share so much that looking up rare members costs more
than comparing all bits, the bits of all pairs are compared.

References
----------
R. J. Bayardo, Y. Ma and R. Srikant (2007), Scaling up all pairs similarity search. C. Xiao,
W. Wang, X. Lin and J. X. Yu (2008), Efficient similarity joins for near duplicate detection.
E. F. O. Sandes, G. L. M. Teodoro and A. C. M. A. Melo (2020), Bitmap filter: speeding up
exact set similarity joins with bitwise operations.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from chatdash_analysis.errors import InputError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    Codes = NDArray[np.int64]

__all__ = ["CHARACTERS", "similar_pairs"]

# What is compared of a text: as much as scrubbing leaves of one.
CHARACTERS = 2_000
# Characters, meetings of sets or comparisons, sets and pairs that are held at one time.
_HELD_CHARACTERS = 2_000_000
_HELD = 4_000_000
_STEP = 500
_PAIRS = 20_000
# What finding them costs, in nanoseconds: looking up a meeting, comparing 64 bits.
_MEETING, _WORD = 5.0, 1.5
# Some minutes, and some hundred megabytes.
_MOST_NANOSECONDS = 1e12
_MOST_PAIRS = 10_000_000
# Bits for each member of a set of average size.
_SPARE = 3
_MOST_WORDS = 16
_ROUNDING = 1e-9


def similar_pairs(texts: Sequence[str], similarity: float) -> tuple[Codes, Codes]:
    """Return the pairs of texts whose sets have at least this Jaccard similarity.

    Parameters
    ----------
    texts : sequence of str
        Texts, each different from the others.
    similarity : float
        Members in both sets, as a share of those in either, above 0.

    Returns
    -------
    first, second : numpy.ndarray of int64
        Their places, each pair once, in no order.

    Raises
    ------
    InputError
        If so many texts are so alike that the pairs are too many to be found.
    """
    if len(texts) < 2:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    sets = _by_size(_sets(texts))
    found = list(_found(sets, similarity))
    first, second = (np.concatenate([pairs[side] for pairs in found]) for side in (0, 1))
    return sets.order[first], sets.order[second]


class _Sets:
    """Sets of shingles, the small ones first, the rare members of each first."""

    def __init__(self, members: Any, order: Codes) -> None:
        self.members = members
        self.order = order
        self.sizes = np.diff(members.indptr).astype(np.int64)
        self.bits = _bits(members)

    def rarest(self, share: float) -> Any:
        """Return the rarest members of each set, of which one is in any set that shares so many."""
        from scipy.sparse import csr_array

        kept = self.sizes - np.ceil(share * self.sizes - _ROUNDING).astype(np.int64) + 1
        place = np.arange(self.members.nnz) - np.repeat(self.members.indptr[:-1], self.sizes)
        inside = place < np.repeat(kept, self.sizes)
        starts = np.concatenate([[0], np.cumsum(np.minimum(kept, self.sizes))])
        indices = self.members.indices[inside]
        return csr_array((np.ones(len(indices), np.int32), indices, starts), self.members.shape)


def _sets(texts: Sequence[str]) -> Any:
    """Return a SciPy matrix of texts and shingles; shingles are numbered from the rarest on."""
    from scipy.sparse import csr_array, vstack

    vocabulary = np.zeros(0, dtype=np.int64)
    for _, shingles in _shingled(texts):
        vocabulary = np.union1d(vocabulary, shingles)
    width, blocks = len(vocabulary), []
    for owners, shingles in _shingled(texts):
        first = owners[0]
        keys = np.unique((owners - first) * width + np.searchsorted(vocabulary, shingles))
        starts = np.searchsorted(keys, np.arange(owners[-1] - first + 2) * width)
        shape = (len(starts) - 1, width)
        blocks.append(csr_array((np.ones(len(keys), np.int32), keys % width, starts), shape))
    members = vstack(blocks, format="csr")
    common = np.bincount(members.indices, minlength=width)
    rank = np.empty(width, dtype=np.int32)
    rank[np.lexsort((vocabulary, common))] = np.arange(width)
    members = csr_array((members.data, rank[members.indices], members.indptr), members.shape)
    members.sort_indices()
    return members


def _shingled(texts: Sequence[str]) -> Iterator[tuple[Codes, Codes]]:
    """Yield runs of three characters as numbers, and the places of their texts, in blocks."""
    step = max(1, _HELD_CHARACTERS // (CHARACTERS + 2))
    for start in range(0, len(texts), step):
        # The spaces let the ends of a text count, and make a set of the shortest.
        padded = [f" {text[:CHARACTERS]} " for text in texts[start : start + step]]
        data = "".join(padded).encode("utf-32-le", "surrogatepass")
        codes = np.frombuffer(data, dtype=np.uint32).astype(np.int64)
        owners = np.repeat(np.arange(start, start + len(padded)), [len(text) for text in padded])
        inside = owners[2:] == owners[:-2]
        # A character takes 21 bits, so that no two shingles share a number.
        shingles = (codes[:-2] << 42) | (codes[1:-1] << 21) | codes[2:]
        yield owners[2:][inside], shingles[inside]


def _by_size(members: Any) -> _Sets:
    order = np.argsort(np.diff(members.indptr), kind="stable")
    return _Sets(members[order], order.astype(np.int64))


def _bits(members: Any) -> NDArray[np.uint64]:
    """Return a bitmap of each set, one row a word of 64 bits: a member flips one of its bits."""
    average = members.nnz / members.shape[0]
    words = int(min(max(np.ceil(_SPARE * average / 64), 1), _MOST_WORDS))
    # Neighbours in rarity are spread by an odd factor.
    slot = (members.indices.astype(np.int64) * 0x9E3779B1 >> 12) % (64 * words)
    bits = np.zeros((words, members.shape[0]), dtype=np.uint64)
    flip = np.uint64(1) << (slot % 64).astype(np.uint64)
    for word in range(words):
        here = np.where(slot // 64 == word, flip, np.uint64(0))
        bits[word] = np.bitwise_xor.reduceat(here, members.indptr[:-1])
    return bits


def _found(sets: _Sets, similarity: float) -> Iterator[tuple[Codes, Codes]]:
    """Yield pairs, block by block: each set with those that are no larger."""
    # The smaller of two holds the larger share of what is common, so that fewer of its
    # members have to be looked up.
    kept = sets.rarest(2 * similarity / (1 + similarity)).tocsc()
    asked, total = sets.rarest(similarity), 0
    lookups = np.append(0, np.cumsum(np.diff(kept.indptr)[asked.indices]))[asked.indptr]
    kept = kept.T.tocsr()
    for block in _blocks(sets, lookups, similarity):
        if block.all_bits:
            pairs = _near_bits(sets, block, similarity)
        else:
            pairs = _meeting(asked[block.start : block.stop], kept, block.start)
        first, second = _alike(sets, *pairs, similarity)
        total += len(first)
        _require(total <= _MOST_PAIRS, len(sets.sizes))
        yield first, second


class _Block(NamedTuple):
    """Sets `start` to `stop`, to be compared with those from `reach` on."""

    start: int
    stop: int
    reach: int
    all_bits: bool


def _blocks(sets: _Sets, lookups: Codes, similarity: float) -> list[_Block]:
    """Cut the sets into blocks that fit into memory, each to be compared as costs least."""
    size, words, blocks, cost, start = len(sets.sizes), len(sets.bits), [], 0.0, 0
    reach = np.searchsorted(sets.sizes, np.ceil(similarity * sets.sizes - _ROUNDING))
    while start < size:
        ahead = int(np.searchsorted(lookups, lookups[start] + _HELD, side="right")) - 1
        narrow = max(_HELD // (start - int(reach[start]) + _STEP), 1)
        by_bits = (start + narrow / 2 - reach[start]) * words * _WORD
        by_lookup = (lookups[ahead] - lookups[start]) / max(ahead - start, 1) * _MEETING
        all_bits = ahead <= start or by_bits < by_lookup
        stop = min(start + min(narrow, _STEP) if all_bits else ahead, size)
        cost += (stop - start) * (by_bits if all_bits else by_lookup)
        blocks.append(_Block(start, stop, int(reach[start]), all_bits))
        start = stop
    _require(cost <= _MOST_NANOSECONDS, size)
    return blocks


def _require(possible: bool, texts: int) -> None:
    if not possible:
        raise InputError(
            f"The {texts:,} texts are too many, or too alike, to be compared with each other. Leave"
            " texts that are worded alike out of the table, training_table(...,"
            " leave_out='evaluation_reason') for example, or give similarity=1, which finds only"
            " those that are equal but for case, punctuation and numbers."
        )


def _near_bits(sets: _Sets, block: _Block, similarity: float) -> tuple[Codes, Codes]:
    """Return pairs whose bits differ in few places, of all."""
    differing = np.zeros((block.stop - block.start, block.stop - block.reach), dtype=np.uint16)
    for bits in sets.bits:
        one, other = bits[block.start : block.stop], bits[block.reach : block.stop]
        differing += np.bitwise_count(one[:, None] ^ other)
    sizes = sets.sizes[block.start : block.stop, None] + sets.sizes[block.reach : block.stop]
    most = np.floor((1 - similarity) / (1 + similarity) * sizes + _ROUNDING)
    later, earlier = np.nonzero(differing <= most)
    later, earlier = later + block.start, earlier + block.reach
    before = earlier < later
    return later[before], earlier[before]


def _meeting(asked: Any, looked_up: Any, start: int) -> tuple[Codes, Codes]:
    """Return pairs that have a rare member in common: the later one, and the earlier."""
    product = asked @ looked_up
    later = np.repeat(np.arange(start, start + asked.shape[0]), np.diff(product.indptr))
    earlier = product.indices.astype(np.int64)
    before = earlier < later
    return later[before], earlier[before]


def _alike(sets: _Sets, later: Codes, earlier: Codes, similarity: float) -> tuple[Codes, Codes]:
    """Keep the pairs that are similar enough, sorting out by what costs little first."""
    sizes = sets.sizes
    near = sizes[earlier] >= similarity * sizes[later] - _ROUNDING
    later, earlier = later[near], earlier[near]
    for bits in (sets.bits[:1], sets.bits):
        # Bits differ in no more places than the sets do in members.
        both, differing = sizes[later] + sizes[earlier], np.zeros(len(later), dtype=np.int64)
        for word in bits:
            differing += np.bitwise_count(word[later] ^ word[earlier])
        near = both - differing >= 2 * _needed(both, similarity)
        later, earlier = later[near], earlier[near]
    both = sizes[later] + sizes[earlier]
    near = _shared(sets.members, later, earlier) >= _needed(both, similarity)
    return later[near], earlier[near]


def _needed(both: Codes, similarity: float) -> NDArray[np.float64]:
    """Return how many members two sets of so many together must have in common."""
    return np.asarray(similarity / (1 + similarity) * both - _ROUNDING)


def _shared(members: Any, later: Codes, earlier: Codes) -> Codes:
    """Return how many members each pair has in common."""
    shared = np.empty(len(later), dtype=np.int64)
    for start in range(0, len(later), _PAIRS):
        part = slice(start, start + _PAIRS)
        shared[part] = members[later[part]].multiply(members[earlier[part]]).sum(axis=1)
    return shared
