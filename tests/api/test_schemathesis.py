"""IV15: every operation fuzzed from its own description: no fault of ours, and no answer that was not described."""

import asyncio
import socket
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from linktill.flows.manage_api_keys import KeyRing, create_api_key
from linktill.storage.database import Database
from tests.api.rig import assembled
from tests.make import shop_on
from tests.sandbox.running import serving

TIME_MAX_S = 40
UNSAYABLE = "positive_data_acceptance"
"""JSON Schema cannot say that an expiry must be to come, or that a text must hold no card number."""


@pytest.mark.timeout(180)
async def test_iv15_no_fault_and_no_surprise(database: Database, tmp_path: Path):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        base_url = f"http://127.0.0.1:{listening.getsockname()[1]}"
        async with shop_on(database) as shop:
            services = replace(shop.services, base_url=base_url)
            key = (await create_api_key(services, shop.id, name="fuzz")).text
            await shop.pay(await shop.link())
            async with serving(assembled(services, KeyRing(services)), listening):
                code, told = await fuzz(base_url, key, tmp_path)
            await shop.check()
    assert code == 0, told


async def fuzz(base_url: str, key: str, folder: Path) -> tuple[int | None, str]:
    command = (
        *("run", f"{base_url}/v1/openapi.json", "--header", f"Authorization: Bearer {key}"),
        *(
            "--exclude-checks",
            UNSAYABLE,
            "--max-time",
            str(TIME_MAX_S),
            "--max-examples",
            "15",
            "--seed",
            "17",
        ),
        *("--suppress-health-check", "all", "--no-color", "--continue-on-failure"),
    )
    running = await asyncio.create_subprocess_exec(
        *(Path(sys.executable).with_name("st"), *command),
        cwd=folder,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await running.communicate()
    return running.returncode, output.decode()
