"""Files of a backup: what lies where, written so that a file is there whole or not at all.

    <folder>/dump-<cluster time>/<collection>.bson.gz …, manifest.json     one instant of the database
    <folder>/log-<cluster time>/00000001.bson.gz …, state.json              every change from there on

A cluster time is MongoDB's `Timestamp`: seconds since 1970 and a number within the second.
"""

import gzip
import hashlib
import json
import os
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO, Any, cast

from bson import Timestamp, decode_file_iter, json_util
from bson.codec_options import CodecOptions
from bson.raw_bson import RawBSONDocument

FORMAT = 1
MANIFEST, STATE = "manifest.json", "state.json"
# Where `backup log` writes how far it has read; no data of the service, so neither kept nor brought back.
MARKS = "backup_marks"
RAW: CodecOptions[RawBSONDocument] = CodecOptions(document_class=RawBSONDocument)
# Level 6 takes twice as long for a tenth less.
_COMPRESSION = 3


class BackupRefused(Exception):
    """It cannot be done as it was asked for; the message is one sentence for the person who asked."""


@dataclass(frozen=True)
class Dump:
    """One instant of a database, as `manifest.json` tells."""

    folder: Path
    at: Timestamp
    service: str
    collections: dict[str, dict[str, Any]]
    """By name: documents, sha256 of the file, options, indexes."""

    @property
    def documents(self) -> int:
        return sum(int(one["documents"]) for one in self.collections.values())


@dataclass(frozen=True)
class ChangeLog:
    """Every change after `begins`, up to and with `ends`, as `state.json` tells."""

    folder: Path
    begins: Timestamp
    ends: Timestamp
    token: dict[str, Any]
    """Where a change stream goes on."""
    segments: dict[str, str]
    """Names of files in order, each with its sha256."""


def dumps(folder: Path, service: str) -> list[Dump]:
    """Finished dumps, the oldest first. Raises BackupRefused for one of another service or form."""
    kept = []
    for file in sorted(folder.glob(f"dump-*/{MANIFEST}")):
        told = _read(file, service)
        kept.append(Dump(file.parent, told["at"], told["service"], told["collections"]))
    return sorted(kept, key=lambda dump: dump.at)


def change_logs(folder: Path, service: str) -> list[ChangeLog]:
    """Logs of changes, the oldest first. Raises BackupRefused for one of another service or form."""
    kept = []
    for file in sorted(folder.glob(f"log-*/{STATE}")):
        told = _read(file, service)
        kept.append(ChangeLog(file.parent, told["begins"], told["ends"], told["token"], told["segments"]))
    return sorted(kept, key=lambda log: log.begins)


def named(kind: str, at: Timestamp) -> str:
    """The name of a dump's or a log's folder."""
    return f"{kind}-{at.time}-{at.inc}"


def write_documents(file: Path, documents: Iterable[RawBSONDocument]) -> tuple[int, str]:
    """How many there were, and the file's sha256. BSON one after the other, as `mongodump --gzip` writes it."""
    beside = file.with_name(f".{file.name}.new")
    count = 0
    with beside.open("wb") as raw:
        with gzip.GzipFile(fileobj=raw, mode="wb", compresslevel=_COMPRESSION, mtime=0) as packed:
            for document in documents:
                packed.write(document.raw)
                count += 1
        raw.flush()
        os.fsync(raw.fileno())
    beside.replace(file)
    return count, digest_of(file)


def read_documents(file: Path, sha256: str) -> Iterator[RawBSONDocument]:
    """What was written. Raises BackupRefused, before it gives anything, when the file is another or gone."""
    if not file.exists() or digest_of(file) != sha256:
        raise BackupRefused(f"{file.parent.name}/{file.name} is missing or not what was written; take another backup")
    with gzip.open(file, "rb") as packed:
        yield from decode_file_iter(cast("IO[bytes]", packed), RAW)


def digest_of(file: Path) -> str:
    """A file's sha256."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def write_told(file: Path, told: dict[str, Any]) -> None:
    """What a dump or a log tells of itself: written last, it makes the files before it count."""
    beside = file.with_name(f".{file.name}.new")
    with beside.open("w") as opened:
        opened.write(json_util.dumps({"format": FORMAT, **told}, indent=1))
        opened.flush()
        os.fsync(opened.fileno())
    beside.replace(file)


def _read(file: Path, service: str) -> dict[str, Any]:
    try:
        told = json_util.loads(file.read_text())
    except (ValueError, TypeError) as error:
        raise BackupRefused(f"{file.parent.name}/{file.name} cannot be read; take another backup") from error
    if not isinstance(told, dict) or told.get("format") != FORMAT:
        raise BackupRefused(f"{file.parent.name} is of another form than this release reads; use the release it is of")
    if told["service"] != service:
        raise BackupRefused(f"{file.parent.name} is of {told['service']}, not of {service}")
    return told


def shown(at: Timestamp) -> str:
    """A cluster time for people."""
    return datetime.fromtimestamp(at.time, UTC).isoformat().replace("+00:00", "Z")


def as_json(told: object) -> str:
    """For programs."""
    return json.dumps(told, default=str, ensure_ascii=False)
