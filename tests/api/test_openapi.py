"""The OpenAPI document and the reference page promise what the code keeps, and load nothing from elsewhere."""

import json
import re
from html.parser import HTMLParser
from typing import Any

import msgspec
import pytest

from linktill.api import words
from linktill.api.openapi import component, document
from linktill.api.problems import KINDS
from linktill.api.routes import OPERATIONS
from linktill.flows.answer_objects import DisputeAnswerObject
from linktill.flows.computation_objects import ComputationObject
from linktill.flows.control_objects import LinkControlObject
from linktill.flows.coupon_objects import CouponObject
from linktill.flows.customer_objects import CustomerExportObject, CustomerObject
from linktill.flows.dispute_objects import DisputeObject
from linktill.flows.endpoint_objects import WebhookDeliveryObject, WebhookEndpointObject
from linktill.flows.import_objects import PaymentLinkImportObject, PaymentLinkImportRowObject
from linktill.flows.invoice_objects import InvoiceObject
from linktill.flows.ledger_objects import LedgerTransactionObject
from linktill.flows.link_history import PaymentLinkVersionObject
from linktill.flows.link_stock import StockObject
from linktill.flows.link_totals import PaymentLinkTotalsObject
from linktill.flows.message_objects import LinkMessageObject, LinkMessagesObject
from linktill.flows.payout_objects import PayoutObject
from linktill.flows.representations import (
    EventObject,
    PaymentLinkObject,
    PaymentObject,
    ReceiptObject,
    RefundObject,
)
from linktill.flows.request_objects import LinkRequestObject
from linktill.flows.signed_links import SignedUrlObject
from linktill.flows.template_objects import PaymentLinkTemplateObject
from tests.api.rig import BASE_URL, Caller

DOCUMENT: dict[str, Any] = json.loads(msgspec.json.encode(document(OPERATIONS, BASE_URL)))
SCHEMAS: dict[str, Any] = DOCUMENT["components"]["schemas"]
OBJECTS: list[type[msgspec.Struct]] = [
    CouponObject,
    InvoiceObject,
    CustomerObject,
    CustomerExportObject,
    LinkRequestObject,
    LinkMessageObject,
    LinkMessagesObject,
    DisputeAnswerObject,
    PaymentLinkObject,
    PaymentLinkTemplateObject,
    PaymentLinkVersionObject,
    PaymentLinkImportObject,
    PaymentLinkImportRowObject,
    PaymentObject,
    RefundObject,
    ReceiptObject,
    LinkControlObject,
    DisputeObject,
    PayoutObject,
    ComputationObject,
    StockObject,
    PaymentLinkTotalsObject,
    SignedUrlObject,
    EventObject,
    LedgerTransactionObject,
    WebhookEndpointObject,
    WebhookDeliveryObject,
]


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*(references(value) for value in node.values()))
    if isinstance(node, list):
        return set().union(*(references(value) for value in node))
    return set()


async def test_the_document_is_served(bea: Caller):
    answer = await bea.http.get("/v1/openapi.json")
    assert answer.headers["content-type"] == "application/json"
    assert answer.json() == DOCUMENT
    assert DOCUMENT["openapi"] == "3.1.0"


def test_every_operation_has_a_name_of_its_own():
    names = [operation["operationId"] for path in DOCUMENT["paths"].values() for operation in path.values()]
    assert len(names) == len(set(names)) == len(OPERATIONS)


def test_references_lead_somewhere():
    for reference in references(DOCUMENT):
        node = DOCUMENT
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_every_field_says_what_it_means():
    silent = [
        (name, field)
        for name, schema in SCHEMAS.items()
        for field, inner in schema["properties"].items()
        if not any("description" in one for one in (inner, *inner.get("anyOf", ())))
    ]
    assert silent == []


@pytest.mark.parametrize("kind", OBJECTS, ids=component)
def test_objects_are_described_whole(kind: type[msgspec.Struct]):
    schema = SCHEMAS[component(kind)]
    assert list(schema["properties"]) == [field.name for field in msgspec.structs.fields(kind)]
    assert set(schema["properties"]) - set(schema["required"]) <= {"secret"}


@pytest.mark.parametrize("name", sorted(words.EXAMPLES))
def test_examples_are_what_they_say(name: str):
    found = [kind for kind in OBJECTS if component(kind) == name]
    for kind in found:
        example = json.dumps(dict(words.EXAMPLES[name]))
        parsed = msgspec.json.decode(example, type=kind)
        assert json.loads(msgspec.json.encode(parsed)) == json.loads(example)
    assert found or name == "BalanceList"


def test_a_field_that_no_answer_has_is_not_described():
    fields = {field for schema in SCHEMAS.values() for field in schema["properties"]} | {"next_cursor"}
    assert set(words.FIELDS) - fields == set()
    assert {name for name, _ in words.OF_ONE} <= set(SCHEMAS)


class Links(HTMLParser):
    """What a page loads and where it leads."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.loads: list[str] = []
        self.leads: list[str] = []
        self.ids: list[str] = []
        self.inline: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = dict(attrs)
        self.tags.add(tag)
        if tag in {"link", "img", "script", "iframe", "use"}:
            self.loads.append(found.get("href") or found.get("src") or "")
        if tag == "a":
            self.leads.append(found.get("href") or "")
        if "id" in found:
            self.ids.append(found["id"] or "")
        self.inline.extend(name for name in found if name == "style" or name.startswith("on"))


async def test_the_reference_page_is_whole_and_loads_nothing_from_elsewhere(bea: Caller):
    answer = await bea.http.get("/docs/api")
    assert answer.status_code == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.headers["content-security-policy"] == (
        "default-src 'none'; base-uri 'none'; style-src 'self'; img-src 'self' data:; form-action 'none'; "
        "frame-ancestors 'none'"
    )
    page = Links()
    page.feed(answer.text)
    assert page.tags & {"script", "iframe", "style", "form", "object"} == set()
    assert page.inline == []
    assert [address for address in page.loads if not re.fullmatch(r"/[a-z][\w/.-]*", address)] == []
    assert len(page.ids) == len(set(page.ids))
    anchors = {f"#{name}" for name in page.ids}
    assert {lead for lead in page.leads if lead.startswith("#")} <= anchors
    assert {lead for lead in page.leads if not lead.startswith("#")} == {"/dashboard", "/v1/openapi.json"}
    assert {f"#{operation.name}" for operation in OPERATIONS} | {f"#{code}" for code in KINDS} <= anchors


async def test_the_pages_style_sheet_is_served(bea: Caller):
    page = Links()
    page.feed((await bea.http.get("/docs/api")).text)
    (own,) = [address for address in page.loads if address.endswith("reference.css")]
    sheet = await bea.http.get(own)
    assert (sheet.status_code, sheet.headers["content-type"]) == (200, "text/css; charset=utf-8")
    assert "immutable" in sheet.headers["cache-control"]
    assert "url(" not in sheet.text
    assert "@import" not in sheet.text


async def test_the_page_says_what_the_document_says(bea: Caller):
    text = (await bea.http.get("/docs/api")).text
    for path, methods in DOCUMENT["paths"].items():
        assert f"<code>{path}</code>" in text
        for operation in methods.values():
            assert operation["summary"] in text
    for schema in SCHEMAS.values():
        for field in schema["properties"]:
            assert f"<code>{field}</code>" in text
