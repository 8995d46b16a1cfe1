"""What a payer told when they pressed Pay: checked against what the link asked in the version that they saw."""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Final

from linktill.core.answers import (
    NOTHING_GIVEN,
    NOTHING_TYPED,
    ConsentGiven,
    Given,
    Read,
    Typed,
    read_answers,
    typed_again,
)
from linktill.core.asking import Asking, Consent, Standard
from linktill.core.destination import filled_country
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.origin import Origin
from linktill.core.payment_link import PaymentLink
from linktill.core.pricing import Choices, Pricing
from linktill.core.sentence import sentence
from linktill.flows.set_up import checked_email


@dataclass(frozen=True, slots=True)
class Told:
    """As it came: what was typed, and what came with the link's address."""

    typed: Typed = NOTHING_TYPED
    origin: Origin = field(default_factory=Origin)


NOTHING_TOLD: Final = Told()


def checked_given(
    link: PaymentLink,
    told: Told,
    payer_email: str | None,
    payer_name: str | None,
    *,
    country: str | None,
    now: int,
) -> Given:
    """What is kept of it. `country`: of `country_said`.

    Raises FieldsInvalid naming `answers.KEY`, `consents.KEY`, `email` and `name`.
    """
    asking = link.terms.asking
    if asking is None:
        return NOTHING_GIVEN if told.origin.is_empty else Given(origin=told.origin)
    read = read_typed(asking, told.typed, country)
    errors = (*who_errors(asking, payer_email, payer_name), *read.errors)
    if errors:
        raise FieldsInvalid(errors)
    consents = tuple(_proof(consent, is_given=is_given, now=now) for consent, is_given in read.consents)
    return Given(read.answers, consents, told.origin)


def read_typed(asking: Asking, typed: Typed, country: str | None) -> Read:
    """What was typed, and what is wrong with it. `country`: of `country_said`."""
    return read_answers(asking, typed, check_email=_email, country=country)


def country_said(pricing: Pricing | None, choices: Choices) -> str | None:
    """Where the payer is, where taxes or shipping depend on it: then no address asks for it again. None: they do not."""
    if pricing is None or not pricing.asks_country:
        return None
    return choices.country or filled_country(pricing)


def told_again(given: Given, *, is_same_version: bool) -> Told:
    """What was told with an earlier try, as if it were told now. Nobody has agreed to words that they have not seen yet."""
    typed = typed_again(given)
    return Told(typed if is_same_version else replace(typed, consents=frozenset()), given.origin)


def who_errors(asking: Asking, payer_email: str | None, payer_name: str | None) -> tuple[FieldError, ...]:
    """What is missing of who the payer is."""
    found: list[FieldError] = []
    if asking.requires(Standard.EMAIL) and not payer_email:
        found.append(FieldError("email", sentence("Write your e-mail address.")))
    if asking.requires(Standard.NAME) and not payer_name:
        found.append(FieldError("name", sentence("Write your name.")))
    return tuple(found)


def _email(text: str) -> str:
    kept, error = checked_email("email", text)
    if error is not None:
        raise FieldInvalid("email", error.message)
    return kept


def _proof(consent: Consent, *, is_given: bool, now: int) -> ConsentGiven:
    return ConsentGiven(
        consent.key,
        consent.text,
        consent.url,
        consent.version,
        consent.language,
        is_given,
        sha256(consent.text.encode()).hexdigest(),
        now,
    )
