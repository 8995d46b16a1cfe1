"""Whose computer asks: the address that limits are counted by. A stranger cannot choose it."""

import ipaddress
from collections.abc import Mapping
from typing import Any, Final, TypeAlias

Network: TypeAlias = ipaddress.IPv4Network | ipaddress.IPv6Network

HOPS_MAX: Final = 20
_UNKNOWN: Final = "unknown"


def networks(text: str) -> tuple[Network, ...]:
    """Addresses and networks, separated by commas. Raises ValueError that says which is none."""
    found: list[Network] = []
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        try:
            found.append(ipaddress.ip_network(part))
        except ValueError:
            raise ValueError(f"{part!r} is no address and no network such as 10.0.0.0/8") from None
    return tuple(found)


def client_address(scope: Mapping[str, Any], trusted: tuple[Network, ...] = ()) -> str:
    """The address that a request comes from; an IPv6 address as its /64, which is what one customer has.

    X-Forwarded-For counts only where it was written by a trusted proxy: read from its end, up to the first address that
    is not one of ours. What a client writes into it itself stands before that.
    """
    client = scope.get("client")
    address = _address(str(client[0])) if client else None
    if address is None:
        return _UNKNOWN
    if trusted and _is_in(address, trusted):
        for hop in reversed(_forwarded(scope)[-HOPS_MAX:]):
            written = _address(hop)
            if written is None:
                break
            address = written
            if not _is_in(address, trusted):
                break
    return str(address if address.version == 4 else ipaddress.ip_network((address, 64), strict=False))


def _forwarded(scope: Mapping[str, Any]) -> list[str]:
    values = [value.decode("latin-1") for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [hop.strip() for hop in ",".join(values).split(",")]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text.strip("[]"))
    except ValueError:
        return None
    mapped = address.ipv4_mapped if address.version == 6 else None
    return mapped or address


def _is_in(address: ipaddress.IPv4Address | ipaddress.IPv6Address, trusted: tuple[Network, ...]) -> bool:
    return any(address in network for network in trusted)
