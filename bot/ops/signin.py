"""Who is an operator: told by a Mini App's initData, or by a link that opens once."""

from __future__ import annotations

import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from redis.asyncio import Redis

from ml import keys

LINK_TTL = 600  # seconds in which a link opens
SESSION_TTL = 43_200  # seconds that an open page stays signed in
LONGEST = 8_192  # characters of initData; Telegram's own is below 2,000
MOST_FIELDS = 32
MAX_AGE = 3_600  # seconds since Telegram signed initData
CLOCK_SKEW = 60  # seconds that Telegram's clock may be ahead of ours
LINK_OWNER = 0  # who came by a link: it was printed to whoever runs the bot's machine
DIGITS = re.compile(r"[0-9]{1,12}")


class SigninRefused(Exception):
    """Somebody is not let in; `reason` is forged, old, stranger or used."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True)
class Visitor:
    """Who has the page open: `operator` is a Telegram id, 0 for who came by a link."""

    operator: int
    csrf: str


def operator_of(init_data: str, token: str, operators: Collection[int], now: float) -> int:
    """Return which operator opened the Mini App (core.telegram.org/bots/webapps, "Validating data").

    Args:
        init_data: `Telegram.WebApp.initData` as it came.
        now: Seconds since 1970.

    Raises:
        SigninRefused: Telegram did not sign it for this bot, or too long ago, or the person is no operator.
    """
    fields = _fields(init_data)
    given = fields.pop("hash", "")
    lines = "\n".join(f"{name}={value}" for name, value in sorted(fields.items()))
    secret = hmac.digest(b"WebAppData", token.encode(), "sha256")
    expected = hmac.digest(secret, lines.encode(), "sha256").hex()
    if not hmac.compare_digest(expected.encode(), given.encode()):
        raise SigninRefused("forged")
    signed = fields.get("auth_date", "")
    if not DIGITS.fullmatch(signed) or not -CLOCK_SKEW <= now - int(signed) <= MAX_AGE:
        raise SigninRefused("old")
    person = _person(fields.get("user", ""))
    if person not in operators:
        raise SigninRefused("stranger")
    return person


def _fields(init_data: str) -> dict[str, str]:
    """Return the fields of initData; one that stands twice could mean something else to each reader."""
    if len(init_data) > LONGEST:
        raise SigninRefused("forged")
    try:
        pairs = parse_qsl(init_data, True, True, max_num_fields=MOST_FIELDS)
    except ValueError as error:
        raise SigninRefused("forged") from error
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise SigninRefused("forged")
    return fields


def _person(user: str) -> int:
    """Return the id of the person that Telegram's JSON is about, -1 where it names none."""
    try:
        held = json.loads(user)
    except ValueError:
        return -1
    found = held.get("id") if isinstance(held, dict) else None
    return found if isinstance(found, int) and not isinstance(found, bool) else -1


class Signins:
    """The links and the open pages of all replicas. Redis holds digests, which let nobody in."""

    def __init__(self, redis: Redis, operators: Collection[int] = ()) -> None:
        self._redis = redis
        self._operators = frozenset(operators)

    async def new_link(self) -> str:
        """Return a code that opens the page once, within ten minutes."""
        code = secrets.token_urlsafe(24)
        await self._redis.set(keys.ops_link(digest_of(code)), "1", ex=LINK_TTL)
        return code

    async def use_link(self, code: str) -> str:
        """Open a page by a link's code and return its token.

        Raises:
            SigninRefused: The code was used, is too old, or never was one.
        """
        if not code or await self._redis.getdel(keys.ops_link(digest_of(code))) is None:
            raise SigninRefused("used")
        return await self.open(LINK_OWNER)

    async def open(self, operator: int) -> str:
        """Open a page for an operator and return its token."""
        token = secrets.token_urlsafe(32)
        await self._redis.set(keys.ops_session(digest_of(token)), json.dumps(operator), ex=SESSION_TTL)
        return token

    async def visitor(self, token: str) -> Visitor | None:
        """Return who has a page open; None where it is not open, or not an operator's any more."""
        held: Any = await self._redis.get(keys.ops_session(digest_of(token))) if token else None
        if held is None:
            return None
        operator = int(held)
        if operator != LINK_OWNER and operator not in self._operators:
            return None
        return Visitor(operator, csrf_of(token))

    async def close(self, token: str) -> None:
        """Sign a page out."""
        await self._redis.delete(keys.ops_session(digest_of(token)))


def link_at(address: str, code: str) -> str:
    """Return a link to the page; what follows the `#` reaches no server, no log and no link preview."""
    return f"{address}/ops/#code={code}"


def csrf_of(token: str) -> str:
    """Return what a page sends along with each change: only who may read its answers knows it."""
    return hmac.digest(token.encode(), b"csrf", "sha256").hex()


def digest_of(secret: str) -> str:
    """Return what Redis holds of a code, a token or a key: it lets nobody in."""
    return hashlib.sha256(secret.encode("utf-8", "surrogatepass")).hexdigest()
