"""`linktill dispute …`: reads and answers disputes on the database of this installation. Starts no server.

What is submitted here goes out when the server's worker sees it, within seconds.
"""

from collections.abc import Awaitable, Callable
from dataclasses import asdict, dataclass, replace
from typing import Annotated, TypeAlias

import msgspec
from cyclopts import Parameter

from linktill.cli.merchants import ANY_BOOKS, Whose, in_books
from linktill.cli.output import OK, AsJson, Table, answer
from linktill.core.dispute_answer import AnswerKind, DisputeAnswer, Evidence
from linktill.core.ids import DisputeId, MerchantId
from linktill.core.money import Money
from linktill.flows.answer_dispute import (
    Asking,
    Drafting,
    ask_acceptance,
    ask_submission,
    dispute_and_payment,
    new_answer_id,
    reach_of,
    save_draft,
)
from linktill.flows.answer_objects import DisputeAnswerObject, answer_object
from linktill.flows.dispute_objects import DisputeObject, dispute_object
from linktill.flows.prefill_evidence import prefilled
from linktill.flows.services import Moment, Services, moment_of
from linktill.platform.language import format_money
from linktill.storage.database import Tx
from linktill.storage.dispute_answers import answers_of
from linktill.storage.disputes import list_disputes

BY = "command line"
SHOWN_MAX = 100

Id: TypeAlias = Annotated[str, Parameter(help="dp_…")]


class ShownDispute(msgspec.Struct, frozen=True, kw_only=True):
    """A dispute with the latest answer to it, and what our records say as long as there is none."""

    dispute: DisputeObject
    answer: DisputeAnswerObject | None
    known: dict[str, str]


@Parameter(name="*")
@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """Evidence, field by field, as it was typed; None: as it was."""

    explanation: Annotated[str | None, Parameter(help="Why the money is yours.")] = None
    product_description: Annotated[str | None, Parameter(help="What was sold.")] = None
    customer_name: Annotated[str | None, Parameter(help="The payer's name.")] = None
    customer_email: Annotated[str | None, Parameter(help="The payer's e-mail address.")] = None
    customer_ip: Annotated[str | None, Parameter(help="The payer's IP address.")] = None
    agreement: Annotated[str | None, Parameter(help="What was agreed, and how.")] = None
    service_date: Annotated[str | None, Parameter(help="When it was delivered or done.")] = None
    delivery_proof: Annotated[str | None, Parameter(help="How you know that it was delivered or done.")] = (
        None
    )
    refund_policy: Annotated[str | None, Parameter(help="What you promise about refunds.")] = None
    communication: Annotated[str | None, Parameter(help="What you and the payer wrote.")] = None


NOTHING = Said()


def list_(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Newest first, a hundred at most."""

    async def command(services: Services, merchant_id: MerchantId) -> list[DisputeObject]:
        found = await services.database.read(list_disputes, merchant_id, limit=SHOWN_MAX)
        return [dispute_object(each) for each in found]

    found = in_books(command, whose)
    answer({"data": found}, as_json=json, person=lambda: _disputes(found))
    return OK


def show(dispute_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """With the latest answer, or with what a first draft would say."""

    async def command(services: Services, merchant_id: MerchantId) -> ShownDispute:
        return await services.database.read(
            _shown, merchant_id, DisputeId(dispute_id), services.origin_of(merchant_id)
        )

    found = in_books(command, whose)
    answer(found, as_json=json, person=lambda: _one(found.dispute, found.answer, found.known))
    return OK


def draft(dispute_id: Id, /, *, said: Said = NOTHING, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """What is not given stays as it was in the draft, or as our records know it."""

    async def work(services: Services, merchant_id: MerchantId) -> DisputeAnswer:
        before = await services.database.read(
            _evidence, merchant_id, DisputeId(dispute_id), services.origin_of(merchant_id)
        )
        given = {name: text for name, text in asdict(said).items() if text is not None}
        drafting = Drafting(new_answer_id(services), DisputeId(dispute_id), replace(before, **given), BY)
        return await services.database.run(save_draft, moment_of(services), merchant_id, drafting)

    return _answered(work, whose, as_json=json)


def submit(dispute_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """As it is now, once and for good."""
    return _asked(ask_submission, dispute_id, whose, as_json=json)


def accept(dispute_id: Id, /, *, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """It cannot be taken back."""
    return _asked(ask_acceptance, dispute_id, whose, as_json=json)


def _asked(
    ask: Callable[[Tx, Moment, MerchantId, Asking], Awaitable[DisputeAnswer]],
    dispute_id: str,
    whose: Whose,
    *,
    as_json: bool,
) -> int:
    async def work(services: Services, merchant_id: MerchantId) -> DisputeAnswer:
        wanted = DisputeId(dispute_id)
        reach = await reach_of(services, merchant_id, wanted)
        asking = Asking(new_answer_id(services), wanted, reach, BY)

        async def unit(tx: Tx, moment: Moment) -> DisputeAnswer:
            return await ask(tx, moment, merchant_id, asking)

        return await services.database.run(unit, moment_of(services))

    return _answered(work, whose, as_json=as_json)


def _answered(
    work: Callable[[Services, MerchantId], Awaitable[DisputeAnswer]], whose: Whose, *, as_json: bool
) -> int:
    async def command(services: Services, merchant_id: MerchantId) -> DisputeAnswerObject:
        return answer_object(await work(services, merchant_id))

    made = in_books(command, whose)
    answer(made, as_json=as_json, person=lambda: Table(("Field", "Value"), _answer_rows(made)))
    return OK


async def _shown(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId, base_url: str) -> ShownDispute:
    dispute, attempt = await dispute_and_payment(tx, merchant_id, dispute_id)
    answers = await answers_of(tx, merchant_id, dispute_id)
    known = {} if answers else asdict(await prefilled(tx, dispute, attempt, base_url))
    return ShownDispute(
        dispute=dispute_object(dispute), answer=answer_object(answers[0]) if answers else None, known=known
    )


async def _evidence(tx: Tx, merchant_id: MerchantId, dispute_id: DisputeId, base_url: str) -> Evidence:
    dispute, attempt = await dispute_and_payment(tx, merchant_id, dispute_id)
    answers = await answers_of(tx, merchant_id, dispute_id)
    kept = next((each.evidence for each in answers if each.kind is AnswerKind.EVIDENCE), None)
    return kept or await prefilled(tx, dispute, attempt, base_url)


def _disputes(found: list[DisputeObject]) -> Table:
    rows = [
        (
            each.status,
            format_money(Money(each.amount_minor, each.currency)),
            "" if each.respond_by is None else f"{each.respond_by:%Y-%m-%d %H:%M} UTC",
            each.reason,
            each.id,
        )
        for each in found
    ]
    return Table(("Status", "At stake", "Answer by", "Reason", "Id"), rows, empty="There are no disputes.")


def _one(dispute: DisputeObject, given: DisputeAnswerObject | None, known: dict[str, str]) -> Table:
    rows = [
        ("Status", dispute.status),
        ("At stake", format_money(Money(dispute.amount_minor, dispute.currency))),
        ("Answer by", "" if dispute.respond_by is None else f"{dispute.respond_by:%Y-%m-%d %H:%M} UTC"),
        ("Reason", dispute.reason),
        ("Payment", dispute.payment_id),
        ("Opened", f"{dispute.created_at:%Y-%m-%d %H:%M} UTC"),
    ]
    more = _answer_rows(given) if given is not None else _said_rows(known)
    return Table(("Field", "Value"), [row for row in (*rows, *more) if row[1]])


def _answer_rows(given: DisputeAnswerObject) -> list[tuple[str, str]]:
    asked_at = given.asked_at
    said = {} if given.evidence is None else msgspec.structs.asdict(given.evidence)
    rows = [
        ("Answer", f"{given.kind}, {given.status}"),
        ("Asked for", "" if asked_at is None else f"{asked_at:%Y-%m-%d %H:%M} UTC"),
        ("Why", given.failure or ""),
        *_said_rows(said),
        ("Answer's id", given.id),
    ]
    return [row for row in rows if row[1]]


def _said_rows(said: dict[str, str]) -> list[tuple[str, str]]:
    return [(name.replace("_", " ").capitalize(), text) for name, text in said.items() if text]
