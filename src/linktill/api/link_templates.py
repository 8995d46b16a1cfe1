"""Templates of payment links over the API."""

from typing import Annotated, Final

from msgspec import UNSET, Meta, UnsetType

from linktill.api.answers import Reply, encoded, listed
from linktill.api.calls import Call
from linktill.api.links import fields_of_create, has_terms, patched, refiling_of, shape, version_of
from linktill.api.operations import Operation
from linktill.api.schemas import PaymentLinkPatch, PaymentLinkTermsCreate, PaymentLinkTermsPatch, Slug
from linktill.core.ids import TEMPLATE, TemplateId
from linktill.core.link_filing import checked_filing
from linktill.core.link_template import NAME_MAX, TEMPLATES_MAX, LinkTemplate
from linktill.flows.link_templates import (
    TemplateChange,
    TemplateUse,
    delete_template,
    edit_template,
    get_template,
    link_from_template,
    list_templates,
    new_template,
    store_template,
)
from linktill.flows.offers import terms_check
from linktill.flows.representations import PaymentLinkObject
from linktill.flows.services import moment_of
from linktill.flows.template_objects import PaymentLinkTemplateObject, template_object
from linktill.storage.database import Tx

TemplateName = Annotated[
    str,
    Meta(
        description="What you know it by; no two of yours are the same but for capitals.",
        extra_json_schema={"minLength": 1, "maxLength": NAME_MAX},
    ),
]


class PaymentLinkTemplateCreate(
    PaymentLinkTermsCreate, frozen=True, kw_only=True, forbid_unknown_fields=True
):
    """A payment link to keep under a name."""

    name: TemplateName


class PaymentLinkTemplatePatch(PaymentLinkTermsPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What to change of a template. What is left out stays; null clears."""

    name: TemplateName | UnsetType = UNSET


class PaymentLinkTemplateUse(PaymentLinkPatch, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is to be otherwise in the new link. What is left out is as in the template; null clears."""

    slug: Slug = ""


async def create(call: Call) -> Reply:
    asked = call.asked(PaymentLinkTemplateCreate)
    made = call.checked(
        lambda: new_template(
            call.services,
            call.merchant_id,
            asked.name,
            fields_of_create(asked),
            checked_filing(asked.tags, asked.internal_note, takes_requests=asked.takes_requests),
        )
    )

    async def work(tx: Tx) -> LinkTemplate:
        return await store_template(tx, made())

    return await call.once(work, template_object, status=201)


async def find(call: Call) -> Reply:
    found = await list_templates(call.services, call.merchant_id)
    return listed([template_object(template) for template in found], None)


async def read(call: Call) -> Reply:
    template_id = TemplateId(call.id(TEMPLATE))
    return _told(await get_template(call.services, call.merchant_id, template_id))


async def edit(call: Call) -> Reply:
    template_id = TemplateId(call.id(TEMPLATE))
    asked = call.asked(PaymentLinkTemplatePatch)
    change = TemplateChange(
        None if asked.name is UNSET else asked.name,
        (lambda terms: patched(terms, asked)) if has_terms(asked) else None,
        refiling_of(asked),
    )
    return _told(await edit_template(call.services, call.merchant_id, template_id, change))


async def delete(call: Call) -> Reply:
    await delete_template(call.services, call.merchant_id, TemplateId(call.id(TEMPLATE)))
    return Reply(204, b"")


async def use(call: Call) -> Reply:
    template_id = TemplateId(call.id(TEMPLATE))
    asked = call.asked(PaymentLinkTemplateUse)
    wanted = TemplateUse(template_id, lambda terms: patched(terms, asked), refiling_of(asked), asked.slug)
    takes = await terms_check(call.services, call.merchant_id)
    return await call.flow_once(
        lambda services: link_from_template(services, call.merchant_id, wanted, takes, by=call.by),
        shape(moment_of(call.services)),
        status=201,
        headers=version_of,
    )


def _told(template: LinkTemplate) -> Reply:
    return Reply(200, encoded(template_object(template)))


_GROUP: Final = "Payment link templates"
_TEMPLATES: Final = "/v1/payment_link_templates"
_EXAMPLE: Final = {
    "name": "Guitar lesson",
    "amount_minor": 4000,
    "currency": "USD",
    "description": "Guitar lesson",
    "tags": ["lessons"],
}

OPERATIONS: Final = (
    Operation(
        "POST",
        _TEMPLATES,
        "create_payment_link_template",
        _GROUP,
        "Create a template",
        f"Keeps a payment link that is filled in, under a name, to make links from. There are at most {TEMPLATES_MAX}.",
        create,
        PaymentLinkTemplateObject,
        status=201,
        takes=PaymentLinkTemplateCreate,
        problems=("too_many",),
        example=_EXAMPLE,
    ),
    Operation(
        "GET",
        _TEMPLATES,
        "list_payment_link_templates",
        _GROUP,
        "List templates",
        "All of them, by name.",
        find,
        PaymentLinkTemplateObject,
        is_list=True,
    ),
    Operation(
        "GET",
        f"{_TEMPLATES}/{{id}}",
        "get_payment_link_template",
        _GROUP,
        "Get a template",
        "The template as it is now.",
        read,
        PaymentLinkTemplateObject,
        prefix=TEMPLATE,
    ),
    Operation(
        "PATCH",
        f"{_TEMPLATES}/{{id}}",
        "edit_payment_link_template",
        _GROUP,
        "Edit or rename a template",
        "Changes what is sent and leaves the rest; null clears a field. Links that were made from it stay as they are.",
        edit,
        PaymentLinkTemplateObject,
        takes=PaymentLinkTemplatePatch,
        prefix=TEMPLATE,
        example={"name": "Guitar lesson, one hour", "amount_minor": 4500},
    ),
    Operation(
        "DELETE",
        f"{_TEMPLATES}/{{id}}",
        "delete_payment_link_template",
        _GROUP,
        "Delete a template",
        "Links that were made from it stay.",
        delete,
        None,
        status=204,
        prefix=TEMPLATE,
    ),
    Operation(
        "POST",
        f"{_TEMPLATES}/{{id}}/use",
        "use_payment_link_template",
        _GROUP,
        "Make a payment link from a template",
        "A new link as the template has it, but for what is sent; null clears a field. A start, due date or expiry that has "
        "passed is left out.",
        use,
        PaymentLinkObject,
        status=201,
        takes=PaymentLinkTemplateUse,
        prefix=TEMPLATE,
        example={"description": "Guitar lesson on Friday"},
    ),
)
