"""Stores a new link once, however often its form is sent."""

from functools import partial

from linktill.core.ids import LinkId
from linktill.flows.idempotent import Answer, idempotently
from linktill.flows.manage_links import FiledLink, store_link
from linktill.flows.services import Services, moment_of
from linktill.web.dashboard.once import once
from linktill.web.form import Form


async def store_once(services: Services, filed: FiledLink, form: Form, *, by: str, path: str) -> LinkId:
    """The id of the link that this form made, now or before. Raises IdempotencyMismatch if it was another form."""
    answer = await idempotently(
        services,
        filed.link.merchant_id,
        once(form, path),
        partial(store_link, moment=moment_of(services), link=filed.link, by=by, filing=filed.filing),
        lambda stored: Answer(303, stored.id.encode()),
    )
    services.wake.now()
    return LinkId(answer.body.decode())
