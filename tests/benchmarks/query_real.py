"""``python -m tests.benchmarks.query_real``: what clusters do with queries that come later.

Held-back queries to their own cluster, unseen topics to the pool, ids that are kept when data
arrives, the same clusters in any order of rows, and the cost of 5,000 and of a million.
"""

from __future__ import annotations

import argparse
import json
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.benchmarks import query_measure, query_ours
from tests.benchmarks.query_data import CALLS, FOLDER, MissingSetsError, QuerySet, query_sets
from tests.benchmarks.query_metrics import contingency
from tests.benchmarks.query_vectors import embedded, names

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    Rows = NDArray[np.bool_]
    Figures = dict[str, float]

_HALF = 0.5


def main() -> None:
    parser = _parser()
    arguments = parser.parse_args()
    try:
        sets = query_sets(arguments.folder, arguments.files, CALLS)
    except MissingSetsError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="queries-") as folder:
        keep = arguments.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        rows = {item.name: later(item, arguments.embed, keep, arguments.seeds) for item in sets}
        table = pd.DataFrame(rows).T
        table.loc["mean"] = table.mean()
        print(table.to_string(float_format="{:.1f}".format, na_rep="-"))
        costs = [unique_queries(sets, arguments.embed, keep, arguments.unique)]
        if arguments.huge:
            costs.append(huge(sets, arguments.embed, keep, arguments.huge))
    print(f"\n{pd.DataFrame(costs).to_string(index=False, float_format='{:.2f}'.format)}")
    if arguments.json:
        arguments.json.write_text(json.dumps({"later": rows, "costs": costs}), encoding="utf-8")


def later(item: QuerySet, embed: str, folder: Path, seeds: int) -> Figures:
    """Return the figures of one set in percent, each the mean over `seeds` splits."""
    vectors = embedded(item, embed, folder)[1]
    table = item.table()
    lookup = query_ours.known(table, vectors)
    runs = [
        {
            **assigning(item, table, lookup, np.random.default_rng(seed)),
            **arriving(table, lookup, np.random.default_rng(seed)),
        }
        for seed in range(seeds)
    ]
    order = np.random.default_rng(0).permutation(len(table))
    return {**pd.DataFrame(runs).mean().to_dict(), "same_order": shuffling(table, lookup, order)}


def assigning(
    item: QuerySet, table: pd.DataFrame, lookup: query_ours.Known, random: np.random.Generator
) -> Figures:
    """Fit on 80 % of the queries of four fifths of the topics; assign all others.

    A query's own cluster is the one that a fit on all queries of these topics gives it,
    followed back to the cluster of the first fit that holds most of the same members.
    """
    unseen, held = _split(item, table, random)
    first = query_ours.cluster(_part(table, ~unseen & ~held), lookup)
    whole = query_ours.cluster(_part(table, ~unseen), lookup)
    assigned = _ids(first.assign(_part(table, held | unseen)), held | unseen)
    before, after = _ids(first.queries, ~unseen & ~held), _ids(whole.queries, ~unseen)
    own = after.map(_counterparts(after, before, ~unseen & ~held))
    member, matched = held & after.notna(), held & own.notna()
    topic = before.map(_topics(before, item.topics))
    known = held & ~item.off_topic
    guess = assigned.map(topic.groupby(before).first())
    return {
        "own": _percent(assigned[matched] == own[matched]),
        "own_pool": _percent(assigned[matched].isna()),
        "matched": _percent(own[member].notna()),
        "right_topic": _percent(guess[known] == item.topics[known]),
        "right_if_assigned": _percent((guess == item.topics)[known & assigned.notna()]),
        "unseen_pool": _percent(assigned[unseen].isna()),
        "off_pool": _percent(assigned[held & item.off_topic].isna()),
        "fit_left_out": _percent(before[~unseen & ~held & ~item.off_topic].isna()),
    }


def arriving(table: pd.DataFrame, lookup: query_ours.Known, random: np.random.Generator) -> Figures:
    """Fit on 90 % of the rows and refit on all: whose members are still under their id?"""
    old = np.ones(len(table), dtype=bool)
    old[random.permutation(len(table))[: len(table) // 10]] = False
    fitted = query_ours.cluster(_part(table, old), lookup)
    refitted = fitted.refit(table)
    before, after = _ids(fitted.queries, old), _ids(refitted.queries, np.ones_like(old))
    kept, sizes = [], []
    for cluster_id, members in before[before.notna()].groupby(before):
        now = after[members.index].value_counts()
        kept.append(not now.empty and now.get(cluster_id, 0) == now.max())
        sizes.append(len(members))
    return {
        "ids_kept": _percent(np.array(kept)),
        "ids_kept_weighted": 100 * float(np.average(kept, weights=sizes)),
        "members_kept": _percent(after[before.notna()] == before[before.notna()]),
    }


def shuffling(table: pd.DataFrame, lookup: query_ours.Known, order: NDArray[np.int64]) -> float:
    """Return 100 where the clusters, their ids too, are the same after the rows are shuffled."""
    straight = query_ours.cluster(table, lookup).queries["cluster_id"].to_numpy(dtype=object)
    shuffled = query_ours.cluster(table.iloc[order].reset_index(drop=True), lookup)
    other = shuffled.queries["cluster_id"].to_numpy(dtype=object)
    return _percent(pd.Series(straight[order]).fillna("") == pd.Series(other).fillna(""))


def unique_queries(sets: Sequence[QuerySet], embed: str, folder: Path, count: int) -> Figures:
    """Cluster up to `count` different queries of all sets together, on one thread."""
    table, vectors = _pooled(sets, embed, folder)
    chosen = np.sort(np.random.default_rng(0).permutation(len(table))[:count])
    inputs = {"table": str(folder / "pool.json"), "vectors": str(folder / "pool.npy")}
    query_ours.save_table(table.iloc[chosen], Path(inputs["table"]))
    np.save(inputs["vectors"], vectors[chosen])
    return _costs(len(chosen), query_measure.run("query_ours", "ours", inputs))


def huge(sets: Sequence[QuerySet], embed: str, folder: Path, count: int) -> Figures:
    """Cluster `count` vectors, those of all sets with noise, in 384 dimensions on one thread."""
    vectors = _pooled(sets, embed, folder)[1]
    np.save(folder / "base.npy", vectors)
    inputs = {"vectors": str(folder / "base.npy"), "count": count}
    return _costs(count, query_measure.run("query_ours", "huge", inputs))


def _costs(count: int, took: query_measure.Run) -> Figures:
    labels = took.arrays["labels"]
    return {
        "queries": count,
        "seconds": took.seconds,
        "cpu": took.cpu,
        "extra_gb": took.extra / 1e9,
        "peak_gb": took.peak / 1e9,
        "k": len(np.unique(labels[labels >= 0])),
        "left_out": _percent(labels < 0),
    }


def _pooled(
    sets: Sequence[QuerySet], embed: str, folder: Path
) -> tuple[pd.DataFrame, NDArray[np.float32]]:
    """Return the different queries of all sets, each once."""
    table = pd.concat([item.table() for item in sets], ignore_index=True)
    vectors = np.concatenate([embedded(item, embed, folder)[1] for item in sets])
    first = ~table["duplicate_group"].duplicated() & table["duplicate_group"].notna()
    return table[first].reset_index(drop=True), vectors[first.to_numpy(dtype=bool)]


def _split(item: QuerySet, table: pd.DataFrame, random: np.random.Generator) -> tuple[Rows, Rows]:
    """Tell which rows are of unseen topics, and which of the others are held back.

    All rows of one text are held back together: otherwise they would be too easy.
    """
    topics = np.unique(item.topics[~item.off_topic])
    hidden = random.permutation(topics)[: max(1, len(topics) // 5)]
    unseen = np.isin(item.topics, hidden) & ~item.off_topic
    groups = table["duplicate_group"].fillna("").unique()
    chosen = groups[random.permutation(len(groups))[: len(groups) // 5]]
    return unseen, ~unseen & table["duplicate_group"].isin(chosen).to_numpy(dtype=bool)


def _part(table: pd.DataFrame, rows: Rows) -> pd.DataFrame:
    return table[rows].reset_index(drop=True)


def _ids(queries: pd.DataFrame, rows: Rows) -> pd.Series:
    """Return the cluster of each row of the whole table; missing where it was not given."""
    ids = np.full(len(rows), None, dtype=object)
    ids[rows] = queries["cluster_id"].to_numpy(dtype=object, na_value=None)
    return pd.Series(ids, dtype="str")


def _counterparts(after: pd.Series, before: pd.Series, rows: Rows) -> dict[str, str]:
    """Map clusters of one fit to those of another of which they share half of all members."""
    both = rows & after.notna() & before.notna()
    counts = contingency(after[both].to_numpy(dtype=str), before[both].to_numpy(dtype=str))
    sizes = after[rows & after.notna()].groupby(after).size(), before[rows].groupby(before).size()
    left, right = sorted(after[both].unique()), sorted(before[both].unique())
    one, other = sizes[0].loc[left].to_numpy(), sizes[1].loc[right].to_numpy()
    jaccard = counts / (one[:, None] + other - counts)
    best = jaccard.argmax(axis=1)
    return {
        name: right[column]
        for row, (name, column) in enumerate(zip(left, best, strict=True))
        if jaccard[row, column] >= _HALF
    }


def _topics(ids: pd.Series, topics: NDArray[Any]) -> dict[str, str]:
    """Return the most frequent topic of each cluster."""
    frame = pd.DataFrame({"id": ids, "topic": topics}).dropna()
    return dict(frame.groupby("id")["topic"].agg(lambda found: found.mode().iloc[0]))


def _percent(chosen: Any) -> float:
    values = np.asarray(chosen, dtype=bool)
    return 100 * float(values.mean()) if values.size else np.nan


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.query_real", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the sets are")
    parser.add_argument("--files", type=names, default=(), help="names of sets, by comma (all)")
    parser.add_argument("--embed", choices=query_ours.EMBEDDERS, default="use")
    parser.add_argument("--seeds", type=int, default=3, help="how many splits (3)")
    parser.add_argument("--unique", type=int, default=5_000, help="different queries to time")
    parser.add_argument("--huge", type=int, default=0, help="vectors to time as well: 1000000")
    parser.add_argument("--json", type=Path, help="write all figures there")
    parser.add_argument("--keep", type=Path, help="keep vectors there for the next run")
    return parser


if __name__ == "__main__":
    main()
