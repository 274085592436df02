"""Hostile answers through the parser: each conversation is typed, or put aside with a reason.

Every property is checked on some examples, always the same ones; `slow` draws many
more, new ones each time.
"""

from __future__ import annotations

import io
import json
import random
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chatdash_analysis.errors import ResponseError
from chatdash_analysis.loading.parsing import parse_conversations
from tests import strategies
from tests.oracle import differences, read_losslessly, rows_of
from tests.promises import expect_typed, parse

if TYPE_CHECKING:
    from collections.abc import Callable

    from hypothesis.strategies import SearchStrategy

    from chatdash_analysis.loading.parsing import ParsedConversations

PIECE_SIZES = st.sampled_from([64, 65, 100, 257, 1000, 4096, 1 << 20])


class Trickle:
    """A body that arrives in pieces of any length."""

    def __init__(self, data: bytes, seed: int) -> None:
        self.data = io.BytesIO(data)
        self.chance = random.Random(seed)

    def read(self, size: int) -> bytes:
        return self.data.read(self.chance.randint(1, min(size, 200)))


def each_element_becomes_a_typed_row_or_a_reason(body: bytes) -> None:
    parsed = parse(body)
    elements = read_losslessly(body)
    assert parsed.count == len(elements)
    assert len(parsed.table) == sum(isinstance(element, dict) for element in elements)
    assert len(parsed.table) + len(parsed.rejected) == len(elements)
    assert all(reason.strip() for reason in parsed.rejected)
    expect_typed(parsed.table)


def each_value_is_read_as_the_contract_says_or_put_aside(texts: list[str]) -> None:
    body = strategies.array_of(texts)
    sent = {conversation["_id"]: conversation for conversation in read_losslessly(body)}
    rows = {row["conversation_id"]: row for row in rows_of(parse(body).table)}
    assert rows.keys() == sent.keys()
    assert {key: found for key in sent if (found := differences(sent[key], rows[key]))} == {}


def well_formed_conversations_leave_nothing_aside(conversations: list[dict[str, Any]]) -> None:
    body = json.dumps(conversations).encode()
    parsed = parse(body)
    assert parsed.rejected == []
    assert parsed.table["other_properties"].null_count == len(conversations)
    for sent, row in zip(read_losslessly(body), rows_of(parsed.table), strict=True):
        assert differences(sent, row) == []


def the_size_of_a_piece_changes_nothing(body: bytes, size: int) -> None:
    _expect_same(parse(body, piece_size=size), parse(body))


def the_way_a_body_arrives_changes_nothing(body: bytes, size: int, seed: int) -> None:
    arrived = parse_conversations(Trickle(body, seed), piece_size=size)
    _expect_same(arrived, parse(body))


def the_order_of_rows_changes_nothing_else(texts: list[str], order: random.Random) -> None:
    shuffled = order.sample(texts, len(texts))
    tables = [parse(strategies.array_of(some)).table for some in (texts, shuffled)]
    first, second = (table.sort_by("conversation_id").combine_chunks() for table in tables)
    assert first.equals(second, check_metadata=True)


def a_body_that_is_cut_is_never_taken_for_a_whole_one(body: bytes, size: int, cut: float) -> None:
    whole = body.rstrip()
    with pytest.raises(ResponseError):
        parse(whole[: int(len(whole) * cut)], piece_size=size)


def a_damaged_body_gives_a_typed_table_or_one_of_our_errors(
    body: bytes, places: list[float], junk: bytes
) -> None:
    damaged = bytearray(body)
    for place in places:
        at = int(place * len(damaged))
        damaged[at : at + 1] = junk
    try:
        parsed = parse(bytes(damaged))
    except ResponseError:
        return
    assert len(parsed.table) + len(parsed.rejected) == parsed.count
    expect_typed(parsed.table)


BODIES = strategies.conversation_bytes()
NUMBERS = st.integers(0, 2**16)
SHARES = st.floats(0, 1, exclude_max=True)
PROPERTIES: list[tuple[Callable[..., None], tuple[SearchStrategy[Any], ...]]] = [
    (each_element_becomes_a_typed_row_or_a_reason, (BODIES,)),
    (
        each_value_is_read_as_the_contract_says_or_put_aside,
        (strategies.identified_conversations(),),
    ),
    (well_formed_conversations_leave_nothing_aside, (strategies.fit_conversations(),)),
    (the_size_of_a_piece_changes_nothing, (BODIES, PIECE_SIZES)),
    (the_way_a_body_arrives_changes_nothing, (BODIES, PIECE_SIZES, NUMBERS)),
    (
        the_order_of_rows_changes_nothing_else,
        (strategies.identified_conversations(), st.randoms(use_true_random=False)),
    ),
    (a_body_that_is_cut_is_never_taken_for_a_whole_one, (BODIES, PIECE_SIZES, SHARES)),
    (
        a_damaged_body_gives_a_typed_table_or_one_of_our_errors,
        (BODIES, st.lists(SHARES, max_size=3), st.binary(max_size=3)),
    ),
]
IDS = [check.__name__ for check, _ in PROPERTIES]


@pytest.mark.parametrize(("check", "given_by"), PROPERTIES, ids=IDS)
def test_holds(check: Callable[..., None], given_by: tuple[SearchStrategy[Any], ...]) -> None:
    _try(check, given_by, examples=100, derandomize=True)


@pytest.mark.slow
@pytest.mark.parametrize(("check", "given_by"), PROPERTIES, ids=IDS)
def test_holds_widely(
    check: Callable[..., None], given_by: tuple[SearchStrategy[Any], ...]
) -> None:
    _try(check, given_by, examples=500, derandomize=False)


def _try(
    check: Callable[..., None],
    given_by: tuple[SearchStrategy[Any], ...],
    *,
    examples: int,
    derandomize: bool,
) -> None:
    patient = settings(
        max_examples=examples,
        derandomize=derandomize,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    patient(given(*given_by)(check))()


def _expect_same(one: ParsedConversations, other: ParsedConversations) -> None:
    assert (one.count, one.rejected) == (other.count, other.rejected)
    same = one.table.combine_chunks().equals(other.table.combine_chunks(), check_metadata=True)
    assert same, f"{rows_of(one.table)} is not {rows_of(other.table)}"


@pytest.mark.parametrize(
    "member",
    ['"mistunderstoodQueries":[%s]', '"mistunderstoodQueries":[{"question":%s}]', '"endedAt":%s'],
)
def test_a_number_of_thousands_of_digits_is_put_aside_as_it_came(member: str) -> None:
    number = "1" + "0" * 5000
    (row,) = rows_of(parse(b'[{"_id":"c",%s}]' % (member % number).encode()).table)
    assert row["misunderstood_queries"] is row["ended_at"] is None
    assert number in row["other_properties"]
    assert f'"{number}"' not in row["other_properties"]


@pytest.mark.parametrize("value", ["%s", "[%s]", '{"value":[%s],"rationale":""}', '[{"a":%s}]'])
def test_a_field_may_hold_a_number_of_thousands_of_digits(value: str) -> None:
    number = "1" + "0" * 5000
    (row,) = rows_of(
        parse(b'[{"_id":"c","customAnalysis":{"f":%s}}]' % (value % number).encode()).table
    )
    assert number in row["custom_f"]


@pytest.mark.parametrize(
    "body",
    [
        b'[{"platformId":"p","metadata":{},"customAnalysis":{},"read":false,"agentId":"a"},"\\uD83D"]',
        b'[{"_id":"c","%s":"\\uD83D"}]' % (b"k" * 350),
    ],
    ids=["no object", "unknown member"],
)
def test_half_a_character_becomes_the_same_wherever_the_body_is_cut(body: bytes) -> None:
    for size in range(1, 400, 3):
        _expect_same(parse(body, piece_size=size), parse(body))
