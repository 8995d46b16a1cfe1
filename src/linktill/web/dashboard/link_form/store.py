"""Stores a new link once, however often its form is sent."""

from functools import partial

from linktill.core.ids import LinkId
from linktill.core.payment_link import PaymentLink
from linktill.flows.idempotent import Answer, idempotently
from linktill.flows.manage_links import store_link
from linktill.flows.services import Services, moment_of
from linktill.web.dashboard.once import once
from linktill.web.form import Form


async def store_once(services: Services, link: PaymentLink, form: Form, *, by: str, path: str) -> LinkId:
    """The id of the link that this form made, now or before. Raises IdempotencyMismatch if it was another form."""
    answer = await idempotently(
        services,
        link.merchant_id,
        once(form, path),
        partial(store_link, moment=moment_of(services), link=link, by=by),
        lambda stored: Answer(303, stored.id.encode()),
    )
    services.wake.now()
    return LinkId(answer.body.decode())
