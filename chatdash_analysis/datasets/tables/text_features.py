"""Free text: scrubbed, as text or as vectors, and listed to find near-duplicates by."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from chatdash_analysis.datasets.tables.features import Feature, Found
from chatdash_analysis.datasets.tables.known import MOMENTS, LeftOut
from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.choosing import choose_embedder
from chatdash_analysis.queries.embedding.use import USE_MODULES
from chatdash_analysis.queries.embedding.weights import installed
from chatdash_analysis.schema import BY_NAME
from chatdash_analysis.text.known import known_texts
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from chatdash_analysis.datasets.tables.known import Asked, Use

    TextOption = str | Callable[[list[str]], Any] | None

__all__ = ["check_text", "compared_texts", "listed_texts", "scrubbed_texts", "text_features"]

_COMPARED = ("misunderstood_queries", "summary")
_BETWEEN = " | "
_LINE = "\n"


def check_text(text: TextOption) -> None:
    """Raise `InputError` unless text can be dealt with as the user wants."""
    if text is None or callable(text) or text == "keep":
        return
    if text != "embed":
        raise InputError(
            f"text={text!r} is unknown. Give 'keep', 'embed', a callable that turns a list of texts"
            " into an array with a row for each, or None to leave text out."
        )
    if not installed(*USE_MODULES):
        raise InputError(
            "text='embed' needs a model that is not installed: pip install"
            " \"chatdash_analysis[text]\". Or use text='keep' and fit a TfidfVectorizer in your"
            " pipeline, on the training rows alone."
        )


def compared_texts(uses: Iterable[Use], columns: Iterable[str], asked: Asked) -> list[str]:
    """Name the texts by which near-duplicates are found: those that are features, and others."""
    held = set(columns) - asked.leave_out if asked.at == MOMENTS[-1] else set()
    features = [use.column for use in uses if use.role == "text"]
    return [*dict.fromkeys([*(name for name in _COMPARED if name in held), *features])]


def scrubbed_texts(table: pd.DataFrame, columns: Iterable[str]) -> dict[str, pd.Series]:
    """Return text columns with personal data masked, missing where there is no text.

    What each conversation itself tells of its people is masked in its texts. Of several
    texts, such as questions, each is a line.
    """
    columns = list(columns)
    if not columns:
        return {}
    known = known_texts(table).tolist()
    return {column: _scrubbed(table[column], known) for column in columns}


def _scrubbed(column: pd.Series, known: Sequence[list[str]]) -> pd.Series:
    """Mask each part by itself, so that no name is looked for across two questions."""
    parts = [_parts(value) for value in column]
    rows = np.repeat(np.arange(len(parts)), [len(texts) for texts in parts])
    flat = [text for texts in parts for text in texts]
    masked = scrub(flat, [known[int(row)] for row in rows])
    kept = masked.ne("").to_numpy(dtype=bool)
    joined = masked[kept].groupby(rows[kept]).agg(_LINE.join)
    return joined.reindex(range(len(parts))).astype("str")


def _parts(value: Any) -> list[str]:
    if not isinstance(value, str):
        return []
    if not value.lstrip().startswith("["):
        return [value]
    try:
        found = json.loads(value)
    except (ValueError, RecursionError):
        return [value]
    return [text for text in found if isinstance(text, str)]


def listed_texts(texts: Iterable[pd.Series], rows: int) -> pd.Series:
    """Put each text of a conversation on a line of its own; missing where it has none."""
    lists = [[text for text in row if isinstance(text, str)] for row in zip(*texts, strict=True)]
    joined = [_LINE.join(row) or None for row in lists]
    return pd.Series(joined or [None] * rows, dtype="str")


def text_features(uses: Sequence[Use], texts: Mapping[str, pd.Series], text: TextOption) -> Found:
    """Return the texts of some columns as features: as they are, or as vectors."""
    found = Found([], [])
    for use in uses:
        values = texts[use.column].str.replace(_LINE, _BETWEEN, regex=False)
        if text == "keep" or values.isna().all():
            found.features.append(_as_text(use, values))
        else:
            found.features.extend(_vectors(use, values, text))
            reason = f"free text; its vectors, {use.column}_000 and so on, are features"
            found.left_out.append(LeftOut(use.column, use.known_at, reason))
    return found


def _as_text(use: Use, values: pd.Series) -> Feature:
    about = f"{BY_NAME[use.column].description} Scrubbed."
    return Feature(use.column, use.column, values, use.known_at, about, pii="free_text")


def _vectors(use: Use, values: pd.Series, text: TextOption) -> list[Feature]:
    known = values.notna().to_numpy()
    asked = values[known].tolist()
    # By name, so that the same columns come out whatever the texts are.
    embedder = choose_embedder("use" if text == "embed" else text, asked, [None] * len(asked))
    found = embedder.embed(asked)
    vectors = np.full((len(values), found.shape[1]), np.nan)
    vectors[known] = found
    about = f"Part of a vector ({embedder.name}): {BY_NAME[use.column].description}"
    return [
        Feature(
            f"{use.column}_{place:03d}",
            use.column,
            pd.Series(vectors[:, place]),
            use.known_at,
            about,
            pii="free_text",
        )
        for place in range(vectors.shape[1])
    ]
