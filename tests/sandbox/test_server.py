"""The stand-in as a service: routes, keys, records, start and end."""

from __future__ import annotations

import socket
import ssl
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote, urlsplit

import pytest
import requests
import trustme

from chatdash_analysis.errors import InputError
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import DEFAULT_KEY, StandIn

AGENT = "65f000000000000000000001"
LIST = f"/agents/{AGENT}/conversations"
AGENTS = [{"_id": AGENT, "clientId": "k1", "platform": "retell"}, {"_id": "b", "clientId": "k2"}]
CLIENTS = [{"_id": "k1", "name": "Clinic"}, {"_id": "k2", "name": "Shop"}]
KEY = {"Authorization": DEFAULT_KEY}


@pytest.fixture
def agency(conversation):
    call = {"duration": 2.5, "cost": 0.5, "endedReason": "user_hangup", "platformId": "call/1"}
    rows = [
        conversation(1, **call, countryCode="DE", ipAddress="10.0.0.1", topic="price"),
        conversation(2, **call, countryCode="DE", ipAddress="10.0.0.1", topic="price"),
        conversation(4, interacted=False, mistunderstoodQueries=[{"question": "why"}]),
    ]
    with StandIn(rows, AGENTS, CLIENTS) as stand_in:
        yield stand_in


def test_agents_and_clients_are_served_as_given(agency, fetch) -> None:
    assert fetch(agency, "/agents").json() == AGENTS
    assert fetch(agency, f"/agents/{AGENT}").json() == AGENTS[0]
    assert fetch(agency, "/clients").json() == CLIENTS
    assert fetch(agency, "/clients/k2/agents").json() == [AGENTS[1]]
    assert fetch(agency, f"/agents/{AGENT}/leads/tags").json()[0]["label"] == "Answered Call"


def test_one_conversation_is_found_by_either_id(agency, fetch) -> None:
    by_id = fetch(agency, f"{LIST}/c01")
    assert by_id.json()["topic"] == "price"
    quoted = fetch(agency, f"{LIST}/{quote('call/1', safe='')}", isPlatformId="true")
    assert quoted.json() == by_id.json()
    assert fetch(agency, f"{LIST}/call%2F1").status_code == 404


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/agent",
        "/agents/nobody",
        "/agents//conversations",
        "/agents/nobody/conversations",
        "/clients/nobody/agents",
        f"{LIST}/nothing",
        f"{LIST}/nothing/messages",
        f"{LIST}/c01/messages/extra",
    ],
)
def test_what_is_not_there_is_404_with_a_message(agency, fetch, path) -> None:
    response = fetch(agency, path)
    assert response.status_code == 404
    assert response.json()["message"].lower().endswith("not found")


def test_nothing_can_be_written(agency, ids) -> None:
    before = ids(agency)
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        url = f"{agency.url}{LIST}/c01"
        response = requests.request(method, url, headers=KEY, json={"read": True}, timeout=5)
        assert response.status_code == 404
    assert ids(agency) == before


def test_messages_are_a_short_exchange_that_stays_the_same(agency, fetch) -> None:
    messages = fetch(agency, f"{LIST}/c01/messages").json()
    assert messages == fetch(agency, f"{LIST}/c01/messages").json()
    assert {message["sender"] for message in messages} == {"user", "bot"}
    assert all(message["content"]["text"] for message in messages)
    moments = [message["createdAt"] for message in messages]
    assert moments == sorted(moments)
    assert moments[0] == "2026-05-01T12:00:00.000Z"


def test_messages_can_be_made_by_another(serve, fetch, conversation) -> None:
    stand_in = serve([conversation(1)], stand_in={"messages": lambda row: [{"of": row["_id"]}]})
    assert fetch(stand_in, f"{LIST}/c01/messages").json() == [{"of": "c01"}]


def test_analytics_count_every_row_of_the_window(agency) -> None:
    metrics = ["conversations", "totalCost", "totalCallDuration", "uniqueIps", "averageCost"]
    assert _analytics(agency, metrics) == {
        "conversations": {"counts": [1, 1, 0, 1], "total": 3},
        "totalCost": {"counts": [0.5, 0.5, 0, 0], "total": 1.0, "currency": "USD"},
        "totalCallDuration": {"counts": [2.5, 2.5, 0, 0], "total": 5.0},
        "uniqueIps": {"counts": [1, 1], "total": 1},
        "averageCost": {
            "counts": [0.5, 0.5, 0, 0],
            "average": pytest.approx(1 / 3),
            "currency": "USD",
        },
    }


def test_analytics_rank_texts(agency) -> None:
    metrics = ["conversationByCountry", "topTopics", "endedReason", "topMisunderstoodMessages", "?"]
    assert _analytics(agency, metrics) == {
        "conversationsByCountry": [{"id": "DE", "value": 2}],
        "topTopics": [{"id": "price", "label": "price", "count": 2}],
        "endedReason": [{"reason": "user_hangup", "count": 2}],
        "topMisunderstoodMessages": [{"id": "why", "label": "why", "count": 1}],
    }


def test_analytics_keep_to_their_window_and_can_count_otherwise(agency) -> None:
    window = {"startTime": "2026-05-02T00:00:00.000Z", "endTime": "2026-05-04T12:00:00.000Z"}
    assert _analytics(agency, ["conversations"], window)["conversations"]["total"] == 2
    agency.behaviour = Behaviour(analytics="only_interacted")
    assert _analytics(agency, ["conversations"], window)["conversations"]["total"] == 1
    agency.behaviour = Behaviour(analytics="shifted")
    shifted = _analytics(agency, ["conversations"], window | {"utcOffset": "1"})
    assert shifted["conversations"]["total"] == 1


@pytest.mark.parametrize("body", ["", "[]", '{"query": []}', '{"query": {"metrics": 1}}'])
def test_a_query_of_another_form_is_refused(agency, body) -> None:
    url = f"{agency.url}/agents/{AGENT}/analytics/query"
    response = requests.post(url, data=body, headers=KEY, timeout=5)
    assert response.status_code == 400
    assert response.json()["message"].startswith("The body")


def _analytics(agency, metrics, window=None):
    url = f"{agency.url}/agents/{AGENT}/analytics/query"
    query = {"query": {"metrics": metrics, "filter": window or {}}}
    return requests.post(url, json=query, headers=KEY, timeout=5).json()


@pytest.mark.parametrize(
    ("auth", "header", "status", "body"),
    [
        ("raw", DEFAULT_KEY, 200, "["),
        ("raw", f"Bearer {DEFAULT_KEY}", 401, '{"message":'),
        ("raw", None, 401, '{"message":'),
        ("bearer_ok", DEFAULT_KEY, 200, "["),
        ("bearer_ok", f"Bearer {DEFAULT_KEY}", 200, "["),
        ("bearer_ok", "Bearer CD.other", 401, '{"message":'),
        ("forbidden", DEFAULT_KEY, 403, '{"message":'),
        ("empty_401", "CD.other", 401, ""),
        ("html_401", "CD.other", 401, "<!DOCTYPE html>"),
    ],
)
def test_keys_are_accepted_and_refused(agency, auth, header, status, body) -> None:
    agency.behaviour = Behaviour(auth=auth)
    headers = {"Authorization": header} if header else {}
    response = requests.get(f"{agency.url}/agents", headers=headers, timeout=5)
    assert response.status_code == status
    assert response.text.startswith(body)
    assert bool(response.text) == bool(body)


def test_it_tells_the_key_that_it_accepts(serve, conversation) -> None:
    stand_in = serve([conversation(1)], stand_in={"api_key": "CD.another"})
    answers = [
        requests.get(f"{stand_in.url}/agents", headers={"Authorization": key}, timeout=5)
        for key in (stand_in.api_key, DEFAULT_KEY)
    ]
    assert [answer.status_code for answer in answers] == [200, 401]


def test_requests_are_recorded_without_the_key(agency, fetch) -> None:
    fetch(agency, LIST, record="false")
    requests.get(f"{agency.url}/agents", headers={"Authorization": "Basic eDp5"}, timeout=5)
    first, second = agency.requests
    assert (first.method, first.path, first.query, first.status) == (
        "GET",
        LIST,
        {"record": "false"},
        200,
    )
    assert (first.authorization, second.authorization, second.status) == ("raw", "basic", 401)
    assert DEFAULT_KEY not in repr(agency.requests)


def test_the_prefix_may_be_missing(agency) -> None:
    bare = agency.url.removesuffix("/v1/public")
    assert requests.get(f"{bare}/agents", headers=KEY, timeout=5).json() == AGENTS


def test_one_connection_serves_many_requests(agency) -> None:
    with requests.Session() as session:
        session.headers.update(KEY)
        session.post(f"{agency.url}/nowhere", data=b"x" * 100_000, timeout=5)
        start = time.monotonic()
        for _ in range(50):
            assert session.get(f"{agency.url}/agents", timeout=5).status_code == 200
    assert time.monotonic() - start < 1


def test_slow_answers_do_not_hold_up_others(serve, fetch, conversation) -> None:
    stand_in = serve([conversation(1)], delay=0.3)
    start = time.monotonic()
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: fetch(stand_in).status_code, range(8)))
    assert statuses == [200] * 8
    assert 0.3 <= time.monotonic() - start < 1.5


def test_it_stops_at_once_though_clients_are_connected(conversation, capfd) -> None:
    threads = threading.active_count()
    behaviour = Behaviour(fail_every=1, fail_with="stall")
    stand_in = StandIn([conversation(1)], AGENTS, behaviour=behaviour).start()
    where = urlsplit(stand_in.url)
    with (
        socket.create_connection((where.hostname, where.port)) as idle,
        socket.create_connection((where.hostname, where.port)) as stalled,
    ):
        stalled.sendall(f"GET {LIST} HTTP/1.1\r\nAuthorization: {DEFAULT_KEY}\r\n\r\n".encode())
        assert stalled.recv(1) == b"H"
        start = time.monotonic()
        stand_in.stop()
        assert time.monotonic() - start < 1
        assert idle.recv(1) == b""
    assert threading.active_count() == threads
    assert capfd.readouterr() == ("", "")


def test_a_client_that_goes_away_leaves_no_trace_on_the_terminal(
    serve, conversation, capfd
) -> None:
    stand_in = serve([conversation(1, note="x" * 5_000_000)], encoding="identity")
    where = urlsplit(stand_in.url)
    with socket.create_connection((where.hostname, where.port)) as connection:
        connection.sendall(f"GET {LIST} HTTP/1.1\r\nAuthorization: {DEFAULT_KEY}\r\n\r\n".encode())
        connection.recv(10)
    stand_in.stop()
    assert capfd.readouterr() == ("", "")


def test_it_can_be_started_again_on_its_port(serve, fetch, conversation) -> None:
    stand_in = serve([conversation(1)])
    url = stand_in.url
    stand_in.stop()
    stand_in.stop()
    with pytest.raises(InputError, match="not running"):
        _ = stand_in.url
    with pytest.raises(requests.ConnectionError):
        requests.get(url, timeout=5)
    assert stand_in.start().url == url
    assert fetch(stand_in).status_code == 200


def test_serve_forever_answers_until_it_is_stopped(fetch) -> None:
    stand_in = StandIn([], AGENTS).start()
    thread = threading.Thread(target=stand_in.serve_forever)
    thread.start()
    assert fetch(stand_in, "/agents").status_code == 200
    stand_in.stop()
    thread.join(5)
    assert not thread.is_alive()


def test_a_port_that_is_taken_is_named(agency) -> None:
    port = urlsplit(agency.url).port
    with pytest.raises(InputError, match=f"Port {port} .* choose another port"):
        StandIn([], AGENTS, port=port).start()


def test_it_speaks_https_with_a_certificate(serve, fetch, conversation, tmp_path) -> None:
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    stand_in = serve([conversation(1)], stand_in={"ssl_context": context})
    with pytest.raises(requests.exceptions.SSLError):
        fetch(stand_in)
    trusting = requests.get(
        f"{stand_in.url}/agents", headers=KEY, verify=str(tmp_path / "ca.pem"), timeout=5
    )
    assert trusting.json() == [{"_id": AGENT}]
