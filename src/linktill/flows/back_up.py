"""Makes a backup of a running installation, and reads one through to its end.

The file is sealed with the installation's secret key, which is not in it and has to be kept apart. With a passphrase it is
sealed with that instead, and carries the key: then the file and the passphrase are all that it takes to come back.
"""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import msgspec

from linktill.flows.last_backup import MADE_FACT
from linktill.flows.services import Services
from linktill.platform.secrets import Vault
from linktill.storage.backup_copy import parts_of
from linktill.storage.backup_file import (
    FORMAT,
    BackupUnreadable,
    BackupWriter,
    Head,
    Opener,
    Record,
    read_head,
    read_records,
)
from linktill.storage.backup_rows import Counter, Progress, Shape, Sum, write_rows
from linktill.storage.installation import put_fact
from linktill.storage.schema_version import schema_version

SANDBOX: Final = "sandbox"


@dataclass(frozen=True, slots=True)
class Wanted:
    """Where a backup goes and what seals it. `sandbox` None: there are no books of a sandbox."""

    path: Path
    opener: Opener
    release: str
    sandbox: Path | None


@dataclass(frozen=True, slots=True)
class Contents:
    """What a backup holds, proven to its last byte."""

    head: Head
    shapes: tuple[Shape, ...]
    sums: Mapping[str, Sum]
    has_sandbox: bool
    secret_key: bytes | None

    @property
    def rows(self) -> int:
        """Of all tables."""
        return sum(each.rows for each in self.sums.values())


@dataclass(frozen=True, slots=True)
class Made:
    """A backup that was made, and read through again."""

    contents: Contents
    size_bytes: int


async def back_up(services: Services, wanted: Wanted, on_table: Progress) -> Made:
    """Makes it while everything runs: one moment of the database, on either kind.

    Raises FileExistsError, OSError, StorageError, and BackupUnreadable when what was written cannot be read again.
    """
    if wanted.path.exists():
        raise FileExistsError(str(wanted.path))
    made_at = services.clock.now_us()
    head = Head(
        format=FORMAT,
        made_at=made_at,
        release=wanted.release,
        schema_version=await services.database.read(schema_version),
        dialect=services.database.dialect,
        key=wanted.opener.kind(),
        key_proof=services.vault.proof(),
        salt=services.randomness.token(32).encode().hex(),
    )
    writer = BackupWriter(wanted.path, head, wanted.opener)
    try:
        sums = await services.database.report(write_rows, writer, on_table)
        await asyncio.to_thread(_write_rest, writer, wanted, sums)
        size = await asyncio.to_thread(writer.finish)
    except BaseException:
        writer.discard()
        raise
    contents = await asyncio.to_thread(read_backup, wanted.path, wanted.opener)
    await services.database.run(put_fact, MADE_FACT, str(made_at))
    return Made(contents, size)


def _write_rest(writer: BackupWriter, wanted: Wanted, sums: Mapping[str, Sum]) -> None:
    if wanted.sandbox is not None and wanted.sandbox.exists():
        for part in parts_of(wanted.sandbox):
            writer.add(["file", SANDBOX, part])
    if wanted.opener.passphrase is not None:
        writer.add(["secret_key", wanted.opener.secret_key])
    writer.add(["end", {name: msgspec.to_builtins(each) for name, each in sums.items()}], is_last=True)


def read_backup(path: Path, opener: Opener) -> Contents:
    """Reads all of it and believes nothing. Raises BackupUnreadable and OSError."""
    head = read_head(path)
    counters: dict[str, Counter] = {}
    shapes: tuple[Shape, ...] = ()
    sums: Mapping[str, Sum] = {}
    has_sandbox, key = False, None
    for record in read_records(path, opener):
        match record:
            case ["tables", tables]:
                shapes = tuple(msgspec.convert(tables, list[Shape]))
                counters = {shape.name: Counter() for shape in shapes}
            case ["rows", name, rows]:
                counters[name].add(rows)
            case ["file", "sandbox", _]:
                has_sandbox = True
            case ["secret_key", bytes(found)]:
                key = found
            case ["end", found]:
                sums = msgspec.convert(found, dict[str, Sum])
            case _:
                raise BackupUnreadable("The backup holds something that this release does not know.")
    if sums != {name: counter.sum() for name, counter in counters.items()}:
        raise BackupUnreadable("The backup is damaged: its rows do not add up to its sums.")
    return Contents(head, shapes, sums, has_sandbox, key)


def check_key(head: Head, vault: Vault) -> None:
    """Raises BackupUnreadable if the file takes another installation's secret key: said before anything is tried."""
    if head.key == "installation" and head.key_proof != vault.proof():
        raise BackupUnreadable(
            "This backup was made with another secret key, which is not in it. Put the installation's secret.key into the "
            "data folder in place of the one there, or set LINKTILL_SECRET_KEY to it."
        )


def sandbox_parts(records: Iterator[Record]) -> Iterator[bytes]:
    """The sandbox's books among a backup's records."""
    for record in records:
        if record[0] == "file" and record[1] == SANDBOX:
            yield record[2]
