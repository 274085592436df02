"""Small tables of clusters as the analyses return them."""

from __future__ import annotations

import numpy as np
import pandas as pd


def cluster_ids(size):
    return pd.Series([f"q{number:03d}" for number in range(1, size + 1)], dtype="str")


def summary(labels, *, n=None, grades=None, unassigned=None, **columns):
    """Clusters of 10 queries more than the next one, half as many users."""
    size = len(labels)
    n = 10 * np.arange(size, 0, -1) if n is None else np.asarray(n)
    table = pd.DataFrame({
        "cluster_id": cluster_ids(size), "label": pd.Series(list(labels), dtype="str"),
        "status": pd.Series(["open"] * size, dtype="str"), "n": n,
        "share": n / max(np.nansum(n), 1), "users": np.asarray(n, dtype="float64") / 2,
        "stability_grade": pd.Series(grades or ["firm"] * size, dtype="str"),
    })  # fmt: skip
    if unassigned is not None:
        table.attrs["chatdash"] = {"unassigned": {"n": unassigned, "share": 0.12}}
    return table.assign(**columns)


def trends(labels, *, periods=6, states=None, **columns):
    """Clusters by week; the last week is not complete, and who is in no cluster comes last."""
    names = [*labels, "unassigned"]
    weeks = pd.date_range("2026-05-04", periods=periods, freq="7D").astype("datetime64[us]")
    tables = []
    for place, (label, name) in enumerate(
        zip(names, [*cluster_ids(len(labels)), None], strict=True)
    ):
        rate = 40.0 / (place + 1) + 3 * np.cos(np.arange(periods) + place)
        tables.append(pd.DataFrame({
            "cluster_id": pd.Series([name] * periods, dtype="str"),
            "label": pd.Series([label] * periods, dtype="str"), "period": weeks,
            "queries": 100 - place, "exposure": 900 + 50 * np.arange(periods),
            "per_1000": rate, "low": rate * 0.8, "high": rate * 1.25,
            "state": pd.Series(["stable"] * periods, dtype="str"),
            "complete": pd.array([True] * (periods - 1) + [False], dtype="boolean"),
        }))  # fmt: skip
    table = pd.concat(tables, ignore_index=True)
    if states is not None:
        last = table["period"] == weeks[-2]
        table.loc[last, "state"] = [*states, "stable"]
    return table.assign(**columns)


def map_points(labels, *, each=12, unassigned=6):
    """Round heaps of questions on a circle, one a label, and some of no cluster in between."""
    rng = np.random.default_rng(3)
    turns = np.linspace(0, 2 * np.pi, max(len(labels), 1), endpoint=False)
    centres = 20 * np.column_stack([np.cos(turns), np.sin(turns)])[: len(labels)]
    heaps = np.repeat(centres, each, axis=0) + rng.normal(size=(each * len(labels), 2))
    places = np.vstack([heaps, rng.uniform(-8, 8, size=(unassigned, 2))])
    ids, names = (
        pd.Series([*np.repeat(list(column), each), *[None] * unassigned], dtype="str")
        for column in (cluster_ids(len(labels)), pd.Series(list(labels), dtype="object"))
    )
    return pd.DataFrame({
        "x": places[:, 0], "y": places[:, 1], "cluster_id": ids, "label": names,
        "n": 1 + np.arange(len(places)) % 7,
        "question": pd.Series(["a question"] * len(places), dtype="str"),
    })  # fmt: skip
