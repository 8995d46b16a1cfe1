"""Keeps a template from a form, once: a second press of the same button finds what the first one made."""

from linktill.core.errors import FieldInvalid
from linktill.core.link_template import LinkTemplate
from linktill.flows.link_templates import create_template, list_templates
from linktill.flows.services import Services


async def keep_template(services: Services, template: LinkTemplate) -> None:
    """Stores it unless there is the very same one. Raises FieldInvalid where another one has its name, and TooMany."""
    try:
        await create_template(services, template)
    except FieldInvalid:
        wanted = (template.name, template.terms, template.filing)
        known = await list_templates(services, template.merchant_id)
        if not any((other.name, other.terms, other.filing) == wanted for other in known):
            raise
