"""The variance of a difference adjusted for strata, when people have several conversations.

The residuals are those of a regression with one intercept a stratum, summed up person by
person and squared. Whoever holds much of what a mean is made of pulls it along, so that
the residuals of such a person are too small: they are enlarged by what they miss. And a
variance that depends on few people is itself uncertain, which the degrees of freedom say.

References
----------
Liang and Zeger (1986), Longitudinal data analysis using generalized linear models.
Bell and McCaffrey (2002), Bias reduction in standard errors for linear regression with
multi-stage samples.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from chatdash_analysis.counts import exact_sums
from chatdash_analysis.rates import FEW_USERS

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Arrays = dict[str, Any]

__all__ = ["difference_variance"]

# A person who holds nearly all of it has no others to be compared with.
_MOST_LEVERAGE = 0.95


def difference_variance(
    rows: pd.DataFrame, cells: pd.DataFrame, difference: Floats, weight: Floats
) -> tuple[Floats, Floats]:
    """Return the variance of each group's difference, and its degrees of freedom.

    Parameters
    ----------
    rows : pandas.DataFrame
        ``n`` and ``successes`` by ``user``, ``stratum`` and ``group``, sorted by these.
    cells : pandas.DataFrame
        ``group``, ``stratum``, ``n``, ``share`` of the stratum, and what the stratum
        holds: ``all_n``, ``all_successes``; those with conversations on both sides.
    difference, weight : numpy.ndarray
        Estimate of each group, and the sum of the weights of its strata.

    Returns
    -------
    tuple of numpy.ndarray
        Both missing for a group without cells, or with fewer than 5 people on a side.
    """
    variance, freedom = np.full((2, len(difference)), np.nan)
    pairs = rows.groupby(["user", "stratum"], as_index=False)[["n", "successes"]].sum()
    changed = rows["user"].diff().ne(0) | rows["stratum"].diff().ne(0)
    rows = rows.assign(pair=changed.cumsum() - 1).sort_values("group", kind="stable")
    of_group = np.searchsorted(rows["group"], np.arange(len(difference) + 1))
    of_stratum = pairs.groupby("stratum").indices
    held, owned, cut = _arrays(pairs), _arrays(rows), _arrays(cells)
    for group, place in cells.groupby("group").indices.items():
        part = {name: column[place] for name, column in cut.items()}
        own = {name: column[slice(*of_group[group : group + 2])] for name, column in owned.items()}
        # In order, so that sums do not depend on how people are numbered.
        here = np.sort(np.concatenate([of_stratum[stratum] for stratum in part["stratum"]]))
        joined = _joined({name: column[here] for name, column in held.items()}, here, own, part)
        joined["difference"] = difference[group]
        variance[group], freedom[group] = _of_people(_terms(joined, weight[group]), weight[group])
    return variance, freedom


def _arrays(table: pd.DataFrame) -> Arrays:
    return {name: table[name].to_numpy() for name in table}


def _joined(pairs: Arrays, place: NDArray[np.int64], own: Arrays, cells: Arrays) -> Arrays:
    """Return what each person holds in each stratum: in the group, and in all."""
    cell = np.searchsorted(cells["stratum"], pairs["stratum"])
    known = ("share", "n", "all_n", "all_successes")
    found = pairs | {f"cell_{name}": cells[name][cell] for name in known}
    at = np.minimum(np.searchsorted(place, own["pair"]), len(place) - 1)
    # Rows in strata where there is nobody else have no place.
    held = place[at] == own["pair"]
    for name in ("n", "successes"):
        found[f"own_{name}"] = np.zeros(len(place))
        found[f"own_{name}"][at[held]] = own[name][held]
    return found


def _terms(at: Arrays, weight: float) -> Arrays:
    """Return for each person the sums of residuals, of x and of its square, and the leverage.

    In the regression, x is 1 in the group and 0 elsewhere, less its mean in the stratum.
    """
    n, share, own_n, all_n = at["n"], at["cell_share"], at["own_n"], at["cell_all_n"]
    rate = at["cell_all_successes"] / all_n
    base = rate - at["difference"] * at["cell_n"] / all_n
    total = own_n - share * n
    squares = own_n * (1 - 2 * share) + share**2 * n
    errors = at["successes"] - base * n - at["difference"] * own_n
    own_errors = at["own_successes"] - (base + at["difference"]) * own_n
    # A stratum of one person has no mean of others, and does not need it: its x adds up to 0.
    others = np.where(n < all_n, 1 - n / all_n, 1.0)
    terms = {
        "residual": own_errors - share * errors + (others**-0.5 - 1) * errors * total / n,
        "x": total,
        "square": squares,
        "leverage": (squares + (1 / others - 1) * total**2 / n) / weight,
        "noise": squares * rate * (1 - rate),
        "inside": own_n,
        "outside": n - own_n,
    }
    first = np.flatnonzero(np.diff(at["user"], prepend=-1))
    return {name: np.add.reduceat(term, first) for name, term in terms.items()}


def _of_people(terms: Arrays, weight: float) -> tuple[float, float]:
    """Return the variance and its degrees of freedom, after Satterthwaite."""
    if min((terms[side] > 0).sum() for side in ("inside", "outside")) < FEW_USERS:
        return np.nan, np.nan
    missing = 1 - np.minimum(terms["leverage"], _MOST_LEVERAGE)
    variance = _total(terms["residual"] ** 2 / missing)
    alike, alone = _total(terms["x"] ** 2), _total(terms["square"])
    with np.errstate(divide="ignore", invalid="ignore"):
        # Correlation inside people that would give this variance.
        estimate = (variance / _total(terms["noise"]) - 1) / (alike / alone - 1)
    rho = float(np.clip(np.nan_to_num(estimate, nan=0.0), 0, 1))
    parts = (1 - rho) * terms["square"] + rho * terms["x"] ** 2
    return variance / weight**2, _total(parts) ** 2 / _total(parts**2) - 1


def _total(values: Floats) -> np.float64:
    """Return a sum that does not depend on the order of people."""
    return np.float64(exact_sums(np.zeros(len(values), dtype=np.int64), values, 1)[0])
