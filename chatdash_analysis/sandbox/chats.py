"""What a written conversation adds: device, address, account, staff who took over, metadata."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chatdash_analysis.sandbox.chance import pick

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatdash_analysis.sandbox.visits import Visit

__all__ = ["chat_length", "chat_properties"]

_STAFF = (
    ("69305a104c0f9a0011a70d01", "Dana (support)"),
    ("69305a104c0f9a0011a70d02", "Miguel (support)"),
    ("69305a104c0f9a0011a70d03", "Petra (support)"),
)
_PAGES = ("", "cart", "returns", "product/lamp-204", "account/orders", "help", "sale/summer")
_CAMPAIGN_KEYS = ("newsletter", "google", "instagram", "direct", "price_comparison")


def chat_length(visit: Visit) -> int:
    """Return how long a chat took, in milliseconds."""
    chance = visit.u()
    if not visit.reached:
        return int(3_000 + 40_000 * chance)
    return int(45_000 + 600_000 * chance + 1_500_000 * chance * chance * chance * chance)


def chat_properties(visit: Visit) -> dict[str, Any]:
    """Return what only written conversations have."""
    return _CHANNELS[visit.line.channel](visit)


def _webchat(visit: Visit) -> dict[str, Any]:
    u, person = visit.u, visit.person
    row: dict[str, Any] = {"metadata": _visit_source(visit)}
    # Some visitors block what tells the device.
    if u() < 0.98:
        row["device"], row["os"], row["browser"] = visit.setup
    if u() < 0.97:
        row["ipAddress"] = person.address
    if visit.reached:
        if person.bits >> 22 & 3 == 0:
            row["leadId"] = person.id_for(1)
            row["phone"] = person.phone
        row |= _handover(visit)
    return row


def _visit_source(visit: Visit) -> dict[str, Any]:
    data: dict[str, Any] = {"sessionId": f"s-{visit.bits(64):016x}"}
    if visit.u() < 0.7:
        data["utm_source"] = pick(visit.u, _CAMPAIGN_KEYS)
    if visit.person.bits >> 24 & 3 == 0:
        data["userId"] = f"u_{visit.person.id_for(2)[:10]}"
        data["plan"] = "club" if visit.person.bits >> 26 & 1 else "basic"
    if visit.u() < 0.5:
        data["page"] = f"https://shop.example.com/{visit.line.language}/{pick(visit.u, _PAGES)}"
    return data


def _handover(visit: Visit) -> dict[str, Any]:
    asked, taken = (0.05, 0.04) if visit.success else (0.2, 0.14)
    chance = visit.u()
    if chance >= asked:
        return {"status": "ai"}
    if chance >= taken:
        return {"status": "pending"}
    staff, name = pick(visit.u, _STAFF)
    return {"status": "human", "liveAgentId": staff, "liveAgentName": name}


def _whatsapp(visit: Visit) -> dict[str, Any]:
    labels = [label for label in ("nuevo", "pedido", "vip") if visit.u() < 0.25]
    metadata = {"locale": "es", "labels": labels, "waId": visit.person.phone[1:]}
    return {"phone": visit.person.phone, "metadata": metadata}


def _instagram(visit: Visit) -> dict[str, Any]:
    person = visit.person
    handle = f"sample.{person.name.split(' ')[0].lower()}.{person.bits >> 30 & 0xFFFFFF:06x}"
    row: dict[str, Any] = {
        "instagramId": f"178414{person.bits % 10**11:011d}",
        "instagramUsername": handle,
        "metadata": {"source": pick(visit.u, ("dm", "story_reply", "ad", "comment"))},
    }
    if person.bits >> 22 & 7 == 0:
        row["phone"] = person.phone
    return row


_CHANNELS: dict[str, Callable[[Visit], dict[str, Any]]] = {
    "Webchat": _webchat,
    "WhatsApp": _whatsapp,
    "Instagram": _instagram,
}
