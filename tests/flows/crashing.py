"""The process ends where it hurts."""

import pytest

from linktill.core.payment_link import PaymentLink
from linktill.flows import start_payment
from tests.make import Shop


async def press_pay_and_crash(shop: Shop, link: PaymentLink, monkeypatch: pytest.MonkeyPatch) -> None:
    """Pay is pressed and the attempt recorded; then the process dies, before the gateway is called."""

    async def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(start_payment, "send_start", crash)
        with pytest.raises(KeyboardInterrupt):
            await shop.press_pay(link)
