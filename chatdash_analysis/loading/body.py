"""One response body: decoded while it arrives, bounded, and known to be whole."""

from __future__ import annotations

import time
import zlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chatdash_analysis.errors import RequestError

__all__ = ["Body", "Limits"]

_PIECE = 64 * 1024
# A reader that asks for more at once gets it in several pieces: memory is taken before bytes come.
_LARGEST_PIECE = 1024 * 1024
_GZIP = zlib.MAX_WBITS + 16
_ENCODINGS = {"": None, "identity": None, "gzip": "gzip", "x-gzip": "gzip", "deflate": "deflate"}


@dataclass(frozen=True)
class Limits:
    """What a body may be at most, and how slow.

    Attributes
    ----------
    max_bytes : int
        Largest size in bytes, on the wire as well as decoded.
    floor : float
        Bytes a second that must arrive on average over each `grace` period.
    grace : float
        Seconds of waiting over which the rate is taken.
    """

    max_bytes: int = 2 * 1024**3
    floor: float = 1024.0
    grace: float = 30.0


class Body:
    """The decoded bytes of one answer, as they arrive.

    Parameters
    ----------
    pull : callable
        Takes a number of bytes, waits for some, returns at most that many; ``b""`` at the end.
    fail : callable
        Builds the error to raise from a sentence and the attributes of RequestError.
    encoding : str
        The ``Content-Encoding`` header.
    length : int or None
        The number of bytes on the wire, where the service announced it.
    limits : Limits
        Bounds of size and speed.

    Raises
    ------
    RequestError
        If the encoding is not one that was asked for, or the announced length is too large.
    """

    def __init__(
        self,
        pull: Callable[[int], bytes],
        fail: Callable[..., RequestError],
        *,
        encoding: str = "",
        length: int | None = None,
        limits: Limits | None = None,
    ) -> None:
        self._pull = pull
        self._fail = fail
        self._length = length
        self._limits = limits or Limits()
        self._arrived = 0
        self._given = 0
        self._waited = 0.0
        self._recent = 0
        self._ended = False
        self._tail = b""
        self._inflater: zlib._Decompress | None = None
        self._encoding = self._known(encoding)
        self._refuse_above_limit(length or 0)

    def read(self, size: int) -> bytes:
        """Return at least one and at most `size` decoded bytes as they arrive; b"" at the end.

        Raises
        ------
        RequestError
            If the body is cut, damaged, too large, too slow, or the connection breaks.
        """
        if size < 1:
            return b""
        size = min(size, _LARGEST_PIECE)
        piece = self._inflated(size) if self._encoding else self._wire(size)
        self._given += len(piece)
        self._refuse_above_limit(self._given)
        return piece

    def drain(self) -> None:
        """Read what is left, so that a fault near the end is noticed."""
        while self.read(_PIECE):
            pass

    def _inflated(self, size: int) -> bytes:
        while self._inflater is None or not self._inflater.eof or self._more():
            if self._inflater is None or self._inflater.eof:
                self._inflater = self._new_inflater()
            wire = self._tail or self._wire(_PIECE)
            piece = self._inflate(self._inflater, wire, size)
            if piece:
                return piece
            if not wire and not self._inflater.eof:
                raise self._broken("the compressed body ended too early")
        return b""

    def _more(self) -> bool:
        """Tell whether anything follows a complete member of a compressed body."""
        self._tail = self._tail or self._wire(_PIECE)
        return bool(self._tail)

    def _new_inflater(self) -> zlib._Decompress:
        while len(self._tail) < 2 and (more := self._wire(_PIECE)):
            self._tail += more
        return zlib.decompressobj(_GZIP if self._encoding == "gzip" else _deflate_bits(self._tail))

    def _inflate(self, inflater: zlib._Decompress, wire: bytes, size: int) -> bytes:
        try:
            piece = inflater.decompress(wire, size)
        except zlib.error:
            raise self._broken(f"the {self._encoding} body is damaged") from None
        self._tail = inflater.unused_data if inflater.eof else inflater.unconsumed_tail
        return piece

    def _wire(self, size: int) -> bytes:
        if self._ended:
            return b""
        begun = time.perf_counter()
        piece = self._pull(size)
        self._waited += time.perf_counter() - begun
        self._arrived += len(piece)
        self._recent += len(piece)
        if piece:
            self._refuse_above_limit(self._arrived)
            self._refuse_below_floor()
        else:
            self._ended = True
            self._refuse_short()
        return piece

    def _refuse_above_limit(self, count: int) -> None:
        if count > self._limits.max_bytes:
            raise self._fail(
                f"the answer is larger than {self._limits.max_bytes:,} bytes. "
                "Ask for a narrower window.",
                splittable=True,
            )

    def _refuse_below_floor(self) -> None:
        if self._waited < self._limits.grace:
            return
        rate = self._recent / self._waited
        if rate < self._limits.floor:
            raise self._broken(f"the answer arrived too slowly ({rate:.0f} bytes a second)")
        self._waited, self._recent = 0.0, 0

    def _refuse_short(self) -> None:
        # Headers that are cut are taken as complete by http.client; then nothing follows.
        if self._length is None and not self._arrived:
            raise self._broken("the answer ended before its body")
        if self._length is not None and self._arrived != self._length:
            raise self._broken(
                f"the answer was cut after {self._arrived:,} of {self._length:,} bytes"
            )

    def _known(self, encoding: str) -> str | None:
        name = encoding.strip().lower()
        if name not in _ENCODINGS:
            raise self._fail(
                f"the answer has the Content-Encoding {name!r}, but only gzip was asked for. "
                "A proxy on the way may be at fault."
            )
        return _ENCODINGS[name]

    def _broken(self, what: str) -> RequestError:
        return self._fail(f"{what}.", retryable=True, splittable=True)


def _deflate_bits(head: bytes) -> int:
    # "deflate" means the zlib format by the book, and bare deflate by some servers.
    is_zlib = len(head) > 1 and head[0] & 0x8F == 0x08 and int.from_bytes(head[:2]) % 31 == 0
    return zlib.MAX_WBITS if is_zlib else -zlib.MAX_WBITS
