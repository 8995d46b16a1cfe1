"""The API for merchants: JSON, a secret key as bearer, an idempotency key where money moves."""

from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

import msgspec
from msgspec import UNSET, Meta, Struct, UnsetType

from linktill.core.currencies import EXPONENTS
from linktill.platform.addresses import UrlRefused, parse_target
from linktill.sandbox import accounts, answers, disputes, lists, payments, refunds
from linktill.sandbox.accounts import OpenedAccount
from linktill.sandbox.asgi import Refused, Request, Response, Route, json_response
from linktill.sandbox.company import Company
from linktill.sandbox.database import Tx
from linktill.sandbox.door import account_of, bearer, once
from linktill.sandbox.events import announce
from linktill.sandbox.hold_api import HoldApi
from linktill.sandbox.payout_api import PayoutApi
from linktill.sandbox.records import DISPUTE, PAYMENT, REFUND, Account, Dispute, Payment, Refund
from linktill.sandbox.rules import AMOUNT_MAX, PAYMENT_LASTS_MAX_US, PAYMENT_LASTS_US, SECOND_US

Amount = Annotated[int, Meta(ge=1, le=AMOUNT_MAX)]
Reference = Annotated[str, Meta(min_length=1, max_length=64, pattern="^[!-~]+$")]
Url = Annotated[str, Meta(max_length=2_000)]

S = TypeVar("S", bound=Struct)


class CreatePayment(Struct, forbid_unknown_fields=True):
    """POST /v1/payments."""

    reference: Reference
    amount_minor: Amount
    currency: str
    description: Annotated[str, Meta(max_length=500)]
    return_url: Url
    cancel_url: Url
    expires_at: int | None = None
    payer_email: Annotated[str, Meta(max_length=320)] | None = None
    capture_method: Literal["automatic", "manual"] = "automatic"


class CreateRefund(Struct, forbid_unknown_fields=True):
    """POST /v1/payments/{id}/refunds."""

    reference: Reference
    amount_minor: Amount


class CloseDispute(Struct, forbid_unknown_fields=True):
    """POST /v1/disputes/{id}/close."""

    outcome: str


class OpenAccount(Struct, forbid_unknown_fields=True):
    """POST /v1/accounts."""

    webhook_url: Url = ""
    webhook_secret: Annotated[str, Meta(min_length=16, max_length=200)] | None = None


class ChangeAccount(Struct, forbid_unknown_fields=True):
    """PATCH /v1/account."""

    webhook_url: Url | UnsetType = UNSET
    webhook_secret: Annotated[str, Meta(min_length=16, max_length=200)] | UnsetType = UNSET
    settles_after_s: Annotated[float, Meta(ge=0, le=86_400)] | UnsetType = UNSET
    holds_for_s: Annotated[float, Meta(ge=0, le=30 * 86_400)] | UnsetType = UNSET


class RegisterWebhook(Struct, forbid_unknown_fields=True):
    """POST /v1/account/webhook."""

    url: Url | UnsetType = UNSET


class Api:
    """The routes of the API."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._db = company.db
        self.routes = (
            Route("POST", "/v1/accounts", self.open_account),
            Route("GET", "/v1/account", self.get_account),
            Route("PATCH", "/v1/account", self.change_account),
            Route("POST", "/v1/account/webhook", self.register_webhook),
            Route("POST", "/v1/account/test_event", self.send_test_event),
            Route("POST", "/v1/payments", self.create_payment),
            Route("GET", "/v1/payments", self.list_payments),
            Route("GET", "/v1/payments/{payment_id}", self.get_payment),
            Route("POST", "/v1/payments/{payment_id}/cancel", self.cancel_payment),
            Route("POST", "/v1/payments/{payment_id}/refunds", self.create_refund),
            Route("GET", "/v1/refunds", self.list_refunds),
            Route("GET", "/v1/refunds/{refund_id}", self.get_refund),
            Route("GET", "/v1/disputes", self.list_disputes),
            Route("GET", "/v1/disputes/{dispute_id}", self.get_dispute),
            Route("POST", "/v1/disputes/{dispute_id}/evidence", self.take_evidence),
            Route("POST", "/v1/disputes/{dispute_id}/accept", self.accept_dispute),
            Route("POST", "/v1/disputes/{dispute_id}/close", self.close_dispute),
            *HoldApi(company).routes,
            *PayoutApi(company).routes,
        )

    # accounts

    async def open_account(self, request: Request) -> Response:
        if not self._company.is_opening_key(bearer(request)):
            raise Refused(
                401, "wrong_key", "Accounts are opened with the key of the one who runs the sandbox."
            )
        body = _read(request, OpenAccount)
        opened = await self._company.open_account(_webhook_url(body.webhook_url), body.webhook_secret)
        return json_response(201, _opened(opened))

    async def get_account(self, request: Request) -> Response:
        return json_response(200, self._account(request).shown())

    async def change_account(self, request: Request) -> Response:
        account = self._account(request)
        body = _read(request, ChangeAccount)
        url = None if body.webhook_url is UNSET else _webhook_url(body.webhook_url)
        secret = None if body.webhook_secret is UNSET else body.webhook_secret
        settles = None if body.settles_after_s is UNSET else int(body.settles_after_s * SECOND_US)
        holds = None if body.holds_for_s is UNSET else int(body.holds_for_s * SECOND_US)
        changed = await self._db.write(
            lambda tx: accounts.change(tx, account.id, url, secret, settles, holds)
        )
        return json_response(200, changed.shown())

    async def register_webhook(self, request: Request) -> Response:
        account = self._account(request)
        body = _read(request, RegisterWebhook)
        url = account.webhook_url if body.url is UNSET else _webhook_url(body.url)
        secret = self._company.new_webhook_secret()

        def register(tx: Tx) -> Response:
            accounts.change(tx, account.id, url, secret, None)
            return json_response(200, {"object": "webhook", "url": url, "secret": secret})

        return await self._once(request, account, register)

    async def send_test_event(self, request: Request) -> Response:
        account = self._account(request)

        def send(tx: Tx) -> Response:
            announce(tx, account.id, "account.test", account.shown())
            return json_response(202, {"object": "test_event"})

        return await self._once(request, account, send)

    # payments

    async def create_payment(self, request: Request) -> Response:
        account = self._account(request)
        body = _read(request, CreatePayment)
        order = _order(body, self._company.clock.now_us())

        def effect(tx: Tx) -> Response:
            return json_response(201, payments.create(tx, account, order).shown(self._company.base_url))

        return await self._once(request, account, effect)

    async def get_payment(self, request: Request, payment_id: str) -> Response:
        account = self._account(request)
        payment = self._db.read(lambda tx: payments.find_owned(tx, account.id, payment_id))
        if payment is None or payment.created_at > self._company.known_before():
            raise _unknown("payment")
        return json_response(200, payment.shown(self._company.base_url))

    async def list_payments(self, request: Request) -> Response:
        rows, cursor = self._list(request, "payment", PAYMENT)
        return _page([Payment(*row).shown(self._company.base_url) for row in rows], cursor)

    async def cancel_payment(self, request: Request, payment_id: str) -> Response:
        account = self._account(request)
        base_url = self._company.base_url

        def unit(tx: Tx) -> tuple[Payment | None, bool]:
            payment = payments.find_owned(tx, account.id, payment_id)
            if payment is None:
                return None, False
            canceled = payments.cancel(tx, base_url, payment_id)
            return canceled or payment, canceled is not None or payment.status == "canceled"

        payment, is_canceled = await self._db.write(unit)
        if payment is None:
            raise _unknown("payment")
        if not is_canceled:
            raise Refused(
                409,
                "not_cancelable",
                f"The payment is {payment.status}.",
                extra={"payment": payment.shown(base_url)},
            )
        return json_response(200, payment.shown(base_url))

    # refunds

    async def create_refund(self, request: Request, payment_id: str) -> Response:
        account = self._account(request)
        body = _read(request, CreateRefund)

        def effect(tx: Tx) -> Response:
            payment = payments.find_owned(tx, account.id, payment_id)
            if payment is None:
                raise _unknown("payment")
            refund = refunds.create(tx, payment, body.amount_minor, body.reference)
            if refund is None:
                left = payment.amount_minor - payment.refund_held_minor if payment.status == "captured" else 0
                raise Refused(
                    409,
                    "not_refundable",
                    f"The payment is {payment.status}, {left} minor units are left, and disputed money stays.",
                    param="amount_minor",
                )
            return json_response(201, refund.shown())

        return await self._once(request, account, effect)

    async def get_refund(self, request: Request, refund_id: str) -> Response:
        account = self._account(request)
        refund = self._db.read(lambda tx: refunds.find_owned(tx, account.id, refund_id))
        if refund is None or refund.created_at > self._company.known_before():
            raise _unknown("refund")
        return json_response(200, refund.shown())

    async def list_refunds(self, request: Request) -> Response:
        rows, cursor = self._list(request, "refund", REFUND)
        return _page([Refund(*row).shown() for row in rows], cursor)

    # disputes

    async def get_dispute(self, request: Request, dispute_id: str) -> Response:
        account = self._account(request)
        dispute = self._db.read(lambda tx: disputes.find_owned(tx, account.id, dispute_id))
        if dispute is None:
            raise _unknown("dispute")
        return json_response(200, dispute.shown())

    async def list_disputes(self, request: Request) -> Response:
        rows, cursor = self._list(request, "dispute", DISPUTE)
        return _page([Dispute(*row).shown() for row in rows], cursor)

    async def take_evidence(self, request: Request, dispute_id: str) -> Response:
        account = self._account(request)
        said = answers.text_of(_read(request, answers.SubmitEvidence))
        return await self._once(
            request, account, lambda tx: answers.take_evidence(tx, account, dispute_id, said)
        )

    async def accept_dispute(self, request: Request, dispute_id: str) -> Response:
        account = self._account(request)
        return await self._once(request, account, lambda tx: answers.accept(tx, account, dispute_id))

    async def close_dispute(self, request: Request, dispute_id: str) -> Response:
        account = self._account(request)
        body = _read(request, CloseDispute)
        if body.outcome not in {"won", "lost"}:
            raise Refused(422, "invalid", "The outcome is won or lost.", param="outcome")

        def unit(tx: Tx) -> tuple[Dispute | None, bool]:
            dispute = disputes.find_owned(tx, account.id, dispute_id)
            if dispute is None:
                return None, False
            closed = disputes.close(tx, dispute_id, is_won=body.outcome == "won")
            return closed or dispute, closed is not None

        dispute, is_closed = await self._db.write(unit)
        if dispute is None:
            raise _unknown("dispute")
        if not is_closed and dispute.status != body.outcome:
            raise Refused(
                409, "already_closed", f"The dispute is {dispute.status}.", extra={"dispute": dispute.shown()}
            )
        return json_response(200, dispute.shown())

    # what they share

    def _account(self, request: Request) -> Account:
        return account_of(self._company, request)

    def _list(self, request: Request, table: lists.Table, columns: str) -> tuple[list[Any], str | None]:
        account = self._account(request)
        wanted = lists.wanted(request.query)
        known_before = self._company.known_before()
        return self._db.read(lambda tx: lists.select(tx, table, columns, account.id, known_before, wanted))

    async def _once(self, request: Request, account: Account, effect: Callable[[Tx], Response]) -> Response:
        return await once(self._company, request, account, effect)


def _read(request: Request, kind: type[S]) -> S:
    if not request.headers.get("content-type", "").startswith("application/json"):
        raise Refused(415, "wrong_content_type", "Send application/json.")
    try:
        return msgspec.json.decode(request.body, type=kind)
    except msgspec.ValidationError as error:
        message, _, path = str(error).partition(" - at `$.")
        raise Refused(422, "invalid", message, param=path.rstrip("`") or None) from None
    except (msgspec.DecodeError, RecursionError):
        raise Refused(400, "not_json", "The body is not JSON.") from None


def _order(body: CreatePayment, now: int) -> payments.PaymentOrder:
    if body.currency not in EXPONENTS:
        raise Refused(422, "invalid", "Send a currency of ISO 4217 in capitals.", param="currency")
    for param in ("return_url", "cancel_url"):
        _web_address(getattr(body, param), param)
    expires_at = now + PAYMENT_LASTS_US if body.expires_at is None else body.expires_at
    if not now < expires_at <= now + PAYMENT_LASTS_MAX_US:
        raise Refused(
            422,
            "invalid",
            "A payment ends between now and in 30 days (microseconds UTC).",
            param="expires_at",
        )
    return payments.PaymentOrder(
        reference=body.reference,
        amount_minor=body.amount_minor,
        currency=body.currency,
        description=body.description,
        payer_email=body.payer_email,
        return_url=body.return_url,
        cancel_url=body.cancel_url,
        expires_at=expires_at,
        is_manual=body.capture_method == "manual",
    )


def _webhook_url(url: str) -> str:
    if url:
        _web_address(url, "webhook_url")
    return url


def _web_address(url: str, param: str) -> None:
    try:
        parse_target(url)
    except UrlRefused as refused:
        raise Refused(422, "invalid", str(refused), param=param) from None


def _unknown(noun: str) -> Refused:
    return Refused(404, "not_found", f"This account has no such {noun}.")


def _page(data: list[dict[str, Any]], cursor: str | None) -> Response:
    return json_response(200, {"data": data, "next_cursor": cursor})


def _opened(opened: OpenedAccount) -> dict[str, str]:
    return {
        "id": opened.account_id,
        "object": "account",
        "secret_key": opened.secret_key,
        "webhook_url": opened.webhook_url,
        "webhook_secret": opened.webhook_secret,
    }
