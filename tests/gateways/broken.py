"""Adapters that are wrong in one thing each: the sandbox's, with a mistake that an author might make."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import msgspec

from linktill.core.money import Money
from linktill.core.payment_attempt import AttemptFact, FactKind
from linktill.gateways.contract import (
    Account,
    AttemptRef,
    GatewayError,
    Hint,
    OutcomeUnknown,
    RefundOrder,
    Rejected,
    Started,
    StartOrder,
    Unavailable,
)
from linktill.gateways.pages import Page
from linktill.gateways.sandbox import translate


class Whole:
    """Nothing is wrong yet: everything is the sandbox's adapter's."""

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway

    def __getattr__(self, name: str) -> Any:
        return getattr(self.gateway, name)


class TimeOutIsFailure(Whole):
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        try:
            return await self.gateway.start(account, order, key=key)
        except OutcomeUnknown as error:
            raise Rejected("no answer") from error


class TimeOutIsNothing(Whole):
    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> Any:
        try:
            return await self.gateway.refund(account, order, key=key)
        except OutcomeUnknown as error:
            raise Unavailable("no answer") from error


class NewKeyEachTime(Whole):
    keys = 0

    def _key(self) -> str:
        self.keys += 1
        return f"key-{self.keys}"

    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        return await self.gateway.start(account, order, key=self._key())

    async def refund(self, account: Account, order: RefundOrder, *, key: str) -> Any:
        return await self.gateway.refund(account, order, key=self._key())


class ReusedKeyIsRefused(Whole):
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        try:
            return await self.gateway.start(account, order, key=key)
        except OutcomeUnknown as error:
            raise Rejected("key used") from error


class TriesAgainByItself(Whole):
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        try:
            return await self.gateway.start(account, order, key=key)
        except GatewayError:
            return await self.gateway.start(account, order, key=key)


class FailedLookIsRefused(Whole):
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        try:
            return await self.gateway.look_up(account, ref)
        except Unavailable as error:
            raise Rejected("no answer") from error


class RateLimitIsUnknown(Whole):
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        try:
            return await self.gateway.start(account, order, key=key)
        except Unavailable as error:
            raise OutcomeUnknown("slow down", retry_after_s=error.retry_after_s) from error


class PendingIsPaid(Whole):
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        fact = await self.gateway.look_up(account, ref)
        is_paid = fact.kind is FactKind.PROCESSING
        return replace(fact, kind=FactKind.CAPTURED, amount=Money(4_000, "USD")) if is_paid else fact


class NotFoundIsFailed(Whole):
    async def look_up(self, account: Account, ref: AttemptRef) -> AttemptFact:
        fact = await self.gateway.look_up(account, ref)
        return replace(fact, kind=FactKind.FAILED) if fact.kind is FactKind.NOT_FOUND else fact


class CancelsBlindly(Whole):
    async def cancel(self, account: Account, ref: AttemptRef, *, key: str) -> AttemptFact:
        return replace(await self.gateway.cancel(account, ref, key=key), kind=FactKind.CANCELED)


class TwoDecimalsAlways(Whole):
    async def start(self, account: Account, order: StartOrder, *, key: str) -> Started:
        amount = order.amount
        cents = Money(amount.minor // 10, "KWD") if amount.currency == "KWD" else amount
        return await self.gateway.start(account, replace(order, amount=cents), key=key)


class ChargesAnything(Whole):
    def accepts(self, amount: Money, account: Account | None = None) -> bool:
        return True


class FirstPageOnly(Whole):
    async def list_attempts(self, account: Account, *, since: int, cursor: str | None) -> Page:
        return replace(
            await self.gateway.list_attempts(account, since=since, cursor=cursor), next_cursor=None
        )


class SpellsOutTheKey(Whole):
    async def complete(self, account: Account) -> Any:
        try:
            return await self.gateway.complete(account)
        except Rejected as error:
            raise Rejected(
                f"refused: {account.credentials['secret_key']}", is_account_trouble=True
            ) from error


class TrustsTheBody(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        return translate.hint(body)


class ReadsBeforeItVerifies(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        try:
            written = msgspec.json.encode(msgspec.json.decode(body))
        except msgspec.DecodeError:
            written = body
        return self.gateway.verify(account, headers, written, now=now)


class EmptySecretCounts(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        if not any(account.webhook_secrets):
            return translate.hint(body)
        return self.gateway.verify(account, headers, body, now=now)


class FirstSecretOnly(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        first = replace(account, webhook_secrets=account.webhook_secrets[:1])
        return self.gateway.verify(first, headers, body, now=now)


class AgeDoesNotCount(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        signed_s = int(headers["sandbox-signature"].partition(",")[0].removeprefix("t="))
        return self.gateway.verify(account, headers, body, now=signed_s * 1_000_000)


class EventsLookAlike(Whole):
    def verify(self, account: Account, headers: Mapping[str, str], body: bytes, *, now: int) -> Hint:
        return replace(self.gateway.verify(account, headers, body, now=now), event_id="evt_1")
