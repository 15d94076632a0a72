"""What the HTTP API says of itself: an OpenAPI 3.1 document out of the records that check its requests."""

from __future__ import annotations

from importlib.metadata import version
from typing import Any

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from bot.ops.api_records import (
    ClassifyAnswer,
    ClassifyRequest,
    FitAnswer,
    FitRequest,
    JobAnswer,
    JobsAnswer,
    ProblemAnswer,
)
from bot.ops.problems import PROBLEM

PLACE = "#/components/schemas/{model}"
ASKED = (ClassifyRequest, FitRequest)
ANSWERED = (ClassifyAnswer, FitAnswer, JobAnswer, JobsAnswer, ProblemAnswer)
PROBLEMS = {
    "400": "The body is no JSON, or not as the schema has it.",
    "401": "No key, or one that was revoked.",
    "404": "There is none, or not for this key.",
    "409": "These points and this curve do not go together; the detail says why and what to do.",
    "413": "The body is too long.",
    "415": "The body is not application/json.",
    "429": "The key asked too often; Retry-After says when it may again.",
    "500": "A fault of ours, with a reference for the operator.",
    "503": "Redis does not answer, or it takes too long now; Retry-After says when to come again.",
}
RETRY = {"Retry-After": {"description": "Seconds.", "schema": {"type": "integer", "minimum": 1}}}
ALWAYS = ("401", "429", "500", "503")
BODY = ("400", "413", "415")
JOB_ID = {
    "name": "id",
    "in": "path",
    "required": True,
    "description": "As `/train` and `/jobs` say it.",
    "schema": {"type": "string", "pattern": "^[2-9a-z]{1,12}$"},
}


def document() -> dict[str, Any]:
    """Return the document."""
    kinds: list[tuple[type[BaseModel], Any]] = [
        *((kind, "validation") for kind in ASKED),
        *((kind, "serialization") for kind in ANSWERED),
    ]
    _, schemas = models_json_schema(kinds, ref_template=PLACE)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tonefit",
            "version": version("tonefit"),
            "description": "Labels for texts and curves through points, as the bot answers them in chats.",
        },
        "paths": _paths(),
        "security": [{"key": []}],
        "components": {
            "schemas": schemas["$defs"],
            "securitySchemes": {
                "key": {"type": "http", "scheme": "bearer", "description": "Made by `tonefit api-key new`."}
            },
        },
    }


def _paths() -> dict[str, Any]:
    return {
        "/api/v1/classify": {
            "post": _call("classify", "Label texts.", ClassifyAnswer, (*BODY, "404"), ClassifyRequest)
        },
        "/api/v1/fit": {
            "post": _call("fit", "Fit a curve to points.", FitAnswer, (*BODY, "409"), FitRequest)
        },
        "/api/v1/jobs": {"get": _call("jobs", "List the latest trainings.", JobsAnswer)},
        "/api/v1/jobs/{id}": {
            "parameters": [JOB_ID],
            "get": _call("job", "Say how a training does.", JobAnswer, ("404",)),
        },
        "/api/v1/openapi.json": {
            "get": {
                "operationId": "openapi",
                "summary": "This document.",
                "security": [],
                "responses": {
                    "200": {
                        "description": "OpenAPI 3.1.",
                        "content": {"application/json": {"schema": {"type": "object"}}},
                    },
                    **_problems("500", "503"),
                },
            }
        },
    }


def _call(
    name: str,
    summary: str,
    answered: type[BaseModel],
    problems: tuple[str, ...] = (),
    asked: type[BaseModel] | None = None,
) -> dict[str, Any]:
    """Return one call: what it takes, gives, and how it may fail."""
    body = (
        {"requestBody": {"required": True, "content": _content("application/json", asked)}} if asked else {}
    )
    answer = {
        "description": (answered.__doc__ or "").strip(),
        "content": _content("application/json", answered),
    }
    responses = {"200": answer, **_problems(*sorted((*ALWAYS, *problems)))}
    return {"operationId": name, "summary": summary, **body, "responses": responses}


def _problems(*statuses: str) -> dict[str, Any]:
    return {
        status: {
            "description": PROBLEMS[status],
            "content": _content(PROBLEM, ProblemAnswer),
            **({"headers": RETRY} if status in {"429", "503"} else {}),
        }
        for status in statuses
    }


def _content(kind: str, record: type[BaseModel]) -> dict[str, Any]:
    return {kind: {"schema": {"$ref": PLACE.format(model=record.__name__)}}}
