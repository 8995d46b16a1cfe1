"""Which URLs may be connected to. Pure: syntax and address ranges, no look-up.

A host is accepted in one spelling only. The many other spellings of an IP address (decimal, octal, hexadecimal, short,
full-width, IPv6 forms that wrap an IPv4 address) exist for us only as ways around a check.
"""

import ipaddress
import re
from dataclasses import dataclass
from typing import Final
from urllib.parse import SplitResult, urlsplit

URL_MAX_CHARS: Final = 2048
DEFAULT_PORTS: Final = {"http": 80, "https": 443}

_LOCAL_NAMES: Final = frozenset(
    {"localhost", "local", "internal", "lan", "home", "corp", "intranet", "private"}
)
"""Last labels that lead to this machine or its network (RFC 6761, RFC 6762, ICANN's resolution on `internal`)."""

_LABEL: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)")
_URL: Final = re.compile(r"[!-~]+")
"""Printable ASCII without the blank."""

# https://www.iana.org/assignments/iana-ipv4-special-registry, all that is not globally reachable, and multicast.
_IPV4_RANGES: Final = (
    "0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24 "
    "192.31.196.0/24 192.52.193.0/24 192.88.99.0/24 192.168.0.0/16 192.175.48.0/24 198.18.0.0/15 198.51.100.0/24 "
    "203.0.113.0/24 224.0.0.0/4 240.0.0.0/4"
)
_IPV4_CLOSED: Final = tuple(ipaddress.IPv4Network(network) for network in _IPV4_RANGES.split())
# https://www.iana.org/assignments/ipv6-address-space: only 2000::/3 is global unicast; these parts of it are not for
# hosts (protocols, documentation) or wrap an IPv4 address that nobody would check (Teredo, 6to4).
_IPV6_OPEN: Final = ipaddress.IPv6Network("2000::/3")
_IPV6_CLOSED: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in ("2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3fff::/20")
)
# Spellings that wrap an IPv4 address: mapped, compatible, translated (NAT64, also the local one), 6to4, Teredo.
_IPV6_WRAPPING: Final = tuple(
    ipaddress.IPv6Network(network)
    for network in (
        "::ffff:0:0/96",
        "::ffff:0:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2002::/16",
        "2001::/32",
    )
)
_IPV6_COMPATIBLE: Final = ipaddress.IPv6Network("::/96")
_IPV6_OWN: Final = frozenset({ipaddress.IPv6Address("::"), ipaddress.IPv6Address("::1")})


class UrlRefused(Exception):
    """The URL must not be connected to. The message is for the person who typed it."""


@dataclass(frozen=True, slots=True)
class Target:
    """Where a URL leads: `host` is a lower-case name or an IP address without brackets."""

    scheme: str
    host: str
    port: int


def is_public(address: str) -> bool:
    """Is this IP address one that the whole internet reaches? False for anything that is no IP address."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(ip, ipaddress.IPv4Address):
        return not any(ip in network for network in _IPV4_CLOSED)
    return ip.scope_id is None and ip in _IPV6_OPEN and not any(ip in network for network in _IPV6_CLOSED)


def parse_target(url: str, *, may_be_private: bool = True) -> Target:
    """Reads an http(s) URL strictly. Raises UrlRefused for any doubt, and for an address that is not public unless it may be.

    A name is not resolved here: whoever connects checks what it resolves to.
    """
    if len(url) > URL_MAX_CHARS:
        raise UrlRefused(f"The URL must have at most {URL_MAX_CHARS} characters.")
    if _URL.fullmatch(url) is None or "\\" in url:
        raise UrlRefused(
            "The URL must be plain ASCII without blanks or backslashes; write other letters percent-encoded."
        )
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise UrlRefused("The URL is not well-formed.") from None
    if parts.scheme not in DEFAULT_PORTS:
        raise UrlRefused("The URL must start with https:// or http://.")
    if "@" in parts.netloc:
        raise UrlRefused("The URL must not carry a user name or password.")
    if "#" in url:
        raise UrlRefused("The URL must not carry a fragment (#).")
    if port == 0:
        raise UrlRefused("The URL must not name port 0.")
    host = _host(parts)
    if not may_be_private and not (is_public(host) if _is_ip(host) else _is_public_name(host)):
        raise UrlRefused("The URL must lead to a public address.")
    return Target(parts.scheme, host, DEFAULT_PORTS[parts.scheme] if port is None else port)


def _host(parts: SplitResult) -> str:
    host = parts.hostname or ""
    if "[" in parts.netloc:
        return _ipv6(host)
    labels = host.split(".")
    if len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise UrlRefused("The URL must name a host, such as example.com.")
    # The last label of a real name is never a number; a resolver reads such a host as an address in some base.
    if labels[-1].isdigit() or labels[-1].startswith("0x"):
        return _ipv4(host)
    return host


def _ipv4(host: str) -> str:
    try:
        return str(ipaddress.IPv4Address(host))
    except ValueError:
        raise UrlRefused("Write an IPv4 address as four decimal numbers, such as 192.0.2.1.") from None


def _ipv6(host: str) -> str:
    try:
        ip = ipaddress.IPv6Address(host)
    except ValueError:
        raise UrlRefused("The IPv6 address is not well-formed.") from None
    is_wrapping = any(ip in network for network in _IPV6_WRAPPING) or (
        ip in _IPV6_COMPATIBLE and ip not in _IPV6_OWN
    )
    if ip.scope_id is not None or is_wrapping:
        raise UrlRefused("Write an IPv4 address as such, and an IPv6 address without a zone.")
    return str(ip)


def _is_public_name(host: str) -> bool:
    """A name without a dot is one of this network's, too."""
    _, dot, last = host.rpartition(".")
    return bool(dot) and last not in _LOCAL_NAMES and not host.endswith(".home.arpa")


def _is_ip(host: str) -> bool:
    return ":" in host or host.rpartition(".")[2].isdigit()
