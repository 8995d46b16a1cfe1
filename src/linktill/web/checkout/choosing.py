"""Links with more than a price, on the payer's page: what is read from the form, what is asked, and the bill beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Final, Literal

from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text, parse_decimal
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import AS_FILLED, Choices, Computation, Item, OpenAmount, Tips
from linktill.core.pricing_terms import ITEMS_MAX, percent_text
from linktill.platform.language import format_money
from linktill.web.form import Form, whole_number

OTHER: Final = "other"
_TYPED_MAX: Final = 20
_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {"amount_minor": "amount", "tip_minor": "tip_amount", "tip_percent": "tip"}
)
"""Names of core → names of the form."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came with the form: read, as typed, and what is wrong with it (field → a whole sentence)."""

    choices: Choices = AS_FILLED
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


NOTHING_CHOSEN: Final = Chosen()


@dataclass(frozen=True, slots=True)
class VariantChoice:
    """A form of an item; `place` is sent."""

    place: int
    name: str
    unit: Money
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class ItemChoice:
    """An item. Sends `quantities.N` where `is_adjustable` or `is_optional`, and `variants.N` where there are any."""

    place: int
    name: str
    unit: Money
    variants: tuple[VariantChoice, ...]
    quantity: str
    """As typed; `0` and a box that is not ticked for an add-on that is left out."""
    quantity_min: int
    quantity_max: int
    is_adjustable: bool
    is_optional: bool


@dataclass(frozen=True, slots=True)
class SuggestedAmount:
    """An amount to choose; `minor` is sent as `amount_choice`."""

    minor: int
    amount: Money
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class AmountChoice:
    """The payer says how much: sends `amount`, and `amount_choice` where amounts are suggested."""

    text: str
    suggested: tuple[SuggestedAmount, ...]
    is_other: bool
    """Is it an amount of the payer's own?"""
    hint: str


@dataclass(frozen=True, slots=True)
class TipRate:
    """A tip to choose; `ppm` is sent as `tip`."""

    ppm: int
    percent: str
    is_chosen: bool


@dataclass(frozen=True, slots=True)
class TipChoice:
    """Sends `tip` (`0`, a rate or `other`) and `tip_amount`."""

    rates: tuple[TipRate, ...]
    is_open: bool
    text: str
    chosen: Literal["none", "rate", "other"]


@dataclass(frozen=True, slots=True)
class Choosing:
    """What the form asks, beside what every form asks."""

    items: tuple[ItemChoice, ...]
    amount: AmountChoice | None
    tip: TipChoice | None


def read_choices(form: Form, currency: str) -> Chosen:
    """What the payer chose. A link without choices sends nothing of it."""
    names = [name for name in form.fields if _is_ours(name)]
    if not names:
        return Chosen()
    errors: dict[str, str] = {}
    typed = {name: form.text(name)[:_TYPED_MAX] for name in names}
    quantities = _places(form, "quantities", errors)
    variants = _places(form, "variants", errors)
    tip_ppm, tip_minor = _tip(form, currency, errors)
    choices = Choices(_amount(form, currency, errors), quantities, variants, tip_ppm, tip_minor)
    return Chosen(choices, typed, errors)


def field_of(invalid: FieldInvalid) -> str:
    """The form's field that the rules mean."""
    return _FIELD.get(invalid.param or "", invalid.param or "amount")


def shown_choices(terms: LinkTerms, chosen: Chosen) -> tuple[Computation, Mapping[str, str]]:
    """What the payer's choices come to, and what is wrong with them; then what a payer who changes nothing pays."""
    if chosen.errors:
        return terms.quote(), chosen.errors
    try:
        return terms.quote(chosen.choices), {}
    except FieldInvalid as invalid:
        return terms.quote(), {field_of(invalid): _words(invalid, terms)}


def choosing_of(terms: LinkTerms, chosen: Chosen) -> Choosing | None:
    """What the form asks; None: nothing."""
    pricing = terms.pricing
    if pricing is None or not pricing.asks:
        return None
    currency = terms.amount.currency
    return Choosing(
        tuple(_item(place, item, currency, chosen) for place, item in enumerate(pricing.items)),
        None if pricing.open_amount is None else _open(pricing.open_amount, terms.amount, chosen),
        None if pricing.tips is None else _tips(pricing.tips, chosen),
    )


def hidden_fields(choices: Choices) -> tuple[tuple[str, str], ...]:
    """The same choices for a form that does not ask again."""
    fields = [
        *((f"quantities.{place}", number) for place, number in enumerate(choices.quantities)),
        *((f"variants.{place}", number) for place, number in enumerate(choices.variants)),
        ("amount_choice", choices.amount_minor),
        ("tip", choices.tip_ppm or None),
        ("tip_minor", choices.tip_minor or None),
    ]
    return tuple((name, str(value)) for name, value in fields if value is not None)


def typed_again(choices: Choices, currency: str) -> Chosen:
    """Choices that were made before, as if they were typed."""
    typed = dict(hidden_fields(choices))
    if choices.amount_minor is not None:
        typed["amount"] = decimal_text(Money(choices.amount_minor, currency))
    if choices.tip_minor:
        typed |= {"tip": OTHER, "tip_amount": decimal_text(Money(choices.tip_minor, currency))}
    return Chosen(choices, typed)


def _is_ours(name: str) -> bool:
    kind, _, place = name.partition(".")
    if kind in {"quantities", "variants"}:
        number = whole_number(place)
        return number is not None and number < ITEMS_MAX and str(number) == place
    return name in {"amount", "amount_choice", "tip", "tip_amount", "tip_minor"}


def _places(form: Form, kind: str, errors: dict[str, str]) -> tuple[int | None, ...]:
    found: list[int | None] = []
    for place in range(ITEMS_MAX):
        text = form.text(f"{kind}.{place}").strip()
        number = whole_number(text)
        if text and number is None:
            errors[f"{kind}.{place}"] = "Write a whole number."
        found.append(number)
    while found and found[-1] is None:
        found.pop()
    return tuple(found)


def _amount(form: Form, currency: str, errors: dict[str, str]) -> int | None:
    suggested = whole_number(form.text("amount_choice"))
    if suggested is not None:
        return suggested
    return _money(form, "amount", currency, errors)


def _tip(form: Form, currency: str, errors: dict[str, str]) -> tuple[int, int]:
    kept = whole_number(form.text("tip_minor"))
    if kept is not None:
        return 0, kept
    tip = form.text("tip")
    if tip == OTHER:
        return 0, _money(form, "tip_amount", currency, errors) or 0
    return whole_number(tip) or 0, 0


def _money(form: Form, name: str, currency: str, errors: dict[str, str]) -> int | None:
    text = form.text(name).strip()
    if not text:
        return None
    try:
        return parse_decimal(text, currency, param=name).minor
    except FieldInvalid as invalid:
        errors[name] = str(invalid)
        return None


def _words(invalid: FieldInvalid, terms: LinkTerms) -> str:
    """Where core speaks to programs, the words for people."""
    opened = None if terms.pricing is None else terms.pricing.open_amount
    if invalid.param == "amount_minor" and opened is not None:
        return _hint(opened, terms.amount.currency) or str(invalid)
    return str(invalid)


def _item(place: int, item: Item, currency: str, chosen: Chosen) -> ItemChoice:
    filled = 0 if item.is_optional else item.quantity
    variant = whole_number(chosen.typed.get(f"variants.{place}", "")) or 0
    return ItemChoice(
        place,
        item.name,
        Money(item.unit_minor, currency),
        tuple(
            VariantChoice(at, each.name, Money(each.unit_minor, currency), at == variant)
            for at, each in enumerate(item.variants)
        ),
        chosen.typed.get(f"quantities.{place}", str(filled)),
        0 if item.is_optional else item.quantity_min,
        item.quantity_max,
        item.quantity_max > item.quantity_min,
        item.is_optional,
    )


def _open(rule: OpenAmount, filled: Money, chosen: Chosen) -> AmountChoice:
    sent = chosen.typed.get("amount_choice", "")
    minor = whole_number(sent)
    if minor is None and sent != OTHER and "amount" not in chosen.typed and filled.minor:
        minor = filled.minor
    is_suggested = minor in rule.suggested_minor
    text = chosen.typed.get("amount", "")
    if not text and minor is not None and not is_suggested:
        text = decimal_text(Money(minor, filled.currency))
    return AmountChoice(
        text,
        tuple(
            SuggestedAmount(each, Money(each, filled.currency), each == minor)
            for each in rule.suggested_minor
        ),
        not is_suggested,
        _hint(rule, filled.currency),
    )


def _hint(rule: OpenAmount, currency: str) -> str:
    least = format_money(Money(rule.minimum_minor, currency)) if rule.minimum_minor > 1 else ""
    most = format_money(Money(rule.maximum_minor, currency)) if rule.maximum_minor < AMOUNT_MAX_MINOR else ""
    if least and most:
        return f"From {least} to {most}."
    return f"At least {least}." if least else f"At most {most}." if most else ""


def _tips(tips: Tips, chosen: Chosen) -> TipChoice:
    sent = chosen.typed.get("tip", "")
    ppm = whole_number(sent) or 0
    rates = tuple(TipRate(each, percent_text(each), each == ppm) for each in tips.suggested_ppm)
    is_rate = any(rate.is_chosen for rate in rates)
    return TipChoice(
        rates,
        tips.is_open,
        chosen.typed.get("tip_amount", ""),
        "rate" if is_rate else "other" if sent == OTHER and tips.is_open else "none",
    )
