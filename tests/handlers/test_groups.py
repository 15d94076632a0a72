"""What a group's commands read and say, and which of its messages are counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from handlers import doctor, fit, mood, overheard, places, privacy, schedules, tagging
from handlers.context import ChatSettings, Hearing
from handlers.doctor import Examined, doctor_card
from handlers.errors import Refusal
from handlers.messages import Chat, ChatType, Message, Person
from handlers.mood import Asked, mood_picture, read_mood
from handlers.pseudonyms import take_out
from handlers.surroundings import About, Myself
from handlers.tagging import Tagging, emoji_of, read_tagging
from handlers.texts import Texts
from ml.mood import DAY, HOUR, Span, Tagged
from ml.mood_series import TONES, series, trend
from tests.handlers.conftest import ANNA, BEN, Talk, make_model, publish_model, rulers

EN, ZH = Texts("en"), Texts("zh")
GOOD, BAD = "I love this so much, what a wonderful day!", "this is terrible, I hate it so much"


def said(text: str = GOOD, *, by: Person | None = BEN, message_id: int = 5, chat: int = -100) -> Message:
    return Message(1, "text", Chat(chat, "supergroup", "Team"), message_id, datetime.now(UTC), by, text)


def hearing(talk: Talk) -> Hearing:
    return Hearing(talk.settings, talk.services, talk.outbox, EN)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", Tagging()),
        ("react", Tagging("react")),
        ("REPLY min=0.9", Tagging("reply", None, 0.9)),
        ("digest —min 70%", Tagging("digest", None, 0.7)),
        ("表情 min=80", Tagging("react", None, 0.8)),
        ("关", Tagging("off")),
        ("react model=spam", Tagging("react", "spam")),
    ],
)
def test_a_way_of_tagging_is_read(args: str, expected: Tagging) -> None:
    assert read_tagging(args) == expected


@pytest.mark.parametrize("args", ["loud", "react reply", "react min=2%", "react min=much", "react min=1"])
def test_what_is_no_way_of_tagging_is_refused(args: str) -> None:
    with pytest.raises(Refusal):
        read_tagging(args)


@pytest.mark.parametrize(
    ("args", "expected"),
    [
        ("", Asked(7)),
        ("24h", Asked(1)),
        ("30d topic=all theme=dark", Asked(30, True, "dark")),
        ("2w topic=here", Asked(14, False)),
    ],
)
def test_the_time_of_a_mood_is_read(args: str, expected: Asked) -> None:
    assert read_mood(args) == expected


@pytest.mark.parametrize("args", ["soon", "1h", "91d", "7d topic=there", "7d 30d"])
def test_what_is_no_time_of_a_mood_is_refused(args: str) -> None:
    with pytest.raises(Refusal):
        read_mood(args)


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (said(), True),
        (said(by=Person(-100, "Team")), True),  # an anonymous admin
        (said(by=Person(9, "Other bot", is_bot=True)), False),
        (replace(said(), forwarded=True), False),
        (said("   "), False),
        (said("/心情 7d"), False),  # a command, if one that Telegram does not know
        (replace(said(), kind="other"), False),
    ],
)
def test_members_own_words_are_counted(message: Message, expected: bool) -> None:
    assert overheard.counts(message) is expected


async def test_a_message_that_waited_long_is_counted_but_shown_no_more(group: Talk) -> None:
    group.settings.tagging, group.settings.tagging_min = "react", 0.6
    now = said()
    await overheard.overhear(hearing(group), now)
    old = replace(said(message_id=6), date=datetime.fromtimestamp(now.date.timestamp() - 60, UTC))
    await overheard.overhear(hearing(group), old)
    assert group.outbox.reactions == [(5, "😁")]
    spans = await group.services.mood.read(-100, None, 0, int(now.date.timestamp()) + 3600)
    assert sum(sum(span.counts.values()) for span in spans) == 2


async def test_an_edit_that_makes_the_model_unsure_takes_the_face_away(group: Talk) -> None:
    group.settings.tagging, group.settings.tagging_min = "react", 0.6
    await overheard.overhear(hearing(group), said())
    group.settings.tagging_min = 0.99
    await overheard.overhear(hearing(group), replace(said("the meeting is at five"), edited=True))
    assert group.outbox.reactions == [(5, "😁"), (5, None)]


async def test_quiet_shows_nothing_and_counts_on(group: Talk) -> None:
    group.settings.tagging, group.settings.quiet = "react", True
    await overheard.overhear(hearing(group), said())
    assert group.outbox.reactions == []
    assert await group.services.mood.chats() == [-100]


async def test_quiet_without_a_word_changes_nothing_and_offers_a_button(group: Talk) -> None:
    shown = await group.say(places.quiet)
    assert shown.text.startswith("Not quiet")
    assert not group.settings.quiet
    pressed = await group.press_labelled(places.press_quiet, "Be quiet")
    assert pressed.text.startswith("Quiet")
    assert group.settings.quiet


async def test_off_counts_nothing(group: Talk) -> None:
    await overheard.overhear(hearing(group), said())
    assert await group.services.mood.chats() == []


async def test_a_person_is_taken_out_of_a_group_and_its_channel(group: Talk) -> None:
    group.settings.tagging = "digest"
    await overheard.overhear(hearing(group), said())
    assert await group.services.mood.counted(BEN.id, -100) == 1
    assert await take_out(group.services, BEN.id, [-100]) == 1
    assert await group.services.mood.counted(BEN.id, -100) == 0


async def test_a_model_of_the_group_tags_once_a_face_stands_for_its_labels(
    group: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await publish_model(group, tmp_path_factory.mktemp("model") / "m", "polite")
    refused = await group.say(tagging.tagging, "react model=polite")
    assert "/map 😁=bad" in refused.text
    group.settings.reactions = {"😁": "good", "😢": "bad"}
    card = await group.say(tagging.tagging, "react model=polite min=0.5")
    assert "model=polite" in card.text
    await overheard.overhear(hearing(group), said())
    assert group.outbox.reactions == [(5, "😁")]


@pytest.mark.parametrize(
    ("label", "mapped", "emoji"),
    [
        ("positive", "👍", "😁"),
        ("positive", "❤", "😁"),  # which teaches that label and does not change the face of a tone
        ("good", "❤", "❤"),
        ("good", "👍", None),
    ],
)
def test_a_tone_has_its_face_and_a_thumb_is_never_set_since_it_judges_the_person(
    label: str, mapped: str, emoji: str | None
) -> None:
    assert emoji_of(label, ChatSettings(reactions={mapped: label})) == emoji


@pytest.mark.parametrize("word", ["off", "关", "关闭", "No", "0"])
def test_off_is_read_by_one_reader_in_every_word_of_it(word: str) -> None:
    assert read_tagging(word).mode == "off"


def test_the_line_of_the_trend_goes_through_the_points_that_it_was_fitted_to() -> None:
    until = datetime(2026, 3, 31, 20, tzinfo=UTC)  # over a change of the clocks in Berlin
    people = frozenset(map(str, range(6)))
    noon = int(datetime(2026, 3, 25, 11, tzinfo=UTC).timestamp())
    spans = [
        Span(noon + day * DAY, HOUR, {"positive": 50 + 10 * day, "negative": 50 - 10 * day}, people)
        for day in range(5)
    ]
    found = series(spans, 30, until, ZoneInfo("Europe/Berlin"))
    course = trend(found)
    payload = mood_picture(
        found, list(TONES), course, None, Chat(-100, "group"), ChatSettings(), Asked(30), EN
    )
    shown = [place for place, yes in enumerate(payload["shown"]) if yes]
    assert payload["trend"]["x"] == [payload["at"][place] for place in shown]
    assert payload["trend"]["mean"] == pytest.approx([payload["mood"][place] for place in shown])


async def test_an_alert_about_what_no_message_can_be_names_the_labels(
    group: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    refused = await group.say(schedules.alert, "good>0.4")
    assert refused.text == "No message here can be “good”. The labels are negative, neutral, positive."
    assert "are negative" in (await group.say(schedules.alert, "消极>0.4")).text
    await publish_model(group, tmp_path_factory.mktemp("model") / "m", "polite")
    group.settings.tagging_model = "polite"
    assert "are good" in (await group.say(schedules.alert, "GOOD>0.4")).text


async def test_an_unknown_model_names_the_nearest(group: Talk) -> None:
    await make_model(group)
    card = await group.say(tagging.tagging, "react model=spma")
    assert "Did you mean" in card.text
    assert group.settings.tagging == "off"


async def test_the_nearest_model_tags_where_its_button_is_pressed(
    group: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await publish_model(group, tmp_path_factory.mktemp("model") / "m", "polite")
    await group.say(tagging.tagging, "reply model=polit")
    assert group.settings.tagging_model is None
    await group.press_labelled(tagging.press, "polite")
    assert group.settings.tagging_model == "polite"
    await group.say(tagging.tagging, "reply model=sentimen")
    await group.press_labelled(tagging.press, "sentiment")
    assert group.settings.tagging_model is None


async def test_a_topic_has_its_own_default_model(
    group: Talk, tmp_path_factory: pytest.TempPathFactory
) -> None:
    await publish_model(group, tmp_path_factory.mktemp("model") / "m")
    group.chat = replace(group.chat, topic=4)
    assert (await group.say(places.use, "spam")).text.endswith("in this topic.")
    assert (group.settings.model_in(4), group.settings.model_in(5)) == ("spam", None)
    shown = await group.say(places.use)
    assert "“spam”" in shown.text


async def test_the_mood_is_fitted_by_admins_and_says_what_is_missing(group: Talk) -> None:
    refused = await group.say(fit.fit, "mood 30d", by=BEN)
    assert refused.text == "Only admins of this chat can do that."
    rulers(group).add(ANNA.id)
    assert "Nothing is counted here" in (await group.say(fit.fit, "mood 30d")).text
    now = int(datetime.now(UTC).timestamp())
    for day in range(6):
        for person in range(6):
            label = "positive" if person < day else "neutral"
            tagged = Tagged(-100, 0, 10 * day + person, person, now - (6 - day) * 86_400, "x", label)
            await group.services.mood.count(tagged)
    shown = await group.say(fit.fit, "mood 30d")
    assert shown.photo is not None
    assert "n = 6" in shown.text
    picture = await group.say(mood.mood, "30d")
    assert picture.photo is not None
    assert "rose by" in picture.text
    group.language = "zh"
    assert "上升" in (await group.say(mood.mood, "30d")).text


def examined(
    kind: ChatType = "supergroup",
    status: str = "administrator",
    about: About | None = None,
    settings: ChatSettings | None = None,
    rights: frozenset[str] = frozenset(),
) -> Examined:
    return Examined(
        Chat(-100, kind, "Team"),
        about or About(),
        Myself(status, rights),
        settings or ChatSettings(),
        "a_bot",
    )


@pytest.mark.parametrize(
    ("found", "words"),
    [
        (examined(), "✓ I am an admin: I hear every message"),
        (examined(status="member"), "Group Privacy > Turn off"),
        (examined(status="restricted"), "Exceptions > @a_bot > Send Messages"),
        (examined(about=About(reactions=frozenset("👍"))), "✗ Not allowed as reactions here: 😁 😐 😢."),
        (examined(about=About(forum=True)), "✓ Topics"),
        (examined("group"), "When it becomes a supergroup"),
        (examined("channel"), "✗ I may not post"),
        (examined("channel", "member"), "✗ I am no admin of this channel"),
        (examined("channel", rights=frozenset({"can_post_messages"})), "✓ I am an admin of this channel"),
        (examined("channel", about=About(linked=-5)), "✓ A group is linked"),
        (
            replace(examined(settings=ChatSettings(tagging_model="gone")), model_missing=True),
            "✗ The model “gone”",
        ),
        (
            replace(examined(settings=ChatSettings(alert={"label": "x"})), unreached=1, admins=2),
            "✗ 1 of 2 admins get no alert",
        ),
        (replace(examined(), left_out=12), "· 12 tags of the last 24 hours were left out"),
    ],
)
def test_the_doctor_says_what_is_missing_and_where_to_tap(found: Examined, words: str) -> None:
    assert words in doctor_card(found, EN).text
    assert doctor_card(found, ZH).text != doctor_card(found, EN).text


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        (ChatSettings(tagging="react"), "Only counts per hour are kept, no texts."),
        (ChatSettings(tagging="reply"), "texts stay 24 h, so that /why"),
        (ChatSettings(tagging="reply", learn=True), "Texts stay 24 h for /learn"),
    ],
)
def test_every_card_says_which_texts_are_kept(settings: ChatSettings, words: str) -> None:
    assert words in doctor.setup_card(examined(settings=settings), EN).text
    assert words in tagging.tagging_card(settings, EN).text
    assert words in privacy.group_card(settings, "a_bot", EN).text


async def test_who_may_not_write_in_the_group_writes_to_who_asked(group: Talk) -> None:
    chats = group.services.chats
    chats.me = Myself("restricted")  # type: ignore[attr-defined]
    await group.say(doctor.doctor)
    assert group.outbox.order == []
    ((person, card),) = group.outbox.told
    assert person == ANNA.id
    assert "I may not write here" in card.text
