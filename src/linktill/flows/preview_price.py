"""What a payer's choices come to, before and after they pay."""

from linktill.core.computation import Computation, compute
from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import AttemptId, LinkId, MerchantId
from linktill.core.pricing import Choices, Pricing
from linktill.flows.redeem import redeemed
from linktill.flows.services import Services
from linktill.storage import attempts, links, sessions
from linktill.storage.database import Tx
from linktill.storage.pricings import kept_computation


async def preview_price(
    services: Services, merchant_id: MerchantId, link_id: LinkId, choices: Choices, currency: str = ""
) -> Computation:
    """What the link would charge for these choices now, maybe nothing. Raises NotFound and FieldInvalid. `currency`: one of those
    that it can be paid in; empty: its own.
    """
    link = await services.database.read(links.get_link, merchant_id, link_id)
    if link is None:
        raise NotFound(f"There is no payment link {link_id}.", param="id")
    offered = link.terms.currencies
    if currency and currency not in offered:
        raise FieldInvalid("currency", f"The link can be paid in {', '.join(offered)}. Send one of these.")
    link = link.in_currency(currency)
    now = services.clock.now_us()
    return (await services.database.read(redeemed, link, choices, now=now)).link.quote(choices)


async def payment_computation(
    services: Services, merchant_id: MerchantId, attempt_id: AttemptId
) -> Computation:
    """How the amount of a payment came about, as it was displayed. Raises NotFound."""
    found = await services.database.read(computation_of, merchant_id, attempt_id)
    if found is None:
        raise NotFound(f"There is no payment {attempt_id}.", param="id")
    return found


async def computation_of(tx: Tx, merchant_id: MerchantId, attempt_id: AttemptId) -> Computation | None:
    """Unit: as it was kept; where there was only a price, the one line of it. None: there is no such payment."""
    kept = await kept_computation(tx, merchant_id, attempt_id)
    if kept is not None:
        return kept
    attempt = await attempts.get_attempt(tx, merchant_id, attempt_id)
    if attempt is None:
        return None
    session = await sessions.get_session(tx, merchant_id, attempt.session_id)
    assert session is not None, "an attempt has a session"
    return compute(attempt.amount, session.description, Pricing())
