"""Which conversations a list holds, and in which order."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

MAY_2 = {"startDate": "2026-05-02T12:00:00.000Z", "endDate": "2026-05-03T12:00:00.000Z"}
NOON_TO_ONE = {"startDate": "2026-05-02T11:00:00.000Z", "endDate": "2026-05-02T11:30:00.000Z"}


@pytest.fixture
def days(conversation):
    return [conversation(day) for day in (3, 1, 4, 2)]


@pytest.fixture
def flags(conversation):
    return [
        conversation(1),
        conversation(2, interacted=False),
        conversation(3, record=False),
        conversation(4, record=False, interacted=False),
    ]


def test_a_window_includes_both_bounds_and_comes_newest_first(serve, ids, days) -> None:
    assert ids(serve(days), **MAY_2) == ["c03", "c02"]


def test_a_bound_that_is_left_out_is_open(serve, ids, days) -> None:
    stand_in = serve(days)
    assert ids(stand_in) == ["c04", "c03", "c02", "c01"]
    assert ids(stand_in, startDate="2026-05-03") == ["c04", "c03"]
    assert ids(stand_in, endDate="2026-05-01T14:00:00.000+02:00") == ["c01"]


@pytest.mark.parametrize(
    ("bounds", "expected"),
    [
        ("start_exclusive", ["c03"]),
        ("end_exclusive", ["c02"]),
        ("date_only", ["c03", "c02"]),
        ("date_cut", ["c02"]),
        ("ignored", ["c04", "c03", "c02", "c01"]),
    ],
)
def test_bounds_can_mean_something_else(serve, ids, days, bounds, expected) -> None:
    assert ids(serve(days, bounds=bounds), **MAY_2) == expected


@pytest.mark.parametrize(("bounds", "expected"), [("inclusive", []), ("date_only", ["c02"])])
def test_date_only_bounds_take_in_the_whole_day(serve, ids, days, bounds, expected) -> None:
    assert ids(serve(days, bounds=bounds), **NOON_TO_ONE) == expected


def test_a_bound_that_is_no_date_is_refused(serve, fetch, days) -> None:
    response = fetch(serve(days), startDate="yesterday")
    assert response.status_code == 400
    assert "startDate is no ISO 8601 date" in response.json()["message"]


def test_windows_can_select_by_another_date(serve, ids, conversation) -> None:
    late = conversation(1, updatedAt="2026-05-02T18:00:00.000Z")
    rows = [late, conversation(2, updatedAt="2026-05-09T00:00:00.000Z"), conversation(3)]
    assert ids(serve(rows, date_field="updatedAt"), **MAY_2) == ["c03", "c01"]
    assert ids(serve(rows, date_field="endedAt"), **MAY_2) == []


def test_a_row_without_a_date_is_only_in_a_list_without_bounds(serve, ids, conversation) -> None:
    stand_in = serve([conversation(1, createdAt="once upon a time"), conversation(2)])
    assert ids(stand_in) == ["c01", "c02"]
    assert ids(stand_in, startDate="1970-01-01T00:00:00.000Z") == ["c02"]


@pytest.mark.parametrize(
    ("params", "expected"),
    [
        ({}, ["c01"]),
        ({"record": "true", "interacted": "false"}, ["c02"]),
        ({"record": "false"}, ["c03"]),
        ({"record": "false", "interacted": "false"}, ["c04"]),
    ],
)
def test_flags_are_true_unless_told(serve, ids, flags, params, expected) -> None:
    assert ids(serve(flags), **params) == expected


def test_false_can_mean_no_filter(serve, ids, flags) -> None:
    stand_in = serve(flags, false_means="no_filter")
    assert ids(stand_in, record="false") == ["c03", "c01"]
    assert ids(stand_in, record="false", interacted="false") == ["c04", "c03", "c02", "c01"]


@pytest.mark.parametrize(
    ("bools", "expected"),
    [("lower", ["c01", "c01"]), ("any_case", ["c01", "c03"]), ("strict", ["c03", "c03"])],
)
def test_capital_letters_in_flags(serve, ids, flags, bools, expected) -> None:
    stand_in = serve(flags, bools=bools)
    assert ids(stand_in, record="True") + ids(stand_in, record="False") == expected
    assert ids(stand_in, record="false") == ["c03"]


def test_order_can_be_another_but_the_rows_are_the_same(serve, ids, days) -> None:
    assert ids(serve(days, order="asc")) == ["c01", "c02", "c03", "c04"]
    shuffled = ids(serve(days, order="random", seed=3))
    assert shuffled == ids(serve(days, order="random", seed=3))
    assert sorted(shuffled) == ["c01", "c02", "c03", "c04"]
    assert shuffled not in (sorted(shuffled), sorted(shuffled, reverse=True))


@pytest.mark.parametrize(
    ("keeps", "expected"), [("newest", ["c04", "c03"]), ("oldest", ["c02", "c01"])]
)
def test_a_cap_cuts_a_list_without_a_word(serve, ids, days, keeps, expected) -> None:
    stand_in = serve(days, cap=2, cap_keeps=keeps)
    assert ids(stand_in) == expected
    assert ids(stand_in, **MAY_2) == ["c03", "c02"]


def test_a_random_cap_keeps_as_many_rows(serve, ids, conversation) -> None:
    rows = [conversation(day) for day in range(1, 29)]
    kept = ids(serve(rows, cap=20, cap_keeps="random"))
    assert len(set(kept)) == 20
    assert kept == sorted(kept, reverse=True)


def test_rows_can_change_while_it_runs(serve, ids, fetch, conversation, days) -> None:
    stand_in = serve(days)
    stand_in.delete("c02")
    stand_in.upsert(conversation(3, topic="price"))
    stand_in.upsert(conversation(5))
    assert ids(stand_in) == ["c05", "c04", "c03", "c01"]
    assert fetch(stand_in).json()[2]["topic"] == "price"
    stand_in.replace_conversations([conversation(9)])
    assert ids(stand_in) == ["c09"]


def test_rows_without_an_id_are_all_served(serve, fetch, conversation) -> None:
    rows = [conversation(day) for day in (1, 2)]
    for row in rows:
        del row["_id"]
    assert len(fetch(serve(rows)).json()) == 2


def test_json_text_is_served_as_it_is(serve, fetch, conversation) -> None:
    flags = b'"record": true, "interacted": true'
    text = b'{"agentId": "65f000000000000000000001", %b, "a":1e2,"a":2}' % flags
    assert fetch(serve([text])).content == b"[" + text + b"]"


@pytest.fixture
def evaluated_late(conversation):
    times = {"endedAt": "2026-05-01T12:10:00.000Z", "updatedAt": "2026-05-03T09:00:00.000Z"}
    return conversation(1, evaluation={"isSuccess": True}, **times)


@pytest.mark.parametrize(
    ("day", "expected"),
    [(1, []), (2, ["2026-05-01T12:10:00.000Z", None]), (4, ["2026-05-03T09:00:00.000Z", True])],
)
def test_a_clock_shows_rows_as_they_were(serve, fetch, evaluated_late, day, expected) -> None:
    stand_in = serve([evaluated_late], clock=datetime(2026, 5, day, tzinfo=UTC))
    seen = [[row["updatedAt"], _success(row)] for row in fetch(stand_in).json()]
    assert seen == ([expected] if expected else [])


def test_windows_select_by_what_the_clock_shows(serve, ids, evaluated_late) -> None:
    stand_in = serve([evaluated_late], date_field="updatedAt", clock=datetime(2026, 5, 2))  # noqa: DTZ001 - without a zone it is UTC
    assert ids(stand_in, endDate="2026-05-01T23:00:00.000Z") == ["c01"]
    assert ids(stand_in, startDate="2026-05-01T23:00:00.000Z") == []


def test_a_clock_that_runs_moves_one_conversation_along(serve, fetch, evaluated_late) -> None:
    moments = iter([datetime(2026, 5, day, tzinfo=UTC) for day in (2, 3, 4)])
    stand_in = serve([evaluated_late, {"agentId": "nobody"}], clock=lambda: next(moments))
    path = "/agents/65f000000000000000000001/conversations/c01"
    assert [_success(fetch(stand_in, path).json()) for _ in range(3)] == [None, None, True]


def _success(row):
    return row.get("evaluation", {}).get("isSuccess")
