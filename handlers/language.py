"""`/lang`: in which language the bot writes in a chat."""

from __future__ import annotations

from handlers.context import Context
from handlers.messages import Button, Reply
from handlers.rights import check_admin
from handlers.texts import LANGUAGES, Texts, language_of


async def lang(context: Context) -> None:
    """Set the language by a word, or offer the languages as buttons."""
    choice = context.args.strip().lower()
    if choice in {*LANGUAGES, "zh-cn", "zh-hans", "中文", "english"}:
        await _choose(context, language_of("zh" if choice == "中文" else choice))
    else:
        await context.reply(language_card(context.t))


async def press(context: Context) -> None:
    """Take the language of a pressed button."""
    if context.args in LANGUAGES:
        await _choose(context, context.args)


async def _choose(context: Context, language: str) -> None:
    await check_admin(context)  # it is the language of the whole chat
    context.settings.language = language
    t = Texts(language)
    await context.say(Reply(t("From now on I write English here.")))


def language_card(t: Texts) -> Reply:
    """Offer the languages, each in its own words."""
    return Reply(
        t("Which language shall I write here?"),
        buttons=(tuple(Button(name, data=f"lang:{code}") for code, name in LANGUAGES.items()),),
    )
