"""`/dashboard/disputes/{id}`: one dispute, what it is about, what was answered, and the way to answer it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from litestar.handlers import HTTPRouteHandler

from linktill.core import ids as prefixes
from linktill.core.dispute_answer import Evidence
from linktill.core.errors import FieldInvalid, FieldsInvalid
from linktill.core.ids import DisputeId
from linktill.flows.answer_dispute import (
    Asking,
    Drafting,
    ask_acceptance,
    ask_submission,
    new_answer_id,
    reach_of,
    save_draft,
)
from linktill.flows.services import moment_of
from linktill.web.answer import Answer, see_other
from linktill.web.dashboard.desk import Desk, Visitor
from linktill.web.dashboard.dispute.fields import typed_evidence
from linktill.web.dashboard.dispute.show import dispute_page, load_dispute
from linktill.web.form import Form

PATH: Final = "/dashboard/disputes"
UNSURE: Final = "Tick this, then press the button again."
FORM_MAX_BYTES: Final = 160 * 1024
"""Six long texts of evidence fit, every character escaped."""
_DIGITS_MAX: Final = 18


@dataclass(frozen=True, slots=True)
class _Refused:
    """A form that was refused: what was typed (None: nothing that is shown again), and what is to be mended."""

    typed: Evidence | None
    errors: Mapping[str, str]


def dispute_routes(desk: Desk) -> Sequence[HTTPRouteHandler]:
    """The routes."""
    services = desk.services

    async def show(visitor: Visitor, refused: _Refused | None = None) -> Answer:
        found = await services.database.read(
            load_dispute, visitor.merchant_id, _id(visitor), services.origin_of(visitor.merchant_id)
        )
        form = refused or _Refused(None, {})
        page = dispute_page(desk, visitor, found, form.typed, form.errors)
        return desk.show(visitor, page, status=422 if form.errors else 200)

    async def show_dispute(visitor: Visitor) -> Answer:
        return await show(visitor)

    async def save(visitor: Visitor, form: Form) -> Answer:
        evidence = typed_evidence(form)
        is_not_there = form.text("is_not_there") == "yes"
        drafting = Drafting(new_answer_id(services), _id(visitor), evidence, visitor.by, is_not_there)
        try:
            await services.database.run(save_draft, moment_of(services), visitor.merchant_id, drafting)
        except FieldsInvalid as invalid:
            return await show(visitor, _Refused(evidence, _errors(invalid)))
        return desk.done(f"{PATH}/{drafting.dispute_id}", "evidence_saved")

    async def submit(visitor: Visitor, form: Form) -> Answer:
        if form.text("sure") != "yes":
            return await show(visitor, _Refused(None, {"sure": UNSURE}))
        try:
            asking = await _asking(visitor, seen_at=_seen_at(form))
            await services.database.run(ask_submission, moment_of(services), visitor.merchant_id, asking)
        except FieldInvalid as invalid:
            return await show(visitor, _Refused(None, _errors(invalid)))
        services.wake.now()
        return desk.done(f"{PATH}/{asking.dispute_id}", "evidence_submitted")

    async def accept(visitor: Visitor, form: Form) -> Answer:
        if form.text("sure") != "yes":
            return await show(visitor, _Refused(None, {"sure_to_accept": UNSURE}))
        asking = await _asking(visitor)
        await services.database.run(ask_acceptance, moment_of(services), visitor.merchant_id, asking)
        services.wake.now()
        return desk.done(f"{PATH}/{asking.dispute_id}", "dispute_accepted")

    async def _asking(visitor: Visitor, *, seen_at: int | None = None) -> Asking:
        reach = await reach_of(services, visitor.merchant_id, _id(visitor))
        return Asking(new_answer_id(services), _id(visitor), reach, visitor.by, seen_at)

    async def lead_back(visitor: Visitor) -> Answer:
        # A form that was refused is shown at its address, and people open that again.
        return see_other(f"{PATH}/{_id(visitor)}")

    one = f"{PATH}/{{id:str}}"
    forms = {"evidence": save, "submit": submit, "accept": accept}
    return (
        desk.page(one, show_dispute),
        *(desk.page(f"{one}/{name}", lead_back) for name in forms),
        *(desk.form(f"{one}/{name}", handler, max_bytes=FORM_MAX_BYTES) for name, handler in forms.items()),
    )


def _id(visitor: Visitor) -> DisputeId:
    return DisputeId(visitor.id(prefixes.DISPUTE))


def _seen_at(form: Form) -> int:
    """When the draft that was seen was changed last; 0, which none was, for what no page of ours has sent."""
    seen = form.text("seen")
    is_number = seen.isascii() and seen.isdigit() and len(seen) <= _DIGITS_MAX
    return int(seen) if is_number else 0


def _errors(invalid: FieldInvalid) -> dict[str, str]:
    if isinstance(invalid, FieldsInvalid):
        return {error.param: error.message for error in invalid.errors}
    return {invalid.param or "explanation": str(invalid)}
