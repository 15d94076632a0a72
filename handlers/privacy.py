"""`/privacy`, `/optout` and `/optin`: what is stored of a person, and whether they are counted at all."""

from __future__ import annotations

from handlers.context import ChatSettings, Context
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.pseudonyms import take_out
from handlers.stored import Stored, labels_counted, stored_of, texts_counted
from handlers.tagging import kept_words
from handlers.texts import N_, Texts
from ml.optouts import EVERYWHERE

NOBODY = N_("Anonymous admins and channels are not counted as persons: there is nothing to leave out.")


async def privacy(context: Context) -> None:
    """Tell what is stored of the person; in a group only what the group keeps, since others read along."""
    sender = context.message.sender
    if sender is None or not context.private:
        name = context.services.bot_username
        await context.reply(group_card(context.settings, name, context.t))
        return
    await context.reply(privacy_card(await stored_of(context.services, sender.id), context.t))


async def opt_out(context: Context) -> None:
    """Count and keep nothing of what a person writes from now on, and take them out of what there is."""
    person = _person(context)
    services, chat = context.services, context.message.chat.key
    if context.private:
        await services.optouts.add(person)
        gone = await take_out(services, person)
        texts = await services.texts.forget(person)
    else:
        await services.optouts.add(person, chat)
        gone = await take_out(services, person, [chat])
        texts = await services.texts.forget(person, context.owner)
    await context.reply(out_card(gone, texts, context.t, private=context.private))


async def opt_in(context: Context) -> None:
    """Count a person again, here or everywhere."""
    person = _person(context)
    services, chat = context.services, context.message.chat.key
    if context.private:
        await services.optouts.remove(person)
        text = context.t("You are counted again, in every chat where an admin switched it on.")
    elif EVERYWHERE in await services.optouts.places(person):
        raise Refusal(N_("You opted out of every chat. Write /optin to me in private, then /optout here."))
    else:
        await services.optouts.remove(person, chat)
        text = context.t("You are counted again in this chat, where an admin switched it on.")
    await context.reply(Reply(text))


def _person(context: Context) -> int:
    sender = context.message.sender
    if sender is None or sender.id < 0:
        raise Refusal(NOBODY)
    return sender.id


def privacy_card(stored: Stored, t: Texts) -> Reply:
    """Say in numbers what is stored of a person, and how to take it out."""
    lines = [
        t("Stored of you now:"),
        *(f"· {line}" for line in _counted(stored, t)),
        "· " + t("your settings and, for 24 h, what this chat is about"),
        "· " + t("for 90 days: on which day you wrote to me last"),
        t(
            "Counts per hour hold no text and no person. When you opt out, closed hours stay as sums; "
            "your pseudonyms, cached texts and labels go at once."
        ),
        _standing(stored, t),
        t("/export me sends it all, /forget me deletes it, /optout leaves you out from now on."),
    ]
    return Reply("\n".join(lines))


def _counted(stored: Stored, t: Texts) -> list[str]:
    """Say how much there is of each kind of record."""
    return [
        t(
            "{examples} in {models}, until you delete them",
            examples=t.plural("{count} example", "{count} examples", stored.examples),
            models=t.plural("{count} model", "{count} models", stored.models),
        ),
        t.plural(
            "{count} text of a command, for 24 h so that /why can explain it",
            "{count} texts of commands, for 24 h so that /why can explain them",
            stored.texts,
        ),
        t.plural(
            "{count} message of a group that learns from reactions, for 24 h",
            "{count} messages of groups that learn from reactions, for 24 h",
            stored.heard,
        ),
        t.plural(
            "{count} message that your reaction labelled, by pseudonym",
            "{count} messages that your reactions labelled, by pseudonym",
            stored.votes,
        ),
        t.plural(
            "a pseudonym on {count} day of counts",
            "a pseudonym on {count} days of counts",
            stored.days,
        ),
        t.plural(
            "a pseudonym below {count} post that you commented",
            "a pseudonym below {count} posts that you commented",
            stored.posts,
        ),
        t.plural(
            "that you are an admin of {count} chat, for /chats",
            "that you are an admin of {count} chats, for /chats",
            stored.ruled,
        ),
    ]


def _standing(stored: Stored, t: Texts) -> str:
    if stored.everywhere:
        return t("You opted out of every chat: nothing that you write in groups is counted or kept.")
    if stored.left_out:
        return t.plural("You opted out of {count} chat.", "You opted out of {count} chats.", stored.left_out)
    return t("You are counted in groups where an admin switched that on.")


def group_card(settings: ChatSettings, bot_username: str, t: Texts) -> Reply:
    """Say what a group keeps of its members."""
    counts = settings.tagging != "off"
    lines = [] if counts else [t("Messages here are not counted.")]
    if counts or settings.learn:
        lines.append(t(kept_words(settings)))
    lines.append(t("/learn is on.") if settings.learn else t("No text is kept for learning (/learn is off)."))
    lines.append(t("/optout leaves you out here. Your own numbers: /privacy in private."))
    link = (Button(t("In private"), url=f"https://t.me/{bot_username}"),) if bot_username else ()
    return Reply("\n".join(lines), buttons=(link,) if link else ())


def out_card(gone: int, texts: int, t: Texts, *, private: bool) -> Reply:
    """Say what opting out did."""
    lines = [
        t("From now on I count and keep nothing that you write in any group.")
        if private
        else t("From now on I count and keep nothing that you write here."),
        t(
            "Taken out: {pseudonyms}, {texts}. Sums of closed hours hold no person and stay.",
            pseudonyms=labels_counted(gone, t),
            texts=texts_counted(texts, t),
        ),
        t("Commands still get their answer. /optin counts you again."),
    ]
    return Reply("\n".join(lines))
