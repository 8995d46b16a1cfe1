"""A merchant brings a domain of its own: set, checked from outside, used once it is verified, taken away.

Checked means that its well-known address answers the token which only this installation has for this merchant: whoever
controls the name has let it lead here.
"""

import hmac
import ipaddress
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from email_validator import EmailNotValidError, validate_email

from linktill.core.errors import FieldInvalid, NotFound
from linktill.core.ids import MerchantId
from linktill.core.merchant_domain import MerchantDomain
from linktill.flows.domains import origin_of
from linktill.flows.services import Moment, Services, moment_of
from linktill.platform.http import AddressRefused, HttpRequest, NoAnswer, NotSent
from linktill.storage import directory, domains
from linktill.storage.database import Tx
from linktill.storage.merchants import lock_merchant

WELL_KNOWN: Final = "/.well-known/linktill"
TOKEN_BYTES: Final = 24
TYPED_MAX: Final = 500
CHECK_S: Final = 10.0
_EXAMPLE: Final = "Give a name of your own, such as pay.example.com, without https:// and without a path."


def checked_host(text: str, base_url: str) -> str:
    """The name as the DNS has it. Raises FieldInvalid."""
    typed = text.strip().lower().removesuffix(".")
    if not typed or len(typed) > TYPED_MAX or not typed.isprintable():
        raise FieldInvalid("domain", _EXAMPLE)
    if _is_address(typed):
        raise FieldInvalid("domain", "This is an address, not a name. " + _EXAMPLE)
    if any(sign in typed for sign in "/:@?# "):
        raise FieldInvalid("domain", _EXAMPLE)
    try:
        valid = validate_email(f"x@{typed}", check_deliverability=False, test_environment=True)
    except EmailNotValidError:
        raise FieldInvalid("domain", _EXAMPLE) from None
    host = valid.ascii_domain.lower()
    if "." not in host or host.rpartition(".")[2].isdigit():
        raise FieldInvalid("domain", _EXAMPLE)
    if host == urlsplit(base_url).hostname:
        raise FieldInvalid(
            "domain",
            "This is the name of this Linktill itself, where your links are anyway. Give another one.",
        )
    return host


async def read_domain(services: Services, merchant_id: MerchantId) -> MerchantDomain | None:
    """The merchant's domain, verified or not."""
    return await services.database.read(domains.domain_of, merchant_id)


async def set_domain(services: Services, merchant_id: MerchantId, text: str) -> MerchantDomain:
    """The domain, not verified yet; the same one again stays as it is. Addresses are on the installation's host until then.

    Raises FieldInvalid.
    """
    host = checked_host(text, services.base_url)
    token = services.randomness.token(TOKEN_BYTES)
    new = MerchantDomain(merchant_id, host, token, None, None, "", services.clock.now_us())
    kept = await services.database.run(_set, new)
    await refresh_domains(services)
    return kept


async def remove_domain(services: Services, merchant_id: MerchantId) -> None:
    """Links are on the installation's host again. Without a domain nothing happens."""
    await services.database.run(_remove, merchant_id)
    await refresh_domains(services)


async def check_domain(services: Services, merchant_id: MerchantId) -> MerchantDomain:
    """Asks the domain for its token, and notes what came of it; from then on a verified one is used. Raises NotFound.

    One that was verified stays so: a name that does not answer for a moment must not change every address.
    """
    known = await read_domain(services, merchant_id)
    if known is None:
        raise NotFound("There is no domain. Set one first.", param="domain")
    failure = await _failure(services, known)
    checked = await services.database.run(_note, moment_of(services), known, failure)
    await refresh_domains(services)
    return checked


async def refresh_domains(services: Services) -> int:
    """A step of every process: takes the verified domains into memory."""
    services.domains.replace(services.base_url, await services.database.read(domains.verified_hosts))
    return 0


async def _failure(services: Services, known: MerchantDomain) -> str:
    """What is wrong, in one sentence with the fix; empty: nothing."""
    host, is_https = known.host, services.base_url.startswith("https://")
    # Over plain HTTP somebody tries this out on a network of their own.
    request = HttpRequest(
        "GET",
        f"{origin_of(services.base_url, host)}{WELL_KNOWN}",
        timeout_s=CHECK_S,
        may_be_private=not is_https,
    )
    try:
        answer = await services.http.send(request)
    except AddressRefused:
        return f"{host} leads to an address that is not public: let its DNS record lead to this server."
    except NotSent as error:
        return _not_sent(host, str(error))
    except NoAnswer:
        return f"{host} takes the connection and does not answer: let its DNS record lead to this server."
    if answer.status == 200 and hmac.compare_digest(answer.body.strip(), known.token.encode()):
        return ""
    return (
        f"Something else answers at {host} (status {answer.status}): let its DNS record lead to this server, and the reverse "
        "proxy in front of it hand the name on as Host."
    )


def _not_sent(host: str, reason: str) -> str:
    if "DNS" in reason:
        return f"The name {host} leads nowhere yet: make the DNS record, and wait up to an hour until everybody sees it."
    if "Certificate" in reason or "SSL" in reason:
        return f"There is no certificate for {host}: add the name to the reverse proxy in front of this server, which gets one."
    return f"Nobody answers at {host}: let its DNS record lead to this server, and its reverse proxy take the name."


async def _set(tx: Tx, new: MerchantDomain) -> MerchantDomain:
    await lock_merchant(tx, new.merchant_id)
    before = await domains.domain_of(tx, new.merchant_id)
    if before is not None and before.host == new.host:
        return before
    if not await _claim(tx, new):
        raise FieldInvalid("domain", "Other books of this Linktill have this domain. Remove it there first.")
    if before is not None:
        await directory.release(tx, directory.DOMAIN, before.host, new.merchant_id)
    await domains.put_domain(tx, new)
    return new


async def _claim(tx: Tx, new: MerchantDomain) -> bool:
    """Is it this merchant's now? Whoever has only written a name down does not keep those from it who may prove it theirs."""
    if await directory.claim(tx, directory.DOMAIN, new.host, new.merchant_id, new.merchant_id):
        return True
    place = await directory.find(tx, directory.DOMAIN, new.host)
    if place is None:
        return False
    await lock_merchant(tx, place.merchant_id)
    theirs = await domains.domain_of(tx, place.merchant_id)
    if theirs is None or theirs.host != new.host or theirs.verified_at is not None:
        return False
    await directory.release(tx, directory.DOMAIN, new.host, place.merchant_id)
    await domains.delete_domain(tx, place.merchant_id)
    return await directory.claim(tx, directory.DOMAIN, new.host, new.merchant_id, new.merchant_id)


async def _remove(tx: Tx, merchant_id: MerchantId) -> None:
    await lock_merchant(tx, merchant_id)
    before = await domains.domain_of(tx, merchant_id)
    if before is not None:
        await directory.release(tx, directory.DOMAIN, before.host, merchant_id)
        await domains.delete_domain(tx, merchant_id)


async def _note(tx: Tx, moment: Moment, known: MerchantDomain, failure: str) -> MerchantDomain:
    await lock_merchant(tx, known.merchant_id)
    before = await domains.domain_of(tx, known.merchant_id)
    if before is None or (before.host, before.token) != (known.host, known.token):
        raise NotFound("The domain was changed meanwhile. Check it again.", param="domain")
    verified_at = before.verified_at if failure else before.verified_at or moment.now
    after = replace(before, verified_at=verified_at, checked_at=moment.now, failure=failure)
    await domains.put_domain(tx, after)
    return after


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return False
    return True
