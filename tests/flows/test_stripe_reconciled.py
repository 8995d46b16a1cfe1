"""Stripe, compared to the cent: payment, refund, disputes, what something else took, and the payout that empties the account."""

from linktill.core.ids import AttemptId
from linktill.core.link_terms import LinkFields
from linktill.flows.compare_now import compare_now, to_look_at
from linktill.flows.manage_links import create_link
from linktill.flows.refund_payment import refund_payment
from linktill.flows.resolve_foreign import Which, attach
from linktill.gateways.testing import How
from linktill.storage import foreign_payments
from tests.flows.test_stripe_path import StripeShop, shop
from tests.gateways.test_stripe_adapter import foreign

__all__ = ["shop"]

FEE = 146
OTHERS = 700
OTHERS_FEE = 50


async def compared(shop: StripeShop) -> None:
    outcomes = await compare_now(shop.services, shop.account.merchant_id)
    assert [outcome.trouble for outcome in outcomes] == [None]
    assert all(outcome.compared is not None and outcome.compared.is_whole for outcome in outcomes)


async def test_after_the_payout_nothing_is_left_at_stripe_and_what_was_not_ours_is_attached(
    shop: StripeShop,
) -> None:
    fake, merchant_id = shop.rig.fake, shop.account.merchant_id
    payment, _ = await shop.paid()
    await refund_payment(shop.services, merchant_id, payment.id, amount_minor=1_500)
    await shop.later(1)
    second = shop.started(await shop.press_pay("2"))
    await shop.rig.pay(second, How.SUCCESS)
    await shop.deliver()
    dispute = fake.dispute(shop.rig.intent(second), "needs_response")
    fake.move_dispute(dispute, "needs_response", -4_000, 1_500)
    fake.move_dispute(dispute, "won", 4_000, 0)
    other = foreign(shop.rig, has_session=False)
    await compared(shop)
    [parked] = await shop.services.database.read(foreign_payments.list_foreign, merchant_id)
    assert parked.gateway_ref == other["id"]
    held = 2 * (4_000 - FEE) - 1_500 - 1_500
    assert (await shop.balances())["clearing"] == held
    link = await create_link(shop.services, merchant_id, LinkFields(OTHERS, "USD", "Order 12"), by="test")
    which = Which(merchant_id, shop.account.id, other["id"])
    attached = await attach(shop.services, which, link.id, by="mem_1")
    assert (attached.status, attached.captured_minor, attached.fee_minor) == ("captured", OTHERS, OTHERS_FEE)
    held += OTHERS - OTHERS_FEE
    payout = fake.pay_out(held - 200)
    fake.take_fee(payout, 200)
    payout |= {"status": "paid", "reconciliation_status": "completed"}
    await compared(shop)
    balances = await shop.balances()
    assert balances.get("clearing", 0) == 0
    assert (balances["bank"], balances["gateway_fees"]) == (held - 200, 2 * FEE + OTHERS_FEE + 200)
    assert (await to_look_at(shop.services, merchant_id)).count == 0
    # From now on it is a payment like any other.
    await refund_payment(shop.services, merchant_id, attached.id, amount_minor=OTHERS)
    await shop.later(1)
    await compared(shop)
    after = await shop.attempt_of(AttemptId(attached.id))
    assert (after.refunded_minor, after.review_reason) == (OTHERS, None)
