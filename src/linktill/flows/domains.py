"""Which hosts are merchants' own, in memory: asked for every address that is shown, and by no request to the installation's
own host.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import final
from urllib.parse import urlsplit

from linktill.core.ids import MerchantId


@dataclass(frozen=True, slots=True)
class DomainPlace:
    """Whose host it is, and how addresses on it begin."""

    merchant_id: MerchantId
    origin: str


@final
class Domains:
    """The verified domains, as of the last look. Nothing here is more than some seconds old (`flows/manage_domain`)."""

    def __init__(self) -> None:
        self._places: dict[str, DomainPlace] = {}
        self._origins: dict[MerchantId, str] = {}

    def replace(self, base_url: str, found: Iterable[tuple[MerchantId, str]]) -> None:
        """These, and no others."""
        places = {host: DomainPlace(merchant_id, origin_of(base_url, host)) for merchant_id, host in found}
        self._places = places
        self._origins = {place.merchant_id: place.origin for place in places.values()}

    def place_at(self, host: str) -> DomainPlace | None:
        """Whose host this is, in small letters and without a port; or None."""
        return self._places.get(host)

    def origin_of(self, merchant_id: MerchantId) -> str | None:
        """How addresses of this merchant's links begin; None: as the installation's."""
        return self._origins.get(merchant_id)


def origin_of(base_url: str, host: str) -> str:
    """How addresses on a merchant's host begin: with scheme and port of the installation's own."""
    parts = urlsplit(base_url)
    return f"{parts.scheme}://{host}" if parts.port is None else f"{parts.scheme}://{host}:{parts.port}"
