"""Filled-in links under names: kept, changed, forgotten, and made into links."""

import asyncio
from dataclasses import fields

import pytest

from linktill.api.schemas import PaymentLinkTermsCreate
from linktill.core.errors import FieldInvalid, FieldsInvalid, NotFound, TooMany
from linktill.core.ids import MerchantId, TemplateId
from linktill.core.link_filing import Filing, Refiling
from linktill.core.link_template import NAME_MAX, TEMPLATES_MAX, LinkTemplate, checked_name, terms_from_now
from linktill.core.link_terms import LinkFields
from linktill.core.payment_link import LinkStatus, LinkTerms
from linktill.flows.link_templates import (
    TemplateChange,
    TemplateUse,
    create_template,
    delete_template,
    edit_template,
    get_template,
    link_from_template,
    list_templates,
    new_template,
    template_of_link,
)
from linktill.flows.manage_links import FiledLink, find_links
from linktill.flows.offers import terms_check
from linktill.flows.template_objects import PaymentLinkTemplateObject
from tests.flows.edits import raised_to
from tests.make import Shop, usd

LESSON = LinkFields(4_000, "USD", "Guitar lesson", note="See you", reference="G", metadata={"room": "2"})
FILED = Filing(("lessons",), "Bring the amp.")
SECOND_US = 1_000_000


def lesson(shop: Shop, name: str = "Lesson", terms: LinkFields = LESSON) -> LinkTemplate:
    return new_template(shop.services, shop.id, name, terms, FILED)


async def used(shop: Shop, template: LinkTemplate, **changes: object) -> FiledLink:
    wanted = TemplateUse(template.id, **changes)  # type: ignore[arg-type]
    takes = await terms_check(shop.services, shop.id)
    return await link_from_template(shop.services, shop.id, wanted, takes, by="test")


async def names(shop: Shop) -> list[str]:
    return [template.name for template in await list_templates(shop.services, shop.id)]


async def test_a_template_becomes_as_many_links_as_one_likes(shop: Shop) -> None:
    template = await create_template(shop.services, lesson(shop))
    assert await get_template(shop.services, shop.id, template.id) == template
    assert (await find_links(shop.services, shop.id, limit=9)).links == [], "no link is made yet"
    first, second = await used(shop, template), await used(shop, template)
    assert first.link.terms == second.link.terms == template.terms
    assert first.filing == second.filing == FILED
    assert first.link.slug != second.link.slug
    assert (first.link.status, first.link.version) == (LinkStatus.ACTIVE, 1)
    other = await used(
        shop, template, edit=raised_to(7), refiling=Refiling(tags=("new",)), slug="guitar-lesson"
    )
    assert (other.link.terms.payments_max, other.link.slug) == (7, "guitar-lesson")
    assert other.filing == Filing(("new",), FILED.internal_note)
    assert await get_template(shop.services, shop.id, template.id) == template


async def test_a_link_is_kept_as_a_template_with_its_tags_and_without_its_note(shop: Shop) -> None:
    link = await shop.link(filing=FILED, description="A bell", payments_max=3)
    template = await template_of_link(shop.services, shop.id, link.id, "  Bells  and  whistles ")
    assert (template.name, template.terms, template.filing) == (
        "Bells and whistles",
        link.terms,
        Filing(FILED.tags),
    )


async def test_days_that_have_passed_are_left_out_of_new_links(shop: Shop) -> None:
    now = shop.services.clock.now_us()
    terms = LinkFields(
        4_000,
        "USD",
        "A course",
        starts_at=now + 10 * SECOND_US,
        due_at=now + 20 * SECOND_US,
        expires_at=now + 30 * SECOND_US,
    )
    template = await create_template(shop.services, lesson(shop, terms=terms))
    scheduled = (await used(shop, template)).link
    assert (scheduled.status, scheduled.terms) == (LinkStatus.SCHEDULED, template.terms)
    await shop.running.step(15)
    assert (await used(shop, template)).link.terms.starts_at is None
    await shop.running.step(60)
    late = (await used(shop, template)).link
    assert late.status is LinkStatus.ACTIVE
    assert (late.terms.starts_at, late.terms.due_at, late.terms.expires_at) == (None, None, None)
    renamed = await edit_template(shop.services, shop.id, template.id, TemplateChange("Old course"))
    assert renamed.terms == template.terms
    with pytest.raises(FieldsInvalid) as refused:
        await create_template(shop.services, lesson(shop, "Other", terms))
    assert refused.value.param == "expires_at"


async def test_two_templates_have_two_names(shop: Shop) -> None:
    first = await create_template(shop.services, lesson(shop, "Lesson"))
    with pytest.raises(FieldInvalid, match="a template called Lesson") as refused:
        await create_template(shop.services, lesson(shop, " LESSON "))
    assert refused.value.param == "name"
    second = await create_template(shop.services, lesson(shop, "course"))
    with pytest.raises(FieldInvalid, match="a template called Lesson"):
        await edit_template(shop.services, shop.id, second.id, TemplateChange("lesson"))
    assert await names(shop) == ["course", "Lesson"]
    again = await edit_template(shop.services, shop.id, first.id, TemplateChange("LESSON"))
    assert again.name == "LESSON"
    assert await create_template(shop.services, second) == second, "run again, it finds its own"
    assert await names(shop) == ["course", "LESSON"]


async def test_of_those_who_take_a_name_at_once_one_has_it(shop: Shop) -> None:
    done = await asyncio.gather(
        *(create_template(shop.services, lesson(shop)) for _ in range(4)), return_exceptions=True
    )
    assert sorted(isinstance(each, FieldInvalid) for each in done) == [False, True, True, True]
    assert await names(shop) == ["Lesson"]


async def test_a_template_is_edited_and_its_links_stay(shop: Shop) -> None:
    template = await create_template(shop.services, lesson(shop))
    link = (await used(shop, template)).link
    await shop.running.step(1)
    change = TemplateChange("Hour", raised_to(2), Refiling(tags=()))
    edited = await edit_template(shop.services, shop.id, template.id, change)
    assert (edited.name, edited.terms.payments_max, edited.filing) == (
        "Hour",
        2,
        Filing((), "Bring the amp."),
    )
    assert edited.updated_at > template.updated_at
    assert await get_template(shop.services, shop.id, template.id) == edited
    assert await edit_template(shop.services, shop.id, template.id, change) == edited
    assert (await shop.fresh(link)).terms == template.terms
    await delete_template(shop.services, shop.id, template.id)
    assert await names(shop) == []
    assert (await shop.fresh(link)).terms == template.terms


async def test_what_is_not_there_or_others_have_is_not_found(shop: Shop) -> None:
    template = await create_template(shop.services, lesson(shop))
    stranger = MerchantId("mer_00000000000000000000000000")
    nothing = TemplateId("tpl_00000000000000000000000000")
    for whose, wanted in ((stranger, template.id), (shop.id, nothing)):
        for act in (get_template, delete_template):
            with pytest.raises(NotFound):
                await act(shop.services, whose, wanted)
        with pytest.raises(NotFound):
            await edit_template(shop.services, whose, wanted, TemplateChange("x"))
        takes = await terms_check(shop.services, whose)
        with pytest.raises(NotFound):
            await link_from_template(shop.services, whose, TemplateUse(wanted), takes, by="test")
    assert await names(shop) == ["Lesson"]


async def test_there_are_two_hundred_at_most(shop: Shop) -> None:
    for number in range(TEMPLATES_MAX):
        await create_template(shop.services, lesson(shop, f"Lesson {number}"))
    with pytest.raises(TooMany, match="200"):
        await create_template(shop.services, lesson(shop, "One more"))
    found = await list_templates(shop.services, shop.id)
    assert len(found) == TEMPLATES_MAX
    await delete_template(shop.services, shop.id, found[0].id)
    assert (await create_template(shop.services, lesson(shop, "One more"))).name == "One more"


def test_a_name_says_something():
    assert checked_name(" Guitar\tlesson ") == "Guitarlesson"
    for text in ("", "  ", "\u200b", "x" * (NAME_MAX + 1), "4242 4242 4242 4242"):
        with pytest.raises(FieldInvalid) as refused:
            checked_name(text)
        assert refused.value.param == "name"


def test_a_template_keeps_whatever_a_link_is_made_of():
    shown = set(PaymentLinkTemplateObject.__struct_fields__)
    assert shown - {"object", "id", "name", "total_minor", "created_at", "updated_at"} == set(
        PaymentLinkTermsCreate.__struct_fields__
    )
    terms = LinkTerms(usd(1), "x", starts_at=5, due_at=5, expires_at=5)
    assert terms_from_now(terms, 4) == terms
    assert {field.name for field in fields(LinkTerms)} >= {"starts_at", "due_at", "expires_at"}
    assert terms_from_now(terms, 5) == LinkTerms(usd(1), "x")
