"""The agency's agents: who they are and on which platform they run.

The service's answer holds secrets of other services. They are dropped while the
JSON is decoded and never become Python objects.
"""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import msgspec

from chatdash_analysis.errors import AuthenticationError, ChatDashError, InputError, ResponseError
from chatdash_analysis.tables import typed_table

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Any

    import pandas as pd

    from chatdash_analysis.loading.client import Client
    from chatdash_analysis.loading.pieces import Body
    from chatdash_analysis.loading.store import Store

__all__ = ["known_platforms", "load_agents"]

LARGEST = 64 * 1024 * 1024

_log = logging.getLogger(__name__)


class _Agent(msgspec.Struct):
    id: str | None = msgspec.field(default=None, name="_id")
    name: str | None = None
    client_id: str | None = msgspec.field(default=None, name="clientId")
    platform: str | None = None


class _ClientOf(msgspec.Struct):
    id: str | None = msgspec.field(default=None, name="_id")
    name: str | None = None


def load_agents(*, client: Client | None = None) -> pd.DataFrame:
    """Load the list of the agency's agents.

    Parameters
    ----------
    client : Client, optional
        Where to ask; by default a `Client` from the environment.

    Returns
    -------
    pandas.DataFrame
        One row an agent, all ``str``: ``agent_id``, ``name``, ``client_id``,
        ``client_name`` (missing where the service does not tell) and ``platform``.

    Raises
    ------
    InputError
        If `client` is no `Client`.
    AuthenticationError
        If there is no usable API key.
    RequestError, ResponseError
        If the service cannot be reached or does not answer with a list of agents.

    Examples
    --------
    >>> import chatdash_analysis as cda
    >>> from chatdash_analysis.sandbox import stand_in
    >>> with stand_in(10) as service:
    ...     agents = cda.load_agents(client=cda.Client(service.api_key, base_url=service.url))
    >>> agents.columns.tolist()
    ['agent_id', 'name', 'client_id', 'client_name', 'platform']
    """
    from chatdash_analysis.loading.client import Client as DefaultClient

    client = DefaultClient() if client is None else client
    if not isinstance(client, DefaultClient):
        raise InputError(f"client is a {type(client).__name__}; give Client(api_key=...).")
    agents = _agents(client)
    names = {c.id: c.name for c in _clients(client)}
    rows = [(a.id, a.name, a.client_id, names.get(a.client_id), a.platform) for a in agents]
    columns = ("agent_id", "name", "client_id", "client_name", "platform")
    return typed_table(rows, dict.fromkeys(columns, "str"))


def _agents(client: Client, attempts: int | None = None) -> list[Any]:
    agents = client.get(("agents",), None, _reader(_Agent), attempts=attempts)
    return [agent for agent in agents if agent.id]


def _clients(client: Client) -> list[Any]:
    try:
        return list(
            client.get(("clients",), None, _reader(_ClientOf), attempts=min(2, client.max_attempts))
        )
    except AuthenticationError:
        raise
    except ChatDashError as error:
        _log.info("The names of the clients are not known: %s", error)
        return []


def _reader(kind: type) -> Any:
    decode = msgspec.json.Decoder(list[kind]).decode  # type: ignore[valid-type]

    def read(body: Body) -> list[Any]:
        try:
            return list(decode(_whole(body)))
        except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
            raise ResponseError(
                "The answer is not a JSON list of agents or clients as the service documents it;"
                " check the base URL."
            ) from None

    return read


def _whole(body: Body) -> bytes:
    parts, size = [], 0
    while part := body.read(1 << 16):
        parts.append(part)
        size += len(part)
        if size > LARGEST:
            raise ResponseError(f"The answer is longer than {LARGEST >> 20} MiB.", retryable=False)
    return b"".join(parts).removeprefix(b"\xef\xbb\xbf")


def known_platforms(store: Store, client: Client, agents: Sequence[str]) -> dict[str, str]:
    """Return the platform of each agent where it is known, asking the service once if not.

    A service that does not tell leaves the platform missing; it does not stop a load.
    """
    rows = store.agents()
    known = {row["agent_id"] for row in rows}
    if not set(agents) <= known:
        try:
            agents_now = _agents(client, attempts=min(2, client.max_attempts))
        except AuthenticationError:
            raise
        except ChatDashError as error:
            _log.info("The platforms of the agents are not known: %s", error)
        else:
            rows = [
                {"agent_id": a.id, "name": a.name, "client_id": a.client_id, "platform": a.platform}
                for a in agents_now
            ]
            store.remember_agents(rows)
    return {str(row["agent_id"]): row["platform"] for row in rows if row["platform"]}
