"""`linktill backup`: a sealed file with everything in it, of one moment, while everything runs."""

from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Annotated, Final, TypeAlias

from linktill.cli.files import path_parameter, to_make, to_read
from linktill.cli.output import OK, AsJson, CommandFailed, answer, message
from linktill.cli.running import local_services, run, settings_now
from linktill.cli.version import linktill_version
from linktill.flows.back_up import Made, Wanted, back_up
from linktill.main import SANDBOX_FILE
from linktill.platform.clock import SystemClock
from linktill.settings import Settings
from linktill.storage.backup_file import BackupUnreadable, Opener

PASSPHRASE_MIN: Final = 12

PassphraseFile: TypeAlias = Annotated[
    Path | None,
    path_parameter(to_read, "File whose first line seals the backup, key and all.", name="--passphrase-file"),
]


def backup(
    place: Annotated[
        Path,
        path_parameter(
            to_make, "A file that does not exist yet, or a folder for one named by the time.", name="place"
        ),
    ],
    /,
    *,
    passphrase_file: PassphraseFile = None,
    json: AsJson = False,
) -> int:
    """Without a passphrase, the secret key seals the file and is not in it: keep both, apart from each other."""
    settings = settings_now()
    opener = Opener(settings.secret_key, passphrase_of(passphrase_file))
    path = _path(place)
    made = run(partial(_backup, settings, path, opener, as_json=json))
    document = {
        "path": str(path),
        "made_at": time_of(made.contents.head.made_at),
        "rows": made.contents.rows,
        "bytes": made.size_bytes,
        "sealed_with": made.contents.head.key,
        "has_secret_key": made.contents.secret_key is not None,
        "has_sandbox": made.contents.has_sandbox,
    }
    answer(document, as_json=json, person=lambda: _words(path, made))
    return OK


def time_of(at_us: int) -> str:
    """A moment as people and programs read it."""
    return datetime.fromtimestamp(at_us // 1_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def passphrase_of(file: Path | None) -> bytes | None:
    """The passphrase in the file. Raises CommandFailed."""
    if file is None:
        return None
    try:
        lines = file.read_bytes().splitlines()
    except OSError as error:
        raise CommandFailed(
            "passphrase_unreadable", f"{file}: {error.strerror}.", name="--passphrase-file"
        ) from error
    passphrase = lines[0].strip() if lines else b""
    if len(passphrase) < PASSPHRASE_MIN:
        words = f"The first line of {file} must be a passphrase of at least {PASSPHRASE_MIN} characters."
        raise CommandFailed("passphrase_short", words, name="--passphrase-file")
    return passphrase


def _path(place: Path) -> Path:
    place = place.absolute()
    if not place.is_dir():
        return place
    now = datetime.fromtimestamp(SystemClock().now_us() // 1_000_000, UTC)
    return place / f"linktill-{now.strftime('%Y%m%d-%H%M%S')}.backup"


async def _backup(settings: Settings, path: Path, opener: Opener, *, as_json: bool) -> Made:
    def tell(table: str, rows: int) -> None:
        if rows and not as_json:
            message(f"  {table}: {rows:,}")

    sandbox = settings.data_folder / SANDBOX_FILE if settings.has_sandbox else None
    async with local_services(settings) as services:
        try:
            return await back_up(services, Wanted(path, opener, linktill_version(), sandbox), tell)
        except FileExistsError:
            raise CommandFailed(
                "file_exists", f"{path} exists already. Nothing was overwritten.", name="place"
            ) from None
        except OSError as error:
            raise CommandFailed(
                "backup_failed", f"{path} could not be written: {error.strerror or error}.", name="place"
            ) from error
        except BackupUnreadable as error:
            raise CommandFailed(
                "backup_failed", f"What was written to {path} cannot be read again: {error}", name="place"
            ) from error


def _words(path: Path, made: Made) -> str:
    sealed = (
        "The secret key is not in it: keep secret.key in another place, without it this file opens for nobody."
        if made.contents.secret_key is None
        else "It opens with the passphrase alone, and brings the secret key along."
    )
    return f"{made.contents.rows:,} rows in {path} ({made.size_bytes:,} bytes), read through again. {sealed}"
