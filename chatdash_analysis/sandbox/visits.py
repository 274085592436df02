"""The facts of one contact, drawn by the planted rates before anything is written down."""

from __future__ import annotations

from functools import lru_cache
from math import sqrt
from typing import TYPE_CHECKING, NamedTuple

from chatdash_analysis.sandbox.world import (
    FAULT_SHARE,
    HOME,
    ICC,
    LINES,
    OUTAGE_SHARE,
    OUTBOUND_REACHED,
    RECORDED,
    Line,
    setups,
)

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random

    from chatdash_analysis.sandbox.chance import Uniform, Weighted
    from chatdash_analysis.sandbox.people import Person
    from chatdash_analysis.sandbox.timeline import Plan
    from chatdash_analysis.sandbox.world import Setup

__all__ = ["Visit", "draw_visit"]

_LIKE_THE_PERSON = sqrt(ICC)
_USUAL_DEVICE = 0.8


class Visit(NamedTuple):
    """One contact of one person with one agent.

    ``reached`` says whether anything was said or typed; ``success`` is the
    outcome that an evaluation would state, False with a technical fault.
    """

    u: Uniform
    bits: Callable[[int], int]
    plan: Plan
    line: Line
    person: Person
    moment: int
    setup: Setup
    outbound: bool
    reached: bool
    recorded: bool
    fault: bool
    success: bool

    @property
    def voice(self) -> bool:
        """Whether it is a call."""
        return self.line.voice


def draw_visit(random: Random, plan: Plan, number: int, person: Person, moment: int) -> Visit:
    """Draw the facts of a contact at `moment` on the line with this number."""
    u, line = random.random, LINES[number]
    setup = _setups(number).at(person.taste if u() < _USUAL_DEVICE else u())
    outbound = u() < line.outbound
    reached = u() < (OUTBOUND_REACHED if outbound else line.inbound_reached)
    fault = u() < _fault_share(plan, line, moment) and reached
    # Sharing the person's own number now and then keeps every rate as planted and correlates
    # two outcomes of a person by the square of how often it is shared.
    luck = person.disposition if u() < _LIKE_THE_PERSON else u()
    success = luck < line.success_rate(setup[0], changed=moment >= plan.change) and not fault
    recorded = u() < RECORDED
    return Visit(
        u=u,
        bits=random.getrandbits,
        plan=plan,
        line=line,
        person=person,
        moment=moment,
        setup=setup,
        outbound=outbound,
        reached=reached,
        recorded=recorded,
        fault=fault,
        success=success,
    )


def _fault_share(plan: Plan, line: Line, moment: int) -> float:
    if not line.voice:
        return 0.0
    struck = line.agent is HOME and plan.outage_start <= moment < plan.outage_end
    return OUTAGE_SHARE if struck else FAULT_SHARE


@lru_cache(maxsize=64)
def _setups(number: int) -> Weighted[Setup]:
    return setups(LINES[number])
