"""Hypothesis strategies for conversations as a service might send them, fair and foul.

A hostile answer holds what no Python value can say (doubled keys, ``1e400``, half a
surrogate pair as an escape), so it is drawn as a tree of `Literal`, `Pairs` and plain
values and written out as JSON bytes.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from hypothesis import strategies as st

from tests.rendering import Literal, Pairs, rendered

if TYPE_CHECKING:
    from hypothesis.strategies import DrawFn, SearchStrategy

CONTRACT = Path(__file__).parent / "contract" / "openapi.yaml"

# Keys that clash once they are made column names, that other tools split or
# swallow, or that stand for something in the platforms' wrappers.
ODD_KEYS = (
    *("", " ", "a", "A", "b", "a.b", "a_b", "a b", "1", "\x00", "a\x00b", "\ud83d", "🙂", "ключ"),
    *("score", "Score", "Lead Score", "lead_score", "Lead-Score", "lead_score_2", "custom_score"),
    *("read:", "_ID", "_id ", "served", "conversation_id", "__proto__", "k" * 300),
    *("name", "value", "result", "rationale", "json_schema", "structuredData"),
    *("data_collection_results", "evaluation_criteria_results"),
)
ALIASES = {"read:": "boolean", "misunderstoodQueries": "array"}
UUIDS = tuple(f"550e8400-e29b-41d4-a716-44665544000{digit}" for digit in range(4))

ODD_TEXTS = (
    *("", " ", "\t\r\n", "\x00", "a\x00b", "\x7f", "\u2028", "\ufeff", "\uffff", "x" * 3000),
    *("\ud83d", "\udc00x", "cut \ud83d", "\ude00\ud83d", "NaN", "Infinity", "1e400", "=1+1"),
    *("\\", '"', "\\u0041", "},{", '"}],[{"', "]", '[{"_id":"x"}]'),
)
ODD_NUMBERS = (
    *(-0.0, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -(2**63) - 1, 2**64, 10**30, 5e-324, 1.7e308),
    *map(Literal, ("-0", "-0.0e-0", "1E+2", "1e400", "-1e400", "1e-400", f"1.{'0' * 30}1")),
    Literal("1" + "0" * 400),
    # One digit more than Python turns into a whole number without being told.
    Literal("1" + "0" * 4300),
)
ZONES = ("Z", "+00:00", "-00:00", "+05:30", "-16:02", "+14:00", "-23:59")
ODD_DATES = (
    *(
        "20240101",
        "2024-01-01",
        "2024-01-01T10:00:00",
        "2024-01-01 10:00:00+02:00",
        "2024-01-01t10:00:00z",
    ),
    *("1969-12-31T23:59:59.999999999Z", "2024-06-01T12:00:00.123456789Z"),
    *("0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999999-23:59"),
)
NO_DATES = (
    *("2024-02-30T00:00:00.000Z", "2023-02-29", "2016-12-31T23:59:60Z", "2024-13-01T00:00:00Z"),
    *("2024-00-10T00:00:00Z", "2024-01-01T24:00:01Z", "2024-01-01T10:61:00Z"),
    *("2024-01-01T10:00:00+99:99", "2024-01-01T10:00:00.Z", "2024-01-01T10:00:00Z junk"),
    *(
        "2024-01-01T10:00:00Z\x00",
        "\u0662\u0660\u0662\u0664-\u0660\u0661-\u0660\u0661",
        "2024-1-1",
        "2024",
        "T",
        "Z",
        "01/02/2024",
    ),
    *("1700000000000", "yesterday", 1700000000, 1700000000.5),
)


def conversation_objects() -> SearchStrategy[list[Any]]:
    """Hostile conversations as Python reads them: the last of doubled keys, no half pairs kept."""
    return conversation_bytes().map(_read)


def conversation_bytes() -> SearchStrategy[bytes]:
    """Hostile answers: a JSON array of objects, and now and then of something else."""
    return conversation_texts(any_conversations() | foreign_elements).map(array_of)


def fit_conversations() -> SearchStrategy[list[dict[str, Any]]]:
    """Well-formed conversations: every value as the contract has it, each with its own id."""
    rows = st.lists(_fit_bodies(), max_size=4)
    return rows.map(lambda bodies: [{"_id": f"c{n}", **body} for n, body in enumerate(bodies)])


@st.composite
def conversation_texts(draw: DrawFn, elements: SearchStrategy[Any]) -> list[str]:
    """Each element of an answer as JSON text; all in one style of writing."""
    style = draw(st.integers(0, 2**16))
    return [rendered(tree, style and style + n) for n, tree in enumerate(draw(_several(elements)))]


def array_of(texts: list[str]) -> bytes:
    """Join the texts of elements to the bytes of one answer."""
    return f"[{','.join(texts)}]".encode()


def any_conversations() -> SearchStrategy[Pairs]:
    """One conversation: well-formed but for a property or two, or hostile throughout."""
    fit = _fit_bodies().map(lambda body: Pairs(body.items()))
    spoilt = st.tuples(fit, hostile_conversations(2)).map(lambda two: Pairs(two[0] + two[1]))
    return fit | spoilt | hostile_conversations() | hostile_conversations()


@st.composite
def hostile_conversations(draw: DrawFn, most: int = 12) -> Pairs:
    """One conversation: any properties, known or not, in any order, with any value, even twice."""
    names = draw(st.lists(st.sampled_from(NAMES) | st.text(max_size=5), max_size=most))
    return Pairs((name, draw(_value_of(name))) for name in names)


@st.composite
def identified_conversations(draw: DrawFn) -> list[str]:
    """Texts of hostile conversations; the first property of each is an ``_id`` of its own."""
    style = draw(st.integers(0, 2**16))
    rows = [
        Pairs((("_id", f"c{n}"), *(pair for pair in row if pair[0] != "_id")))
        for n, row in enumerate(draw(_several(any_conversations())))
    ]
    return [rendered(row, style and style + n) for n, row in enumerate(rows)]


def _read(body: bytes) -> list[Any]:
    elements: list[Any] = json.loads(body, parse_int=lambda digits: int(float(digits[:300])))
    return elements


def _fit_bodies() -> SearchStrategy[dict[str, Any]]:
    optional = {name: FIT[kind] for name, kind in KINDS.items() if name != "_id"}
    return st.fixed_dictionaries({}, optional=optional)


def _several(elements: SearchStrategy[Any]) -> SearchStrategy[list[Any]]:
    return st.lists(elements, max_size=4)


def _value_of(name: str) -> SearchStrategy[Any]:
    kind = KINDS.get(name) or ALIASES.get(name)
    return VALUES[kind] if kind else anything


def _kinds() -> dict[str, str]:
    """Property -> its format, or its type where it has none, or its name where it has parts."""
    document = yaml.safe_load(CONTRACT.read_text(encoding="utf-8"))
    properties = document["components"]["schemas"]["Conversation"]["properties"]
    parts = ("evaluation", "customAnalysis")
    return {
        name: name if name in parts else schema.get("format", schema["type"])
        for name, schema in properties.items()
    }


@st.composite
def plain_dates(draw: DrawFn, digits: int = 6) -> str:
    """Instants as RFC 3339 writes them: up to so many digits of a second, any offset."""
    moment = draw(st.datetimes())
    fraction = draw(st.text("0123456789", max_size=digits))
    stem = moment.replace(microsecond=0).isoformat()
    return f"{stem}{'.' if fraction else ''}{fraction}{draw(st.sampled_from(ZONES))}"


def objects(values: SearchStrategy[Any], max_size: int = 3) -> SearchStrategy[Pairs]:
    """Objects whose keys are odd, clash and come twice."""
    keys = st.sampled_from(ODD_KEYS) | st.text(max_size=5)
    return st.lists(st.tuples(keys, values), max_size=max_size).map(Pairs)


def _fields() -> SearchStrategy[Any]:
    """The platforms' own analysis: flat, in either wrapper, in a container, deep, or mixed."""
    flat = objects(scalars, 5)
    named = st.fixed_dictionaries({"name": st.sampled_from(ODD_KEYS), "result": anything})
    vapi = st.lists(st.tuples(st.sampled_from(UUIDS), named), max_size=3).map(Pairs)
    schema = st.sampled_from([{"type": "boolean"}, {"type": "integer"}, {}, None, "text"])
    collected = st.fixed_dictionaries(
        {"value": anything, "rationale": odd_texts},
        optional={"json_schema": schema, "data_collection_id": odd_texts},
    )
    criterion = st.fixed_dictionaries(
        {"result": st.sampled_from(["success", "failure", "unknown", 1, None])},
        optional={"rationale": odd_texts, "criteria_id": odd_texts, "score": odd_numbers},
    )
    eleven = objects(collected | criterion)
    shapes = flat | vapi | eleven
    contained = st.lists(st.tuples(st.sampled_from(CONTAINERS), shapes), max_size=2).map(Pairs)
    mixed = st.tuples(shapes, shapes).map(lambda two: Pairs(two[0] + two[1]))
    return shapes | contained | mixed | st.integers(1, 60).map(_deep)


def _deep(levels: int) -> Any:
    tree: Any = 1
    for level in range(levels):
        tree = {"a": tree} if level % 3 else {"b": [tree]}
    return tree


def _queries() -> SearchStrategy[Any]:
    question = st.fixed_dictionaries({"question": odd_texts | anything})
    beside = st.fixed_dictionaries({"question": odd_texts, "at": scalars})
    entry = question | beside | odd_texts | anything
    return st.lists(entry, max_size=4) | entry


def _verdicts() -> SearchStrategy[Any]:
    members = st.tuples(
        st.sampled_from(["isSuccess", "isSuccess", "reason", "score"]),
        st.booleans() | odd_texts | scalars,
    )
    return st.lists(members, max_size=4).map(Pairs) | anything


CONTAINERS = (
    *("data_collection_results", "evaluation_criteria_results", "data_collection_results_list"),
    *("structuredData", "structuredOutputs", "structuredDataMulti", "custom_analysis_data"),
)
KINDS = _kinds()
# What has parts of its own deserves more examples than its share.
NAMES = (
    *(*KINDS, *ALIASES, *ODD_KEYS),
    *("createdAt", "endedAt", "evaluation") * 2,
    *("customAnalysis", "mistunderstoodQueries") * 5,
)

plain_texts = st.sampled_from(("Ava R.", "Äpfel 苹果 🍎", "NA", "true")) | st.text(
    min_size=1, max_size=9
)
odd_texts = st.sampled_from(ODD_TEXTS) | plain_texts
plain_numbers = st.integers(-(10**6), 10**6) | st.floats(allow_nan=False, allow_infinity=False)
odd_numbers = st.sampled_from(ODD_NUMBERS) | plain_numbers
scalars = st.none() | st.booleans() | odd_texts | odd_numbers
anything: SearchStrategy[Any] = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=3) | objects(inner), max_leaves=4
)
foreign_elements = scalars | st.just([]) | st.just([{"_id": "inner"}])

FIT: dict[str, SearchStrategy[Any]] = {
    "string": plain_texts,
    "date-time": plain_dates(),
    "boolean": st.booleans(),
    "number": plain_numbers,
    "array": st.lists(st.fixed_dictionaries({"question": plain_texts}), max_size=3),
    "object": st.dictionaries(plain_texts, plain_texts | plain_numbers, max_size=3),
    "evaluation": st.fixed_dictionaries(
        {}, optional={"isSuccess": st.booleans(), "reason": plain_texts}
    ),
    "customAnalysis": st.dictionaries(plain_texts, st.none() | st.booleans() | plain_texts),
}
VALUES: dict[str, SearchStrategy[Any]] = {
    "string": plain_texts | odd_texts | anything,
    "date-time": plain_dates(9) | st.sampled_from((*ODD_DATES, *NO_DATES)) | scalars,
    "boolean": st.booleans() | st.booleans() | st.sampled_from(["true", "yes", 0, 1]) | scalars,
    "number": plain_numbers | odd_numbers | odd_numbers | anything,
    "array": _queries(),
    "object": objects(anything) | anything,
    "evaluation": _verdicts(),
    "customAnalysis": st.one_of(_fields(), _fields(), anything),
}
