"""The HTTP API for programs: `/api/v1/`, by keys that an operator makes with `tonefit api-key`."""

from __future__ import annotations

import asyncio
from typing import TypeVar

from aiohttp import web
from pydantic import BaseModel, ValidationError
from redis.asyncio import Redis

from bot.ops.api_keys import ApiKey, ApiKeys, OverLimit
from bot.ops.api_records import (
    ClassifyAnswer,
    ClassifyRequest,
    FitAnswer,
    FitRequest,
    JobsAnswer,
    job_answer,
    labelled,
)
from bot.ops.guard import bearer_of, read_body
from bot.ops.openapi import document
from bot.ops.problems import Handler, Problem, answer
from handlers.context import Services
from handlers.errors import Refusal
from handlers.fit_record import as_record
from handlers.texts import Texts
from handlers.typed_fit import fit_typed
from ml.predictor import UnknownModel

KEY: web.RequestKey[ApiKey] = web.RequestKey("key", ApiKey)
LARGEST_BODY = 3 * 1024 * 1024  # bytes: all that the schemas allow, each character written as \uXXXX\uXXXX
NO_KEY = "Send a key: `Authorization: Bearer ...`."

Record = TypeVar("Record", bound=BaseModel)


class Api:
    """The API's calls, answered by the services that answer people in chats."""

    def __init__(self, redis: Redis, services: Services) -> None:
        self._keys = ApiKeys(redis)
        self._services = services
        self._document = document()

    def routes(self) -> list[web.RouteDef]:
        """Return every route; `HEAD` is none of them."""
        return [
            web.get("/api/v1/openapi.json", self.openapi, allow_head=False),
            web.post("/api/v1/classify", self._keyed(self.classify)),
            web.post("/api/v1/fit", self._keyed(self.fit)),
            web.get("/api/v1/jobs", self._keyed(self.jobs), allow_head=False),
            web.get("/api/v1/jobs/{id}", self._keyed(self.job), allow_head=False),
        ]

    async def openapi(self, _: web.Request) -> web.Response:
        """Say what can be asked, and how."""
        return answer(self._document)

    async def classify(self, request: web.Request) -> web.Response:
        """Label texts."""
        asked = await read_record(request, ClassifyRequest)
        try:
            found = await self._services.predictor.predict_many(
                asked.texts, owner=request[KEY].owner, model=asked.model
            )
        except UnknownModel:
            raise Problem(404, "This key reaches no trained model of this name.") from None
        first = found[0]
        return _said(
            ClassifyAnswer(
                model=first.model, version=first.version, predictions=[labelled(one) for one in found]
            )
        )

    async def fit(self, request: web.Request) -> web.Response:
        """Fit points, as `/fit` does."""
        asked = await read_record(request, FitRequest)
        async with self._services.calculations:
            return _said(await asyncio.to_thread(_fitted, asked.text))

    async def jobs(self, request: web.Request) -> web.Response:
        """List the trainings of the key's chat."""
        listed = await self._services.jobs.list(request[KEY].owner)
        return _said(JobsAnswer(jobs=[job_answer(job) for job in listed]))

    async def job(self, request: web.Request) -> web.Response:
        """Say how a training of the key's chat does."""
        job = await self._services.jobs.get(request.match_info["id"])
        if job is None or job.request.owner != request[KEY].owner:
            raise Problem(404, "This key sees no training of this id.")
        return _said(job_answer(job))

    def _keyed(self, handler: Handler) -> Handler:
        """Return a handler that only a key reaches, as often as it may."""

        async def keyed(request: web.Request) -> web.StreamResponse:
            secret = bearer_of(request)
            key = await self._keys.find(secret) if secret else None
            if key is None:
                raise Problem(401, NO_KEY, {"WWW-Authenticate": "Bearer"})
            try:
                await self._keys.use(key)
            except OverLimit as over:
                detail = f"This key may ask {key.per_minute} times a minute."
                raise Problem(429, detail, {"Retry-After": str(over.seconds)}) from None
            request[KEY] = key
            return await handler(request)

        return keyed


async def read_record(request: web.Request, kind: type[Record]) -> Record:
    """Read a body.

    Raises:
        Problem: It is too long, no JSON, or not as the schema has it.
    """
    body = await read_body(request, LARGEST_BODY)
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        errors = [f"{'.'.join(map(str, one['loc'])) or 'body'}: {one['msg']}" for one in found[:20]]
        raise Problem(400, "The body is not as the schema has it.", errors=errors) from None


def _fitted(text: str) -> FitAnswer:
    """Read and fit; what the points do not bear is told in the words of the chat.

    Raises:
        Problem: See above.
    """
    try:
        found = fit_typed(text)
    except Refusal as refusal:
        raise Problem(409, refusal.words(Texts("en"))) from None
    return FitAnswer.model_validate(as_record(found.kept.fit, found.asked))


def _said(record: BaseModel) -> web.Response:
    return answer(record.model_dump(mode="json"))
