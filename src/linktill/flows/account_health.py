"""How a gateway account has been: when it last told us something, and what went wrong last, so that its page can say so."""

from typing import Final

from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.services import Services
from linktill.gateways.contract import GatewayError
from linktill.storage import gateway_settings
from linktill.storage.database import Tx

WORDS_MAX: Final = 600


def is_event_due(services: Services, account_id: str) -> bool:
    """Whether a webhook that came now is to be written down. Asked once for each: `last_event_at` may be seconds old."""
    return services.noted.is_due(f"event {account_id}", services.clock.now_us())


async def note_trouble(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, error: Exception
) -> None:
    """Keeps what went wrong with the gateway, for the merchant; refusals by our own rules are none of its faults."""
    if not isinstance(error, GatewayError):
        return
    await note_words(services, merchant_id, account_id, str(error))


async def note_words(
    services: Services, merchant_id: MerchantId, account_id: GatewayAccountId, words: str
) -> None:
    """The same, in words. Several in a few seconds are one."""
    now = services.clock.now_us()
    if not services.noted.is_due(f"failure {account_id}", now):
        return
    # What a gateway sent may be in it, and PostgreSQL keeps no NUL.
    kept = words[:WORDS_MAX].encode("utf-8", "replace").decode().replace("\0", "")
    await services.database.run(_note, merchant_id, account_id, now, kept)


async def _note(tx: Tx, merchant_id: MerchantId, account_id: GatewayAccountId, now: int, words: str) -> None:
    await gateway_settings.note_failure(tx, merchant_id, account_id, at=now, words=words)
