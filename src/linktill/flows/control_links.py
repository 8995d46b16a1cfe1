"""The same for several links: each for itself, so that one that cannot be done keeps none of the others from it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from linktill.core.errors import FieldInvalid, NotFound, TransitionRefused
from linktill.core.ids import LinkId, MerchantId
from linktill.core.payment_link import PaymentLink
from linktill.flows.archive_link import archive_link, unarchive_link
from linktill.flows.cancel_link import Received, cancel_link
from linktill.flows.manage_links import pause_link, read_link, resume_link
from linktill.flows.publish_link import publish_link
from linktill.flows.services import Services

LINKS_MAX: Final = 100


class Control(StrEnum):
    """What is done with a link."""

    PUBLISH = "publish"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


async def _cancel_keeping(services: Services, merchant_id: MerchantId, link_id: LinkId) -> PaymentLink:
    return await cancel_link(services, merchant_id, link_id, Received.KEEP)


_ACTS: Final = MappingProxyType(
    {
        Control.PUBLISH: publish_link,
        Control.PAUSE: pause_link,
        Control.RESUME: resume_link,
        Control.CANCEL: cancel_link,
        Control.ARCHIVE: archive_link,
        Control.UNARCHIVE: unarchive_link,
    }
)


@dataclass(frozen=True, slots=True)
class Controlled:
    """What came of it for one link. `link`: as it stands; None: there is no such link. `refusal` empty: done."""

    link_id: LinkId
    link: PaymentLink | None
    refusal: str = ""


async def read_links(
    services: Services, merchant_id: MerchantId, link_ids: Sequence[LinkId]
) -> Mapping[LinkId, PaymentLink]:
    """Those of the links that there are, in the order in which they are named."""
    found: dict[LinkId, PaymentLink] = {}
    for link_id in dict.fromkeys(link_ids[:LINKS_MAX]):
        try:
            found[link_id] = (await read_link(services, merchant_id, link_id)).link
        except NotFound:
            continue
    return found


async def control_links(
    services: Services,
    merchant_id: MerchantId,
    link_ids: Sequence[LinkId],
    control: Control,
    *,
    keeps_payments: bool = False,
) -> list[Controlled]:
    """Does it with each of them, at most `LINKS_MAX`, and says of each what came of it.

    `keeps_payments`: bills of which a part is paid are canceled, too, and the part is kept. To send money back is decided link
    by link. Each refuses before it writes anything, so all may share one unit.
    """
    act = _cancel_keeping if keeps_payments and control is Control.CANCEL else _ACTS[control]
    done: list[Controlled] = []
    for link_id in dict.fromkeys(link_ids[:LINKS_MAX]):
        try:
            done.append(Controlled(link_id, await act(services, merchant_id, link_id)))
        except NotFound as refusal:
            done.append(Controlled(link_id, None, str(refusal)))
        except (TransitionRefused, FieldInvalid) as refusal:
            link = (await read_link(services, merchant_id, link_id)).link
            done.append(Controlled(link_id, link, str(refusal)))
    return done
