"""The vectors of a set, made once and given to every method."""

from __future__ import annotations

import sys
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from tests.benchmarks import query_measure, query_ours

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from tests.benchmarks.query_data import QuerySet


def embedded(
    item: QuerySet, embed: str, folder: Path
) -> tuple[dict[str, str], NDArray[np.float32]]:
    """Return where the texts and vectors of a set are; vectors of the same texts are kept."""
    table = item.table()
    texts = "\n".join(table["prepared"])
    digest = blake2b(texts.encode(), digest_size=6).hexdigest()
    stem = f"{item.name}-{embed}-{digest}"
    inputs = {"table": str(folder / f"{stem}.json"), "vectors": str(folder / f"{stem}.npy")}
    query_ours.save_table(table, Path(inputs["table"]))
    if not Path(inputs["vectors"]).exists():
        say(f"{item.name}: embedding with {embed}")
        made = query_measure.run("query_ours", "embed", {**inputs, "embed": embed})
        np.save(inputs["vectors"], made.arrays["vectors"])
    return inputs, np.load(inputs["vectors"])


def say(what: str) -> None:
    """Tell on the error stream what is being done."""
    print(what, file=sys.stderr, flush=True)


def names(text: str) -> tuple[str, ...]:
    """Read names, by comma, from the command line."""
    return tuple(filter(None, text.split(",")))
