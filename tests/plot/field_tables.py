"""Tables about fields and verdicts, as small as the analyses return them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def settling(groups, *, days=(0.0, 0.01, 0.25, 1.0, 5.0, 20.0), **columns):
    tables = [
        pd.DataFrame({
            "agent_id": pd.Series([name] * len(days), dtype="str"),
            "delay_days": np.array(days, dtype="float64"),
            "settled": np.linspace(0, 1, len(days)) ** (1 + place % 3),
            "n": 400 - place, "flags": "",
        })
        for place, name in enumerate(groups)
    ]  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    low, high = table["settled"] * 0.9, np.minimum(table["settled"] * 1.05, 1)
    return table.assign(low=low, high=high, **columns)


def drivers(groups, **columns):
    size = len(groups)
    table = pd.DataFrame({
        "field": pd.Series(list(groups), dtype="str"),
        "kind": pd.Series(["category"] * size, dtype="str"),
        "strength": np.linspace(0.9, 0.1, size), "n": 200 + np.arange(size),
        "flags": "", "adjusted_difference": 0.2, "q_value": np.linspace(0.0001, 0.2, size),
    })  # fmt: skip
    return table.assign(**columns)
