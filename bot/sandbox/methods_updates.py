"""The methods by which the bot gets its updates: long polling, or a webhook."""

from __future__ import annotations

import re
from typing import Any

import orjson

from bot.sandbox.backend import Backend, Call, Method
from bot.sandbox.errors import ApiError, bad_request
from bot.sandbox.state import Json
from bot.sandbox.updates import KINDS
from bot.sandbox.webhook import Target

SECRET = re.compile(r"[A-Za-z0-9_-]+")
MAX_SECRET = 256
LIMIT = 100  # updates of one poll
WEBHOOK_ACTIVE = (
    "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
)
DEFAULT_CONNECTIONS = 40


async def get_updates(backend: Backend, call: Call) -> orjson.Fragment:
    """Return what waits for the bot, or wait for it."""
    params = call.params
    if backend.webhook.target is not None:
        raise ApiError(409, WEBHOOK_ACTIVE)
    if params.get("allowed_updates") is not None:
        backend.updates.allow(checked_kinds(params["allowed_updates"]))
    limit = min(LIMIT, max(1, params.get("limit", LIMIT)))
    found = await backend.updates.poll(params.get("offset", 0), limit, params.get("timeout", 0))
    return orjson.Fragment(b"[" + b",".join(found) + b"]")


def checked_kinds(given: Any) -> list[str]:
    """Return the kinds of updates that a call asks for; those that Telegram does not know are left out."""
    if not isinstance(given, list) or not all(isinstance(kind, str) for kind in given):
        raise bad_request("can't parse allowed_updates: expected an Array of String")
    return [kind for kind in given if kind in KINDS]


async def set_webhook(backend: Backend, call: Call) -> bool:
    """Have updates posted to an address; an empty one ends it."""
    params = call.params
    url = params["url"]
    secret = params.get("secret_token", "")
    if url and not url.startswith(("https://", "http://")):
        raise bad_request("invalid webhook URL specified")
    if len(secret) > MAX_SECRET:
        raise bad_request("secret token is too long")
    if secret and not SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    if params.get("allowed_updates") is not None:
        backend.updates.allow(checked_kinds(params["allowed_updates"]))
    if params.get("drop_pending_updates"):
        backend.updates.clear()
    if not url:
        return await delete_webhook(backend, call)
    connections = min(100, max(1, params.get("max_connections", DEFAULT_CONNECTIONS)))
    backend.updates.end_poll(ApiError(409, "terminated by setWebhook request"))
    await backend.webhook.point(Target(url, secret, connections))
    return True


async def delete_webhook(backend: Backend, call: Call) -> bool:
    """Go back to polling."""
    if call.params.get("drop_pending_updates"):
        backend.updates.clear()
    await backend.webhook.point(None)
    return True


async def get_webhook_info(backend: Backend, call: Call) -> Json:
    """Tell how the delivery goes."""
    webhook = backend.webhook
    info: Json = {
        "url": webhook.target.url if webhook.target else "",
        "has_custom_certificate": False,
        "pending_update_count": len(backend.updates.waiting),
    }
    if webhook.target:
        info["max_connections"] = webhook.target.max_connections
        if webhook.last_error:
            info |= {"last_error_date": webhook.last_error_date, "last_error_message": webhook.last_error}
    if backend.updates.chosen:
        info["allowed_updates"] = sorted(backend.updates.allowed)
    return info


METHODS: dict[str, Method] = {
    "getUpdates": get_updates,
    "setWebhook": set_webhook,
    "deleteWebhook": delete_webhook,
    "getWebhookInfo": get_webhook_info,
}
