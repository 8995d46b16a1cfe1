"""`linktill demo`: everything at once, with data of its own: a merchant, its owner, an API key and a link to pay."""

import hashlib
import os
import shutil
import socket
import stat
import tempfile
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import Annotated, Final

import msgspec
from cyclopts import Parameter

from linktill.cli.files import path_parameter, to_keep_in
from linktill.cli.output import AsJson, CommandFailed, json_document
from linktill.cli.running import run, settings_now
from linktill.cli.serving import bind, serve_until, stop_signal, url_of
from linktill.core.ids import MerchantId
from linktill.core.link_filing import NOT_FILED
from linktill.core.link_terms import LinkFields
from linktill.flows.manage_api_keys import create_api_key
from linktill.flows.manage_links import create_link
from linktill.flows.representations import link_object
from linktill.flows.services import Services
from linktill.flows.set_up import MERCHANT_FACT, NewInstallation, create_installation, is_set_up
from linktill.main import Linktill, build
from linktill.storage.database import SETTING
from linktill.storage.installation import get_fact

HOST: Final = "127.0.0.1"
PORT: Final = 8080
KEPT: Final = "demo.json"
EMAIL: Final = "owner@example.com"
BUSINESS: Final = "Corner Bicycle Workshop"
LINK: Final = LinkFields(
    amount_minor=4_200,
    currency="USD",
    description="Bicycle service, spring check",
    note="Brakes, gears and tires checked, chain oiled.\nThank you for riding with us.",
    payments_max=None,
)


class Kept(msgspec.Struct, kw_only=True):
    """What a demo must know to be the same demo when it is started again on the same data."""

    email: str
    password: str
    api_key: str = ""
    link_url_path: str = ""


@dataclass(frozen=True, slots=True)
class _Place:
    """Where the demo keeps things. A throw-away folder goes when the demo ends."""

    folder: Path
    database_url: str
    is_thrown_away: bool


def demo(
    *,
    port: Annotated[int | None, Parameter(help="Port to serve on; 0 takes any free one.")] = None,
    database: Annotated[
        str,
        Parameter(
            help="sqlite:///file or postgresql://… to keep the data in. Without it: a new SQLite file."
        ),
    ] = "",
    data: Annotated[
        Path | None,
        path_parameter(
            to_keep_in, "Folder for keys and files. Without it: a throw-away folder.", name="--data"
        ),
    ] = None,
    base_url: Annotated[
        str, Parameter(help="Where others reach this server, if not at http://127.0.0.1:port.")
    ] = "",
    json: AsJson = False,
) -> int:
    """Serves a demo until it is stopped with Ctrl-C."""
    try:
        return run(partial(_demo, port, database, data, base_url.rstrip("/"), as_json=json))
    except CommandFailed as failed:
        if not database or failed.name != SETTING:
            raise
        words = str(failed).replace(SETTING, "--database")
        raise CommandFailed(failed.code, words, name="--database", status=failed.status) from failed


async def _demo(port: int | None, database: str, data: Path | None, base_url: str, *, as_json: bool) -> int:
    asked = stop_signal()
    place = _place(database, data)
    try:
        with _bound(port) as bound:
            own_url = url_of(bound)
            # The environment's settings, but never its database: a demo does not touch real data.
            settings = settings_now(
                DATA_DIR=str(place.folder),
                DATABASE_URL=place.database_url,
                BASE_URL=base_url or own_url,
                HOST=HOST,
                PORT=bound.getsockname()[1],
                LOG_FORMAT="json" if as_json else None,
                # Who tries the demo listens on this machine.
                ALLOW_PRIVATE_WEBHOOKS="on",
            )
            async with build(settings, own_url=own_url) as linktill:
                await serve_until(linktill, bound, asked, lambda: _tell(linktill, place, as_json=as_json))
    finally:
        if place.is_thrown_away:
            shutil.rmtree(place.folder, ignore_errors=True)
    return 0


def _bound(port: int | None) -> socket.socket:
    if port is not None:
        return bind(HOST, port, setting="--port")
    try:
        return bind(HOST, PORT, setting="--port")
    except CommandFailed:
        # Nobody asked for this port, so another one is as good.
        return bind(HOST, 0, setting="--port")


def _place(database: str, data: Path | None) -> _Place:
    if data is not None:
        folder = data.absolute()
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        return _Place(folder, database or f"sqlite:///{folder}/linktill.sqlite3", is_thrown_away=False)
    if database:
        return _Place(_folder_of(database), database, is_thrown_away=False)
    folder = Path(tempfile.mkdtemp(prefix="linktill-demo-"))
    return _Place(folder, f"sqlite:///{folder}/linktill.sqlite3", is_thrown_away=True)


def _folder_of(database: str) -> Path:
    """The same folder for the same database, so that a demo that was killed goes on where it was."""
    digest = hashlib.sha256(database.encode("utf-8", "surrogateescape")).hexdigest()[:16]
    folder = Path(tempfile.gettempdir()) / f"linktill-demo-{os.getuid()}-{digest}"
    folder.mkdir(mode=0o700, exist_ok=True)
    found = folder.lstat()
    # Others may write to the folder for temporary files: what they put there is not ours.
    if not stat.S_ISDIR(found.st_mode) or found.st_uid != os.getuid() or found.st_mode & 0o077:
        raise CommandFailed(
            "folder_unsafe", f"{folder} is open to others. Name a folder with --data.", name="--data"
        )
    return folder


async def _tell(linktill: Linktill, place: _Place, *, as_json: bool) -> None:
    kept = await _furnish(linktill, place.folder / KEPT)
    base_url = linktill.settings.base_url
    story = {
        "base_url": base_url,
        "dashboard_url": f"{base_url}/dashboard",
        "email": kept.email,
        "password": kept.password,
        "api_key": kept.api_key,
        "payment_link_url": f"{base_url}{kept.link_url_path}",
        "data_folder": str(place.folder),
    }
    if as_json:
        json_document(story)
    else:
        # Only people need the library that prints in color.
        import_module("linktill.cli.welcome").welcome(story, is_thrown_away=place.is_thrown_away)


async def _furnish(linktill: Linktill, path: Path) -> Kept:
    """Makes what is missing, one step after the other; each is written down, so that a killed demo goes on."""
    services = linktill.services
    kept = _read(path)
    if kept is None:
        if await is_set_up(services):
            raise CommandFailed(
                "not_a_demo",
                "This database is set up already, and not by a demo of this folder. Choose an empty one, or name the "
                "demo's folder with --data.",
                name="--database",
            )
        kept = Kept(email=EMAIL, password=services.randomness.token(12))
        _write(path, kept)
    if not await is_set_up(services):
        # What else was written down belongs to another database.
        kept = Kept(email=kept.email, password=kept.password)
        fields = NewInstallation(BUSINESS, kept.email, kept.password, LINK.currency)
        await create_installation(services, linktill.passwords, fields, open_account=linktill.open_account)
    first_merchant: str | None = await services.database.read(get_fact, MERCHANT_FACT)
    assert first_merchant is not None, "it was set up just now"
    merchant_id = MerchantId(first_merchant)
    if not kept.api_key:
        kept.api_key = (await create_api_key(services, merchant_id, name="Demo")).text
        _write(path, kept)
    if not kept.link_url_path:
        kept.link_url_path = await _link_path(services, merchant_id)
        _write(path, kept)
    return kept


async def _link_path(services: Services, merchant_id: MerchantId) -> str:
    link = await create_link(services, merchant_id, LINK, by="demo")
    shown = link_object(link, NOT_FILED, base_url="", now=services.clock.now_us())
    return shown.url


def _read(path: Path) -> Kept | None:
    try:
        return msgspec.json.decode(path.read_bytes(), type=Kept)
    except FileNotFoundError:
        return None


def _write(path: Path, kept: Kept) -> None:
    """Whole or not at all, readable by its owner alone: it holds a password."""
    draft = path.with_suffix(".new")
    draft.touch(mode=0o600)
    draft.write_bytes(msgspec.json.encode(kept))
    draft.replace(path)
