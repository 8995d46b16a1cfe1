"""What commands share: an event loop, open services, and refusals in the words of the command line."""

import asyncio
import logging
import re
from collections.abc import AsyncGenerator, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any, Final, TypeVar

import uvloop

from linktill.cli.output import CommandFailed
from linktill.core.errors import FieldsInvalid, Refusal
from linktill.flows.services import Services
from linktill.main import open_services
from linktill.platform.log import configure_logging
from linktill.settings import PREFIX, Settings, read_settings
from linktill.storage.database import SETTING
from linktill.storage.errors import SettingInvalid, StorageError
from linktill.storage.migrate import VERSIONS, is_current
from linktill.storage.schema_version import newest_version, schema_version

T = TypeVar("T")

_TALKATIVE: Final = {"uvicorn": logging.WARNING, "uvicorn.error": logging.ERROR, "alembic": logging.WARNING}
"""Libraries that tell of each step of theirs, and from which level on they are heard. What the server warns of (a request that
is none, an upgrade) each stranger can cause as often as they like: it would bury what matters.
"""
_SETTING: Final = re.compile(r"LINKTILL_[A-Z_]+")


def run(command: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Runs a command to its end. Raises CommandFailed for whatever Linktill refuses."""
    try:
        with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
            return runner.run(command())
    except FieldsInvalid as refused:
        failed = CommandFailed(refused.code, str(refused), name=refused.param)
        failed.errors = [{"param": error.param, "message": str(error.message)} for error in refused.errors]
        raise failed from refused
    except Refusal as refused:
        raise CommandFailed(refused.code, str(refused), name=refused.param) from refused
    except SettingInvalid as invalid:
        raise setting_failed(invalid) from invalid
    except StorageError as error:
        raise CommandFailed("storage_failed", f"{type(error).__name__}: {error}", name=SETTING) from error


def setting_failed(invalid: SettingInvalid) -> CommandFailed:
    """The refusal of a setting, with the setting's name."""
    named = _SETTING.search(str(invalid))
    return CommandFailed("setting_invalid", str(invalid), name=None if named is None else named[0])


def settings_now(**overrides: str | int | None) -> Settings:
    """The settings that this process was started with, but for `overrides` (`PORT=8080`; None: not given), which the command
    line gave. Logging is set up by them. Raises CommandFailed.
    """
    given = {f"{PREFIX}{name}": str(value) for name, value in overrides.items() if value not in {None, ""}}
    try:
        settings = read_settings(overrides=given)
    except SettingInvalid as invalid:
        raise setting_failed(invalid) from invalid
    configure_logging(settings.log_format)
    for name, level in _TALKATIVE.items():
        logging.getLogger(name).setLevel(level)
    return settings


@asynccontextmanager
async def local_services(settings: Settings) -> AsyncGenerator[Services, None]:
    """The configured database, already migrated; nothing is served. Raises CommandFailed, SettingInvalid and StorageError."""
    async with open_services(settings, migrates=False) as services:
        await _check_schema(services)
        yield services


async def _check_schema(services: Services) -> None:
    try:
        version = await services.database.read(schema_version)
    except StorageError:
        version = ""
    # Raises SchemaNewer where migrating would not help.
    if not is_current(version or None, VERSIONS):
        raise CommandFailed(
            "not_migrated",
            f"The database has schema {version or 'none'}, this release needs {newest_version()}. "
            "Run `linktill migrate`, or start `linktill serve`.",
            name=SETTING,
        )
