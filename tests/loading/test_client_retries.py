from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import stamina

from chatdash_analysis.errors import AuthenticationError, InputError, RequestError, ResponseError
from tests.loading.calls import KEY, PATH, client_of, failure, whole
from tests.loading.sockets import head, http, said, serving

if TYPE_CHECKING:
    from chatdash_analysis.loading.body import Body

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


@pytest.mark.parametrize("status", [408, 425, 429, 500, 502, 503, 504, 520, 599])
def test_a_status_that_may_pass_is_tried_again(status):
    with serving(said(status, "x"), said(status, "x"), http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, whole) == b"[1]"
    assert len(server.requests) == 3


@pytest.mark.parametrize("status", [400, 404, 405, 410, 413, 414, 422, 451])
def test_any_other_error_of_the_request_is_raised_at_once(status):
    error, server = failure(said(status, "no such thing"))
    assert isinstance(error, RequestError)
    assert f"/agents/a1/conversations: the service answered {status}" in str(error)
    assert "'no such thing'" in str(error)
    assert "record" not in str(error)
    assert (error.status_code, error.retryable) == (status, False)
    assert error.splittable == (status == 413)
    assert len(server.requests) == 1


@pytest.mark.parametrize(
    ("status", "splittable"), [(408, True), (429, False), (500, True), (503, True), (504, True)]
)
def test_the_last_error_tells_its_facts(status, splittable):
    error, _ = failure(said(status, "busy", Retry_After="7"))
    assert (error.status_code, error.retry_after) == (status, 7)
    assert (error.retryable, error.splittable) == (True, splittable)


@pytest.mark.parametrize(
    ("status", "advice"), [(401, "Copy the key again"), (402, "plan"), (403, "plan")]
)
def test_a_key_that_is_not_accepted_is_an_error_at_once_that_says_what_to_do(status, advice):
    error, server = failure(said(status, "no"))
    assert isinstance(error, AuthenticationError)
    assert f"{status}" in str(error)
    assert advice in str(error)
    assert len(server.requests) == 1


@pytest.mark.parametrize("status", [201, 202, 204, 206])
def test_another_success_than_200_is_no_answer(status):
    error, server = failure([head(status, Content_Length="0")])
    assert isinstance(error, ResponseError)
    assert str(status) in str(error)
    assert len(server.requests) == 3


def test_an_answer_that_read_cannot_use_is_asked_for_again():
    def strict(body: Body) -> bytes:
        text = whole(body)
        if text.startswith(b"<"):
            raise ResponseError("a web page")
        return text

    with serving(http(200, b"<html>"), http(200, b"[1]")) as server:
        assert client_of(server).get(PATH, None, strict) == b"[1]"
    assert len(server.requests) == 2


def test_an_answer_that_stays_wrong_is_raised_at_once():
    def refuse(body: Body) -> None:
        raise ResponseError(f"no list: {whole(body)!r}", retryable=False)

    with (
        serving(http(200, KEY.encode())) as server,
        pytest.raises(ResponseError, match=r"no list: b'\*\*\*'"),
    ):
        client_of(server).get(PATH, None, refuse)
    assert len(server.requests) == 1


def test_an_error_of_the_reader_itself_passes_unchanged():
    def fail(body: Body) -> None:
        raise ZeroDivisionError("mine")

    with serving(http()) as server:
        with pytest.raises(ZeroDivisionError, match="mine"):
            client_of(server).get(PATH, None, fail)
        assert server.hung_up.wait(5)
    assert len(server.requests) == 1


def test_attempts_overrides_the_setting_for_one_call():
    with serving(said(500, "x")) as server:
        client = client_of(server)
        for attempts in (1, 4):
            with pytest.raises(RequestError):
                client.get(PATH, None, whole, attempts=attempts)
        assert len(server.requests) == 5
        with pytest.raises(InputError, match="attempts"):
            client.get(PATH, None, whole, attempts=0)


def test_the_test_mode_of_stamina_holds():
    with (
        stamina.set_testing(True, attempts=2),
        serving(said(500, "x")) as server,
        pytest.raises(RequestError),
    ):
        client_of(server).get(PATH, None, whole)
    assert len(server.requests) == 2
