"""Each group of a table beside all others together."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from chatdash_analysis.rates import (
    FEW_USERS,
    PRODUCTS,
    false_discovery,
    newcombe,
    precision,
    wilson,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

__all__ = ["compare_with_rest"]


def compare_with_rest(table: pd.DataFrame, *, level: float = 0.95, min_n: int = 0) -> pd.DataFrame:
    """Compare each group with all others of the table together.

    The same people may be on both sides, so the interval of the difference takes the
    correlation of the two rates into account. The p-value is of a score test with the
    same design effects, by Student's t with Welch's degrees of freedom.

    Parameters
    ----------
    table : pandas.DataFrame
        Result of `group_sums` with products and with ``rest=True``, one row a group.
    level, min_n : float, int
        As in `with_rate`; groups below `min_n` or with fewer than 5 people on a side
        are not tested and do not count among the comparisons.

    Returns
    -------
    pandas.DataFrame
        ``rest_rate``, ``difference``, ``difference_low``, ``difference_high``,
        ``p_value`` and ``q_value`` (Benjamini-Hochberg over the groups tested).
    """
    inside, outside = _side(table, level), _rest(table, level)
    rho = _correlation(table, inside, outside)
    shown = (inside["n"] >= max(min_n, 1)) & (outside["n"] >= max(min_n, 1))
    difference, low, high = newcombe(
        inside["rate"], inside["low"], inside["high"],
        outside["rate"], outside["low"], outside["high"], correlation=rho,
    )  # fmt: skip
    few = np.minimum(inside["users"], outside["users"])
    tested = shown & (few >= FEW_USERS)
    p_values = np.where(tested, _score_test(inside, outside, rho), np.nan)
    compared = {
        "rest_rate": np.where(outside["n"] >= max(min_n, 1), outside["rate"], np.nan),
        "difference": difference,
        "difference_low": low,
        "difference_high": high,
    }
    compared = {
        name: column if name == "rest_rate" else np.where(shown, column, np.nan)
        for name, column in compared.items()
    }
    return pd.DataFrame(
        {**compared, "p_value": p_values, "q_value": false_discovery(p_values)}, index=table.index
    )


def _rest(table: pd.DataFrame, level: float) -> pd.DataFrame:
    """Return the same counts of all rows outside of each group."""
    counts = {name: table[name].sum() - table[name] for name in ("n", "successes")}
    names = ["*".join(product) for product in PRODUCTS]
    products = {name: table[f"rest {name}"] for name in names}
    return _side(pd.DataFrame({**counts, "users": table["rest users"], **products}), level)


def _side(table: pd.DataFrame, level: float) -> pd.DataFrame:
    effect, freedom = precision(table)
    low, high = wilson(
        table["successes"] / effect, table["n"] / effect, level=level, freedom=freedom
    )
    n, successes = table["n"].to_numpy(np.float64), table["successes"].to_numpy(np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        rate = successes / n
        variance = effect * rate * (1 - rate) / n
    return pd.DataFrame(
        {
            "n": n, "successes": successes, "users": table["users"], "rate": rate, "low": low,
            "high": high, "effect": effect, "freedom": freedom, "variance": variance,
        },
        index=table.index,
    )  # fmt: skip


def _correlation(
    table: pd.DataFrame, inside: pd.DataFrame, outside: pd.DataFrame
) -> NDArray[np.float64]:
    """Return the correlation of a group's rate with that of the rest."""
    p, q = inside["rate"].to_numpy(), outside["rate"].to_numpy()
    pairs = [product for product in PRODUCTS if len(product) == 2]
    cross = {pair: table["cross " + "*".join(pair)].to_numpy() for pair in pairs}
    residuals = (
        cross["successes", "successes"] - q * cross["successes", "n"]
        - p * cross["n", "successes"] + p * q * cross["n", "n"]
    )  # fmt: skip
    with np.errstate(divide="ignore", invalid="ignore"):
        covariance = residuals / (inside["n"] * outside["n"]).to_numpy()
        rho = covariance / np.sqrt((inside["variance"] * outside["variance"]).to_numpy())
    return np.clip(np.where(np.isfinite(rho), rho, 0.0), -1, 1)


def _score_test(
    inside: pd.DataFrame, outside: pd.DataFrame, rho: NDArray[np.float64]
) -> NDArray[np.float64]:
    from scipy.stats import t

    n1, n0 = inside["n"].to_numpy(), outside["n"].to_numpy()
    with np.errstate(divide="ignore", invalid="ignore"):
        pooled = ((inside["successes"] + outside["successes"]) / (n1 + n0)).to_numpy()
        v1 = pooled * (1 - pooled) * inside["effect"].to_numpy() / n1
        v0 = pooled * (1 - pooled) * outside["effect"].to_numpy() / n0
        variance = v1 + v0 - 2 * rho * np.sqrt(v1 * v0)
        score = (inside["rate"] - outside["rate"]).to_numpy() / np.sqrt(variance)
        freedom = (v1 + v0) ** 2 / (v1**2 / _freedom(inside) + v0**2 / _freedom(outside))
        p_values = 2 * t.sf(np.abs(score), np.maximum(freedom, 1))
    # All outcomes equal: nothing differs.
    return np.where(pooled * (1 - pooled) == 0, 1.0, p_values)


def _freedom(side: pd.DataFrame) -> NDArray[np.float64]:
    return np.asarray(np.minimum(side["freedom"], side["n"] / side["effect"] - 1))
