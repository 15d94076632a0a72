"""HTTP to a Bot API server by aiohttp, which answers three times as many updates as the httpx default."""

from __future__ import annotations

import asyncio
import contextlib
import json
import socket
from dataclasses import dataclass
from functools import cache
from typing import Any, cast
from urllib.parse import quote_plus
from weakref import WeakSet

import aiohttp
import orjson
import telegram
from telegram._utils.defaultvalue import DefaultValue
from telegram._utils.types import ODVInput
from telegram.error import NetworkError, TelegramError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECT_TIMEOUT = 5.0  # seconds
READ_TIMEOUT = 20.0
UPLOAD_TIMEOUT = 60.0  # a photo over a slow line
TURNED_AWAY = {
    502,
    503,
}  # where the answer is no JSON, what answers is not the Bot API but what stands before it
QUOTED = [quote_plus(bytes([byte])).encode() for byte in range(256)]
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
JSON = {"Content-Type": "application/json"}
HALF_A_SIGN = rb"\ud"  # how one is written in JSON, and whole signs beyond 65,535 too


class NotSent(NetworkError):
    """The request never reached the Bot API, so that sending it again cannot answer twice."""


class CutOff(NetworkError):
    """`AiohttpRequest.cut` ended the request: another process may answer in our place."""


class _TurnedAway(Exception):
    """A gateway has no server to give the request to."""


@dataclass(frozen=True, slots=True)
class _Plain:
    """Parameters as the JSON in which they travel."""

    body: bytes


def parameters(**values: Any) -> RequestData:
    """Return the parameters of a call that carries no file, for an answer that nobody wants as classes.

    Values are plain and travel as JSON, a quarter of what a form costs; None is left out. The library hands
    them through to `AiohttpRequest.do_request`, which alone can read them.
    """
    given = {name: value for name, value in values.items() if value is not None}
    return cast("RequestData", _Plain(orjson.dumps(given)))


async def post(
    bot: telegram.Bot,
    method: str,
    *,
    read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    **values: Any,
) -> Any:
    """Make such a call and return Telegram's answer as it came."""
    return await bot.request.post(f"{bot.base_url}/{method}", parameters(**values), read_timeout=read_timeout)


class AiohttpRequest(BaseRequest):
    """A connection pool for python-telegram-bot.

    No message of its exceptions holds an address, since the address holds the token.

    Args:
        pool_size: How many connections may be open at once.
        proxies: Whether HTTPS_PROXY and the like are followed.
    """

    def __init__(self, pool_size: int = 64, *, proxies: bool = False) -> None:
        self._pool_size = pool_size
        self._proxies = proxies
        self._session: aiohttp.ClientSession | None = None
        self._sockets: WeakSet[socket.socket] = WeakSet()
        self._cuts = 0

    @property
    def read_timeout(self) -> float:
        """How long an answer may take, in seconds."""
        return READ_TIMEOUT

    async def initialize(self) -> None:
        """Open the pool."""
        if self._session is None or self._session.closed:
            connector = aiohttp.TCPConnector(
                limit=self._pool_size, keepalive_timeout=30, socket_factory=self._open_socket
            )
            self._session = aiohttp.ClientSession(
                connector=connector, headers={"User-Agent": self.USER_AGENT}, trust_env=self._proxies
            )

    async def shutdown(self) -> None:
        """Close the pool."""
        if self._session is not None:
            await self._session.close()

    def cut(self) -> None:
        """End every connection at once, from a signal handler too, so that nothing more goes out on them."""
        self._cuts += 1
        for opened in list(self._sockets):
            with contextlib.suppress(OSError):
                opened.shutdown(socket.SHUT_RDWR)

    def _open_socket(self, address: tuple[Any, ...]) -> socket.socket:
        family, kind, protocol, *_ = address
        opened = socket.socket(family, kind, protocol)
        self._sockets.add(opened)
        return opened

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | _Plain | None = None,
        read_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        write_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        connect_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
        pool_timeout: ODVInput[float] = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Send one request and return its status and body.

        Raises:
            NotSent: No connection was had, or a gateway turned the request away.
            TimedOut: The request may or may not have had its effect.
            NetworkError: Likewise, the connection broke.
            CutOff: See there.
        """
        if self._session is None or self._session.closed:
            raise RuntimeError("the request is not initialized; call initialize() first")
        body, headers, uploads = _encode(request_data)
        read = _seconds(read_timeout, UPLOAD_TIMEOUT if uploads else READ_TIMEOUT)
        timeout = _timeout(
            _seconds(pool_timeout, CONNECT_TIMEOUT), _seconds(connect_timeout, CONNECT_TIMEOUT), read
        )
        cuts = self._cuts
        try:
            async with (
                asyncio.timeout(read + UPLOAD_TIMEOUT if uploads else read + CONNECT_TIMEOUT),
                self._session.request(method, url, data=body, headers=headers, timeout=timeout) as response,
            ):
                payload = await response.read()
                if response.status in TURNED_AWAY and payload.lstrip()[:1] != b"{":
                    raise _TurnedAway
                return response.status, _json_or_reason(response, payload)
        except _TurnedAway:
            raise NotSent("a gateway before the Bot API server turned the request away") from None
        except (aiohttp.ConnectionTimeoutError, aiohttp.ClientConnectorError):
            raise NotSent("no connection to the Bot API server") from None
        except TimeoutError:
            raise TimedOut from None
        except aiohttp.ClientError as error:
            if self._cuts != cuts:
                raise CutOff("the request was cut off") from None
            raise NetworkError(f"the connection broke ({type(error).__name__})") from None

    @staticmethod
    def parse_json_payload(payload: bytes) -> dict[str, Any]:
        """Read an answer; unlike the default, an unreadable one is not written to the log."""
        try:
            return cast("dict[str, Any]", read_json(payload))
        except ValueError:
            raise TelegramError("the Bot API server answered with something that is no JSON") from None


def read_json(payload: bytes) -> Any:
    r"""Read JSON; half a sign becomes a question mark, or one such update would keep a whole batch out.

    >>> read_json(rb'"well \ud83d done"')
    'well ? done'

    Raises:
        ValueError: It is no JSON.
    """
    try:
        return orjson.loads(payload)
    except ValueError:
        if HALF_A_SIGN not in payload.lower():
            raise
    try:
        lenient = json.dumps(json.loads(payload), ensure_ascii=False)
    except RecursionError:
        raise ValueError("nested too deeply") from None
    return orjson.loads(lenient.encode("utf-8", "replace"))


def _encode(request_data: RequestData | _Plain | None) -> tuple[Any, dict[str, str], bool]:
    """Return body, headers, and whether files go along."""
    if isinstance(request_data, _Plain):
        return request_data.body, JSON, False
    if request_data is None:
        return None, {}, False
    if not request_data.contains_files:
        return _form(request_data.json_parameters), FORM, False
    form = aiohttp.FormData()
    for name, value in request_data.json_parameters.items():
        form.add_field(name, value)
    for name, (filename, content, mime_type) in request_data.multipart_data.items():
        form.add_field(name, content, filename=filename, content_type=mime_type)
    return form, {}, True


def _form(values: dict[str, str]) -> bytes:
    """Return a form as `urllib.parse.urlencode` does, without its call for every byte."""
    return b"&".join(
        [
            name.encode() + b"=" + b"".join([QUOTED[byte] for byte in value.encode("utf-8", "surrogatepass")])
            for name, value in values.items()  # names are ours and need no quoting
        ]
    )


def _json_or_reason(response: aiohttp.ClientResponse, payload: bytes) -> bytes:
    """Give an error page Telegram's form: the library would quote the page in its exception."""
    if response.status < 300 or payload.lstrip()[:1] == b"{" or "/file/" in response.url.path:
        return payload
    return orjson.dumps(
        {"ok": False, "error_code": response.status, "description": response.reason or "error"}
    )


@cache
def _timeout(pool: float, connect: float, read: float) -> aiohttp.ClientTimeout:
    """Return time-outs as aiohttp has them; there are few, and to make one costs more than to find it."""
    return aiohttp.ClientTimeout(total=None, connect=pool, sock_connect=connect, sock_read=read)


def _seconds(given: ODVInput[float], default: float) -> float:
    """Return a time-out, or ours where the caller left it open."""
    return default if isinstance(given, DefaultValue) or given is None else float(given)
