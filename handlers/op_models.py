"""`/op models`: how many there are, what can go, what stays, and which one reads everybody's tone."""

from __future__ import annotations

import re

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Reply
from handlers.op_words import megabytes, split_word
from handlers.texts import N_, Texts
from ml.housekeeping import Census, Kept, UnknownVersion, Version, WrongModel

VERSION = re.compile(r"(?P<owner>-?[0-9]{1,20})/(?P<name>[\w-]{1,24})(?:/(?P<version>v[1-9][0-9]{0,8}))?")
USAGE = N_(
    "/op models takes gc, pin CHAT/NAME/v3, unpin CHAT/NAME/v3, sentiment set CHAT/NAME/v3, "
    "sentiment set shipped, or nothing."
)
NO_VERSION = N_("There is no such version: name it as CHAT/NAME/v3, with the id of its chat.")
SURE = "yes"


async def models(context: Context) -> None:
    """Show how many models there are, or do what is asked with one."""
    verb, rest = split_word(context.args)
    handler = {"": _census, "gc": _collect, "pin": _pin, "unpin": _unpin, "sentiment": _sentiment}.get(
        verb.lower()
    )
    if handler is None:
        raise Refusal(USAGE)
    context.args = rest
    await handler(context)


async def _census(context: Context) -> None:
    await context.reply(census_card(await context.services.operating.housekeeping.census(), context.t))


async def _collect(context: Context) -> None:
    """Say what can go, and let it go where that was asked for."""
    housekeeping = context.services.operating.housekeeping
    doomed = await housekeeping.doomed()
    gone = None
    if context.args.strip().lower() == SURE:
        gone = await housekeeping.collect(doomed)
    await context.reply(collected_card(doomed, gone, context.t))


async def _pin(context: Context) -> None:
    version = await _named(context, context.args)
    try:
        await context.services.operating.housekeeping.pin(version)
    except UnknownVersion as error:
        raise Refusal(NO_VERSION) from error
    await context.reply(Reply(context.t("{version} stays, however old it is.", version=version)))


async def _unpin(context: Context) -> None:
    version = await _named(context, context.args)
    if not await context.services.operating.housekeeping.unpin(version):
        raise Refusal(N_("{version} was not pinned."), version=version)
    await context.reply(Reply(context.t("{version} may go when it is old.", version=version)))


async def _sentiment(context: Context) -> None:
    """Let another model be the sentiment model of all chats."""
    verb, name = split_word(context.args)
    if verb.lower() != "set" or not name:
        raise Refusal(USAGE)
    housekeeping = context.services.operating.housekeeping
    if name.strip().lower() == "shipped":
        await housekeeping.reset_sentiment()
        await context.reply(Reply(context.t("The sentiment model is the one that came with me again.")))
        return
    version = await _named(context, name)
    sender = context.message.sender
    try:
        made = await housekeeping.set_sentiment(version, sender.id if sender else 0)
    except UnknownVersion as error:
        raise Refusal(NO_VERSION) from error
    except WrongModel as error:
        raise Refusal(N_("A sentiment model has the labels negative, neutral and positive.")) from error
    said = context.t(
        "{version} reads everybody's tone from now on, as sentiment {made}, in all replicas. "
        "/op models sentiment set shipped takes that back.",
        version=version,
        made=made,
    )
    await context.reply(Reply(said))


async def _named(context: Context, written: str) -> Version:
    """Read CHAT/NAME/v3; without a version it is the live one."""
    found = VERSION.fullmatch(written.strip())
    if found is None:
        raise Refusal(NO_VERSION)
    version = found["version"] or await context.services.operating.housekeeping.live_version(
        found["owner"], found["name"]
    )
    if version is None:
        raise Refusal(NO_VERSION)
    return Version(found["owner"], found["name"], version)


def census_card(census: Census, t: Texts) -> Reply:
    """Build the numbers of models."""
    lines = [
        t(
            "{models} in {chats}; {versions} in the store, {size}",
            models=t.plural("{count} model", "{count} models", census.models),
            chats=t.plural("{count} chat", "{count} chats", census.chats),
            versions=t.plural("{count} version", "{count} versions", census.versions),
            size=megabytes(census.size),
        ),
        t("Sentiment: {version}", version=census.sentiment or t("came with me")),
    ]
    lines += [t("Pinned: {versions}", versions=t.listed(census.pinned))] if census.pinned else []
    return Reply("\n".join([*lines, t(USAGE)]))


def collected_card(doomed: list[Kept], gone: int | None, t: Texts) -> Reply:
    """Say what can go, or how much went."""
    size = megabytes(sum(one.size for one in doomed))
    if gone is not None:
        return Reply(t.plural("{count} version is deleted.", "{count} versions are deleted.", gone))
    if not doomed:
        return Reply(t("Nothing can go: every version serves, is pinned, or is among its model's newest."))
    said = t.plural(
        "{count} version can go, {size}: of deleted models, or neither live nor pinned nor among the five "
        "newest. /op models gc yes deletes it.",
        "{count} versions can go, {size}: of deleted models, or neither live nor pinned nor among the five "
        "newest. /op models gc yes deletes them.",
        len(doomed),
        size=size,
    )
    return Reply(said)
