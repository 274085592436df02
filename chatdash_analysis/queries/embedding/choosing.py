"""Which embedder is used: the one that is asked for, or the one that fits the data."""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chatdash_analysis.errors import InputError
from chatdash_analysis.queries.embedding.combined import CombinedEmbedder
from chatdash_analysis.queries.embedding.custom import CALLABLE, CustomEmbedder
from chatdash_analysis.queries.embedding.minilm import MINILM_MODULES, MiniLmEmbedder
from chatdash_analysis.queries.embedding.tfidf import TfidfEmbedder
from chatdash_analysis.queries.embedding.use import USE_MODULES, UseEmbedder
from chatdash_analysis.queries.embedding.weights import installed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from chatdash_analysis.queries.embedding.protocol import Embedder

    Embed = str | Callable[[list[str]], Any] | None

__all__ = ["NoModelWarning", "choose_embedder", "embedder_from"]

_NAMES = ("use", "minilm", "minilm+use", "tfidf")
_EXTRAS = {"use": "text", "minilm": "text-best", "minilm+use": "text-best"}
_NEEDS = {
    "use": USE_MODULES,
    "minilm": MINILM_MODULES,
    "minilm+use": (*MINILM_MODULES, *USE_MODULES),
    "tfidf": (),
}
# Below this share of English, a model that knows only English loses more than it gains.
_ENGLISH = 0.9
_PACKAGE = f"{Path(__file__).parents[2]}{os.sep}"


class NoModelWarning(UserWarning):
    """No embedding model is installed, so texts are compared by their words only."""


def choose_embedder(
    embed: Embed, texts: Sequence[str], languages: Sequence[str | None]
) -> Embedder:
    """Return the embedder that is asked for, or else the best installed one for these texts.

    Unasked, MiniLM together with the Universal Sentence Encoder reads English and the
    Universal Sentence Encoder alone reads everything else, where they are installed.

    Parameters
    ----------
    embed : str, callable or None
        "use", "minilm", "minilm+use", "tfidf", a callable that turns a list of texts into an
        array with a row for each, or None to choose by the data.
    texts : sequence of str
        The texts that will be embedded.
    languages : sequence of str or None
        The language of each text (ISO 639-1); whatever is no string counts as unknown.

    Raises
    ------
    InputError
        If there is no such embedder, it is not installed, or its files are not the right ones.

    Warns
    -----
    NoModelWarning
        If no model is installed and none was asked for.
    """
    if callable(embed):
        return CustomEmbedder(embed)
    if embed is None:
        return _named(_best(texts, languages), texts)
    return _named(embed, texts)


def embedder_from(
    name: str, texts: Sequence[str], embed: Callable[[list[str]], Any] | None
) -> Embedder:
    """Return the embedder of saved clusters again.

    Parameters
    ----------
    name : str
        Its `name`.
    texts : sequence of str
        The texts that "tfidf" was fitted on; others do not need them.
    embed : callable or None
        The user's own callable, where the clusters were made with one.

    Raises
    ------
    InputError
        If it cannot be had again: a callable is not given, or a package is not installed.
    """
    if not name.startswith(CALLABLE):
        if embed is not None:
            raise InputError(
                f"These clusters were made with the embedder {name!r}, so they cannot be used with"
                " a callable. Leave embed away, or cluster again with it."
            )
        return _named(name, texts)
    if embed is None:
        raise InputError(
            f"These clusters were made with your own {name.removeprefix(CALLABLE)}, which is not"
            " saved with them. Pass it again as embed=."
        )
    return CustomEmbedder(embed)


def _named(name: str, texts: Sequence[str]) -> Embedder:
    if name not in _NAMES:
        raise InputError(
            f"embed={name!r} is no embedder. Possible are {', '.join(map(repr, _NAMES))}, a"
            " callable that turns a list of texts into an array, or None to choose by the data."
        )
    if not installed(*_NEEDS[name]):
        raise InputError(
            f"embed={name!r} needs packages that are not installed. Install them with"
            f' pip install "chatdash_analysis[{_EXTRAS[name]}]", or choose another embedder.'
        )
    if name == "tfidf":
        return TfidfEmbedder.fit(texts)
    models: dict[str, Callable[[], Embedder]] = {
        "use": UseEmbedder,
        "minilm": MiniLmEmbedder,
        "minilm+use": CombinedEmbedder,
    }
    return models[name]()


def _best(texts: Sequence[str], languages: Sequence[str | None]) -> str:
    if installed(*_NEEDS["minilm+use"]) and _is_english(texts, languages):
        return "minilm+use"
    if installed(*_NEEDS["use"]):
        return "use"
    warnings.warn(
        "No embedding model is installed, so questions are compared by their words only"
        ' (embed="tfidf"): those that say the same in other words or in another language land in'
        ' different clusters. Install a model with pip install "chatdash_analysis[text]".',
        NoModelWarning,
        stacklevel=_levels_to_the_user(),
    )
    return "tfidf"


def _is_english(texts: Sequence[str], languages: Sequence[str | None]) -> bool:
    english = other = 0
    for text, language in zip(texts, languages, strict=True):
        if isinstance(language, str):
            english += language == "en"
            other += language != "en"
        elif any(letter.isalpha() and not letter.isascii() for letter in text):
            other += 1  # unknown, but hardly English
    return english > 0 and english >= _ENGLISH * (english + other)


def _levels_to_the_user() -> int:
    # The line that called into this package is the one that can be changed.
    levels, frame = 1, sys._getframe(1)
    while frame.f_back is not None and frame.f_code.co_filename.startswith(_PACKAGE):
        levels, frame = levels + 1, frame.f_back
    return levels
