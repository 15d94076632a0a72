"""Where Redis is: one address for a server, a server behind TLS, a socket, or a service under Sentinel.

    redis://[USER:PASSWORD@]HOST[:PORT][/DB]            rediss://... the same by TLS
    unix://[USER:PASSWORD@]/PATH?db=DB
    redis+sentinel://[USER:PASSWORD@]HOST[:PORT][,HOST[:PORT]...]/SERVICE[/DB]    rediss+sentinel://...

`?ssl_ca_certs=FILE` names the certificates to trust. USER and PASSWORD are those of the data servers;
`?sentinel_username=...&sentinel_password=...` those of the sentinels, where they ask for any.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, unquote, urlsplit

import redis
import redis.asyncio
from redis.asyncio.sentinel import Sentinel as AsyncSentinel
from redis.sentinel import Sentinel

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "rediss+sentinel")
SENTINEL_PORT = 26_379
FORM = (
    "expected an address such as redis://127.0.0.1:6379/0 or redis+sentinel://HOST:PORT,HOST:PORT/SERVICE/DB"
)
SENTINEL_TIMEOUT = 2.0  # seconds: one that is gone must not hold up the next


@dataclass(frozen=True)
class SentinelAddress:
    """A service under Sentinel; `options` are what redis-py takes for a connection to its servers."""

    sentinels: tuple[tuple[str, int], ...]
    service: str
    options: dict[str, Any] = field(default_factory=dict)
    sentinel_options: dict[str, Any] = field(default_factory=dict)


def check(url: str) -> None:
    """Say whether an address can be understood.

    Raises:
        ValueError: It cannot; the message quotes nothing of it, since it may hold a password.
    """
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES or "://" not in url:
        raise ValueError(FORM)
    if scheme.endswith("+sentinel"):
        read_sentinel(url)


def pool(url: str, **options: Any) -> redis.ConnectionPool:
    """Return a pool of connections for code that is not asynchronous."""
    if not _by_sentinel(url):
        return redis.ConnectionPool.from_url(url, **options)
    address = read_sentinel(url)
    sentinel = cast("Any", Sentinel)(address.sentinels, sentinel_kwargs=address.sentinel_options)
    found: redis.ConnectionPool = sentinel.master_for(
        address.service, **address.options, **options
    ).connection_pool
    return found


def async_pool(url: str, **options: Any) -> redis.asyncio.ConnectionPool:
    """Return a pool of connections for an event loop."""
    if not _by_sentinel(url):
        return redis.asyncio.ConnectionPool.from_url(url, **options)
    address = read_sentinel(url)
    sentinel = cast("Any", AsyncSentinel)(address.sentinels, sentinel_kwargs=address.sentinel_options)
    found: redis.asyncio.ConnectionPool = sentinel.master_for(
        address.service, **address.options, **options
    ).connection_pool
    return found


def read_sentinel(url: str) -> SentinelAddress:
    """Read the address of a service under Sentinel.

    >>> read_sentinel("redis+sentinel://one,two:26380/tonefit/1").sentinels
    (('one', 26379), ('two', 26380))

    Raises:
        ValueError: It has another form.
    """
    parts = urlsplit(url)
    credentials, _, hosts = parts.netloc.rpartition("@")
    service, _, database = parts.path.strip("/").partition("/")
    if not hosts or not service or (database and not database.isdecimal()):
        raise ValueError(FORM)
    options: dict[str, Any] = {"db": int(database or 0)}
    user, _, password = credentials.partition(":")
    if password:
        options |= {"username": unquote(user) or None, "password": unquote(password)}
    sentinel_options: dict[str, Any] = {"socket_timeout": SENTINEL_TIMEOUT}
    for name, value in parse_qsl(parts.query):
        if name.startswith("sentinel_"):
            sentinel_options[name.removeprefix("sentinel_")] = value
        else:
            options[name] = value
    if parts.scheme == "rediss+sentinel":
        options["ssl"] = True
        certificates = {name: value for name, value in options.items() if name.startswith("ssl")}
        sentinel_options |= certificates
    return SentinelAddress(tuple(map(_host_and_port, hosts.split(","))), service, options, sentinel_options)


def _by_sentinel(url: str) -> bool:
    return url.partition("://")[0].endswith("+sentinel")


def _host_and_port(text: str) -> tuple[str, int]:
    host, colon, port = text.rpartition(":")
    if not colon:
        return text, SENTINEL_PORT
    if not host or not port.isdecimal():
        raise ValueError(FORM)
    return host, int(port)
