"""Coupons: codes for which a merchant takes something off. What they are, when they hold, and what may be put into one."""

import re
import unicodedata
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, NamedTuple, TypeVar

from linktill.core.card_numbers import REMOVE_IT, has_card_number
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.ids import LINK, CouponId, LinkId, MerchantId
from linktill.core.link_terms import TIME_MAX, clean_text
from linktill.core.money import AMOUNT_MAX_MINOR, Money, check_amount, exponent
from linktill.core.pricing import WHOLE_PPM, Discount
from linktill.core.pricing_terms import NAME_MAX
from linktill.core.sentence import sentence

T = TypeVar("T")

CODE_MIN: Final = 2
CODE_MAX: Final = 40
"""Letters and digits, as they are compared."""
WRITTEN_MAX: Final = 80
"""Characters of a code as it is written, spaces and hyphens with it."""
USES_MAX: Final = 1_000_000
LINKS_MAX: Final = 100
AUTOMATIC_MAX: Final = 20
"""So many of a merchant may be on at a time: each is tried for every payment on a link that takes codes."""

_LINK_ID: Final = re.compile(rf"{LINK}[0-9A-Za-z]{{1,60}}", re.ASCII)
_PASSED_OVER: Final = frozenset({"Zs", "Zl", "Zp", "Pd", "Cf", "Cc"})
"""Spaces, hyphens, and what nobody sees."""
_UNSEEN_MARKS: Final = re.compile("[\u034f\u17b4\u17b5\u180b-\u180d\ufe00-\ufe0f\U000e0100-\U000e01ef]")
_BLANK_LETTERS: Final = frozenset("\u115f\u1160\u3164\uffa0")


@dataclass(frozen=True, slots=True)
class CouponFields:
    """A coupon as somebody sent it: of the right types, not checked yet."""

    code: str
    name: str = ""
    rate_ppm: int = 0
    amount_minor: int = 0
    currency: str | None = None
    minimum_minor: int = 0
    uses_max: int | None = None
    uses_per_customer_max: int | None = None
    starts_at: int | None = None
    expires_at: int | None = None
    link_ids: Sequence[LinkId] = ()
    is_automatic: bool = False
    is_active: bool = True


@dataclass(frozen=True, slots=True)
class Coupon:
    """A coupon as stored. What it takes off is either a rate or an amount, and never changes."""

    merchant_id: MerchantId
    id: CouponId
    code: str
    """As the merchant wrote it."""
    name: str
    """What the bill calls it; empty: the code."""
    rate_ppm: int
    amount_minor: int
    currency: str | None
    """None: a rate, for payments in any currency."""
    minimum_minor: int
    """The lines must come to at least so much, in `currency`; 0: to anything."""
    uses_max: int | None
    uses_per_customer_max: int | None
    """A customer is an e-mail address."""
    starts_at: int | None
    expires_at: int | None
    link_ids: tuple[LinkId, ...]
    """Empty: every link of the merchant that takes codes."""
    is_automatic: bool
    """Applied without typing, where a link takes codes."""
    is_active: bool
    created_at: int
    updated_at: int
    uses: int = 0
    """How often it was paid with."""

    @property
    def key(self) -> str:
        """No two coupons of a merchant have it in common."""
        return code_key(self.code)

    @property
    def label(self) -> str:
        """What people read."""
        return self.name or self.code


class CouponState(StrEnum):
    """Where a coupon stands. It follows from the coupon, its uses and the time, and is not stored."""

    ACTIVE = "active"
    SCHEDULED = "scheduled"
    EXPIRED = "expired"
    USED_UP = "used_up"
    OFF = "off"


class Owner(NamedTuple):
    """Whose coupon it is, and which."""

    merchant_id: MerchantId
    coupon_id: CouponId


def code_key(text: str) -> str:
    """How codes are compared: without capitals, widths of letters, spaces and hyphens. Raises FieldInvalid for no code."""
    if len(text) > WRITTEN_MAX * 2:
        raise _no_code()
    key = _folded(
        _folded(text)
    )  # what is left out in between may be what kept two characters from becoming one
    if has_card_number(text) or has_card_number(key):
        raise FieldInvalid("code", REMOVE_IT)
    shapes = sum(map(_has_shape, key))
    if not (shapes >= CODE_MIN and len(key) <= CODE_MAX and all(map(_may_be_in_a_code, key))):
        raise _no_code()
    return key


def code_start(text: str) -> str:
    """How the key of a code begins that begins so; empty for nothing. Raises FieldInvalid where none can."""
    if len(text) > WRITTEN_MAX * 2:
        raise _no_code()
    start = _folded(_folded(text))
    if not all(map(_may_be_in_a_code, start)):
        raise _no_code()
    return start


def refusal(coupon: Coupon, link_id: LinkId, currency: str, subtotal_minor: int, now: int) -> str | None:
    """Why the coupon cannot be used here and now, for the payer; None: it can. Who counts its uses says the rest."""
    if not coupon.is_active:
        return sentence("This code is no longer taken.")
    if coupon.link_ids and link_id not in coupon.link_ids:
        return sentence("This code is not for this payment.")
    if coupon.currency is not None and coupon.currency != currency:
        return sentence("This code is for payments in %(currency)s.", currency=coupon.currency)
    if coupon.starts_at is not None and now < coupon.starts_at:
        return sentence("This code cannot be used yet.")
    if coupon.expires_at is not None and coupon.expires_at <= now:
        return sentence("This code has expired.")
    if subtotal_minor < coupon.minimum_minor:
        return sentence(
            "This code can be used from %(amount)s on.", amount=Money(coupon.minimum_minor, currency)
        )
    return None


def state_of(coupon: Coupon, now: int) -> CouponState:
    """Where it stands for those who have not used it."""
    if not coupon.is_active:
        return CouponState.OFF
    if coupon.expires_at is not None and coupon.expires_at <= now:
        return CouponState.EXPIRED
    if coupon.uses_max is not None and coupon.uses >= coupon.uses_max:
        return CouponState.USED_UP
    if coupon.starts_at is not None and now < coupon.starts_at:
        return CouponState.SCHEDULED
    return CouponState.ACTIVE


def discount_of(coupon: Coupon) -> Discount:
    """What it takes off."""
    return Discount(coupon.label, coupon.rate_ppm, coupon.amount_minor, coupon.id)


def fields_of(coupon: Coupon) -> CouponFields:
    """A coupon as fields again, to be edited."""
    return CouponFields(
        coupon.code,
        coupon.name,
        coupon.rate_ppm,
        coupon.amount_minor,
        coupon.currency,
        coupon.minimum_minor,
        coupon.uses_max,
        coupon.uses_per_customer_max,
        coupon.starts_at,
        coupon.expires_at,
        coupon.link_ids,
        coupon.is_automatic,
        coupon.is_active,
    )


def checked_coupon(fields: CouponFields, owner: Owner, *, now: int, before: Coupon | None = None) -> Coupon:
    """The coupon, or FieldsInvalid naming every field at fault. `before`: the one that is being edited.

    Whether another coupon has the code, and whether the links are there, is for whoever can look.
    """
    found: list[FieldError] = []

    def ask(check: Callable[[], T], otherwise: T) -> T:
        try:
            return check()
        except FieldInvalid as error:
            found.append(FieldError(error.param or "", str(error)))
            return otherwise

    code = ask(lambda: _code(fields.code), "")
    name = ask(lambda: _one_line(fields.name, "name", NAME_MAX), "")
    ask(lambda: _check_worth(fields), None)
    currency = ask(lambda: _currency(fields), None)
    ask(lambda: _check_minimum(fields), None)
    if before is not None:
        found.extend(_changed_for_good(replace(fields, code=code or before.code), before))
    coupon = Coupon(
        owner.merchant_id,
        owner.coupon_id,
        code,
        name,
        fields.rate_ppm,
        fields.amount_minor,
        currency,
        fields.minimum_minor,
        ask(lambda: _limit(fields.uses_max, "uses_max"), None),
        ask(lambda: _limit(fields.uses_per_customer_max, "uses_per_customer_max"), None),
        ask(lambda: _time(fields.starts_at, "starts_at"), None),
        ask(lambda: _expires_at(fields, now, before), None),
        ask(lambda: _links(fields.link_ids), ()),
        fields.is_automatic,
        fields.is_active,
        now if before is None else before.created_at,
        now if before is None else before.updated_at,
        0 if before is None else before.uses,
    )
    if found:
        raise FieldsInvalid(tuple(found))
    return coupon if before is None or coupon == before else replace(coupon, updated_at=now)


def _no_code() -> FieldInvalid:
    return FieldInvalid(
        "code",
        f"A code has {CODE_MIN} to {CODE_MAX} letters and digits; spaces and hyphens may stand between them.",
    )


def _folded(text: str) -> str:
    text = unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())
    kept = "".join(char for char in text if unicodedata.category(char) not in _PASSED_OVER)
    return unicodedata.normalize("NFKC", _UNSEEN_MARKS.sub("", kept))


def _has_shape(char: str) -> bool:
    """Letters and digits that stand alone. Many scripts write vowels as marks on them."""
    category = unicodedata.category(char)
    return (category.startswith("L") and char not in _BLANK_LETTERS) or category == "Nd"


def _may_be_in_a_code(char: str) -> bool:
    return _has_shape(char) or unicodedata.category(char) in {"Mn", "Mc"}


def _one_line(text: str, param: str, max_length: int) -> str:
    return " ".join(clean_text(text, param, max_length=max_length).split())


def _code(text: str) -> str:
    code = _one_line(text, "code", WRITTEN_MAX)
    code_key(code)
    return code


def _check_worth(fields: CouponFields) -> None:
    if bool(fields.rate_ppm) == bool(fields.amount_minor):
        raise FieldInvalid("percent", "Send either percent or amount_minor.")
    if fields.amount_minor:
        check_amount(fields.amount_minor)
    elif not 0 < fields.rate_ppm <= WHOLE_PPM:
        raise FieldInvalid("percent", "More than 0 and at most 100.")


def _currency(fields: CouponFields) -> str | None:
    if fields.currency is not None:
        exponent(fields.currency)
    elif fields.amount_minor:
        raise FieldInvalid("currency", "Say in which currency the amount is, such as USD.")
    elif fields.minimum_minor > 0:
        raise FieldInvalid("currency", "Say in which currency the minimum is, such as USD.")
    return fields.currency


def _check_minimum(fields: CouponFields) -> None:
    if not 0 <= fields.minimum_minor <= AMOUNT_MAX_MINOR:
        raise FieldInvalid("minimum_minor", f"From 0 to {AMOUNT_MAX_MINOR}; 0: no minimum.")


def _changed_for_good(fields: CouponFields, before: Coupon) -> list[FieldError]:
    """Who has the code in hand was promised that much: another worth is another coupon."""
    found = []
    if fields.code != before.code:
        found.append(FieldError("code", "A code stays as it was made. Make another coupon."))
    if fields.rate_ppm != before.rate_ppm:
        found.append(FieldError("percent", "What a coupon takes off stays. Make another coupon."))
    if fields.amount_minor != before.amount_minor:
        found.append(FieldError("amount_minor", "What a coupon takes off stays. Make another coupon."))
    elif before.amount_minor and fields.currency != before.currency:
        found.append(FieldError("currency", "What a coupon takes off stays. Make another coupon."))
    return found


def _limit(value: int | None, param: str) -> int | None:
    if value is not None and not 1 <= value <= USES_MAX:
        raise FieldInvalid(param, f"Send a number from 1 to {USES_MAX}, or null for no limit.")
    return value


def _time(value: int | None, param: str) -> int | None:
    if value is not None and not 0 < value <= TIME_MAX:
        raise FieldInvalid(param, "Send a time between 1970 and 2099.")
    return value


def _expires_at(fields: CouponFields, now: int, before: Coupon | None) -> int | None:
    expires_at = _time(fields.expires_at, "expires_at")
    if expires_at is None:
        return None
    # What was set before may have passed by now: it stays when something else is edited.
    is_kept = before is not None and expires_at == before.expires_at
    if expires_at <= now and not is_kept:
        raise FieldInvalid("expires_at", "The expiry is in the past. Send a time to come, or null for none.")
    if fields.starts_at is not None and expires_at <= fields.starts_at:
        raise FieldInvalid(
            "expires_at", "The coupon would expire before it starts. Send a time after starts_at."
        )
    return expires_at


def _links(link_ids: Sequence[LinkId]) -> tuple[LinkId, ...]:
    if len(link_ids) > LINKS_MAX:
        raise FieldInvalid(
            "payment_link_ids", f"At most {LINKS_MAX} links; none: every link that takes codes."
        )
    for link_id in link_ids:
        if _LINK_ID.fullmatch(link_id) is None:
            raise FieldInvalid("payment_link_ids", f"Send ids of payment links: they start with {LINK}.")
    return tuple(dict.fromkeys(link_ids))
