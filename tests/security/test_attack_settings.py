"""What the operator has set holds at every door: the application as `main` puts it together."""

from pathlib import Path

import httpx
import pytest

from linktill.core.ids import MerchantId
from linktill.flows.manage_api_keys import create_api_key
from linktill.main import build
from linktill.settings import read_settings
from tests.make import make_merchant

URL = "http://127.0.0.1:8470"


@pytest.mark.parametrize(("switch", "status"), [("off", 422), ("on", 201)])
async def test_sf01_private_endpoints_are_the_operators_choice(tmp_path: Path, switch: str, status: int):
    given = {
        "LINKTILL_DATA_DIR": str(tmp_path),
        "LINKTILL_BASE_URL": URL,
        "LINKTILL_ALLOW_PRIVATE_WEBHOOKS": switch,
    }
    async with build(read_settings(overrides=given), own_url=URL) as linktill:
        merchant = await make_merchant(linktill.services)
        key = await create_api_key(linktill.services, MerchantId(merchant.id), name="test")
        transport = httpx.ASGITransport(linktill.app)
        async with httpx.AsyncClient(transport=transport, base_url=URL) as http:
            answer = await http.post(
                "/v1/webhook_endpoints",
                json={"url": "http://127.0.0.1:9/hook"},
                headers={"authorization": f"Bearer {key.text}"},
            )
    assert answer.status_code == status, answer.text
