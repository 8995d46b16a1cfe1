"""What is in the databases that are measured: one merchant with many links, and payments that wait for their webhook.

Ids follow from numbers, so that a load generator can name any of them without a list.
"""

import asyncio
import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import msgspec

from linktill.core import ids as prefixes
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.core.merchant import Merchant, Mode
from linktill.flows.accounts import add_account
from linktill.flows.manage_api_keys import create_api_key
from linktill.gateways.contract import Account
from linktill.main import open_services
from linktill.platform.ids import encode
from linktill.settings import read_settings
from linktill.storage.database import Tx
from linktill.storage.merchants import insert_merchant

SECRET_KEY = "5d" * 32
AMOUNT_MINOR = 4_200
CURRENCY = "USD"
FEE_MINOR = 152
PAYMENT = "sbpay_"
REFERENCE = prefixes.ATTEMPT
MADE_AT = 1_700_000_000_000_000
NEVER = 4_000_000_000_000_000
FIRST_ID = MADE_AT // 1_000 << 80
"""Seeded ids are as old as MADE_AT, so that links made by the load come first in lists, as they would."""


@dataclass(frozen=True, slots=True)
class Shop:
    """Who sells, and how to ask and to sign in its name."""

    merchant_id: str
    account_id: str
    api_key: str
    webhook_secret: str
    gateway_key: str

    def webhook(self, number: int, now_s: int) -> tuple[str, bytes]:
        """The signature header and the body of the webhook that tells of payment `number`."""
        payment_id = PAYMENT + tail(number)
        event = {
            "id": f"sbevt_{tail(number)}",
            "object": "event",
            "type": "payment.captured",
            "created_at": now_s * 1_000_000,
            "data": {
                "object": {
                    "id": payment_id,
                    "object": "payment",
                    "reference": REFERENCE + tail(number),
                    "status": "captured",
                    "amount_minor": AMOUNT_MINOR,
                    "currency": CURRENCY,
                    "method": {"brand": "visa", "last4": "4242"},
                    "fee_minor": FEE_MINOR,
                }
            },
        }
        body = msgspec.json.encode(event)
        signed = f"{now_s}.".encode() + body
        digest = hmac.new(self.webhook_secret.encode(), signed, hashlib.sha256).hexdigest()
        return f"t={now_s},v1={digest}", body


def tail(number: int) -> str:
    """The 26 characters after the prefix of seeded id `number`."""
    return encode(FIRST_ID + number)


def slug(number: int) -> str:
    """The slug of seeded link `number`; the Lua scripts write it the same way."""
    return f"b{number:010d}"


def found(database_url: str, folder: Path) -> Shop:
    """Makes the schema, the merchant, its gateway account and its API key, all by the product's own hands."""
    return asyncio.run(_found(database_url, folder))


def environment_of(database_url: str, folder: Path) -> dict[str, str]:
    """What the product is told of where its data is."""
    return {
        "LINKTILL_DATA_DIR": str(folder),
        "LINKTILL_DATABASE_URL": database_url,
        "LINKTILL_SECRET_KEY": SECRET_KEY,
    }


async def _found(database_url: str, folder: Path) -> Shop:
    async with open_services(read_settings(environment_of(database_url, folder))) as services:
        merchant_id = MerchantId(services.ids.new(prefixes.MERCHANT))
        # Without an address for alerts nobody has to be told anything: mails are not what is measured.
        merchant = Merchant(merchant_id, Mode.TEST, "Bea's Bikes", "hello@example.com", CURRENCY, "", MADE_AT)

        async def insert(tx: Tx) -> None:
            await insert_merchant(tx, merchant)

        await services.database.run(insert)
        account_id = GatewayAccountId(services.ids.new(prefixes.GATEWAY_ACCOUNT))
        secret, key = services.randomness.token(24), services.randomness.token(24)
        credentials = {"account_id": "sbacc_bench", "secret_key": key}
        await add_account(services, Account(merchant_id, account_id, "sandbox", credentials, (secret,)))
        created = await create_api_key(services, merchant_id, name="Bench")
        return Shop(merchant_id, account_id, created.text, secret, key)


@dataclass(frozen=True, slots=True)
class Rows:
    """Rows for one table."""

    table: str
    columns: tuple[str, ...]
    rows: Iterator[tuple[object, ...]]


def link_rows(shop: Shop, first: int, last: int, *, paying: int = 0, pricing: str = "") -> list[Rows]:
    """Links `first` to `last` - 1, all of this pricing; the first `paying` of all are being paid right now, by the payments of
    `payment_rows`.
    """
    links = (
        (
            shop.merchant_id,
            prefixes.LINK + tail(number),
            slug(number),
            "active",
            1,
            AMOUNT_MINOR,
            CURRENCY,
            f"Bicycle service no. {number}, spring check",
            "Brakes, gears and tires checked, chain oiled.\nThank you for riding with us.",
            f"INV-{number}",
            1 if number < paying else None,
            "",
            "{}",
            "",
            "",
            pricing,
            1 if number < paying else 0,
            AMOUNT_MINOR if number < paying else 0,
            MADE_AT + number,
            MADE_AT + number,
        )
        for number in range(first, last)
    )
    places = (
        ("slug", slug(number), shop.merchant_id, prefixes.LINK + tail(number))
        for number in range(first, last)
    )
    columns = (
        "merchant_id", "id", "slug", "status", "version", "amount_minor", "currency", "description", "note", "reference",
        "payments_max", "closed_message", "metadata", "allowed_gateways", "denied_gateways", "pricing", "slots_taken",
        "taken_minor", "created_at", "updated_at",
    )  # fmt: skip
    return [
        Rows("payment_link", columns, links),
        Rows("directory", ("kind", "key", "merchant_id", "target_id"), places),
    ]


def payment_rows(shop: Shop, last: int) -> list[Rows]:
    """Payments 0 to `last` - 1, one for each of the first links; their payers are on the gateway's page."""
    sessions = (
        (
            shop.merchant_id,
            prefixes.SESSION + tail(number),
            prefixes.LINK + tail(number),
            1,
            "processing",
            AMOUNT_MINOR,
            CURRENCY,
            f"Bicycle service no. {number}, spring check",
            f"submit-token-{number:010d}",
            f"return-token-{number:010d}",
            REFERENCE + tail(number),
            1,
            MADE_AT,
            NEVER,
            "en",
        )
        for number in range(last)
    )
    attempts = (
        (
            shop.merchant_id,
            REFERENCE + tail(number),
            prefixes.LINK + tail(number),
            prefixes.SESSION + tail(number),
            "sandbox",
            shop.account_id,
            "requires_action",
            AMOUNT_MINOR,
            CURRENCY,
            1,
            PAYMENT + tail(number),
            f"http://127.0.0.1/pay/{PAYMENT}{tail(number)}",
            MADE_AT,
            MADE_AT,
            MADE_AT,
            # Not looked up by the clock while webhooks are measured.
            NEVER,
        )
        for number in range(last)
    )
    session_columns = (
        "merchant_id", "id", "link_id", "link_version", "status", "amount_minor", "currency", "description",
        "submit_token", "token", "attempt_id", "attempts", "created_at", "expires_at", "language",
    )  # fmt: skip
    attempt_columns = (
        "merchant_id", "id", "link_id", "session_id", "gateway", "gateway_account_id", "status", "amount_minor",
        "currency", "is_slot_held", "gateway_ref", "redirect_url", "created_at", "updated_at", "started_at", "poll_at",
    )  # fmt: skip
    return [
        Rows("checkout_session", session_columns, sessions),
        Rows("payment_attempt", attempt_columns, attempts),
    ]
