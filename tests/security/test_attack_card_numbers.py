"""IV10, PA05: a card number rests in no table, whichever door it is brought to."""

import pytest

from linktill.core.errors import FieldInvalid
from linktill.flows.idempotent import idempotent_request
from linktill.flows.manage_api_keys import create_api_key
from linktill.flows.manage_endpoints import EndpointTerms, create_endpoint, list_endpoints
from linktill.flows.manage_settings import MerchantSettings, change_settings
from linktill.flows.set_up import checked_email
from linktill.storage.database import Database
from linktill.storage.merchants import get_merchant
from tests.make import shop_on

CARD = "4242424242424242"


async def test_what_a_merchant_names_holds_none(database: Database):
    async with shop_on(database) as shop:
        before = await shop.services.database.read(get_merchant, shop.id)
        for asked, param in (
            (MerchantSettings(f"Shop {CARD}", "a@example.com", "USD"), "business_name"),
            (MerchantSettings("Shop", f"{CARD}@example.com", "USD"), "contact_email"),
        ):
            with pytest.raises(FieldInvalid) as refused:
                await change_settings(shop.services, shop.id, asked)
            assert refused.value.param == param
        assert await shop.services.database.read(get_merchant, shop.id) == before
        with pytest.raises(FieldInvalid):
            await create_api_key(shop.services, shop.id, name=CARD)
        for terms, param in (
            (EndpointTerms(f"https://example.com/{CARD}"), "url"),
            (EndpointTerms("https://example.com/", f"for {CARD}"), "description"),
        ):
            with pytest.raises(FieldInvalid) as refused:
                await create_endpoint(shop.services, shop.id, terms, may_be_private=False)
            assert refused.value.param == param
        assert await list_endpoints(shop.services, shop.id) == []


def test_a_payers_address_holds_none():
    kept, error = checked_email("email", f"{CARD}@example.com")
    assert error is not None
    assert (kept, error.param) == ("", "email")


def test_an_idempotency_key_is_none():
    with pytest.raises(FieldInvalid) as refused:
        idempotent_request(CARD, method="POST", path="/v1/refunds", body=b"{}")
    assert refused.value.param == "Idempotency-Key"
