"""What `/classify` answers: a label with its probability, the labels of a file, or what is missing."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from handlers.classify_table import LabelledTable
from handlers.label_words import label_text
from handlers.messages import Reply
from handlers.model_names import model_buttons
from handlers.sentiment import LONGEST
from handlers.shares import probable
from handlers.texts import Texts
from handlers.verdicts import verdict_rows
from ml.predictor import Prediction


@dataclass(frozen=True, slots=True)
class Unnamed:
    """A text before which no model was named, though the chat has some: `word` may have been meant as one."""

    others: tuple[str, ...] = ()
    word: str = ""


def classification_card(
    prediction: Prediction,
    result_id: str,
    t: Texts,
    *,
    private: bool,
    words: bool,
    unnamed: Unnamed | None = None,
) -> Reply:
    """Build the answer: the label with its probability, and the runner-up.

    Args:
        prediction: What the model said.
        result_id: What the buttons refer to.
        t: The reader's language.
        private: Whether there is room for the model's name and version.
        words: Whether the text holds any letter or digit.
        unnamed: What may have been meant instead, where no model was named.
    """
    model = prediction.model
    second, second_share = prediction.runner_up
    label, share = label_text(prediction.label, model, t), probable(prediction.probability)
    runner_up = {"other": label_text(second, model, t), "other_share": probable(second_share)}
    if prediction.sure:
        text = t("{label}, {share} % (then {other}, {other_share} %)", label=label, share=share, **runner_up)
    else:
        text = t(
            "🤷 not sure: {label} {share} %, {other} {other_share} %", label=label, share=share, **runner_up
        )
    lines = [text]
    if not words:
        lines.append(t("There are no words in it, so take this with care."))
    if unnamed is not None and unnamed.word:
        lines.append(
            t(
                "There is no model “{name}” here: “{model}” read the whole text.",
                name=unnamed.word,
                model=model,
            )
        )
    elif private or unnamed is not None:
        lines.append(t("by {model} {version}", model=model, version=prediction.version))
    others = unnamed.others if unnamed is not None else ()
    return Reply("\n".join(lines), buttons=verdict_rows(result_id, others, None, t))


def invitation(model: str, names: Sequence[str], t: Texts) -> Reply:
    """Say how `/classify` is used, with the models here as buttons."""
    example = t("Win a free cruise now")
    text = t(
        "Send me a text or a CSV, and I label it with “{model}”. In one go it is, for example:", model=model
    )
    return Reply(f"{text}\n/classify {model} {example}", buttons=model_buttons("classify", names))


def which_model_card(names: Sequence[str], t: Texts) -> Reply:
    """Ask which model is to label a file."""
    return Reply(t("Which model shall label it?"), buttons=model_buttons("classify", names))


def file_card(table: LabelledTable, name: str, t: Texts) -> Reply:
    """Sum up the labels of a file."""
    counts = table.counts.most_common()
    rows = t.plural("{count} row by {model}", "{count} rows by {model}", table.num_rows, model=name)
    shares = " · ".join(f"{label_text(label, name, t)} {count:,}" for label, count in counts)
    lines = [t("{name}: {text}", name=rows, text=shares) if shares else rows]
    empty = table.num_rows - table.counts.total()
    if empty:
        lines.append(t.plural("{count} row has no text.", "{count} rows have no text.", empty))
    if table.cut:
        lines.append(
            t.plural(
                "{count} text was longer than {limit} characters: its beginning was read.",
                "{count} texts were longer than {limit} characters: their beginnings were read.",
                table.cut,
                limit=f"{LONGEST:,}",
            )
        )
    return Reply("\n".join(lines))
