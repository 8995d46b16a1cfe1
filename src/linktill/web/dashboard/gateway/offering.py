"""The form that says for which currencies and amounts an account is offered: a row for each rule, and two to add more."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from linktill.core.errors import FieldInvalid
from linktill.core.money import Money, decimal_text, parse_decimal
from linktill.core.offering import RULES_MAX, Offering, OfferRule
from linktill.storage.gateway_settings import offering_of
from linktill.web.form import Form

_SPARE: Final = 2
_TEXT_MAX: Final = 40


@dataclass(frozen=True, slots=True)
class RuleRow:
    """One rule as typed: a currency, and decimal digits or nothing. Its fields are `currency_1`, `from_1`, `to_1` and so on."""

    currency: str = ""
    lowest: str = ""
    highest: str = ""


@dataclass(frozen=True, slots=True)
class OfferingForm:
    """Posts its rows and `others` (`yes` or `no`) to `…/offering`."""

    rows: tuple[RuleRow, ...]
    has_others: bool


def form_of(text: str) -> OfferingForm:
    """The form for what is stored."""
    offering = offering_of(text)
    return _with_spare([_row(rule) for rule in offering.rules], has_others=offering.has_others)


def typed_form(form: Form) -> OfferingForm:
    """The form as it was sent."""
    rows = [
        RuleRow(*(form.text(f"{name}_{at}").strip()[:_TEXT_MAX] for name in ("currency", "from", "to")))
        for at in range(1, RULES_MAX + 1)
        if f"currency_{at}" in form.fields
    ]
    filled = [row for row in rows if row != RuleRow()]
    return _with_spare(filled, has_others=form.text("others") != "no")


def read_offering(typed: OfferingForm) -> Offering:
    """What the form asks for, not checked as a whole yet. Raises FieldInvalid."""
    rules = tuple(
        OfferRule(row.currency, _limit(row, row.lowest), _limit(row, row.highest))
        for row in (_in_capitals(row) for row in typed.rows)
        if row != RuleRow()
    )
    return Offering(rules, typed.has_others)


def _in_capitals(row: RuleRow) -> RuleRow:
    return RuleRow(row.currency.upper(), row.lowest, row.highest)


def _limit(row: RuleRow, text: str) -> int | None:
    if not row.currency:
        raise FieldInvalid("rules", "Name the currency of each rule, such as EUR.")
    if not text:
        return None
    try:
        return parse_decimal(text, row.currency).minor
    except FieldInvalid as invalid:
        raise FieldInvalid("rules", f"{row.currency}: {invalid}") from invalid


def _row(rule: OfferRule) -> RuleRow:
    lowest, highest = (
        "" if minor is None else decimal_text(Money(minor, rule.currency))
        for minor in (rule.minimum_minor, rule.maximum_minor)
    )
    return RuleRow(rule.currency, lowest, highest)


def _with_spare(rows: Sequence[RuleRow], *, has_others: bool) -> OfferingForm:
    spare = min(_SPARE, RULES_MAX - len(rows))
    return OfferingForm((*rows, *(RuleRow() for _ in range(spare))), has_others)
