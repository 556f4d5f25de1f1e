"""To which addresses webhooks may be sent: not into the network that this service itself stands in.

Whoever may set up an endpoint could otherwise have us ask machines that only we can reach (server-side request
forgery), such as a cloud's metadata service at 169.254.169.254.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

Address = IPv4Address | IPv6Address

# An IPv4 address inside an IPv6 one: RFC 6052 (NAT64), also of networks of one's own (RFC 8215).
_NAT64 = (IPv6Network("64:ff9b::/96"), IPv6Network("64:ff9b:1::/48"))


class Refused(Exception):
    """The name leads to an address that is not public, or to none at all."""


def is_public(address: Address) -> bool:
    """Whether it can be meant for the internet, also what is wrapped up in it."""
    if isinstance(address, IPv6Address):
        if any(address in network for network in _NAT64):
            return is_public(IPv4Address(address.packed[-4:]))
        inner = address.ipv4_mapped or address.sixtofour
        if inner is not None:
            return is_public(inner)
        if address.teredo is not None:
            return False
    return address.is_global and not address.is_multicast and not address.is_reserved


async def resolve(host: str, port: int, *, private: bool, local: bool) -> str:
    """The address to connect to. Raises Refused, also where only one of several is not public, and OSError.

    `private` allows all addresses, `local` those of this machine.
    """
    loop = asyncio.get_running_loop()
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP)
    addresses = [ip_address(str(place[0]).partition("%")[0]) for *_, place in found]
    if not addresses:
        raise Refused
    for address in addresses:
        if not (private or is_public(address) or (local and address.is_loopback)):
            raise Refused
    return str(addresses[0])
