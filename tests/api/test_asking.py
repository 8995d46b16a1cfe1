"""What links ask and what payers answered, over the API: what is sent is what is read, and every wrong part is named."""

from hashlib import sha256
from typing import Any

import pytest

from linktill.core.answers import Typed
from linktill.core.asking import Asking, Consent, Kind, Option, Question
from linktill.core.origin import Origin
from linktill.flows.answers_given import Told
from linktill.flows.asking_objects import ASKING_FIELDS
from tests.api.conftest import Paying
from tests.api.rig import LINK, Caller, problem

ASKS: dict[str, Any] = {
    "custom_fields": [
        {"type": "text", "label": "Name on the cup", "max_length": 20},
        {"type": "integer", "label": "Age", "key": "age", "minimum": "18", "is_required": True},
        {
            "type": "choice",
            "label": "Size",
            "options": [{"label": "Small"}, {"value": "l", "label": "Large"}],
        },
    ],
    "collects": {"name": "required", "shipping_address": "optional"},
    "consents": [
        {
            "text": "I agree to the terms.",
            "url": "https://example.com/terms",
            "version": "7",
            "language": "en",
        }
    ],
}


async def test_what_is_asked_is_read_as_it_was_sent(bea: Caller):
    made = await bea.post("/v1/payment_links", {**LINK, **ASKS})
    assert made.status_code == 201, made.text
    link = made.json()
    cup, age, size = link["custom_fields"]
    assert cup == {
        "type": "text",
        "label": "Name on the cup",
        "key": "name_on_the_cup",
        "hint": "",
        "is_required": False,
        "min_length": None,
        "max_length": 20,
        "minimum": None,
        "maximum": None,
        "options": [],
        "shown_if": None,
    }
    assert (age["key"], age["minimum"], age["is_required"]) == ("age", "18", True)
    assert size["options"] == [{"value": "Small", "label": "Small"}, {"value": "l", "label": "Large"}]
    assert link["collects"] == {
        "name": "required",
        "email": "optional",
        "phone": "no",
        "company": "no",
        "tax_id": "no",
        "billing_address": "no",
        "shipping_address": "optional",
    }
    assert link["consents"] == [{**ASKS["consents"][0], "key": "i_agree_to_the_terms", "is_required": True}]
    assert (await bea.get("/v1/payment_links")).json()["data"] == [link]
    # What was read can be sent: nothing of it changes.
    again = await bea.patch(f"/v1/payment_links/{link['id']}", {name: link[name] for name in ASKING_FIELDS})
    assert again.json() == link


async def test_an_edit_sets_one_part_anew_and_its_version_says_which(bea: Caller):
    link = (await bea.post("/v1/payment_links", {**LINK, **ASKS})).json()
    path = f"/v1/payment_links/{link['id']}"
    edited = (await bea.patch(path, {"consents": None})).json()
    assert (edited["version"], edited["consents"]) == (2, [])
    assert (edited["custom_fields"], edited["collects"]) == (link["custom_fields"], link["collects"])
    plain = (await bea.patch(path, {"custom_fields": [], "collects": None})).json()
    assert {name: plain[name] for name in ASKING_FIELDS} == {
        "custom_fields": [],
        "collects": None,
        "consents": [],
    }
    newest, second, first = (await bea.get(f"{path}/versions")).json()["data"]
    assert newest["changed"] == ["custom_fields", "collects"]
    assert second["changed"] == ["consents"]
    assert {name: first[name] for name in ASKING_FIELDS} == {name: link[name] for name in ASKING_FIELDS}


async def test_a_template_and_a_copy_ask_the_same(bea: Caller):
    template = (await bea.post("/v1/payment_link_templates", {**LINK, **ASKS, "name": "Cups"})).json()
    link = (await bea.post("/v1/payment_links", {**LINK, **ASKS})).json()
    copy = (await bea.post(f"/v1/payment_links/{link['id']}/duplicate")).json()
    for name in ASKING_FIELDS:
        assert template[name] == copy[name] == link[name]


@pytest.mark.parametrize(
    ("asks", "param"),
    [
        ({"custom_fields": [{"type": "text", "label": ""}]}, "custom_fields.0.label"),
        ({"custom_fields": [{"type": "file", "label": "It"}]}, "custom_fields.0.type"),
        ({"custom_fields": [{"type": "text"}]}, "custom_fields.0.label"),
        ({"custom_fields": [{"type": "text", "label": "It", "key": "no no"}]}, "custom_fields.0.key"),
        ({"custom_fields": [{"type": "number", "label": "It", "minimum": 5}]}, "custom_fields.0.minimum"),
        ({"custom_fields": [{"type": "text", "label": "4242424242424242"}]}, "custom_fields.0.label"),
        ({"collects": {"phone": "maybe"}}, "collects.phone"),
        ({"collects": {"name": "no"}}, "collects.name"),
        ({"collects": {"shoe_size": "required"}}, "collects.shoe_size"),
        ({"consents": [{"text": "I agree.", "url": "http://example.com"}]}, "consents.0.url"),
        ({"custom_fields": [{"type": "text", "label": "It"}] * 51}, "custom_fields"),
        (
            {
                "custom_fields": [
                    {"type": "text", "label": "It", "shown_if": {"key": "other", "values": ["a"]}}
                ]
            },
            "custom_fields.0.shown_if.key",
        ),
        (
            {
                "custom_fields": [
                    {"type": "checkbox", "label": "A"},
                    {"type": "text", "label": "B", "shown_if": {"key": "#1", "values": ["yes"]}},
                ]
            },
            "custom_fields.1.shown_if.values",
        ),
    ],
)
async def test_what_cannot_be_asked_is_refused_by_its_field(bea: Caller, asks: dict[str, Any], param: str):
    refused = await bea.post("/v1/payment_links", {**LINK, **asks})
    assert problem(refused) == (422, "field_invalid", param)
    assert (await bea.get("/v1/payment_links")).json()["data"] == []


async def test_a_field_that_hangs_on_another_is_read_with_its_key(bea: Caller):
    fields = [
        {"type": "checkbox", "label": "A gift"},
        {"type": "text", "label": "Words", "shown_if": {"key": "#1", "values": ["true"]}},
    ]
    link = await bea.link(custom_fields=fields)
    assert [each["shown_if"] for each in link["custom_fields"]] == [
        None,
        {"key": "a_gift", "values": ["true"]},
    ]
    again = await bea.patch(f"/v1/payment_links/{link['id']}", {"custom_fields": link["custom_fields"]})
    assert again.json()["version"] == 1


TOLD = Told(
    Typed({"size": "l", "gift": "yes"}, frozenset({"terms"})), Origin("student-17", {"utm_source": "mail"})
)


async def test_a_payment_has_what_its_payer_told(paying: Paying):
    size = Question("size", Kind.CHOICE, "Size", options=(Option("l", "Large"),))
    asking = Asking(
        (size, Question("gift", Kind.CHECKBOX, "A gift")),
        consents=(Consent("terms", "I agree.", version="3"),),
    )
    shop, bea = paying.shop, paying.bea
    link = await shop.link(asking=asking, payments_max=None)
    result = await shop.press_pay(link, told=TOLD)
    await shop.fill_card(result)
    await shop.deliver()
    plain = await shop.pay(await shop.link())
    path = f"/v1/payments/{result.session.attempt_id}"
    read = (await bea.get(path)).json()
    assert read["answers"] == [
        {"key": "size", "label": "Size", "type": "choice", "value": "l"},
        {"key": "gift", "label": "A gift", "type": "checkbox", "value": "true"},
    ]
    consent = dict(read["consents"][0])
    assert len(read["consents"]) == 1
    assert consent.pop("at") == read["created_at"]
    assert consent == {
        "key": "terms",
        "text": "I agree.",
        "url": None,
        "version": "3",
        "language": "",
        "is_given": True,
        "sha256": sha256(b"I agree.").hexdigest(),
    }
    assert read["origin"] == {
        "client_reference_id": "student-17",
        "utm_source": "mail",
        "utm_medium": None,
        "utm_campaign": None,
        "utm_term": None,
        "utm_content": None,
        "cut": [],
        "is_signed": False,
    }
    other = (await bea.get(f"/v1/payments/{plain.id}")).json()
    assert (other["answers"], other["consents"], other["origin"]) == ([], [], None)
    assert (await bea.get("/v1/payments")).json()["data"] == [other, read]
    # Programs that are told of it are told all of it, from the first word on.
    events = (await bea.get("/v1/events")).json()["data"]
    told = {
        each["type"]: each["data"]["object"] for each in events if each["data"]["object"]["id"] == read["id"]
    }
    assert {"payment.started", "payment.captured"} <= told.keys()
    for payment in told.values():
        assert (payment["answers"], payment["origin"]) == (read["answers"], read["origin"])
