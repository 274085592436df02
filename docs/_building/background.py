"""What stands behind pages that load from the service: a stand-in, an empty cache, a key.

Only hidden cells of pages use it. A reader has an account in its place.
"""

from __future__ import annotations

import os
import tempfile
from typing import TYPE_CHECKING

from chatdash_analysis.sandbox.sampling import stand_in

if TYPE_CHECKING:
    from chatdash_analysis.sandbox.behaviour import Behaviour
    from chatdash_analysis.sandbox.server import StandIn

_folders = []


def start_service(n: int = 1_000, *, seed: int = 0, behaviour: Behaviour | None = None) -> StandIn:
    """Start a stand-in of made-up conversations and make it the service of this page."""
    service = stand_in(n, seed=seed, behaviour=behaviour).start()
    folder = tempfile.TemporaryDirectory()
    _folders.append(folder)
    os.environ |= {
        "CHATDASH_BASE_URL": service.url,
        "CHATDASH_API_KEY": service.api_key,
        "CHATDASH_CACHE_DIR": folder.name,
    }
    return service
