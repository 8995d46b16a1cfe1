"""The checks of `linktill doctor`. Each looks, and changes nothing but a probe file that it takes away again."""

import asyncio
import shutil
import tempfile
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Final, Literal, assert_never
from urllib.parse import urlsplit

from linktill.core.ids import MerchantId
from linktill.flows.go_live import read_readiness
from linktill.flows.last_backup import is_overdue, last_backup
from linktill.flows.services import Services
from linktill.flows.set_up import KEY_FACT, MERCHANT_FACT, is_set_up
from linktill.flows.standing import Why
from linktill.flows.stuck_work import count_stuck
from linktill.main import HEALTH_PATH, open_services
from linktill.notify.mail import SmtpServer
from linktill.platform.http import HttpRequest, NoAnswer, NotSent
from linktill.settings import Settings
from linktill.storage import inbox, outbox
from linktill.storage.database import Tx, kind_of
from linktill.storage.domains import every_domain
from linktill.storage.errors import SettingInvalid, StorageError
from linktill.storage.installation import get_fact
from linktill.storage.invariants import merchants
from linktill.storage.migrate import known_versions
from linktill.storage.postgresql_strain import read_strain
from linktill.storage.schema_version import newest_version, schema_version
from linktill.storage.sqlite_connection import path_of
from linktill.storage.waiting import waiting_since
from linktill.surface.own_address import LOOPBACK

Status = Literal["ok", "warning", "failing"]

CONNECT_S: Final = 5.0
CLOCK_OFF_MAX_US: Final = 2_000_000
CLOCK_MIN_US: Final = 1_760_000_000_000_000
"""October 2025: before this release was written. A machine that lost its clock shows 1970."""
DOMAINS_MAX: Final = 100
WAITING_MAX_US: Final = 60_000_000
IDS_HIGH: Final = 500_000_000
"""More than twice what makes autovacuum tidy up by itself (autovacuum_freeze_max_age)."""
IDS_MAX: Final = 1_500_000_000
OLDEST_MAX_S: Final = 300
"""Five times as long as our longest report may take."""
DISK_MIN: Final = 100 << 20
DISK_LOW: Final = 1 << 30


@dataclass(frozen=True, slots=True)
class Finding:
    """What a check found. `mend`: one line, empty where nothing is to be done."""

    name: str
    status: Status
    message: str
    mend: str = ""


async def examine(settings: Settings) -> list[Finding]:
    """Every check that makes sense; the database's only while it can be reached."""
    findings = [_data_folder(settings), _disk(settings), _base_url(settings)]
    if settings.smtp is not None:
        findings.append(await _smtp(settings.smtp))
    try:
        async with open_services(settings, migrates=False) as services:
            findings += _gateways(services)
            findings += [finding async for finding in _database(services, settings)]
            findings.append(await _server(services))
    except (SettingInvalid, StorageError) as error:
        mend = "Mend LINKTILL_DATABASE_URL, or start the database."
        findings.append(Finding("database", "failing", str(error), mend))
    return findings


def _data_folder(settings: Settings) -> Finding:
    folder = settings.data_folder
    try:
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(b"linktill")
    except OSError as error:
        message = f"Nothing can be written to {folder}: {error.strerror}."
        return Finding(
            "data folder", "failing", message, "Give the user who runs Linktill the right to write there."
        )
    return Finding("data folder", "ok", f"{folder} can be written.")


def _disk(settings: Settings) -> Finding:
    is_file = kind_of(settings.database_url) == "sqlite"
    folder = path_of(settings.database_url).resolve().parent if is_file else settings.data_folder
    if not folder.exists():
        folder = settings.data_folder
    free = shutil.disk_usage(folder).free
    floor = settings.disk_floor_mib << 20 if is_file else 0
    message = f"{free / (1 << 30):.1f} GiB are free at {folder}."
    mend = "Make room: a full disk stops payments from being recorded."
    if free < floor:
        message += f" Below {settings.disk_floor_mib} MiB (LINKTILL_DISK_FLOOR_MIB) new links and payments are refused."
    if free < max(DISK_MIN, floor):
        return Finding("disk", "failing", message, mend)
    return Finding("disk", "warning", message, mend) if free < DISK_LOW else Finding("disk", "ok", message)


def _base_url(settings: Settings) -> Finding:
    url = settings.base_url
    parts = urlsplit(url)
    is_local = f"{parts.hostname}".encode() in LOOPBACK or f"[{parts.hostname}]".encode() in LOOPBACK
    if is_local:
        message = f"{url}: only this machine can open your payment links."
        return Finding(
            "base URL", "warning", message, "Set LINKTILL_BASE_URL to the address that payers will use."
        )
    if parts.scheme != "https":
        message = f"{url}: what payers type could be read on the way."
        return Finding(
            "base URL",
            "failing",
            message,
            "Put a reverse proxy with a certificate in front, and say https://.",
        )
    return Finding("base URL", "ok", f"Payment links begin with {url}.")


def _gateways(services: Services) -> list[Finding]:
    """Of those that other packages bring; without any, nothing is to be said."""
    brought = [kind for kind in services.gateways.kinds.values() if kind.package]
    broken = services.gateways.find_broken()
    wrong = {each.name for each in broken}
    mend = "Ask its author, or uninstall the package. Accounts that are connected to it stay, and are not offered."
    return [
        *(
            Finding("gateways", "failing", f"{each.name} of {each.package}: {each.reason}", mend)
            for each in broken
        ),
        *(
            Finding("gateways", "ok", f"{kind.name} of {kind.package} can be loaded.")
            for kind in brought
            if kind.name not in wrong
        ),
    ]


async def _smtp(server: SmtpServer) -> Finding:
    where = f"{server.host}:{server.port}"
    try:
        async with asyncio.timeout(CONNECT_S):
            _, writer = await asyncio.open_connection(server.host, server.port)
    except (OSError, TimeoutError) as error:
        message = f"The mail server {where} cannot be reached: {str(error) or 'no answer in time'}."
        return Finding(
            "mail", "failing", message, "Mend LINKTILL_SMTP_URL, or let connections to it through."
        )
    writer.close()
    return Finding("mail", "ok", f"The mail server {where} takes connections.")


async def _database(services: Services, settings: Settings) -> AsyncIterator[Finding]:
    """In order: each check needs the one before."""
    dialect = services.database.dialect
    newest = newest_version()
    try:
        version = await services.database.read(schema_version)
    except StorageError:
        version = "none"
    if version != newest:
        message = f"Reached ({dialect}), but its schema is {version} and this release needs {newest}."
        is_newer = version != "none" and version not in known_versions()
        mend = "Start the newer Linktill that was here." if is_newer else "Run: linktill migrate"
        yield Finding("database", "failing", message, mend)
        return
    yield Finding("database", "ok", f"Reached ({dialect}), schema {version}.")
    yield await _clock(services)
    if dialect == "postgresql":
        yield await _postgresql(services)
    yield await _secret_key(services)
    yield await _set_up(services)
    yield await _live_books(services, settings)
    yield _standing(services)
    yield await _backup(services)
    yield await _stuck(services)
    for finding in await _domains(services):
        yield finding
    if services.standing.is_live:
        yield await _worker(services)


async def _clock(services: Services) -> Finding:
    before = services.clock.now_us()
    database = await services.database.read(_database_time)
    off = max(before - database, database - services.clock.now_us(), 0)
    mend = "Let the machines keep their time by NTP."
    if before < CLOCK_MIN_US:
        return Finding("clock", "failing", "This machine's clock is years behind.", mend)
    if off > CLOCK_OFF_MAX_US:
        message = f"This machine's clock and the database's differ by {off / 1_000_000:.1f} s."
        return Finding("clock", "failing", message, mend)
    return Finding("clock", "ok", "This machine and the database agree on the time.")


async def _database_time(tx: Tx) -> int:
    return await tx.database_time()


async def _postgresql(services: Services) -> Finding:
    """It stops taking writes when it runs out of transaction ids: days after it could have been seen."""
    strain = await services.database.read(read_strain)
    if strain.ids_used > IDS_HIGH:
        message = f"PostgreSQL has used {strain.ids_used:,} transaction ids since it last tidied up; it stops at 2,147,483,647."
        mend = "Run VACUUM (FREEZE), and look why autovacuum does not."
        return Finding("PostgreSQL", "failing" if strain.ids_used > IDS_MAX else "warning", message, mend)
    if strain.oldest_s > OLDEST_MAX_S:
        message = f"Somebody has had a database transaction open for {strain.oldest_s} s; PostgreSQL cannot tidy up behind it."
        return Finding("PostgreSQL", "warning", message, "Find it in pg_stat_activity, and end it.")
    return Finding("PostgreSQL", "ok", "It tidies up behind us, and nobody keeps it from that.")


async def _secret_key(services: Services) -> Finding:
    proof: str | None = await services.database.read(get_fact, KEY_FACT)
    if proof not in {None, services.vault.proof()}:
        return Finding(
            "secret key",
            "failing",
            "The database's secrets were sealed with another key.",
            "Set LINKTILL_SECRET_KEY to the key it was made with: secret.key of the first server's data folder.",
        )
    return Finding("secret key", "ok", "The key opens this database's secrets.")


async def _set_up(services: Services) -> Finding:
    if await is_set_up(services):
        return Finding("set-up", "ok", "There is a merchant with an owner.")
    mend = "Start `linktill serve` and open the address that it prints."
    return Finding("set-up", "warning", "Nobody has set up this installation yet.", mend)


async def _live_books(services: Services, settings: Settings) -> Finding:
    """Whether real money can come, and nothing is missing when it does."""
    first: str | None = await services.database.read(get_fact, MERCHANT_FACT)
    if first is None:
        return Finding("live books", "ok", "There are none yet.")
    has = await read_readiness(services, MerchantId(first), has_mail_server=settings.smtp is not None)
    if not has.has_live_books:
        return Finding("live books", "ok", "There are none yet: no real money moves.")
    if not has.missing:
        return Finding("live books", "ok", f"Payers can pay by {', '.join(has.gateways)}.")
    names = ", ".join(name.replace("_", " ") for name in has.missing)
    mend = f"See {services.base_url}/dashboard/go-live, or: linktill go-live"
    return Finding("live books", "warning", f"Missing for real money: {names}.", mend)


def _standing(services: Services) -> Finding:
    match services.standing.why:
        case None:
            return Finding("standing", "ok", "This is the installation itself: it charges and sends.")
        case Why.RESTORED:
            message = "A backup was restored here: nothing is charged or sent until somebody adopts it."
        case Why.MOVED:
            message = "This database is not where it was, so it may be a copy: nothing is charged or sent from here."
        case _:
            assert_never(services.standing.why)
    return Finding("standing", "failing", message, "If this is the real one, run: linktill adopt")


async def _backup(services: Services) -> Finding:
    made_at: int | None = await services.database.read(last_backup)
    if made_at is None:
        return Finding("backup", "ok", "None was ever made with `linktill backup`, so none is expected.")
    hours = (services.clock.now_us() - made_at) // 3_600_000_000
    message = f"The last one was made {hours} h ago."
    if is_overdue(made_at, services.clock.now_us()):
        return Finding("backup", "failing", message, "Run: linktill backup, and look why it failed.")
    return Finding("backup", "ok", message)


async def _stuck(services: Services) -> Finding:
    found = [
        await services.database.read(count_stuck, merchant_id)
        for merchant_id in await services.database.read(merchants)
    ]
    if not any(found):
        return Finding("stuck", "ok", "Nothing was given up.")
    message = f"Tried for a day and given up: {sum(found)} of gateways' webhooks and of news to tell."
    return Finding("stuck", "warning", message, "Run: linktill stuck list")


async def _domains(services: Services) -> list[Finding]:
    """Of merchants who brought their own; where nobody did, nothing is to be said."""
    found: list[Finding] = []
    for domain in await services.database.read(every_domain, limit=DOMAINS_MAX):
        if domain.verified_at is None:
            message = f"{domain.host} is not used yet. {domain.failure}".strip()
            found.append(Finding("domain", "warning", message, "Run: linktill domain check"))
        else:
            origin = services.origin_of(domain.merchant_id)
            message = f"Payment links of {domain.merchant_id} begin with {origin}."
            found.append(Finding("domain", "ok", message))
    return found


async def _worker(services: Services) -> Finding:
    """A worker leaves no trace while there is nothing to do; what has been waiting for a minute shows that there is none."""
    now = services.clock.now_us()
    due = {
        *await services.database.read(inbox.merchants_with_due, now=now),
        *await services.database.read(outbox.merchants_with_due, now=now),
    }
    since = [await services.database.read(waiting_since, merchant_id, now=now) for merchant_id in due]
    if min((at for at in since if at is not None), default=now) < now - WAITING_MAX_US:
        message = "Webhooks or messages have been waiting for more than a minute: no worker seems to run."
        return Finding(
            "worker",
            "failing",
            message,
            "Start `linktill serve` with LINKTILL_WORKER=on, or `linktill worker`.",
        )
    return Finding("worker", "ok", "No work is waiting.")


async def _server(services: Services) -> Finding:
    url = f"{services.base_url}{HEALTH_PATH}"
    mend = "Start `linktill serve`; behind a reverse proxy, check where it sends this address."
    try:
        response = await services.http.send(HttpRequest("GET", url, timeout_s=CONNECT_S, may_be_private=True))
    except (NotSent, NoAnswer) as error:
        return Finding("server", "warning", f"{url} does not answer: {error}.", mend)
    if response.status != 200:
        return Finding("server", "warning", f"{url} answers with status {response.status}.", mend)
    return Finding("server", "ok", f"{url} answers.")
