"""Short texts of the service that are groups, not words of people, and may hold a contact."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from chatdash_analysis.text.masks import masked

if TYPE_CHECKING:
    from collections.abc import Sequence

__all__ = ["LABELS", "masked_labels"]

# The service or a model fills them in freely, but what stands there is mostly a label.
LABELS = ("topic", "subtopic", "ended_reason")
# A code such as "error-500" is none of a person.
_CONTACT = re.compile(r"@|(?:\d\D*){5}")


def masked_labels(texts: Sequence[str | None]) -> list[str | None]:
    """Return texts with what the masks find, where an ``@`` or five digits let one look.

    Examples
    --------
    >>> from chatdash_analysis.privacy.labels import masked_labels
    >>> masked_labels(["Opening hours", "error-500", "ask zoe@x.de", None])
    ['Opening hours', 'error-500', 'ask [email]', None]
    """
    return [None if text is None else _masked_label(text) for text in texts]


@lru_cache(maxsize=4096)
def _masked_label(text: str) -> str:
    return masked(text) if _CONTACT.search(text) else text
