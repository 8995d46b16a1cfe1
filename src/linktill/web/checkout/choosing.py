"""Links with more than a price, on the payer's page: what is read from the form, what is asked, and the bill beside it."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import Final

from linktill.core.bill import Bill, bill_of
from linktill.core.computation import Computation
from linktill.core.destination import cost, countries_served, filled_country, on_the_way, rates_to
from linktill.core.errors import FieldInvalid
from linktill.core.money import AMOUNT_MAX_MINOR, Money, decimal_text, parse_decimal
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import AS_FILLED, Choices, Item, OpenAmount, Parts, Pricing, Tips
from linktill.core.pricing_terms import ITEMS_MAX
from linktill.core.sentence import at_least, at_most, from_to, sentence
from linktill.core.stock import fitting, left, shortage
from linktill.core.tax_id import TAX_ID_MAX
from linktill.web.checkout.choices import (
    AmountChoice,
    Choosing,
    ItemChoice,
    PartChoice,
    SendingChoice,
    SuggestedAmount,
    TipChoice,
    TipRate,
    VariantChoice,
    WayChoice,
)
from linktill.web.form import Form, whole_number

OTHER: Final = "other"
_TYPED_MAX: Final = 20
_TYPED_MORE: Final[Mapping[str, int]] = MappingProxyType({"code": 80, "tax_id": TAX_ID_MAX})
_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {"amount_minor": "amount", "tip_minor": "tip_amount", "tip_percent": "tip", "part_minor": "part_amount"}
)
"""Names of core → names of the form."""
_OWN: Final = frozenset(
    {
        *(
            "amount",
            "amount_choice",
            "tip",
            "tip_amount",
            "tip_minor",
            "part",
            "part_amount",
            "part_minor",
            "code",
        ),
        *("country", "shipping", "tax_id"),
    }
)
NOTHING_TAKEN: Final[Mapping[str, int]] = MappingProxyType({})
NOTHING_REFUSED: Final[Mapping[str, str]] = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class Chosen:
    """What came with the form: read, as typed, and what is wrong with it (field → a whole sentence)."""

    choices: Choices = AS_FILLED
    typed: Mapping[str, str] = field(default_factory=dict[str, str])
    errors: Mapping[str, str] = field(default_factory=dict[str, str])
    is_amount_locked: bool = False
    """Has the merchant signed an open amount? Then it is not asked for."""


NOTHING_CHOSEN: Final = Chosen()


@dataclass(frozen=True, slots=True)
class Priced:
    """What a payer is asked who has chosen so, what it comes to, and what is wrong with it."""

    amount: Money
    choosing: Choosing | None = None
    bill: Bill | None = None
    errors: Mapping[str, str] = field(default_factory=dict[str, str])


def priced(
    terms: LinkTerms,
    chosen: Chosen = NOTHING_CHOSEN,
    *,
    before_minor: int = 0,
    taken: Mapping[str, int] = NOTHING_TAKEN,
    refused: Mapping[str, str] = NOTHING_REFUSED,
) -> Priced:
    """Of terms that hold. `before_minor`: what is paid or being paid already. `taken`: so much of the stock, by its key.
    `refused`: why the code that was entered does not count; then it is left out.
    """
    if terms.pricing is None:
        return Priced(terms.amount)
    chosen = replace(chosen, choices=on_the_way(terms.pricing, chosen.choices))
    if taken:
        chosen = replace(chosen, choices=fitting(terms.pricing, chosen.choices, taken))
    if refused:
        chosen = replace(chosen, choices=replace(chosen.choices, code=""))
    computation, errors = _computed(terms, chosen, before_minor)
    short = shortage(terms.pricing, chosen.choices, taken) if taken and not errors else None
    if short is not None:
        errors = {field_of(short): short.message}
    return Priced(
        computation.charged,
        _choosing(terms, terms.pricing, chosen, computation, before_minor=before_minor, taken=taken),
        bill_of(computation),
        {**errors, **refused},
    )


def read_choices(form: Form, currency: str) -> Chosen:
    """What the payer chose. A link without choices sends nothing of it."""
    names = [name for name in form.fields if _is_ours(name)]
    if not names:
        return Chosen()
    errors: dict[str, str] = {}
    typed = {name: form.text(name)[: _TYPED_MORE.get(name, _TYPED_MAX)] for name in names}
    quantities = _places(form, "quantities", errors)
    variants = _places(form, "variants", errors)
    tip_ppm, tip_minor = _tip(form, currency, errors)
    choices = Choices(
        _amount(form, currency, errors),
        quantities,
        variants,
        tip_ppm,
        tip_minor,
        _part(form, currency, errors),
        typed.get("code", "").strip(),
        typed.get("country", ""),
        whole_number(typed.get("shipping", "")),
        typed.get("tax_id", "").strip(),
    )
    return Chosen(choices, typed, errors)


def field_of(invalid: FieldInvalid) -> str:
    """The form's field that the rules mean."""
    return _FIELD.get(invalid.param or "", invalid.param or "amount")


def _computed(terms: LinkTerms, chosen: Chosen, before_minor: int) -> tuple[Computation, Mapping[str, str]]:
    """What the choices come to, and what is wrong with them; then what a payer who changes nothing pays."""
    as_filled = terms.quote(before_minor=before_minor)
    if chosen.errors:
        return as_filled, chosen.errors
    try:
        return terms.quote(chosen.choices, before_minor=before_minor), {}
    except FieldInvalid as invalid:
        wrong = {field_of(invalid): _words(invalid, terms, before_minor)}
    # A tax id with a typing error is no reason to forget where the payer is.
    if "tax_id" in wrong:
        without = replace(chosen, choices=replace(chosen.choices, tax_id=""))
        return _computed(terms, without, before_minor)[0], wrong
    return as_filled, wrong


def _choosing(
    terms: LinkTerms,
    pricing: Pricing,
    chosen: Chosen,
    computation: Computation,
    *,
    before_minor: int,
    taken: Mapping[str, int],
) -> Choosing | None:
    """What the form asks; None: nothing."""
    opened = None if chosen.is_amount_locked else pricing.open_amount
    if not replace(pricing, open_amount=opened).asks:
        return None
    currency = terms.amount.currency
    bought = computation.subtotal_minor - sum(part.amount_minor for part in computation.discounts)
    return Choosing(
        tuple(_item(place, item, currency, chosen, taken) for place, item in enumerate(pricing.items)),
        None if opened is None else _open(opened, terms.amount, chosen),
        None if pricing.tips is None else _tips(pricing.tips, chosen),
        None if pricing.parts is None else _part_choice(terms, pricing.parts, chosen, before_minor),
        chosen.typed.get("code", "") if pricing.takes_codes else None,
        _sending(pricing, chosen, bought, currency) if pricing.asks_country else None,
    )


def hidden_fields(choices: Choices) -> tuple[tuple[str, str], ...]:
    """The same choices for a form that does not ask again."""
    fields = [
        *((f"quantities.{place}", number) for place, number in enumerate(choices.quantities)),
        *((f"variants.{place}", number) for place, number in enumerate(choices.variants)),
        ("amount_choice", choices.amount_minor),
        ("tip", choices.tip_ppm or None),
        ("tip_minor", choices.tip_minor or None),
        ("part_minor", choices.part_minor),
        ("code", choices.code or None),
        ("country", choices.country or None),
        ("shipping", choices.shipping),
        ("tax_id", choices.tax_id or None),
    ]
    return tuple((name, str(value)) for name, value in fields if value is not None)


def typed_again(choices: Choices, currency: str) -> Chosen:
    """Choices that were made before, as if they were typed."""
    typed = dict(hidden_fields(choices))
    if choices.amount_minor is not None:
        typed["amount"] = decimal_text(Money(choices.amount_minor, currency))
    if choices.tip_minor:
        typed |= {"tip": OTHER, "tip_amount": decimal_text(Money(choices.tip_minor, currency))}
    if choices.part_minor is not None:
        typed |= {"part": OTHER, "part_amount": decimal_text(Money(choices.part_minor, currency))}
    return Chosen(choices, typed)


def _is_ours(name: str) -> bool:
    kind, _, place = name.partition(".")
    if kind in {"quantities", "variants"}:
        number = whole_number(place)
        return number is not None and number < ITEMS_MAX and str(number) == place
    return name in _OWN


def _places(form: Form, kind: str, errors: dict[str, str]) -> tuple[int | None, ...]:
    found: list[int | None] = []
    for place in range(ITEMS_MAX):
        text = form.text(f"{kind}.{place}").strip()
        number = whole_number(text)
        if text and number is None:
            errors[f"{kind}.{place}"] = sentence("Write a whole number.")
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


def _part(form: Form, currency: str, errors: dict[str, str]) -> int | None:
    kept = whole_number(form.text("part_minor"))
    if kept is not None:
        return kept
    if form.text("part") != OTHER:
        return None
    found = _money(form, "part_amount", currency, errors)
    if found is None:
        errors.setdefault("part_amount", sentence("Say how much you want to pay now."))
    return found


def _money(form: Form, name: str, currency: str, errors: dict[str, str]) -> int | None:
    text = form.text(name).strip()
    if not text:
        return None
    try:
        return parse_decimal(text, currency, param=name).minor
    except FieldInvalid as invalid:
        errors[name] = invalid.message
        return None


def _words(invalid: FieldInvalid, terms: LinkTerms, before_minor: int) -> str:
    """Where core speaks to programs, the words for people."""
    parts = None if terms.pricing is None else terms.pricing.parts
    if invalid.param == "part_minor" and parts is not None:
        return _part_hint(parts, terms.due, before_minor)
    opened = None if terms.pricing is None else terms.pricing.open_amount
    if invalid.param == "amount_minor" and opened is not None:
        return _hint(opened, terms.amount.currency) or invalid.message
    return invalid.message


def _item(place: int, item: Item, currency: str, chosen: Chosen, taken: Mapping[str, int]) -> ItemChoice:
    filled = 0 if item.is_optional else item.quantity
    typed = chosen.choices.variants[place] if place < len(chosen.choices.variants) else None
    variant = typed or 0
    there = left(item, taken)
    most = item.quantity_max if there is None else min(there, item.quantity_max)
    return ItemChoice(
        place,
        item.name,
        Money(item.unit_minor, currency),
        tuple(
            VariantChoice(at, each.name, Money(each.unit_minor, currency), at == variant, left(each, taken))
            for at, each in enumerate(item.variants)
        ),
        chosen.typed.get(f"quantities.{place}", str(min(filled, most) if there else filled)),
        0 if item.is_optional else item.quantity_min,
        max(most, item.quantity_min),
        item.quantity_max > item.quantity_min,
        item.is_optional,
        there,
    )


def _part_choice(terms: LinkTerms, parts: Parts, chosen: Chosen, before_minor: int) -> PartChoice:
    due = terms.due
    return PartChoice(
        Money(max(0, due.minor - before_minor), due.currency),
        chosen.typed.get("part_amount", ""),
        chosen.typed.get("part") == OTHER,
        _part_hint(parts, due, before_minor),
    )


def _part_hint(parts: Parts, due: Money, before_minor: int) -> str:
    rest = max(0, due.minor - before_minor)
    least = parts.least_minor if before_minor else max(parts.first_minor, parts.least_minor)
    most = Money(rest, due.currency)
    if least >= rest:
        return sentence("%(amount)s is left, and is paid at once.", amount=most)
    words = at_most(most) if least == 1 else from_to(Money(least, due.currency), most)
    if parts.least_minor == 1:
        return words
    kept = Money(parts.least_minor, due.currency)
    return sentence("%(bounds)s What you leave is at least %(least)s, or nothing.", bounds=words, least=kept)


def _sending(pricing: Pricing, chosen: Chosen, bought_minor: int, currency: str) -> SendingChoice:
    served = countries_served(pricing)
    country = chosen.choices.country if chosen.choices.country in served else filled_country(pricing)
    there = rates_to(pricing, country)
    way = there[0][0] if there and chosen.choices.shipping is None else chosen.choices.shipping
    return SendingChoice(
        served,
        country,
        tuple(
            WayChoice(place, rate.name, Money(cost(rate, bought_minor), currency), place == way)
            for place, rate in there
        ),
        bool(pricing.shipping),
        chosen.typed.get("tax_id", "") if pricing.takes_tax_ids else None,
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
    least = Money(rule.minimum_minor, currency) if rule.minimum_minor > 1 else None
    most = Money(rule.maximum_minor, currency) if rule.maximum_minor < AMOUNT_MAX_MINOR else None
    if least is not None and most is not None:
        return from_to(least, most)
    return at_least(least) if least is not None else at_most(most) if most is not None else ""


def _tips(tips: Tips, chosen: Chosen) -> TipChoice:
    sent = chosen.typed.get("tip", "")
    ppm = whole_number(sent) or 0
    rates = tuple(TipRate(each, each == ppm) for each in tips.suggested_ppm)
    is_rate = any(rate.is_chosen for rate in rates)
    return TipChoice(
        rates,
        tips.is_open,
        chosen.typed.get("tip_amount", ""),
        "rate" if is_rate else "other" if sent == OTHER and tips.is_open else "none",
    )
