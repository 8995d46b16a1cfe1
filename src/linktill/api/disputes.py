"""Disputes over the API."""

from collections.abc import Awaitable, Callable
from typing import Final

import msgspec

from linktill.api.answers import Reply, encoded
from linktill.api.calls import Call
from linktill.api.money_schemas import EvidenceDraft
from linktill.api.operations import Operation
from linktill.api.queries import LIMIT, cursor_parameter
from linktill.api.schemas import Nothing
from linktill.core.dispute_answer import DisputeAnswer, Evidence, checked_evidence
from linktill.core.errors import NotFound
from linktill.core.ids import DISPUTE, DisputeId, MerchantId
from linktill.flows.answer_dispute import (
    Asking,
    Drafting,
    ask_acceptance,
    ask_submission,
    new_answer_id,
    reach_of,
    save_draft,
)
from linktill.flows.answer_objects import DisputeAnswerObject, answer_object
from linktill.flows.dispute_objects import DisputeObject, dispute_object
from linktill.flows.services import Moment, moment_of
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import answers_of
from linktill.storage.disputes import BEFORE_ALL, list_disputes


async def find(call: Call) -> Reply:
    found = await call.services.database.read(
        list_disputes, call.merchant_id, limit=call.limit + 1, before=call.query.get("cursor", BEFORE_ALL)
    )
    return call.page(found, dispute_object, lambda dispute: dispute.id)


async def read(call: Call) -> Reply:
    dispute_id = call.id(DISPUTE)
    # The newest that is not newer than it: itself, or it does not exist.
    found = await call.services.database.read(
        list_disputes, call.merchant_id, limit=1, before=f"{dispute_id}~"
    )
    if not found or found[0].id != dispute_id:
        raise NotFound(f"There is no dispute {dispute_id}.", param="id")
    return Reply(200, encoded(dispute_object(found[0])))


async def read_answer(call: Call) -> Reply:
    dispute_id = DisputeId(call.id(DISPUTE))
    answers = await call.services.database.read(answers_of, call.merchant_id, dispute_id)
    if not answers:
        raise NotFound(f"Nobody has answered the dispute {dispute_id} yet.", param="id")
    return Reply(200, encoded(answer_object(answers[0])))


async def write_evidence(call: Call) -> Reply:
    asked = call.asked(EvidenceDraft)
    fields = msgspec.structs.asdict(asked)
    is_not_there = bool(fields.pop("is_not_there"))
    evidence = checked_evidence(Evidence(**fields))
    moment = moment_of(call.services)
    drafting = Drafting(
        new_answer_id(call.services), DisputeId(call.id(DISPUTE)), evidence, call.by, is_not_there
    )

    async def work(tx: Tx) -> DisputeAnswer:
        return await save_draft(tx, moment, call.merchant_id, drafting)

    return await call.once(work, answer_object)


async def submit(call: Call) -> Reply:
    return await _ask(call, ask_submission)


async def accept(call: Call) -> Reply:
    return await _ask(call, ask_acceptance)


async def _ask(
    call: Call, ask: Callable[[Tx, Moment, MerchantId, Asking], Awaitable[DisputeAnswer]]
) -> Reply:
    call.asked(Nothing)
    dispute_id = DisputeId(call.id(DISPUTE))
    reach = await reach_of(call.services, call.merchant_id, dispute_id)
    asking = Asking(new_answer_id(call.services), dispute_id, reach, call.by)
    moment = moment_of(call.services)

    async def work(tx: Tx) -> DisputeAnswer:
        return await ask(tx, moment, call.merchant_id, asking)

    return await call.once(work, answer_object)


_REFUSALS: Final = ("not_found", "transition_refused", "version_conflict", "gateway_unavailable")

OPERATIONS: Final = (
    Operation(
        "GET",
        "/v1/disputes",
        "list_disputes",
        "Disputes",
        "List disputes",
        "Newest first.",
        find,
        DisputeObject,
        is_list=True,
        query=(LIMIT, cursor_parameter(DISPUTE)),
    ),
    Operation(
        "GET",
        "/v1/disputes/{id}",
        "get_dispute",
        "Disputes",
        "Get a dispute",
        "The dispute as it stands now.",
        read,
        DisputeObject,
        prefix=DISPUTE,
    ),
    Operation(
        "GET",
        "/v1/disputes/{id}/answer",
        "get_dispute_answer",
        "Disputes",
        "Get the answer to a dispute",
        "The latest: a draft, or what was asked for and what became of it.",
        read_answer,
        DisputeAnswerObject,
        prefix=DISPUTE,
        problems=("not_found",),
    ),
    Operation(
        "POST",
        "/v1/disputes/{id}/evidence",
        "write_dispute_evidence",
        "Disputes",
        "Write evidence",
        "Keeps a draft, in place of the one that was there. Nothing is sent. What you leave out is empty.",
        write_evidence,
        DisputeAnswerObject,
        prefix=DISPUTE,
        takes=EvidenceDraft,
        problems=_REFUSALS,
        example={
            "explanation": "The bicycle was repaired and fetched on November 3.",
            "delivery_proof": "Signed by Ada Lovelace at the counter.",
            "service_date": "2026-11-03",
        },
    ),
    Operation(
        "POST",
        "/v1/disputes/{id}/submit",
        "submit_dispute_evidence",
        "Disputes",
        "Submit the evidence",
        "Sends the draft as it is now, once and for good. It is `submitting` until the gateway surely has it; "
        "`dispute.answered` or `dispute.answer_refused` tells how it went.",
        submit,
        DisputeAnswerObject,
        prefix=DISPUTE,
        takes=Nothing,
        problems=_REFUSALS,
    ),
    Operation(
        "POST",
        "/v1/disputes/{id}/accept",
        "accept_dispute",
        "Disputes",
        "Give in",
        "The payer keeps the money. It cannot be taken back.",
        accept,
        DisputeAnswerObject,
        prefix=DISPUTE,
        takes=Nothing,
        problems=_REFUSALS,
    ),
)
