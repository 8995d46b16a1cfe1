"""States are tables: total, monotonic, and money outranks everything."""

import itertools

import pytest

from linktill.core import payment_attempt as attempt_states
from linktill.core import refund as refund_states
from linktill.core.checkout_session import AFTER_ATTEMPT
from linktill.core.dispute import CLOSED, DisputeStatus, next_status
from linktill.core.errors import TransitionRefused
from linktill.core.events import ATTEMPT_EVENT, EventType
from linktill.core.ids import LinkId, MerchantId
from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptStatus, FactKind
from linktill.core.payment_link import (
    TRANSITIONS,
    LinkStatus,
    LinkTerms,
    Payability,
    PaymentLink,
    after_archive,
    payability,
    standing,
    transition_event,
)
from linktill.core.refund import RefundFactKind, RefundStatus

NOW = 1_000
S = LinkStatus


def link(
    status: LinkStatus = LinkStatus.ACTIVE, *, taken: int = 0, captured: int = 0, **terms: int | None
) -> PaymentLink:
    made = LinkTerms(Money(100, "USD"), "A repair", **terms)  # type: ignore[arg-type]
    return PaymentLink(
        MerchantId("mer_1"),
        LinkId("plink_1"),
        "slug",
        status,
        1,
        made,
        taken,
        captured,
        captured * 100,
        0,
        0,
        0,
    )


def test_every_status_has_an_answer_to_every_fact() -> None:
    assert set(attempt_states.NEXT) == set(AttemptStatus)
    assert all(set(row) == set(FactKind) for row in attempt_states.NEXT.values())
    assert set(refund_states.NEXT) == set(RefundStatus)
    assert all(set(row) == set(RefundFactKind) for row in refund_states.NEXT.values())
    assert set(AFTER_ATTEMPT) == set(AttemptStatus)
    assert set(ATTEMPT_EVENT) == set(AttemptStatus)


def test_a_capture_is_taken_in_every_state_but_quarantine_and_never_undone() -> None:
    for status in AttemptStatus:
        expected = (
            AttemptStatus.NEEDS_REVIEW if status is AttemptStatus.NEEDS_REVIEW else AttemptStatus.CAPTURED
        )
        assert attempt_states.NEXT[status][FactKind.CAPTURED] is expected
    assert set(attempt_states.NEXT[AttemptStatus.CAPTURED].values()) == {AttemptStatus.CAPTURED}


def test_gf11_gf12_not_knowing_never_ends_an_attempt() -> None:
    for status, kind in itertools.product(attempt_states.OPEN, (FactKind.NOT_FOUND, FactKind.UNKNOWN)):
        assert attempt_states.NEXT[status][kind] in attempt_states.OPEN


def test_attempts_only_move_forward() -> None:
    assert attempt_states.NEXT[AttemptStatus.PROCESSING][FactKind.REQUIRES_ACTION] is AttemptStatus.PROCESSING
    assert attempt_states.NEXT[AttemptStatus.AUTHORIZED][FactKind.PROCESSING] is AttemptStatus.AUTHORIZED
    assert attempt_states.NEXT[AttemptStatus.FAILED][FactKind.PROCESSING] is AttemptStatus.FAILED


def test_a_refund_that_succeeded_may_bounce_and_one_that_failed_is_over() -> None:
    assert refund_states.NEXT[RefundStatus.SUCCEEDED][RefundFactKind.FAILED] is RefundStatus.FAILED
    assert set(refund_states.NEXT[RefundStatus.FAILED].values()) == {RefundStatus.FAILED}


def test_every_move_of_a_link_has_an_event_that_exists_and_canceled_is_final() -> None:
    names = {event.value for event in EventType}
    for before, after in itertools.product(LinkStatus, LinkStatus):
        if (before, after) in TRANSITIONS:
            assert transition_event(before, after) in names
        else:
            with pytest.raises(TransitionRefused):
                transition_event(before, after)
    assert [after for before, after in TRANSITIONS if before is LinkStatus.CANCELED] == [LinkStatus.ARCHIVED]


@pytest.mark.parametrize(
    ("made", "before", "expected"),
    [
        (link(S.ARCHIVED), S.ACTIVE, S.ACTIVE),
        (link(S.ARCHIVED), S.PAUSED, S.PAUSED),
        (link(S.ARCHIVED), S.CANCELED, S.CANCELED),
        (link(S.ARCHIVED), S.DRAFT, S.DRAFT),
        (link(S.ARCHIVED, captured=1), S.CANCELED, S.CANCELED),
        (link(S.ARCHIVED, captured=1), S.ACTIVE, S.COMPLETED),
        (link(S.ARCHIVED, captured=1), S.PAUSED, S.COMPLETED),
        (link(S.ARCHIVED, captured=2, payments_max=2), S.ACTIVE, S.SOLD_OUT),
        (link(S.ARCHIVED, expires_at=NOW), S.PAUSED, S.EXPIRED),
        (link(S.ARCHIVED, starts_at=NOW), S.SCHEDULED, S.ACTIVE),
        (link(S.ARCHIVED, starts_at=NOW + 1), S.SCHEDULED, S.SCHEDULED),
    ],
)
def test_ll14_what_leaves_the_archive_stands_where_it_would_stand_by_now(
    made: PaymentLink, before: LinkStatus, expected: LinkStatus
) -> None:
    assert after_archive(made, before, NOW) is expected


def test_ll14_every_status_can_be_archived_and_nothing_but_the_archive_is_left_by_all_ways() -> None:
    others = set(LinkStatus) - {LinkStatus.ARCHIVED}
    assert {before for before, after in TRANSITIONS if after is LinkStatus.ARCHIVED} == others
    out = {after: event for (before, after), event in TRANSITIONS.items() if before is LinkStatus.ARCHIVED}
    assert out == dict.fromkeys(others, "payment_link.unarchived")
    assert standing(link(LinkStatus.ARCHIVED, captured=1, expires_at=NOW), NOW) is LinkStatus.ARCHIVED


@pytest.mark.parametrize(
    ("made", "expected"),
    [
        (link(), LinkStatus.ACTIVE),
        (link(starts_at=NOW + 1), LinkStatus.SCHEDULED),
        (link(starts_at=NOW), LinkStatus.ACTIVE),
        (link(expires_at=NOW + 1), LinkStatus.ACTIVE),
        (link(expires_at=NOW), LinkStatus.EXPIRED),
        (link(LinkStatus.PAUSED), LinkStatus.PAUSED),
        (link(LinkStatus.PAUSED, expires_at=NOW), LinkStatus.EXPIRED),
        (link(captured=1), LinkStatus.COMPLETED),
        (link(captured=1, payments_max=2), LinkStatus.ACTIVE),
        (link(captured=2, payments_max=2), LinkStatus.SOLD_OUT),
        (link(captured=9, payments_max=None), LinkStatus.ACTIVE),
        (link(captured=1, expires_at=NOW), LinkStatus.COMPLETED),
        (link(LinkStatus.CANCELED, captured=1), LinkStatus.CANCELED),
        (link(LinkStatus.EXPIRED, expires_at=NOW + 1), LinkStatus.ACTIVE),
    ],
)
def test_where_a_link_stands(made: PaymentLink, expected: LinkStatus) -> None:
    assert standing(made, NOW) is expected


def test_every_standing_has_a_payability_and_a_full_link_is_in_progress() -> None:
    assert {payability(link(status), NOW) for status in LinkStatus} >= {
        Payability.CANCELED,
        Payability.PAUSED,
    }
    assert payability(link(), NOW) is Payability.PAYABLE
    assert payability(link(taken=1), NOW) is Payability.IN_PROGRESS
    assert payability(link(taken=1, payments_max=2), NOW) is Payability.PAYABLE
    assert payability(link(taken=9, payments_max=None), NOW) is Payability.PAYABLE


def test_disputes_do_not_go_back_and_may_close_otherwise() -> None:
    for now, told in itertools.product(DisputeStatus, DisputeStatus):
        after = next_status(now, told)
        assert after in {now, told}
        if now in CLOSED:
            assert after in CLOSED
    assert next_status(DisputeStatus.UNDER_REVIEW, DisputeStatus.NEEDS_RESPONSE) is DisputeStatus.UNDER_REVIEW
    assert next_status(DisputeStatus.LOST, DisputeStatus.WON) is DisputeStatus.WON
