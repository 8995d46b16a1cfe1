"""Reads the form by which a person says that money came."""

from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from linktill.core.errors import FieldInvalid
from linktill.core.money import Money, decimal_text, parse_decimal
from linktill.core.receipt import NOTE_MAX, Way
from linktill.flows.record_money import MoneyCame, Said, money_came
from linktill.flows.representations import microseconds_of, time_of
from linktill.flows.services import Services
from linktill.web.dashboard.money.view import MoneyForm
from linktill.web.form import Form


def fresh_form(
    services: Services, action: str, due: Money, *, seen_minor: int, submit_token: str, way: Way
) -> MoneyForm:
    """The form as a page shows it: all that is missing, today."""
    return MoneyForm(
        action=action,
        submit_token=submit_token,
        seen_minor=seen_minor,
        currency=due.currency,
        amount=decimal_text(due) if due.minor else "",
        way=way.value,
        received_on=time_of(services.clock.now_us()).date().isoformat(),
    )


def typed_form(form: Form, before: MoneyForm, errors: Mapping[str, str]) -> MoneyForm:
    """The form as it was sent, with what is to be mended. It keeps what was seen when it was first shown."""
    return MoneyForm(
        action=before.action,
        submit_token=form.text("submit_token") or before.submit_token,
        seen_minor=form.whole("seen_minor") or 0,
        currency=before.currency,
        amount=form.text("amount")[:40],
        way=form.text("way"),
        received_on=form.text("received_on")[:40],
        note=form.text("note")[:NOTE_MAX],
        errors=errors,
    )


def read_money(
    services: Services, form: Form, currency: str, *, by: str
) -> tuple[MoneyCame | None, Mapping[str, str]]:
    """What it says, or None and what is to be mended by field."""
    errors: dict[str, str] = {}
    amount_minor = 0
    try:
        amount_minor = parse_decimal(form.text("amount"), currency).minor
    except FieldInvalid as invalid:
        errors["amount"] = str(invalid)
    seen_minor = form.whole("seen_minor")
    if seen_minor is None or not form.text("submit_token"):
        errors["amount"] = "This form was not complete. Press the button again."
    came = None
    if not errors:
        try:
            said = Said(
                form.text("way"), amount_minor, form.text("received_on"), form.text("note"), seen_minor
            )
            came = money_came(services, said, by=by)
        except FieldInvalid as invalid:
            errors["amount" if invalid.param == "amount_minor" else invalid.param or "amount"] = str(invalid)
    return came, errors


def noon_of(day: str) -> int:
    """A stored day as a time that every page shows as that day."""
    return microseconds_of(datetime.combine(date.fromisoformat(day), time(12), UTC))
