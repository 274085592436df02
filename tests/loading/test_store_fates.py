from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.loading.fates import STORED, Asked, Keys, decide

NEVER = np.iinfo("int64").min


@dataclass
class Row:
    agent: int
    batch: int
    key: str | None
    time: int
    updated: int
    served: int


def keys_of(rows: list[Row]) -> Keys:
    return Keys(
        agent=np.array([row.agent for row in rows], "int64"),
        batch=np.array([row.batch for row in rows], "int64"),
        ids=pa.chunked_array([[row.key for row in rows]], pa.string()),
        time=np.array([row.time for row in rows], "int64"),
        updated=np.array([row.updated for row in rows], "int64"),
        served=np.array([row.served for row in rows], "int64"),
    )


def by_hand(rows: list[Row], asked: list[Asked]) -> dict[int, int]:
    """Return `served` of each row that stays, one row after the other."""
    served = {place: row.served for place, row in enumerate(rows)}
    for number, answer in enumerate(asked):
        for place, row in enumerate(rows):
            inside = row.agent == answer.agent and answer.start <= row.time < answer.end
            if place in served and row.batch < number and inside:
                served[place] &= ~answer.flags
                if not served[place]:
                    del served[place]
    conversations = {(rows[p].agent, rows[p].key) for p in served if rows[p].key is not None}
    for agent, key in conversations:
        first, *others = [p for p in served if (rows[p].agent, rows[p].key) == (agent, key)]
        best, before, total = first, first, served.pop(first)
        for place in others:
            another = rows[place].batch != rows[before].batch
            total &= ~asked[rows[place].batch].flags if another else -1
            total |= served.pop(place)
            best = place if rows[place].updated >= rows[best].updated else best
            before = place
        served[best] = total
    return served


@st.composite
def cases(draw: st.DrawFn) -> tuple[list[Row], list[Asked]]:
    asked = []
    for _ in range(draw(st.integers(1, 4))):
        start = draw(st.integers(0, 5))
        end = draw(st.integers(start + 1, 6))
        asked.append(Asked(draw(st.integers(0, 1)), start, end, draw(st.integers(1, 15))))
    ids, updates = st.sampled_from(["x", "y", "z", None]), st.sampled_from([NEVER, 1, 2])
    rows = []
    for batch in range(STORED, len(asked)):
        for _ in range(draw(st.integers(0, 4))):
            agent, time, served = draw(st.integers(0, 1)), draw(st.integers(0, 5)), 15
            if batch != STORED:
                agent, served = asked[batch].agent, asked[batch].flags
                time = draw(st.integers(asked[batch].start, asked[batch].end - 1))
            served &= draw(st.integers(1, 15)) or 1
            rows.append(Row(agent, batch, draw(ids), time, draw(updates), served or 1))
    return rows, asked


@given(cases())
def test_all_fates_equal_those_decided_row_by_row(case: tuple[list[Row], list[Asked]]) -> None:
    rows, asked = case
    stays, served = decide(keys_of(rows), asked)
    assert {int(p): int(served[p]) for p in np.flatnonzero(stays)} == by_hand(rows, asked)


def fates(rows: list[Row], *asked: Asked) -> list[int | None]:
    stays, served = decide(keys_of(rows), asked)
    return [int(s) if stay else None for s, stay in zip(served, stays, strict=True)]


def test_the_row_updated_last_stays() -> None:
    rows = [Row(0, STORED, "x", 9, 5, 15), Row(0, 0, "x", 1, 4, 15)]
    assert fates(rows, Asked(0, 0, 6, 15)) == [15, None]


def test_between_equal_updates_the_newer_answer_stays() -> None:
    rows = [Row(0, STORED, "x", 9, 5, 15), Row(0, 0, "x", 1, 5, 15)]
    assert fates(rows, Asked(0, 0, 6, 15)) == [None, 15]


def test_a_known_update_beats_an_unknown_one() -> None:
    rows = [Row(0, 0, "x", 1, 5, 15), Row(0, 0, "x", 2, NEVER, 15)]
    assert fates(rows, Asked(0, 0, 6, 15)) == [15, None]


def test_a_stored_row_asked_for_again_and_not_returned_is_gone() -> None:
    assert fates([Row(0, STORED, "x", 1, 5, 1)], Asked(0, 0, 6, 1)) == [None]


def test_a_stored_row_keeps_the_combinations_that_were_not_asked_for() -> None:
    assert fates([Row(0, STORED, "x", 1, 5, 0b0101)], Asked(0, 0, 6, 0b0011)) == [0b0100]


def test_a_row_returned_again_stands_under_old_and_new_combinations() -> None:
    rows = [Row(0, STORED, "x", 1, 5, 0b0101), Row(0, 0, "x", 1, 6, 0b0010)]
    assert fates(rows, Asked(0, 0, 6, 0b0011)) == [None, 0b0110]


def test_rows_without_an_id_are_never_the_same() -> None:
    rows = [Row(0, 0, None, 1, 5, 15), Row(0, 0, None, 1, 5, 15)]
    assert fates(rows, Asked(0, 0, 6, 15)) == [15, 15]


def test_the_same_id_of_another_agent_is_another_conversation() -> None:
    rows = [Row(1, STORED, "x", 1, 5, 15), Row(0, 0, "x", 1, 5, 15)]
    assert fates(rows, Asked(0, 0, 6, 15)) == [15, 15]
