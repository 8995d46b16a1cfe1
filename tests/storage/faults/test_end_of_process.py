"""ST03: a real server whose disk fails ends itself, with nothing lost of what it had answered."""

import asyncio
import os
import sys
from pathlib import Path

import aiohttp
import pytest

from tests.cli import children
from tests.torture.server import Killable

ROOT = Path(__file__).parents[3]
DYING = """#!{python}
import sys
from pathlib import Path
sys.path.insert(0, {root!r})
import apsw
from linktill.cli.app import main
from tests.storage.faults.disk import Disk

def before(kind, path):
    if kind == {kind!r} and path.endswith("linktill.db-wal") and Path({armed!r}).exists():
        raise apsw.exception_for(getattr(apsw, {code!r}))

disk = Disk("dying", is_default=True)
disk.before = before
sys.exit(main())
"""


@pytest.mark.parametrize(("kind", "code"), [("sync", "SQLITE_IOERR_FSYNC"), ("write", "SQLITE_IOERR_WRITE")])
async def test_st03_a_server_whose_disk_fails_ends_and_what_it_answered_is_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kind: str, code: str
):
    script, armed = tmp_path / "linktill", tmp_path / "armed"
    script.write_text(
        DYING.format(python=sys.executable, root=str(ROOT), kind=kind, code=code, armed=str(armed))
    )
    script.chmod(0o700)
    folder = tmp_path / "data"
    linktill = Killable(folder, f"sqlite:///{folder / 'linktill.db'}")
    real = children.LINKTILL
    monkeypatch.setattr(children, "LINKTILL", str(script))
    await linktill.start()
    answered: set[str] = set()
    statuses: set[int] = set()

    async def make_links(session: aiohttp.ClientSession) -> None:
        headers = {"authorization": f"Bearer {linktill.story['api_key']}"}
        url = f"{linktill.story['base_url']}/v1/payment_links"
        body = {"amount_minor": 100, "currency": "USD", "description": "A repair"}
        while True:
            try:
                async with session.post(url, json=body, headers=headers) as response:
                    statuses.add(response.status)
                    if response.status == 201:
                        answered.add((await response.json())["id"])
                    if len(answered) >= 60:
                        armed.touch()
            except aiohttp.ClientError:
                return

    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        await asyncio.gather(*[make_links(session) for _ in range(8)])
    assert linktill.server is not None
    assert await linktill.server.wait() == os.EX_IOERR
    assert "the database's disk failed" in (folder / "log.txt").read_text()
    assert statuses <= {201, 503}
    linktill.server = None
    monkeypatch.setattr(children, "LINKTILL", real)
    await linktill.start()
    try:
        code_, verified = await linktill.command("verify")
        assert (code_, verified["problems"]) == (0, [])
        _, listed = await linktill.command("links", "list", "--limit", "100")
        assert answered <= {link["id"] for link in listed["data"]}
        assert len(listed["data"]) < 100, "one page shows all of them"
    finally:
        await linktill.stop()
