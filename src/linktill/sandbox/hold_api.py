"""The API's calls about held money."""

from collections.abc import Callable
from typing import final

from linktill.sandbox import holds, payments
from linktill.sandbox.asgi import Refused, Request, Response, Route, json_response
from linktill.sandbox.company import Company
from linktill.sandbox.database import Tx
from linktill.sandbox.door import account_of, once
from linktill.sandbox.records import Payment


@final
class HoldApi:
    """The routes."""

    def __init__(self, company: Company) -> None:
        self._company = company
        self.routes = (
            Route("POST", "/v1/payments/{payment_id}/capture", self.capture),
            Route("POST", "/v1/payments/{payment_id}/void", self.void),
        )

    async def capture(self, request: Request, payment_id: str) -> Response:
        return await self._end(request, payment_id, holds.capture, "captured")

    async def void(self, request: Request, payment_id: str) -> Response:
        return await self._end(request, payment_id, holds.void, "canceled")

    async def _end(
        self, request: Request, payment_id: str, act: Callable[[Tx, str, str], Payment | None], end: str
    ) -> Response:
        """Doing it again to one that ended so is no error; one that ended otherwise is answered with 409, as it is."""
        account = account_of(self._company, request)
        base_url = self._company.base_url

        def effect(tx: Tx) -> Response:
            payment = payments.find_owned(tx, account.id, payment_id)
            if payment is None:
                raise Refused(404, "not_found", "This account has no such payment.")
            payment = act(tx, base_url, payment_id) or payment
            if payment.status != end:
                raise Refused(
                    409,
                    "not_held",
                    f"The payment is {payment.status}.",
                    extra={"payment": payment.shown(base_url)},
                )
            return json_response(200, payment.shown(base_url))

        return await once(self._company, request, account, effect)
