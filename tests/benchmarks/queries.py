"""``python -m tests.benchmarks.queries``: how well queries are clustered, against peers.

One fixed setting for all sets, and no topic is shown to any method; `kmeans_true_k` alone is
told their number. Peers get the very vectors that this package clusters. They may live in
another environment (``--peer-python``); those that are not installed are named as skipped.
"""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from tests.benchmarks import query_measure, query_metrics, query_ours, query_peers
from tests.benchmarks.query_data import CALLS, FOLDER, MissingSetsError, QuerySet, query_sets
from tests.benchmarks.query_vectors import embedded, names, say

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

Row = dict[str, Any]
_COSTS = ("seconds", "cpu", "extra_mb")
_SHOWN = (*query_metrics.SCORES, "k", "true_k", "left_out", "left_out_off", "auc", *_COSTS)


def main() -> None:
    parser = _parser()
    arguments = parser.parse_args()
    unknown = [name for name in arguments.peers if name not in query_peers.METHODS]
    if unknown:
        parser.error(f"no such peers: {', '.join(unknown)}; see --help")
    try:
        sets = query_sets(arguments.folder, arguments.files, arguments.calls)
    except MissingSetsError as error:
        parser.error(str(error))
    with tempfile.TemporaryDirectory(prefix="queries-") as folder:
        keep = arguments.keep or Path(folder)
        keep.mkdir(parents=True, exist_ok=True)
        rows: list[Row] = []
        for item in sets:
            for row in benchmark(
                item, arguments.embed, keep, peers=arguments.peers, python=arguments.peer_python
            ):
                rows.append(row)
                if arguments.json:
                    arguments.json.write_text(json.dumps(rows, indent=1), encoding="utf-8")
    print(report(rows))


def benchmark(
    item: QuerySet, embed: str, folder: Path, *, peers: Sequence[str], python: str
) -> Iterator[Row]:
    """Measure all methods on one set; yield a row for each when it is known."""
    inputs, vectors = embedded(item, embed, folder)
    about = {"file": item.name, "n": len(item.texts), "embed": embed}
    say(f"{item.name}: ours")
    ours = query_measure.run("query_ours", "ours", inputs)
    for row in _rows("ours", item, vectors, ours):
        yield {**about, **row, "auc": _auc(item, inputs)}
    for name in peers:
        say(f"{item.name}: {name}")
        told = {"k": len(np.unique(item.topics[~item.off_topic]))}
        given = {"vectors": inputs["vectors"], **(told if name == query_peers.KNOWS_K else {})}
        took = query_measure.run("query_peers", name, given, python)
        for row in _rows(name, item, vectors, took):
            yield {**about, **row}


def _rows(
    name: str, item: QuerySet, vectors: NDArray[np.float32], took: query_measure.Run
) -> Iterator[Row]:
    """Score what a method found, and, where it leaves queries out, all of them attached."""
    if took.missing:
        yield {"method": name, "missing": took.missing}
        return
    costs = {"seconds": took.seconds, "cpu": took.cpu, "extra_mb": took.extra / 1e6}
    labels = took.arrays["labels"]
    yield {"method": name, **query_metrics.scores(item.topics, labels, item.off_topic), **costs}
    if name in query_peers.LEAVE_OUT:
        whole = query_metrics.attached(vectors, labels)
        found = query_metrics.scores(item.topics, whole, item.off_topic)
        yield {"method": f"{name}+attached", **found, **costs}


def _auc(item: QuerySet, inputs: dict[str, str]) -> float | None:
    if not item.off_topic.any():
        return None
    score = query_measure.run("query_ours", "off_topic", inputs).arrays["score"]
    return query_metrics.off_topic_auc(score, item.off_topic)


def report(rows: Sequence[Row]) -> str:
    """Lay out a table for each method, with its mean, and one of all means."""
    frame = pd.DataFrame([row for row in rows if "missing" not in row])
    parts = []
    for name in frame.get("method", pd.Series(dtype="str")).unique():
        found = frame[frame["method"] == name].set_index("file")
        numbers = _numbers(found)
        numbers.loc["mean"] = numbers.mean()
        parts.append(f"{name}\n{_text(numbers)}")
    if parts:
        means = _numbers(frame).groupby(frame["method"], sort=False).mean()
        parts.append(f"means over {frame['file'].nunique()} sets\n{_text(means)}")
    missing = {row["method"]: row["missing"] for row in rows if "missing" in row}
    parts += [f"skipped {name}: {why}" for name, why in missing.items()]
    return "\n\n".join(parts)


def _numbers(frame: pd.DataFrame) -> pd.DataFrame:
    return frame.reindex(columns=list(_SHOWN)).astype("float64")


def _text(frame: pd.DataFrame) -> str:
    frame = frame.dropna(axis="columns", how="all").rename_axis(index=None)
    return str(frame.to_string(float_format="{:.1f}".format, na_rep="-"))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser("python -m tests.benchmarks.queries", description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the sets are")
    parser.add_argument("--files", type=names, default=(), help="names of sets, by comma (all)")
    parser.add_argument("--calls", type=names, default=CALLS, help="the sets that are calls")
    parser.add_argument("--embed", choices=query_ours.EMBEDDERS, default="use")
    parser.add_argument(
        "--peers",
        nargs="?",
        type=names,
        const=tuple(query_peers.METHODS),
        default=(),
        help=f"measure peers too, all or those named by comma: {', '.join(query_peers.METHODS)}",
    )
    parser.add_argument("--peer-python", default=sys.executable, help="interpreter with the peers")
    parser.add_argument("--json", type=Path, help="write all rows there")
    parser.add_argument(
        "--keep", type=Path, help="keep vectors there for the next run of the same embedder"
    )
    return parser


if __name__ == "__main__":
    main()
