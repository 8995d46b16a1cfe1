"""How payers can pay a merchant without a gateway, in the merchant's words: the account to transfer to, cash, checks.

It is kept as the credentials of the merchant's account of the gateway `offline`: text by name, sealed like those of others.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from linktill.core.bank_account import checked_bic, checked_iban
from linktill.core.epc_code import NAME_MAX
from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid
from linktill.core.link_terms import clean_text
from linktill.core.receipt import Way

WORDS_MAX: Final = 500
WAIT_DAYS: Final = 14
WAIT_DAYS_MAX: Final = 28
"""A payment that has waited for a month is put on the list of what a person must look at; it ends before."""


@dataclass(frozen=True, slots=True)
class OfflineTerms:
    """Checked. Empty text: there is none. A transfer is offered where there is an IBAN or `bank_details`."""

    holder: str = ""
    iban: str = ""
    bic: str = ""
    bank_details: str = ""
    """Account number, sort code and the like, for transfers that know no IBAN; line breaks are kept."""
    takes_cash: bool = False
    cash_words: str = ""
    """Where and when cash is taken."""
    takes_check: bool = False
    check_words: str = ""
    """To whom a check is made out, and where it is sent."""
    wait_days: int = WAIT_DAYS
    """So long a payment waits for its money; then its place on the link is free again."""

    @property
    def ways(self) -> tuple[Way, ...]:
        """What payers are offered, in this order."""
        offered = {
            Way.TRANSFER: bool(self.iban or self.bank_details),
            Way.CASH: self.takes_cash,
            Way.CHECK: self.takes_check,
        }
        return tuple(way for way, is_offered in offered.items() if is_offered)


@dataclass(frozen=True, slots=True)
class OfflineFields:
    """As somebody typed them."""

    holder: str = ""
    iban: str = ""
    bic: str = ""
    bank_details: str = ""
    takes_cash: bool = False
    cash_words: str = ""
    takes_check: bool = False
    check_words: str = ""
    wait_days: str = str(WAIT_DAYS)


def checked_offline(fields: OfflineFields) -> OfflineTerms:
    """Raises FieldsInvalid, naming every field at fault."""
    errors: list[FieldError] = []

    def kept(param: str, read: Callable[[], str]) -> str:
        try:
            return read()
        except FieldInvalid as invalid:
            errors.append(FieldError(param, str(invalid)))
            return ""

    def words(param: str, text: str, max_length: int, *, is_multiline: bool = True) -> str:
        return kept(param, lambda: clean_text(text, param, max_length=max_length, is_multiline=is_multiline))

    holder = words("holder", fields.holder, NAME_MAX, is_multiline=False)
    iban = kept("iban", lambda: checked_iban(fields.iban)) if fields.iban.strip() else ""
    bic = kept("bic", lambda: checked_bic(fields.bic)) if fields.bic.strip() else ""
    terms = OfflineTerms(
        holder,
        iban,
        bic,
        words("bank_details", fields.bank_details, WORDS_MAX),
        fields.takes_cash,
        words("cash_words", fields.cash_words, WORDS_MAX),
        fields.takes_check,
        words("check_words", fields.check_words, WORDS_MAX),
        _wait_days(fields.wait_days, errors),
    )
    if iban and not holder and not any(error.param == "holder" for error in errors):
        errors.append(FieldError("holder", "Write to whom the account belongs: banks compare the name."))
    if bic and not fields.iban.strip():
        errors.append(FieldError("iban", "A BIC alone is not enough: write the IBAN too."))
    if terms.takes_check and not terms.check_words and not any(e.param == "check_words" for e in errors):
        errors.append(FieldError("check_words", "Write to whom a check is made out, and where it is sent."))
    if not errors and not terms.ways:
        errors.append(
            FieldError("iban", "Choose at least one way to pay: an IBAN, bank details, cash or check.")
        )
    if errors:
        raise FieldsInvalid(tuple(errors))
    return terms


def _wait_days(text: str, errors: list[FieldError]) -> int:
    days = int(text) if text.isascii() and text.isdigit() and len(text) <= 3 else 0
    if not 1 <= days <= WAIT_DAYS_MAX:
        errors.append(FieldError("wait_days", f"Write a number of days from 1 to {WAIT_DAYS_MAX}."))
        return WAIT_DAYS
    return days


def credentials_of(terms: OfflineTerms) -> dict[str, str]:
    """As they are kept."""
    return {
        "holder": terms.holder,
        "iban": terms.iban,
        "bic": terms.bic,
        "bank_details": terms.bank_details,
        "takes_cash": "yes" if terms.takes_cash else "",
        "cash_words": terms.cash_words,
        "takes_check": "yes" if terms.takes_check else "",
        "check_words": terms.check_words,
        "wait_days": str(terms.wait_days),
    }


def terms_of(credentials: Mapping[str, str]) -> OfflineTerms:
    """What `credentials_of` made."""
    return OfflineTerms(
        credentials.get("holder", ""),
        credentials.get("iban", ""),
        credentials.get("bic", ""),
        credentials.get("bank_details", ""),
        credentials.get("takes_cash") == "yes",
        credentials.get("cash_words", ""),
        credentials.get("takes_check") == "yes",
        credentials.get("check_words", ""),
        int(credentials.get("wait_days", WAIT_DAYS)),
    )
