"""The commands of the API guide and of some other pages, run word for word against a real server."""

import asyncio
import json
import os
import re
import shutil
import socket
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import pytest

from linktill.core.ids import LinkId
from linktill.flows.file_payers import file_payers
from linktill.flows.invoice_settings import set_invoice_terms
from linktill.flows.manage_api_keys import KeyRing, create_api_key
from linktill.flows.manage_links import read_link
from linktill.storage.database import Database
from tests.api.rig import assembled
from tests.flows.invoicing import TERMS
from tests.flows.wishing import ask
from tests.make import shop_on
from tests.sandbox.running import serving

DOCS = Path(__file__).parents[2] / "docs"
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass
class Step:
    """A command and, where the guide shows it, its answer."""

    command: str
    answer: Any = None


def steps(name: str) -> Iterator[Step]:
    found: Step | None = None
    for kind, text in FENCE.findall((DOCS / name).read_text()):
        if kind == "json":
            assert found is not None
            found.answer = json.loads(text)
        elif kind == "sh":
            if found is not None:
                yield found
            found = Step(text)
    assert found is not None
    yield found


def fits(shown: Any, told: Any) -> bool:
    """`…` in a shown text stands for anything."""
    match shown:
        case str():
            pattern = ".+".join(re.escape(part) for part in shown.split("…"))
            return isinstance(told, str) and re.fullmatch(pattern, told) is not None
        case dict():
            return (
                isinstance(told, dict)
                and list(shown) == list(told)
                and all(fits(shown[name], told[name]) for name in shown)
            )
        case list():
            return len(shown) == len(told) and all(map(fits, shown, told))
        case _:
            return bool(shown == told)


async def run(command: str, environment: dict[str, str], folder: Path | None = None) -> Any:
    shell = await asyncio.create_subprocess_exec(
        *("/bin/sh", "-euc", command),
        env={**os.environ, **environment},
        stdout=asyncio.subprocess.PIPE,
        cwd=folder,
    )
    output, _ = await shell.communicate()
    assert shell.returncode == 0
    return json.loads(output)


@pytest.mark.skipif(shutil.which("curl") is None, reason="install curl (Debian: apt install curl)")
@pytest.mark.parametrize(
    "name",
    [
        "api.md",
        "capture.md",
        "coupons.md",
        "customers.md",
        "documents.md",
        "fields.md",
        "links.md",
        "prices.md",
        "requests.md",
        "sharing.md",
    ],
)
async def test_the_guide_is_true(database: Database, name: str, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with shop_on(database) as shop:
            services = replace(shop.services, base_url=base_url)
            shop.services = services
            key = (await create_api_key(services, shop.id, name="guide")).text
            environment = {"URL": base_url, "API_KEY": key}
            async with serving(assembled(services, KeyRing(services)), listening):
                for step in steps(name):
                    if "/v1/payments?" in step.command:
                        link = await read_link(services, shop.id, LinkId(environment["LINK"]))
                        await shop.pay(link.link)
                        await file_payers(services)
                    if "/v1/link_requests?" in step.command:
                        link = await read_link(services, shop.id, LinkId(environment["LINK"]))
                        words = "I was away. May I still pay?"
                        await ask(shop, link.link, name="Ada Byron", message=words)
                    if "/invoice" in step.command:
                        await set_invoice_terms(services, shop.id, TERMS)
                    told = await run(step.command, environment, tmp_path)
                    if "/capture" in step.command:
                        await shop.poll()
                    assert step.answer is None or fits(step.answer, told), told
                    assert ("request_id" in told) == ("-1," in step.command), told
                    if told.get("object") == "list":
                        assert told["data"], step.command
                    # Each is kept where the guide says so: at the first of its kind.
                    environment = kept(told, environment) | environment
            await shop.check()


def kept(told: dict[str, Any], environment: dict[str, str]) -> dict[str, str]:
    """What the guide tells its reader to keep."""
    if told.get("object") == "payment_link":
        is_first = told["id"] == environment.get("LINK", told["id"])
        return {"LINK" if is_first else "NEW_LINK": told["id"]}
    if told.get("object") == "coupon":
        return {"COUPON": told["id"]}
    if told.get("object") == "invoice":
        return {"INVOICE": told["id"]}
    if told.get("object") == "customer":
        is_first = told["id"] == environment.get("CUSTOMER", told["id"])
        return {"CUSTOMER" if is_first else "OTHER": told["id"]}
    if told.get("object") == "payment_link_template":
        return {"TEMPLATE": told["id"]}
    if told.get("object") == "list" and told["data"][0]["object"] == "payment":
        return {"PAYMENT": told["data"][0]["id"]}
    if told.get("object") == "list" and told["data"][0]["object"] == "link_request":
        return {"REQUEST": told["data"][0]["id"]}
    return {}


def test_a_planted_untruth_is_seen():
    assert fits({"a": "x…", "b": [1]}, {"a": "xyz", "b": [1]})
    assert not fits({"a": "x…"}, {"a": "xyz", "b": 1})
    assert not fits({"a": "x…"}, {"a": "yz"})
    assert not fits([1, 2], [1])
