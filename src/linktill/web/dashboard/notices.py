"""What a page says after a redirect, by the name of what was done: all such sentences in one place."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

NOTICES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "welcome": "Linktill is yours. Make your first payment link now.",
        "link_created": "The link is ready. Share its address.",
        "link_saved": "Saved. The address of the link is the same as before.",
        "link_paused": "Paused. Nobody can start to pay until you open it again.",
        "link_resumed": "The link is open again.",
        "link_canceled": "The link is canceled.",
        "import_started": "The links are being made. You may close this page.",
        "import_stopped": "Stopped. Links that were made already stay.",
        "link_duplicated": "This is the copy, with an address of its own.",
        "surplus_kept": "The money stays yours and counts as a sale.",
        "refund_started": "The refund is on its way. This page shows how it goes.",
        "money_recorded": "Recorded, with your name.",
        "money_taken_back": "Taken back. The books show both.",
        "waiting_ended": "It does not wait any more. If the money comes after all, record it here.",
        "refund_gone": "Recorded: the money has gone back.",
        "refund_canceled": "The refund is called off.",
        "offline_saved": "Saved. Payers are shown it from now on.",
        "evidence_saved": "Saved. Read it once more below, then submit it.",
        "evidence_submitted": "It is on its way. This page says when it has arrived.",
        "dispute_accepted": "The gateway is told now that you give in.",
        "compared": "Compared with your gateways. What needs you is below.",
        "compare_goes_on": "The comparison goes on. Open this page again in a minute.",
        "compare_trouble": "Not every gateway could be asked: see at the bottom of this page.",
        "set_aside": "Set aside, with your note.",
        "attached": "Booked on its link.",
        "settled": "Taken off the list, with your note.",
        "payout_recorded": "The payout is in your books.",
        "payout_taken_back": "Taken back. The books show both.",
        "paying_out": "It pays out what it holds. Press Compare now in some seconds to see it here.",
        "key_revoked": "The key is revoked. Programs that used it cannot get in any more.",
        "endpoint_removed": "The endpoint is removed. Nothing is sent to it any more.",
        "delivery_replayed": "It is being sent again.",
        "mail_sent_again": "It is being sent again.",
        "settings_saved": "Saved.",
        "gateway_connected": "Connected. Its events come here, and your links can be paid through it from now on.",
        "gateway_connected_only": "Connected: your links can be paid through it. Its webhook is still missing: see below.",
        "gateway_closed": "Disconnected. Payers are not offered it any more.",
        "gateway_reopened": "Connected again.",
        "gateway_offering_saved": "Saved. Payers are offered it by these rules from now on.",
        "gateway_moved": "The order is changed.",
        "went_live": "Your live books are open, and you are in them. Below is what real money needs.",
        "switched_live": "These are your live books: money here is real.",
        "switched_test": "These are your test books: no real money moves here.",
        "stuck_retried": "It is being tried again. If it does not work for a day, it comes back here.",
    }
)
"""Name → sentence."""
