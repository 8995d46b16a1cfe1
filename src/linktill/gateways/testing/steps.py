"""What most tests of an adapter begin with: an order, a payment, a payment that was paid, a look."""

from fnmatch import fnmatch
from urllib.parse import urlsplit

from linktill.core.ids import AttemptId, RefundId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.gateways.contract import AttemptRef, RefundOrder, Started, StartOrder
from linktill.gateways.testing.rig import How, Rig

RETURN_URL = "http://127.0.0.1:9/c/cs_1?k=token"
OWN_PAGE_URL = "http://127.0.0.1:9/c/cs_1/pay?k=token"


def price(rig: Rig, minor: int = 4_000) -> Money:
    """So much in the rig's currency."""
    return Money(minor, rig.currency)


def order(rig: Rig, reference: str = "pay_1", amount: Money | None = None) -> StartOrder:
    """What is asked for, with words that must be quoted on their way."""
    return StartOrder(
        reference=AttemptId(reference),
        amount=price(rig) if amount is None else amount,
        description="A bicycle repair, with “quotes” & <tags>",
        return_url=RETURN_URL,
        cancel_url="http://127.0.0.1:9/p/repair",
        payer_email="ada@example.com",
        expires_at=rig.now() + 3_600_000_000,
        own_page_url=OWN_PAGE_URL,
    )


async def start(rig: Rig, reference: str = "pay_1", amount: Money | None = None) -> Started:
    """A payment that waits for its payer."""
    return await rig.gateway.start(rig.account, order(rig, reference, amount), key=f"start-{reference}")


async def look(rig: Rig, started: Started | None, reference: str = "pay_1") -> AttemptFact:
    """What is true of a payment; None: looked for by our reference alone."""
    ref = AttemptRef(AttemptId(reference), None if started is None else started.gateway_ref)
    return await rig.gateway.look_up(rig.account, ref)


async def captured(rig: Rig, reference: str = "pay_1", amount: Money | None = None) -> Started:
    """A payment that was paid."""
    started = await start(rig, reference, amount)
    await rig.pay(started, How.SUCCESS)
    fact = await look(rig, started, reference)
    assert fact.kind is FactKind.CAPTURED, f"its payer has paid, and the look-up says {fact}"
    return started


def refund_of(rig: Rig, started: Started, minor: int, reference: str = "re_1") -> RefundOrder:
    """Sends so much of the payment back."""
    return RefundOrder(RefundId(reference), started.gateway_ref, price(rig, minor), "requested_by_customer")


def is_page_of(rig: Rig, url: str) -> bool:
    """Whether the browser would go there: the origins are sources in a Content-Security-Policy, `*` and all."""
    here = urlsplit(RETURN_URL)
    origins = rig.gateway.form_action_origin.replace("'self'", f"{here.scheme}://{here.netloc}")
    return url == OWN_PAGE_URL or any(fnmatch(url, f"{origin}/*") for origin in origins.split())
