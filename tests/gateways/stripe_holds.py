"""Money that the fake of Stripe holds: reserved, captured, let go."""

from typing import Protocol

from tests.gateways.stripe_objects import Thing
from tests.gateways.stripe_refusals import invalid


class Fake(Protocol):
    """As much of it as is needed here."""

    now_s: int
    things: dict[str, dict[str, Thing]]

    def capture(self, session: Thing) -> None: ...
    def tell(self, kind: str, subject: Thing) -> None: ...


def capture(fake: Fake, intent: Thing) -> Thing:
    must_be_held(intent, "captured")
    sessions = fake.things["checkout.session"].values()
    fake.capture(next(each for each in sessions if each["payment_intent"] == intent["id"]))
    fake.tell("charge.captured", fake.things["charge"][intent["latest_charge"]])
    return intent


def cancel(fake: Fake, intent: Thing) -> Thing:
    must_be_held(intent, "canceled")
    let_go(fake, intent, None)
    return intent


def hold(fake: Fake, session: Thing) -> None:
    """The money is reserved, and nothing is taken yet."""
    intent = fake.things["payment_intent"][session["payment_intent"]]
    charge = fake.things["charge"][intent["latest_charge"]]
    card = charge["payment_method_details"]["card"] | {"capture_before": fake.now_s + 7 * 86_400}
    charge["payment_method_details"] = charge["payment_method_details"] | {"card": card}
    charge |= {"status": "succeeded", "paid": True, "captured": False}
    intent |= {
        "status": "requires_capture",
        "amount_capturable": intent["amount"],
        "capture_method": "manual",
    }
    session |= {"status": "complete", "payment_status": "unpaid", "url": None}


def let_go(fake: Fake, intent: Thing, reason: str | None) -> None:
    intent |= {
        "status": "canceled",
        "amount_capturable": 0,
        "cancellation_reason": reason,
        "canceled_at": fake.now_s,
    }
    fake.tell("payment_intent.canceled", intent)


def must_be_held(intent: Thing, what: str) -> None:
    if intent["status"] != "requires_capture":
        message = f"This PaymentIntent could not be {what} because it has a status of {intent['status']}."
        raise invalid(message, "payment_intent_unexpected_state")
