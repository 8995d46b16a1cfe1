"""SF01, SF02: which URLs may be connected to, by their text alone."""

import pytest

from linktill.platform.addresses import Target, UrlRefused, is_public, parse_target

PRIVATE = """127.0.0.1 127.255.255.254 0.0.0.0 10.1.2.3 100.64.0.1 100.127.255.255 169.254.169.254 172.16.0.1 172.31.255.255
192.0.0.8 192.0.2.1 192.88.99.1 192.168.1.1 198.18.0.1 198.19.255.255 198.51.100.7 203.0.113.7 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255 :: ::1 fe80::1 fc00::1 fd00::1 ff02::1 2001:db8::1 2001::1 2002:7f00:1:: 3fff::1 100::1 64:ff9b::7f00:1
::ffff:127.0.0.1 ::ffff:8.8.8.8 ::7f00:1 64:ff9b:1::1 5f00::1 fec0::1"""


@pytest.mark.parametrize("address", PRIVATE.split())
def test_sf01_addresses_that_are_not_public(address: str) -> None:
    assert not is_public(address)
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(UrlRefused):
        parse_target(f"https://{host}/hook", may_be_private=False)


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "2a00:1450::1"]
)
def test_addresses_that_are_public(address: str) -> None:
    assert is_public(address)
    host = f"[{address}]" if ":" in address else address
    assert parse_target(f"https://{host}/hook", may_be_private=False) == Target("https", address, 443)


ODD = [
    "http://2130706433/",
    "http://0x7f.1/",
    "http://0x7f000001/",
    "http://017700000001/",
    "http://0177.0.0.1/",
    "http://127.1/",
    "http://127.0.1/",
    "http://8.8.8.08/",
    "http://①②⑦.⓪.⓪.①/",
    "http://127。0。0。1/",
    "http://[::ffff:127.0.0.1]/",
    "http://[::ffff:7f00:1]/",
    "http://[::127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[2001:0:1::]/",
    "http://[fe80::1%25eth0]/",
    "http://example.com./",
    "http://127.0.0.1./",
    "http://user@example.com/",
    "http://user:word@example.com/",
    "http://example.com#@127.0.0.1/",
    "http://example.com\\@127.0.0.1/",
    "http://exa mple.com/",
    "http://example.com/\r\nHost: other",
    "http://exa\tmple.com/",
    "http:///path",
    "http:example.com",
    "http://",
    "http://.example.com/",
    "http://example..com/",
    "http://-example.com/",
    "http://ex%61mple.com/",
    "http://example.com:0/",
    "http://example.com:65536/",
    "http://example.com:80:80/",
    "http://[::1",
    "file:///etc/passwd",
    "gopher://example.com/",
    "ftp://example.com/",
    "javascript:alert(1)",
    "//example.com/",
    "",
    "https://example.com/" + "a" * 2_048,
]


@pytest.mark.parametrize("url", ODD)
@pytest.mark.parametrize("may_be_private", [True, False])
def test_sf02_odd_spellings_are_refused_whoever_chose_them(url: str, may_be_private: bool) -> None:
    with pytest.raises(UrlRefused):
        parse_target(url, may_be_private=may_be_private)


LOCAL = "localhost app.localhost printer.local metadata.google.internal nas.lan router.home db.corp x.home.arpa redis"


@pytest.mark.parametrize("host", LOCAL.split())
def test_sf01_names_of_this_machine_and_its_network(host: str) -> None:
    """They need no look-up: what they resolve to is refused at each sending, but the merchant should know at once."""
    with pytest.raises(UrlRefused):
        parse_target(f"https://{host}/hook", may_be_private=False)
    assert parse_target(f"https://{host}/hook").host == host


def test_public_names_that_look_alike() -> None:
    for host in ("local.example.com", "localhost.example.com", "mylocal.example", "home.arpa.example"):
        assert parse_target(f"https://{host}/", may_be_private=False).host == host


def test_private_addresses_that_the_operator_chose() -> None:
    assert parse_target("http://127.0.0.1:8000/in") == Target("http", "127.0.0.1", 8000)
    assert parse_target("http://[::1]/in") == Target("http", "::1", 80)
    assert parse_target("HTTPS://Shop.Example:8443/a?b=c%2Fd") == Target("https", "shop.example", 8443)
