"""The routes of the stand-in: which answer belongs to which request."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import parse_qsl, unquote, urlsplit

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.analytics import AnalyticsQuery
from chatdash_analysis.sandbox.answers import Selection, arranged, to_json
from chatdash_analysis.sandbox.faults import faulty, json_reply, message_reply
from chatdash_analysis.sandbox.shapes import list_body, shaped

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from email.message import Message

    from chatdash_analysis.sandbox.answers import Conversations, Row
    from chatdash_analysis.sandbox.behaviour import Behaviour, Fault, Route
    from chatdash_analysis.sandbox.faults import Reply

    Answer = Callable[["Call"], Reply]

__all__ = ["Call", "Catalogue", "Endpoint", "Request", "answer", "endpoint_of"]

TAGS = [
    {
        "_id": "65f0c0ffee0000000000a001",
        "label": "Answered Call",
        "system": True,
        "systemLabel": "answeredCall",
    },
    {"_id": "65f0c0ffee0000000000a002", "label": "VIP", "system": False, "systemLabel": None},
]


@dataclass(frozen=True)
class Catalogue:
    """What there is to ask for."""

    agents: Sequence[dict[str, Any]]
    clients: Sequence[dict[str, Any]]
    conversations: Conversations
    messages: Callable[[dict[str, Any]], list[dict[str, Any]]]


@dataclass(frozen=True)
class Request:
    """A request whose target has lost the prefixes that say where the service is mounted."""

    method: str
    target: str
    headers: Message
    body: bytes = b""
    moved: bool = False

    @cached_property
    def path(self) -> str:
        """Path as it was sent, still quoted."""
        return urlsplit(self.target).path

    @cached_property
    def query(self) -> dict[str, str]:
        """Parameters; of several with one name, the last."""
        return dict(parse_qsl(urlsplit(self.target).query, keep_blank_values=True))

    @cached_property
    def segments(self) -> tuple[str, ...]:
        """Parts of the path, unquoted one by one, as an id may hold a slash."""
        return tuple(unquote(segment) for segment in self.path.split("/")[1:])


@dataclass(frozen=True)
class Endpoint:
    """A method and a path, in which ``*`` stands for an id."""

    route: Route
    method: str
    pattern: tuple[str, ...]
    answer: Answer

    def fits(self, request: Request) -> bool:
        """Whether `request` is meant for this endpoint."""
        if request.method != self.method or len(request.segments) != len(self.pattern):
            return False
        pairs = zip(self.pattern, request.segments, strict=True)
        return all(wanted in ("*", segment) for wanted, segment in pairs)


@dataclass(frozen=True)
class Call:
    """A request at its endpoint, with all that its answer depends on."""

    request: Request
    catalogue: Catalogue
    behaviour: Behaviour

    @property
    def owner(self) -> str:
        """Id of the agent or client in the path."""
        return self.request.segments[1]

    def json(self, value: Any) -> Reply:
        """Return the answer that carries `value`."""
        return json_reply(to_json(value), self.behaviour)


def endpoint_of(request: Request) -> Endpoint | None:
    """Return the endpoint that `request` is meant for."""
    return next((endpoint for endpoint in ENDPOINTS if endpoint.fits(request)), None)


def answer(call: Call, endpoint: Endpoint) -> Reply:
    """Return the endpoint's answer, or the error that its request deserves."""
    missing = _missing_owner(call, endpoint)
    if missing is not None:
        return missing
    try:
        return endpoint.answer(call)
    except InputError as error:
        return message_reply(400, str(error))


def _missing_owner(call: Call, endpoint: Endpoint) -> Reply | None:
    if "*" not in endpoint.pattern:
        return None
    kind = endpoint.pattern[0]
    known = call.catalogue.agents if kind == "agents" else call.catalogue.clients
    if any(item.get("_id") == call.owner for item in known):
        return None
    return message_reply(404, f"{kind[:-1].capitalize()} not found")


def _agents(call: Call) -> Reply:
    return call.json(list(call.catalogue.agents))


def _agent(call: Call) -> Reply:
    return call.json(next(a for a in call.catalogue.agents if a.get("_id") == call.owner))


def _clients(call: Call) -> Reply:
    return call.json(list(call.catalogue.clients))


def _client_agents(call: Call) -> Reply:
    return call.json([a for a in call.catalogue.agents if a.get("clientId") == call.owner])


def _conversations(call: Call) -> Reply:
    behaviour = call.behaviour
    selection = Selection.of(call.request.query, behaviour)
    rows = call.catalogue.conversations.select(call.owner, selection, behaviour)
    return faulty(
        _fault_of_content(rows, behaviour),
        behaviour,
        call.request.target,
        lambda: json_reply(list_body(arranged(rows, behaviour), behaviour), behaviour),
    )


def _fault_of_content(rows: Sequence[Row], behaviour: Behaviour) -> Fault | None:
    if behaviour.poisoned and any(row.id in behaviour.poisoned for row in rows):
        return behaviour.poison
    if behaviour.max_rows is not None and len(rows) > behaviour.max_rows:
        return behaviour.too_large
    return None


def _conversation(call: Call) -> Reply:
    is_platform_id = call.request.query.get("isPlatformId") == "true"
    row = _found(call, by="platform_id" if is_platform_id else "id")
    if row is None:
        return message_reply(404, "Conversation not found")
    return call.json(shaped(row.conversation(), call.behaviour))


def _messages(call: Call) -> Reply:
    row = _found(call, by="id")
    if row is None:
        return message_reply(404, "Conversation not found")
    return call.json(call.catalogue.messages(row.conversation()))


def _found(call: Call, *, by: Literal["id", "platform_id"]) -> Row | None:
    key = call.request.segments[3]
    return call.catalogue.conversations.find(call.owner, key, call.behaviour, by=by)


def _analytics(call: Call) -> Reply:
    query = AnalyticsQuery.of(_parsed(call.request.body), call.behaviour)
    rows = call.catalogue.conversations.select(call.owner, query.selection, call.behaviour)
    return call.json(query.answer([row.conversation() for row in rows]))


def _parsed(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError as error:
        raise InputError("The body is no JSON.") from error


def _tags(call: Call) -> Reply:
    return call.json(TAGS)


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint("agents", "GET", ("agents",), _agents),
    Endpoint("agent", "GET", ("agents", "*"), _agent),
    Endpoint("clients", "GET", ("clients",), _clients),
    Endpoint("client_agents", "GET", ("clients", "*", "agents"), _client_agents),
    Endpoint("conversations", "GET", ("agents", "*", "conversations"), _conversations),
    Endpoint("conversation", "GET", ("agents", "*", "conversations", "*"), _conversation),
    Endpoint("messages", "GET", ("agents", "*", "conversations", "*", "messages"), _messages),
    Endpoint("analytics", "POST", ("agents", "*", "analytics", "query"), _analytics),
    Endpoint("tags", "GET", ("agents", "*", "leads", "tags"), _tags),
)
