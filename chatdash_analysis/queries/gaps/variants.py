"""How people put the question of a cluster: the texts that may leave the notebook."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.queries.naming.phrases import MASK
from chatdash_analysis.text.forms import as_texts
from chatdash_analysis.text.scrubbing import scrub

if TYPE_CHECKING:
    from typing import Any

    import pandas as pd

__all__ = ["question_variants", "shown_texts"]

_GROUP = ["cluster_id", "duplicate_group"]
# A longer text that a single person sent tells a story, and stories identify.
_LONGEST_OF_ONE = 200


def shown_texts(values: Any) -> pd.Series:
    """Return texts as they may be shown: masked, on one line, without markup; none missing."""
    return scrub(as_texts(values))


def question_variants(queries: pd.DataFrame, *, users: str) -> pd.DataFrame:
    """Return the distinct texts of each cluster, the most frequent first.

    Questions that differ only in case, punctuation and spaces are one, with the text that most
    of them have. If personal data was recognised in one of them, it is masked in all.

    Left out is a text that only one person sent, if something in it was masked or it has more
    than 200 characters: what stands beside a name identifies as a name does. Where nobody
    knows who sent it, one person did.

    Parameters
    ----------
    queries : pandas.DataFrame
        Queries with ``cluster_id``, ``duplicate_group`` and ``scrubbed``.
    users : str
        Column that names people; it may be absent.

    Returns
    -------
    pandas.DataFrame
        One row a cluster and text: ``cluster_id``, ``text``, ``language``, ``people``, ``n``
        (queries); ``attrs["left_out"]`` counts the texts that may not be shown.
    """
    rows = _rows(queries, users)
    table = rows.groupby(["cluster_id", "text"], as_index=False).agg(
        language=("language", "first"), people=("person", "nunique"), n=("text", "size")
    )
    telling = table["text"].str.contains(MASK) | table["text"].str.len().gt(_LONGEST_OF_ONE)
    hidden = (telling & table["people"].lt(2)) | table["text"].eq("")
    shown = table[~hidden].sort_values(
        ["cluster_id", "people", "n", "text"], ascending=[True, False, False, True],
        ignore_index=True,
    )  # fmt: skip
    shown.attrs["left_out"] = int(hidden.sum())
    return shown


def _rows(queries: pd.DataFrame, users: str) -> pd.DataFrame:
    """Return the assigned queries, each with the text that stands for its group."""
    held = [users if users in queries.columns else None, "language"]
    columns = {
        name: queries[source] if source in queries.columns else None
        for name, source in zip(("person", "language"), held, strict=True)
    }
    rows = queries[[*_GROUP, "scrubbed"]].assign(**columns).dropna(subset=_GROUP)
    rows = rows.astype({"language": "str"}).sort_values("language", kind="stable")
    texts = rows.groupby([*_GROUP, "scrubbed"], as_index=False).size()
    texts["masked"] = texts["scrubbed"].str.contains(MASK)
    order = ["masked", "size", "scrubbed"]
    texts = texts.sort_values(order, ascending=[False, False, True]).drop_duplicates(_GROUP)
    texts["text"] = shown_texts(texts["scrubbed"]).array
    return rows.merge(texts[[*_GROUP, "text"]], on=_GROUP, how="left")
