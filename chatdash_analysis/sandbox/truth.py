"""What was planted in a sample, for tests and for learning with known answers."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox import expected
from chatdash_analysis.sandbox.calls import FAULT_REASONS
from chatdash_analysis.sandbox.customs import BOOKED_IF_FAILURE, BOOKED_IF_SUCCESS, VAPI_FIELDS
from chatdash_analysis.sandbox.topics import topics
from chatdash_analysis.sandbox.world import (
    AGENTS,
    EVALUATED,
    FAULT_SHARE,
    HOME,
    ICC,
    OUTAGE_SHARE,
    RETURNING,
    SHARED_IP,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from chatdash_analysis.sandbox.rows import Planted
    from chatdash_analysis.sandbox.timeline import Plan
    from chatdash_analysis.sandbox.topics import Topic

__all__ = ["Driver", "Outage", "Truth"]

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Driver:
    """A field of ``customAnalysis`` that goes with success.

    Attributes
    ----------
    platform : str
        Platform whose calls have the field.
    path : tuple of str
        Keys that lead to its value.
    yes : object
        The value that counts as yes.
    if_success, if_failure : float
        Share of yes among good and among bad calls without a technical fault.
    """

    platform: str
    path: tuple[str, ...]
    yes: object
    if_success: float = BOOKED_IF_SUCCESS
    if_failure: float = BOOKED_IF_FAILURE


@dataclass(frozen=True, slots=True)
class Outage:
    """A provider fails for two days: most connected calls of one agent end in a fault.

    Attributes
    ----------
    agent_id : str
        The agent that suffers.
    start, end : datetime
        Half-open stretch of time.
    share, usual_share : float
        Share of connected calls that fail then, and at other times.
    reasons : tuple of str
        Ended reasons of such calls.
    """

    agent_id: str
    start: datetime
    end: datetime
    share: float
    usual_share: float
    reasons: tuple[str, ...]


_DRIVERS = (
    Driver("retell", ("appointment_booked",), yes=True),
    Driver("vapi", ("structuredData", "booked"), yes="Yes"),
    Driver("vapi", ("booked",), yes="Yes"),
    Driver("vapi", (VAPI_FIELDS["booked"], "result"), yes=True),
    Driver("elevenlabs", ("data_collection_results", "room_booked", "value"), yes=True),
    Driver("elevenlabs", ("room_booked", "value"), yes=True),
)
# Present on each analysed call and drawn without regard to anything.
_CHANCE_FIELDS = (
    ("retell", ("agent_shift",)),
    ("vapi", ("structuredData", "agentShift")),
    ("vapi", ("agentShift",)),
    ("vapi", (VAPI_FIELDS["shift"], "result")),
    ("elevenlabs", ("data_collection_results", "agent_shift", "value")),
    ("elevenlabs", ("agent_shift", "value")),
)


@dataclass(frozen=True)
class Truth:
    """The planted truth of one sample.

    All rates leave out calls with a technical fault, which never succeed.

    Attributes
    ----------
    plan : Plan
        The planted dates in milliseconds; the properties give them as datetimes.
    planted : callable
        Yields the truth behind each conversation, in the order of the sample.
    """

    plan: Plan
    planted: Callable[[], Iterator[Planted]]

    drivers = _DRIVERS
    chance_fields = _CHANCE_FIELDS
    icc = ICC  # correlation of two outcomes of one person
    returning = RETURNING  # chance that a conversation goes to somebody who may be known
    evaluated = EVALUATED  # share of verdicts where anything was said
    shared_ip = SHARED_IP  # an office network: many people, not one
    renamed_field = ("caller_intent", "call_intent")  # at `renamed_at`, on Retell
    retyped_fields = (("retell", "callback_minutes"), ("elevenlabs", "guests"))  # at `retyped_at`

    @property
    def start(self) -> datetime:
        """Start of the window."""
        return _instant(self.plan.start)

    @property
    def end(self) -> datetime:
        """End of the window, outside it."""
        return _instant(self.plan.end)

    @property
    def change_at(self) -> datetime:
        """When the mix of channels changes and every success rate rises a little."""
        return _instant(self.plan.change)

    @property
    def fixed_at(self) -> datetime:
        """When `fixed_topic` is asked for the last time."""
        return _instant(self.plan.fixed)

    @property
    def renamed_at(self) -> datetime:
        """When `renamed_field` gets its new name."""
        return _instant(self.plan.renamed)

    @property
    def retyped_at(self) -> datetime:
        """When `retyped_fields` go from whole numbers to text."""
        return _instant(self.plan.retyped)

    @property
    def new_form_at(self) -> datetime:
        """When Vapi goes from nested data to structured outputs."""
        return _instant(self.plan.new_form)

    @property
    def outage(self) -> Outage:
        """The outage behind the Vapi agent."""
        return Outage(
            agent_id=HOME.id,
            start=_instant(self.plan.outage_start),
            end=_instant(self.plan.outage_end),
            share=OUTAGE_SHARE,
            usual_share=FAULT_SHARE,
            reasons=FAULT_REASONS[HOME.platform],
        )

    @property
    def agent_numbers(self) -> dict[str, str]:
        """Phone number of each agent that has one, by the id of the agent."""
        return {agent.id: agent.number for agent in AGENTS if agent.number}

    @property
    def cost_units(self) -> dict[str, str]:
        """Unit of ``cost`` by platform; they differ, so costs do not add up."""
        return {"retell": "US cents", "vapi": "US dollars", "elevenlabs": "credits"}

    def channel_shares(self, *, changed: bool) -> dict[str, float]:
        """Return the share of each channel in all conversations, before or after the change."""
        return expected.channel_shares(changed=changed)

    def reached_by_channel(self, *, changed: bool) -> dict[str, float]:
        """Return the share of contacts of each channel in which anything was said."""
        return expected.reached_by_channel(changed=changed)

    def success_by_channel(self, *, changed: bool) -> dict[str, float]:
        """Return the success rate of each channel among evaluated conversations."""
        return expected.success_by_channel(changed=changed)

    def overall_success(self, *, changed: bool) -> float:
        """Return the success rate over all channels; it falls although each channel gains."""
        return expected.overall_success(changed=changed)

    def success_by_device(self) -> dict[str, float]:
        """Return the rate of each device on web chat, before the change: mobile is worse ..."""
        return expected.success_by_setup(0)

    def success_by_os(self) -> dict[str, float]:
        """Return the rate of each operating system on web chat, before the change."""
        return expected.success_by_setup(1)

    def success_by_language_and_device(self) -> dict[tuple[str, str], float]:
        """Return the same by language too: in each of them, mobile is better."""
        return expected.success_by_language_and_device()

    @property
    def topics(self) -> dict[str, Topic]:
        """Planted topics of misunderstood questions by id."""
        return {topic.id: topic for topic in topics()}

    @property
    def new_topic(self) -> str:
        """Id of the topic that is asked only since `change_at`."""
        return next(topic.id for topic in topics() if topic.life == "new")

    @property
    def fixed_topic(self) -> str:
        """Id of the topic that is not asked any more since `fixed_at`."""
        return next(topic.id for topic in topics() if topic.life == "fixed")

    def topic_of(self, question: str) -> str | None:
        """Return the id of the topic of a question of this sample; None for idle talk.

        The first call goes through the whole sample and keeps its questions.

        Raises
        ------
        InputError
            If nobody asked this in the sample.
        """
        try:
            return self._topic_by_question[question]
        except KeyError:
            msg = (
                f"Nobody asked {question!r} in this sample. "
                "Give a text exactly as it stands in mistunderstoodQueries."
            )
            raise InputError(msg) from None

    @cached_property
    def _topic_by_question(self) -> dict[str, str | None]:
        return {
            question: topic
            for planted in self.planted()
            for question, topic in zip(planted.questions, planted.topics, strict=True)
        }


def _instant(moment: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=moment)
