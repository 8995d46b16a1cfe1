"""What came of an act on several links, as programs see it: for API answers and command-line output."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from linktill.core.payment_link import standing
from linktill.flows.control_links import Control, Controlled


class ControlledLinkObject(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it for one link."""

    payment_link_id: str
    is_done: bool
    status: str | None
    message: str


class LinkControlObject(msgspec.Struct, frozen=True, kw_only=True):
    """What came of it for all of them."""

    object: Literal["payment_link_control"] = "payment_link_control"
    action: str
    done: int
    refused: int
    results: Sequence[ControlledLinkObject]


def control_object(control: Control, results: Sequence[Controlled], *, now: int) -> LinkControlObject:
    """The results in the order in which the links were named."""
    shown = tuple(
        ControlledLinkObject(
            payment_link_id=each.link_id,
            is_done=not each.refusal,
            status=None if each.link is None else standing(each.link, now).value,
            message=each.refusal,
        )
        for each in results
    )
    done = sum(each.is_done for each in shown)
    return LinkControlObject(action=control.value, done=done, refused=len(shown) - done, results=shown)
