"""A stand-in for the ChatDash service: its public API over HTTP, on loopback."""

from __future__ import annotations

from dataclasses import dataclass
from threading import Lock, Thread
from typing import TYPE_CHECKING, Any, Self

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.answers import Conversations
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.faults import Reply, encoded, faulty, message_reply
from chatdash_analysis.sandbox.listener import PREFIX, listen
from chatdash_analysis.sandbox.messages import invent_messages
from chatdash_analysis.sandbox.routes import Call, Catalogue, answer, endpoint_of
from chatdash_analysis.sandbox.wire import WIRES

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterable
    from threading import Event

    from chatdash_analysis.sandbox.answers import Conversation
    from chatdash_analysis.sandbox.behaviour import Fault, Route
    from chatdash_analysis.sandbox.listener import Listener
    from chatdash_analysis.sandbox.routes import Request

__all__ = ["DEFAULT_KEY", "Record", "StandIn"]

DEFAULT_KEY = "CD.0123456789abcdef0123456789abcdef"


@dataclass(frozen=True)
class Record:
    """One request that was made.

    Attributes
    ----------
    path : str
        Path as it was sent, without the prefixes before ``/agents``.
    query : dict of str
        Parameters of the address.
    status : int
        Status of the answer; 0 where none was sent.
    authorization : str
        ``none``, ``raw``, or the scheme before the credentials in lower case,
        such as ``bearer``; never the credentials.
    """

    method: str
    path: str
    query: dict[str, str]
    status: int
    authorization: str


class StandIn:
    """The service's public API, answered from conversations that are given.

    Use it as a context manager, or call `start` and `stop`.

    Parameters
    ----------
    conversations : iterable of dict or bytes
        Conversations as the service sends them; bytes are JSON texts that are
        served as they are.
    agents, clients : iterable of dict
        Agents and clients as the service sends them; only their `_id` and an
        agent's `clientId` have a meaning here.
    behaviour : Behaviour
        The switches; another one may be set while it runs.
    api_key : str
        The key that requests must carry.
    host : str
        Address to listen on.
    port : int
        Port to listen on; 0 for any that is free. It is kept over a restart.
    messages : callable or None
        Makes the messages of a conversation; None for a short made-up exchange.
    ssl_context : ssl.SSLContext or None
        Certificate to serve HTTPS with.
    """

    def __init__(
        self,
        conversations: Iterable[Conversation],
        agents: Iterable[dict[str, Any]],
        clients: Iterable[dict[str, Any]] = (),
        *,
        behaviour: Behaviour | None = None,
        api_key: str = DEFAULT_KEY,
        host: str = "127.0.0.1",
        port: int = 0,
        messages: Callable[[dict[str, Any]], list[dict[str, Any]]] | None = None,
        ssl_context: ssl.SSLContext | None = None,
    ) -> None:
        self._rows = Conversations(conversations)
        self._catalogue = Catalogue(
            list(agents), list(clients), self._rows, messages or invent_messages
        )
        self._behaviour = behaviour or Behaviour()
        self.api_key = api_key
        self._host, self._port = host, port
        self._ssl_context = ssl_context
        self._lock = Lock()
        self._counted = 0
        self._records: list[Record] = []
        self._listener: Listener | None = None
        self._thread: Thread | None = None

    @property
    def url(self) -> str:
        """Base address of the API while it runs, with the prefix of the real service."""
        if self._listener is None:
            raise InputError("The stand-in is not running: use it in a with statement.")
        scheme = "https" if self._ssl_context else "http"
        return f"{scheme}://{self._host}:{self._port}{PREFIX}"

    @property
    def requests(self) -> list[Record]:
        """The requests made so far, in the order of their answers."""
        with self._lock:
            return list(self._records)

    @property
    def behaviour(self) -> Behaviour:
        """The switches; setting them counts requests afresh."""
        return self._behaviour

    @behaviour.setter
    def behaviour(self, behaviour: Behaviour) -> None:
        with self._lock:
            self._behaviour = behaviour
            self._counted = 0

    def replace_conversations(self, conversations: Iterable[Conversation]) -> None:
        """Serve these conversations instead of all earlier ones."""
        self._rows.replace(conversations)

    def upsert(self, conversation: Conversation) -> None:
        """Add a conversation, or put it in the place of the one with its id."""
        self._rows.upsert(conversation)

    def delete(self, conversation_id: str) -> None:
        """Forget a conversation."""
        self._rows.delete(conversation_id)

    def start(self) -> Self:
        """Listen and answer in threads of its own.

        Raises
        ------
        InputError
            The address cannot be listened on.
        """
        if self._listener is None:
            self._listener = listen(self._host, self._port, self.respond, self._ssl_context)
            self._port = self._listener.server_address[1]
            self._thread = Thread(target=self._listener.serve_forever, args=(0.02,), daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Close every connection and stop listening."""
        listener, thread = self._listener, self._thread
        self._listener = self._thread = None
        if listener is not None and thread is not None:
            listener.stop()
            thread.join()

    def serve_forever(self) -> None:
        """Answer until `stop` is called in another thread, or the program is interrupted."""
        thread = self.start()._thread
        try:
            while thread is not None and thread.is_alive():
                thread.join(0.5)
        finally:
            self.stop()

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    def respond(self, request: Request, stopping: Event) -> Reply:
        """Return the answer to a request, coded and ready to be sent."""
        behaviour = self.behaviour
        stopping.wait(behaviour.delay)
        reply = self._refusal(request, behaviour) or self._answer(request, behaviour)
        reply = encoded(reply, request.headers.get("Accept-Encoding") or "", behaviour)
        status = reply.status if WIRES[reply.wire].framing != "none" else 0
        scheme = _scheme(request.headers.get("Authorization"))
        record = Record(request.method, request.path, request.query, status, scheme)
        with self._lock:
            self._records.append(record)
        return reply

    def _refusal(self, request: Request, behaviour: Behaviour) -> Reply | None:
        if behaviour.auth == "forbidden":
            return message_reply(403, "Your plan does not include the API")
        accepted = {self.api_key}
        if behaviour.auth == "bearer_ok":
            accepted.add(f"Bearer {self.api_key}")
        if request.headers.get("Authorization") in accepted:
            return None
        if behaviour.auth == "empty_401":
            return Reply(401)
        if behaviour.auth == "html_401":
            page = b"<!DOCTYPE html><html><body><h1>401 Unauthorized</h1></body></html>"
            return Reply(401, page, "text/html; charset=utf-8")
        return message_reply(401, "The API key is not valid")

    def _answer(self, request: Request, behaviour: Behaviour) -> Reply:
        endpoint = endpoint_of(request)
        if endpoint is None:
            return message_reply(404, "Not found")
        call = Call(request, self._catalogue, behaviour)
        # What a redirect leads to is spared, or it would lead on for ever.
        fault = None if request.moved else self._counted_fault(endpoint.route, behaviour)
        return faulty(fault, behaviour, request.target, lambda: answer(call, endpoint))

    def _counted_fault(self, route: Route, behaviour: Behaviour) -> Fault | None:
        if behaviour.fault_routes is not None and route not in behaviour.fault_routes:
            return None
        with self._lock:
            self._counted += 1
            number = self._counted
        if behaviour.fail_first and number <= behaviour.fail_first:
            return behaviour.fail_with
        if behaviour.rate_limit and number % behaviour.rate_limit == 0:
            return 429
        if behaviour.fail_every and number % behaviour.fail_every == 0:
            return behaviour.fail_with
        return None


def _scheme(authorization: str | None) -> str:
    if authorization is None:
        return "none"
    scheme, space, _ = authorization.partition(" ")
    return scheme.lower() if space else "raw"
