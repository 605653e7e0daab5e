"""Which network addresses images may be fetched from."""

from __future__ import annotations

import ipaddress

_Address = ipaddress.IPv4Address | ipaddress.IPv6Address
_Network = ipaddress.IPv4Network | ipaddress.IPv6Network

# Global by their number, yet of this machine, its cloud or nobody.
_NOT_PUBLIC = (
    ipaddress.IPv4Network("168.63.129.16/32"),  # Azure's wire server
    ipaddress.IPv4Network("192.0.0.0/24"),  # IETF protocols; Oracle's metadata
    ipaddress.IPv4Network("192.88.99.0/24"),  # 6to4 relays
    ipaddress.IPv6Network("2001::/23"),  # IETF protocols: Teredo, ORCHID
    ipaddress.IPv6Network("2001:db8::/32"),
    ipaddress.IPv6Network("3fff::/20"),
)
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
_NAT64, _6TO4 = ipaddress.IPv6Network("64:ff9b::/96"), ipaddress.IPv6Network("2002::/16")
# Of clouds: asked for by address, with nothing but that for a password.
_METADATA = (
    ipaddress.IPv4Network("168.63.129.16/32"),
    ipaddress.IPv4Network("192.0.0.192/32"),
    ipaddress.IPv4Network("100.100.100.200/32"),
    ipaddress.IPv6Network("fd00:ec2::/32"),
)


def is_public(address: str) -> bool:
    """Whether an address is of the public internet, and so is the IPv4 address within it if there is one.

    Private, loopback, link-local, carrier-grade NAT, multicast, reserved and metadata addresses are not.
    """
    found = _parse(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = _embedded(found)
        if inner is not None:
            return is_public(str(inner))
        if found not in _GLOBAL_UNICAST:
            return False
    return found.is_global and not found.is_multicast and not _within(found, _NOT_PUBLIC)


def is_private_service(address: str) -> bool:
    """Whether an address may be that of a host that the operator allows by name although it is private.

    Link-local, multicast, unspecified and cloud metadata addresses never are.
    """
    found = _parse(address)
    if found is None:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (inner := _embedded(found)) is not None:
        return is_private_service(str(inner))
    unfit = found.is_link_local or found.is_multicast or found.is_unspecified
    return not unfit and not _within(found, _METADATA)


def _parse(address: str) -> _Address | None:
    try:
        return ipaddress.ip_address(address.partition("%")[0])  # without the zone of a link-local one
    except ValueError:
        return None


def _embedded(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """The IPv4 address that a packet to this one ends at."""
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.sixtofour if address in _6TO4 else None


def _within(address: _Address, networks: tuple[_Network, ...]) -> bool:
    return any(address in network for network in networks)  # never, where the versions differ
