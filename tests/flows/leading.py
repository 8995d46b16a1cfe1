"""Names that lead somewhere, without a DNS: for tests about merchants' own domains."""

from dataclasses import dataclass, field, replace
from urllib.parse import urlsplit

from linktill.flows.manage_domain import check_domain, set_domain
from linktill.flows.services import Services
from linktill.platform.http import HttpRequest, HttpResponse, NotSent
from tests.make import Shop

HOST = "pay.bikes.example"


@dataclass
class Names:
    """An HTTP client: host → what answers there, an answer or what goes wrong. Others have no record."""

    answers: dict[str, HttpResponse | Exception] = field(default_factory=dict)
    asked: list[HttpRequest] = field(default_factory=list)

    async def send(self, request: HttpRequest) -> HttpResponse:
        self.asked.append(request)
        found = self.answers.get(
            urlsplit(request.url).hostname or "", NotSent("ClientConnectorDNSError from x")
        )
        if isinstance(found, Exception):
            raise found
        return found


def with_names(services: Services, names: Names) -> Services:
    return replace(services, http=names)


def answer(body: str, status: int = 200) -> HttpResponse:
    return HttpResponse(status, {}, body.encode())


async def verified(shop: Shop, host: str = HOST) -> None:
    """The shop's links are at this host from now on."""
    domain = await set_domain(shop.services, shop.id, host)
    names = Names({domain.host: answer(f"{domain.token}\n")})
    assert (await check_domain(with_names(shop.services, names), shop.id)).failure == ""
