"""The one client for calls to addresses that people type in: it cannot reach inside, and it cannot be held up.

https alone, only hosts that were asked for, every address that the name resolves to must be public, and the connection
goes to the very address that was checked. No redirects, no proxies, a time limit over all, a reply that is cut off.
"""

import http.client
import ipaddress
import json
import socket
import ssl
import threading
from collections.abc import Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import SplitResult, urlsplit

from cocreate.core.errors import Invalid
from cocreate.core.text_marks import N_

SECONDS = 10.0
REPLY_BYTES = 65_536
Resolve = Callable[[str, int], list[str]]


class AddressRefused(Invalid):
    """The address is not one that we call."""

    code = "address_refused"
    message = N_("This address is not one that we may call: https, a host of the vendor's own, and nothing inside.")


class CallFailed(Exception):
    """The other side could not be reached in time, or answered something that cannot be used."""


@dataclass(frozen=True)
class Reply:
    """What the other side answered; the text is at most 64 KiB."""

    status: int
    text: str

    def json(self) -> Any:
        """The text as JSON; None when it is none."""
        try:
            return json.loads(self.text)
        except ValueError:
            return None


def resolve(host: str, port: int) -> list[str]:
    """All addresses of a name."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except OSError as error:
        raise CallFailed(f"no address for {host}") from error
    return [str(entry[4][0]) for entry in found]


def exceptions(setting: str) -> frozenset[str]:
    """The HOST:PORT pairs that an operator allows though they are inside or not https."""
    return frozenset(part.strip().lower() for part in setting.split(",") if part.strip())


def check(
    url: str, *, hosts: Collection[str], allow: Collection[str] = (), resolve: Resolve = resolve
) -> tuple[SplitResult, str]:
    """The parts of an address that may be called, and the checked address to connect to; AddressRefused otherwise.

    hosts: the names that are meant, compared whole. allow: HOST:PORT pairs for which none of this is asked.
    """
    try:
        parts = urlsplit(url)
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError as error:
        raise AddressRefused("no such host or port") from error
    host = (parts.hostname or "").lower()
    if not host or parts.username is not None or parts.password is not None or any(ord(one) <= 32 for one in url):
        raise AddressRefused("not a plain address")
    if f"{host}:{port}" in allow and parts.scheme in ("http", "https"):
        return parts, resolve(host, port)[0]
    if parts.scheme != "https" or port != 443 or host not in hosts:
        raise AddressRefused(f"{parts.scheme}, port {port}, host {host[:60]}")
    addresses = resolve(host, port)
    if not addresses or not all(is_public(address) for address in addresses):
        raise AddressRefused(f"{host} leads inside")
    return parts, addresses[0]


def is_public(address: str) -> bool:
    """Whether an address belongs to the open internet, also when it is an IPv4 one in IPv6 clothes."""
    try:
        ip = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    inner = None
    if isinstance(ip, ipaddress.IPv6Address):
        inner = ip.ipv4_mapped or ip.sixtofour or (ip.teredo[1] if ip.teredo else None)
        if inner is None and ip in _NAT64:
            inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    if inner is not None and not inner.is_global:
        return False
    return ip.is_global and not ip.is_multicast


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")


def post_json(
    url: str,
    body: Mapping[str, Any],
    *,
    hosts: Collection[str],
    allow: Collection[str] = (),
    resolve: Resolve = resolve,
    seconds: float = SECONDS,
) -> Reply:
    """Post JSON and return the answer, whatever its status. AddressRefused before any connection; CallFailed when it
    takes longer than `seconds` in all, answers more than 64 KiB, or breaks off."""
    parts, address = check(url, hosts=hosts, allow=allow, resolve=resolve)
    line = _Line(address)
    connection = _connection(parts, line, seconds)
    watchdog = threading.Timer(seconds, line.cut)
    watchdog.daemon = True
    watchdog.start()
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        headers = {"content-type": "application/json; charset=utf-8", "accept-encoding": "identity"}
        connection.request("POST", path, json.dumps(body, ensure_ascii=False).encode(), headers)
        answer = connection.getresponse()
        content = answer.read(REPLY_BYTES + 1)
        answer.close()
    except (OSError, http.client.error, ValueError) as error:
        raise CallFailed(type(error).__name__) from error
    finally:
        watchdog.cancel()
        connection.close()
        line.close()
    if line.late:  # what was read until then looks like a whole answer
        raise CallFailed("it took too long")
    if len(content) > REPLY_BYTES:
        raise CallFailed("the answer is too long")
    return Reply(answer.status, content.decode("utf-8", "replace"))


class _Line:
    """Connects to the address that was checked, because the name may lead elsewhere by now (TLS still asks for the
    name), and can be cut from another thread, whatever is being waited for on it."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.late = False
        self._twin: socket.socket | None = None

    def connect(self, target: tuple[str, int], timeout: float, source: Any = None) -> socket.socket:
        made = socket.create_connection((self.address, target[1]), timeout, source)
        # TLS and the answer take the socket over; a twin of it reaches the same connection until the end.
        self._twin = made.dup()
        return made

    def cut(self) -> None:
        """End a connection that drips: the time limit of a socket begins anew with every byte."""
        self.late = True
        if self._twin is not None:
            with suppress(OSError):
                self._twin.shutdown(socket.SHUT_RDWR)

    def close(self) -> None:
        if self._twin is not None:
            self._twin.close()


def _connection(parts: SplitResult, line: _Line, seconds: float) -> http.client.HTTPConnection:
    host = parts.hostname or ""
    made: Any = (
        http.client.HTTPSConnection(host, parts.port, timeout=seconds, context=ssl.create_default_context())
        if parts.scheme == "https"
        else http.client.HTTPConnection(host, parts.port, timeout=seconds)
    )
    made._create_connection = line.connect
    connection: http.client.HTTPConnection = made
    return connection
