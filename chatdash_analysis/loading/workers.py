"""A few threads that fetch, and that nobody has to wait for at the end.

The pools of the standard library are joined when Python exits, so that a request
without an answer would hold up a program that was stopped.
"""

from __future__ import annotations

import threading
from concurrent.futures import Future
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

__all__ = ["Workers"]

T = TypeVar("T")


class Workers:
    """Runs what it is given in `count` threads, first come, first served."""

    def __init__(self, count: int) -> None:
        self._tasks: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._count = count
        for _ in range(count):
            threading.Thread(target=self._work, daemon=True).start()

    def submit(self, task: Callable[[], T]) -> Future[T]:
        """Have `task` run; its result or error comes with the future."""
        future: Future[T] = Future()
        self._tasks.put((future, task))
        return future

    def dismiss(self) -> None:
        """Let each thread end with what it is doing."""
        for _ in range(self._count):
            self._tasks.put(None)

    def _work(self) -> None:
        while (item := self._tasks.get()) is not None:
            future, task = item
            try:
                future.set_result(task())
            except BaseException as error:  # noqa: BLE001 - it belongs to who asked
                future.set_exception(error)
