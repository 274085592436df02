"""Two well-kept libraries that look again for numbers, addresses and papers.

Neither reaches the network, and neither is asked for anything but a search in a text.
"""

from __future__ import annotations

import re
import warnings
from functools import cache
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.text.forms import changed

if TYPE_CHECKING:
    from collections.abc import Iterable

    import pandas as pd

__all__ = ["require_libraries", "without_more"]

_LIBRARIES = ("phonenumbers", "datafog")
_MASKS = {"EMAIL": "[email]", "PHONE": "[phone]", "DOB": "[date]"}
_MASK = re.compile(r"\[\w+\]")


def require_libraries() -> None:
    """Raise `InputError` unless both libraries are installed."""
    missing = [name for name in _LIBRARIES if find_spec(name) is None]
    if missing:
        raise InputError(
            f"scrub='thorough' needs {' and '.join(missing)}. Install them with `pip install"
            " 'chatdash_analysis[pii]'`, or use scrub='default'."
        )


def without_more(texts: pd.Series) -> pd.Series:
    """Return texts with what the libraries still find masked; masks stay as they are."""
    return changed(texts, _without_more)


def _without_more(text: str) -> str:
    for start, end, mask in sorted(_found(text), reverse=True):
        text = text[:start] + mask + text[end:]
    return text


def _found(text: str) -> Iterable[tuple[int, int, str]]:
    """Yield places to mask; of those that overlap, the longest."""
    taken = [match.span() for match in _MASK.finditer(text)]
    for start, end, mask in sorted([*_numbers(text), *_entities(text)], key=_longest_first):
        if all(end <= first or start >= last for first, last in taken):
            taken.append((start, end))
            yield start, end, mask


def _longest_first(found: tuple[int, int, str]) -> tuple[int, int]:
    return found[0] - found[1], found[0]


def _numbers(text: str) -> Iterable[tuple[int, int, str]]:
    # Without digits there is no number, and the search is slow.
    if sum(map(str.isdigit, text)) < 5:
        return
    import phonenumbers

    matcher = phonenumbers.PhoneNumberMatcher(text, None, phonenumbers.Leniency.POSSIBLE)
    for match in matcher:
        yield match.start, match.end, "[phone]"


def _entities(text: str) -> Iterable[tuple[int, int, str]]:
    _, result = _annotator().annotate_with_spans(text)
    for span in result.spans:
        if span.start < span.end:
            yield span.start, span.end, _MASKS.get(span.label, "[number]")


@cache
def _annotator() -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        # The search itself: the package's own entry points count their use.
        from datafog.processing.text_processing.regex_annotator import RegexAnnotator
    return RegexAnnotator(locales=["de"])
