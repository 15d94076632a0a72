"""What is remembered when two updates change it at the same time, and where a chat's records lie."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from redis.asyncio import Redis

from bot.chat_ids import ChatIds
from bot.flood import DEFAULT_LIMIT, Entry, FloodGuard
from bot.sessions import DAY, KeptResults, Sessions
from handlers.context import ChatSettings
from handlers.messages import Chat, Message, Person
from ml.writes import Writes

GROUP = Chat(-5, "group")


def message(person: int, chat: Chat = GROUP) -> Message:
    return Message(1, "text", chat, 1, datetime.now(UTC), Person(person))


async def test_two_people_who_change_a_chats_settings_at_once_keep_both_changes(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    ada, ben = await sessions.load(message(1)), await sessions.load(message(2))
    ada.chat.language, ben.chat.model = "zh", "mail"
    await sessions.store(message(1), ada)
    await sessions.store(message(2), ben)
    now = (await sessions.load(message(1))).chat
    assert (now.language, now.model) == ("zh", "mail")


async def test_what_nobody_changed_is_not_written_over_what_somebody_did(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    first, second = await sessions.load(message(1)), await sessions.load(message(1))
    first.session.model = "mail"
    await sessions.store(message(1), first)
    await sessions.store(message(1), second)
    assert (await sessions.load(message(1))).session.model == "mail"


async def test_the_later_of_two_changes_to_one_thing_counts(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    first, second = await sessions.load(message(1)), await sessions.load(message(1))
    first.session.model, second.session.model = "mail", "spam"
    await sessions.store(message(1), first)
    await sessions.store(message(1), second)
    assert (await sessions.load(message(1))).session.model == "spam"


async def test_another_order_of_the_same_reactions_is_a_change(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    for order in ("🔥🎉", "🎉🔥"):
        loaded = await sessions.load(message(1))
        loaded.chat.reactions = dict.fromkeys(order, "good")
        await sessions.store(message(1), loaded)
    assert list((await sessions.load(message(1))).chat.reactions) == ["🎉", "🔥"]


@pytest.mark.parametrize("held", [b"\x80\x04K.", b'{"mod', b"[1]", b"null", b'{"model": 5, "language": 5}'])
@pytest.mark.parametrize("key", ["tonefit:session:-5:0:1", "tonefit:settings:-5", "tonefit:settings:1"])
async def test_a_record_that_cannot_be_read_is_kept_aside_for_a_day_and_its_chat_goes_on(
    redis_client: Redis, key: str, held: bytes
) -> None:
    sessions = Sessions(redis_client)
    await redis_client.set(key, held)
    loaded = await sessions.load(message(1))
    assert loaded.unreadable == (key,)
    aside = await sessions.set_aside(key, "7F3K")
    assert await redis_client.get(aside) == held
    assert 0 < await redis_client.ttl(aside) <= DAY
    loaded.session.model, loaded.chat.language = "mail", "zh"
    await sessions.store(message(1), loaded)
    loaded = await sessions.load(message(1))
    assert (loaded.session.model, loaded.chat.language, loaded.unreadable) == ("mail", "zh", ())
    assert await sessions.set_aside(key, "7F3L") == ""


async def test_settings_that_cannot_be_read_count_as_none_unasked_and_can_be_set(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    await redis_client.set("tonefit:settings:-5", b"\x80")
    assert await sessions.settings(-5) == ChatSettings()
    await sessions.change_settings(-5, {"title": "Club"})
    assert (await sessions.settings(-5)).title == "Club"
    assert len(await redis_client.keys("tonefit:aside:*")) == 1


async def test_a_session_lives_a_day_and_settings_stay(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    loaded = await sessions.load(message(1))
    loaded.session.model, loaded.chat.language = "mail", "zh"
    await sessions.store(message(1), loaded)
    assert 0 < await redis_client.ttl("tonefit:session:-5:0:1") <= DAY
    assert await redis_client.ttl("tonefit:settings:-5") == -1


async def test_in_private_a_persons_settings_are_the_chats(redis_client: Redis) -> None:
    sessions = Sessions(redis_client)
    private = message(1, Chat(1, "private"))
    loaded = await sessions.load(private)
    loaded.chat.language = "zh"
    await sessions.store(private, loaded)
    assert (await sessions.load(message(1))).person.language == "zh"


async def test_results_are_kept_for_their_chat_alone(redis_client: Redis) -> None:
    results = KeptResults(redis_client)
    kept = await results.keep("-5", {"label": "positive"})
    assert await results.find("-5", kept) == {"label": "positive"}
    assert await results.find("-6", kept) is None
    assert await results.find("-5", "../x") is None


async def test_a_result_has_the_same_id_for_the_same_cause_alone(redis_client: Redis) -> None:
    results = KeptResults(redis_client)
    record = {"label": "positive"}
    first, write = results.kept("-5", "1:2", record)
    assert results.kept("-5", "1:2", record)[0] == first
    others = [
        results.kept(*args)[0] for args in (("-6", "1:2", record), ("-5", "1:3", record), ("-5", "1:2", {}))
    ]
    assert len({first, *others}) == 4
    await Writes(redis_client)(write)
    assert await results.find("-5", first) == record
    assert 0 < await redis_client.ttl(f"tonefit:result:-5:{first}") <= DAY


async def test_a_supergroups_records_are_those_of_the_group_it_was(redis_client: Redis) -> None:
    ids, other = ChatIds(redis_client), ChatIds(redis_client)
    new, newer = -1_000_000_000_005, -1_000_000_000_006
    await ids.moved(-5, new)
    assert await ids.internal(new) == -5
    assert await other.internal(new) == -5
    await ids.moved(new, newer)
    assert await other.internal(newer) == -5
    assert ids.address(-5) == new
    assert await other.internal(-1_000_000_000_099) == -1_000_000_000_099
    assert await other.internal(7) == 7


async def test_who_sends_too_much_is_warned_once_and_then_ignored_until_the_minute_is_over(
    redis_client: Redis,
) -> None:
    guard = FloodGuard(redis_client)
    met = [await guard.enter(7) for _ in range(DEFAULT_LIMIT + 3)]
    assert met == [Entry.OPEN] * DEFAULT_LIMIT + [Entry.WARNED, Entry.SHUT, Entry.SHUT]
    assert await guard.enter(8) is Entry.OPEN
    assert 0 < await redis_client.ttl("tonefit:flood:7") <= 60
    await redis_client.delete("tonefit:flood:7")
    assert await guard.enter(7) is Entry.OPEN


async def test_inline_queries_have_three_times_the_figure_and_a_count_of_their_own(
    redis_client: Redis,
) -> None:
    guard = FloodGuard(redis_client)
    await guard.set_limit(2)
    assert [await guard.type(7) for _ in range(8)] == [Entry.OPEN] * 6 + [Entry.WARNED, Entry.SHUT]
    assert await guard.enter(7) is Entry.OPEN


async def test_an_operator_can_change_the_figure(redis_client: Redis) -> None:
    guard = FloodGuard(redis_client)
    await guard.set_limit(2)
    assert [await guard.enter(7) for _ in range(3)] == [Entry.OPEN, Entry.OPEN, Entry.WARNED]


async def test_without_limits_nobody_floods(redis_client: Redis) -> None:
    guard = FloodGuard(redis_client, enforced=False)
    assert {await guard.enter(7) for _ in range(100)} == {Entry.OPEN}
