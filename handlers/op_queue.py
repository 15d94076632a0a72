"""`/op queue` and `/op job`: the trainings of all chats, held up, ended and repeated."""

from __future__ import annotations

from handlers.context import Context
from handlers.errors import Refusal
from handlers.messages import Button, Reply
from handlers.op_status import line_text
from handlers.op_words import moment, span, split_word
from handlers.texts import N_, Texts
from ml.jobs import AlreadyRunning
from ml.trainings import JobFacts, Line, StillGoing

SHOWN = 10  # trainings
QUEUE_USAGE = N_("/op queue takes pause, resume, drain or nothing; you wrote “{word}”.")
JOB_USAGE = N_("Write a training's id, and retry or kill behind it if you want that: /op job ID retry.")
NO_JOB = N_("There is no training with this id, or it ended more than 7 days ago.")


async def queue(context: Context) -> None:
    """Show the trainings, or let workers wait, go on, or finish what there is."""
    trainings, word = context.services.operating.trainings, context.args.strip().lower()
    if word not in {"", "pause", "resume", "drain"}:
        raise Refusal(QUEUE_USAGE, word=word[:24])
    if word == "pause":
        await trainings.pause()
    elif word == "resume":
        await trainings.resume()
    elif word == "drain":
        await trainings.close()
    line, active = await trainings.line(), await trainings.active(SHOWN)
    await context.say(queue_card(line, active, context.t))


async def job(context: Context) -> None:
    """Show a training, end it or queue it anew."""
    job_id, wish = split_word(context.args.lower())
    if not job_id or wish not in {"", "retry", "kill"}:
        raise Refusal(JOB_USAGE)
    trainings = context.services.operating.trainings
    if wish == "kill":
        if not await trainings.kill(job_id):
            raise Refusal(N_("This training is over, or there is none with this id."))
        await context.reply(Reply(context.t("The training {id} is being ended.", id=job_id)))
        return
    if wish == "retry":
        await _retry(context, job_id)
        return
    facts = await trainings.get(job_id)
    if facts is None:
        raise Refusal(NO_JOB)
    await context.reply(job_card(facts, context.t))


async def _retry(context: Context, job_id: str) -> None:
    try:
        again = await context.services.operating.trainings.again(job_id)
    except StillGoing as error:
        raise Refusal(N_("This training is not over yet; end it first: /op job ID kill.")) from error
    except AlreadyRunning as error:
        raise Refusal(N_("Another training of this model waits or runs: {id}."), id=error.job_id) from error
    if again is None:
        raise Refusal(NO_JOB)
    await context.reply(Reply(context.t("Queued anew as {id}; its chat reads how it ends.", id=again.id)))


def queue_card(line: Line, active: list[JobFacts], t: Texts) -> Reply:
    """Build the list of trainings with the buttons that hold them up or let them go on."""
    lines = [line_text(line, t), *(_line(facts, t) for facts in active)]
    if line.waiting + line.running > len(active):
        lines.append("…")
    if line.paused:
        lines.append(t("Workers begin nothing until /op queue resume; what runs goes on to its end."))
    if line.closed:
        lines.append(t("Nothing new is taken in until /op queue resume; what waits is still done."))
    wishes = [("resume", t("Resume"))] if line.paused or line.closed else []
    wishes += [] if line.paused else [("pause", t("Pause"))]
    wishes += [] if line.closed else [("drain", t("Drain"))]
    return Reply(
        "\n".join(lines), buttons=(tuple(Button(label, f"op:queue:{wish}") for wish, label in wishes),)
    )


def _line(facts: JobFacts, t: Texts) -> str:
    left = t("{span} left", span=span(facts.estimate, t)) if facts.estimate is not None else ""
    words = (facts.id, facts.state, facts.stage, str(facts.chat), left)
    return " · ".join(dict.fromkeys(word for word in words if word))  # a stage may be named as the state


def job_card(facts: JobFacts, t: Texts) -> Reply:
    """Build what is known of a training."""
    words = (facts.id, facts.state, facts.stage, facts.problem)
    lines = [
        " · ".join(dict.fromkeys(word for word in words if word)),
        t("Chat {chat}, person {person}", chat=facts.chat, person=facts.person),
        t("Begun {moment}, attempts: {attempts}", moment=moment(facts.created), attempts=facts.attempts),
    ]
    if facts.ended is not None:
        lines.append(t("Ended {moment}", moment=moment(facts.ended)))
    if facts.place is not None:
        lines.append(t("Place in the queue: {place}", place=facts.place))
    return Reply("\n".join(lines))
