"""Checks a merchant's Square account, so that what is wrong can be put right: the token, its permissions, the location."""

from typing import Final
from urllib.parse import quote

from linktill.gateways.contract import Account, Rejected
from linktill.gateways.square.client import SquareClient
from linktill.gateways.square.messages import Location, LocationBody, TokenStatus
from linktill.gateways.square.translate import CURRENCIES

SCOPES: Final = (
    "DISPUTES_READ",
    "DISPUTES_WRITE",
    "MERCHANT_PROFILE_READ",
    "ORDERS_READ",
    "ORDERS_WRITE",
    "PAYMENTS_READ",
    "PAYMENTS_WRITE",
    "PAYOUTS_READ",
)
"""What we ask of an access token: https://developer.squareup.com/docs/oauth-api/square-permissions."""


async def check_account(client: SquareClient, account: Account) -> None:
    """Raises Rejected with `code` `token`, `permissions` or `location`, and Unavailable."""
    await check_token(client, account)
    location_id = account.credentials.get("location_id", "")
    if not location_id:
        raise trouble("location", "Enter the ID of the Square location that the money is for.")
    location = await find_location(client, account, location_id)
    check_location(location, account.credentials.get("currency", ""))


async def find_location(client: SquareClient, account: Account, location_id: str) -> Location:
    """The location, whatever its state."""
    answer = await client.look(account, f"/v2/locations/{quote(location_id, safe='')}")
    if answer is None:
        raise trouble(
            "location",
            f"This Square account has no location {location_id[:40]!r}. Leave it empty, and Linktill says which there are.",
        )
    location = answer.read(LocationBody).location
    answer.must_be(location.id, location_id)
    return location


async def check_token(client: SquareClient, account: Account) -> TokenStatus:
    """Whose token it is, if it may do all that we ask for."""
    try:
        answer = await client.search(account, "POST", "/oauth2/token/status")
    except Rejected as rejected:
        if rejected.code == "environment":
            raise
        raise trouble(
            "token",
            "Square does not accept the access token. It may be expired or revoked, or be one of Square's sandbox used "
            f"for production, or the other way round. Copy it again. {rejected}",
        ) from rejected
    told = answer.read(TokenStatus)
    missing = [scope for scope in SCOPES if scope not in (told.scopes or ())]
    if missing:
        raise trouble(
            "permissions",
            f"The access token lacks permissions: {', '.join(missing)}. Use the application's own access token, which has all.",
        )
    return told


def check_location(location: Location, currency: str | None) -> None:
    """Raises unless payments can be taken there. `currency`: what it is expected to be in; None: whatever it is in."""
    shown = location.name or location.id
    if location.status != "ACTIVE":
        raise trouble(
            "location",
            f"The Square location {shown} is not active. Activate it in the Square Dashboard, or enter the ID of another one.",
        )
    if "CREDIT_CARD_PROCESSING" not in (location.capabilities or ()):
        raise trouble(
            "location",
            f"The Square location {shown} cannot take cards yet. Finish activating it in the Square Dashboard.",
        )
    if location.currency not in CURRENCIES:
        raise trouble(
            "location",
            f"The Square location {shown} is in {location.currency}, which Linktill cannot charge.",
        )
    if currency is not None and location.currency != currency:
        raise trouble(
            "location",
            f"The Square location {shown} is in {location.currency}, not in {currency or 'no currency at all'}.",
        )


def trouble(code: str, message: str) -> Rejected:
    """What the merchant is to put right."""
    return Rejected(message, code=code, is_account_trouble=True)
