"""Whatever answers, and wherever the key is asked to go: the right rows, or an error in time."""

from __future__ import annotations

import json
import ssl
import time
import unicodedata
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING
from urllib.parse import unquote

import pytest
import stamina
import trustme

import chatdash_analysis as cda
from chatdash_analysis.loading import client as client_module
from chatdash_analysis.loading.body import Limits
from chatdash_analysis.sandbox.behaviour import Behaviour
from chatdash_analysis.sandbox.server import StandIn
from tests.loading.made import AGENT, AGENTS, KEY, conversations, expected_ids
from tests.loading.sockets import http, serving

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import pandas as pd

ROWS = conversations(120)
RANGE = {"start": "2026-03-05", "end": "2026-04-20"}
WANTED = expected_ids(ROWS, **RANGE)
LIST = {"fault_routes": ("conversations",), "bomb_size": 8 << 20, "drip_rate": 64}

pytestmark = pytest.mark.usefixtures("clean_environment")


@pytest.fixture(autouse=True)
def _in_a_hurry(monkeypatch):
    monkeypatch.setattr(client_module, "_LIMITS", Limits(max_bytes=1 << 20))
    with stamina.set_testing(True, attempts=3, cap=True):
        yield


def load(service: StandIn, cache, agents=AGENT, *, timeout=0.5, deadline=2.0, **options):
    client = cda.Client(KEY, base_url=service.url, timeout=timeout, deadline=deadline)
    return cda.load_conversations(agents, client=client, cache_dir=cache, **RANGE | options)


def whole(frame: pd.DataFrame) -> bool:
    """Whether these are the wanted rows, each with its own values."""
    sent = {row["_id"]: (row["summary"], row["cost"]) for row in ROWS}
    found = zip(frame["summary"], frame["cost"], strict=True)
    return frame["conversation_id"].tolist() == WANTED and list(found) == [sent[i] for i in WANTED]


class _RanAwayError(AssertionError):
    pass


@contextmanager
def ending(service: StandIn, work: Callable[[], object]) -> Iterator[Callable[..., None]]:
    """Run work aside, and let the test wait for its end, however it goes on."""
    with ThreadPoolExecutor(1) as pool:
        future = pool.submit(work)

        def wait(seconds: float, requests: int) -> None:
            end = time.monotonic() + seconds
            while not future.done():
                if time.monotonic() > end or len(service.requests) > requests:
                    asked = len(service.requests)
                    raise _RanAwayError(f"still loading after {asked} requests")
                time.sleep(0.01)
            future.result()

        try:
            yield wait
        finally:
            service.stop()


FAULTS = [
    "reset", "reset_mid_body", "silence", "stall", "stall_mid_body", "drip", "truncate",
    "wrong_length", "cut_chunked", "gzip_cut", "bad_gzip", "br_label", "html", "empty", "object",
    "deep", "bomb", "redirect", 400, 404, 408, 413, 418, 429, 500, 502, 503, 504,
]  # fmt: skip
# What another attempt, or a narrower window, cannot mend: said at once.
FINAL = {"br_label", 400, 404, 418}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_passes_costs_no_row(fault, tmp_path):
    behaviour = Behaviour(fail_first=2, fail_with=fault, **LIST)
    with StandIn(ROWS, AGENTS, behaviour=behaviour) as service:
        if fault in FINAL:
            with pytest.raises(cda.RequestError):
                load(service, tmp_path)
            service.behaviour = Behaviour()
        assert whole(load(service, tmp_path))
    assert cda.verify_cache(tmp_path)["ok"].all()


@pytest.mark.parametrize("fault", [fault for fault in FAULTS if fault != "redirect"])
def test_a_fault_that_stays_is_an_error_in_time(fault, tmp_path):
    behaviour = Behaviour(fail_every=1, fail_with=fault, **LIST)
    with (
        StandIn(ROWS, AGENTS, behaviour=behaviour) as service,
        ending(service, lambda: load(service, tmp_path, timeout=0.1, deadline=0.2)) as wait,
        pytest.raises(cda.ChatDashError) as caught,
    ):
        # Many times the deadline of one call, but no multiple of what there is to fetch.
        wait(seconds=10, requests=400)
    expected = (cda.RequestError, cda.ResponseError, cda.IncompleteError)
    assert isinstance(caught.value, expected)
    assert KEY not in str(caught.value)


def test_two_poisoned_rows_are_two_gaps_even_when_both_are_looked_for_at_once(tmp_path):
    # Each is first in its window, so that nothing but failures comes until it is found.
    both = {**ROWS[0], "record": True, "interacted": True}
    early = {**both, "_id": "a" * 24, "createdAt": "2026-03-05T00:00:00.500Z"}
    late = {**both, "_id": "b" * 24, "createdAt": "2026-03-21T00:00:00.500Z"}
    behaviour = Behaviour(poisoned=frozenset({early["_id"], late["_id"]}), poison=500)
    with StandIn([*ROWS, early, late], AGENTS, behaviour=behaviour) as service:
        frame = load(service, tmp_path, allow_gaps=True)
    assert set(WANTED) - set(frame["conversation_id"]) == set()
    gaps = frame.attrs["chatdash"]["gaps"]
    assert {gap["start"][:10] for gap in gaps} == {"2026-03-05", "2026-03-21"}
    assert all(gap["start"][:19] == gap["end"][:19] for gap in gaps)


@pytest.mark.parametrize("form", ["seconds", "date", "junk", "negative", "none"])
@pytest.mark.parametrize("status", [429, 503])
def test_every_form_of_retry_after_is_lived_through(form, status, tmp_path):
    behaviour = Behaviour(fail_every=3, fail_with=status, retry_after=form)
    with StandIn(ROWS, AGENTS, behaviour=behaviour) as service:
        assert whole(load(service, tmp_path, deadline=20.0))


def test_a_wait_of_a_day_is_an_error_that_says_so_and_loses_nothing(tmp_path):
    with StandIn(ROWS, AGENTS) as service:
        load(service, tmp_path, start="2026-04-01")
        service.behaviour = Behaviour(fail_every=1, fail_with=429, retry_after="huge", **LIST)
        begun = time.monotonic()
        with pytest.raises(cda.RequestError, match="86400 seconds") as caught:
            load(service, tmp_path)
        assert time.monotonic() - begun < 5
        assert (caught.value.status_code, caught.value.retry_after) == (429, 86400)
        kept = load(service, tmp_path, start="2026-04-01", refresh="never")
        assert kept["conversation_id"].tolist() == expected_ids(ROWS, "2026-04-01", RANGE["end"])
        service.behaviour = Behaviour()
        assert whole(load(service, tmp_path))


def test_a_redirect_to_another_origin_is_refused_and_nothing_goes_there(tmp_path):
    with serving(http(200, b"[]")) as elsewhere, StandIn(ROWS, AGENTS) as service:
        service.behaviour = Behaviour(fail_every=1, fail_with="redirect", redirect_to=elsewhere.url)
        with pytest.raises(cda.RequestError, match=f"redirects to {elsewhere.url}"):
            load(service, tmp_path)
    assert (elsewhere.connections, elsewhere.requests) == (0, [])
    assert cda.cache_info(tmp_path).empty


def write_netrc(home, monkeypatch, *, by_variable: bool) -> None:
    entry = "machine 127.0.0.1 login thief password hunter2\ndefault login a password b\n"
    file = home / ("elsewhere" if by_variable else ".netrc")
    file.write_text(entry)
    file.chmod(0o600)
    monkeypatch.setenv("HOME", str(home))
    if by_variable:
        monkeypatch.setenv("NETRC", str(file))


@pytest.fixture
def authority(tmp_path_factory) -> tuple[ssl.SSLContext, str]:
    """A context to serve with, and the file of the authority that signed for it."""
    issuer = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    issuer.issue_cert("127.0.0.1").configure_cert(context)
    file = tmp_path_factory.mktemp("authority") / "ca.pem"
    issuer.cert_pem.write_to_path(str(file))
    return context, str(file)


@pytest.mark.parametrize("by_variable", [False, True])
@pytest.mark.parametrize("tls", [False, True])
def test_a_netrc_does_not_replace_the_key(tls, by_variable, authority, tmp_path, monkeypatch):
    context, file = authority
    write_netrc(tmp_path, monkeypatch, by_variable=by_variable)
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", file)
    with StandIn(ROWS, AGENTS, ssl_context=context if tls else None) as service:
        assert whole(load(service, tmp_path / "cache"))
    # The stand-in answers no other key than the right one; "raw" is not Basic.
    assert {(r.authorization, r.status) for r in service.requests} == {("raw", 200)}


def test_a_certificate_that_nobody_signed_is_an_error_and_the_key_stays(authority, tmp_path):
    with StandIn(ROWS, AGENTS, ssl_context=authority[0]) as service:
        begun = time.monotonic()
        with pytest.raises(cda.RequestError, match=r"certificate .* REQUESTS_CA_BUNDLE") as caught:
            load(service, tmp_path)
        assert time.monotonic() - begun < 5
    assert not caught.value.retryable
    assert service.requests == []


NASTY = {
    "dot": ".", "two dots": "..", "three dots": "...", "empty": "", "blank": " ",
    "blanks around": " a ", "slash": "a/b", "climbing": "../clients", "quoted climbing": "%2e%2e",
    "query": "a?record=true", "ampersand": "a&b=c", "fragment": "a#b", "percent": "100%",
    "quoted slash": "a%2Fb", "plus": "a+b", "semicolon": "a;b=c", "colon": "http://evil.invalid/",
    "at": "x@evil.invalid", "backslash": "..\\..\\x", "line break": "a\r\nX: y", "NUL": "a\0b",
    "tab": "a\tb", "delete": "a\x7fb", "umlaut": "Grüße",
    "apart": unicodedata.normalize("NFD", "ü"),
    "joined": unicodedata.normalize("NFC", "ü"), "emoji": "🤖", "half an emoji": "\ud83e",
    "right to left": "\u202eabc", "line separator": "a\u2028b", "mark": "\ufeffa",
    "upper case": AGENT.upper() + "ABC", "lower case": AGENT + "abc", "quote": "a'b\"c",
    "braces": "{agent}", "null": "null", "number": "-1", "name of a device": "CON",
    "longest": "x" * 256, "too long": "x" * 257, "tilde": "~", "star": "*",
}  # fmt: skip
# What no address can hold as it is.
REFUSED = {
    "dot", "two dots", "empty", "line break", "NUL", "tab", "delete", "half an emoji", "too long",
}  # fmt: skip
_OWN = [{**row, "_id": f"{row['_id'][:14]}{at:010x}", "agentId": agent}
        for at, (kind, agent) in enumerate(NASTY.items()) if kind not in REFUSED
        for row in ROWS[60:61]]  # fmt: skip


@pytest.fixture(scope="module")
def nasty_service():
    agents = [{"_id": row["agentId"], "name": "n", "platform": "vapi"} for row in _OWN]
    with StandIn(_OWN, agents) as service:
        yield service


@pytest.mark.parametrize("kind", NASTY)
def test_a_nasty_agent_id_is_refused_or_arrives_as_it_is(kind, nasty_service, tmp_path):
    agent, before = NASTY[kind], len(nasty_service.requests)
    options = {"start": "2026-03-01", "end": "2026-05-01"}
    if kind in REFUSED:
        with pytest.raises(cda.InputError):
            load(nasty_service, tmp_path, agent, **options)
        assert len(nasty_service.requests) == before
        assert list(tmp_path.iterdir()) == []
        return
    frame = load(nasty_service, tmp_path, agent, **options)
    seen = {request.path for request in nasty_service.requests[before:]} - {"/agents"}
    assert [[unquote(part) for part in path.split("/")] for path in seen] == [
        ["", "agents", agent, "conversations"]
    ]
    own = [row["_id"] for row in _OWN if row["agentId"] == agent]
    assert frame["conversation_id"].tolist() == own
    assert frame["agent_id"].tolist() == [agent]
    assert json.loads(json.dumps(frame.attrs["chatdash"]))["agents"] == [agent]
    assert load(nasty_service, tmp_path, agent, **options, refresh="never").equals(frame)
    cda.clear_cache(agent, cache_dir=tmp_path)
    assert cda.cache_info(tmp_path).empty
