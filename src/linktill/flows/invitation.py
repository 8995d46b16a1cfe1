"""The mail that carries a link to whom the merchant sends it."""

import msgspec

from linktill.core.merchant import Merchant, Mode
from linktill.core.payers_language import Wish
from linktill.core.payment_link import PaymentLink
from linktill.flows.message_objects import LinkMessageObject
from linktill.flows.stories import Draft, Story
from linktill.notify.letters import Invitation


def invitation(story: Story, origin: str) -> Draft:
    """The mail of a message that was sent. `origin`: how the addresses of the merchant's links begin."""
    message = msgspec.json.decode(story.event.data, type=LinkMessageObject)
    assert story.link is not None, "links are never deleted"
    return Draft(message.to, invitation_letter(story.merchant, story.link, message.note, origin))


def invitation_letter(merchant: Merchant, link: PaymentLink, note: str, origin: str) -> Invitation:
    """What it says: also before it is sent, for whoever writes it. In the link's own language, or the merchant's: what the
    payer reads is not known before they open it.
    """
    lang = Wish().language(link.terms.locale, merchant.language)
    terms = link.terms.in_language(lang)
    return Invitation(
        merchant_name=merchant.name,
        contact_email=merchant.contact_email,
        is_test=merchant.mode is Mode.TEST,
        description=terms.description,
        reference=terms.reference,
        amount=terms.due if terms.due.minor else None,
        note=note,
        due_at=terms.due_at,
        opens_at=terms.starts_at,
        closes_at=terms.expires_at,
        url=f"{origin}/p/{link.slug}",
        lang=lang,
    )
