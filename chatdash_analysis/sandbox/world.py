"""The made-up world behind the sample: clients, agents, channels, devices and true rates.

Northwind Studio is an agency with three clients and six agents. Each `Line` is
one agent on one channel in one language; a conversation belongs to one line.
All numbers here are the planted truth, see `truth.Truth`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from chatdash_analysis.sandbox.chance import Weighted

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = [
    "AGENTS",
    "CLIENTS",
    "DEVICE_LIFT",
    "EVALUATED",
    "FAULT_SHARE",
    "ICC",
    "LIFT_AFTER",
    "LINES",
    "OUTAGE_SHARE",
    "RETURNING",
    "SHARED_IP",
    "Agent",
    "Line",
    "Setup",
    "agents_json",
]

Zone = Literal["central", "berlin", "madrid"]
Setup = tuple[str, str, str]  # device, operating system, browser

LIFT_AFTER = 0.03  # every success rate rises by this when the mix of channels changes
ICC = 0.2  # correlation of two outcomes of the same person
RETURNING = 0.5  # chance that a conversation goes to somebody who may have been there before
EVALUATED = 0.85  # share of conversations with an exchange that get a verdict
RECORDED = 0.96
FAULT_SHARE = 0.01  # technical faults among calls that connect
OUTAGE_SHARE = 0.7  # the same during the outage
SHARED_IP = "203.0.113.10"  # an office network, about 5 % of web chats
OUTBOUND_REACHED = 0.58
DEVICE_LIFT = {"Desktop": 0.0, "Mobile": 0.06, "Tablet": 0.03, "": 0.0}

CLIENTS: tuple[dict[str, Any], ...] = (
    {
        "_id": "683d6b6e4c0f9a0011a70001",
        "name": "Cedar Lane Dental",
        "language": "en",
        "isSaasClient": False,
    },
    {
        "_id": "689079ee4c0f9a0011a70002",
        "name": "Harbour & Home Group",
        "language": "de",
        "isSaasClient": False,
    },
    {
        "_id": "68a4406e4c0f9a0011a70003",
        "name": "Lumen & Loom Retail",
        "language": "es",
        "isSaasClient": True,
    },
)

# Weight of each local hour of the day, from midnight.
CLINIC_HOURS = (1, 1, 1, 1, 1, 2, 4, 9, 17, 21, 20, 18, 12, 14, 17, 17, 15, 11, 7, 5, 4, 3, 2, 1)
HOME_HOURS = (3, 2, 2, 2, 3, 5, 9, 14, 16, 15, 14, 13, 12, 12, 12, 12, 13, 14, 14, 12, 9, 7, 5, 4)
HOTEL_HOURS = (4, 3, 2, 2, 2, 3, 6, 9, 12, 13, 12, 11, 11, 11, 12, 13, 14, 15, 15, 14, 12, 10, 8, 6)
SHOP_HOURS = (4, 2, 1, 1, 1, 1, 3, 5, 7, 9, 11, 11, 12, 12, 11, 11, 11, 12, 13, 15, 18, 18, 14, 8)


@dataclass(frozen=True, slots=True)
class Agent:
    """One agent: where it runs and when people turn to it."""

    id: str
    client_id: str
    name: str
    platform: str
    api_id: str
    subject: str  # whose topics it is asked about
    zone: Zone
    hours: tuple[int, ...]
    weekdays: tuple[float, ...]  # from Monday
    number: str = ""


CLINIC = Agent(
    id="68be9e6e4c0f9a0011a70011",
    client_id="683d6b6e4c0f9a0011a70001",
    name="Dental reception",
    platform="retell",
    api_id="agent_7f3c0d2be9a1",
    subject="clinic",
    zone="central",
    hours=CLINIC_HOURS,
    weekdays=(1.4, 1.3, 1.25, 1.2, 1.15, 0.5, 0.2),
    number="+12125550100",
)
HOME = Agent(
    id="68c7d8ee4c0f9a0011a70012",
    client_id="689079ee4c0f9a0011a70002",
    name="Home services line",
    platform="vapi",
    api_id="2c1f6a34-5d0e-4b7a-9c55-0e6b1f2a7d90",
    subject="home",
    zone="central",
    hours=HOME_HOURS,
    weekdays=(1.25, 1.1, 1.05, 1.05, 1.1, 0.8, 0.65),
    number="+12125550101",
)
HOTEL = Agent(
    id="68e3886e4c0f9a0011a70013",
    client_id="689079ee4c0f9a0011a70002",
    name="Hotel concierge",
    platform="elevenlabs",
    api_id="agent_01k6c4v9x2t8e5q7",
    subject="hotel",
    zone="berlin",
    hours=HOTEL_HOURS,
    weekdays=(1.05, 1.0, 1.0, 1.05, 1.15, 0.95, 0.8),
    number="+493023125000",
)
WEBSHOP = Agent(
    id="68f5fd6e4c0f9a0011a70014",
    client_id="68a4406e4c0f9a0011a70003",
    name="Web shop assistant",
    platform="voiceflow",
    api_id="68f5fc0a93b1e7700c4d2e55",
    subject="shop",
    zone="berlin",
    hours=SHOP_HOURS,
    weekdays=(1.15, 1.1, 1.1, 1.05, 1.0, 0.75, 0.85),
)
WHATSAPP = Agent(
    id="6911acee4c0f9a0011a70015",
    client_id="68a4406e4c0f9a0011a70003",
    name="WhatsApp tienda",
    platform="botpress",
    api_id="https://messaging.example.com/webhooks/9b2e",
    subject="whatsapp",
    zone="madrid",
    hours=SHOP_HOURS,
    weekdays=(1.15, 1.1, 1.1, 1.1, 1.05, 0.8, 0.7),
)
FASHION = Agent(
    id="692d5c6e4c0f9a0011a70016",
    client_id="68a4406e4c0f9a0011a70003",
    name="Loom on Instagram",
    platform="openai",
    api_id="asst_m4deUp0000fashion",
    subject="fashion",
    zone="central",
    hours=SHOP_HOURS,
    weekdays=(1.05, 1.0, 1.0, 1.05, 1.05, 0.95, 0.9),
)
AGENTS: tuple[Agent, ...] = (CLINIC, HOME, HOTEL, WEBSHOP, WHATSAPP, FASHION)


@dataclass(frozen=True, slots=True)
class Line:
    """One agent on one channel in one language, with its true rates.

    Attributes
    ----------
    before, after : float
        Share of all conversations before and after the change in mix.
    success : float
        Chance of success before the change, on a desktop where there are devices.
    inbound_reached : float
        Share of incoming contacts in which something is said.
    outbound : float
        Share of calls that the agent starts.
    mobile : float
        Share of mobile devices; negative where devices are not known.
    """

    agent: Agent
    channel: str
    language: str
    before: float
    after: float
    success: float
    inbound_reached: float
    outbound: float = 0.0
    mobile: float = -1.0

    @property
    def voice(self) -> bool:
        """Whether these are calls."""
        return bool(self.agent.number)

    @property
    def reached(self) -> float:
        """Share of contacts in which something is said."""
        return self.outbound * OUTBOUND_REACHED + (1 - self.outbound) * self.inbound_reached

    def devices(self) -> dict[str, float]:
        """Return the share of each device; one nameless device where none is known."""
        if self.mobile < 0:
            return {"": 1.0}
        return {"Desktop": 0.94 - self.mobile, "Mobile": self.mobile, "Tablet": 0.06}

    def success_rate(self, device: str, *, changed: bool) -> float:
        """Return the chance of success without a technical fault."""
        return self.success + DEVICE_LIFT[device] + (LIFT_AFTER if changed else 0.0)


# Phone grows from .33 to .60 at the cost of Webchat, .40 to .13; each line keeps its part of its
# channel. Mobile does better in each language of the web shop, but worse over all: most Spanish
# chats are mobile and most German ones are not.
LINES: tuple[Line, ...] = (
    Line(CLINIC, "phone", "en", 0.1320, 0.240, 0.48, 0.90, outbound=0.4),
    Line(CLINIC, "web_call", "en", 0.0300, 0.030, 0.64, 0.88),
    Line(HOME, "phone", "en", 0.0880, 0.160, 0.42, 0.90, outbound=0.3),
    Line(HOME, "phone", "es", 0.0330, 0.060, 0.38, 0.90, outbound=0.3),
    Line(HOME, "web_call", "en", 0.0175, 0.0175, 0.60, 0.86),
    Line(HOME, "web_call", "es", 0.0075, 0.0075, 0.56, 0.86),
    Line(HOTEL, "phone", "de", 0.0528, 0.096, 0.50, 0.87),
    Line(HOTEL, "phone", "en", 0.0242, 0.044, 0.46, 0.87),
    Line(HOTEL, "web_call", "de", 0.0170, 0.017, 0.66, 0.86),
    Line(HOTEL, "web_call", "en", 0.0080, 0.008, 0.62, 0.86),
    Line(WEBSHOP, "Webchat", "en", 0.1600, 0.0520, 0.79, 0.80, mobile=0.48),
    Line(WEBSHOP, "Webchat", "de", 0.1400, 0.0455, 0.89, 0.80, mobile=0.14),
    Line(WEBSHOP, "Webchat", "es", 0.1000, 0.0325, 0.61, 0.80, mobile=0.80),
    Line(WHATSAPP, "WhatsApp", "es", 0.1200, 0.1200, 0.70, 0.98),
    Line(FASHION, "Instagram", "en", 0.0700, 0.0700, 0.66, 0.97),
)

# Operating system and browser hang on the device alone.
SETUPS: dict[str, tuple[tuple[Setup, float], ...]] = {
    "": ((("", "", ""), 1.0),),
    "Desktop": (
        (("Desktop", "Windows", "Chrome"), 0.38),
        (("Desktop", "Windows", "Edge"), 0.16),
        (("Desktop", "Windows", "Firefox"), 0.08),
        (("Desktop", "Mac OS", "Safari"), 0.16),
        (("Desktop", "Mac OS", "Chrome"), 0.14),
        (("Desktop", "Linux", "Firefox"), 0.05),
        (("Desktop", "Linux", "Chrome"), 0.03),
    ),
    "Mobile": (
        (("Mobile", "iOS", "Mobile Safari"), 0.40),
        (("Mobile", "iOS", "Chrome"), 0.07),
        (("Mobile", "Android", "Chrome"), 0.42),
        (("Mobile", "Android", "Samsung Internet"), 0.11),
    ),
    "Tablet": (
        (("Tablet", "iOS", "Mobile Safari"), 0.62),
        (("Tablet", "Android", "Chrome"), 0.38),
    ),
}


def setups(line: Line) -> Weighted[Setup]:
    """Return the devices, systems and browsers of a line with their shares."""
    return Weighted(
        (setup, device_share * share)
        for device, device_share in line.devices().items()
        for setup, share in SETUPS[device]
    )


def agents_json() -> Iterator[dict[str, Any]]:
    """Yield the agents as the service lists them, with secrets that are made up."""
    for agent in AGENTS:
        yield {
            "_id": agent.id,
            "clientId": agent.client_id,
            "name": agent.name,
            "platform": agent.platform,
            "apiId": agent.api_id,
            "apiKey": f"made-up-secret-{agent.subject}",
            "platformCredentials": {
                "botId": f"made-up-bot-{agent.subject}",
                "workspaceId": f"made-up-workspace-{agent.subject}",
            },
            "agentConfig": {
                "usingExternalWidget": agent is FASHION,
                "useImportWebhook": bool(agent.number),
                "isTemplate": False,
                "isSaas": agent.client_id == CLIENTS[2]["_id"],
            },
        }
