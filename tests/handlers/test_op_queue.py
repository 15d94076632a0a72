"""`/op queue job models log backup`: what operators read of them, and what changes."""

from __future__ import annotations

import zipfile
from pathlib import Path

import pytest
from redis.asyncio import Redis

from bot.faults import Faults
from handlers import op, train
from handlers.op_log import fault_card
from handlers.op_models import VERSION
from handlers.operating import Fault
from handlers.texts import Texts
from tests.handlers.conftest import Talk, labels_of, make_model, publish_model, teach_enough


async def queued(talk: Talk) -> str:
    await make_model(talk)
    await teach_enough(talk)
    await talk.say(train.train, "spam")
    (job,) = await talk.services.jobs.list(talk.owner)
    return job.id


async def test_the_queue_is_paused_closed_and_resumed_by_words_and_buttons(talk: Talk) -> None:
    job_id = await queued(talk)
    shown = await talk.say(op.op, "queue")
    assert "0 running, 1 waiting, 0 workers" in shown.text
    assert job_id in shown.text
    assert "spam" not in shown.text  # people's names are nobody's business here
    assert labels_of(shown) == ["Pause", "Drain"]
    paused = await talk.press_labelled(op.press, "Pause")
    assert "Workers begin nothing" in paused.text
    assert labels_of(paused) == ["Resume", "Drain"]
    drained = await talk.say(op.op, "queue drain")
    assert labels_of(drained) == ["Resume", "Pause"]
    refused = await talk.say(train.train, "spam")
    assert refused.text.startswith("No new trainings are taken in")
    assert labels_of(await talk.say(op.op, "queue resume")) == ["Pause", "Drain"]
    assert "takes pause, resume, drain" in (await talk.say(op.op, "queue stop")).text
    commands = [entry.command for entry in await talk.services.operating.audit.last(9)]
    assert "[queue] pause" in commands


async def test_a_job_is_shown_killed_and_repeated(talk: Talk) -> None:
    job_id = await queued(talk)
    assert "queued" in (await talk.say(op.op, f"job {job_id}")).text
    assert "not over yet" in (await talk.say(op.op, f"job {job_id} retry")).text
    assert "being ended" in (await talk.say(op.op, f"job {job_id} kill")).text
    assert "over, or there is none" in (await talk.say(op.op, f"job {job_id} kill")).text
    assert "cancelled" in (await talk.say(op.op, f"job {job_id}")).text
    assert "Queued anew as" in (await talk.say(op.op, f"job {job_id} retry")).text
    assert "Another training" in (await talk.say(op.op, f"job {job_id} retry")).text
    assert "no training with this id" in (await talk.say(op.op, "job zzzzzz")).text
    assert "retry or kill" in (await talk.say(op.op, "job")).text


@pytest.mark.parametrize("written", ["5/spam/v1", "-100/垃圾", "7/a-b_c/v12"])
def test_a_version_is_named_by_chat_name_and_number(written: str) -> None:
    assert VERSION.fullmatch(written)


@pytest.mark.parametrize(
    "written", ["spam/v1", "5/../v1", "5/spam/v0", "local/spam/v1", "5/spam/v1/x", "5/a b/v1"]
)
def test_what_spells_another_path_is_no_version(written: str) -> None:
    assert not VERSION.fullmatch(written)


async def test_models_are_counted_pinned_and_become_the_sentiment_model(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "made")
    assert "1 model in 1 chat; 1 version in the store" in (await talk.say(op.op, "models")).text
    assert "Nothing can go" in (await talk.say(op.op, "models gc")).text
    assert "7/spam/v1 stays" in (await talk.say(op.op, "models pin 7/spam")).text
    assert "Pinned: 7/spam/v1" in (await talk.say(op.op, "models")).text
    assert "may go" in (await talk.say(op.op, "models unpin 7/spam/v1")).text
    assert "was not pinned" in (await talk.say(op.op, "models unpin 7/spam/v1")).text
    assert "no such version" in (await talk.say(op.op, "models pin 7/spam/v9")).text
    assert "has the labels" in (await talk.say(op.op, "models sentiment set 7/spam/v1")).text
    assert "came with me" in (await talk.say(op.op, "models sentiment set shipped")).text
    assert "/op models takes" in (await talk.say(op.op, "models rm")).text


async def test_versions_of_a_deleted_model_go_when_that_is_said_twice(talk: Talk, tmp_path: Path) -> None:
    await publish_model(talk, tmp_path / "made")
    await talk.services.registry.delete(talk.owner, "spam")
    import os

    place = Path(talk.services.store.url) / talk.owner / "spam" / "v1" / "manifest.json"
    os.utime(place, (0, 0))
    assert "1 version can go" in (await talk.say(op.op, "models gc")).text
    assert talk.services.store.versions(talk.owner, "spam") == ["v1"]
    assert "1 version is deleted" in (await talk.say(op.op, "models gc yes")).text
    assert talk.services.store.versions(talk.owner, "spam") == []


async def test_a_fault_is_found_by_its_reference_without_anybodys_words(
    talk: Talk, redis_client: Redis
) -> None:
    faults = talk.services.operating.faults
    assert isinstance(faults, Faults)
    try:
        int("somebody's words")
    except ValueError as error:
        update = {"update_id": 12, "message": {"text": "somebody's words"}}
        await faults.keep("7F3K", error, update, -100, "ABCDEF")
    said = (await talk.say(op.op, "log 7f3k")).text
    for part in ("7F3K", "ValueError", "Chat -100, update 12 (message)", "Result ABCDEF", "test_op_queue.py"):
        assert part in said
    assert "somebody" not in said
    assert b"somebody" not in (await redis_client.get("tonefit:faults:7F3K") or b"")
    assert 6 * 86_400 < await redis_client.ttl("tonefit:faults:7F3K") <= 7 * 86_400
    assert "Nothing is kept" in (await talk.say(op.op, "log ZZZZ")).text
    assert "reference that a person was told" in (await talk.say(op.op, "log *")).text


async def test_a_result_is_found_by_its_id(talk: Talk) -> None:
    record = {"kind": "classify", "model": "secret name", "version": "v3", "label": "secret"}
    result_id = await talk.services.results.keep("-100", record)
    said = (await talk.say(op.op, f"log {result_id}")).text
    assert said == f"{result_id} · classify · v3\nChat -100"


async def test_the_level_of_a_chats_log_is_set_and_shown(talk: Talk) -> None:
    assert "written alike" in (await talk.say(op.op, "log level")).text
    assert (await talk.say(op.op, "log level -100 debug")).text == "-100: debug"
    assert (await talk.services.operating.orders.now()).levels == {-100: "debug"}
    assert "takes a chat's id" in (await talk.say(op.op, "log level -100 loud")).text
    assert "written alike" in (await talk.say(op.op, "log level -100 default")).text


def test_a_long_place_fits_into_a_message() -> None:
    fault = Fault("7F3K", 0, "ValueError", "a:1 b\n" * 5000, 1, 1, "message")
    assert len(fault_card(fault, Texts()).text) < 4096


async def test_a_backup_is_written_and_told_of(talk: Talk) -> None:
    await make_model(talk)
    said = (await talk.say(op.op, "backup")).text
    path = Path(said.partition(":")[0])
    assert path.stat().st_mode & 0o077 == 0
    with zipfile.ZipFile(path) as archive:
        assert b"tonefit:models:7" in archive.read("redis.jsonl")
    assert talk.outbox.order[-1][0] == "edit"


async def test_a_backup_that_the_disk_does_not_take_is_said_so(talk: Talk, tmp_path: Path) -> None:
    (tmp_path / "backups").write_text("no folder")
    assert "No backup was written (FileExistsError)" in (await talk.say(op.op, "backup")).text
