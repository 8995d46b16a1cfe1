"""A merchant keeps filled-in links under names, and makes links from them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from linktill.core import ids as prefixes
from linktill.core.errors import FieldInvalid, NotFound, TooMany
from linktill.core.ids import LinkId, MerchantId, TemplateId
from linktill.core.link_filing import Filing, Refiling
from linktill.core.link_template import TEMPLATES_MAX, LinkTemplate, checked_name, terms_from_now
from linktill.core.link_terms import LinkFields, checked_terms, fields_of
from linktill.core.payment_link import LinkTerms
from linktill.flows.manage_links import NOTHING_REFILED, FiledLink, copied_link, new_link, store_link
from linktill.flows.offers import TermsCheck
from linktill.flows.services import Moment, Services, moment_of
from linktill.storage import link_templates as templates
from linktill.storage.database import Tx
from linktill.storage.merchants import lock_merchant


@dataclass(frozen=True, slots=True)
class TemplateChange:
    """What somebody wants changed. `name` and `edit` None: that stays."""

    name: str | None = None
    edit: Callable[[LinkTerms], LinkFields] | None = None
    refiling: Refiling = NOTHING_REFILED


@dataclass(frozen=True, slots=True)
class TemplateUse:
    """A link that is to be made of a template, and what is to be otherwise in it. `edit` None: no term is."""

    template_id: TemplateId
    edit: Callable[[LinkTerms], LinkFields] | None = None
    refiling: Refiling = NOTHING_REFILED
    slug: str = ""


def new_template(
    services: Services, merchant_id: MerchantId, name: str, fields: LinkFields, filing: Filing
) -> LinkTemplate:
    """A template that is not stored yet. Raises FieldInvalid.

    Whether a gateway takes the price is asked when a link is made of it: that may be another one by then.
    """
    now = services.clock.now_us()
    template_id = TemplateId(services.ids.new(prefixes.TEMPLATE))
    terms = checked_terms(fields, now=now)
    return LinkTemplate(merchant_id, template_id, checked_name(name), terms, filing, now, now)


async def template_of_link(
    services: Services, merchant_id: MerchantId, link_id: LinkId, name: str
) -> LinkTemplate:
    """A new template with the link's terms and tags, as a duplicate gets them. Raises NotFound, FieldInvalid and TooMany."""
    terms, filing = await copied_link(services, merchant_id, link_id)
    return await create_template(
        services, new_template(services, merchant_id, name, fields_of(terms), filing)
    )


async def create_template(services: Services, template: LinkTemplate) -> LinkTemplate:
    """Stores a new one. Raises FieldInvalid where another one has its name, and TooMany."""
    return await services.database.run(store_template, template)


async def store_template(tx: Tx, template: LinkTemplate) -> LinkTemplate:
    """Unit: run again after a lost answer, it finds its own."""
    await lock_merchant(tx, template.merchant_id)  # two who take one name, or the last place, see each other
    known = await templates.templates_of(tx, template.merchant_id)
    if any(other.id == template.id for other in known):
        return template
    _check_name(template, known)
    if len(known) >= TEMPLATES_MAX:
        raise TooMany(f"There can be {TEMPLATES_MAX} templates. Delete one that is not needed.")
    await templates.insert_template(tx, template)
    return template


async def list_templates(services: Services, merchant_id: MerchantId) -> list[LinkTemplate]:
    """All of them, by name."""
    return await services.database.read(templates.templates_of, merchant_id)


async def get_template(services: Services, merchant_id: MerchantId, template_id: TemplateId) -> LinkTemplate:
    """The template. Raises NotFound."""
    return await services.database.read(_known, merchant_id, template_id)


async def edit_template(
    services: Services, merchant_id: MerchantId, template_id: TemplateId, change: TemplateChange
) -> LinkTemplate:
    """The template as it is then; links that were made from it stay as they are. Raises NotFound and FieldInvalid."""
    return await services.database.run(_edit, moment_of(services), merchant_id, template_id, change)


async def delete_template(services: Services, merchant_id: MerchantId, template_id: TemplateId) -> None:
    """Forgets it; links that were made from it stay. Raises NotFound."""
    if not await services.database.run(templates.delete_template, merchant_id, template_id):
        raise _not_found(template_id)


async def link_from_template(
    services: Services, merchant_id: MerchantId, use: TemplateUse, takes: TermsCheck, *, by: str
) -> FiledLink:
    """A new link as the template has it, but for what is to be otherwise. Raises NotFound and FieldInvalid."""
    template = await get_template(services, merchant_id, use.template_id)
    terms = terms_from_now(template.terms, services.clock.now_us())
    fields = fields_of(terms) if use.edit is None else use.edit(terms)
    link = new_link(services, merchant_id, fields, takes, slug=use.slug)
    filing = use.refiling.of(template.filing)
    stored = await services.database.run(store_link, moment_of(services), link, by, filing)
    services.wake.now()
    return FiledLink(stored, filing)


async def _edit(
    tx: Tx, moment: Moment, merchant_id: MerchantId, template_id: TemplateId, change: TemplateChange
) -> LinkTemplate:
    await lock_merchant(tx, merchant_id)
    before = await _known(tx, merchant_id, template_id)
    terms = before.terms
    if change.edit is not None:
        terms = checked_terms(change.edit(terms), now=moment.now, before=terms)
    name = before.name if change.name is None else checked_name(change.name)
    after = replace(before, name=name, terms=terms, filing=change.refiling.of(before.filing))
    if after == before:
        return before
    _check_name(after, await templates.templates_of(tx, merchant_id))
    after = replace(after, updated_at=moment.now)
    await templates.update_template(tx, after)
    return after


async def _known(tx: Tx, merchant_id: MerchantId, template_id: TemplateId) -> LinkTemplate:
    found = await templates.get_template(tx, merchant_id, template_id)
    if found is None:
        raise _not_found(template_id)
    return found


def _check_name(template: LinkTemplate, known: list[LinkTemplate]) -> None:
    for other in known:
        if other.id != template.id and other.name_key == template.name_key:
            raise FieldInvalid("name", f"There is a template called {other.name}. Choose another name.")


def _not_found(template_id: TemplateId) -> NotFound:
    return NotFound(f"There is no template {template_id}.", param="id")
