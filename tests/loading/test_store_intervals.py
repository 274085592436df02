from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from chatdash_analysis.loading.intervals import (
    Interval,
    cut_out,
    from_microseconds,
    overlay,
    to_microseconds,
)
from tests.loading.store_tables import BEGIN, hour

SPAN = 12


def interval(
    start: int, end: int, flags: int = 15, fetched: int = 0, rejected: int = 0
) -> Interval:
    return Interval(hour(start), hour(end), flags, hour(fetched), rejected)


@st.composite
def intervals(draw: st.DrawFn) -> Interval:
    start = draw(st.integers(0, SPAN - 1))
    end = draw(st.integers(start + 1, SPAN))
    flags, fetched = draw(st.integers(1, 15)), draw(st.integers(0, 5))
    return interval(start, end, flags, fetched, draw(st.integers(0, 3)))


Model = dict[int, tuple[int, int]]


def model_of(coverage: tuple[Interval, ...]) -> Model:
    model: Model = {}
    for held in coverage:
        for place in range(SPAN):
            if held.start <= hour(place) < held.end:
                assert place not in model, "stretches overlap"
                model[place] = (held.flags, round((held.fetched_at - BEGIN) / timedelta(hours=1)))
    return model


def laid_over(model: Model, new: Interval) -> Model:
    result = dict(model)
    fetched = round((new.fetched_at - BEGIN) / timedelta(hours=1))
    for place in range(SPAN):
        if new.start <= hour(place) < new.end:
            flags, before = model.get(place, (0, fetched))
            result[place] = (
                flags | new.flags,
                fetched if not flags & ~new.flags else min(fetched, before),
            )
    return result


@given(st.lists(intervals(), max_size=6))
def test_coverage_equals_a_model_that_keeps_each_hour_apart(fetched: list[Interval]) -> None:
    coverage: tuple[Interval, ...] = ()
    model: Model = {}
    for new in fetched:
        coverage, model = overlay(coverage, new), laid_over(model, new)
        assert model_of(coverage) == model
        assert list(coverage) == sorted(coverage, key=lambda held: held.start)
        assert all(held.start < held.end for held in coverage)


@given(st.lists(intervals(), max_size=6))
def test_equal_neighbours_are_joined(fetched: list[Interval]) -> None:
    coverage: tuple[Interval, ...] = ()
    for new in fetched:
        coverage = overlay(coverage, new)
    for left, right in pairwise(coverage):
        same = (left.flags, left.fetched_at) == (right.flags, right.fetched_at)
        assert left.end < right.start or not same


@given(st.lists(intervals(), max_size=6), intervals())
def test_cutting_out_leaves_the_other_hours_as_they_were(
    fetched: list[Interval], gone: Interval
) -> None:
    coverage: tuple[Interval, ...] = ()
    for new in fetched:
        coverage = overlay(coverage, new)
    left = {p: v for p, v in model_of(coverage).items() if not gone.start <= hour(p) < gone.end}
    assert model_of(cut_out(coverage, gone.start, gone.end)) == left


@given(st.lists(intervals(), max_size=6))
def test_no_element_is_counted_as_rejected_twice(fetched: list[Interval]) -> None:
    coverage: tuple[Interval, ...] = ()
    for new in fetched:
        coverage = overlay(coverage, new)
    assert sum(held.rejected for held in coverage) <= sum(new.rejected for new in fetched)


def test_the_count_of_rejected_elements_stays_while_a_piece_of_its_answer_does() -> None:
    coverage = overlay((interval(0, 10, rejected=3),), interval(0, 4, fetched=1, rejected=1))
    assert [held.rejected for held in coverage] == [1, 3]


def test_an_answer_that_is_wholly_replaced_takes_its_count_along() -> None:
    coverage = overlay((interval(2, 4, rejected=3),), interval(0, 10, fetched=1))
    assert coverage == (interval(0, 10, fetched=1),)


def test_instants_survive_as_microseconds_over_all_years() -> None:
    for moment in (BEGIN.replace(year=1), BEGIN.replace(year=9999, microsecond=999_999)):
        assert from_microseconds(to_microseconds(moment)) == moment
