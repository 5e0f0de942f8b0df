"""Which hosts may be called: public addresses, looked at again at the moment of connecting.

A name may answer with a public address when it is asked first and with a private one a moment
later. So the socket is opened to an address that was looked at, never to a name.
"""

import functools
import ipaddress
import socket
import ssl
from collections.abc import Iterable, Sequence
from typing import Final

import httpcore
import httpx

# IPv6 addresses that carry an IPv4 one in their last 32 bits: translated, compatible.
_CARRIERS: Final = tuple(map(ipaddress.IPv6Network, ("64:ff9b::/96", "::/96")))
_LAST_32_BITS: Final = 2**32 - 1

Options = Iterable[
    tuple[int, int, int] | tuple[int, int, bytes | bytearray] | tuple[int, int, None, int]
]


class HostUnknown(Exception):
    """No address belongs to this name."""


class PrivateHost(Exception):
    """A name that leads, at least once, to an address of a private network or this machine."""


def is_public_address(text: str) -> bool:
    """Tell whether an address is one of the internet, and so is any address it carries inside."""
    address = ipaddress.ip_address(text.partition("%")[0])
    if isinstance(address, ipaddress.IPv6Address) and (inner := _carried(address)) is not None:
        return is_public_address(str(inner))
    return address.is_global and not address.is_multicast


def _carried(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address.sixtofour is not None:
        return address.sixtofour
    if address.teredo is not None:
        return address.teredo[1]
    if any(address in network for network in _CARRIERS):
        return ipaddress.IPv4Address(int(address) & _LAST_32_BITS)
    return None


def public_addresses(host: str) -> Sequence[str]:
    """Return the addresses of a host; raises HostUnknown, or PrivateHost when one is private."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise HostUnknown(host) from error
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    if not all(map(is_public_address, addresses)):
        raise PrivateHost(host)
    return addresses


class _PublicOnly(httpcore.NetworkBackend):
    """Opens sockets to addresses that were looked at a moment ago."""

    def __init__(self) -> None:
        self._sockets = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Options | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first address that answers; TLS still asks for the name."""
        trouble: Exception = httpcore.ConnectError(f"{host} has no address.")
        for address in public_addresses(host):
            try:
                return self._sockets.connect_tcp(
                    address, port, timeout, local_address, socket_options
                )
            except (httpcore.ConnectError, httpcore.ConnectTimeout) as error:
                trouble = error
        raise trouble


@functools.cache
def trusted() -> ssl.SSLContext:
    """Return the certificates trusted by everybody, read once: that takes longer than a call."""
    return httpx.create_ssl_context()


class PublicTransport(httpx.HTTPTransport):
    """httpx's own transport, over sockets that lead to public addresses alone."""

    def __init__(self, context: ssl.SSLContext) -> None:
        super().__init__(verify=context)
        self._pool = httpcore.ConnectionPool(ssl_context=context, network_backend=_PublicOnly())
