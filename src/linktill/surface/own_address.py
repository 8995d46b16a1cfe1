"""Which hosts are ours, and which origins may send us forms.

A browser that was led here under a foreign name (DNS rebinding) must get nothing, and a form of a foreign page must do
nothing, whatever cookies come with it.
"""

from typing import Final, final
from urllib.parse import urlsplit

LOOPBACK: Final = frozenset({b"localhost", b"127.0.0.1", b"[::1]"})


@final
class OwnAddress:
    """What the base URL makes ours. Loopback names are ours too: who is on this machine needs no other name for it.

    `own_url`: where this process itself listens; the gateway that it mounts is called there.
    """

    def __init__(self, base_url: str, own_url: str | None = None) -> None:
        self._origin: Final = base_url.encode()
        self._names: Final = {_host(base_url), *LOOPBACK} | ({_host(own_url)} if own_url else set())
        self._known: Final = {urlsplit(base_url).netloc.encode(), *self._names}

    def is_host(self, host: bytes | None) -> bool:
        """Whether a Host header means us. The port does not matter: proxies change it."""
        return host in self._known or (host is not None and name_of(host) in self._names)

    def is_origin(self, origin: bytes, host: bytes) -> bool:
        """Whether an Origin header names a page of ours. `host`: of the same request, already known as ours."""
        return origin == self._origin or (name_of(host) in LOOPBACK and origin == b"http://" + host)

    def is_own_form(self, headers: dict[bytes, bytes], *, is_strict: bool, here: bytes | None = None) -> bool:
        """Whether a page of ours sent this, by what the browser says (Origin, and Sec-Fetch-Site where there is one).

        `is_strict`: a request that says neither is refused too. Programs that post to a payer's page say neither.
        `here`: the origin of the merchant's own domain that it came to, whose pages alone may send it forms.
        """
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        if origin is not None:
            is_ours = self.is_origin(origin, headers.get(b"host", b"")) if here is None else origin == here
            if not is_ours:
                return False
        if site is not None and site != b"same-origin":
            return False
        return not is_strict or origin is not None or site is not None


def _host(url: str) -> bytes:
    name = urlsplit(url).hostname
    assert name, "settings give URLs with a host"
    return (f"[{name}]" if ":" in name else name).encode()


def name_of(host: bytes) -> bytes:
    """A Host header without its port, in small letters; empty when it is none."""
    name, bracket, rest = host.partition(b"]")
    if bracket:
        return (name + bracket).lower() if not rest or _is_port(rest) else b""
    name, colon, port = host.partition(b":")
    return name.lower() if not colon or _is_port(colon + port) else b""


def _is_port(text: bytes) -> bool:
    return text[:1] == b":" and (text[1:].isdigit() or text == b":") and len(text) <= 6
