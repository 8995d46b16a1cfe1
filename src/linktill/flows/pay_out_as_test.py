"""Has a pretend gateway pay out, so that somebody can see their books come to zero."""

from linktill.core.errors import GatewayTrouble
from linktill.core.ids import GatewayAccountId, MerchantId
from linktill.flows.accounts import connection
from linktill.flows.services import Services
from linktill.gateways.contract import GatewayError

KEY_CHARS = 24


async def pay_out_as_test(services: Services, merchant_id: MerchantId, account_id: GatewayAccountId) -> str:
    """What the gateway said of it. Raises NotFound, and GatewayTrouble where it does no such thing."""
    services.standing.check()
    found = await connection(services, merchant_id, account_id)
    try:
        key = f"payout-{services.randomness.token(KEY_CHARS)}"
        return await found.gateway.pay_out_as_test(found.account, key=key)
    except GatewayError as error:
        raise GatewayTrouble(str(error)) from error
