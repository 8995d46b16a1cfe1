"""Numbers of a link's form: read, or an error beside the field and something harmless in their place."""

from linktill.core.errors import FieldInvalid
from linktill.core.money import parse_decimal
from linktill.core.pricing import QUANTITY_MAX
from linktill.core.pricing_terms import parse_percent
from linktill.web.form import whole_number


def money_minor(
    text: str, field: str, currency: str, errors: dict[str, str], *, may_be_zero: bool = False
) -> int:
    try:
        return parse_decimal(text, currency, may_be_zero=may_be_zero).minor
    except FieldInvalid as invalid:
        errors.setdefault(field, str(invalid))
        return 1


def number(text: str, field: str, errors: dict[str, str], *, least: int = 1, most: int = QUANTITY_MAX) -> int:
    if not text.strip():
        return least
    number = whole_number(text.strip())
    if number is None or not least <= number <= most:
        errors.setdefault(field, f"Write a number from {least} to {most:,}.")
        return least
    return number


def money_or_none(text: str, field: str, currency: str, errors: dict[str, str]) -> int | None:
    return money_minor(text, field, currency, errors) if text.strip() else None


def least_minor(text: str, field: str, currency: str, errors: dict[str, str]) -> int:
    return money_or_none(text, field, currency, errors) or 1


def percent_ppm(text: str, field: str, errors: dict[str, str]) -> int:
    try:
        return parse_percent(text.strip().removesuffix("%"), field)
    except FieldInvalid as invalid:
        errors.setdefault(field, str(invalid))
        return 1
