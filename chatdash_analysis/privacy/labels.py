"""Short texts of the service that are groups, not words of people, and may hold a contact."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

import pandas as pd

from chatdash_analysis.text.masks import masked
from chatdash_analysis.text.scrubbing import hide_known

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

__all__ = ["LABELS", "hidden_labels"]

# The service or a model fills them in freely, but what stands there is mostly a label.
LABELS = ("topic", "subtopic", "ended_reason")
# A code such as "error-500" is none of a person.
_CONTACT = re.compile(r"@|(?:\d\D*){5}")


def hidden_labels(
    texts: Sequence[str | None], known: Callable[[], Sequence[Sequence[str]]]
) -> list[str | None]:
    """Return texts without contacts, where an ``@`` or five digits let one look.

    Where there was a contact, a name may stand beside it: what names the people of each row is
    hidden there, too. `known` returns it, and is called only if it is needed. Other labels never
    change.

    Examples
    --------
    >>> from chatdash_analysis.privacy.labels import hidden_labels
    >>> hidden_labels(["Opening hours", "error-500", "ask zoe@x.de", None], lambda: [[]] * 4)
    ['Opening hours', 'error-500', 'ask [email]', None]
    """
    plain = [None if text is None else _masked_label(text) for text in texts]
    rows = [row for row, pair in enumerate(zip(texts, plain, strict=True)) if len({*pair}) > 1]
    if not rows:
        return plain
    names = known()
    found = pd.Series([plain[row] for row in rows], dtype="str")
    for row, text in zip(rows, hide_known(found, [names[row] for row in rows]), strict=True):
        plain[row] = text
    return plain


@lru_cache(maxsize=4096)
def _masked_label(text: str) -> str:
    return masked(text) if _CONTACT.search(text) else text
