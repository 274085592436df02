"""A service in a process of its own that answers with bodies compressed beforehand.

``python -m tests.benchmarks.serving ROWS AGENTS`` prints its port when it is ready. Rows
lie ready as one gzip member a day, agent and combination of flags; members that follow one
another are a gzip body too, so a window costs the server nothing but copying.
"""

from __future__ import annotations

import gzip
import json
import subprocess
import sys
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit
from urllib.request import urlopen

from tests.benchmarks import payload

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "benchmark-key"
_BETWEEN = b",\n"
_DAY = timedelta(days=1)
Scope = tuple[str, bool, bool]


@dataclass(frozen=True)
class Day:
    """The rows of one day; no text of a row holds a line break, so they can be told apart."""

    member: bytes
    size: int
    times: list[datetime]

    def between(self, start: datetime, end: datetime) -> tuple[bytes, int]:
        """Return the compressed rows with ``start <= t <= end``, and their size."""
        if start <= self.times[0] and self.times[-1] <= end:
            return self.member, self.size
        rows = gzip.decompress(self.member).split(_BETWEEN)
        kept = [row for row, at in zip(rows, self.times, strict=True) if start <= at <= end]
        return (_packed(text), len(text)) if (text := _BETWEEN.join(kept)) else (b"", 0)


class Shelf:
    """All days, and how large the answers were."""

    def __init__(self, what: payload.Payload) -> None:
        self.agents = what.agent_ids
        self.days: dict[Scope, dict[date, Day]] = defaultdict(dict)
        self.windows: dict[str, dict[str, int]] = defaultdict(dict)
        rows: dict[Scope, list[payload.Row]] = defaultdict(list)
        today = payload.START.date()
        for row in payload.rows(what):
            if row.created_at.date() != today:
                self._put_away(today, rows)
                today = row.created_at.date()
            rows[row.agent, row.record, row.interacted].append(row)
        self._put_away(today, rows)

    def _put_away(self, today: date, rows: dict[Scope, list[payload.Row]]) -> None:
        for scope, those in rows.items():
            text = _BETWEEN.join(row.text.encode() for row in those)
            times = [row.created_at for row in those]
            self.days[scope][today] = Day(_packed(text), len(text), times)
        rows.clear()

    def answer(self, scope: Scope, start: datetime, end: datetime) -> bytes:
        """Return the compressed body of a window, both bounds included."""
        parts, size = [_packed(b"[")], 0
        day = max(start, payload.START).date()
        while day <= min(end, payload.END).date():
            member, length = b"", 0
            if day in self.days[scope]:
                member, length = self.days[scope][day].between(start, end)
            if length:
                parts += [_packed(_BETWEEN), member] if size else [member]
                size += length
            day += _DAY
        agent, *flags = scope
        self.windows[f"{agent} {start} {end}"][str(flags)] = size
        return b"".join([*parts, _packed(b"]")])

    @property
    def largest_window(self) -> int:
        """Decoded bytes of the largest window, all combinations of flags together."""
        return max(sum(sizes.values()) for sizes in self.windows.values())


def _packed(text: bytes) -> bytes:
    return gzip.compress(text, compresslevel=1, mtime=0)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    shelf: Shelf

    def do_GET(self) -> None:
        url = urlsplit(self.path)
        asked = {name: values[0] for name, values in parse_qs(url.query).items()}
        segments = url.path.strip("/").split("/")
        if segments == ["largest"]:
            self._send(_packed(json.dumps(self.shelf.largest_window).encode()))
            self.shelf.windows.clear()
        elif segments[-1] == "conversations":
            scope = (segments[-2], asked["record"] == "true", asked["interacted"] == "true")
            bounds = (datetime.fromisoformat(asked[name]) for name in ("startDate", "endDate"))
            self._send(self.shelf.answer(scope, *bounds))
        else:
            agents = [{"_id": agent, "platform": "retell"} for agent in self.shelf.agents]
            self._send(_packed(json.dumps(agents).encode()))

    def _send(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Encoding", "gzip")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@contextmanager
def serving(what: payload.Payload) -> Iterator[str]:
    """Run the service in a child process; give its base URL."""
    command = [sys.executable, "-m", "tests.benchmarks.serving", str(what.rows), str(what.agents)]
    root = Path(__file__).resolve().parents[2]
    with subprocess.Popen(command, cwd=root, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield f"http://127.0.0.1:{int(process.stdout.readline())}"
        finally:
            process.terminate()


def largest_window(url: str) -> int:
    """Return the decoded bytes of the largest window served since the last such question."""
    with urlopen(f"{url}/largest") as answer:
        return int(json.loads(gzip.decompress(answer.read())))


def _serve(what: payload.Payload) -> None:
    _Handler.shelf = Shelf(what)
    with ThreadingHTTPServer(("127.0.0.1", 0), _Handler) as server:
        print(server.server_address[1], flush=True)
        server.serve_forever()


if __name__ == "__main__":
    _serve(payload.Payload(int(sys.argv[1]), int(sys.argv[2])))
