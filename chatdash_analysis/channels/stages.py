"""The stages of a conversation: reached, no technical fault, success; and their product.

    P(success) = P(reached) P(no fault | reached) P(success | reached, no fault)

What is not known at a stage is left out there. So the product takes conversations without
a verdict to be like those with one that got as far; the plain share of successes does not.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from chatdash_analysis.channels.kinds import channel_kinds
from chatdash_analysis.codes import group_codes
from chatdash_analysis.endings.families import FAULTS, NOT_REACHED, UNKNOWN
from chatdash_analysis.segments import outcome_values

if TYPE_CHECKING:
    from collections.abc import Iterator

    import pandas as pd
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Codes = NDArray[np.int64]

__all__ = ["STAGES", "Stage", "Stages", "is_voice", "stages_of"]

STAGES = ("reached", "no_fault", "success")


class Stage(NamedTuple):
    """What is known of one stage, row by row.

    Attributes
    ----------
    known, passed : numpy.ndarray of bool
        Whether it is known how it went, and whether it went well.
    unknown : numpy.ndarray of bool
        Whether it got to this stage, or might have, and nobody knows how it went.
    """

    known: Flags
    passed: Flags
    unknown: Flags


class Stages(NamedTuple):
    """The three stages and all of them together."""

    reached: Stage
    no_fault: Stage
    success: Stage
    overall: Stage

    def single(self) -> Iterator[Stage]:
        """Yield the three stages that multiply."""
        yield from self[:3]


def stages_of(frame: pd.DataFrame, ended: pd.Series, outcome: str, groups: Codes) -> Stages:
    """Tell of each conversation how far it got.

    A call that ended in a technical fault counts as reached: it was not the customer
    who did not come. Other conversations are reached if the customer did anything,
    and nothing says that nobody answered. Where it is not known whether the customer
    did anything, a call that somebody answered or that was ended by either side is.

    A fault shows in the reason why a conversation ended. Chats have none; they count as
    sound, unless the whole group has no reasons, so that there is no such stage.

    Parameters
    ----------
    frame : pandas.DataFrame
        Conversations with ``platform``, ``channel``, ``interacted``, ``no_answer`` and
        the outcome as flags.
    ended : pandas.Series
        Family of the reason of each; missing where there is none.
    groups : numpy.ndarray
        Number of the group of each.
    """
    fault = ended.isin(FAULTS).to_numpy(dtype=np.bool_)
    told = ended.notna().to_numpy(dtype=np.bool_)
    voice, verdict = is_voice(frame), _verdict(frame, outcome)
    reached = _reached(frame, ended, fault, voice)
    got_through = reached.known & reached.passed
    clear = told & ended.ne(UNKNOWN).to_numpy(dtype=np.bool_)
    recorded = np.isin(groups, np.unique(groups[voice | told]))
    checked = got_through & (clear | ~voice) & recorded
    sound = Stage(checked, checked & ~fault, got_through & recorded & ~checked)
    judged = got_through & ~fault
    success = Stage(*(judged & flags for flags in verdict))
    failed = (reached.known & ~reached.passed) | (got_through & fault)
    overall = Stage(failed | success.known, success.passed, reached.unknown | success.unknown)
    return Stages(reached, sound, success, overall)


def is_voice(frame: pd.DataFrame) -> Flags:
    """Tell which conversations were calls."""
    codes, seen = group_codes(frame, ["platform", "channel"])
    (voice,) = _flags(seen, voice=channel_kinds(seen).voice)
    return np.asarray(voice[codes])


def _verdict(frame: pd.DataFrame, outcome: str) -> tuple[Flags, ...]:
    values = outcome_values(frame, outcome)
    known, passed, unknown = _flags(
        frame, known=values["n"], passed=values["successes"], unknown=values["unknown"]
    )
    return known, passed, unknown


def _flags(frame: pd.DataFrame, **conditions: object) -> list[Flags]:
    import narwhals as nw

    found = nw.to_native(nw.from_native(frame, eager_only=True).select(**conditions))
    return [found[name].to_numpy(dtype=np.bool_, na_value=False) for name in conditions]


def _reached(frame: pd.DataFrame, ended: pd.Series, fault: Flags, voice: Flags) -> Stage:
    did, silent = _is(frame["interacted"], True), _is(frame["interacted"], False)
    unanswered, answered = _is(frame["no_answer"], True), _is(frame["no_answer"], False)
    nobody = unanswered | ended.isin(NOT_REACHED).to_numpy(dtype=np.bool_)
    ordinary = ended.notna() & ended.ne(UNKNOWN)
    connected = voice & (answered | ordinary.to_numpy(dtype=np.bool_))
    passed = fault | (~nobody & (did | (connected & ~silent)))
    known = passed | nobody | silent
    return Stage(known, passed, ~known)


def _is(column: pd.Series, value: bool) -> Flags:
    return np.asarray(column.eq(value).fillna(value=False), dtype=np.bool_)
