"""`/sentiment`: the tone of a text by the shipped model."""

from __future__ import annotations

from typing import Any

from handlers.context import Context
from handlers.errors import Refusal
from handlers.label_words import label_name
from handlers.messages import Button, Message, Reply
from handlers.shares import probable
from handlers.texts import N_, Texts
from handlers.verdicts import verdict_rows
from ml.kept_texts import KeptText
from ml.predictor import Prediction

LONGEST = 2000  # characters
FACES = {"negative": "🙁", "neutral": "😐", "positive": "🙂"}
VERY_SURE = 0.9
EXAMPLE = N_("What a lovely surprise, thank you!")


async def sentiment(context: Context) -> None:
    """Answer a text with its tone."""
    text = target_text(context.message, context.args)
    if not text:
        await context.reply(invitation(context.t))
        return
    prediction = await context.services.predictor.predict(text)
    record = result_record("sentiment", prediction)
    result_id = context.keep_result(record)
    context.session.result = {"id": result_id, **record}
    sent = await context.reply(sentiment_card(prediction, result_id, context.t))
    keep_text(context, result_id, text, sent.message_id)


def result_record(kind: str, prediction: Prediction) -> dict[str, Any]:
    """Return what the buttons below an answer refer to; `kind` is the command that gives such answers."""
    return {
        "kind": kind,
        "model": prediction.model,
        "version": prediction.version,
        "label": prediction.label,
    }


def keep_text(context: Context, result_id: str, text: str, message_id: int) -> None:
    """Keep the text that a message of ours answered, so that `/why` can explain it for 24 h."""
    by = context.message.sender.id if context.message.sender else 0
    context.writes += context.services.texts.kept(context.owner, result_id, KeptText(text, by), message_id)


def target_text(message: Message, args: str) -> str:
    """Return the text that a command is about: the rest of the message, or the one it replies to.

    Raises:
        Refusal: It is too long, or the message replied to holds no words.
    """
    text = args.strip()
    if not text and message.quoted is not None:
        text = message.quoted.text.strip()
        if not text:
            raise Refusal(N_("That message has no words I could read. Reply to a text message."))
    if len(text) > LONGEST:
        raise Refusal(
            N_("This text has {length} characters, and I read up to {limit} at once. Send a shorter part."),
            length=f"{len(text):,}",
            limit=f"{LONGEST:,}",
        )
    return text


def sentiment_card(prediction: Prediction, result_id: str, t: Texts) -> Reply:
    """Build the answer: the tone with its probability, or the two likeliest where the model is not sure."""
    other, other_share = prediction.runner_up
    if prediction.sure:
        text = t(
            "{face} {label}, {share} % ({certainty})",
            face=FACES[prediction.label],
            label=label_name(prediction.label, t),
            share=probable(prediction.probability),
            certainty=t("very sure") if prediction.probability >= VERY_SURE else t("fairly sure"),
        )
    else:
        text = t(
            "🤷 not sure: {label} {share} %, {other} {other_share} %",
            label=label_name(prediction.label, t),
            share=probable(prediction.probability),
            other=label_name(other, t),
            other_share=probable(other_share),
        )
    return Reply(text, buttons=verdict_rows(result_id, (), None, t))


def invitation(t: Texts) -> Reply:
    """Say how `/sentiment` is used, with one example to press."""
    return Reply(
        t(
            "Write /sentiment and a text, or reply to a message with /sentiment. For example:\n{example}",
            example=f"/sentiment {t(EXAMPLE)}",
        ),
        buttons=((Button(t("Try this example"), data="try:sentiment"),),),
    )
