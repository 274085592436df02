from __future__ import annotations

import socket
import ssl
import threading
import time
from typing import TYPE_CHECKING

import pytest
import trustme

from chatdash_analysis.errors import RequestError
from chatdash_analysis.loading import client as client_module
from chatdash_analysis.loading.body import Limits
from chatdash_analysis.loading.client import Client
from tests.loading.calls import DRIPS, KEY, PATH, client_of, endless, failure, whole
from tests.loading.sockets import RESET, head, http, serving

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


@pytest.mark.parametrize("answer", DRIPS.values(), ids=DRIPS)
def test_the_deadline_ends_every_kind_of_stall_and_drip(answer):
    begun = time.monotonic()
    error, server = failure(answer, timeout=20, deadline=0.5)
    assert time.monotonic() - begun < 3
    assert "within 0.5 seconds (deadline)" in str(error)
    assert (error.retryable, error.splittable) == (True, True)
    assert server.hung_up.is_set()


def test_a_dripping_body_below_the_floor_is_given_up_before_the_deadline(monkeypatch):
    monkeypatch.setattr(client_module, "_LIMITS", Limits(floor=1000, grace=0.3))
    error, server = failure(DRIPS["body"], max_attempts=2)
    assert "too slowly" in str(error)
    assert (error.retryable, error.splittable, error.status_code) == (True, True, 200)
    assert len(server.requests) == 2


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_within_the_service_is_followed_with_the_key(status):
    with serving([head(status, Location="/v2/x?y=1", Content_Length="0")], http(200, b"[1]")) as s:
        assert client_of(s).get(PATH, None, whole) == b"[1]"
    assert s.targets[1] == "/v2/x?y=1"
    assert [request.headers["authorization"] for request in s.requests] == [KEY, KEY]


def test_more_than_three_redirects_are_an_error():
    error, server = failure([head(302, Location="/again", Content_Length="0")])
    assert "more than 3 redirects" in str(error)
    assert not error.retryable
    assert len(server.requests) == 4


def test_a_redirect_elsewhere_is_an_error_that_names_the_target():
    with (
        serving(http(200, b"[1]")) as other,
        serving([head(302, Location=f"{other.url}/v1/agents", Content_Length="0")]) as server,
        pytest.raises(RequestError, match=f"redirects to {other.url}") as caught,
    ):
        client_of(server).get(PATH, None, whole)
    assert (other.connections, len(server.requests)) == (0, 1)
    error = caught.value
    assert (error.retryable, error.splittable, error.status_code) == (False, False, 302)


LOOKALIKES = [
    "https://127.0.0.1:{port}/",
    "http://127.0.0.1/",
    "http://localhost:{port}/",
    "//127.0.0.2:{port}/",
    "http://127.0.0.1:{port}@evil.invalid/",
    "http://u:p@127.0.0.1:{port}/",
    "/\\evil.invalid/",
    "",
    "javascript:x",
]


@pytest.mark.parametrize("location", LOOKALIKES)
def test_what_only_looks_like_the_service_is_not_followed(location):
    def redirect():
        here = location.format(port=server.url.rpartition(":")[2])
        return [head(302, Location=here, Content_Length="0")]

    with serving(redirect) as server, pytest.raises(RequestError, match="redirect") as caught:
        client_of(server).get(PATH, None, whole)
    assert len(server.requests) == 1
    assert not caught.value.retryable


def test_the_body_of_a_redirect_is_not_waited_for():
    slow = [head(302, Location="/x", Content_Length="999"), b"x", 9.0]
    begun = time.monotonic()
    with serving(slow, http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1]"
    assert time.monotonic() - begun < 2


def test_the_body_of_an_error_is_not_waited_for_long(monkeypatch):
    monkeypatch.setattr(client_module, "_ERROR_BODY_SECONDS", 0.4)
    for drip in (endless(head(404), b"x"), endless(head(404, Transfer_Encoding="chunked"), b"0")):
        begun = time.monotonic()
        error, _ = failure(drip)
        assert time.monotonic() - begun < 3
        assert error.status_code == 404


def test_plain_http_does_not_pass_through_a_proxy(monkeypatch):
    with serving(http(200, b"[1]")) as server, serving(http(200, b"[2]")) as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url)
        monkeypatch.setenv("ALL_PROXY", proxy.url)
        assert client_of(server).get(PATH, None, whole) == b"[1]"
    assert proxy.connections == 0


def test_a_proxy_for_https_does_not_see_the_key(monkeypatch):
    with serving([head(407, Content_Length="0")]) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(RequestError, match=r"through the proxy .* 407") as caught:
            Client(KEY, base_url="https://host.invalid", max_attempts=1).get(PATH, None, whole)
    assert proxy.targets == ["host.invalid:443"]
    assert "authorization" not in proxy.requests[0].headers
    assert not caught.value.splittable


@pytest.fixture(scope="module")
def authority() -> trustme.CA:
    return trustme.CA()


@pytest.fixture(scope="module")
def tls(authority) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)
    return context


@pytest.fixture
def trusted(authority, tmp_path, monkeypatch) -> Path:
    path = tmp_path / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))
    return path


def test_a_certificate_of_an_unknown_authority_is_an_error_at_once(tls):
    with (
        serving(http(), tls=tls) as server,
        pytest.raises(RequestError, match=r"certificate .* cannot be verified") as caught,
    ):
        client_of(server).get(PATH, None, whole)
    error = caught.value
    assert "REQUESTS_CA_BUNDLE" in str(error)
    assert (error.retryable, error.splittable) == (False, False)
    assert (server.connections, server.requests) == (1, [])


def test_a_certificate_for_another_name_is_an_error_at_once(authority, trusted):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("elsewhere.example").configure_cert(context)
    with (
        serving(http(), tls=context) as server,
        pytest.raises(RequestError, match=r"cannot be verified .*mismatch"),
    ):
        client_of(server).get(PATH, None, whole)
    assert (server.connections, server.requests) == (1, [])


def test_a_server_without_tls_is_an_error_at_once():
    connections = []

    def serve() -> None:
        connection, _ = listener.accept()
        with connection:
            connections.append(connection.recv(65536))
            connection.sendall(head(400, Content_Length="0"))

    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=serve)
        thread.start()
        with pytest.raises(RequestError, match="does not speak TLS") as caught:
            client_of(f"https://127.0.0.1:{listener.getsockname()[1]}").get(PATH, None, whole)
        thread.join()
    assert (caught.value.retryable, caught.value.splittable) == (False, False)
    assert KEY.encode() not in connections[0]


def test_a_netrc_entry_does_not_replace_the_key(tls, trusted, tmp_path, monkeypatch):
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login someone password wrong\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    with serving([head(302, Location="/x", Content_Length="0")], http(), tls=tls) as server:
        client_of(server).get(PATH, None, whole)
    assert [request.headers["authorization"] for request in server.requests] == [KEY, KEY]


@pytest.mark.parametrize("drip", ["headers", "body", "chunk size"])
def test_the_deadline_ends_drips_over_tls_too(tls, trusted, drip):
    begun = time.monotonic()
    with serving(DRIPS[drip], tls=tls) as server, pytest.raises(RequestError, match="deadline"):
        client_of(server, deadline=0.5).get(PATH, None, whole)
    assert time.monotonic() - begun < 3


def test_a_connection_cut_within_tls_is_a_cut_body(tls, trusted):
    with (
        serving([head(200, Content_Length="9") + b"[1", RESET], tls=tls) as server,
        pytest.raises(RequestError, match="broke") as caught,
    ):
        client_of(server, max_attempts=2).get(PATH, None, whole)
    assert len(server.requests) == 2
    assert (caught.value.retryable, caught.value.splittable) == (True, True)
