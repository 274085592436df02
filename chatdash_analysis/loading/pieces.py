"""Cut a JSON array of conversations into pieces while it arrives.

One buffer is filled, cut after a record, handed out as a view and filled again,
so that memory does not grow with the body and no piece is copied. A cut is right
exactly if what precedes it decodes; brackets need not be counted.
"""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

import msgspec

from chatdash_analysis.errors import ResponseError
from chatdash_analysis.flattening.tolerant import scan
from chatdash_analysis.loading.rows import RowDecoder, UnfitRowsError

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["PIECE_SIZE", "Body", "Piece", "pieces", "split_records", "without_halves"]

PIECE_SIZE = 4 * 1024 * 1024
MAX_RECORD = 64 * 1024 * 1024
READ_SIZE = 64 * 1024

_HEAD = b'{"rows":['
_BETWEEN = re.compile(rb"\}\s*(,)\s*(?=\{)")
_TRIALS = 24
_ESCAPE = re.compile(
    rb"\\(?:u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2}"
    rb"|(?P<half>u[dD][89a-fA-F][0-9a-fA-F]{2})|.)",
    re.DOTALL,
)
_decode_list = msgspec.json.Decoder(list[msgspec.Raw]).decode


class Body(Protocol):
    """Anything that gives bytes: an answer of the service, a file."""

    def read(self, n: int, /) -> bytes:
        """Return up to `n` bytes; none at the end."""


@dataclass
class Piece:
    """Some consecutive records.

    Either `view` (a JSON object ``{"rows": [...]}``, valid until the next piece is
    asked for) with its `rows` as `decoder` gave them, or `records`, one JSON text
    each, where the records need care.
    """

    view: memoryview
    rows: list[Any]
    decoder: RowDecoder
    records: list[bytes] | None = None


def pieces(body: Body, size: int = PIECE_SIZE) -> Iterator[Piece]:
    """Yield the records of a JSON array in pieces of about `size` bytes.

    Raises
    ------
    ResponseError
        If the body is no JSON array, is cut short, or cannot be read as JSON.
    """
    cutter = _Cutter(body, max(size, 64))
    cutter.open()
    while not cutter.done:
        cutter.fill()
        piece = cutter.cut()
        if piece is not None:
            yield piece
            cutter.advance()


def split_records(piece: Piece) -> list[bytes]:
    """Return the records of a piece, one JSON text each."""
    return _split(piece.view) if piece.records is None else piece.records


def _split(view: memoryview) -> list[bytes]:
    return [bytes(record) for record in _decode_list(view[len(_HEAD) - 1 : -1])]


class _Cutter:
    """The buffer: ``{"rows":[`` and then what has arrived and is not handed out yet."""

    def __init__(self, body: Body, size: int) -> None:
        self.body = body
        self.buffer = bytearray(size + len(_HEAD))
        self.buffer[: len(_HEAD)] = _HEAD
        self.end = len(_HEAD)
        self.next = len(_HEAD)
        self.patched: tuple[int, bytes] = (0, b"")
        self.at_end = False
        self.done = False
        self.decoder = RowDecoder()

    def open(self) -> None:
        """Read up to the bracket that opens the array."""
        start = b""
        while not start.strip(b"\xef\xbb\xbf \t\r\n") and not self.at_end:
            more = self.body.read(READ_SIZE)
            self.at_end = not more
            start += more
        start = start.removeprefix(b"\xef\xbb\xbf").lstrip(b" \t\r\n")
        if not start.startswith(b"["):
            raise ResponseError(_not_an_array(start))
        self._append(start[1:])

    def fill(self) -> None:
        """Read until the buffer is full or the body ends."""
        while not self.at_end and self.end < len(self.buffer):
            more = self.body.read(min(READ_SIZE, len(self.buffer) - self.end))
            self.at_end = not more
            self._append(more)

    def _append(self, data: bytes) -> None:
        if self.end + len(data) > len(self.buffer):
            self._grow(self.end + len(data))
        self.buffer[self.end : self.end + len(data)] = data
        self.end += len(data)

    def _grow(self, size: int) -> None:
        # A new array, not a longer one: views of the old one may still be held.
        grown = bytearray(max(size, 2 * len(self.buffer)))
        grown[: self.end] = memoryview(self.buffer)[: self.end]
        self.buffer = grown

    def cut(self) -> Piece | None:
        """Hand out as many whole records as the buffer holds; None if more must be read."""
        piece = self._cut_fast()
        if piece is None and self._mend_surrogates():
            piece = self._cut_fast()
        return piece or self._cut_carefully()

    def _cut_fast(self) -> Piece | None:
        if self.at_end:
            self._append(b"}")
            piece = self._try(self.end)
            self.end -= 1
            self.next = self.end
            self.done = piece is not None
            return piece
        before = self.end
        for _ in range(_TRIALS):
            before = self.buffer.rfind(b"}", len(_HEAD), before)
            if before < 0:
                return None
            found = _BETWEEN.match(self.buffer, before, self.end)
            if found and (piece := self._try_at(found.start(1), found.end())):
                return piece
        return None

    def _try_at(self, comma: int, following: int) -> Piece | None:
        self.patched = (comma, bytes(self.buffer[comma : comma + 2]))
        self.buffer[comma : comma + 2] = b"]}"
        piece = self._try(comma + 2)
        if piece is None:
            self._restore()
        self.next = following
        return piece

    def _restore(self) -> None:
        place, kept = self.patched
        self.buffer[place : place + len(kept)] = kept
        self.patched = (0, b"")

    def _try(self, stop: int) -> Piece | None:
        view = memoryview(self.buffer)[:stop]
        try:
            try:
                return Piece(view, self.decoder.decode(view), self.decoder)
            except (UnfitRowsError, UnicodeDecodeError):
                # The first unfit record is met before the end, so the cut is not proved yet.
                return Piece(view, [], self.decoder, _split(view))
        except (msgspec.DecodeError, RecursionError):
            return None

    def advance(self) -> None:
        """Move what was not handed out to the front."""
        self._restore()
        self._keep_only(bytes(memoryview(self.buffer)[self.next : self.end]))

    def _keep_only(self, rest: bytes) -> None:
        self.next = self.end = len(_HEAD)
        self._append(rest)

    def _mend_surrogates(self) -> bool:
        """Replace halves of surrogate pairs, which no decoder takes; say whether there were any."""
        held = bytes(memoryview(self.buffer)[len(_HEAD) : self.end])
        # The second half of a pair may not have arrived yet.
        safe = len(held) if self.at_end else len(held) - 12
        mended = without_halves(held, safe)
        self.buffer[len(_HEAD) : self.end] = mended
        return mended != held

    def _cut_carefully(self) -> Piece | None:
        """Take records one by one with the tolerant decoder of the standard library."""
        # A character may be cut in two by the end of the buffer: its start is kept as it is.
        decoder = codecs.getincrementaldecoder("utf-8")("replace")
        text = decoder.decode(self.buffer[len(_HEAD) : self.end], final=self.at_end)
        records, rest, closed = _take(text)
        if closed:
            self.done = True
            self._expect_end(text[rest:])
        elif not records:
            self._need_more(text)
            return None
        self._keep_only(b"" if closed else text[rest:].encode() + decoder.getstate()[0])
        return Piece(memoryview(b""), [], self.decoder, records)

    def _expect_end(self, rest: str) -> None:
        if rest.strip() or (not self.at_end and self.body.read(READ_SIZE).strip()):
            raise ResponseError(f"The body goes on after its JSON array: {_shape(rest)}.")

    def _need_more(self, text: str) -> None:
        if self.at_end:
            raise ResponseError(f"The body ends inside a conversation: ...{_shape(text[-80:])}.")
        if len(self.buffer) >= MAX_RECORD:
            raise ResponseError(
                f"The body cannot be read as JSON, or holds one conversation of more than"
                f" {MAX_RECORD >> 20} MiB: {_shape(text)}..."
            )
        self._grow(2 * len(self.buffer))


def _take(text: str) -> tuple[list[bytes], int, bool]:
    """Return the whole records at the start, where they end, and whether the array ends there."""
    records: list[bytes] = []
    place = _skip(text, 0)
    if text[place : place + 1] == "]":
        return records, place + 1, True
    while (stop := _end_of_value(text, place)) is not None:
        after = _skip(text, stop)
        if text[after : after + 1] == "]":
            return [*records, text[place:stop].encode()], after + 1, True
        following = _skip(text, after + 1)
        # A number may go on, and a comma promises a record, in what has not arrived yet.
        if text[after : after + 1] != "," or text[following : following + 1] in ("", "]"):
            break
        records.append(text[place:stop].encode())
        place = following
    return records, place, False


def _end_of_value(text: str, place: int) -> int | None:
    try:
        _, stop = scan(text, place)
    except ValueError:
        return None
    except RecursionError:
        raise ResponseError(
            "A conversation is nested too deeply to be read.", retryable=False
        ) from None
    return stop


def _skip(text: str, place: int) -> int:
    while place < len(text) and text[place] in " \t\r\n":
        place += 1
    return place


def _not_an_array(start: bytes) -> str:
    if not start:
        return "The answer is empty; a JSON array of conversations was expected."
    if start[:1] == b"<":
        return (
            "The answer is an HTML page, not a JSON array: something between here and the service"
            " answered in its place, or the base URL is not that of the API."
        )
    shown = _shape(start[:80].decode("utf-8", "replace"))
    return f"The answer is not a JSON array of conversations; it starts with {shown}."


def _shape(text: str) -> str:
    """Return how a text begins, with its words as "x": it may hold what people said."""
    return repr(re.sub(r"\w[\w\s]*", "x", text.strip()[:80]))


def without_halves(text: bytes, end: int | None = None) -> bytes:
    """Replace escaped halves of surrogate pairs, those that begin before `end`."""
    if b"\\ud" not in text and b"\\uD" not in text:
        return text
    end = len(text) if end is None else end
    return _ESCAPE.sub(lambda m: b"\\ufffd" if m["half"] and m.start() < end else m[0], text)
