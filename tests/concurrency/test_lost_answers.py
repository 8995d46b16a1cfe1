"""ST11: what is done once for a person, and shown once, is not lost with the answer to its COMMIT."""

from dataclasses import replace

import pytest

from linktill.core.errors import VersionConflict
from linktill.flows.endpoint_secrets import unseal
from linktill.flows.manage_endpoints import EndpointTerms, create_endpoint, get_endpoint, rotate_secret
from linktill.storage.database import Database
from tests.flows.test_review_rerun import AnswersLost
from tests.make import shop_on


async def test_st11_a_new_webhook_secret_is_shown_to_whoever_renewed_it(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with shop_on(database) as shop:
        lost = replace(shop.services, database=AnswersLost(database))
        terms = EndpointTerms("https://example.com/hook")
        made = await create_endpoint(lost, shop.id, terms, may_be_private=False)
        renewed = await rotate_secret(lost, shop.id, made.endpoint.id)
        kept = await get_endpoint(shop.services, shop.id, made.endpoint.id)
        secrets = unseal(lost.vault, shop.id, kept.id, kept.secret)
        assert secrets.current == renewed.secret
        assert secrets.previous == made.secret, "what receivers know still signs, too"

        before = await get_endpoint(shop.services, shop.id, made.endpoint.id)
        await rotate_secret(shop.services, shop.id, made.endpoint.id)

        async def stale(*_: object) -> object:
            return before

        with monkeypatch.context() as patch:
            patch.setattr("linktill.flows.manage_endpoints.get_endpoint", stale)
            with pytest.raises(VersionConflict):
                await rotate_secret(shop.services, shop.id, made.endpoint.id)
