"""A customer: a payer whom a merchant keeps on file, made by the merchant or kept by itself when somebody pays.

A customer that was merged into another stays, to be read under its id; nothing hangs on it any more.
"""

import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Final, TypeVar

from linktill.core.errors import FieldError, FieldInvalid, FieldsInvalid, TransitionRefused
from linktill.core.ids import CustomerId, MerchantId
from linktill.core.link_terms import METADATA_MAX, checked_metadata, clean_text

T = TypeVar("T")

NAME_MAX: Final = 200
PHONE_MAX: Final = 40
COMPANY_MAX: Final = 200
NOTE_MAX: Final = 2_000
_FILLED: Final = ("name", "email", "phone", "company", "note")
"""What a merge fills where the one that stays has nothing."""


@dataclass(frozen=True, slots=True)
class CustomerFields:
    """What may be said of a customer: of the right types, not checked yet. The e-mail address is checked by flows."""

    name: str = ""
    email: str = ""
    phone: str = ""
    company: str = ""
    note: str = ""
    metadata: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Customer:
    """A customer as stored. `merged_into`: the one that it has become part of; None: it stands for itself."""

    merchant_id: MerchantId
    id: CustomerId
    name: str
    email: str
    phone: str
    company: str
    note: str
    metadata: Mapping[str, str]
    merged_into: CustomerId | None
    created_at: int
    updated_at: int

    @property
    def email_key(self) -> str | None:
        """What its address compares as; None: it has none."""
        return email_key(self.email) if self.email else None

    @property
    def label(self) -> str:
        """What people know it by."""
        return self.name or self.company or self.email or self.id


def email_key(email: str) -> str:
    """What two addresses have in common that are one: how they are written, but for capitals."""
    return unicodedata.normalize("NFC", email).casefold()


def fields_of(customer: Customer) -> CustomerFields:
    """A customer as fields again, to be edited."""
    return CustomerFields(
        customer.name,
        customer.email,
        customer.phone,
        customer.company,
        customer.note,
        customer.metadata,
    )


def checked_fields(fields: CustomerFields, found: Sequence[FieldError] = ()) -> CustomerFields:
    """The fields as they are kept, or FieldsInvalid naming every one at fault. `found`: what is at fault already."""
    errors = [*found]

    def ask(check: Callable[[], T], otherwise: T) -> T:
        try:
            return check()
        except FieldInvalid as error:
            errors.append(FieldError(error.param or "", str(error)))
            return otherwise

    kept = CustomerFields(
        ask(lambda: clean_text(fields.name, "name", max_length=NAME_MAX), ""),
        fields.email,
        ask(lambda: clean_text(fields.phone, "phone", max_length=PHONE_MAX), ""),
        ask(lambda: clean_text(fields.company, "company", max_length=COMPANY_MAX), ""),
        ask(lambda: clean_text(fields.note, "note", max_length=NOTE_MAX, is_multiline=True), ""),
        ask(lambda: checked_metadata(fields.metadata), {}),
    )
    if not errors and not (kept.name or kept.email or kept.company):
        errors.append(FieldError("name", "Give a name, an e-mail address or a company."))
    if errors:
        raise FieldsInvalid(tuple(errors))
    return kept


def new_customer(
    merchant_id: MerchantId, customer_id: CustomerId, fields: CustomerFields, *, now: int
) -> Customer:
    """A customer of checked fields."""
    return Customer(
        merchant_id,
        customer_id,
        fields.name,
        fields.email,
        fields.phone,
        fields.company,
        fields.note,
        fields.metadata,
        None,
        now,
        now,
    )


def changed(before: Customer, fields: CustomerFields, *, now: int) -> Customer:
    """The customer with these checked fields; itself where they say nothing new."""
    after = replace(
        before,
        name=fields.name,
        email=fields.email,
        phone=fields.phone,
        company=fields.company,
        note=fields.note,
        metadata=fields.metadata,
    )
    return before if after == before else replace(after, updated_at=now)


def check_editable(customer: Customer) -> None:
    """Raises TransitionRefused for one that was merged."""
    if customer.merged_into is not None:
        raise TransitionRefused(
            f"This customer was merged into {customer.merged_into}. Change that one.", param="id"
        )


def merged(gone: Customer, into: Customer, *, now: int) -> tuple[Customer, Customer]:
    """Both as they are after a merge. The one that stays keeps what it has, and takes what it has not."""
    taken = {name: getattr(gone, name) for name in _FILLED if getattr(gone, name) and not getattr(into, name)}
    pairs = dict(into.metadata)
    for key, value in gone.metadata.items():
        if len(pairs) < METADATA_MAX:
            pairs.setdefault(key, value)
    stays = changed(into, replace(fields_of(into), **taken, metadata=pairs), now=now)
    return replace(gone, merged_into=into.id, updated_at=now), stays
