"""Which addresses are public: by number, by what is embedded in them, and never by a trick of spelling."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from localizer.sources.addresses import is_private_service, is_public

PUBLIC = [
    "8.8.8.8",
    "93.184.216.34",
    "2606:2800:220:1::1",
    "64:ff9b::8.8.8.8",
    "::ffff:8.8.8.8",
    "2002:808:808::1",
]
NEVER = [  # not even for a host of the operator's own
    "169.254.169.254",
    "::ffff:169.254.169.254",
    "64:ff9b::169.254.169.254",
    "64:ff9b::a9fe:a9fe",
    "2002:a9fe:a9fe::1",
    "168.63.129.16",
    "100.100.100.200",
    "192.0.0.192",
    "fd00:ec2::254",
    "fe80::1",
    "fe80::1%eth0",
    "224.0.0.1",
    "ff02::1",
    "ff0e::1",
    "0.0.0.0",  # noqa: S104
    "::",
    "not an address",
    "0x7f000001",
    "2130706433",
    "127.1",
    "",
]
PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "::1",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "198.18.0.1",
    "fc00::1",
    "fec0::1",
    "::ffff:10.0.0.1",
    "::ffff:127.0.0.1",
    "64:ff9b::10.0.0.1",
    "64:ff9b:1::1",
    "2002:a00:1::1",
    "2001:db8::1",
    "2001::1",
    "3fff::1",
    "192.88.99.1",
    "192.0.2.1",
    "198.51.100.1",
    "203.0.113.1",
    "240.0.0.1",
    "255.255.255.255",
    "100::1",
    "5f00::1",
]


@pytest.mark.parametrize("address", PUBLIC)
def test_public(address):
    assert is_public(address)


@pytest.mark.parametrize("address", PRIVATE + NEVER)
def test_not_public(address):
    assert not is_public(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "10.1.2.3", "192.168.1.1", "fc00::1", "::ffff:10.0.0.1"]
)
def test_hosts_of_the_operator_may_have_these(address):
    assert is_private_service(address)


@pytest.mark.parametrize("address", NEVER)
def test_and_never_these(address):
    assert not is_private_service(address)


@given(st.ip_addresses(v=4))
def test_an_ipv4_address_inside_an_ipv6_one_is_judged_alike(address):
    number = int(address)
    for inside in (0xFFFF << 32 | number, 0x64FF9B << 96 | number, 0x2002 << 112 | number << 80 | 1):
        assert is_public(str(ipaddress.IPv6Address(inside))) == is_public(str(address))


@given(st.ip_addresses())
def test_public_implies_that_python_takes_it_for_global(address):
    if is_public(str(address)):
        assert address.is_global or address in ipaddress.IPv6Network("2002::/16")
        assert not address.is_private or address in ipaddress.IPv6Network("2002::/16")
        assert not address.is_multicast
