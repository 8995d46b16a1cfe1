"""Customers over the API."""

from dataclasses import replace
from typing import Annotated, Any, Final

import msgspec
from msgspec import UNSET, Meta, UnsetType

from linktill.api.answers import Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, SEARCH_MAX, Parameter, cursor_parameter, id_pattern
from linktill.api.schemas import Metadata, MetadataPatch
from linktill.core import customer as limits
from linktill.core.customer import Customer, CustomerFields, email_key
from linktill.core.ids import CUSTOMER, CustomerId
from linktill.core.merchant import EMAIL_MAX
from linktill.flows.customer_exports import ROWS_MAX, export_customer
from linktill.flows.customer_objects import CustomerExportObject, CustomerObject, customer_object
from linktill.flows.manage_customers import (
    delete_customer,
    edit_customer,
    find_customers,
    new_customer,
    read_customer,
    store_customer,
)
from linktill.flows.merge_customers import merge_unit
from linktill.flows.services import moment_of
from linktill.storage.customers import BEFORE_ALL, CustomerFilter
from linktill.storage.database import Tx


def _text(words: str, max_length: int) -> Meta:
    return Meta(description=words, extra_json_schema={"maxLength": max_length})


Name = Annotated[str, _text("Whom to write to.", limits.NAME_MAX)]
Email = Annotated[
    str,
    _text(
        "Payments with this address become this customer's. No two of yours have one address, capitals or not.",
        EMAIL_MAX,
    ),
]
Phone = Annotated[str, _text("As you dial it.", limits.PHONE_MAX)]
Company = Annotated[str, _text("For whom the person buys.", limits.COMPANY_MAX)]
CustomerNote = Annotated[
    str, _text("For you and whoever works with you; payers never see it.", limits.NOTE_MAX)
]


class CustomerCreate(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A customer to keep: at least a name, an e-mail address or a company."""

    name: Name = ""
    email: Email = ""
    phone: Phone = ""
    company: Company = ""
    note: CustomerNote = ""
    metadata: Metadata = {}


class CustomerPatch(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a customer. What is left out stays; null clears."""

    name: Name | UnsetType | None = UNSET
    email: Email | UnsetType | None = UNSET
    phone: Phone | UnsetType | None = UNSET
    company: Company | UnsetType | None = UNSET
    note: CustomerNote | UnsetType | None = UNSET
    metadata: MetadataPatch | UnsetType | None = UNSET


class CustomerMerge(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which customer it becomes part of."""

    into: Annotated[str, Meta(description="The customer that stays.", pattern=id_pattern(CUSTOMER))]


async def create(call: Call) -> Reply:
    asked = call.asked(CustomerCreate)
    fields = CustomerFields(asked.name, asked.email, asked.phone, asked.company, asked.note, asked.metadata)
    made = call.checked(lambda: new_customer(call.services, call.merchant_id, fields))
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Customer:
        return await store_customer(tx, moment, made())

    return await call.once(work, customer_object, status=201)


async def find(call: Call) -> Reply:
    page = await find_customers(
        call.services,
        call.merchant_id,
        limit=call.limit,
        before=call.query.get("cursor", BEFORE_ALL),
        wanted=CustomerFilter(call.query.get("search", ""), call.query.get("email", "")),
    )
    return listed([customer_object(customer) for customer in page.customers], page.next_cursor)


async def read(call: Call) -> Reply:
    return _answer(await read_customer(call.services, call.merchant_id, _id(call)))


async def edit(call: Call) -> Reply:
    asked = call.asked(CustomerPatch)
    return _answer(
        await edit_customer(call.services, call.merchant_id, _id(call), lambda fields: patched(fields, asked))
    )


async def merge(call: Call) -> Reply:
    gone_id = _id(call)
    into_id = CustomerId(call.asked(CustomerMerge).into)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> Customer:
        return await merge_unit(tx, moment, call.merchant_id, gone_id, into_id)

    return await call.once(work, customer_object)


async def delete(call: Call) -> Reply:
    await delete_customer(call.services, call.merchant_id, _id(call))
    return Reply(204, b"")


async def export(call: Call) -> Reply:
    return Reply(200, encoded(await export_customer(call.services, call.merchant_id, _id(call))))


def patched(fields: CustomerFields, asked: CustomerPatch) -> CustomerFields:
    """The customer with what was sent: what was left out stays, null clears, pairs of metadata merge."""
    changes: dict[str, Any] = {}
    for name in CustomerPatch.__struct_fields__:
        value = getattr(asked, name)
        if value is UNSET:
            continue
        if name == "metadata":
            pairs = {} if value is None else {**fields.metadata, **value}
            changes[name] = {key: pair for key, pair in pairs.items() if pair is not None}
        else:
            changes[name] = "" if value is None else value
    return replace(fields, **changes)


def _id(call: Call) -> CustomerId:
    return CustomerId(call.id(CUSTOMER))


def _answer(customer: Customer) -> Reply:
    return Reply(200, encoded(customer_object(customer)))


def _read_search(text: str) -> str:
    if len(text) > SEARCH_MAX:
        raise ValueError(f"At most {SEARCH_MAX} characters.")
    return text


def _read_email(text: str) -> str:
    kept = text.strip()
    if not kept or len(kept) > EMAIL_MAX or not kept.isprintable():
        raise ValueError(f"Send an e-mail address of at most {EMAIL_MAX} printable characters.")
    return email_key(kept)


_SEARCH: Final = Parameter(
    "search",
    "Words of which each must begin a word of the name, the e-mail address, the company or the telephone number.",
    {"type": "string", "maxLength": SEARCH_MAX},
    _read_search,
)
_EMAIL: Final = Parameter(
    "email",
    "Only the customer with this e-mail address; capitals do not matter.",
    {"type": "string", "minLength": 1, "maxLength": EMAIL_MAX},
    _read_email,
)
_GROUP: Final = "Customers"
_CUSTOMERS: Final = "/v1/customers"
_CUSTOMER: Final = f"{_CUSTOMERS}/{{id}}"

OPERATIONS: Final = (
    Operation(
        "POST",
        _CUSTOMERS,
        "create_customer",
        _GROUP,
        "Create a customer",
        "Puts a payer on file. Who pays with an e-mail address that you do not have yet is put there without this, a moment "
        "after the payment.",
        create,
        CustomerObject,
        status=201,
        takes=CustomerCreate,
        example={"name": "Ada Byron", "email": "ada@example.com", "company": "Engines Ltd"},
    ),
    Operation(
        "GET",
        _CUSTOMERS,
        "list_customers",
        _GROUP,
        "List customers",
        "Newest first, without those that were merged into others.",
        find,
        CustomerObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(CUSTOMER), _SEARCH, _EMAIL),
    ),
    Operation(
        "GET",
        _CUSTOMER,
        "get_customer",
        _GROUP,
        "Get a customer",
        "The customer as it stands now; one that was merged says into whom.",
        read,
        CustomerObject,
        prefix=CUSTOMER,
    ),
    Operation(
        "PATCH",
        _CUSTOMER,
        "edit_customer",
        _GROUP,
        "Edit a customer",
        "Changes what is sent and leaves the rest; null clears a field. What payers type never changes what you wrote.",
        edit,
        CustomerObject,
        takes=CustomerPatch,
        prefix=CUSTOMER,
        problems=("transition_refused",),
        example={"phone": "+1 555 0100", "note": None},
    ),
    Operation(
        "DELETE",
        _CUSTOMER,
        "delete_customer",
        _GROUP,
        "Delete a customer",
        "Only while no payment, no link and no merged customer hangs on it.",
        delete,
        None,
        status=204,
        prefix=CUSTOMER,
        problems=("transition_refused",),
    ),
    Operation(
        "POST",
        f"{_CUSTOMER}/merge",
        "merge_customer",
        _GROUP,
        "Merge a customer into another",
        "For good: its payments and links become those of the other, which also takes what it has not got itself. This one "
        "stays to be read and says so in `merged_into`; new payments with its e-mail address go to the other. The same merge "
        "again changes nothing.",
        merge,
        CustomerObject,
        takes=CustomerMerge,
        prefix=CUSTOMER,
        problems=("transition_refused",),
        example={"into": "cus_01kan4r5v7x9z1b3d5f7h9k1m3"},
    ),
    Operation(
        "GET",
        f"{_CUSTOMER}/export",
        "export_customer",
        _GROUP,
        "Export a customer",
        f"All that is kept of the customer as one object, newest first, up to {ROWS_MAX:,} of each kind.",
        export,
        CustomerExportObject,
        prefix=CUSTOMER,
    ),
)
