"""Find and open the parquet stores of a cache folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chatdash_analysis.loading.folders import cache_folder, store_folder
from chatdash_analysis.loading.manifest import MANIFEST, DamagedManifestError, read_manifest
from chatdash_analysis.loading.store import Store

if TYPE_CHECKING:
    from os import PathLike
    from pathlib import Path

__all__ = ["discard", "open_store", "stores"]


def open_store(cache_dir: str | PathLike[str] | None, base_url: str) -> Store:
    """Return the store of one service; it need not exist yet."""
    return Store(store_folder(cache_folder(cache_dir), base_url), base_url)


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
