"""The mail to a payer who asked for a new link, and was answered with one."""

import msgspec

from linktill.core.merchant import Mode
from linktill.flows.request_objects import LinkRequestObject
from linktill.flows.stories import Draft, Story
from linktill.notify.letters import LinkAnswer


def answer_letter(story: Story, base_url: str) -> Draft:
    """The mail. What the payer wrote is not in it: whoever typed somebody else's address could send them words."""
    request = msgspec.json.decode(story.event.data, type=LinkRequestObject)
    link = story.link
    assert link is not None, "links are never deleted"
    due = link.due
    view = LinkAnswer(
        merchant_name=story.merchant.name,
        contact_email=story.merchant.contact_email,
        is_test=story.merchant.mode is Mode.TEST,
        description=link.terms.in_language(request.language).description,
        amount=due if due.minor else None,
        closes_at=link.terms.expires_at,
        url=f"{base_url}/p/{link.slug}",
        is_same=link.id == request.payment_link_id,
        lang=request.language,
    )
    return Draft(request.email, view)
