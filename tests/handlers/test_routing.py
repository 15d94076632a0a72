"""Who answers a message."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from handlers import TABLE, basics, chats, fit, schedules, sentiment, teach, uploads, verdicts
from handlers.afar import VERBS
from handlers.context import Session
from handlers.messages import Chat, Document, Message, Person, Press, Quoted
from handlers.routing import Route, route, strip_mention

ADA = Person(7, "Ada")
PRIVATE = Message(1, "text", Chat(7, "private"), 10, datetime(2026, 1, 1, tzinfo=UTC), ADA)
GROUP = replace(PRIVATE, chat=Chat(-100, "supergroup"))
OURS = Quoted(9, "🙂 positive", from_bot=True)


def where(message: Message, session: Session | None = None) -> Route | None:
    return route(message, session or Session(), TABLE, "tonefit_bot")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (replace(PRIVATE, text="/s good"), Route(sentiment.sentiment, "good")),
        (replace(PRIVATE, text="/nonsense"), Route(basics.unknown)),
        (replace(PRIVATE, text="hello"), Route(basics.plain, "hello")),
        (replace(PRIVATE, text="情感 今天真好"), Route(sentiment.sentiment, "今天真好")),
        (replace(PRIVATE, text="拟合\n1,2\n2,4"), Route(fit.fit, "1,2\n2,4")),
        (replace(PRIVATE, text="拟合\u30001,2 2,4"), Route(fit.fit, "1,2 2,4")),
        (replace(PRIVATE, text="情感：今天真好"), Route(sentiment.sentiment, "今天真好")),
        (replace(PRIVATE, text="情感: 今天真好"), Route(sentiment.sentiment, "今天真好")),
        (replace(PRIVATE, text="/情感 今天真好"), Route(sentiment.sentiment, "今天真好")),
        (replace(PRIVATE, text="情感丰富的电影"), Route(basics.plain, "情感丰富的电影")),
        (replace(GROUP, text="/情感 今天真好"), None),
        (replace(PRIVATE, kind="other"), Route(basics.other)),
        (replace(PRIVATE, document=Document("f", "a.csv")), Route(uploads.offer, "")),
        (replace(PRIVATE, text="/fit deg=2", document=Document("f", "a.csv")), Route(fit.fit, "deg=2")),
        (replace(GROUP, text="hello"), None),
        (replace(GROUP, text="情感 今天真好"), None),
        (replace(GROUP, text="/nonsense"), None),
        (replace(GROUP, text="/nonsense@tonefit_bot"), Route(basics.unknown)),
        (replace(GROUP, text="/fit@other_bot 1,2"), None),
        (replace(GROUP, text="/fit@Tonefit_Bot 1,2"), Route(fit.fit, "1,2")),
        (replace(GROUP, text="@tonefit_bot what a day"), Route(basics.plain, "what a day")),
        (replace(GROUP, text="@tonefit_bot 情感 好"), Route(sentiment.sentiment, "好")),
        (replace(GROUP, text="情感 好", quoted=OURS), Route(sentiment.sentiment, "好")),
        (replace(GROUP, text="I agree", quoted=OURS), None),
        (replace(GROUP, kind="other"), None),
        (replace(PRIVATE, text="/s good", edited=True), Route(sentiment.sentiment, "good")),
        (replace(PRIVATE, text="拟合 1,2 2,4", edited=True), Route(fit.fit, "1,2 2,4")),
        (replace(PRIVATE, text="/train spam", edited=True), None),
        (replace(PRIVATE, text="/predict x=1", edited=True), None),
        (replace(PRIVATE, text="good", edited=True), None),
        (replace(PRIVATE, kind="button", press=Press("1", "right:AB")), Route(verdicts.right, "AB")),
        (replace(PRIVATE, kind="button", press=Press("1", "rm -rf:AB")), None),
    ],
)
def test_a_message_goes_to_its_handler(message: Message, expected: Route | None) -> None:
    assert where(message) == expected


CHOSEN = Session(question={"ask": "chat", "chat": -100})


@pytest.mark.parametrize(
    ("message", "session", "expected"),
    [
        (replace(PRIVATE, text="/alert off"), CHOSEN, Route(chats.answer, "/alert off")),
        (replace(PRIVATE, text="警报 off"), CHOSEN, Route(chats.answer, "/alert off")),
        (replace(PRIVATE, text="/alert off"), Session(), Route(schedules.alert, "off", admins=True)),
        (replace(GROUP, text="/alert off"), CHOSEN, Route(schedules.alert, "off", admins=True)),
        (replace(PRIVATE, text="/s good"), CHOSEN, Route(sentiment.sentiment, "good")),
        (replace(PRIVATE, text="good"), CHOSEN, Route(basics.plain, "good")),
    ],
)
def test_a_group_s_command_in_private_is_about_the_group_that_was_chosen(
    message: Message, session: Session, expected: Route
) -> None:
    assert where(message, session) == expected


def test_what_may_be_pressed_from_afar_has_a_handler_that_does_it() -> None:
    assert set(chats.PRESSES) == VERBS
    assert {TABLE.buttons[verb] for verb in VERBS} == set(chats.PRESSES.values())
    admins = {command.name for command in TABLE.commands if command.admins}
    assert admins <= set(chats.COMMANDS)


def test_plain_text_answers_an_open_question_and_a_command_goes_before_it() -> None:
    session = Session(question={"ask": "teach", "model": "spam"})
    assert where(replace(PRIVATE, text="junk"), session) == Route(teach.answer, "junk")
    assert where(replace(PRIVATE, text="/s junk"), session) == Route(sentiment.sentiment, "junk")


def test_a_file_answers_an_open_question_whatever_stands_below_it() -> None:
    session = Session(question={"ask": "teach", "model": "spam"})
    message = replace(PRIVATE, text="here are my examples", document=Document("f", "a.csv"))
    assert where(message, session) == Route(uploads.offer, "here are my examples")


def test_every_word_and_name_of_the_table_stands_for_one_command() -> None:
    names = [name for command in TABLE.commands for name in (command.name, *command.aliases, *command.words)]
    assert len(names) == len(set(names))


def test_the_words_of_the_product_are_there() -> None:
    assert {"情感", "分类", "拟合", "预测", "教", "训练", "帮助"} <= set(TABLE.by_word)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("@tonefit_bot, good", ("good", True)),
        ("good @tonefit_bot", ("good", True)),
        ("@tonefit_bots good", ("@tonefit_bots good", False)),
        ("good", ("good", False)),
    ],
)
def test_a_mention_is_taken_off(text: str, expected: tuple[str, bool]) -> None:
    assert strip_mention(text, "tonefit_bot") == expected


def test_in_a_group_a_file_in_reply_to_the_question_reaches_it() -> None:
    session = Session(question={"ask": "evaluate", "model": "spam", "card": OURS.message_id})
    reply = replace(GROUP, document=Document("f", "a.csv"), quoted=OURS)
    assert where(reply, session) == Route(uploads.offer, "")
    assert where(reply) is None
    assert where(replace(reply, quoted=replace(OURS, message_id=8)), session) is None
