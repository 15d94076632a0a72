"""What a text's label is: ONNX models in this process, asked by many at once, reloaded while they run."""

from __future__ import annotations

import asyncio
import json
import logging
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from ml.tokenizer import Pieces

if TYPE_CHECKING:
    from ml.registry import Registry
    from ml.store import Store

log = logging.getLogger(__name__)

SHIPPED = Path(__file__).parent / "shipped" / "sentiment"
SHIPPED_NAME = "sentiment"  # reserved: no chat's model has it
BATCH = 64  # texts of like length in one call of the network
AT_ONCE = 512  # texts that one turn of a model takes from those waiting
TIMEOUT = 30.0  # seconds until a question is given up
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


class UnknownModel(LookupError):  # noqa: N818 - a person's question, no error of ours
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
        import onnxruntime  # noqa: PLC0415 - a tenth of a second that `--help` need not wait

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
        return found / found.sum(axis=1, keepdims=True)

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


@dataclass
class _Queue:
    """The texts that wait for one model."""

    waiting: list[tuple[str, asyncio.Future[Prediction]]] = field(default_factory=list)
    task: asyncio.Task[None] | None = None


class Predictor:
    """Answers for all models; texts that wait for the same model go through it in one call, in a thread.

    The first text starts at once. Whatever arrives while it runs waits for the next call, so that
    nobody waits for a timer and a crowd costs few calls.
    """

    def __init__(self, store: Store, registry: Registry) -> None:
        self._store = store
        self._registry = registry
        self._shipped: Model | None = None
        self._models: OrderedDict[Key, Model] = OrderedDict()
        self._loading: dict[Key, asyncio.Lock] = {}
        self._queues: dict[Key, _Queue] = {}
        self._follower: asyncio.Task[None] | None = None

    async def start(self) -> None:
        """Load the shipped model and follow the registry."""
        self._shipped = await asyncio.to_thread(Model.load, SHIPPED)
        self._follower = asyncio.create_task(self._follow(), name="model changes")

    async def close(self) -> None:
        """Stop following; questions that still wait are cancelled."""
        tasks = [queue.task for queue in self._queues.values()] + [self._follower]
        for task in tasks:
            if task is not None:
                task.cancel()
                with suppress(asyncio.CancelledError):
                    await task

    async def predict(self, text: str, *, owner: str = "local", model: str = SHIPPED_NAME) -> Prediction:
        """Return what a model says of a text.

        Raises:
            UnknownModel: The owner has no such model, or it was never trained.
            TimeoutError: 30 s went by.
        """
        return (await self.predict_many([text], owner=owner, model=model))[0]

    async def predict_many(
        self, texts: Sequence[str], *, owner: str = "local", model: str = SHIPPED_NAME
    ) -> list[Prediction]:
        """Return what a model says of each text, in order; raises as `predict` does."""
        async with asyncio.timeout(TIMEOUT):
            key = (owner, model)
            await self._model(key)
            queue = self._queues.setdefault(key, _Queue())
            loop = asyncio.get_running_loop()
            futures = [loop.create_future() for _ in texts]
            queue.waiting += zip(texts, futures, strict=True)
            if queue.task is None or queue.task.done():
                queue.task = asyncio.create_task(self._serve(key, queue))
            return list(await asyncio.gather(*futures))

    async def _serve(self, key: Key, queue: _Queue) -> None:
        """Answer until nobody waits for this model."""
        while queue.waiting:
            taken, queue.waiting = queue.waiting[:AT_ONCE], queue.waiting[AT_ONCE:]
            taken = [(text, future) for text, future in taken if not future.done()]
            try:
                model = await self._model(key)
                answers = await asyncio.to_thread(model.classify, [text for text, _ in taken])
            except Exception as failure:  # noqa: BLE001 - it belongs to those who asked
                for _, future in taken:
                    if not future.done():
                        future.set_exception(failure)
                continue
            for (_, future), answer in zip(taken, answers, strict=True):
                if not future.done():
                    future.set_result(answer)
        self._queues.pop(key, None)

    async def _model(self, key: Key) -> Model:
        """Return the live version of a model, loaded on the first question."""
        owner, name = key
        if name == SHIPPED_NAME:
            if self._shipped is None:
                self._shipped = await asyncio.to_thread(Model.load, SHIPPED)
            return self._shipped
        async with self._loading.setdefault(key, asyncio.Lock()):
            if key not in self._models:
                entry = await self._registry.get(owner, name)
                if entry is None or entry.version is None:
                    raise UnknownModel(name)
                await self._load(key, entry.version)
            self._models.move_to_end(key)
            return self._models[key]

    async def _load(self, key: Key, version: str) -> None:
        folder = await asyncio.to_thread(self._store.fetch, *key, version)
        self._models[key] = await asyncio.to_thread(Model.load, folder)
        while len(self._models) > LOADED:
            self._models.popitem(last=False)

    async def _follow(self) -> None:
        """Put a new version in the place of the old one when it is loaded; until then the old one answers."""
        async for owner, name, version in self._registry.changes():
            key = (owner, name)
            if version is None:
                self._models.pop(key, None)
            elif key in self._models and self._models[key].manifest.get("version") != version:
                try:
                    await self._load(key, version)
                except Exception:
                    log.exception("version %s of a model could not be loaded", version)
