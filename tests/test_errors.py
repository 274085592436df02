"""One tree of errors, with facts as attributes."""

from __future__ import annotations

import inspect
import pickle

import pytest

from chatdash_analysis import errors

CLASSES = [c for _, c in inspect.getmembers(errors, inspect.isclass)]


def test_every_error_is_a_chatdash_error_and_is_drawn():
    for kind in CLASSES:
        assert issubclass(kind, errors.ChatDashError)
        assert kind.__name__ in errors.__doc__
    assert sorted(errors.__all__) == sorted(c.__name__ for c in CLASSES)


def test_facts_are_attributes():
    error = errors.RequestError("busy", status_code=429, retry_after=3.0, retryable=True)
    assert (error.status_code, error.retry_after, error.retryable) == (429, 3.0, True)
    assert errors.IncompleteError("short", gaps=[{"agent_id": "a"}]).gaps == [{"agent_id": "a"}]
    assert errors.MissingColumnsError("no", missing=["a", "b"]).missing == ["a", "b"]


def test_the_message_of_missing_columns_is_shown_as_it_is():
    assert str(errors.MissingColumnsError("two\nlines", missing=[])) == "two\nlines"


@pytest.mark.parametrize(
    "error",
    [
        errors.InputError("a"),
        errors.RequestError("b", status_code=500, retryable=True, splittable=True),
        errors.ResponseError("c", retryable=False),
        errors.IncompleteError("d", gaps=[{"agent_id": "x"}]),
        errors.MissingColumnsError("e", missing=["f"]),
    ],
)
def test_errors_travel_between_processes(error):
    again = pickle.loads(pickle.dumps(error))
    assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
