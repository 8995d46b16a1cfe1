"""Checks a merchant's Square account, so that what is wrong can be put right: the token, its permissions, the location."""

from typing import Final
from urllib.parse import quote

from linktill.gateways.contract import Account, Rejected
from linktill.gateways.square.client import SquareClient
from linktill.gateways.square.messages import Location, LocationBody, TokenStatus
from linktill.gateways.square.translate import CURRENCIES

SCOPES: Final = (
    "DISPUTES_READ",
    "MERCHANT_PROFILE_READ",
    "ORDERS_READ",
    "ORDERS_WRITE",
    "PAYMENTS_READ",
    "PAYMENTS_WRITE",
)
"""What we ask of an access token: https://developer.squareup.com/docs/oauth-api/square-permissions."""


async def check_account(client: SquareClient, account: Account) -> None:
    """Raises Rejected with `code` `token`, `permissions` or `location`, and Unavailable."""
    await _check_token(client, account)
    location_id = account.credentials.get("location_id", "")
    if not location_id:
        raise _trouble("location", "Enter the ID of the Square location that the money is for.")
    answer = await client.look(account, f"/v2/locations/{quote(location_id, safe='')}")
    if answer is None:
        raise _trouble("location", f"This Square account has no location {location_id[:40]!r}.")
    location = answer.read(LocationBody).location
    answer.must_be(location.id, location_id)
    _check_location(location, account.credentials.get("currency", ""))


async def _check_token(client: SquareClient, account: Account) -> None:
    try:
        answer = await client.search(account, "POST", "/oauth2/token/status")
    except Rejected as rejected:
        if rejected.code == "environment":
            raise
        raise _trouble(
            "token",
            "Square does not accept the access token. It may be expired or revoked, or be one of Square's sandbox used "
            f"for production, or the other way round. {rejected}",
        ) from rejected
    scopes = answer.read(TokenStatus).scopes or []
    missing = [scope for scope in SCOPES if scope not in scopes]
    if missing:
        raise _trouble("permissions", f"The access token lacks permissions: {', '.join(missing)}.")


def _check_location(location: Location, currency: str) -> None:
    shown = location.name or location.id
    if location.status != "ACTIVE":
        raise _trouble("location", f"The Square location {shown} is not active.")
    if "CREDIT_CARD_PROCESSING" not in (location.capabilities or ()):
        raise _trouble(
            "location",
            f"The Square location {shown} cannot take cards yet. Finish activating it in the Square Dashboard.",
        )
    if location.currency not in CURRENCIES:
        raise _trouble(
            "location",
            f"The Square location {shown} is in {location.currency}, which Linktill cannot charge.",
        )
    if location.currency != currency:
        raise _trouble(
            "location",
            f"The Square location {shown} is in {location.currency}, not in {currency or 'no currency at all'}.",
        )


def _trouble(code: str, message: str) -> Rejected:
    return Rejected(message, code=code, is_account_trouble=True)
