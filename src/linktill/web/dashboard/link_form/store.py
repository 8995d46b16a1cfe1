"""Stores a new link once, however often its form is sent."""

from linktill.core.ids import LinkId, LinkRequestId
from linktill.core.payment_link import PaymentLink
from linktill.flows.answer_requests import answer_with_new
from linktill.flows.idempotent import Answer, idempotently
from linktill.flows.manage_links import FiledLink, store_link
from linktill.flows.services import Services, moment_of
from linktill.storage.database import Tx
from linktill.web.dashboard.once import once
from linktill.web.form import Form


async def store_once(services: Services, filed: FiledLink, form: Form, *, by: str, path: str) -> LinkId:
    """The id of the link that this form made, now or before. Raises IdempotencyMismatch if it was another form.

    Where the form says that somebody asked for it, they are answered with it in the same unit.
    """
    moment, request_id = moment_of(services), form.text("request")

    async def work(tx: Tx) -> PaymentLink:
        stored = await store_link(tx, moment, filed.link, by, filed.filing)
        if request_id:
            await answer_with_new(tx, moment, stored, LinkRequestId(request_id))
        return stored

    answer = await idempotently(
        services,
        filed.link.merchant_id,
        once(form, path),
        work,
        lambda stored: Answer(303, stored.id.encode()),
    )
    services.wake.now()
    return LinkId(answer.body.decode())
