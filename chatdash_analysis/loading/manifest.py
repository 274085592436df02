"""The manifest: what the store holds, in one file that carries its own digest.

It is replaced as a whole, after the parts that it names are on disk. So whoever
reads it sees one state of the store, from before or from after a commit.
"""

from __future__ import annotations

import hashlib
import logging
from typing import TYPE_CHECKING, Any

import msgspec

from chatdash_analysis.disk import disk_errors, replace_file, sync_folder
from chatdash_analysis.errors import CacheError
from chatdash_analysis.loading.intervals import Interval, cut_out, from_microseconds
from chatdash_analysis.schema import SCHEMA_VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

__all__ = [
    "MANIFEST",
    "DamagedManifestError",
    "Field",
    "Manifest",
    "Part",
    "Run",
    "load",
    "read_manifest",
    "save",
]

MANIFEST = "manifest.json"
FORMAT = 1

_log = logging.getLogger(__name__)


class DamagedManifestError(CacheError):
    """The manifest is not as it was written."""


class Field(msgspec.Struct, frozen=True, array_like=True):
    """A dynamic column of a part: the raw keys, the column's name and Arrow type there."""

    path: tuple[str, ...]
    name: str
    type: str


class Run(msgspec.Struct, frozen=True, array_like=True):
    """The rows of one agent in a part; they lie together, in order of time.

    `first` and `last` are times in microseconds since 1970, `fields` the places in
    `Part.fields` of the fields that have a value in some of these rows.
    """

    agent_id: str
    rows: int
    first: int
    last: int
    fields: tuple[int, ...]


class Part(msgspec.Struct, frozen=True):
    """One parquet file: the rows of some agents, within one month of UTC, sorted.

    `footer_size` bytes at the end of the file have the digest `footer_sha256`; the
    pages before them carry check sums. `ids` bounds the conversation ids by prefixes.
    """

    file: str
    month: str
    rows: int
    size: int
    sha256: str
    footer_size: int
    footer_sha256: str
    overflow: bool
    ids: tuple[str, str]
    fields: tuple[Field, ...]
    runs: tuple[Run, ...]

    def located(self) -> Iterator[tuple[int, Run]]:
        """Yield each run with the number of its first row."""
        offset = 0
        for run in self.runs:
            yield offset, run
            offset += run.rows


class Manifest(msgspec.Struct, frozen=True):
    """One state of the store."""

    base_url: str = ""
    format: int = FORMAT
    schema_version: int = SCHEMA_VERSION
    parts: tuple[Part, ...] = ()
    coverage: dict[str, tuple[Interval, ...]] = {}
    agents: tuple[dict[str, str | None], ...] = ()
    notes: dict[str, Any] = {}

    def without_parts(self, files: set[str]) -> Manifest:
        """Return the state after the loss of some files: their stretches are not covered."""
        coverage = dict(self.coverage)
        for part in self.parts:
            for run in part.runs if part.file in files else ():
                start, end = from_microseconds(run.first), from_microseconds(run.last + 1)
                coverage[run.agent_id] = cut_out(coverage.get(run.agent_id, ()), start, end)
        parts = tuple(part for part in self.parts if part.file not in files)
        return msgspec.structs.replace(self, parts=parts, coverage=coverage)


class _Envelope(msgspec.Struct):
    sha256: str
    content: msgspec.Raw


class _Versions(msgspec.Struct):
    format: int
    schema_version: int


def load(folder: Path) -> Manifest:
    """Return the state of the store in `folder`, the empty one where there is none.

    A damaged manifest, or one of an older layout, counts as none: what it covered is
    then fetched again.

    Raises
    ------
    CacheError
        If the manifest cannot be read, or was written by a newer version.
    """
    try:
        found = read_manifest(folder)
    except DamagedManifestError as error:
        _log.warning("%s It counts as empty; its data will be fetched again.", error)
        return Manifest()
    return found or Manifest()


def read_manifest(folder: Path) -> Manifest | None:
    """Read and check the manifest; None where there is none of the present layout.

    Raises
    ------
    DamagedManifestError
        If it is not as it was written.
    CacheError
        If it cannot be read, or was written by a newer version.
    """
    try:
        with disk_errors(folder, "read"):
            text = (folder / MANIFEST).read_bytes()
    except CacheError as error:
        if isinstance(error.__cause__, (FileNotFoundError, NotADirectoryError)):
            return None
        raise
    try:
        envelope = msgspec.json.decode(text, type=_Envelope)
        if envelope.sha256 != _digest(envelope.content):
            raise DamagedManifestError(f"The manifest of the cache in {folder} is damaged.")
        if not _current(folder, msgspec.json.decode(envelope.content, type=_Versions)):
            return None
        return msgspec.json.decode(envelope.content, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise DamagedManifestError(f"The manifest of the cache in {folder} is damaged.") from error


def _current(folder: Path, versions: _Versions) -> bool:
    if versions.format > FORMAT or versions.schema_version > SCHEMA_VERSION:
        raise CacheError(
            f"The cache in {folder} was written by a newer version of chatdash_analysis (layout"
            f" {versions.format}, schema {versions.schema_version}; this version knows {FORMAT} and"
            f" {SCHEMA_VERSION}). Update the package, or choose another folder with cache_dir= or"
            " CHATDASH_CACHE_DIR, or delete the folder."
        )
    if versions.format == FORMAT and versions.schema_version == SCHEMA_VERSION:
        return True
    _log.warning("The cache in %s has an older layout; its data will be fetched again.", folder)
    return False


def save(folder: Path, manifest: Manifest) -> None:
    """Replace the manifest by `manifest`, for good once this returns."""
    content = msgspec.json.encode(manifest)
    text = msgspec.json.encode(_Envelope(_digest(content), msgspec.Raw(content)))
    replace_file(folder / MANIFEST, text, beside=folder)
    sync_folder(folder)


def _digest(content: msgspec.Raw | bytes) -> str:
    return hashlib.sha256(content).hexdigest()
