"""What lies in Redis as lines of JSON, one a key, and back: alike for all versions of Redis and Valkey."""

from __future__ import annotations

import base64
import math
from collections.abc import Iterator
from typing import Any

import orjson
import redis

from bot.announcements import SAY
from bot.flood import COUNT as FLOOD
from bot.flood import LIMIT as FLOOD_LIMIT
from bot.intake import POLLER
from bot.limiter import PREFIX as LIMITS
from bot.schema import MIGRATING
from bot.shards import OWNERS, REPLICAS
from ml.keys import PROGRESS_FOLLOWER, SERVING, SWEEPER, api_used, as_text, ops_link, ops_session

NAMESPACES = ("tonefit:", "rq:")
OURS = tuple(f"{name}*" for name in NAMESPACES)
TYPES = frozenset({"string", "list", "set", "zset", "hash", "stream"})
# Who does what now and who is signed in: of no use to those who go on elsewhere, and wrong once they do.
MOMENTARY = (
    *(REPLICAS, OWNERS, POLLER, MIGRATING, SWEEPER, PROGRESS_FOLLOWER, SERVING, LIMITS, FLOOD, SAY),
    *(ops_link(""), ops_session(""), api_used("")),
    *("rq:worker", "rq:scheduler-lock", "rq:clean_registries"),
)  # how their names begin
AT_ONCE = 200  # keys read in one go
PARTS = 500  # entries of a key written in one go

Json = dict[str, Any]


def keys(client: redis.Redis) -> Iterator[bytes]:
    """Yield the keys that are worth keeping, each once."""
    seen: set[bytes] = set()
    for pattern in OURS:
        for key in client.scan_iter(pattern, count=1000):
            if worth_keeping(as_text(key)) and key not in seen:
                seen.add(key)
                yield key


def read(client: redis.Redis, names: list[bytes]) -> Iterator[bytes]:
    """Yield a line for each key: its name, type, content and the moment (Unix ms) that it expires, if any."""
    pipe: Any = client.pipeline(transaction=False)
    for name in names:
        pipe.type(name)
        pipe.pexpiretime(name)
    answers = pipe.execute()
    kinds = [kind.decode() for kind in answers[::2]]
    for name, kind in zip(names, kinds, strict=True):
        _ask(pipe, kind, name)
    contents = iter(pipe.execute())
    for name, kind, expires in zip(names, kinds, answers[1::2], strict=True):
        if kind == "none":  # it expired between the two questions
            continue
        held: Json = {"key": _text(name), "type": kind, "value": _plain(kind, next(contents))}
        if kind == "stream":
            held["last"] = _text(next(contents)["last-generated-id"])
        if expires > 0:
            held["expires"] = expires
        yield orjson.dumps(held) + b"\n"


def check(line: bytes) -> None:
    """Make sure that a line is a key as `read` yields them.

    Raises:
        ValueError: It would write what is not ours, or a type that nothing of ours has.
    """
    held: Json = orjson.loads(line)
    if not as_text(_bytes(held["key"])).startswith(NAMESPACES):
        raise ValueError("a key that no backup of ours holds")
    if held["type"] not in TYPES:
        raise ValueError("a type that nothing of ours has")


def worth_keeping(name: str) -> bool:
    """Whether a key says more than who does what now."""
    return not name.startswith(MOMENTARY) or name == FLOOD_LIMIT


def write(client: redis.Redis, line: bytes, now: float) -> bool:
    """Put a key back as it was; False where its time is over, or it would let somebody in."""
    held: Json = orjson.loads(line)
    name, kind, value = _bytes(held["key"]), held["type"], held["value"]
    if held.get("expires", math.inf) <= now * 1000 or not worth_keeping(as_text(name)):
        return False
    pipe: Any = client.pipeline(transaction=True)
    pipe.delete(name)
    if kind == "string":
        pipe.set(name, _bytes(value))
    for start in range(0, len(value), PARTS) if kind != "string" else ():
        part = value[start : start + PARTS]
        if kind == "list":
            pipe.rpush(name, *map(_bytes, part))
        elif kind == "set":
            pipe.sadd(name, *map(_bytes, part))
        elif kind == "zset":
            pipe.zadd(name, {_bytes(member): score for member, score in part})
        elif kind == "hash":
            pipe.hset(name, mapping={_bytes(field): _bytes(content) for field, content in part})
        else:
            for entry, fields in part:
                pipe.xadd(name, {_bytes(f): _bytes(v) for f, v in fields}, id=_bytes(entry))
    if kind == "stream" and value:
        pipe.execute_command("XSETID", name, _bytes(held["last"]))
    if "expires" in held:
        pipe.pexpireat(name, held["expires"])
    pipe.execute()
    return True


def _ask(pipe: Any, kind: str, name: bytes) -> None:
    """Add what reads a whole key to a pipeline."""
    if kind == "string":
        pipe.get(name)
    elif kind == "list":
        pipe.lrange(name, 0, -1)
    elif kind == "set":
        pipe.smembers(name)
    elif kind == "zset":
        pipe.zrange(name, 0, -1, withscores=True)
    elif kind == "hash":
        pipe.hgetall(name)
    elif kind == "stream":
        pipe.xrange(name)
        pipe.xinfo_stream(name)
    elif kind != "none":
        raise ValueError(f"Redis holds a type that nothing of ours has: {kind}")


def _plain(kind: str, content: Any) -> Any:
    """Return a key's content as JSON has it."""
    if kind == "string":
        return _text(content)
    if kind == "zset":
        return [[_text(member), score] for member, score in content]
    if kind == "hash":
        return [[_text(field), _text(value)] for field, value in content.items()]
    if kind == "stream":
        return [
            [_text(entry), [[_text(f), _text(v)] for f, v in fields.items()]] for entry, fields in content
        ]
    return [_text(member) for member in content]


def _text(content: bytes | str) -> Any:
    """Return bytes as text, or in base 64 inside a list where they are none.

    >>> _text("é".encode()), _text(b"\\xff")
    ('é', ['/w=='])
    """
    if isinstance(content, str):
        return content
    try:
        return content.decode()
    except UnicodeDecodeError:
        return [base64.b64encode(content).decode()]


def _bytes(content: str | list[str]) -> bytes:
    return content.encode() if isinstance(content, str) else base64.b64decode(content[0])
