"""What a payer's form starts with that came by the link's address: filled in by anybody, or signed by the merchant."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from linktill.core.answers import YES
from linktill.core.asking import Kind, questions_of
from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldInvalid
from linktill.core.origin import origin_of
from linktill.core.payment_link import PaymentLink
from linktill.core.signed_values import SignedValues
from linktill.flows.answers_given import country_said, read_typed, who_errors
from linktill.web.checkout.asking import without_cards
from linktill.web.checkout.choosing import Chosen, read_choices
from linktill.web.checkout.typed import Typed
from linktill.web.form import Form

SIGNED: Final = "signed"
_FILLED: Final = "prefilled_"
_CUSTOM: Final = "custom_"
_CHARS: Final = 2_000
_TICKED: Final = frozenset({"1", "true", YES})


def arrived(query: Mapping[str, str], typed: Typed, link: PaymentLink) -> Typed:
    """The form with what the address brings: it fills what is empty, decides nothing, and ticks no consent."""
    filled = {
        name.removeprefix(_FILLED): text[:_CHARS]
        for name, text in query.items()
        if name.startswith(_FILLED) and text and not has_card_number(text)
    }
    origin = origin_of({name: text for name, text in query.items() if name != "cut"})
    if not filled and origin.is_empty:
        return typed
    answers = {
        **_answers(filled, link),
        **{key: text for key, text in typed.told.typed.answers.items() if text},
    }
    told = replace(
        typed.told,
        typed=replace(typed.told.typed, answers=answers),
        origin=typed.told.origin if origin.is_empty else replace(origin, signed=typed.told.origin.signed),
    )
    chosen = typed.chosen if typed.chosen.typed else _chosen(filled, link)
    return replace(
        typed,
        email=typed.email or filled.get("email", "")[:254],
        name=typed.name or filled.get("name", "")[:200],
        chosen=chosen,
        told=told,
    )


def locked(typed: Typed, values: SignedValues, signed: str) -> Typed:
    """The form with what its merchant has signed, whatever else it says."""
    origin = typed.told.origin
    if values.reference:
        origin = replace(origin, reference=values.reference)
    chosen = typed.chosen
    if values.amount_minor is not None:
        choices = replace(chosen.choices, amount_minor=values.amount_minor)
        errors = {name: words for name, words in chosen.errors.items() if name != "amount"}
        kept = {name: text for name, text in chosen.typed.items() if not name.startswith("amount")}
        chosen = Chosen(choices, kept, errors, is_amount_locked=True)
    errors = {name: words for name, words in typed.errors.items() if not (values.email and name == "email")}
    if values.currency:
        # The amount was signed in one currency. A form in another one has shown something else.
        is_same = typed.seen is None or typed.seen.amount.currency == values.currency
        typed = replace(typed, currency=values.currency, pays_in="", seen=typed.seen if is_same else None)
    return replace(
        typed,
        email=values.email or typed.email,
        is_email_locked=bool(values.email),
        errors=errors,
        chosen=chosen,
        told=replace(typed.told, origin=replace(origin, signed=signed)),
    )


def with_errors(typed: Typed, link: PaymentLink) -> Typed:
    """With all that is wrong with the answers, so that the payer mends everything at once."""
    asking = link.terms.asking
    if asking is None:
        return typed
    country = country_said(link.terms.pricing, typed.chosen.choices)
    read = read_typed(asking, typed.told.typed, country)
    missing = who_errors(asking, typed.email, typed.name)
    errors = {error.param: error.message for error in (*missing, *read.errors)}
    # A card number does not belong here: it is not even shown again.
    told = replace(typed.told, typed=without_cards(typed.told.typed, read.errors, REMOVE_IT))
    return replace(typed, told=told, errors={**errors, **typed.errors})


def _answers(filled: Mapping[str, str], link: PaymentLink) -> dict[str, str]:
    if link.terms.asking is None:
        return {}
    found: dict[str, str] = {}
    for each in questions_of(link.terms.asking):
        is_own = each in link.terms.asking.questions
        text = filled.get(f"{_CUSTOM}{each.key}" if is_own else each.key.replace(".", "_"), "")
        if each.kind is Kind.CHECKBOX:
            text = YES if text in _TICKED else ""
        if text:
            found[each.key] = text
    return found


def _chosen(filled: Mapping[str, str], link: PaymentLink) -> Chosen:
    """An open amount and the code of a coupon. What cannot be read is left out."""
    form = {"amount": filled.get("amount", ""), "code": filled.get("promo_code", "")}
    sent = {name: text for name, text in form.items() if text}
    found = read_choices(Form(sent), link.terms.amount.currency)
    pricing = link.terms.pricing
    if found.errors or pricing is None:
        return Chosen()
    try:
        link.terms.quote(replace(found.choices, code=""))
    except FieldInvalid:
        return Chosen()
    return found
