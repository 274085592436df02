"""People inside an engine: how many there are in a group, and products of their sums.

A row without a user is a person of its own, and what it gives is worked out row by row;
all others are summed by person first.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import reduce
from operator import mul, or_
from typing import TYPE_CHECKING, Any

import narwhals as nw

from chatdash_analysis.engine_frames import grouped, joined
from chatdash_analysis.engine_rows import USER

if TYPE_CHECKING:
    from collections.abc import Callable

    import pandas as pd

    from chatdash_analysis.engine_rows import Rows

    Frame = nw.LazyFrame[Any]
    Factor = Callable[[str], nw.Expr]

__all__ = ["People"]


@dataclass(frozen=True)
class People:
    """What is asked of the people behind some rows.

    Attributes
    ----------
    rows : Rows
        The rows.
    counted : str
        The column by which people count: those whose sum of it is above 0.
    products : dict of str to tuple of str
        The columns whose sums are multiplied, by the name of the product.
    """

    rows: Rows
    counted: str
    products: dict[str, tuple[str, ...]]

    @property
    def needed(self) -> list[str]:
        """The columns of which each person's sum is needed."""
        factors = {name for names in self.products.values() for name in names}
        return sorted(factors | {self.counted})

    def per_group(self) -> Frame:
        """Return a line for each group and person with a name, with the sums that are needed."""
        # Rows that add nothing need not be grouped, and often they are many.
        useful = reduce(or_, (self.rows.present(name) for name in self.needed))
        known = self.rows.frame.filter(~nw.col(USER).is_null() & useful)
        sums = {name: self.rows.total(name) for name in self.needed}
        lines = grouped(known, [*self.rows.keys, USER], **sums)
        return lines.with_columns(nw.col(*self.needed).cast(nw.Float64))

    def inside(self) -> dict[str, nw.Expr]:
        """Return what a line gives to its group."""
        return {"people": _above_0(nw.col(self.counted)), **self._products("p", nw.col)}

    def overall(self, per_group: Frame) -> Frame:
        """Return a line for each person, with the sums over all groups."""
        return grouped(per_group, [USER], **{name: nw.col(name).sum() for name in self.needed})

    def beside(self, per_group: Frame, overall: Frame) -> Frame:
        """Return the lines of `per_group` with the sums over all groups beside."""
        whole = {f"t{name}": nw.col(name) for name in self.needed}
        return joined(per_group, overall.select(USER, **whole), USER)

    def outside(self) -> dict[str, nw.Expr]:
        """Return what a line of `beside` changes in the sums over everybody, and across."""
        given = {"leaving": _above_0(_whole(self.counted)) - _above_0(_outside(self.counted))}
        within, without = self._products("c", _whole), self._products("c", _outside)
        given |= {name: without[name] - within[name] for name in within}
        return given | {
            f"x{place}": nw.col(names[0]) * _outside(names[1])
            for place, names in enumerate(self.products.values())
            if len(names) == 2
        }

    def alone(self) -> dict[str, nw.Expr]:
        """Return what each row without a user gives, as a person of its own."""
        given = {"lone": _above_0(self.rows.number(self.counted))}
        return given | self._products("lp", self.rows.number)

    def results(
        self, table: pd.DataFrame, everybody: pd.DataFrame | None = None
    ) -> dict[str, pd.Series]:
        """Return the columns of the result, given the sums by group of what people give."""
        alone = {"lone", *(f"lp{place}" for place in range(len(self.products)))}
        table = table.assign(**dict.fromkeys(alone.difference(table.columns), 0.0))
        found = {"users": (table["lone"] + table["people"]).astype("int64")}
        found |= {p: table[f"lp{i}"] + table[f"p{i}"] for i, p in enumerate(self.products)}
        if everybody is None:
            return found
        whole = everybody.sum()
        lone = table["lone"].sum() - table["lone"]
        found["rest users"] = (whole["people"] - table["leaving"] + lone).astype("int64")
        for i, (name, factors) in enumerate(self.products.items()):
            lone = table[f"lp{i}"].sum() - table[f"lp{i}"]
            found[f"rest {name}"] = whole[f"p{i}"] + table[f"c{i}"] + lone
            if len(factors) == 2:
                found[f"cross {name}"] = table[f"x{i}"]
        return found

    def _products(self, prefix: str, factor: Factor) -> dict[str, nw.Expr]:
        return {
            f"{prefix}{place}": reduce(mul, [factor(name) for name in names])
            for place, names in enumerate(self.products.values())
        }


def _above_0(value: nw.Expr) -> nw.Expr:
    return nw.when(value > 0).then(1.0).otherwise(0.0)


def _whole(column: str) -> nw.Expr:
    return nw.col(f"t{column}")


def _outside(column: str) -> nw.Expr:
    return nw.col(f"t{column}") - nw.col(column)
