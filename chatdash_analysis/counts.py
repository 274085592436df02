"""Group counts of a DataFrame, by integer codes and numpy.

Each label becomes a small integer once; what is counted afterwards is arrays of
integers. Sums are exact up to rounding of the result, so that they do not depend
on the order of the rows.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.codes import dense, group_codes, sparse, user_codes

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import narwhals as nw
    from numpy.typing import NDArray

__all__ = ["exact_sums", "group_sums"]


def group_sums(
    frame: pd.DataFrame,
    by: Sequence[str],
    values: Mapping[str, nw.Expr],
    *,
    users: str | None = None,
    counting: str | None = None,
    products: Sequence[tuple[str, ...]] = (),
    rest: bool = False,
) -> pd.DataFrame:
    """Sum values by group, and products of each user's sums.

    Parameters
    ----------
    frame : pandas.DataFrame
        Any rows.
    by : sequence of str
        Columns that make the groups; a missing label is a label. Without any, all
        rows are one group.
    values : mapping of str to narwhals expression
        What is summed: one number or flag a row; missing adds nothing.
    users : str, optional
        Column that names people; a row without one is a person of its own.
    counting : str, optional
        The value by which ``users`` counts: people whose sum of it is above 0.
    products : sequence of tuple of str
        Pairs of values; also three or more, for higher moments.
    rest : bool
        Also sum over all rows outside of each group.

    Returns
    -------
    pandas.DataFrame
        One row a group, sorted, missing labels last: the columns of `by`, ``rows``,
        one column a value (int64 where it is a flag or whole number, else float64);
        with `users` also ``users`` and, for each pair, ``a*b``: the sum over people
        of the product of their two sums. With `rest`, ``rest users`` and ``rest a*b``
        say the same of all rows outside of the group, and for pairs ``cross a*b``
        multiplies a person's sum inside with the sum outside.
    """
    columns = _evaluate(frame, values)
    codes, table = group_codes(frame, by)
    table["rows"] = np.bincount(codes, minlength=len(table)).astype(np.int64)
    for name, column in columns.items():
        table[name] = _any_sums(codes, column, len(table)).astype(column.dtype)
    if users is not None:
        columns["rows"] = np.ones(len(frame), dtype=np.int64)
        pairs = _Pairs(codes, user_codes(frame[users]), len(table))
        table = table.assign(**pairs.inside(columns, counting or "rows", products))
        if rest:
            table = table.assign(**pairs.outside(columns, counting or "rows", products))
    return table


def _evaluate(frame: pd.DataFrame, values: Mapping[str, nw.Expr]) -> dict[str, NDArray[Any]]:
    import narwhals as nw

    if not values:
        return {}
    found = nw.to_native(nw.from_native(frame, eager_only=True).select(**values))
    return {name: _numbers(found[name]) for name in values}


def _numbers(column: Any) -> NDArray[Any]:
    """Return numbers as int64 or float64; missing becomes 0."""
    if column.dtype.kind in "biu":
        return np.asarray(column.to_numpy(dtype=np.int64, na_value=0))
    return np.asarray(np.nan_to_num(column.to_numpy(dtype=np.float64, na_value=np.nan), nan=0.0))


def exact_sums(
    codes: NDArray[np.int64], values: NDArray[np.float64], size: int
) -> NDArray[np.float64]:
    """Sum values by code, the same to the last bit for any order of the rows.

    Floating-point sums depend on their order. Here the values are cut into limbs of
    which so many bits are kept that sums of them are exact; two of them hold more than
    the result can show.
    """
    left = np.asarray(values, dtype=np.float64)
    if not len(left) or (np.abs(left).max() * len(left) < 2**53 and (left == np.rint(left)).all()):
        return np.bincount(codes, weights=left, minlength=size).astype(np.float64)
    total = np.zeros(size)
    for _ in range(2):
        largest = float(np.abs(left).max()) * len(left)
        if not np.isfinite(largest):
            return np.bincount(codes, weights=left, minlength=size).astype(np.float64)
        if largest == 0.0:
            break
        scale = 2.0 ** (52 - max(np.frexp(largest)[1], -900))
        limb = np.rint(left * scale)
        total += np.bincount(codes, weights=limb, minlength=size) / scale
        left = left - limb / scale
    return total


class _Pairs:
    """Each person's sums inside each group."""

    def __init__(self, groups: NDArray[np.int64], users: NDArray[np.int64], size: int) -> None:
        self.size = size
        self.users = users
        self.n_users = int(users.max(initial=-1)) + 1
        pair = groups * self.n_users + users
        if not sparse(size * self.n_users, len(pair)):
            self.pair, rows = dense(pair)
        else:
            # Hashing is faster than sorting, and the order of pairs does not matter.
            self.pair, keys = pd.factorize(pair)
            rows = np.empty(len(keys), dtype=np.int64)
            rows[self.pair] = np.arange(len(pair))
        self.n_pairs = len(rows)
        self.group_of, self.user_of = groups[rows], users[rows]

    def inside(
        self,
        columns: Mapping[str, NDArray[Any]],
        counting: str,
        products: Sequence[tuple[str, ...]],
    ) -> dict[str, NDArray[Any]]:
        """Return ``users`` and the products of each group."""
        sums = self._sums(columns, counting, products)
        present = sums[counting] > 0
        return {
            "users": np.bincount(self.group_of[present], minlength=self.size).astype(np.int64),
            **{
                "*".join(names): self._per_group(_product(sums, names), _whole(columns, names))
                for names in products
            },
        }

    def outside(
        self,
        columns: Mapping[str, NDArray[Any]],
        counting: str,
        products: Sequence[tuple[str, ...]],
    ) -> dict[str, NDArray[Any]]:
        """Return the same of all rows that are not in the group."""
        inside = self._sums(columns, counting, products)
        overall = {name: self._overall(columns[name]) for name in inside}
        here = {name: overall[name][self.user_of] for name in inside}
        outside = {name: here[name] - inside[name] for name in inside}
        # Whoever is in the group too is taken out of the total, and put back without it.
        gone = (here[counting] > 0) & ~(outside[counting] > 0)
        left = np.bincount(self.group_of[gone], minlength=self.size)
        found: dict[str, NDArray[Any]] = {
            "rest users": int((overall[counting] > 0).sum()) - left.astype(np.int64)
        }
        everyone = np.zeros(self.n_users, dtype=np.int64)
        for names in products:
            whole = _whole(columns, names)
            total = exact_sums(everyone, _product(overall, names), 1)[0]
            changed = _product(outside, names) - _product(here, names)
            found["rest " + "*".join(names)] = total + self._per_group(changed, whole)
            if len(names) == 2:
                a, b = names
                found[f"cross {a}*{b}"] = self._per_group(inside[a] * outside[b], whole)
        return found

    def _sums(
        self,
        columns: Mapping[str, NDArray[Any]],
        counting: str,
        products: Sequence[tuple[str, ...]],
    ) -> dict[str, NDArray[np.float64]]:
        names = {name for pair in products for name in pair} | {counting}
        return {name: self._sum(columns[name]) for name in sorted(names)}

    def _sum(self, column: NDArray[Any]) -> NDArray[np.float64]:
        return _any_sums(self.pair, column, self.n_pairs)

    def _overall(self, column: NDArray[Any]) -> NDArray[np.float64]:
        return _any_sums(self.users, column, self.n_users)

    def _per_group(self, column: NDArray[np.float64], whole: bool) -> NDArray[np.float64]:
        if whole:
            return np.bincount(self.group_of, weights=column, minlength=self.size).astype(float)
        return exact_sums(self.group_of, column, self.size)


def _any_sums(codes: NDArray[np.int64], column: NDArray[Any], size: int) -> NDArray[np.float64]:
    """Sum whole numbers plainly, which is exact, and others limb by limb."""
    if column.dtype == np.int64:
        return np.bincount(codes, weights=column, minlength=size).astype(np.float64)
    return exact_sums(codes, column, size)


def _whole(columns: Mapping[str, NDArray[Any]], names: Sequence[str]) -> bool:
    return all(columns[name].dtype == np.int64 for name in names)


def _product(sums: Mapping[str, NDArray[np.float64]], names: Sequence[str]) -> NDArray[np.float64]:
    return np.asarray(math.prod(sums[name] for name in names))
