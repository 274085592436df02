"""What a call adds to a conversation: numbers, ending, length, cost, recording, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.chance import Weighted, pick

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.visits import Visit

__all__ = ["FAULT_REASONS", "call_length", "call_properties", "platform_id"]

MINUTE = 60_000
_CAMPAIGNS = (
    "695a10e04c0f9a0011a70c01",
    "69a0f2e04c0f9a0011a70c02",
    "69eb7a604c0f9a0011a70c03",
)
_CAMPAIGN_LENGTH = 60 * 86_400_000

_REACHED = {
    "retell": Weighted(
        (
            ("user_hangup", 52),
            ("agent_hangup", 33),
            ("call_transfer", 9),
            ("inactivity", 4),
            ("max_duration_reached", 2),
        )
    ),
    "vapi": Weighted(
        (
            ("customer-ended-call", 48),
            ("assistant-ended-call", 22),
            ("assistant-said-end-call-phrase", 12),
            ("assistant-forwarded-call", 9),
            ("silence-timed-out", 7),
            ("exceeded-max-duration", 2),
        )
    ),
    "elevenlabs": Weighted(
        (
            ("end_call tool was called.", 40),
            ("Call ended by remote party", 32),
            ("Client disconnected: 1000", 16),
            ("Client disconnected: 1005", 6),
            ("", 6),
        )
    ),
}
_UNREACHED_OUT = {
    "retell": Weighted(
        (
            ("dial_no_answer", 40),
            ("voicemail_reached", 38),
            ("dial_busy", 10),
            ("user_declined", 8),
            ("dial_failed", 4),
        )
    ),
    "vapi": Weighted((("customer-did-not-answer", 48), ("voicemail", 40), ("customer-busy", 12))),
}
_UNREACHED_IN = {
    "retell": ("user_hangup", "inactivity", "error_no_audio_received"),
    "vapi": (
        "silence-timed-out",
        "customer-ended-call",
        "call.in-progress.error-assistant-did-not-receive-customer-audio",
    ),
    "elevenlabs": ("Client disconnected: 1006", "inactivity timeout", "client:user"),
}
_UNREACHED_WEB = {
    "retell": ("error_user_not_joined", "registered_call_timeout"),
    "vapi": ("customer-did-not-give-microphone-permission", "silence-timed-out"),
    "elevenlabs": ("Client disconnected: 1006", "inactivity timeout"),
}
FAULT_REASONS = {
    "retell": ("error_llm_websocket_runtime", "error_asr", "error_retell"),
    "vapi": (
        "call.in-progress.error-providerfault-openai-llm-failed",
        "call.in-progress.error-providerfault-openai-503-server-overloaded-error",
        "call.in-progress.error-providerfault-eleven-labs-500-server-error",
        "call.in-progress.error-providerfault-deepgram-returning-502-network-error",
    ),
    "elevenlabs": ("client:error",),
}
# What a minute costs, in the unit of each platform: cents, dollars, credits.
_PRICE = {"retell": 11.5, "vapi": 0.135, "elevenlabs": 640.0}


def call_length(visit: Visit) -> int:
    """Return how long a call took, in milliseconds."""
    chance = visit.u()
    if not visit.reached:
        return int(chance * 0.7 * MINUTE)
    if visit.fault:
        return int((0.1 + chance) * MINUTE)
    return int((0.5 + 2.5 * chance + 7 * chance * chance * chance * chance) * MINUTE)


def call_properties(visit: Visit, length: int, platform_id: str) -> dict[str, Any]:
    """Return what only calls have."""
    minutes = round(length / MINUTE, 3)
    row: dict[str, Any] = {
        "duration": minutes,
        "cost": _cost(visit, minutes),
        "endedReason": _ended_reason(visit),
        "metadata": _METADATA[visit.line.agent.platform](visit),
    }
    unanswered = visit.outbound and not visit.reached
    if unanswered or visit.u() < 0.8:
        row["noAnswer"] = unanswered
    if visit.recorded and visit.reached and visit.u() < 0.9:
        host = f"https://recordings.example.com/{visit.line.agent.platform}"
        row["url"] = f"{host}/{platform_id}.wav"
    return row | _numbers(visit) | _lead(visit)


def platform_id(visit: Visit) -> str:
    """Return an id in the form of the platform that ran the conversation."""
    digits = f"{visit.bits(128):032x}"
    platform = visit.line.agent.platform
    if platform == "retell":
        return f"call_{digits[:27]}"
    if platform == "vapi":
        return f"{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-a{digits[17:20]}-{digits[20:]}"
    if platform == "openai":
        return f"thread_{digits[:24]}"
    return digits[:24] if platform == "voiceflow" else f"conv_{digits[:26]}"


def _cost(visit: Visit, minutes: float) -> float:
    platform = visit.line.agent.platform
    cost = minutes * _PRICE[platform] * (0.9 + 0.2 * visit.u())
    return int(cost) if platform == "elevenlabs" else round(cost, 4)


def _ended_reason(visit: Visit) -> str:
    platform = visit.line.agent.platform
    if visit.fault:
        return pick(visit.u, FAULT_REASONS[platform])
    if visit.reached:
        return _REACHED[platform].at(visit.u())
    if visit.outbound:
        return _UNREACHED_OUT[platform].at(visit.u())
    silent = _UNREACHED_WEB if visit.line.channel == "web_call" else _UNREACHED_IN
    return pick(visit.u, silent[platform])


def _numbers(visit: Visit) -> dict[str, Any]:
    """Return the two numbers: on Retell from and to, elsewhere customer and agent."""
    if visit.line.channel != "phone":
        return {}
    customer, agent = _as_shown(visit), visit.line.agent.number
    if visit.line.agent.platform == "retell" and visit.outbound:
        return {"phone": agent, "phoneSecondary": customer}
    if not visit.outbound and visit.u() < 0.02:
        customer = "anonymous" if visit.line.agent.platform == "retell" else ""
    return {"phone": customer, "phoneSecondary": agent}


def _as_shown(visit: Visit) -> str:
    """Return the customer's number, at times not in the usual form."""
    number = visit.person.phone
    if visit.u() > 0.04:
        return number
    if number.startswith("+1"):
        return f"({number[2:5]}) {number[5:8]}-{number[8:]}"
    return f"00{number[1:5]} {number[5:]}"


def _lead(visit: Visit) -> dict[str, Any]:
    if not visit.outbound:
        known = visit.person.bits >> 20 & 3 == 0
        return {"leadId": visit.person.id_for(1)} if known else {}
    lead: dict[str, Any] = {"leadId": visit.person.id_for(1)}
    if visit.line.agent.platform == "retell":
        number = (visit.plan.end - 1 - visit.moment) // _CAMPAIGN_LENGTH
        lead["campaignId"] = _CAMPAIGNS[-1 - number % len(_CAMPAIGNS)]
    return lead


def _of_retell(visit: Visit) -> dict[str, Any]:
    data: dict[str, Any] = {"clinic_id": f"c-{11 + visit.person.bits % 3}"}
    if visit.u() < 0.6:
        data["source"] = pick(visit.u, ("google_ads", "website", "referral", "recall_list"))
    if visit.outbound:
        first = visit.person.name.split(" ")[0]
        data["retell_llm_dynamic_variables"] = {"first_name": first, "recall": "6 months"}
    return data


def _of_vapi(visit: Visit) -> dict[str, Any]:
    values = {"zip": f"000{visit.person.bits % 89 + 10}", "source": pick(visit.u, _SOURCES)}
    return {"variableValues": values}


_SOURCES = ("google_ads", "yard sign", "website", "repeat")


def _of_elevenlabs(visit: Visit) -> dict[str, Any]:
    variables: dict[str, Any] = {"user_name": visit.person.name.split(" ")[0]}
    if visit.line.channel == "phone":
        variables["system__caller_id"] = visit.person.phone
    return {"dynamic_variables": variables, "language": visit.line.language}


_METADATA = {"retell": _of_retell, "vapi": _of_vapi, "elevenlabs": _of_elevenlabs}
