"""The switches refuse what they do not know."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.faults import FAULTS
from chatdash_analysis.sandbox.wire import WIRES


@pytest.mark.parametrize(
    ("switch", "value"),
    [("order", "newest"), ("fail_with", "500"), ("fault_routes", ("agents", "agnets"))],
)
def test_an_unknown_value_is_refused_with_the_known_ones(switch, value) -> None:
    with pytest.raises(InputError, match=f"{switch} cannot be .*; possible are: .*, "):
        Behaviour(**{switch: value})


def test_free_values_are_free() -> None:
    free = Behaviour(content_type="x/y", hide=("cost",), poisoned=frozenset({"a"}), fail_with=418)
    assert (free.content_type, free.hide, free.fail_with) == ("x/y", ("cost",), 418)


@pytest.mark.parametrize("fault", [*FAULTS, "redirect"])
def test_every_fault_can_be_asked_for(fault) -> None:
    assert Behaviour(poison=fault).poison == fault


@pytest.mark.parametrize("framing", ["length", "chunked", "close"])
def test_every_framing_is_a_way_to_travel(framing) -> None:
    assert WIRES[Behaviour(framing=framing).framing].share == 1.0


def test_the_clock_is_a_moment_or_tells_it() -> None:
    moment = datetime(2026, 5, 1, tzinfo=UTC)
    assert Behaviour().now() is None
    assert Behaviour(clock=moment).now() == moment
    assert Behaviour(clock=lambda: moment).now() == moment
