"""What is given for parameters, read by the kind of their defaults."""

from __future__ import annotations

import math
import re
from typing import TYPE_CHECKING

from chatdash_analysis.errors import AuthenticationError, InputError
from chatdash_analysis.loading.secret import resolve_key
from chatdash_analysis.notebook_runs.common import check_common

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from typing import Any

    from chatdash_analysis.notebook_runs.reading import Parameter

__all__ = ["read_values", "without_key"]

# Names under which a key would be given, and how ChatDash's keys begin.
_SECRET_NAME = re.compile(r"api_?key|secret|token|passw|credential|authorization", re.IGNORECASE)
_SECRET_VALUE = re.compile(r"\bCD\.[0-9a-z]|\bbearer\s", re.IGNORECASE)
_TRUTHS = {"true": True, "yes": True, "false": False, "no": False}
# Without a default of their own kind: these are lists all the same.
_LISTS = {"agents"}


def read_values(parameters: Iterable[Parameter], given: Iterable[str]) -> dict[str, Any]:
    """Return the values of ``name=value`` texts.

    Raises
    ------
    InputError
        If a name is none of the parameters or given twice, if a value cannot be read, if one
        that every notebook has makes no sense, or if one of them looks like a key.
    """
    known = {parameter.name: parameter for parameter in parameters}
    values: dict[str, Any] = {}
    for item in given:
        name, value = _parted(item)
        if name not in known:
            raise InputError(f"There is no parameter {name!r}. {_possible(known.values())}")
        if name in values:
            raise InputError(f"{name} is given twice. Give it once; separate items by commas.")
        values[name] = _read(known[name], value)
    check_common(known, values)
    return values


def _possible(parameters: Iterable[Parameter]) -> str:
    listed = ", ".join(f"{one.name} ({_kind(one)})" for one in parameters)
    return f"Possible are {listed}." if listed else "This notebook has none."


def _parted(item: str) -> tuple[str, str]:
    name, equals, value = (part.strip() for part in item.partition("="))
    # Before any message repeats what was given.
    if _SECRET_NAME.search(name) or _is_secret(item):
        raise InputError(
            "One of the parameters looks like a key. It would be saved with the notebook: put it "
            "into the environment variable CHATDASH_API_KEY instead."
        )
    if not equals or not name or not value:
        raise InputError(f"{item!r} is no parameter with a value. Write it as name=value.")
    return name, value


def _is_secret(text: str) -> bool:
    return bool(_SECRET_VALUE.search(text)) or without_key(text) != text


def without_key(text: str) -> str:
    """Return `text` with the key of the environment or of keyring masked, if there is one."""
    try:
        return resolve_key(None).scrub(text)
    except (AuthenticationError, InputError):  # there is none to look for
        return text


def _read(parameter: Parameter, text: str) -> Any:
    if parameter.default is None and text == "None":
        return None
    kind = _kind(parameter)
    try:
        if kind != "list":
            return _READERS[kind](text)
        return [_READERS[_kind_of_items(parameter)](item) for item in _items(text)]
    except (ValueError, KeyError) as error:
        wanted = _WANTED.get(kind, "it can be set in the notebook alone.")
        raise InputError(
            f"{parameter.name}={text} cannot be read: {wanted} "
            f"Its default is {parameter.default!r}."
        ) from error


def _kind(parameter: Parameter) -> str:
    default = parameter.default
    if default is not None:
        return "list" if isinstance(default, tuple) else type(default).__name__
    if parameter.annotation in (*_READERS, "list"):
        return parameter.annotation
    return "list" if parameter.name in _LISTS else "str"


def _kind_of_items(parameter: Parameter) -> str:
    return type(parameter.default[0]).__name__ if parameter.default else "str"


def _items(text: str) -> list[str]:
    items = [item.strip() for item in text.split(",")]
    if not all(items) or re.search(r"""[][()"']""", text):
        raise ValueError
    return items


def _number(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError
    return number


def _truth(text: str) -> bool:
    return _TRUTHS[text.lower()]


_READERS: dict[str, Callable[[str], Any]] = {
    "str": str, "int": int, "float": _number, "bool": _truth,
}  # fmt: skip
_WANTED = {
    "list": "its items are separated by commas, without brackets and quotes.",
    "int": "it is a whole number.",
    "float": "it is a number.",
    "bool": "it is true or false.",
}
