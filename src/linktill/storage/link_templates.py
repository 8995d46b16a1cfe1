"""Templates of links. Whoever changes them has locked their merchant: names are unique, and there are not too many."""

import json
from typing import Final

from sqlalchemy import and_, bindparam, delete, insert, select, update

from linktill.core.ids import MerchantId, TemplateId
from linktill.core.link_template import TEMPLATES_MAX, LinkTemplate
from linktill.storage.database import Row, Tx
from linktill.storage.link_filing import filing_of_row, tags_text
from linktill.storage.links import TERMS, terms_of, terms_text
from linktill.storage.statements import compiled
from linktill.storage.tables import link_template

T: Final = link_template.c
_THIS: Final = and_(T.merchant_id == bindparam("merchant_id"), T.id == bindparam("template_id"))
_INSERT: Final = compiled(insert(link_template))
_SELECT: Final = compiled(select(link_template).where(_THIS))
_OF_MERCHANT: Final = compiled(
    select(link_template)
    .where(T.merchant_id == bindparam("merchant_id"))
    .order_by(T.name_key)
    .limit(TEMPLATES_MAX)
)
_UPDATE: Final = compiled(
    update(link_template)
    .where(_THIS)
    .values(
        {
            name: bindparam(name)
            for name in (
                "name",
                "name_key",
                "terms",
                "tags",
                "internal_note",
                "takes_requests",
                "updated_at",
            )
        }
    )
)
_DELETE: Final = compiled(delete(link_template).where(_THIS).returning(T.id))


def _template(row: Row) -> LinkTemplate:
    merchant_id, template_id, name, _name_key, terms, tags, note, created_at, updated_at, takes_requests = row
    kept = json.loads(terms)
    return LinkTemplate(
        merchant_id,
        template_id,
        name,
        terms_of([kept[column] for column in TERMS]),
        filing_of_row(tags, note, None, takes_requests),
        created_at,
        updated_at,
    )


def _what(template: LinkTemplate) -> dict[str, str | int]:
    return {
        "name": template.name,
        "name_key": template.name_key,
        "terms": terms_text(template.terms),
        "tags": tags_text(template.filing.tags),
        "internal_note": template.filing.internal_note,
        "takes_requests": int(template.filing.takes_requests),
        "updated_at": template.updated_at,
    }


async def insert_template(tx: Tx, template: LinkTemplate) -> None:
    """Keeps a new one."""
    await tx.run(
        _INSERT,
        merchant_id=template.merchant_id,
        id=template.id,
        created_at=template.created_at,
        **_what(template),
    )


async def get_template(tx: Tx, merchant_id: MerchantId, template_id: TemplateId) -> LinkTemplate | None:
    """The template, or None."""
    row = await tx.one(_SELECT, merchant_id=merchant_id, template_id=template_id)
    return None if row is None else _template(row)


async def templates_of(tx: Tx, merchant_id: MerchantId) -> list[LinkTemplate]:
    """All of them, by name."""
    return [_template(row) for row in await tx.all(_OF_MERCHANT, merchant_id=merchant_id)]


async def update_template(tx: Tx, template: LinkTemplate) -> None:
    """Stores it as it is now."""
    await tx.run(_UPDATE, merchant_id=template.merchant_id, template_id=template.id, **_what(template))


async def delete_template(tx: Tx, merchant_id: MerchantId, template_id: TemplateId) -> bool:
    """Forgets it. False: there is none."""
    return await tx.one(_DELETE, merchant_id=merchant_id, template_id=template_id) is not None
