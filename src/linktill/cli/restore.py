"""`linktill restore`: brings a backup back. What comes back does nothing until `linktill adopt`."""

from functools import partial
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from linktill.cli.backup import PassphraseFile, passphrase_of, time_of
from linktill.cli.files import path_parameter, to_read
from linktill.cli.output import OK, AsJson, CommandFailed, answer
from linktill.cli.running import run, settings_now
from linktill.flows.back_up import Contents, check_key, read_backup
from linktill.flows.restore_backup import Order, Restored, restore_backup
from linktill.main import SANDBOX_FILE
from linktill.platform.clock import SystemClock
from linktill.platform.randomness import SystemRandomness
from linktill.platform.secrets import Vault
from linktill.settings import KEY_FILE, Settings
from linktill.storage.backup_file import BackupUnreadable, Opener, read_head
from linktill.storage.backup_load import PlaceTaken


def restore(
    file: Annotated[Path, path_parameter(to_read, "What `linktill backup` has made.", name="file")],
    /,
    *,
    replace: Annotated[
        bool, Parameter(negative="", help="Take the place of what is there, and keep that aside.")
    ] = False,
    check: Annotated[bool, Parameter(negative="", help="Only read all of it; change nothing.")] = False,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> int:
    """Into the database that the settings name, SQLite or PostgreSQL, whichever it came from. It must be empty and unused."""
    settings = settings_now()
    opener = Opener(settings.secret_key, passphrase_of(passphrase_file))
    try:
        if check:
            contents = _check(file, opener)
            answer(_contents(contents), as_json=json, person=lambda: _checked(file, contents))
            return OK
        restored = run(partial(_restore, settings, file, opener, may_replace=replace))
    except BackupUnreadable as error:
        raise CommandFailed("backup_unreadable", str(error), name="file") from error
    except OSError as error:
        raise CommandFailed(
            "backup_unreadable", f"{file}: {error.strerror or error}.", name="file"
        ) from error
    document = {
        **_contents(restored.contents),
        "kept_aside": list(restored.kept_aside),
        "sandbox": restored.sandbox,
        "next": "linktill adopt",
    }
    answer(document, as_json=json, person=lambda: _words(restored))
    return OK


def _check(file: Path, opener: Opener) -> Contents:
    check_key(read_head(file), Vault(opener.secret_key, SystemRandomness()))
    return read_backup(file, opener)


async def _restore(settings: Settings, file: Path, opener: Opener, *, may_replace: bool) -> Restored:
    order = Order(
        file,
        opener,
        settings.database_url,
        settings.data_folder / SANDBOX_FILE,
        settings.data_folder / KEY_FILE,
        may_replace,
    )
    try:
        return await restore_backup(SystemClock(), SystemRandomness(), order)
    except PlaceTaken as taken:
        raise CommandFailed("place_taken", str(taken), name="LINKTILL_DATABASE_URL") from taken


def _contents(contents: Contents) -> dict[str, object]:
    head = contents.head
    return {
        "made_at": time_of(head.made_at),
        "release": head.release,
        "schema_version": head.schema_version,
        "dialect": head.dialect,
        "rows": contents.rows,
        "has_sandbox": contents.has_sandbox,
    }


def _checked(file: Path, contents: Contents) -> str:
    return f"{file} is whole: {contents.rows:,} rows of {time_of(contents.head.made_at)}, from {contents.head.dialect}."


def _words(restored: Restored) -> str:
    contents = restored.contents
    lines = [f"{contents.rows:,} rows of {time_of(contents.head.made_at)} are back, and were compared."]
    lines += [f"What was there before is kept: {name}" for name in restored.kept_aside]
    if restored.sandbox == "restored":
        lines.append("The sandbox's books came back, too.")
    lines.append(
        "Nothing is charged or sent from here yet. Start `linktill serve`, look around, then run `linktill adopt`."
    )
    return "\n".join(lines)
