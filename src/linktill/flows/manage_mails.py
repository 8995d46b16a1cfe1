"""Mails for the dashboard: what was written to whom, and another try for those that did not go out."""

from linktill.core.errors import NotFound, TransitionRefused
from linktill.core.ids import MerchantId
from linktill.flows.send_mails import KIND
from linktill.flows.services import Services
from linktill.storage import mails, queues
from linktill.storage.database import Tx
from linktill.storage.mails import Mail


async def list_mails(
    services: Services, merchant_id: MerchantId, *, limit: int, before: str = mails.BEFORE_ALL
) -> list[Mail]:
    """Newest first, older than `before`."""
    return await services.database.read(mails.list_mails, merchant_id, limit=limit, before=before)


async def get_mail(services: Services, merchant_id: MerchantId, mail_id: str) -> Mail:
    """The mail. Raises NotFound."""
    return await services.database.read(_known, merchant_id, mail_id)


async def send_again(services: Services, merchant_id: MerchantId, mail_id: str) -> Mail:
    """Another try for a mail that failed or was kept, under the same Message-ID; a mail server must be set.

    Raises NotFound, and TransitionRefused for a mail that was sent or is on its way.
    """
    mail = await services.database.run(_send_again, merchant_id, mail_id, services.clock.now_us())
    services.wake.now()
    return mail


async def _send_again(tx: Tx, merchant_id: MerchantId, mail_id: str, now: int) -> Mail:
    await _known(tx, merchant_id, mail_id)
    if not await mails.send_mail_again(tx, merchant_id, mail_id, now=now):
        raise TransitionRefused("This mail was sent already, or is on its way.")
    await queues.enqueue(tx, merchant_id, mails.QUEUE, kind=KIND, subject_id=mail_id, now=now)
    return await _known(tx, merchant_id, mail_id)


async def _known(tx: Tx, merchant_id: MerchantId, mail_id: str) -> Mail:
    mail = await mails.get_mail(tx, merchant_id, mail_id)
    if mail is None:
        raise NotFound("There is no such mail.")
    return mail
