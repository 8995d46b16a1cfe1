"""What the worker looks for, and how often when there is nothing. A look that finds nothing costs one short read."""

from collections.abc import Awaitable, Callable, Sequence
from functools import partial

from linktill.flows.deliver_outbox import OutboxDelivery
from linktill.flows.enter_search import fill_search
from linktill.flows.expire import wake_links
from linktill.flows.file_payers import file_payers
from linktill.flows.idempotent import purge_idempotency
from linktill.flows.import_links import forget_imports, import_links
from linktill.flows.receive_webhook import process_inbox
from linktill.flows.reconcile import compare_accounts, poll_attempts, poll_refunds
from linktill.flows.seal_ledger import seal_ledger
from linktill.flows.send_answers import poll_answers
from linktill.flows.services import Services
from linktill.flows.take_turn import Channels
from linktill.flows.tell_of_requests import tell_of_requests
from linktill.worker.loop import Step


def steps(channels: Channels) -> Sequence[Step]:
    """Every step that any process may take. What a process gathers in its own memory, it writes down itself: see `main`."""
    outbox = OutboxDelivery(channels)
    return (
        Step("inbox", process_inbox, every_s=1.0, is_woken=True),
        Step("outbox", outbox.step, every_s=1.0, is_woken=True, finish=lambda _services: outbox.drain()),
        Step("refunds", poll_refunds, every_s=1.0, is_woken=True),
        Step("dispute answers", poll_answers, every_s=2.0, is_woken=True),
        Step("attempts", poll_attempts, every_s=2.0, is_woken=True),
        Step("links", wake_links, every_s=2.0),
        Step("payers", file_payers, every_s=1.0),
        Step("requests", partial(tell_of_requests, has_mailer=channels.mailer is not None), every_s=10.0),
        Step("ledger", seal_ledger, every_s=2.0, is_eager=False),
        Step("accounts", compare_accounts, every_s=60.0),
        Step("imports", import_links, every_s=1.0),
        Step("old imports", forget_imports, every_s=3_600.0, is_eager=False),
        Step("search", fill_search, every_s=60.0),
        Step("answers", purge_idempotency, every_s=3_600.0, is_eager=False),
    )


def standing_step(look: Callable[[Services], Awaitable[int]]) -> Step:
    """Looks whether this installation may act: the one step that a copy takes, since somebody may adopt it."""
    return Step("standing", look, every_s=2.0, is_own=True)
