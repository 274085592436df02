"""Joining conversations into people, one kind of key after the other.

Union-find over people and values. A value of a weaker kind never joins people whom a
stronger kind tells apart; what it would have joined is reported instead.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import numpy.typing as npt

from chatdash_analysis.identity.values import paired

if TYPE_CHECKING:
    from chatdash_analysis.identity.values import Codes, Key

__all__ = ["ACCOUNTS", "KINDS", "REASONS", "People", "add_key", "no_people", "people_met"]

# From strong to weak. The first three are accounts: two different ones are two people.
KINDS = ("lead", "instagram", "metadata", "phone", "ip")
ACCOUNTS = 3

REASONS = (
    "",
    "several leads",
    "several instagram accounts",
    "several metadata ids",
    "chain of people",
    "several people",
    "too many conversations",
    "too many people",
)
_CHAIN, _SEVERAL = 4, 5

Reasons = npt.NDArray[np.int8]


class People(NamedTuple):
    """Who is known so far.

    Attributes
    ----------
    of_row : array of int64
        Number of each conversation's person, -1 for nobody.
    tie : array of int8
        Place in `KINDS` of the key that ties the conversation to the person, or -1.
    kinds : array of int8
        For each person, the kind of the key that names them.
    named_by : array of int64
        For each person, the code of the value that names them.
    owners, accounts : array of int64
        Which person has which kind of account: its place in `KINDS`, plus `ACCOUNTS`
        times the agent if the account is one only there. Each pair stands there once,
        in order.
    """

    of_row: Codes
    tie: npt.NDArray[np.int8]
    kinds: npt.NDArray[np.int8]
    named_by: Codes
    owners: Codes
    accounts: Codes


class _Meetings(NamedTuple):
    """Each pair of a value and a known person that some conversation brings together."""

    values: Codes
    people: Codes

    def where(self, mask: npt.NDArray[np.bool_]) -> _Meetings:
        return _Meetings(self.values[mask], self.people[mask])


def no_people(rows: int) -> People:
    """Return that nobody is known in so many conversations."""
    none = np.zeros(0, dtype=np.int64)
    return People(
        of_row=np.full(rows, -1, dtype=np.int64),
        tie=np.full(rows, -1, dtype=np.int8),
        kinds=none.astype(np.int8),
        named_by=none,
        owners=none,
        accounts=none,
    )


def add_key(people: People, key: Key) -> tuple[People, Reasons]:
    """Join by one more kind of key.

    Returns
    -------
    People
        A value that meets nobody makes a new person, one that meets a person adds its
        conversations to them, one that meets several joins them.
    array of int8
        For each value, 0 or why it was refused (place in `REASONS`). A refused value
        counts as missing.
    """
    rank, size = KINDS.index(key.kind), len(key.texts)
    met = _meetings(key.codes, people.of_row)
    bridging = np.bincount(met.values, minlength=size)[met.values] > 1
    reasons, groups = _judged(people, met.where(bridging), size, rank)
    met = met.where(reasons[met.values] == 0)
    home = np.full(size, -1, dtype=np.int64)
    home[met.values] = groups[met.people]
    return _attached(_joined(people, groups), key, home, reasons), reasons


def people_met(people: People, codes: Codes, size: int) -> Codes:
    """Return how many known people each value meets."""
    return np.bincount(_meetings(codes, people.of_row).values, minlength=size)


def _meetings(codes: Codes, of_row: Codes) -> _Meetings:
    _, values, people = paired(codes, of_row)
    return _Meetings(values, people)


def _judged(people: People, bridges: _Meetings, size: int, rank: int) -> tuple[Reasons, Codes]:
    """Return why values are refused, and for each person who stands for their group."""
    reasons = np.zeros(size, dtype=np.int8)
    groups = np.arange(len(people.kinds))
    # An address says so little that it only adds conversations of nobody to somebody.
    if rank == KINDS.index("ip"):
        reasons[bridges.values] = _SEVERAL
        return reasons, groups
    values, accounts = _accounts_met(people, bridges)
    for account in reversed(range(ACCOUNTS)):
        held = accounts % ACCOUNTS == account
        reasons[_repeated(values[held], accounts[held])] = account + 1
    bridges = bridges.where(reasons[bridges.values] == 0)
    groups = _groups(people, bridges)
    # A group in which somebody would have two accounts of one kind falls apart.
    crowded = np.isin(groups, _repeated(groups[people.owners], people.accounts))
    reasons[bridges.values[crowded[bridges.people]]] = _CHAIN
    return reasons, np.where(crowded, np.arange(len(groups)), groups)


def _accounts_met(people: People, met: _Meetings) -> tuple[Codes, Codes]:
    """Return each pair of a value and an account of a person it meets."""
    starts = np.searchsorted(people.owners, met.people)
    counts = np.searchsorted(people.owners, met.people, side="right") - starts
    ends = np.cumsum(counts)
    places = np.arange(counts.sum()) + np.repeat(starts - ends + counts, counts)
    return np.repeat(met.values, counts), people.accounts[places]


def _repeated(first: Codes, second: Codes) -> Codes:
    """Return the first codes of the pairs that stand there more than once."""
    codes, values, _ = paired(first, second)
    return values[np.bincount(codes, minlength=len(values)) > 1]


def _groups(people: People, bridges: _Meetings) -> Codes:
    """Return for each person the strongest person whom the bridges connect them with."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    members, row = np.unique(bridges.people, return_inverse=True)
    values, column = np.unique(bridges.values, return_inverse=True)
    size = len(members) + len(values)
    edges = coo_array((np.ones(len(row)), (row, len(members) + column)), shape=(size, size))
    labels = connected_components(edges, directed=False)[1][: len(members)]
    # People are numbered from strong kinds to weak ones, and metadata ids by the alphabet, so
    # that the first of a group is its strongest, whatever the order of the conversations.
    _, first, label = np.unique(labels, return_index=True, return_inverse=True)
    groups = np.arange(len(people.kinds))
    groups[members] = members[first][label]
    return groups


def _joined(people: People, groups: Codes) -> People:
    _, owners, accounts = paired(groups[people.owners], people.accounts)
    of_row = np.append(groups, -1)[people.of_row]
    return people._replace(of_row=of_row, owners=owners, accounts=accounts)


def _attached(people: People, key: Key, home: Codes, reasons: Reasons) -> People:
    """Return the people with the conversations that only this key ties to somebody."""
    rank = KINDS.index(key.kind)
    orphan = (people.of_row < 0) & np.append(reasons == 0, np.False_)[key.codes]
    codes = key.codes[orphan]
    new = np.unique(codes[home[codes] < 0])
    home = home.copy()
    home[new] = len(people.kinds) + np.arange(len(new))
    of_row, tie = people.of_row.copy(), people.tie.copy()
    of_row[orphan], tie[orphan] = home[codes], rank
    kinds = np.append(people.kinds, np.full(len(new), rank, dtype=np.int8))
    owners, accounts = people.owners, people.accounts
    if rank < ACCOUNTS:
        own = np.flatnonzero(home >= 0)
        kind = np.full(len(own), rank) if key.agents is None else rank + ACCOUNTS * key.agents[own]
        owners, accounts = np.append(owners, home[own]), np.append(accounts, kind)
        _, owners, accounts = paired(owners, accounts)
    return People(of_row, tie, kinds, np.append(people.named_by, new), owners, accounts)
