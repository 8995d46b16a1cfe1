"""`linktill domain …`: a merchant's own domain, from the command line."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any, TypeAlias

from cyclopts import Parameter

from linktill.cli.merchants import ANY_BOOKS, Whose, merchant_of
from linktill.cli.output import FAILED, OK, AsJson, Table, answer
from linktill.cli.running import local_services, run, settings_now
from linktill.core.ids import MerchantId
from linktill.core.merchant_domain import MerchantDomain
from linktill.flows.domains import origin_of
from linktill.flows.manage_domain import check_domain, read_domain, remove_domain, set_domain
from linktill.flows.services import Services

Work: TypeAlias = Callable[[Services, MerchantId], Coroutine[Any, Any, MerchantDomain | None]]


def show(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """The domain, whether it is used, and what the last check found."""
    _told(read_domain, whose, as_json=json)
    return OK


def set_(
    domain: Annotated[str, Parameter(help="A name such as pay.example.com.")],
    /,
    *,
    whose: Whose = ANY_BOOKS,
    json: AsJson = False,
) -> int:
    """Not used until it was checked. Another one takes the place of the one that is there."""

    async def work(services: Services, merchant_id: MerchantId) -> MerchantDomain:
        return await set_domain(services, merchant_id, domain)

    _told(work, whose, as_json=json)
    return OK


def check(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Asks the domain whether it leads here; from then on links are on it. The exit code says what came of it."""
    found = _told(check_domain, whose, as_json=json)
    return FAILED if found is None or found.failure else OK


def remove(*, whose: Whose = ANY_BOOKS, json: AsJson = False) -> int:
    """Links are on the installation's own host again."""

    async def work(services: Services, merchant_id: MerchantId) -> None:
        await remove_domain(services, merchant_id)

    _told(work, whose, as_json=json)
    return OK


def _told(work: Work, whose: Whose, *, as_json: bool) -> MerchantDomain | None:
    settings = settings_now()

    async def command() -> MerchantDomain | None:
        async with local_services(settings) as services:
            return await work(services, await merchant_of(services, whose))

    found = run(command)
    origin = settings.base_url
    if found is not None and found.verified_at is not None:
        origin = origin_of(settings.base_url, found.host)
    document = {
        "domain": None if found is None else found.host,
        "is_verified": found is not None and found.verified_at is not None,
        "failure": "" if found is None else found.failure,
        "links_begin_with": f"{origin}/p/",
    }
    rows = [
        ("Domain", "none" if found is None else found.host),
        ("In use", "yes" if document["is_verified"] else "no"),
        ("Links begin with", f"{origin}/p/"),
    ]
    if found is not None and found.failure:
        rows.append(("Last check", found.failure))
    answer(document, as_json=as_json, person=lambda: Table(("Field", "Value"), rows))
    return found
