"""A person sends a document of a payment to an address: a receipt, an invoice or a credit note.

So that nobody's mailbox is filled in a merchant's name, an address gets a few documents a day, and a merchant sends so many.
"""

from dataclasses import dataclass
from typing import Final

from linktill.core import ids as prefixes
from linktill.core.errors import FieldsInvalid, NotFound, TooMany, TransitionRefused
from linktill.core.ids import AttemptId, EventId, InvoiceId, MerchantId
from linktill.core.invoice import InvoiceKind
from linktill.core.merchant import Mode
from linktill.documents import texts
from linktill.documents.views import Kind
from linktill.flows.paper_views import load_bought
from linktill.flows.send_mails import new_mail, post
from linktill.flows.services import Moment, Services, moment_of
from linktill.flows.set_up import checked_email
from linktill.flows.stories import Draft
from linktill.notify.letters import DocumentLetter
from linktill.platform.translation import translated
from linktill.storage.database import Tx
from linktill.storage.invoices import get_invoice
from linktill.storage.mails import Mail, documents_sent
from linktill.storage.merchants import lock_merchant

TO_ONE_MAX: Final = 5
OF_MERCHANT_MAX: Final = 500
WINDOW_US: Final = 24 * 3_600 * 1_000_000
TITLES: Final = {InvoiceKind.INVOICE: "Invoice", InvoiceKind.CREDIT_NOTE: "Credit note"}


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to send where. `document_id`: the payment's id for its receipt, else an invoice of it. `email`: not checked yet."""

    payment_id: AttemptId
    document_id: str
    email: str


async def send_document(
    services: Services, merchant_id: MerchantId, wanted: Wanted, *, has_mailer: bool
) -> Mail:
    """The mail, on its way; kept where no mail server is set. Raises FieldsInvalid, NotFound, TransitionRefused and TooMany."""
    email, error = checked_email("email", wanted.email)
    if error is not None:
        raise FieldsInvalid((error,))
    clean = Wanted(wanted.payment_id, wanted.document_id, email)
    mail = await services.database.run(_send, moment_of(services), merchant_id, clean, has_mailer=has_mailer)
    services.wake.now()
    return mail


async def _send(tx: Tx, moment: Moment, merchant_id: MerchantId, wanted: Wanted, *, has_mailer: bool) -> Mail:
    # Two at once would both count what the other has not sent yet.
    await lock_merchant(tx, merchant_id)
    bought = await load_bought(tx, merchant_id, wanted.payment_id)
    if bought is None:
        raise NotFound(f"There is no payment {wanted.payment_id}.", param="id")
    if not bought.is_paid:
        raise TransitionRefused("Only a payment that has been captured has documents.", param="id")
    of_merchant, to_one = await documents_sent(tx, merchant_id, wanted.email, since=moment.now - WINDOW_US)
    if to_one >= TO_ONE_MAX:
        raise TooMany(
            f"{wanted.email} was sent {TO_ONE_MAX} documents within a day. Wait before you send more."
        )
    if of_merchant >= OF_MERCHANT_MAX:
        raise TooMany(f"At most {OF_MERCHANT_MAX} documents a day can be sent by hand.")
    title, amount = translated(texts.TITLES[Kind.RECEIPT], bought.language), bought.attempt.amount
    if wanted.document_id != bought.attempt.id:
        found = await get_invoice(tx, merchant_id, InvoiceId(wanted.document_id))
        if found is None or found.scope_id != bought.scope_id:
            raise NotFound(f"This payment has no document {wanted.document_id[:80]}.", param="document_id")
        title = f"{translated(texts.TITLES[Kind(found.kind)], bought.language)} {found.label}"
        amount = found.total
    letter = DocumentLetter(
        bought.merchant.name,
        bought.merchant.contact_email,
        bought.merchant.mode is Mode.TEST,
        title,
        bought.session.description,
        amount,
        bought.language,
    )
    draft = Draft(wanted.email, letter, attached=wanted.document_id)
    # It tells of no event, and is a mail of its own each time.
    event_id = EventId(moment.ids.new(prefixes.EVENT))
    mail = new_mail(moment, bought.merchant, event_id, draft, has_mailer=has_mailer)
    await post(tx, mail)
    return mail
