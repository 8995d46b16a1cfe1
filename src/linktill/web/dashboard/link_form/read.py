"""Reads what a person typed into the form of a link, and says beside which field something is to be mended.

Days are days in UTC: a link opens when its first day begins and closes when its last day ends.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.link_filing import NOT_FILED, Filing, checked_note, checked_tags
from linktill.core.link_terms import PAYMENTS_MAX, LinkFields, checked_terms, fields_of
from linktill.core.money import decimal_text, parse_decimal
from linktill.core.payment_link import LinkTerms
from linktill.core.slug import checked_slug
from linktill.flows.offers import TermsCheck
from linktill.web.dashboard.days import day_text, moment_of_day, read_day
from linktill.web.dashboard.link_form.asking import asking_values, read_asking, values_of_asking
from linktill.web.dashboard.link_form.languages import (
    field_of_language,
    language_values,
    values_of_languages,
)
from linktill.web.dashboard.link_form.pricing import MORE, pricing_values, read_pricing, values_of_pricing
from linktill.web.dashboard.link_form.view import LinkValues
from linktill.web.form import Form, whole_number

TICKED: Final = "gateway_"
"""Begins the names of the fields that tick gateways."""
NAMES: Final = tuple(
    name for name in LinkValues.__dataclass_fields__ if name not in {"pricing", "asking", "languages"}
)
WAYS: Final = frozenset({"all", "only", "but"})
_KEPT_CHARS: Final = 4_000

_FIELD: Final[Mapping[str, str]] = MappingProxyType(
    {
        "amount_minor": "amount",
        "starts_at": "starts_on",
        "due_at": "due_on",
        "expires_at": "expires_on",
        "allowed_gateways": "ways",
        "denied_gateways": "ways",
        "capture_method": "capture",
    }
)
"""Names of core → names of the form."""
_WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "payments_max": f"Write a number from 1 to {PAYMENTS_MAX:,}.",
        "redirect_url": "Write an address that starts with https://.",
        "currency": "Choose a currency.",
    }
)
"""Where core speaks to programs, the words for people."""


@dataclass(frozen=True, slots=True)
class ReadForm:
    """What was typed, as typed; `edit` makes the fields of it, on top of the terms that the link has now."""

    values: LinkValues
    edit: Callable[[LinkTerms | None], LinkFields]
    filing: Filing
    errors: Mapping[str, str]


def values_of(form: Form, currency: str) -> LinkValues:
    """The form as it was sent; a field that is missing is as in an empty form."""
    empty = LinkValues(currency=currency)
    given = {name: form.text(name)[:_KEPT_CHARS] for name in NAMES if name in form.fields}
    if "ways" in given:
        ticked = [name.removeprefix(TICKED) for name in form.fields if name.startswith(TICKED)]
        given["gateways"] = " ".join(ticked)[:_KEPT_CHARS]
    return replace(
        empty,
        **given,
        pricing=pricing_values(form),
        asking=asking_values(form, MORE),
        languages=language_values(form, MORE),
    )


def values_of_terms(terms: LinkTerms, filing: Filing) -> LinkValues:
    """The form for a link as it is now."""
    limit = terms.payments_max
    return LinkValues(
        description=terms.description,
        amount=decimal_text(terms.amount) if _has_price(terms) else "",
        currency=terms.amount.currency,
        note=terms.note,
        use="unlimited" if limit is None else "once" if limit == 1 else "limited",
        payments_max="" if limit is None or limit == 1 else str(limit),
        due_on=day_text(terms.due_at),
        starts_on=day_text(terms.starts_at),
        expires_on=day_text(terms.expires_at),
        redirect_url=terms.redirect_url or "",
        closed_message=terms.closed_message,
        reference=terms.reference,
        tags=", ".join(filing.tags),
        internal_note=filing.internal_note,
        takes_requests="yes" if filing.takes_requests else "no",
        ways="only" if terms.allowed_gateways else "but" if terms.denied_gateways else "all",
        gateways=" ".join(terms.allowed_gateways or terms.denied_gateways),
        capture=terms.capture_method.value,
        pricing=values_of_pricing(terms.pricing, terms.amount.currency),
        asking=values_of_asking(terms.asking),
        languages=values_of_languages(terms.locale, terms.translations),
    )


def _has_price(terms: LinkTerms) -> bool:
    """Did somebody set it? That of items follows from them, and an open amount may have none."""
    return terms.amount.minor > 0 and not (terms.pricing is not None and terms.pricing.items)


def read_link_form(
    values: LinkValues,
    *,
    now: int,
    before: LinkTerms | None = None,
    takes: TermsCheck | None = None,
    base: LinkTerms | None = None,
) -> ReadForm:
    """Checks everything at once. `before`: the terms that are being edited. `takes`: what the gateways have against them.
    `base`: of a new link, the terms that what the form does not show is taken from.
    """
    errors: dict[str, str] = {}

    start = before or base
    priced = read_pricing(values.pricing, values.currency, None if start is None else start.pricing)
    asked = read_asking(values.asking, None if start is None else start.asking)
    errors.update({**priced.errors, **asked.errors})

    def keep(field: str, error: FieldInvalid) -> None:
        named = priced.field_of(field) or asked.field_of(field) or field_of_language(field)
        named = named or _FIELD.get(field, field)
        errors.setdefault(named, _WORDS.get(field, str(error)))

    amount_minor = _amount(values, keep)
    payments_max = _payments_max(values, errors)
    names = _gateways(values, errors)
    days = {
        name: read_day(getattr(values, name), name, errors) for name in ("starts_on", "due_on", "expires_on")
    }

    def edit(terms: LinkTerms | None) -> LinkFields:
        base = LinkFields(1, values.currency, "") if terms is None else fields_of(terms)
        return replace(
            base,
            amount_minor=amount_minor,
            currency=values.currency,
            description=values.description,
            note=values.note,
            reference=values.reference,
            payments_max=payments_max,
            starts_at=moment_of_day(days["starts_on"], base.starts_at, ends=False),
            due_at=moment_of_day(days["due_on"], base.due_at, ends=True),
            expires_at=moment_of_day(days["expires_on"], base.expires_at, ends=True),
            redirect_url=values.redirect_url.strip() or None,
            closed_message=values.closed_message,
            allowed_gateways=names if values.ways == "only" else (),
            denied_gateways=names if values.ways == "but" else (),
            pricing=priced.pricing,
            asking=asked.asking,
            capture_method=values.capture,
            locale=values.languages.locale,
            translations=values.languages.translations(),
        )

    for error in _refused(
        values, before, lambda: checked_terms(edit(start), now=now, before=before, takes=takes)
    ):
        keep(error.param, FieldInvalid(error.param, error.message))
    filing = read_filing(values.tags, values.internal_note, errors)
    filing = replace(filing, takes_requests=values.takes_requests != "no")
    if "expires_on" in errors and days["expires_on"] is not None:
        errors["expires_on"] = _expiry_words(days)
    return ReadForm(values, edit, filing, errors)


def _gateways(values: LinkValues, errors: dict[str, str]) -> tuple[str, ...]:
    names = tuple(values.gateways.split())
    if values.ways not in WAYS:
        errors["ways"] = "Choose how it can be paid."
    elif values.ways != "all" and not names:
        errors["ways"] = "Tick at least one gateway."
    return names


def _refused(
    values: LinkValues, before: LinkTerms | None, check: Callable[[], LinkTerms]
) -> Iterator[FieldError]:
    """What core has against a new link's address, and against the terms."""
    if before is None and values.slug.strip():
        try:
            checked_slug(values.slug)
        except FieldInvalid as invalid:
            yield FieldError("slug", str(invalid))
    try:
        check()
    except FieldsInvalid as invalid:
        yield from invalid.errors


def read_filing(tags: str, internal_note: str, errors: dict[str, str]) -> Filing:
    """Tags with commas between, and the note; what is wrong is said in `errors`."""
    found = NOT_FILED
    try:
        found = replace(found, tags=checked_tags([tag for tag in tags.split(",") if tag.strip()]))
    except FieldInvalid as invalid:
        errors["tags"] = str(invalid)
    try:
        return replace(found, internal_note=checked_note(internal_note))
    except FieldInvalid as invalid:
        errors["internal_note"] = str(invalid)
    return found


def _amount(values: LinkValues, keep: Callable[[str, FieldInvalid], None]) -> int:
    kind = values.pricing.price_kind
    if kind == "items":
        # Items that are missing are said once, and not of the amount, too.
        return 1
    if kind == "open" and not values.amount.strip():
        return 0
    try:
        return parse_decimal(values.amount, values.currency).minor
    except FieldInvalid as invalid:
        keep(invalid.param or "amount", invalid)
        return 1


def _expiry_words(days: Mapping[str, date | None]) -> str:
    first, last = days["starts_on"], days["expires_on"]
    if first is not None and last is not None and last < first:
        return "The last day is before the day on which the link opens."
    return "This day is over. Choose a day to come, or none."


def _payments_max(values: LinkValues, errors: dict[str, str]) -> int | None:
    match values.use:
        case "once":
            return 1
        case "unlimited":
            return None
        case "limited":
            number = whole_number(values.payments_max.strip())
            if number is None or not 1 <= number <= PAYMENTS_MAX:
                errors["payments_max"] = _WORDS["payments_max"]
                return 1
            return number
        case _:
            errors["use"] = "Choose how often it can be paid."
            return 1
