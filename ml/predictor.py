"""What a text's label is: ONNX models in this process, asked by many at once, reloaded while they run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import Counter, OrderedDict, deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from weakref import WeakValueDictionary

import numpy as np

from ml.tokenizer import Pieces

if TYPE_CHECKING:
    from ml.registry import Registry
    from ml.store import Store

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "shipped" / "sentiment"
SHIPPED_NAME = "sentiment"  # reserved: no chat's model has it
SHIPPED_OWNER = "shipped"  # whose models in the store stand in for the one that came with the program
BATCH = 64  # texts of like length in one call of the network
AT_ONCE = 512  # texts that one turn of a model takes from those waiting
FEW = 16  # texts of one question that count as a message
TIMEOUT = 30.0  # seconds until a question is given up
CLOSING = 5.0  # seconds that the end waits for a call that runs
SLOWEST = 1000  # texts a second that a large question may count on
LOADED = 32  # models of chats that stay in memory


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a model says of a text; `probabilities` in the model's order of labels, summing to 1."""

    label: str
    probabilities: dict[str, float]
    sure: bool  # the label's probability reaches the model's threshold
    model: str
    version: str

    @property
    def probability(self) -> float:
        """How likely the label is."""
        return self.probabilities[self.label]

    @property
    def runner_up(self) -> tuple[str, float]:
        """The second likeliest label and its probability."""
        ranked = sorted(self.probabilities.items(), key=lambda item: -item[1])
        return ranked[1] if len(ranked) > 1 else ranked[0]


class UnknownModel(LookupError):
    """There is no model of this name, or it was never trained."""

    def __init__(self, name: str) -> None:
        super().__init__(name)
        self.name = name


class Model:
    """One trained model: its network, its vocabulary and its manifest."""

    def __init__(self, session: Any, pieces: Pieces, manifest: dict[str, Any]) -> None:
        self._session = session
        self._pieces = pieces
        self.manifest = manifest
        self.labels: tuple[str, ...] = tuple(manifest["labels"])
        self.threshold = float(manifest["threshold"])

    @classmethod
    def load(cls, folder: Path) -> Model:
        """Read a model folder: model.onnx, tokenizer.json, manifest.json."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        session = onnxruntime.InferenceSession(
            (folder / "model.onnx").read_bytes(), options, providers=["CPUExecutionProvider"]
        )
        return cls(session, Pieces.load(folder / "tokenizer.json"), manifest)

    def probabilities(self, texts: Sequence[str]) -> np.ndarray:
        """Return the probabilities (texts, labels) of any strings."""
        tokens = self._pieces.encode(texts)
        lengths = np.array([len(ids) for ids in tokens], np.int32)
        order = np.argsort(lengths, kind="stable")
        found = np.empty((len(texts), len(self.labels)), np.float64)
        for start in range(0, len(order), BATCH):
            batch = order[start : start + BATCH]
            padded = np.zeros((len(batch), int(lengths[batch[-1]])), np.int32)
            for row, index in zip(padded, batch, strict=True):
                row[: lengths[index]] = tokens[index]
            fed = {"tokens": np.ascontiguousarray(padded.T), "lengths": lengths[batch]}
            found[batch] = self._session.run(None, fed)[0]
        found /= found.sum(axis=1, keepdims=True)
        return found

    def classify(self, texts: Sequence[str]) -> list[Prediction]:
        """Return each text's prediction, in order."""
        if not texts:
            return []
        name, version = str(self.manifest.get("name", "")), str(self.manifest.get("version", ""))
        predictions = []
        for row in self.probabilities(texts).tolist():
            highest = max(row)
            label = self.labels[row.index(highest)]
            by_label = dict(zip(self.labels, row, strict=True))
            predictions.append(Prediction(label, by_label, highest >= self.threshold, name, version))
        return predictions


Key = tuple[str, str]  # owner and name
Question = tuple[str, asyncio.Future[Prediction]]


@dataclass
class Waiting:
    """The texts that wait for one model; those of a message go before those of a file."""

    few: deque[Question] = field(default_factory=deque)
    many: deque[Question] = field(default_factory=deque)
    task: asyncio.Task[None] | None = None

    def add(self, questions: list[Question]) -> None:
        """Let questions wait."""
        (self.few if len(questions) <= FEW else self.many).extend(questions)

    def take(self) -> list[Question]:
        """Take the next questions, past those that nobody waits for any more; none only where none waits."""
        taken: list[Question] = []
        for questions in (self.few, self.many):
            while questions and len(taken) < AT_ONCE:
                question = questions.popleft()
                if not question[1].done():
                    taken.append(question)
        return taken


class Predictor:
    """Answers for all models; texts that wait for the same model go through it in one call, in a thread.

    The first text starts at once. Whatever arrives while it runs waits for the next call, so that
    nobody waits for a timer and a crowd costs few calls.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._shipped: Model | None = None
        self._stand_in: Model | None = None  # what an operator chose in the place of the shipped model
        self.shipped_folder = SHIPPED  # where the files of the one of the two lie that answers
        self._models: OrderedDict[Key, Model] = OrderedDict()
        # A lock lasts as long as somebody holds it or waits for it.
        self._loading: WeakValueDictionary[Key, asyncio.Lock] = WeakValueDictionary()
        self._waiting: dict[Key, Waiting] = {}
        self.sizes: Counter[int] = Counter()  # how many texts each call had, to how many calls had so many
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the shipped model and follow the registry."""
        self._shipped = await asyncio.to_thread(Model.load, SHIPPED)
        self._follower = asyncio.create_task(self._follow(), name="model changes")

    @property
    def shipped_version(self) -> str:
        """The version of the shipped model, empty until it is loaded."""
        return str(self._shipped.manifest.get("version", "")) if self._shipped is not None else ""

    @property
    def loaded(self) -> int:
        """How many models of chats are in memory."""
        return len(self._models)

    async def close(self) -> None:
        """Stop following; questions that still wait are cancelled."""
        tasks = [waiting.task for waiting in self._waiting.values()] + [self._follower]
        running = [task for task in tasks if task is not None]
        for task in running:
            task.cancel()
        if running:
            await asyncio.wait(running, timeout=CLOSING)

    async def predict(self, text: str, *, owner: str = "local", model: str = SHIPPED_NAME) -> Prediction:
        """Return what a model says of a text.

        Raises:
            UnknownModel: The owner has no such model, or it was never trained.
            TimeoutError: 30 s went by.
        """
        key = (owner, model)
        async with asyncio.timeout(TIMEOUT):
            await self._model(key)
            (answer,) = self._ask(key, [text])
            return await answer

    async def predict_many(
        self, texts: Sequence[str], *, owner: str = "local", model: str = SHIPPED_NAME
    ) -> list[Prediction]:
        """Return what a model says of each text, in order.

        Raises:
            UnknownModel: The owner has no such model, or it was never trained.
            TimeoutError: 30 s went by, and a second more for each 1,000 texts.
        """
        key = (owner, model)
        async with asyncio.timeout(TIMEOUT + len(texts) / SLOWEST):
            await self._model(key)
            return list(await asyncio.gather(*self._ask(key, texts)))

    def _ask(self, key: Key, texts: Sequence[str]) -> list[asyncio.Future[Prediction]]:
        """Let texts wait for a model, and return where their predictions will be."""
        loop = asyncio.get_running_loop()
        answers: list[asyncio.Future[Prediction]] = [loop.create_future() for _ in texts]
        waiting = self._waiting.setdefault(key, Waiting())
        waiting.add(list(zip(texts, answers, strict=True)))
        if waiting.task is None:
            waiting.task = asyncio.create_task(self._serve(key, waiting))
        return answers

    async def _serve(self, key: Key, waiting: Waiting) -> None:
        """Answer until nobody waits for this model."""
        try:
            while questions := waiting.take():
                await self._answer(key, questions)
        finally:
            del self._waiting[key]
            for _, answer in (*waiting.few, *waiting.many):
                answer.cancel()

    async def _answer(self, key: Key, questions: list[Question]) -> None:
        """Answer some questions in one call; what goes wrong goes to those who asked."""
        try:
            model = await self._model(key)
            predictions = await asyncio.to_thread(model.classify, [text for text, _ in questions])
        except BaseException as failure:
            for _, answer in questions:
                if not answer.done():
                    answer.set_exception(failure) if isinstance(failure, Exception) else answer.cancel()
            if not isinstance(failure, Exception):
                raise
            return
        self.sizes[len(questions)] += 1
        for (_, answer), prediction in zip(questions, predictions, strict=True):
            if not answer.done():
                answer.set_result(prediction)

    async def _model(self, key: Key) -> Model:
        """Return the live version of a model, loaded on the first question."""
        owner, name = key
        if name == SHIPPED_NAME:
            if self._stand_in is not None:
                return self._stand_in
            if self._shipped is None:
                self._shipped = await asyncio.to_thread(Model.load, SHIPPED)
            return self._shipped
        if key not in self._models:
            lock = self._lock(key)
            async with lock:
                if key not in self._models:
                    entry = await self._registry.get(owner, name)
                    if entry is None or entry.version is None:
                        raise UnknownModel(name)
                    return await self._load(key, entry.version)
        self._models.move_to_end(key)
        return self._models[key]

    def _lock(self, key: Key) -> asyncio.Lock:
        """Return what only one may hold who puts a model in or takes it out."""
        return self._loading.setdefault(key, asyncio.Lock())

    async def _load(self, key: Key, version: str) -> Model:
        """Put a version in the place of the one before; until it is loaded that one answers."""
        async with asyncio.timeout(TIMEOUT):
            folder = await asyncio.to_thread(self._store.fetch, *key, version)
            model = await asyncio.to_thread(Model.load, folder)
        self._models[key] = model
        self._models.move_to_end(key)
        while len(self._models) > LOADED:
            self._models.popitem(last=False)
        return model

    async def _follow(self) -> None:
        """Serve the live version of every model that changes while it is loaded."""
        await self._begin_with_stand_in()
        async for owner, name, version in self._registry.changes():
            if (owner, name) == (SHIPPED_OWNER, SHIPPED_NAME):
                await self._change_shipped(version)
                continue
            lock = self._lock((owner, name))
            async with lock:  # the version that is being loaded may be the one before
                await self._change((owner, name), version)

    async def _begin_with_stand_in(self) -> None:
        """Serve what an operator chose before this process began."""
        from redis.exceptions import RedisError  # the command line, which has none, shall not wait for it

        from ml.stream import Pause

        pause = Pause()
        while True:
            try:
                entry = await self._registry.get(SHIPPED_OWNER, SHIPPED_NAME)
                break
            except RedisError as failure:
                await pause.wait(failure)
        if entry is not None and entry.version is not None:
            await self._change_shipped(entry.version)

    async def _change_shipped(self, version: str | None) -> None:
        """Serve another sentiment model; one that cannot be loaded leaves things as they are."""
        if version is None:
            self._stand_in, self.shipped_folder = None, SHIPPED
        elif self._stand_in is None or self._stand_in.manifest.get("version") != version:
            try:
                async with asyncio.timeout(TIMEOUT):
                    folder = await asyncio.to_thread(self._store.fetch, SHIPPED_OWNER, SHIPPED_NAME, version)
                    self._stand_in = await asyncio.to_thread(Model.load, folder)
                    self.shipped_folder = folder
            except Exception as failure:
                log.error("sentiment %s was not loaded: %s", version, type(failure).__name__)

    async def _change(self, key: Key, version: str | None) -> None:
        """Put the live version in the place of another that is loaded, or take a deleted model out."""
        held = self._models.get(key)
        if version is None:
            self._models.pop(key, None)
        elif held is not None and held.manifest.get("version") != version:
            try:
                await self._load(key, version)
            except Exception as failure:
                # The next question loads it again, and says so to the person if it cannot.
                self._models.pop(key, None)
                log.warning("version %s of a model was not loaded: %s", version, type(failure).__name__)
