from __future__ import annotations

import pytest

from chatdash_analysis.errors import InputError
from chatdash_analysis.loading.addresses import (
    check_base_url,
    follow,
    join_url,
    origin,
    shown_path,
)


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://api.chat-dash.com/v1/public", "https://api.chat-dash.com/v1/public"),
        ("https://api.chat-dash.com/v1/public//", "https://api.chat-dash.com/v1/public"),
        (" HTTPS://host:8443/ ", "https://host:8443"),
        ("http://localhost:4010", "http://localhost:4010"),
        ("http://127.0.0.7/v1", "http://127.0.0.7/v1"),
        ("http://[::1]:80", "http://[::1]:80"),
    ],
)
def test_a_base_url_loses_its_trailing_slash(text, url):
    assert check_base_url(text) == url


@pytest.mark.parametrize(
    ("text", "match"),
    [
        ("", "must be an address"),
        ("api.chat-dash.com", "must be an address"),
        ("ftp://host", "must be an address"),
        ("file:///etc/passwd", "must be an address"),
        ("https://", "must be an address"),
        ("https://host:0", "must be an address"),
        ("https://host:99999", "its port is not a number"),
        ("https://host:http", "its port is not a number"),
        ("https://[::1", "is not a URL"),
        ("https://user:pass@host", "user name or password"),
        ("https://@host", "user name or password"),
        ("https://host?", "query"),
        ("https://host/#x", "query"),
        ("https://host/a/../b", r"'\.\.'"),
        ("https://ho st", "blanks"),
        ("https://host\n.evil", "blanks"),
        ("https://host\\@evil", "blanks, backslashes"),
        ("https://hôst", "beyond ASCII"),
        ("http://api.chat-dash.com/v1", "unencrypted"),
        ("http://localhost.evil.example", "unencrypted"),
        ("http://127.0.0.1.evil.example", "unencrypted"),
        ("http://2130706433", "unencrypted"),
        (b"https://host", "not bytes"),
    ],
)
def test_a_base_url_that_would_expose_or_misdirect_the_key_is_refused(text, match):
    with pytest.raises(InputError, match=match):
        check_base_url(text)


def test_a_refused_base_url_is_not_repeated():
    for text in ("https://user:hidden@host:99999", "https://user:hidden@host", "CD.hidden"):
        with pytest.raises(InputError) as caught:
            check_base_url(text)
        assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("segment", "match"),
    [
        ("", "cannot be ''"),
        (".", r"cannot be '\.'"),
        ("..", r"cannot be '\.\.'"),
        ("a\x00b", "control character"),
        ("a\nb", "control character"),
        ("a\x7f", "control character"),
        ("a\x85", "control character"),
        ("a\ud83d", "half of a character pair"),
        ("a" * 257, "257 characters is too long"),
        (None, "not NoneType"),
        (7, "not int"),
        (b"a", "not bytes"),
    ],
)
def test_a_segment_that_would_not_arrive_is_refused(segment, match):
    with pytest.raises(InputError, match=match):
        join_url("https://host", ("agents", segment), None)


@pytest.mark.parametrize("params", [{"record": True}, {"n": 1}, {"a": "\ud83d"}, {"a": "b\nc"}])
def test_a_parameter_that_would_not_arrive_is_refused(params):
    with pytest.raises(InputError, match="parameter"):
        join_url("https://host", ("agents",), params)


def test_parameters_are_quoted():
    url = join_url(
        "https://host/v1", ("a",), {"startDate": "2026-01-01T00:00:00.000Z", "q": "a&b c"}
    )
    assert url == "https://host/v1/a?startDate=2026-01-01T00%3A00%3A00.000Z&q=a%26b%20c"


def test_a_shown_path_is_one_short_line():
    assert shown_path(("agents", "a\nb\x1b[31m" + "x" * 99)) == "/agents/a b [31m" + "x" * 39 + "…"


def test_origins_are_written_one_way():
    assert origin("HTTPS://Host:443/x") == origin("https://host") == "https://host"
    assert origin("http://[::1]:8080/") == "http://[::1]:8080"


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/x", "https://host/x"),
        ("y?z=1", "https://host/a/y?z=1"),
        ("//evil", "https://evil"),
        ("https://host:444/", "https://host:444/"),
        ("/\u00c3\u00a9", "https://host/\u00e9"),
    ],
)
def test_redirects_are_resolved_against_the_request(location, target):
    assert follow("https://host/a/b", location) == target


@pytest.mark.parametrize(
    "location",
    ["", " ", "/\\evil", "https://a@host/", "ftp://host/", "https://[::1", "mailto:a", "/a\tb"],
)
def test_unreadable_redirects_are_refused(location):
    with pytest.raises(ValueError, match=r"\w"):
        follow("https://host/a", location)
