"""The suite catches what is wrong: each mistake by the test that is named for it, which the whole adapter passes."""

import pytest

from linktill.gateways.contract import GatewayError, SignatureRefused
from linktill.gateways.testing import Ability, Break, How, Suite
from tests.gateways import broken
from tests.gateways.sandbox_rig import sandbox_rig

GF02 = "test_gf02_gf04_a_start_without_an_answer_is_unknown_and_the_same_key_settles_it"
GF15 = "test_gf15_a_refund_without_an_answer_is_unknown_and_the_same_key_settles_it"

CAUGHT: list[tuple[type[broken.Whole], str, dict[str, object]]] = [
    (broken.TimeOutIsFailure, GF02, {"how": Break.CUT_AFTER}),
    (broken.TimeOutIsFailure, GF02, {"how": Break.CUT_BEFORE}),
    (broken.TimeOutIsNothing, GF15, {"how": Break.ERROR_AFTER}),
    (broken.NewKeyEachTime, "test_cc04_the_same_key_gives_the_same_payment_even_at_once", {}),
    (broken.NewKeyEachTime, "test_cc11_the_same_refund_key_gives_one_refund", {}),
    (
        broken.ReusedKeyIsRefused,
        "test_cc05_the_same_key_for_another_order_proves_that_something_was_done",
        {},
    ),
    (broken.TriesAgainByItself, "test_gf27_each_call_is_one_request_whatever_happens_to_it", {}),
    (
        broken.FailedLookIsRefused,
        "test_a_look_up_without_an_answer_may_be_asked_again",
        {"how": Break.ERROR_BEFORE},
    ),
    (broken.RateLimitIsUnknown, "test_gf07_a_rate_limit_proves_that_nothing_was_done", {}),
    (broken.RateLimitIsUnknown, "test_no_connection_proves_that_nothing_was_done", {}),
    (broken.PendingIsPaid, "test_a_slow_payment_is_in_processing_until_it_settles", {}),
    (broken.NotFoundIsFailed, "test_what_the_vendor_does_not_know_is_not_found", {}),
    (broken.NotFoundIsFailed, "test_gf11_a_look_up_that_lags_finds_it_later", {}),
    (
        broken.CancelsBlindly,
        "test_ll04_a_cancel_that_comes_too_late_answers_with_what_is_true",
        {"how": How.SUCCESS},
    ),
    (broken.CancelsBlindly, "test_canceling_what_is_not_there_proves_nothing", {}),
    (broken.TwoDecimalsAlways, "test_mc02_amounts_come_back_as_they_went", {}),
    (broken.ChargesAnything, "test_what_it_cannot_charge_it_does_not_accept", {}),
    (broken.FirstPageOnly, "test_gf28_the_list_has_every_payment_once_in_pages", {}),
    (broken.SpellsOutTheKey, "test_a_wrong_key_is_refused_and_not_repeated_in_the_refusal", {}),
    (broken.TrustsTheBody, "test_wi01_without_a_signature_it_is_refused", {}),
    (
        broken.TrustsTheBody,
        "test_what_nobody_signed_is_refused",
        {"body": b'{"id":"e","type":"t","created_at":1,"data":{"object":{"id":"p","object":"payment"}}}'},
    ),
    (broken.ReadsBeforeItVerifies, "test_wi05_the_raw_bytes_count", {}),
    (broken.EmptySecretCounts, "test_another_secret_or_none_is_refused", {"secrets": ()}),
    (broken.FirstSecretOnly, "test_while_rotating_both_secrets_are_valid", {}),
    (broken.AgeDoesNotCount, "test_wi04_an_old_webhook_is_refused", {"beyond_s": 2, "is_believed": False}),
    (broken.EventsLookAlike, "test_each_event_has_an_id_of_its_own", {}),
]


class Sandbox(Suite, rig=sandbox_rig, lacks={Ability.SEVERAL_WEBHOOKS}):
    """Not named as tests are: it is called by hand here, and runs in test_contract.py."""


def names(case: object) -> str | None:
    return case.__name__ if isinstance(case, type) else case if isinstance(case, str) else None


@pytest.mark.parametrize(("bug", "name", "given"), CAUGHT, ids=names)
async def test_a_broken_adapter_is_caught_by_the_test_that_is_named_for_it(
    bug: type[broken.Whole], name: str, given: dict[str, object]
) -> None:
    test = getattr(Sandbox(), name)
    for adapter in (broken.Whole, bug):
        async with sandbox_rig() as rig:
            rig.gateway = adapter(rig.gateway)  # type: ignore[assignment]
            if adapter is broken.Whole:
                await test(rig, **given)
            else:
                with pytest.raises((AssertionError, pytest.fail.Exception, GatewayError, SignatureRefused)):
                    await test(rig, **given)


def test_every_bug_is_planted() -> None:
    bugs = {each for each in vars(broken).values() if isinstance(each, type)}
    wrong = {each for each in bugs if issubclass(each, broken.Whole) and each is not broken.Whole}
    assert wrong == {bug for bug, _, _ in CAUGHT}


def offered_by(suite: type[Suite]) -> set[str]:
    return {name for name in dir(suite) if name.startswith("test_") and getattr(suite, name) is not None}


def test_what_a_vendor_lacks_is_not_there_and_the_rest_is() -> None:
    assert offered_by(Suite) - offered_by(Sandbox) == {"test_an_answer_that_got_lost_leaves_one_webhook"}
    assert "test_an_answer_that_got_lost_leaves_one_webhook" in offered_by(Suite)

    class Nobody(Suite, rig=sandbox_rig, lacks=set(Ability)):
        """As offline payments."""

    assert offered_by(Nobody) == {
        "test_a_started_payment_waits_for_its_payer_on_the_gateway_s_page",
        "test_cc04_the_same_key_gives_the_same_payment_even_at_once",
        "test_it_holds_money_where_it_says_so",
        "test_secrets_are_not_shown",
        "test_what_is_completed_works",
        "test_what_it_can_charge_it_accepts",
        "test_what_it_cannot_charge_it_does_not_accept",
        "test_what_nobody_signed_is_refused",
    }
