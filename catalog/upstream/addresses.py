"""Which addresses may be called. The one check for every HTTP client of the product."""

from __future__ import annotations

import re
import socket
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network

import httpx2

from .errors import AddressRefused, Unreachable

PORTS = {"http": 80, "https": 443}
HOST = re.compile(r"[A-Za-z0-9._-]{1,253}|[0-9A-Fa-f:.]{2,45}")
NUMBER = re.compile(r"[0-9]+|0[xX][0-9a-fA-F]*")

# Everything that is not the public internet. The first network that holds an address names it.
SPECIAL: list[tuple[IPv4Network | IPv6Network, str]] = [
    (ip_network(network), name)
    for network, name in (
        ("0.0.0.0/8", "no host"),
        ("10.0.0.0/8", "a private network"),
        ("100.64.0.0/10", "a provider's inner network"),
        ("127.0.0.0/8", "this machine"),
        ("168.63.129.16/32", "a cloud's metadata service"),
        ("169.254.0.0/16", "the local link"),
        ("172.16.0.0/12", "a private network"),
        ("192.0.0.0/24", "a special-purpose network"),
        ("192.0.2.0/24", "a network for examples"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "a private network"),
        ("198.18.0.0/15", "a network for measurements"),
        ("198.51.100.0/24", "a network for examples"),
        ("203.0.113.0/24", "a network for examples"),
        ("224.0.0.0/4", "a multicast group"),
        ("240.0.0.0/4", "a reserved network"),
        ("::/128", "no host"),
        ("::1/128", "this machine"),
        ("::ffff:0:0/96", "an IPv4 address in disguise"),
        ("64:ff9b::/96", "an IPv4 address in disguise"),
        ("64:ff9b:1::/48", "an IPv4 address in disguise"),
        ("2001::/23", "a special-purpose network"),
        ("2001:db8::/32", "a network for examples"),
        ("2002::/16", "an IPv4 address in disguise"),
        ("3fff::/20", "a network for examples"),
        ("fc00::/7", "a private network"),
        ("fe80::/10", "the local link"),
        ("ff00::/8", "a multicast group"),
    )
]
GLOBAL_IPV6 = IPv6Network("2000::/3")


def check_address(url: str, *, private_allowed: bool) -> list[str]:
    """The IP addresses a URL may be called at. Raises AddressRefused, or Unreachable if its name is not known."""
    parsed = parse_url(url)
    return addresses_of(parsed.host, parsed.port or PORTS[parsed.scheme], private_allowed=private_allowed)


def parse_url(url: str) -> httpx2.URL:
    """The URL as the client will read it, refused if no client should call it. Resolves nothing."""
    try:
        parsed = httpx2.URL(url)
    except (httpx2.InvalidURL, TypeError):
        raise AddressRefused("it is not a URL") from None
    if parsed.scheme not in PORTS:
        raise AddressRefused("it must begin with http:// or https://")
    if parsed.userinfo:
        raise AddressRefused("it holds a name or password, which belong in the key field")
    if not HOST.fullmatch(parsed.host):
        raise AddressRefused("its host is not a host name")
    if parsed.port is not None and not 0 < parsed.port < 65536:
        raise AddressRefused("its port does not exist")
    return parsed


def addresses_of(host: str, port: int, *, private_allowed: bool) -> list[str]:
    """Resolve a host and refuse it unless every one of its addresses may be called. Blocks while the name is resolved.

    A caller must connect to what this returns, never resolve again: the name may lead elsewhere the next time.
    """
    if not private_allowed and is_number_form(host):
        raise AddressRefused("an IP address must be written in the usual form")
    addresses = resolved(host, port)
    if not private_allowed:
        for address in addresses:
            refuse_special(address)
    return by_turns(addresses)


def resolved(host: str, port: int) -> list[str]:
    """The distinct addresses of a host, in the system's order; an address is its own."""
    try:
        return [str(ip_address(host))]
    except ValueError:
        pass
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unreachable(host, "its name cannot be resolved") from error
    return list(dict.fromkeys(str(info[4][0]) for info in found))


def is_number_form(host: str) -> bool:
    """Whether a host is an IPv4 address in a form only some clients understand: 2130706433, 0x7f.1, 0177.0.0.1."""
    if ":" in host or not NUMBER.fullmatch(host.rstrip(".").rpartition(".")[2]):
        return False
    try:
        IPv4Address(host)
    except ValueError:
        return True
    return False


def refuse_special(address: str) -> None:
    if name := special_name(ip_address(address)):
        raise AddressRefused(f"it leads to {name}, which only an administrator may use")


def special_name(address: IPv4Address | IPv6Address) -> str:
    """What kind of place an address is, "" if it is on the public internet."""
    for network, name in SPECIAL:
        if address in network:
            return name
    return "" if address.version == 4 or address in GLOBAL_IPV6 else "a reserved network"


def by_turns(addresses: list[str]) -> list[str]:
    """IPv6 and IPv4 by turns, so that a broken one of the two costs one attempt, not all of them."""
    six = [address for address in addresses if ":" in address]
    four = [address for address in addresses if ":" not in address]
    first, second = (six, four) if addresses[:1] == six[:1] else (four, six)
    turns = [address for pair in zip(first, second, strict=False) for address in pair]
    return turns + first[len(second) :] + second[len(first) :]
