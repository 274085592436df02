"""Find and open the parquet stores of a cache folder."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chatdash_analysis.loading.folders import cache_folder, store_folder
from chatdash_analysis.loading.manifest import MANIFEST, DamagedManifestError, read_manifest
from chatdash_analysis.loading.store import Store

if TYPE_CHECKING:
    from collections.abc import Sequence
    from os import PathLike
    from pathlib import Path

    from chatdash_analysis.loading.store import Batch
    from chatdash_analysis.privacy.guarding import Guard

__all__ = ["discard", "kept_by", "open_store", "stores"]

_NOTE = "privacy"


def open_store(
    cache_dir: str | PathLike[str] | None, base_url: str, guard: Guard | None = None
) -> Store:
    """Return the store of one service; it need not exist yet.

    What different guards let through lies in folders of their own, so that it never mixes.
    """
    folder = store_folder(cache_folder(cache_dir), base_url)
    if guard is None:
        return Store(folder, base_url)
    return _GuardedStore(folder.with_name(f"{folder.name}-{guard.label}"), base_url, guard)


class _GuardedStore(Store):
    """A store that no row enters but through its guard."""

    def __init__(self, folder: Path, base_url: str, guard: Guard) -> None:
        super().__init__(folder, base_url)
        self._guard = guard

    def commit(self, batches: Sequence[Batch]) -> None:
        """Store answers of the service, as the guard lets them through."""
        guarded = [replace(batch, table=self._guard(batch.table)) for batch in batches]
        self.remember(**{_NOTE: self._guard.describe()})
        super().commit(guarded)


def kept_by(store: Store) -> str:
    """Say what a store keeps of personal data: "keep" (all), "drop" or which pseudonyms."""
    note = store.notes().get(_NOTE)
    if not isinstance(note, dict):
        return "keep"
    key = f", key {note['key_id']}" if "key_id" in note else ""
    return f"{note.get('pii', 'keep')}{key}"


def stores(cache_dir: str | PathLike[str] | None) -> tuple[list[Store], list[Path]]:
    """Return the stores of a cache folder, and the manifests that are damaged or outdated."""
    found, damaged = [], []
    for path in sorted(cache_folder(cache_dir).glob(f"*/{MANIFEST}")):
        try:
            manifest = read_manifest(path.parent)
        except DamagedManifestError:
            damaged.append(path)
        else:
            if manifest is None:
                damaged.append(path)
            else:
                found.append(Store(path.parent, manifest.base_url))
    return found, damaged


def discard(manifest: Path) -> None:
    """Empty a store whose manifest cannot be used; no one can tell what its files hold."""
    Store(manifest.parent, "http://unknown.invalid").clear()
