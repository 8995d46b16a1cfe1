"""The payer's form: what it starts with, and what it was sent with."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from linktill.core.currencies import EXPONENTS
from linktill.core.errors import FieldInvalid
from linktill.core.link_terms import clean_text
from linktill.core.money import Money
from linktill.core.origin import origin_of
from linktill.core.payers_language import NO_WISH, Wish
from linktill.core.sentence import sentence
from linktill.flows.answers_given import NOTHING_TOLD, Told
from linktill.flows.set_up import checked_email
from linktill.flows.start_payment import PayForm
from linktill.web.checkout.asking import read_typed
from linktill.web.checkout.choosing import NOTHING_CHOSEN, Chosen, read_choices
from linktill.web.form import Form, whole_number

PAYER_NAME_MAX: Final = 200
GATEWAY_MAX: Final = 40
PAY_IN: Final = "pay_in"
"""Sent by the buttons that change the currency."""
TOKEN: Final = re.compile(r"[0-9A-Za-z_.-]{16,100}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Seen:
    """The version of the link and the price that a payer was shown."""

    version: int
    amount: Money


@dataclass(frozen=True, slots=True)
class Typed:
    """What the payer's form starts with, or was sent with."""

    submit_token: str
    email: str = ""
    name: str = ""
    gateway: str = ""
    """The way to pay that was chosen."""
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    seen: Seen | None = None
    """None: the payer is shown the terms of now."""
    price_before: Money | None = None
    """The price that was shown first, where the payer has been asked to agree to another one."""
    chosen: Chosen = NOTHING_CHOSEN
    """Of a link that has more than a price."""
    told: Told = NOTHING_TOLD
    """Answers to what the link asks, and what came with its address."""
    is_email_locked: bool = False
    currency: str = ""
    """What the payer pays in; empty: the link's own, as far as they are concerned."""
    pays_in: str = ""
    """The currency whose button was pressed; empty: none was."""
    wish: Wish = NO_WISH
    """What is known of the language that they read."""


def read_sent(form: Form, fresh_token: str, wish: Wish) -> tuple[Typed, bool]:
    """What was typed, and whether the form came whole. `fresh_token`: for one that did not."""
    errors: dict[str, str] = {}
    email, name = form.text("email").strip(), form.text("name").strip()
    if email:
        kept, error = checked_email("email", email)
        if error is not None:
            errors["email"] = error.message
        email = kept or email[:254]
    try:
        name = clean_text(name, "name", max_length=PAYER_NAME_MAX)
    except FieldInvalid as invalid:
        # A card number does not belong here: it is not even shown again.
        errors["name"], name = invalid.message, ""
    seen = _seen(form)
    token = form.text("submit_token")
    is_whole = seen is not None and TOKEN.fullmatch(token) is not None
    price_before = money_of(*form.text("price_before").partition(" ")[::2])
    if price_before is not None and form.text("price_agreed") != "yes":
        errors["price_agreed"] = sentence("Tick the box if you agree to the new price.")
    typed = Typed(
        token if is_whole else fresh_token,
        email,
        name,
        form.text("gateway")[:GATEWAY_MAX],
        errors,
        seen,
        price_before,
        read_choices(form, "" if seen is None else seen.amount.currency),
        Told(read_typed(form), origin_of(form.fields)),
        currency="" if seen is None else seen.amount.currency,
        pays_in=form.text(PAY_IN)[:4],
        wish=wish,
    )
    return typed, is_whole


def ordered(typed: Typed) -> PayForm | None:
    """What the form asks for; None where something is to be mended first."""
    seen, chosen = typed.seen, typed.chosen
    if typed.errors or chosen.errors or seen is None:
        return None
    return PayForm(
        typed.submit_token,
        seen.version,
        seen.amount,
        typed.email or None,
        typed.name or None,
        typed.gateway or None,
        chosen.choices,
        typed.told,
        typed.wish,
    )


def _seen(form: Form) -> Seen | None:
    version = form.whole("version")
    amount = money_of(form.text("amount_minor"), form.text("currency"))
    return None if version is None or amount is None else Seen(version, amount)


def money_of(minor: str, currency: str) -> Money | None:
    """From two hidden fields; None: they were not ours."""
    number = whole_number(minor)
    return Money(number, currency) if number is not None and currency in EXPONENTS else None
