"""``python -m tests.benchmarks.query_labels``: does a label name the right intent?

The true clusters of public sets whose intents have names in words are labelled without reading
the names. A label is right if, by MiniLM's cosine, its intent's name is the nearest of all names
of the file (top 1) or among the nearest three (top 3).
"""

from __future__ import annotations

import argparse
import re
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.queries.naming.labels import example_questions, label_clusters
from tests.benchmarks.query_data import FOLDER

if TYPE_CHECKING:
    from collections.abc import Callable

    Embed = Callable[[list[str]], Any]

# Intents with names in words. xsid_de is German with English names, which MiniLM cannot match.
FILES = ("banking77_test", "dstc11_task1_banking", "hint3_curekart", "sim_bank40", "snips_test")
FOREIGN = ("xsid_de",)
KINDS = ("label", "key_phrase", "both", "medoid", "shortest_central")
REACH, AIM = (76, 91), (82, 94)


@dataclass(frozen=True)
class Questions:
    """The distinct questions of one file that have an intent."""

    texts: list[str]
    weights: Any
    owners: Any
    names: list[str]
    languages: list[str]
    vectors: Any


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where the sets are")
    parser.add_argument("--embed", default="minilm", help="what the clusters' vectors come from")
    arguments = parser.parse_args()
    judge = embedder("minilm")
    own = judge if arguments.embed == "minilm" else embedder(arguments.embed)
    rows = []
    for file in (*FILES, *FOREIGN):
        questions = read_questions(arguments.folder / f"{file}.csv", own)
        rows += [{"file": file, **row} for row in scores(questions, judge)]
    report(pd.DataFrame(rows))


def embedder(name: str) -> Embed:
    from chatdash_analysis.queries.embedding.choosing import choose_embedder

    return lambda texts: choose_embedder(name, texts, ["en"] * len(texts)).embed(texts)


def read_questions(path: Path, embed: Embed) -> Questions:
    table = pd.read_csv(path, dtype={"text": "str", "label": "str"})
    table = table[table["noise"].eq(0)]
    form = table["text"].str.casefold().str.replace(r"\W+", " ", regex=True).str.strip()
    table = table.assign(form=form).sort_values(["form", "text"])
    sizes = table.groupby(["form", "label"])["text"].transform("size")
    table = table.assign(size=sizes).drop_duplicates(["form", "label"])
    labels = sorted(table["label"].unique())
    vectors = np.asarray(embed(table["text"].tolist()), dtype=np.float32)
    weights = table["size"].to_numpy(dtype=np.int64)
    return Questions(
        texts=table["text"].tolist(),
        weights=weights,
        owners=np.searchsorted(labels, table["label"]).astype(np.int64),
        names=[in_words(label) for label in labels],
        languages=table["language"].tolist(),
        vectors=normal(vectors - np.average(vectors, axis=0, weights=weights)),
    )


def in_words(label: str) -> str:
    """``AskAboutATMFees``, ``card_arrival`` and ``alarm/set_alarm`` as words."""
    apart = re.sub(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", label)
    return re.sub(r"[\W_]+", " ", apart).strip().lower()


def normal(vectors: Any) -> Any:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def scores(questions: Questions, judge: Embed) -> list[dict[str, Any]]:
    start = time.process_time()
    labels = named(questions)
    seconds = time.process_time() - start
    names = normal(judge(questions.names))
    rows = []
    for kind in KINDS:
        cosines = normal(judge(labels[kind])) @ names.T
        rank = (cosines > np.diag(cosines)[:, None]).sum(axis=1)
        words = float(np.mean([len(label.split()) for label in labels[kind]]))
        first, three = 100 * (rank < 1), 100 * (rank < 3)
        rows.append(
            {"kind": kind, "clusters": len(names), "top1": first.mean(), "top3": three.mean(),
             "words": words, "cpu_seconds": seconds}
        )  # fmt: skip
    return rows


def named(questions: Questions) -> dict[str, list[str]]:
    """Name the clusters in our way, and in the two ways they are compared with."""
    held = (questions.texts, questions.weights, questions.vectors, questions.owners)
    texts, weights, vectors, owners = held
    number = len(questions.names)
    table = label_clusters(texts, texts, weights, vectors, owners, number, questions.languages)
    example_questions(texts, weights, vectors, owners, number)
    labels = table["label"].tolist(), table["key_phrase"].tolist()
    both = [" | ".join(parts) for parts in zip(*labels, strict=True)]
    return dict(zip(KINDS, (*labels, both, *references(questions)), strict=True))


def references(questions: Questions) -> tuple[list[str], list[str]]:
    """Return of each cluster the most central text, and the shortest of its 30 % most central."""
    medoids, shortest = [], []
    for cluster in range(len(questions.names)):
        members = np.flatnonzero(questions.owners == cluster)
        centre = questions.vectors[members].mean(axis=0)
        order = members[np.argsort(-(questions.vectors[members] @ centre), kind="stable")]
        texts = [questions.texts[row] for row in order[: -(-3 * len(order) // 10)]]
        medoids.append(texts[0])
        shortest.append(min(texts, key=len))
    return medoids, shortest


def report(table: pd.DataFrame) -> None:
    print(table.round(2).to_string(index=False))
    english = table[table["file"].isin(FILES)]
    means = english.groupby("kind")[["top1", "top3", "words"]].mean()
    weights = english["clusters"]
    pooled = english[["top1", "top3"]].mul(weights, axis=0).groupby(english["kind"]).sum()
    pooled = pooled.div(weights.groupby(english["kind"]).sum(), axis=0)
    together = means.join(pooled.add_suffix("_of_all_clusters")).loc[list(KINDS)]
    print(f"\nMean of {len(FILES)} English files, and over all their clusters;", end=" ")
    print(f"to reach {REACH}, aim {AIM}\n{together.round(1).to_string()}")


if __name__ == "__main__":
    main()
