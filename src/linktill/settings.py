"""The settings, and the only reader of the environment. What is wrong is said at start, all of it at once, by name."""

import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from types import MappingProxyType
from typing import Final, TypeVar
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from linktill.notify.mail import SmtpServer, SmtpUrlInvalid, parse_smtp_url
from linktill.platform.log import LogFormat
from linktill.platform.randomness import Randomness, SystemRandomness
from linktill.platform.secrets import KeyUnusable, key_from_file, parse_key
from linktill.storage.database import kind_of
from linktill.storage.errors import SettingInvalid
from linktill.surface.client_address import Network, networks

T = TypeVar("T")

PREFIX: Final = "LINKTILL_"
KEY_FILE: Final = "secret.key"
DATABASE_FILE: Final = "linktill.db"
_NOT_OURS: Final = frozenset({"LINKTILL_TORTURE_KILLS"})
"""Read by `make torture`, and so in the environment of the servers that it starts."""

MEANINGS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "LINKTILL_DATA_DIR": "folder for the database file, the secret key and the sandbox's books",
        "LINKTILL_DATABASE_URL": "sqlite:///path or postgresql://user:password@host/name",
        "LINKTILL_BASE_URL": "where payers reach this installation, such as https://pay.example.com",
        "LINKTILL_HOST": "address to listen on",
        "LINKTILL_PORT": "port to listen on",
        "LINKTILL_TRUSTED_PROXIES": "addresses or networks of reverse proxies whose X-Forwarded-For counts",
        "LINKTILL_SMTP_URL": "mail server: smtp://name:password@host:587 or smtps://name:password@host:465",
        "LINKTILL_MAIL_FROM": "sender address of all mails",
        "LINKTILL_SECRET_KEY": "32 random bytes (base64 or hexadecimal) that seal secrets in the database",
        "LINKTILL_SANDBOX": "on or off: the built-in sandbox gateway",
        "LINKTILL_WORKER": "on or off: work inside `linktill serve`; off where `linktill worker` runs",
        "LINKTILL_ALLOW_PRIVATE_WEBHOOKS": "on or off: webhook endpoints in private networks",
        "LINKTILL_CONNECTIONS": "connections to PostgreSQL per process",
        "LINKTILL_DISK_FLOOR_MIB": "free disk space, in MiB, below which no new links and payments begin (SQLite)",
        "LINKTILL_LOG_FORMAT": "console or json",
    }
)


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that an operator can choose. `smtp` None: mails are kept and shown in the dashboard."""

    data_folder: Path
    database_url: str = field(repr=False)
    base_url: str
    host: str
    port: int
    trusted_proxies: tuple[Network, ...]
    smtp: SmtpServer | None = field(repr=False)
    mail_from: str
    secret_key: bytes = field(repr=False)
    has_sandbox: bool
    runs_worker: bool
    allows_private_webhooks: bool
    connections_max: int
    disk_floor_mib: int
    log_format: LogFormat


def read_settings(
    environment: Mapping[str, str] | None = None,
    *,
    overrides: Mapping[str, str] | None = None,
    randomness: Randomness | None = None,
) -> Settings:
    """From the environment; `overrides` (the command line's) count more. Makes the data folder, and a key if none is given.

    Raises SettingInvalid that names every wrong setting and how to mend it.
    """
    environment = os.environ if environment is None else environment
    named = {**environment, **(overrides or {})}.items()
    given = {name: value for name, value in named if name.startswith(PREFIX) and name not in _NOT_OURS}
    return _Reader(given, environment).settings(randomness or SystemRandomness())


class _Reader:
    """Reads one value after the other and keeps what is wrong for the end."""

    def __init__(self, given: Mapping[str, str], environment: Mapping[str, str]) -> None:
        self._given: Final = given
        self._environment: Final = environment
        self._wrong: Final = [_unknown(name) for name in sorted(given.keys() - MEANINGS.keys())]

    def settings(self, randomness: Randomness) -> Settings:
        folder = self._read("DATA_DIR", Path(), _folder, lambda: _default_folder(self._environment))
        host = self._read("HOST", "127.0.0.1", _host, lambda: "127.0.0.1")
        port = self._read("PORT", 0, _whole(0, 65_535), lambda: 8000)
        base_url = self._read("BASE_URL", "", _base_url, lambda: _local_url(host, port))
        mail_from = self._read("MAIL_FROM", "a@b.example", _address, lambda: _sender(base_url))
        draft = Settings(
            data_folder=folder,
            database_url=self._read(
                "DATABASE_URL", "", _database_url, lambda: f"sqlite:///{folder / DATABASE_FILE}"
            ),
            base_url=base_url,
            host=host,
            port=port,
            trusted_proxies=self._read("TRUSTED_PROXIES", (), networks, tuple),
            smtp=self._read("SMTP_URL", None, lambda text: _smtp(text, mail_from), lambda: None),
            mail_from=mail_from,
            secret_key=self._read("SECRET_KEY", b"", _key, lambda: b""),
            has_sandbox=self._read("SANDBOX", True, _switch, lambda: True),  # noqa: FBT003 a switch's value
            runs_worker=self._read("WORKER", True, _switch, lambda: True),  # noqa: FBT003 a switch's value
            allows_private_webhooks=self._read("ALLOW_PRIVATE_WEBHOOKS", False, _switch, lambda: False),  # noqa: FBT003 a switch's value
            connections_max=self._read("CONNECTIONS", 0, _whole(2, 500), lambda: 10),
            disk_floor_mib=self._read("DISK_FLOOR_MIB", 0, _whole(0, 99_999_999), lambda: 500),
            log_format=self._read("LOG_FORMAT", "console", _log_format, lambda: "console"),
        )
        # Only now, with nothing wrong, are folder and key made.
        self._stop_if_wrong()
        _make(folder)
        return draft if draft.secret_key else replace(draft, secret_key=_kept_key(folder, randomness))

    def _read(self, name: str, instead: T, parse: Callable[[str], T], default: Callable[[], T]) -> T:
        """The value, or `instead` for now when it is wrong. Empty counts as not set, as in compose files."""
        name = PREFIX + name
        text = self._given.get(name, "").strip()
        try:
            return parse(text) if text else default()
        except (ValueError, OSError, SettingInvalid) as error:
            self._wrong.append(f"{name} {str(error).removeprefix(name).lstrip(': ')}")
            return instead

    def _stop_if_wrong(self) -> None:
        if self._wrong:
            raise SettingInvalid("\n".join(self._wrong))


def _make(folder: Path) -> None:
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise SettingInvalid(
            f"LINKTILL_DATA_DIR names {folder}, which cannot be made: {error.strerror}."
        ) from error


def _unknown(name: str) -> str:
    near = get_close_matches(
        name.removeprefix(PREFIX), [known.removeprefix(PREFIX) for known in MEANINGS], n=1
    )
    hint = f"did you mean {PREFIX}{near[0]}?" if near else "docs/configuration.md lists those that there are."
    return f"{name} is no setting of Linktill: {hint}"


def _folder(text: str) -> Path:
    return Path(text).expanduser().absolute()


def _default_folder(environment: Mapping[str, str]) -> Path:
    """The place for a user's data by the XDG Base Directory Specification, wherever the command is started."""
    base, home = environment.get("XDG_DATA_HOME", ""), environment.get("HOME", "")
    if base.startswith("/"):
        return Path(base) / "linktill"
    if home.startswith("/"):
        return Path(home) / ".local" / "share" / "linktill"
    raise ValueError("must be set: without HOME there is no place for data.")


def _database_url(text: str) -> str:
    kind = kind_of(text)
    if kind == "sqlite" and len(text) <= len("sqlite:///"):
        raise ValueError(
            "must name a file: sqlite:///data/linktill.db, or with an absolute path sqlite:////var/…"
        )
    if kind == "postgresql" and not urlsplit(text).hostname and "host=" not in text:
        raise ValueError("must name a server: postgresql://user:password@host/name")
    return text


def _host(text: str) -> str:
    if len(text) > 255 or not re.fullmatch(r"[0-9A-Za-z.:_-]+", text):
        raise ValueError("must be an address or name to listen on, such as 127.0.0.1 or 0.0.0.0")
    return text


def _whole(least: int, most: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not (text.isascii() and text.isdigit() and len(text) < 10 and least <= int(text) <= most):
            raise ValueError(f"must be a whole number from {least} to {most}, not {text[:20]!r}")
        return int(text)

    return parse


def _base_url(text: str) -> str:
    parts = urlsplit(text.rstrip("/"))
    is_plain = not (parts.path or parts.query or parts.fragment or "@" in parts.netloc)
    if parts.scheme not in {"http", "https"} or not parts.hostname or not is_plain:
        raise ValueError("must be scheme and host alone, such as https://pay.example.com")
    if not re.fullmatch(r"[0-9a-z.:_-]+", parts.hostname):
        raise ValueError("must have its host in ASCII (for other alphabets the xn-- form)")
    default = {"http": 80, "https": 443}[parts.scheme]
    host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
    # As browsers write it in Origin and Host: small letters, no default port.
    return f"{parts.scheme}://{host}" + ("" if parts.port in {None, default} else f":{parts.port}")


def _local_url(host: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 compared, not bound
    return _base_url(f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}")


def _address(text: str) -> str:
    try:
        return str(validate_email(text, check_deliverability=False, test_environment=True).normalized)
    except EmailNotValidError:
        raise ValueError("must be an e-mail address, such as billing@example.com") from None


def _sender(base_url: str) -> str:
    host = urlsplit(base_url).hostname or ""
    return f"linktill@{host if '.' in host and not host[-1].isdigit() else 'linktill.localhost'}"


def _smtp(text: str, mail_from: str) -> SmtpServer | None:
    try:
        return parse_smtp_url(text, sender=mail_from)
    except SmtpUrlInvalid as error:
        raise ValueError(str(error)) from None


def _switch(text: str) -> bool:
    match text.lower():
        case "on" | "true" | "yes" | "1":
            return True
        case "off" | "false" | "no" | "0":
            return False
        case _:
            raise ValueError(f"must be on or off, not {text[:20]!r}")


def _log_format(text: str) -> LogFormat:
    match text:
        case "console" | "json":
            return text
        case _:
            raise ValueError(f"must be console or json, not {text[:20]!r}")


def _key(text: str) -> bytes:
    try:
        return parse_key(text)
    except KeyUnusable as error:
        raise ValueError(str(error)) from None


def _kept_key(folder: Path, randomness: Randomness) -> bytes:
    try:
        return key_from_file(folder / KEY_FILE, randomness)
    except (KeyUnusable, OSError) as error:
        raise SettingInvalid(f"LINKTILL_SECRET_KEY is not set, and {error}") from error
