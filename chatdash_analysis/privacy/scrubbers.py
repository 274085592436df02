"""Who masks personal data in free text: this package, two libraries more, or a function."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any, Literal

import pandas as pd

from chatdash_analysis.errors import InputError
from chatdash_analysis.privacy.thorough import require_libraries, without_more
from chatdash_analysis.text.scrubbing import hide_known, scrub

__all__ = ["Scrubber", "check_scrubber", "scrubbed", "scrubber_name"]

Scrubber = Literal["default", "thorough"] | Callable[[Any], Sequence[str]]


def check_scrubber(scrubber: Any) -> None:
    """Raise `InputError` unless it is a scrubber that can be used."""
    if scrubber == "thorough":
        require_libraries()
    elif not callable(scrubber) and scrubber != "default":
        raise InputError(
            f"scrub={scrubber!r} is no scrubber. Give 'default', 'thorough', or a function that"
            " takes a list of texts and returns as many."
        )


def scrubber_name(scrubber: Scrubber) -> str:
    """Return a name that is the same in every session."""
    if isinstance(scrubber, str):
        return scrubber
    name = getattr(scrubber, "__qualname__", type(scrubber).__qualname__)
    module = getattr(scrubber, "__module__", None) or type(scrubber).__module__
    return f"{module}.{name}"


def scrubbed(texts: Sequence[str], known: Sequence[Iterable[str]], scrubber: Scrubber) -> list[str]:
    """Mask personal data in texts.

    Parameters
    ----------
    texts : sequence of str
        Texts.
    known : sequence of sequences of str
        For each text, what names the people of its conversation: masked by any scrubber.
    scrubber : {"default", "thorough"} or callable
        How; see `pseudonymize`.

    Raises
    ------
    InputError
        If a function does not return as many texts.
    """
    if not callable(scrubber):
        plain = scrub(list(texts), known)
        result: list[str] = (without_more(plain) if scrubber == "thorough" else plain).tolist()
        return result
    answer = pd.Series(_answer(scrubber, list(texts)), dtype="str")
    hidden: list[str] = hide_known(answer, known).tolist()
    return hidden


def _answer(scrubber: Callable[[Any], Sequence[str]], texts: list[str]) -> list[str]:
    given = scrubber(texts) if texts else []
    if isinstance(given, str | bytes) or not isinstance(given, Iterable):
        raise InputError(
            f"The scrubber returned a {type(given).__name__}. It must return a list of texts, one"
            " for each that it takes."
        )
    answer = list(given)
    if len(answer) != len(texts):
        raise InputError(
            f"The scrubber returned {len(answer)} texts for {len(texts)}. It must return one for"
            " each, in their order."
        )
    odd = next((item for item in answer if not isinstance(item, str)), "")
    if not isinstance(odd, str):
        raise InputError(
            f"The scrubber returned a {type(odd).__name__} among its texts. It must return texts;"
            ' "" for one of which nothing stays.'
        )
    return answer
