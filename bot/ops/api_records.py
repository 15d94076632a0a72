"""What the HTTP API is asked and answers: the records check what comes, and are its document's schemas."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

from handlers.points import LONGEST_TYPED
from handlers.sentiment import LONGEST
from ml.jobs import Job
from ml.predictor import BATCH, SHIPPED_NAME, Prediction

Text = Annotated[str, Field(max_length=LONGEST)]
Number = float | None
Interval = tuple[Number, Number]


class Asked(BaseModel):
    """A request: nothing is guessed, and what is not known is an error."""

    model_config = ConfigDict(strict=True, extra="forbid")


class Answered(BaseModel):
    """An answer."""

    model_config = ConfigDict(frozen=True)


class ClassifyRequest(Asked):
    """Texts to label."""

    texts: Annotated[list[Text], Field(min_length=1, max_length=BATCH)]
    model: Annotated[
        str, Field(max_length=24, description="A model of the key's chat, or `sentiment`, which came along.")
    ] = SHIPPED_NAME


class Labelled(Answered):
    """What a model says of one text."""

    label: str
    probabilities: dict[str, Annotated[float, Field(ge=0, le=1.000001)]] = Field(
        description="Each label's, summing to 1."
    )
    sure: bool = Field(description="Whether the label's probability reaches the model's threshold.")


class ClassifyAnswer(Answered):
    """The labels of some texts."""

    model: str
    version: str
    predictions: list[Labelled] = Field(description="In the order of the texts.")


class FitRequest(Asked):
    """Points and how to fit them."""

    text: Annotated[str, Field(max_length=LONGEST_TYPED)] = Field(
        description="What one writes behind /fit: options, then points or a table with a header, "
        "for example `poly2 predict=5 1,2 2,4.1 3,8.8`.",
        examples=["linear ci=90 1,2 2,4.1 3,5.9 4,8.2"],
    )


class Anova(Answered):
    """The analysis of variance."""

    regression_dof: Number
    regression_ss: Number
    residual_dof: Number
    residual_ss: Number
    f: Number
    p: Number


class FitAnswer(Answered):
    """A fit: the lists run in the order of `terms`, the intercept first; what does not exist is null."""

    equation: str
    terms: list[str]
    coefficients: list[Number]
    std_errors: list[Number]
    t: list[Number]
    p: list[Number]
    intervals: list[Interval] = Field(description="Of the coefficients, at `ci` percent, 95 if not said.")
    r2: Number
    r2_adjusted: Number
    residual_std: Number
    n: int
    dof: Number
    aic: Number
    loo: Number = Field(description="The root mean square of the leave-one-out errors.")
    anova: Anova
    outliers: list[int] = Field(description="Rows far off the curve, counted from 1.")
    suggested_degree: int | None
    predictions: list[Number] = Field(description="At the values of `predict=`.")
    prediction_intervals: list[Interval]
    strength: Number = Field(default=None, description="Of the penalty of `ridge` or `lasso`.")


class JobAnswer(Answered):
    """A training."""

    id: str
    model: str
    state: Literal["queued", "running", "done", "failed", "cancelled"]
    stage: str
    place: int | None = Field(description="From 1 among those that wait.")
    estimate_seconds: float | None = Field(description="From now until it is done.")
    created: datetime


class JobsAnswer(Answered):
    """The latest trainings of the key's chat, the newest first; none for a key without a chat."""

    jobs: list[JobAnswer]


class ProblemAnswer(Answered):
    """Why a request was not served (RFC 9457)."""

    title: str
    status: int
    detail: str
    errors: list[str] = Field(default=[], description="Where the body is not as it should be.")
    reference: str | None = Field(default=None, description="To be told to the operator.")


def labelled(prediction: Prediction) -> Labelled:
    """Return what a model said of one text."""
    return Labelled(label=prediction.label, probabilities=prediction.probabilities, sure=prediction.sure)


def job_answer(job: Job) -> JobAnswer:
    """Return a training without who asked for it."""
    return JobAnswer.model_validate(
        {
            "id": job.id,
            "model": job.request.model,
            "state": job.state,
            "stage": job.stage,
            "place": job.place,
            "estimate_seconds": job.estimate,
            "created": datetime.fromtimestamp(job.created, UTC),
        }
    )
