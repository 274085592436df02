"""Sets of questions with known topics; the pipeline is shown their texts alone."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

FOLDER = Path(__file__).resolve().parents[3] / "shared" / "data" / "queries"
# What its publisher says of a set: transcripts of calls. No file tells it.
CALLS = ("dstc11_task1_banking",)
_COLUMNS = ("text", "label", "noise")


class MissingSetsError(Exception):
    """The folder has no such sets."""


@dataclass(frozen=True)
class QuerySet:
    """Texts in the order of the file, the topic of each, and whether it is off-topic."""

    name: str
    texts: pd.Series
    topics: NDArray[Any]
    off_topic: NDArray[np.bool_]
    calls: bool

    def table(self) -> pd.DataFrame:
        """Return what is clustered: the forms of the texts, without topics."""
        from chatdash_analysis.queries.questions import text_table

        return text_table(self.texts, calls=self.calls)


def query_sets(
    folder: Path = FOLDER, names: Sequence[str] = (), calls: Sequence[str] = CALLS
) -> list[QuerySet]:
    """Read the sets in `folder`, or those that are named.

    Raises
    ------
    MissingSetsError
        If there are none, or not all that are named.
    """
    paths = {path.stem: path for path in sorted(folder.glob("*.csv"))}
    if not paths:
        raise MissingSetsError(
            f"No sets of questions in {folder}. Name the folder with --folder: CSV files with the"
            " columns text, label and noise (1: off-topic). They are no part of this project."
        )
    unknown = [name for name in names if name not in paths]
    if unknown:
        raise MissingSetsError(
            f"No such sets in {folder}: {', '.join(unknown)}. There are {', '.join(paths)}."
        )
    return [_read(paths[name], name in calls) for name in names or paths]


def _read(path: Path, calls: bool) -> QuerySet:
    frame = pd.read_csv(path, dtype="str", keep_default_na=False)
    lacking = [name for name in _COLUMNS if name not in frame]
    if lacking:
        raise MissingSetsError(f"{path} has no column {', '.join(lacking)}.")
    return QuerySet(
        name=path.stem,
        texts=frame["text"],
        topics=frame["label"].to_numpy(dtype=object).astype(str),
        off_topic=frame["noise"].eq("1").to_numpy(dtype=bool),
        calls=calls,
    )
