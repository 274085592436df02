"""One field of the platforms' metadata, read from its JSON text."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import msgspec
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from chatdash_analysis.errors import InputError
from chatdash_analysis.identity.values import Key, key_of, paired, texts_of

if TYPE_CHECKING:
    from chatdash_analysis.identity.values import Codes

__all__ = ["metadata_key"]

_PLAIN = re.compile(r"[A-Za-z0-9_. :-]+")
_decode = msgspec.json.Decoder().decode


def metadata_key(column: Any, path: str, agents: tuple[Codes, Any] | None) -> Key:
    """Return what the metadata hold at a path.

    Parameters
    ----------
    column : pandas.Series
        JSON texts.
    path : str
        Name of the field; dots lead into nested objects.
    agents : tuple of codes and ids, optional
        If given, equal values of two agents are two values.

    Returns
    -------
    Key
        Its values stand in alphabetical order, so that their codes do not depend on the
        order of the conversations.

    Raises
    ------
    InputError
        If there are metadata, but none has an id at this path.
    """
    texts = texts_of(column)
    places = np.flatnonzero(_may_hold(texts, path))
    found = np.full(len(texts), None, dtype=object)
    found[places] = [_field(text, path) for text in texts.take(pa.array(places)).to_pylist()]
    key = key_of("metadata", pa.array(found, pa.large_string()))
    if len(texts) > texts.null_count and not len(key.texts):
        raise InputError(
            f"metadata_key={path!r} leads to no id in any of the table's metadata. Write it as it "
            "stands there, with dots into nested objects; expand_metadata(conversations) shows "
            "the fields. Leave it out where there is none."
        )
    return _sorted(key if agents is None else _by_agent(key, agents))


def _may_hold(texts: Any, path: str) -> Any:
    """Return which texts are worth decoding: those in which the last part of the path stands."""
    held = pc.is_valid(texts)
    if _PLAIN.fullmatch(path):
        # JSON may write any letter as an escape, so texts with escapes are worth it too.
        written = pc.match_substring(texts, path.rsplit(".", 1)[-1] + '"')
        held = pc.or_(written, pc.match_substring(texts, "\\u"))
    return pc.fill_null(held, fill_value=False).to_numpy(zero_copy_only=False)


def _field(text: str, path: str) -> str | None:
    try:
        value = _decode(text)
    except (msgspec.DecodeError, RecursionError):
        value = _lenient(text)
    return _as_text(_at(value, path))


def _lenient(text: str) -> Any:
    # Some platforms send NaN, which JSON does not know but Python reads.
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None


def _at(value: Any, path: str) -> Any:
    """Return what stands at a path; a key may itself contain dots."""
    if not isinstance(value, dict):
        return None
    if path in value:
        return value[path]
    for dot in (at for at, letter in enumerate(path) if letter == "."):
        found = _at(value.get(path[:dot]), path[dot + 1 :])
        if found is not None:
            return found
    return None


def _as_text(value: Any) -> str | None:
    """Return an id as text; 17, 17.0 and "17" are the same id, and true is none."""
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, (str, int, float)):
        return None
    # Half of an emoji is legal in JSON, but no text for Arrow.
    return str(value).encode("utf-8", "replace").decode()


def _by_agent(key: Key, agents: tuple[Codes, Any]) -> Key:
    codes, first, second = paired(agents[0], key.codes)
    texts = pc.binary_join_element_wise(
        agents[1].take(pa.array(first)),
        key.texts.take(pa.array(second)),
        pa.scalar("\n", pa.large_string()),
    )
    return Key(key.kind, codes, texts, first)


def _sorted(key: Key) -> Key:
    order = pc.sort_indices(key.texts).to_numpy()
    places = np.append(np.argsort(order), -1)
    agents = None if key.agents is None else key.agents[order]
    return Key(key.kind, places[key.codes], key.texts.take(pa.array(order)), agents)
