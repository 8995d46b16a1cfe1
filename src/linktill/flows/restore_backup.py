"""Brings a backup back: into an empty place, or in place of what is there, which is kept aside.

What comes back does nothing by itself: it is marked as restored, and acts only after `linktill adopt`.
"""

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Literal

from linktill.core.errors import TransitionRefused
from linktill.flows.back_up import Contents, check_key, read_backup, sandbox_parts
from linktill.platform.clock import Clock
from linktill.platform.randomness import Randomness
from linktill.platform.secrets import KeyUnusable, Vault, parse_key
from linktill.storage.backup_copy import write_whole
from linktill.storage.backup_file import BackupUnreadable, Opener, Record, read_head, read_records
from linktill.storage.backup_load import Load, load_backup
from linktill.storage.standing import RESTORED_FACT


@dataclass(frozen=True, slots=True)
class Order:
    """What comes back to where. `opener.secret_key` is the key that this place has now, `key_file` where it may be kept."""

    path: Path
    opener: Opener
    database_url: str
    sandbox: Path
    key_file: Path
    may_replace: bool


@dataclass(frozen=True, slots=True)
class Restored:
    """What came back. `kept_aside`: what was there before, by name."""

    contents: Contents
    kept_aside: tuple[str, ...]
    sandbox: Literal["none", "restored", "left alone"]


async def restore_backup(clock: Clock, randomness: Randomness, order: Order) -> Restored:
    """Reads the whole backup first, then restores. Whatever is raised, what was there is as it was.

    Raises BackupUnreadable, PlaceTaken, StorageError, SettingInvalid, TransitionRefused and OSError.
    """
    check_key(read_head(order.path), Vault(order.opener.secret_key, randomness))
    contents = await asyncio.to_thread(read_backup, order.path, order.opener)
    new_key = _new_key(contents, order, randomness)
    now = clock.now_us()
    stamp = datetime.fromtimestamp(now // 1_000_000, UTC).strftime("%Y%m%d-%H%M%S")

    def records() -> Iterator[Record]:
        return read_records(order.path, order.opener)

    load = Load(
        contents.head,
        contents.shapes,
        contents.sums,
        records,
        {RESTORED_FACT: str(contents.head.made_at)},
        stamp if order.may_replace else None,
    )
    kept = await load_backup(order.database_url, load, clock)
    aside = [] if kept is None else [kept]
    if new_key is not None:
        aside += await asyncio.to_thread(_put_key, order.key_file, new_key, stamp)
    if not contents.has_sandbox:
        return Restored(contents, tuple(aside), "none")
    if order.sandbox.exists():
        # Like any gateway it knows what happened since.
        return Restored(contents, tuple(aside), "left alone")
    await asyncio.to_thread(write_whole, order.sandbox, sandbox_parts(records()))
    return Restored(contents, tuple(aside), "restored")


def _new_key(contents: Contents, order: Order, randomness: Randomness) -> bytes | None:
    """The key that came with the backup, if this place has another one so far."""
    key = contents.secret_key
    if key is None or key == order.opener.secret_key:
        return None
    if Vault(key, randomness).proof() != contents.head.key_proof:
        raise BackupUnreadable(
            "The secret key in the backup is not the one that its secrets were sealed with."
        )
    if _kept(order.key_file) != order.opener.secret_key:
        raise TransitionRefused(
            "LINKTILL_SECRET_KEY is set to another key than the backup's. Unset it: the backup brings its own along."
        )
    return key


def _kept(path: Path) -> bytes | None:
    try:
        return parse_key(path.read_text("ascii"))
    except (OSError, KeyUnusable, UnicodeDecodeError):
        return None


def _put_key(path: Path, key: bytes, stamp: str) -> list[str]:
    kept = path.with_name(f"{path.name}.before-{stamp}")
    path.rename(kept)
    write_whole(path, iter([f"{key.hex()}\n".encode()]))
    return [str(kept)]
