"""``customAnalysis`` as Retell, Vapi and ElevenLabs shape it, with its planted troubles.

On Retell: a flat map with free-text keys; texts beside booleans; a key that was
renamed; two keys that differ in spelling alone; whole numbers that become text.
On Vapi: nested data, later ``{uuid: {name, result}}``. On ElevenLabs: collected
values with their rationale, flat or in a container.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.chance import pick
from chatdash_analysis.sandbox.timeline import iso

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatdash_analysis.sandbox.chance import Uniform
    from chatdash_analysis.sandbox.timeline import Plan

__all__ = [
    "BOOKED_IF_FAILURE",
    "BOOKED_IF_SUCCESS",
    "VAPI_FIELDS",
    "Call",
    "custom_analysis",
    "unconnected_analysis",
]

BOOKED_IF_SUCCESS, BOOKED_IF_FAILURE = 0.75, 0.15
VAPI_FIELDS = {
    "booked": "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a01",
    "csat": "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a02",
    "category": "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a03",
    "shift": "6f0c2e3a-1b7d-4c58-9a21-5d0e7b3f1a04",
}
_DAY = 86_400_000


@dataclass(frozen=True, slots=True)
class Call:
    """What an analysis of one call rests on."""

    u: Uniform
    plan: Plan
    moment: int
    success: bool
    name: str
    email: str

    @property
    def booked(self) -> bool:
        """Draw whether something was booked, the planted driver of success."""
        return self.u() < (BOOKED_IF_SUCCESS if self.success else BOOKED_IF_FAILURE)

    @property
    def shift(self) -> int:
        """Draw the planted field that has nothing to do with success."""
        return 1 + int(self.u() * 4)


def custom_analysis(platform: str, call: Call) -> dict[str, Any]:
    """Return the analysis of a call in which something was said."""
    return _SHAPES[platform](call)


def unconnected_analysis(u: Uniform, platform: str) -> dict[str, Any] | None:
    """Return what stands for a call without one: mostly nothing; on Retell at times only nulls."""
    chance = u()
    if platform == "retell" and chance < 0.12:
        return {"appointment_booked": None, "agent_shift": None, "caller_name": "N/A"}
    return {} if chance > 0.85 else None


def _retell(call: Call) -> dict[str, Any]:
    u, booked = call.u, call.booked
    # Everything the fields need is drawn first, so that a dropped field shifts no other draw.
    score = 1 + int(u() * 3) + 2 * booked
    fields: dict[str, Any] = {
        "appointment_booked": booked,
        "agent_shift": call.shift,
        "call_successful": call.success if u() < 0.9 else not call.success,
        "caller_name": call.name if u() < 0.8 else pick(u, ("N/A", "", "unknown")),
        "is_new_customer": u() < 0.35,
        "service_type": pick(u, ("cleaning", "check-up", "filling", "whitening", "emergency")),
        "confirmed": _said(u, yes=booked),
        "Lead Score": f"{score}/5",
        "lead_score": score,
        "callback_minutes": _minutes(call),
        "quoted_price": round(40 + 360 * u(), 2) if u() < 0.6 else None,
        "insurance": pick(u, ("N/A", "", "private", "through employer", "not mentioned")),
        "requested_services": _some(u, ("cleaning", "x-ray", "whitening", "check-up")),
        "follow_up_notes": pick(u, ("", "", "prefers mornings", "asked for the same dentist")),
    }
    fields["caller_intent" if call.moment < call.plan.renamed else "call_intent"] = pick(
        u, ("book", "reschedule", "cancel", "question")
    )
    if booked:
        fields["appointment_date"] = _date(u, call.moment)
    return {key: value for key, value in fields.items() if key in _ALWAYS or u() < 0.85}


_ALWAYS = ("appointment_booked", "agent_shift")


def _said(u: Uniform, *, yes: bool) -> bool | str:
    if u() < 0.4:
        return yes
    return "yes" if yes else "no"


def _minutes(call: Call) -> int | str:
    minutes = pick(call.u, (5, 10, 15, 30, 60))
    return minutes if call.moment < call.plan.retyped else f"{minutes} min"


def _some(u: Uniform, values: tuple[str, ...]) -> list[str]:
    return [value for value in values if u() < 0.4]


def _date(u: Uniform, moment: int) -> str:
    day = iso(moment + int(1 + u() * 20) * _DAY)[:10]
    return day if u() < 0.8 else pick(u, ("next Tuesday", "tomorrow at 3 pm", f"{day[5:]} 10:30"))


def _vapi(call: Call) -> dict[str, Any]:
    return _vapi_legacy(call) if call.moment < call.plan.new_form else _vapi_outputs(call)


def _vapi_legacy(call: Call) -> dict[str, Any]:
    u, booked = call.u, call.booked
    data: dict[str, Any] = {
        "booked": "Yes" if booked else "No",
        "agentShift": call.shift,
        "issue": {"category": pick(u, _ISSUES), "priority": pick(u, ("low", "normal", "urgent"))},
        "followUp": {"required": u() < 0.3, "method": pick(u, ("email", "phone", None))},
        "tags": _some(u, ("leak", "night", "repeat", "quote")),
        "csat": _csat(call) if u() < 0.7 else None,
    }
    if u() < 0.2:
        return data
    verdict = str(_csat(call)) if u() < 0.8 else str(call.success).lower()
    whole: dict[str, Any] = {"structuredData": data, "successEvaluation": verdict}
    if u() < 0.1:
        whole["structuredDataMulti"] = [{"key": "sales", "result": {"qualified": booked}}]
    return whole


_ISSUES = ("plumbing", "heating", "electrical", "other")


def _csat(call: Call) -> int:
    return 1 + int(call.u() * 5) + 5 * call.success


def _vapi_outputs(call: Call) -> dict[str, Any]:
    u, booked = call.u, call.booked
    feedback = pick(u, ("Very helpful", "ok", "", "too slow", "N/A"))
    outputs: dict[str, Any] = {
        "booked": {"name": "Appointment Booked", "result": booked},
        "shift": {"name": "Agent Shift", "result": call.shift},
        "csat": {"name": "CSAT", "result": {"score": _csat(call), "feedback": feedback}},
        "category": {"name": "Issue Category", "result": pick(u, _ISSUES)},
    }
    kept = ("booked", "shift", *(key for key in ("csat", "category") if u() < 0.8))
    return {VAPI_FIELDS[key]: outputs[key] for key in kept}


def _elevenlabs(call: Call) -> dict[str, Any]:
    collected = _collected(call)
    if call.u() < 0.3:
        return collected
    return {
        "data_collection_results": collected,
        "evaluation_criteria_results": {
            "solved": _criterion(call, "solved", good=call.success),
            "upsell": _criterion(call, "upsell", good=call.u() < 0.2),
        },
    }


def _collected(call: Call) -> dict[str, Any]:
    u, booked = call.u, call.booked
    guests: int | str = 1 + int(u() * 5)
    if call.moment >= call.plan.retyped:
        guests = f"{guests} guests"
    values: dict[str, tuple[Any, str, str]] = {
        "room_booked": (booked, "boolean", "Said at the end of the call."),
        "agent_shift": (call.shift, "integer", "Taken from the roster."),
        "guests": (guests, "integer", "Named by the caller."),
        "rating": (_csat(call) if u() < 0.7 else None, "integer", "Asked before hanging up."),
        "email": (call.email if u() < 0.3 else None, "string", "Spelled out by the caller."),
    }
    kept = {key: value for key, value in values.items() if key in _KEPT or u() < 0.8}
    return {key: _item(key, *value) for key, value in kept.items()}


_KEPT = ("room_booked", "agent_shift")


def _item(key: str, value: object, kind: str, rationale: str) -> dict[str, Any]:
    return {
        "data_collection_id": key,
        "value": value,
        "json_schema": {"type": kind},
        "rationale": rationale if value is not None else "Not mentioned.",
    }


def _criterion(call: Call, key: str, *, good: bool) -> dict[str, Any]:
    if call.u() < 0.08:
        return {"criteria_id": key, "result": "unknown", "rationale": "Too short to tell."}
    result = "success" if good else "failure"
    return {"criteria_id": key, "result": result, "rationale": f"Judged {result} by the rules."}


_SHAPES: dict[str, Callable[[Call], dict[str, Any]]] = {
    "retell": _retell,
    "vapi": _vapi,
    "elevenlabs": _elevenlabs,
}
