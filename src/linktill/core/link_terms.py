"""What a merchant may put into a link: every door (API, dashboard, command line) checks here, and nowhere else."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar
from urllib.parse import urlsplit

from linktill.core.asking import Asking, Standard, checked_asking
from linktill.core.capture import CaptureMethod
from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.currency_prices import checked_currencies
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.localization import Translation, checked_locale, checked_translations
from linktill.core.money import Money, check_amount, exponent
from linktill.core.payers_language import AUTO
from linktill.core.payment_link import LinkTerms
from linktill.core.pricing import Pricing
from linktill.core.pricing_terms import checked_pricing, key_errors, standing_amount
from linktill.core.sentence import Sentence, counted

T = TypeVar("T")

DESCRIPTION_MAX: Final = 500
NOTE_MAX: Final = 2_000
REFERENCE_MAX: Final = 200
CLOSED_MESSAGE_MAX: Final = 500
_LENGTHS: Final = {"description": DESCRIPTION_MAX, "note": NOTE_MAX, "closed_message": CLOSED_MESSAGE_MAX}
URL_MAX: Final = 2_000
PAYMENTS_MAX: Final = 1_000_000
METADATA_MAX: Final = 50
METADATA_KEY_MAX: Final = 40
METADATA_VALUE_MAX: Final = 500
GATEWAYS_MAX: Final = 20
GATEWAY_NAME_MAX: Final = 40
TIME_MAX: Final = 4_102_444_800_000_000
"""The end of the year 2099, in microseconds UTC."""

_GATEWAY: Final = re.compile(rf"[a-z][a-z0-9_]{{0,{GATEWAY_NAME_MAX - 1}}}", re.ASCII)
_BLANK: Final = frozenset("\u115f\u1160\u2800\u3164\uffa0")
"""Letters and signs without a shape."""
_BIDI: Final = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200e\u200f\u061c")


@dataclass(frozen=True, slots=True)
class LinkFields:
    """Terms as somebody sent them: of the right types, not checked yet. The amount of items follows from them."""

    amount_minor: int
    currency: str
    description: str
    note: str = ""
    reference: str = ""
    payments_max: int | None = 1
    starts_at: int | None = None
    due_at: int | None = None
    expires_at: int | None = None
    redirect_url: str | None = None
    closed_message: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)
    allowed_gateways: Sequence[str] = ()
    denied_gateways: Sequence[str] = ()
    pricing: Pricing | None = None
    asking: Asking | None = None
    capture_method: str = CaptureMethod.AUTOMATIC
    locale: str = AUTO
    translations: Mapping[str, Translation] = field(default_factory=dict)


def fields_of(terms: LinkTerms) -> LinkFields:
    """Checked terms as fields again, to be edited. Without its parts, a bill is to be paid once again."""
    is_in_parts = terms.pricing is not None and terms.pricing.parts is not None
    return LinkFields(
        terms.amount.minor,
        terms.amount.currency,
        terms.description,
        terms.note,
        terms.reference,
        1 if is_in_parts else terms.payments_max,
        terms.starts_at,
        terms.due_at,
        terms.expires_at,
        terms.redirect_url,
        terms.closed_message,
        terms.metadata,
        terms.allowed_gateways,
        terms.denied_gateways,
        terms.pricing,
        terms.asking,
        terms.capture_method,
        terms.locale,
        terms.translations,
    )


def clean_text(text: str, param: str, *, max_length: int, is_multiline: bool = False) -> str:
    """Text that is safe to keep and show: NFC, no control or bidirectional-override characters, trimmed. What nobody can
    see (zero-width characters and the like, without any others) is no text.

    Raises FieldInvalid when it is too long (characters, and four bytes each) or holds a card number.
    """
    if len(text) > max_length * 2:
        raise FieldInvalid(param, _too_long(max_length))
    if not (text.isascii() and text.isprintable()):
        text = unicodedata.normalize("NFC", text.replace("\r\n", "\n"))
        text = "".join(char for char in text if _is_shown(char, is_multiline=is_multiline))
    kept = text.strip()
    if not kept.isascii() and not any(map(_has_shape, kept)):
        kept = ""
    if len(kept) > max_length:
        raise FieldInvalid(param, _too_long(max_length))
    if has_card_number(kept):
        raise FieldInvalid(param, REMOVE_IT)
    return kept


def _too_long(most: int) -> Sentence:
    return counted("At most %(count)s character.", "At most %(count)s characters.", most)


def _is_shown(char: str, *, is_multiline: bool) -> bool:
    if char == "\n":
        return is_multiline
    return char not in _BIDI and unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn", "Zl", "Zp"}


def _has_shape(char: str) -> bool:
    return char not in _BLANK and unicodedata.category(char) not in {"Cf", "Zs", "Cc"}


def _redirect_url(url: str | None) -> str | None:
    if url is None or url == "":
        return None
    param = "redirect_url"
    mend = "Send an address that starts with https://."
    if len(url) > URL_MAX or not url.isascii() or not url.isprintable() or " " in url or "\\" in url:
        raise FieldInvalid(param, mend)
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        raise FieldInvalid(param, mend) from None
    is_local = parts.scheme == "http" and parts.hostname in {"localhost", "127.0.0.1", "::1"}
    if (parts.scheme != "https" and not is_local) or not parts.hostname or "@" in parts.netloc:
        raise FieldInvalid(param, mend)
    if has_card_number(url):
        raise FieldInvalid(param, REMOVE_IT)
    return url


def checked_metadata(metadata: Mapping[str, str]) -> Mapping[str, str]:
    """The pairs as they are kept. Raises FieldInvalid."""
    if len(metadata) > METADATA_MAX:
        raise FieldInvalid("metadata", f"At most {METADATA_MAX} pairs.")
    cleaned: dict[str, str] = {}
    for key, value in metadata.items():
        if (
            not 0 < len(key) <= METADATA_KEY_MAX
            or clean_text(key, "metadata", max_length=METADATA_KEY_MAX) != key
        ):
            raise FieldInvalid("metadata", f"A key has 1 to {METADATA_KEY_MAX} printable characters.")
        cleaned[key] = clean_text(value, f"metadata.{key}", max_length=METADATA_VALUE_MAX, is_multiline=True)
    return cleaned


def _time(value: int | None, param: str) -> int | None:
    if value is not None and not 0 < value <= TIME_MAX:
        raise FieldInvalid(param, "Send a time between 1970 and 2099.")
    return value


def _payments_max(value: int | None) -> int | None:
    if value is not None and not 1 <= value <= PAYMENTS_MAX:
        raise FieldInvalid("payments_max", f"Send a number from 1 to {PAYMENTS_MAX}, or null for no limit.")
    return value


def _description(text: str) -> str:
    cleaned = clean_text(text, "description", max_length=DESCRIPTION_MAX)
    if not cleaned:
        raise FieldInvalid("description", "Say what the payment is for.")
    return cleaned


def _expires_at(fields: LinkFields, now: int, before: LinkTerms | None) -> int | None:
    expires_at = _time(fields.expires_at, "expires_at")
    if expires_at is None:
        return None
    # What was set before may have passed by now: it stays when something else is edited.
    is_kept = before is not None and expires_at == before.expires_at
    if expires_at <= now and not is_kept:
        raise FieldInvalid("expires_at", "The expiry is in the past. Send a time to come, or null for none.")
    is_start_kept = before is not None and fields.starts_at == before.starts_at
    if fields.starts_at is not None and expires_at <= fields.starts_at and not (is_kept and is_start_kept):
        raise FieldInvalid(
            "expires_at", "The link would expire before it opens. Send a time after starts_at."
        )
    return expires_at


class _Errors:
    """Keeps every field's error, so that all are told at once."""

    def __init__(self) -> None:
        self.found: list[FieldError] = []

    def ask(self, check: Callable[[], T], otherwise: T) -> T:
        """What the check answers, or `otherwise` when it refuses."""
        try:
            return check()
        except FieldInvalid as error:
            self.found.append(FieldError(error.param or "", str(error)))
            return otherwise


def checked_terms(
    fields: LinkFields,
    *,
    now: int,
    before: LinkTerms | None = None,
    takes: Callable[[LinkTerms], Iterable[FieldError]] | None = None,
) -> LinkTerms:
    """The terms, or FieldsInvalid naming every field at fault. `before`: the terms that are being edited.

    `takes` says what the merchant's gateways have against terms that are right in themselves (`flows/offers.py`).
    """
    errors = _Errors()
    ask = errors.ask
    pricing = _pricing(fields.pricing, None if before is None else before.pricing, errors)
    ask(lambda: _check_price(fields.amount_minor, pricing), None)
    ask(lambda: exponent(fields.currency), 0)
    terms = LinkTerms(
        amount=Money(fields.amount_minor, fields.currency),
        description=ask(lambda: _description(fields.description), ""),
        note=ask(lambda: clean_text(fields.note, "note", max_length=NOTE_MAX, is_multiline=True), ""),
        reference=ask(lambda: clean_text(fields.reference, "reference", max_length=REFERENCE_MAX), ""),
        payments_max=ask(lambda: _payments_max(fields.payments_max), None),
        starts_at=ask(lambda: _time(fields.starts_at, "starts_at"), None),
        due_at=ask(lambda: _time(fields.due_at, "due_at"), None),
        expires_at=ask(lambda: _expires_at(fields, now, before), None),
        redirect_url=ask(lambda: _redirect_url(fields.redirect_url), None),
        closed_message=ask(lambda: _closed_message(fields.closed_message), ""),
        metadata=ask(lambda: checked_metadata(fields.metadata), {}),
        allowed_gateways=ask(lambda: _gateways(fields.allowed_gateways, "allowed_gateways"), ()),
        denied_gateways=ask(lambda: _denied(fields), ()),
        pricing=pricing,
        asking=_asking(fields.asking, pricing, errors),
        capture_method=ask(lambda: _capture_method(fields.capture_method), CaptureMethod.AUTOMATIC),
        locale=ask(lambda: checked_locale(fields.locale), AUTO),
        translations=_translations(fields.translations, errors),
    )
    if pricing is not None and not errors.found:
        amount = ask(lambda: standing_amount(terms.amount, terms.description, pricing), terms.amount)
        # A bill takes as many payments as it takes to pay it.
        terms = replace(terms, amount=amount, payments_max=None if pricing.parts else terms.payments_max)
        if pricing.currencies and not errors.found:
            terms = _in_currencies(terms, pricing, None if before is None else before.pricing, errors)
    if not errors.found and takes is not None:
        errors.found.extend(takes(terms))
    if errors.found:
        raise FieldsInvalid(tuple(errors.found))
    return terms


def _pricing(pricing: Pricing | None, before: Pricing | None, errors: _Errors) -> Pricing | None:
    if pricing is None or pricing == Pricing():
        return None
    checked, found = checked_pricing(
        pricing, lambda text, param, length: clean_text(text, param, max_length=length)
    )
    errors.found.extend(found)
    errors.found.extend(key_errors(checked, before))
    return checked


def _in_currencies(terms: LinkTerms, pricing: Pricing, before: Pricing | None, errors: _Errors) -> LinkTerms:
    checked, found = checked_currencies(terms.amount, terms.description, pricing, before)
    errors.found.extend(found)
    return replace(terms, pricing=checked)


def _asking(asking: Asking | None, pricing: Pricing | None, errors: _Errors) -> Asking | None:
    if asking is None:
        return None
    checked, found = checked_asking(
        asking, lambda text, param, length: clean_text(text, param, max_length=length)
    )
    errors.found.extend(found)
    if (
        pricing is not None
        and pricing.takes_tax_ids
        and any(each.what is Standard.TAX_ID for each in asking.standard)
    ):
        words = "The taxes of this link ask for a tax id already. Leave it out here."
        errors.found.append(FieldError("collects.tax_id", words))
    return checked


def _check_price(amount_minor: int, pricing: Pricing | None) -> None:
    """Items have prices of their own, and an open amount need not be filled in."""
    if pricing is not None and (pricing.items or (pricing.open_amount is not None and amount_minor == 0)):
        return
    check_amount(amount_minor)


def _gateways(names: Sequence[str], param: str) -> tuple[str, ...]:
    if len(names) > GATEWAYS_MAX:
        raise FieldInvalid(param, f"At most {GATEWAYS_MAX} gateways.")
    for name in names:
        if _GATEWAY.fullmatch(name) is None:
            raise FieldInvalid(param, "Send names of gateways in small letters, such as stripe.")
    return tuple(dict.fromkeys(names))


def _denied(fields: LinkFields) -> tuple[str, ...]:
    denied = _gateways(fields.denied_gateways, "denied_gateways")
    for name in denied:
        if name in fields.allowed_gateways:
            raise FieldInvalid("denied_gateways", f"{name} is both allowed and denied. Choose one.")
    return denied


def _capture_method(text: str) -> CaptureMethod:
    try:
        return CaptureMethod(text)
    except ValueError:
        raise FieldInvalid("capture_method", f"Send {' or '.join(CaptureMethod)}.") from None


def _translations(translations: Mapping[str, Translation], errors: _Errors) -> Mapping[str, Translation]:
    if not translations:
        return {}
    checked, found = checked_translations(
        translations,
        lambda name, text: clean_text(
            text, name, max_length=_LENGTHS[name], is_multiline=name != "description"
        ),
    )
    errors.found.extend(found)
    return checked


def _closed_message(text: str) -> str:
    return clean_text(text, "closed_message", max_length=CLOSED_MESSAGE_MAX, is_multiline=True)
