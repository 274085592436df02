from __future__ import annotations

import traceback

import pytest

from chatdash_analysis.errors import InputError, RequestError
from chatdash_analysis.loading.client import Client
from tests.loading.calls import KEY, PATH, client_of, failure, whole
from tests.loading.sockets import CLOSE, RESET, gzipped, head, http, refusing, said, serving

pytestmark = pytest.mark.usefixtures("clean_environment", "no_waits")


ECHO = f"Your key {KEY} is wrong, {KEY.upper()}!"
LEAKS = {
    "401": said(401, ECHO),
    "403 in a header": said(403, "no", WWW_Authenticate=KEY),
    "500": said(500, ECHO),
    "500 with the key at the cut": said(500, "x" * 190 + KEY),
    "cut body": [head(200, Content_Length="99") + KEY.encode(), CLOSE],
    "reset": [RESET],
    "no HTTP with the key at the cut": [b"x" * 560 + KEY.encode() + b"\r\n", CLOSE],
    "no HTTP": [KEY.encode() + b"\r\n", CLOSE],
    "encoding": http(200, b"[]", Content_Encoding=KEY),
    "transfer": [head(200, Transfer_Encoding=KEY) + b"[]", CLOSE],
    "redirect": [head(302, Location=f"https://{KEY}.example/{KEY}", Content_Length="0")],
    "redirect to nowhere": [head(302, Location=f"https://a@b/{KEY}", Content_Length="0")],
    "too many redirects": [head(302, Location=f"/{KEY}", Content_Length="0")],
    "time-out": [9.0],
}


@pytest.mark.parametrize("answer", LEAKS.values(), ids=LEAKS)
def test_nothing_of_an_error_holds_the_key(answer):
    error, server = failure(answer, timeout=0.3, max_attempts=2)
    assert server.requests[0].headers["authorization"] == KEY
    assert_clean(error)


def test_nothing_of_an_error_without_an_answer_holds_the_key():
    with refusing() as url, pytest.raises(RequestError) as caught:
        client_of(url).get(PATH, None, whole)
    assert_clean(caught.value)


def test_an_error_within_the_handling_of_another_holds_no_key_either():
    with serving(said(500, ECHO)) as server:
        client = client_of(server)
        try:
            client.get(PATH, None, whole)
        except RequestError:
            with pytest.raises(RequestError) as caught:
                client.get(("agents", KEY), None, whole)
    assert "/agents/***" in str(caught.value)
    assert isinstance(caught.value.__context__, RequestError)
    assert_clean(caught.value, frames=False)  # the identifier itself is in them


@pytest.mark.parametrize("text", ["CD.0123456789\nabcdef", "CD.0123456789ä", "CD.0123 456789"])
def test_a_key_that_cannot_be_sent_is_not_shown(text):
    with pytest.raises(InputError) as caught:
        Client(text)
    assert "0123" not in f"{caught.value!r} {caught.value} {vars(caught.value)}"
    assert caught.value.__context__ is None


def test_the_message_of_the_service_is_shown_on_one_short_line():
    error, _ = failure(said(404, "a\x1b[31m\r\nb\u202ec " + "x" * 500))
    text = str(error)
    assert "'a [31m b c xxx" in text
    assert text.isprintable()
    assert len(text) < 350


@pytest.mark.parametrize(
    "body", [b"", b"<html>", b"[]", b'{"message": 5}', b'{"message": " "}', b"[" * 60000, b"\xff"]
)
def test_an_error_without_a_usable_message_is_the_status_alone(body):
    error, _ = failure(http(404, body))
    assert "the service answered 404 Not Found. Check the identifier" in str(error)


def test_a_compressed_message_is_read():
    body = gzipped(b'{"message": "packed"}')
    error, _ = failure(http(404, body, Content_Encoding="gzip"))
    assert "'packed'" in str(error)


def assert_clean(error: BaseException, *, frames: bool = True) -> None:
    """Check that no text that hangs on the error holds the key, or half of it."""
    texts = [*traceback.format_exception(error), *_texts(error, set())]
    if frames:
        texts += [repr(value) for frame in _frames(error) for value in frame.f_locals.values()]
    assert len(texts) > 3
    assert not [text for text in texts if KEY[3:12].lower() in text.lower()]


def _texts(thing: object, seen: set[int]):
    if id(thing) in seen:
        return
    seen.add(id(thing))
    if isinstance(thing, str | bytes):
        yield str(thing)
    elif isinstance(thing, dict):
        for pair in thing.items():
            yield from _texts(pair, seen)
    elif isinstance(thing, list | tuple | set):
        for item in thing:
            yield from _texts(item, seen)
    elif isinstance(thing, BaseException):
        yield from (str(thing), repr(thing))
        for item in (thing.args, vars(thing), thing.__cause__, thing.__context__):
            yield from _texts(item, seen)


def _frames(error: BaseException):
    for frame, _ in traceback.walk_tb(error.__traceback__):
        if "chatdash_analysis" in frame.f_code.co_filename:
            yield frame
