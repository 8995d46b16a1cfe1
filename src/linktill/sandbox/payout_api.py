"""The API's calls about payouts."""

from dataclasses import replace
from typing import final

from linktill.sandbox import lists, payouts
from linktill.sandbox.asgi import Refused, Request, Response, Route, json_response
from linktill.sandbox.company import Company
from linktill.sandbox.database import Tx
from linktill.sandbox.door import account_of, once
from linktill.sandbox.records import PAYOUT, Payout


@final
class PayoutApi:
    """The routes."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self._db = company.db
        self.routes = (
            Route("GET", "/v1/balance", self.get_balance),
            Route("POST", "/v1/payouts", self.pay_out),
            Route("GET", "/v1/payouts", self.list_payouts),
            Route("POST", "/v1/payouts/{payout_id}/fail", self.fail_payout),
        )

    async def get_balance(self, request: Request) -> Response:
        account = account_of(self._company, request)
        held = self._db.read(lambda tx: payouts.held(tx, account.id))
        data = [{"currency": currency, "amount_minor": minor} for currency, minor in held.items()]
        return json_response(200, {"object": "balance", "data": data})

    async def pay_out(self, request: Request) -> Response:
        account = account_of(self._company, request)

        def effect(tx: Tx) -> Response:
            return json_response(201, {"data": [made.shown() for made in payouts.pay_out(tx, account)]})

        return await once(self._company, request, account, effect)

    async def list_payouts(self, request: Request) -> Response:
        account = account_of(self._company, request)
        wanted = replace(lists.wanted(request.query), reference=None)
        known_before = self._company.known_before()
        rows, cursor = self._db.read(
            lambda tx: lists.select(tx, "payout", PAYOUT, account.id, known_before, wanted)
        )
        return json_response(200, {"data": [Payout(*row).shown() for row in rows], "next_cursor": cursor})

    async def fail_payout(self, request: Request, payout_id: str) -> Response:
        account = account_of(self._company, request)

        def unit(tx: Tx) -> Payout | None:
            if payouts.find_owned(tx, account.id, payout_id) is None:
                return None
            return payouts.fail(tx, payout_id) or payouts.find_owned(tx, account.id, payout_id)

        payout = await self._db.write(unit)
        if payout is None:
            raise Refused(404, "not_found", "This account has no such payout.")
        return json_response(200, payout.shown())
