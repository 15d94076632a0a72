"""Answers for many at once: micro-batches, hot reload, models that are not there."""

import asyncio
import json
import shutil
import threading
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest
import redis.asyncio

from ml import predictor as module
from ml.predictor import SHIPPED, Model, Prediction, Predictor, UnknownModel
from ml.registry import Registry
from ml.store import Store


class Counted(Model):
    """The real model, with a note of how many texts each call had."""

    calls: list[int]
    pause = 0.0  # seconds that a call takes more

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        Counted.calls.append(len(texts))
        time.sleep(Counted.pause)
        return super().classify(texts)


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> type[Counted]:
    Counted.calls, Counted.pause = [], 0.0
    monkeypatch.setattr(module, "Model", Counted)
    return Counted


class Gated(Model):
    """The real model; one of a chat is loaded only while the gate is open."""

    gate: threading.Event
    waits: threading.Event  # set as soon as a loading stands before the gate

    @classmethod
    def load(cls, folder: Path) -> Model:
        model = super().load(folder)
        if folder != SHIPPED:
            if not Gated.gate.is_set():
                Gated.waits.set()
            Gated.gate.wait(20)
        return model


@pytest.fixture
def gated(monkeypatch: pytest.MonkeyPatch) -> Iterator[type[Gated]]:
    Gated.gate, Gated.waits = threading.Event(), threading.Event()
    monkeypatch.setattr(module, "Model", Gated)
    yield Gated
    Gated.gate.set()


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return Store(tmp_path / "store")


@pytest.fixture
def registry(redis_client: redis.asyncio.Redis) -> Registry:
    return Registry(redis_client)


@pytest.fixture
async def predictor(store: Store, registry: Registry) -> AsyncIterator[Predictor]:
    made = Predictor(store, registry)
    await made.start()
    yield made
    await made.close()


async def publish(
    store: Store, registry: Registry, folder: Path, owner: str = "7", name: str = "mood"
) -> str:
    """Make the shipped network a chat's next version."""
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(SHIPPED, folder)
    manifest = json.loads((folder / "manifest.json").read_text("utf-8"))
    (folder / "manifest.json").write_text(json.dumps(manifest | {"labels": ["bad", "so-so", "good"]}))
    version = await asyncio.to_thread(store.publish, owner, name, folder)
    if await registry.get(owner, name) is None:
        await registry.create(owner, name, ["bad", "so-so", "good"], by=7)
    await registry.promote(owner, name, version)
    return version


async def test_texts_that_come_at_once_go_in_few_calls(counted: type[Counted], predictor: Predictor) -> None:
    counted.pause = 0.02
    texts = [f"message number {n} is lovely" for n in range(200)]
    answers = await asyncio.gather(*(predictor.predict(text) for text in texts))
    assert len(counted.calls) <= 3
    assert sum(counted.calls) == 200
    for answer, alone in zip(answers, Model.load(SHIPPED).classify(texts), strict=True):
        assert answer.probabilities == pytest.approx(alone.probabilities, abs=1e-6)  # other batches


async def test_the_event_loop_does_not_wait_for_the_model(
    counted: type[Counted], predictor: Predictor
) -> None:
    counted.pause = 0.3
    asking = asyncio.create_task(predictor.predict("slow"))
    turns = 0
    while not asking.done():
        await asyncio.sleep(0.005)
        turns += 1
    assert turns >= 10


async def test_a_message_goes_before_a_file(counted: type[Counted], predictor: Predictor) -> None:
    counted.pause = 0.02
    file = asyncio.create_task(predictor.predict_many(["a row of a file"] * 5000))
    await asyncio.sleep(0.05)
    await predictor.predict("hello")
    assert not file.done()
    assert len(await file) == 5000


async def test_answers_come_in_the_order_of_the_texts(predictor: Predictor) -> None:
    texts = ["I love it", "I hate it " * 40, "这家店太差了", "I love it"]
    answers = await predictor.predict_many(texts)
    assert [answer.label for answer in answers] == ["positive", "negative", "negative", "positive"]
    assert answers[0].probabilities == pytest.approx(answers[3].probabilities, abs=1e-6)
    assert await predictor.predict_many([]) == []


async def test_a_model_that_is_not_there_is_named(predictor: Predictor, registry: Registry) -> None:
    await registry.create("7", "untrained", ["a", "b"], by=7)
    for name in ("untrained", "nowhere"):
        with pytest.raises(UnknownModel) as unknown:
            await predictor.predict("hello", owner="7", model=name)
        assert unknown.value.name == name


async def test_a_chat_asks_only_its_own_models(
    predictor: Predictor, store: Store, registry: Registry, tmp_path: Path
) -> None:
    await publish(store, registry, tmp_path / "model")
    assert (await predictor.predict("lovely", owner="7", model="mood")).label in {"bad", "so-so", "good"}
    with pytest.raises(UnknownModel):
        await predictor.predict("lovely", owner="8", model="mood")


async def test_a_new_version_takes_over_without_a_lost_answer(
    predictor: Predictor, store: Store, registry: Registry, tmp_path: Path
) -> None:
    await publish(store, registry, tmp_path / "model")
    versions: list[str] = []

    async def ask() -> None:
        while "v2" not in versions[-20:]:
            versions.append((await predictor.predict("lovely", owner="7", model="mood")).version)

    async with asyncio.timeout(20), asyncio.TaskGroup() as group:
        for _ in range(8):
            group.create_task(ask())
        await asyncio.sleep(0.2)
        await publish(store, registry, tmp_path / "model")
    assert set(versions) == {"v1", "v2"}
    assert versions == sorted(versions)


async def test_a_deleted_model_answers_no_more(
    predictor: Predictor, store: Store, registry: Registry, tmp_path: Path
) -> None:
    await publish(store, registry, tmp_path / "model")
    await predictor.predict("lovely", owner="7", model="mood")
    await registry.delete("7", "mood")
    async with asyncio.timeout(10):
        while True:
            try:
                await predictor.predict("lovely", owner="7", model="mood")
            except UnknownModel:
                break
            await asyncio.sleep(0.02)


async def version_of(predictor: Predictor) -> str | None:
    """Return which version answers, None where the model is gone."""
    try:
        return (await predictor.predict("lovely", owner="7", model="mood")).version
    except UnknownModel:
        return None


async def wait_for_version(predictor: Predictor, wanted: str | None) -> None:
    async with asyncio.timeout(10):
        while await version_of(predictor) != wanted:
            await asyncio.sleep(0.02)


@pytest.mark.parametrize("deleted", [False, True])
async def test_a_change_that_comes_while_a_model_is_loaded_counts(
    gated: type[Gated],
    predictor: Predictor,
    store: Store,
    registry: Registry,
    tmp_path: Path,
    deleted: bool,
) -> None:
    await publish(store, registry, tmp_path / "model")
    asking = asyncio.create_task(version_of(predictor))
    assert await asyncio.to_thread(gated.waits.wait, 10)
    if deleted:
        await registry.delete("7", "mood")
    else:
        await publish(store, registry, tmp_path / "model")
    await asyncio.sleep(0.3)  # the follower hears of it
    gated.gate.set()
    await asking
    await wait_for_version(predictor, None if deleted else "v2")


async def test_the_version_before_answers_while_the_next_is_loaded(
    gated: type[Gated], predictor: Predictor, store: Store, registry: Registry, tmp_path: Path
) -> None:
    gated.gate.set()
    await publish(store, registry, tmp_path / "model")
    assert await version_of(predictor) == "v1"
    gated.gate.clear()
    await publish(store, registry, tmp_path / "model")
    assert await asyncio.to_thread(gated.waits.wait, 10)
    async with asyncio.timeout(2):
        assert await version_of(predictor) == "v1"
    gated.gate.set()
    await wait_for_version(predictor, "v2")


async def test_a_loading_that_hangs_is_given_up_and_tried_again(
    gated: type[Gated],
    predictor: Predictor,
    store: Store,
    registry: Registry,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    gated.gate.set()
    await publish(store, registry, tmp_path / "model")
    assert await version_of(predictor) == "v1"
    gated.gate.clear()
    monkeypatch.setattr(module, "TIMEOUT", 0.5)
    await publish(store, registry, tmp_path / "model")
    assert await asyncio.to_thread(gated.waits.wait, 10)
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(10):
            while await version_of(predictor) == "v1":
                await asyncio.sleep(0.02)
    monkeypatch.setattr(module, "TIMEOUT", 30)
    gated.gate.set()
    await wait_for_version(predictor, "v2")


async def test_a_version_that_cannot_be_read_leaves_others_alone(
    predictor: Predictor, store: Store, registry: Registry, tmp_path: Path
) -> None:
    version = await publish(store, registry, tmp_path / "model")
    (store.fetch("7", "mood", version) / "model.onnx").write_bytes(b"torn")
    with pytest.raises(Exception, match=r"(?i)protobuf"):
        await predictor.predict("lovely", owner="7", model="mood")
    assert (await predictor.predict("lovely")).label == "positive"


async def test_a_question_is_given_up_in_time(
    counted: type[Counted], predictor: Predictor, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted.pause = 0.5
    monkeypatch.setattr(module, "TIMEOUT", 0.1)
    with pytest.raises(TimeoutError):
        await predictor.predict("slow")
    counted.pause = 0.0
    monkeypatch.setattr(module, "TIMEOUT", 30)
    assert (await predictor.predict("I love it")).label == "positive"


@pytest.mark.parametrize("size", [1, 20])
async def test_questions_behind_many_that_were_given_up_are_answered(
    counted: type[Counted], predictor: Predictor, size: int
) -> None:
    counted.pause = 0.3
    first = asyncio.create_task(predictor.predict("the call that runs"))
    await asyncio.sleep(0.05)
    given_up = [asyncio.create_task(predictor.predict_many(["dead"] * size)) for _ in range(1200 // size)]
    await asyncio.sleep(0.02)
    waiting = asyncio.create_task(predictor.predict_many(["I love it"] * size))
    await asyncio.sleep(0.02)
    for task in given_up:
        task.cancel()
    assert [answer.label for answer in await waiting] == ["positive"] * size
    await first
    assert counted.calls == [1, size]


async def test_closing_leaves_nobody_waiting(
    counted: type[Counted], store: Store, registry: Registry
) -> None:
    made = Predictor(store, registry)
    await made.start()
    counted.pause = 0.1
    asking = [asyncio.create_task(made.predict(f"text {n}")) for n in range(5)]
    await asyncio.sleep(0.02)
    await made.close()
    done, waiting = await asyncio.wait(asking, timeout=5)
    assert not waiting
    assert all(task.cancelled() for task in done)
