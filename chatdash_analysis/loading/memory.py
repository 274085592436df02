"""Keep what Arrow holds to what is in use."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

if TYPE_CHECKING:
    from collections.abc import Iterator

__all__ = ["POOL", "lean_memory", "release"]

# Arrow's own pool is made for speed and keeps half as much again of what it is given
# back; that of the system is as fast here and returns it.
POOL = pa.system_memory_pool()


@contextmanager
def lean_memory() -> Iterator[None]:
    """Let Arrow allocate from the system's pool for a while."""
    usual = pa.default_memory_pool()
    pa.set_memory_pool(POOL)
    try:
        yield
    finally:
        pa.set_memory_pool(usual)


def release() -> None:
    """Give free memory back to the operating system."""
    POOL.release_unused()
