from __future__ import annotations

import copy
import dataclasses
import gc
import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import warnings
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest

from chatdash_analysis.errors import AuthenticationError, InputError, RequestError
from chatdash_analysis.loading.client import Client
from chatdash_analysis.loading.secret import ApiKey
from tests.loading.calls import KEY, PATH, client_of, whole
from tests.loading.sockets import gzipped, head, http, said, serving

if TYPE_CHECKING:
    from chatdash_analysis.loading.body import Body

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


def test_a_request_carries_the_raw_key_and_asks_for_gzip():
    with serving(http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, {"record": "true"}, whole) == b"[1]"
    (request,) = server.requests
    assert request.target == "/v1/public/agents/a1/conversations?record=true"
    assert request.headers["authorization"] == KEY
    assert request.headers["accept-encoding"] == "gzip"
    assert request.headers["accept"] == "application/json"
    assert "cookie" not in request.headers


@pytest.mark.parametrize("text", [KEY + "\n", f" {KEY} ", f"Bearer {KEY}"])
def test_a_key_read_from_a_file_works(text):
    with serving(http()) as server:
        Client(text, base_url=server.url).get(PATH, None, whole)
    assert server.requests[0].headers["authorization"] == KEY


NASTY = [
    "a b", " a ", "a/b", "/a", "a//b", "a?x=1", "a#b", "a%b", "a%2Fb", "..%2f", "%2e%2e", "...",
    ".a", "a\\b", "a;b", "a:b@c", "a&b=c+d", "ä ö", "日本語", "👩‍👩‍👧", "a\u202eb", "~a-_.!*'()",
    '[a]{b}|^`"<>',
    "\ufeffa", "x" * 256, "😀" * 256, "con", "-", "$(id)", "{agentId}",
]  # fmt: skip


def test_each_nasty_identifier_arrives_as_itself_in_its_own_segment():
    with serving(http()) as server:
        client = client_of(server)
        for nasty in NASTY:
            client.get(("agents", nasty, "conversations"), {"record": "true"}, whole)
    assert len(server.targets) == len(NASTY) > 22
    for nasty, target in zip(NASTY, server.targets, strict=True):
        path, _, query = target.partition("?")
        assert [unquote(part) for part in path.split("/")[3:]] == ["agents", nasty, "conversations"]
        assert query == "record=true"


@pytest.mark.parametrize("nasty", ["", ".", "..", "a\x00b", "a\r\nb", "\ud83d", "x" * 257, None, 5])
def test_an_identifier_that_cannot_arrive_is_refused_without_a_request(nasty):
    with serving(http()) as server, pytest.raises(InputError, match="identifier"):
        client_of(server).get(("agents", nasty, "conversations"), None, whole)
    assert server.connections == 0


def test_cookies_are_not_kept():
    with serving(http(200, b"[]", Set_Cookie="a=b; Path=/")) as server:
        client = client_of(server)
        client.get(PATH, None, whole)
        client.get(PATH, None, whole)
    assert "cookie" not in server.requests[1].headers


def test_a_connection_is_used_again():
    with serving(http(), said(404, "no"), http(200, gzipped(b"[]"), Content_Encoding="gzip")) as s:
        client = client_of(s)
        client.get(PATH, None, whole)
        with pytest.raises(RequestError):
            client.get(PATH, None, whole)
        client.get(PATH, None, whole)
        client.get(PATH, None, lambda body: body.read(1))
        client.get(PATH, None, whole)
    assert (len(s.requests), s.connections) == (5, 1)


def test_a_client_without_a_key_fails_only_when_it_asks(monkeypatch):
    with serving(http()) as server:
        client = Client(base_url=server.url)
        with pytest.raises(AuthenticationError, match="CHATDASH_API_KEY"):
            client.get(PATH, None, whole)
        monkeypatch.setenv("CHATDASH_API_KEY", KEY)
        assert client.get(PATH, None, whole) == b"[]"
    assert [request.headers["authorization"] for request in server.requests] == [KEY]


def test_the_base_url_comes_from_argument_environment_or_default(monkeypatch):
    assert Client().base_url == "https://api.chat-dash.com/v1/public"
    monkeypatch.setenv("CHATDASH_BASE_URL", "http://localhost:1/")
    assert Client().base_url == "http://localhost:1"
    assert Client(base_url="https://host/v1/").base_url == "https://host/v1"
    monkeypatch.setenv("CHATDASH_BASE_URL", "http://elsewhere")
    with pytest.raises(InputError, match="CHATDASH_BASE_URL must begin with https"):
        Client()


@pytest.mark.parametrize(
    "options",
    [
        {"timeout": 0},
        {"timeout": -1},
        {"timeout": float("nan")},
        {"timeout": float("inf")},
        {"timeout": (1, 2, 3)},
        {"timeout": (1, "2")},
        {"timeout": None},
        {"timeout": True},
        {"deadline": 0},
        {"deadline": "60"},
        {"deadline": 1e10},
        {"max_attempts": 0},
        {"max_attempts": 2.5},
        {"max_attempts": True},
        {"base_url": "http://elsewhere"},
        {"api_key": b"x"},
    ],
)
def test_an_unusable_setting_is_refused_by_name(options):
    (name,) = options
    with pytest.raises(InputError, match=name):
        Client(**options)


def test_one_timeout_holds_for_connecting_and_reading():
    assert Client(timeout=5).timeout == (5.0, 5.0)
    assert Client().timeout == (10.0, 60.0)
    assert (Client().deadline, Client().max_attempts) == (600.0, 6)


def test_a_client_is_frozen_comparable_and_hashable():
    client = Client(KEY)
    with pytest.raises(dataclasses.FrozenInstanceError):
        client.api_key = None
    assert client == Client(KEY + "\n")
    assert client != Client(KEY + "0")
    assert len({client, Client(ApiKey(KEY))}) == 1
    assert dataclasses.replace(client, deadline=5).deadline == 5


def test_a_client_does_not_show_or_pickle_its_key():
    client = Client(KEY)
    assert "0123" not in repr(client) + str(client) + f"{client!r}"
    with pytest.raises(InputError, match="not pickled"):
        pickle.dumps(client)
    assert copy.deepcopy(client) == client


def test_a_client_without_a_given_key_travels_to_other_processes_without_one(monkeypatch):
    monkeypatch.setenv("CHATDASH_API_KEY", KEY)
    with serving(http()) as server:
        client = Client(base_url=server.url, deadline=7)
        client.get(PATH, None, whole)
        pickled = pickle.dumps(client)
    assert KEY.encode() not in pickled
    assert pickle.loads(pickled) == client


def test_making_a_client_does_not_import_the_http_library():
    code = (
        "import sys; from chatdash_analysis.loading.client import Client; Client('k');"
        "print([m for m in ('requests', 'urllib3', 'stamina') if m in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"


def test_threads_share_a_client_and_have_their_own_connections():
    with serving(http(200, gzipped(b"[1]" * 5000), Content_Encoding="gzip")) as server:
        client = client_of(server)
        results: list[bytes] = []
        together = threading.Barrier(2)

        def work() -> None:
            together.wait()
            results.extend(client.get(PATH, None, whole) for _ in range(20))

        threads = [threading.Thread(target=work) for _ in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert results == [b"[1]" * 5000] * 40
    assert server.connections == 2


def test_a_call_may_be_made_within_a_call():
    with serving(
        [head(200, Content_Length="4") + b"[1", 0.3, b",2"],
        http(200, b"[9]"),
    ) as server:
        client = client_of(server)

        def nested(body: Body) -> bytes:
            return body.read(2) + client.get(PATH, None, whole) + whole(body)

        assert client.get(PATH, None, nested) == b"[1[9],2"


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_process_opens_its_own_connection():
    code = (
        "import os, sys; from chatdash_analysis.loading.client import Client\n"
        "client = Client('k', base_url=sys.argv[1])\n"
        "get = lambda: client.get(('x',), None, lambda body: body.read(9))\n"
        "get(); child = os.fork(); get()\n"
        "if not child: os._exit(0)\n"
        "os.waitpid(child, 0); get()"
    )
    with serving(http()) as server:
        subprocess.run([sys.executable, "-c", code, server.url], check=True)
    assert (len(server.requests), server.connections) == (4, 2)


def test_an_interruption_passes_and_closes_the_connection():
    def interrupted(body: Body) -> None:
        body.read(1)
        raise KeyboardInterrupt

    with serving([head(200, Content_Length="99") + b"[1", 9.0]) as server:
        with pytest.raises(KeyboardInterrupt):
            client_of(server).get(PATH, None, interrupted)
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            gc.collect()
    assert len(server.requests) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="signals reach a thread only on POSIX")
@pytest.mark.parametrize("answer", [[9.0], [head(200, Content_Length="99") + b"[1", 9.0]])
def test_a_signal_ends_a_wait_for_the_service(answer):
    main = threading.main_thread().ident
    timer = threading.Timer(0.3, signal.pthread_kill, (main, signal.SIGINT))
    begun = time.monotonic()
    with serving(answer) as server:
        timer.start()
        with pytest.raises(KeyboardInterrupt):
            client_of(server, timeout=8).get(PATH, None, whole)
    assert time.monotonic() - begun < 3
