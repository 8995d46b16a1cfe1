"""Whose computer asks: nobody can choose an address to be counted by."""

import pytest

from linktill.surface.client_address import client_address, networks

PROXIES = networks("10.0.0.0/8, 2001:db8:ffff::/48")


def asked(client, *forwarded):
    headers = [(b"x-forwarded-for", value.encode("latin-1")) for value in forwarded]
    return {"client": None if client is None else (client, 1), "headers": headers}


@pytest.mark.parametrize(
    ("scope", "address"),
    [
        (asked("192.0.2.1"), "192.0.2.1"),
        (asked("192.0.2.1", "198.51.100.1"), "192.0.2.1"),
        (asked("10.0.0.1"), "10.0.0.1"),
        (asked("10.0.0.1", "198.51.100.1"), "198.51.100.1"),
        (asked("10.0.0.1", "6.6.6.6, 198.51.100.1"), "198.51.100.1"),
        (asked("10.0.0.1", "6.6.6.6", "198.51.100.1"), "198.51.100.1"),
        (asked("10.0.0.1", "198.51.100.1, 10.0.0.2"), "198.51.100.1"),
        (asked("10.0.0.1", "198.51.100.1, nonsense"), "10.0.0.1"),
        (asked("10.0.0.1", "198.51.100.1, nonsense, 10.0.0.2"), "10.0.0.2"),
        (asked("10.0.0.1", ""), "10.0.0.1"),
        (asked("10.0.0.1", "é"), "10.0.0.1"),
        (asked("10.0.0.1", ",".join(["10.0.0.3"] * 1000)), "10.0.0.3"),
        (asked("::ffff:192.0.2.1"), "192.0.2.1"),
        (asked("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::/64"),
        (asked("2001:db8:1:2:ffff::1"), "2001:db8:1:2::/64"),
        (asked("2001:db8:ffff::1", "2001:db8:1:2::9"), "2001:db8:1:2::/64"),
        (asked(None), "unknown"),
        (asked("testclient"), "unknown"),
    ],
)
def test_da07_the_address_behind_trusted_proxies_only(scope, address):
    """DA07."""
    assert client_address(scope, PROXIES) == address


def test_da07_without_trusted_proxies_nothing_forwarded_counts():
    """DA07."""
    assert client_address(asked("10.0.0.1", "198.51.100.1")) == "10.0.0.1"


def test_networks():
    assert [str(each) for each in networks(" 10.0.0.1,, ::1/128 ")] == ["10.0.0.1/32", "::1/128"]
    assert networks("") == ()
    with pytest.raises(ValueError, match="'proxy' is no address"):
        networks("10.0.0.1, proxy")
