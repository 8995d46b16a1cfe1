"""What a payer's form starts with that came by the link's address, and what is wrong with what it was sent with."""

from dataclasses import replace

from linktill.core.card_numbers import REMOVE_IT
from linktill.core.payment_link import PaymentLink
from linktill.flows.answers_given import read_typed, who_errors
from linktill.web.checkout.asking import without_cards
from linktill.web.checkout.show import Typed


def with_errors(typed: Typed, link: PaymentLink) -> Typed:
    """With all that is wrong with the answers, so that the payer mends everything at once."""
    asking = link.terms.asking
    if asking is None:
        return typed
    read = read_typed(asking, typed.told.typed)
    missing = who_errors(asking, typed.email, typed.name)
    errors = {error.param: error.message for error in (*missing, *read.errors)}
    # A card number does not belong here: it is not even shown again.
    told = replace(typed.told, typed=without_cards(typed.told.typed, read.errors, REMOVE_IT))
    return replace(typed, told=told, errors={**errors, **typed.errors})
