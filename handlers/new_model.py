"""How `/new` is read, and what it answers: a name and 2 to 12 labels."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from handlers.errors import Refusal
from handlers.grammar import normalise
from handlers.messages import Button, Reply
from handlers.model_names import fold, model_key
from handlers.texts import N_, Texts
from ml.predictor import SHIPPED_NAME
from ml.registry import ModelEntry
from ml.samples import FEWEST

FEWEST_LABELS, MOST_LABELS = 2, 12
LONGEST_LABEL = 24  # characters

NAME = re.compile(r"[\w-]{1,24}")  # letters and digits of any script
WORD = re.compile(r'"([^"\n]+)"|(\S+)')
SEPARATORS = re.compile(r"[,;\n]")
FORBIDDEN = re.compile(r"[=:\n]")


@dataclass(frozen=True, slots=True)
class NewModel:
    """A model as somebody asked for it; without `labels` they are still to be asked for."""

    name: str
    labels: tuple[str, ...] = ()


def check_room(entries: Sequence[ModelEntry], limit: int) -> None:
    """Refuse a model beyond those that a chat may have."""
    if len(entries) >= limit:
        raise Refusal(
            N_("A chat has up to {limit} models, and this one has them. Delete one with /forget first."),
            limit=len(entries),
        )


def read_new(text: str) -> NewModel:
    """Read a name and, where there are any, the labels behind it.

    >>> read_new("spam junk fine")
    NewModel(name='spam', labels=('junk', 'fine'))
    >>> read_new("心情 开心、很难过").labels
    ('开心', '很难过')

    Raises:
        Refusal: See `read_name` and `read_labels`.
    """
    found = re.match(r"\s*(\S+)", text)
    name = read_name(found[1] if found else "")
    labels = text[found.end() :] if found else ""
    return NewModel(name, read_labels(labels, name) if labels.strip() else ())


def read_name(word: str) -> str:
    """Return a model's name in the form in which it is kept.

    Raises:
        Refusal: It is no name, or the shipped model's.
    """
    name = normalise(word).strip()
    if not NAME.fullmatch(name):
        raise Refusal(
            N_(
                "A model's name has 1 to 24 letters, digits, “_” or “-” and no blanks. "
                "Choose another one, for example: /new spam junk fine"
            )
        )
    if fold(name) == SHIPPED_NAME:
        raise Refusal(
            N_("“{name}” is the model that I come with. Choose another name, for example my-{name}."),
            name=SHIPPED_NAME,
        )
    return name


def read_labels(text: str, name: str) -> tuple[str, ...]:
    """Return the labels of a text: words, quoted words, or pieces between commas or on lines of their own.

    Raises:
        Refusal: One alone, too many, one that is no label, or one twice.
    """
    labels = tuple(split_labels(text))
    for label in labels:
        if not is_label(label):
            raise Refusal(
                N_("“{label}” cannot be a label: a label has 1 to {limit} characters, without “=” and “:”."),
                label=label[: 2 * LONGEST_LABEL],
                limit=LONGEST_LABEL,
            )
    for place, label in enumerate(labels):
        if fold(label) in map(fold, labels[:place]):
            raise Refusal(N_("The label “{label}” stands there twice. Name each label once."), label=label)
    if len(labels) < FEWEST_LABELS:
        raise Refusal(
            N_(
                "One label alone leaves nothing to tell apart. "
                "Name 2 to 12, for example: /new {name} {label} other"
            ),
            name=name,
            label=labels[0] if labels else "one",
        )
    if len(labels) > MOST_LABELS:
        raise Refusal(
            N_("These are {count} labels, and a model holds up to {limit}. Leave some out."),
            count=len(labels),
            limit=MOST_LABELS,
        )
    return labels


def is_label(label: str) -> bool:
    """Say whether a word can be a label."""
    return 0 < len(label) <= LONGEST_LABEL and not FORBIDDEN.search(label)


def split_labels(text: str) -> list[str]:
    """Split a list of labels at commas or lines where there are any, else at blanks.

    >>> split_labels('"very good" bad'), split_labels("very good, bad")
    (['very good', 'bad'], ['very good', 'bad'])
    """
    normal = normalise(text).strip()
    if SEPARATORS.search(normal):
        pieces = SEPARATORS.split(normal)
    else:
        pieces = [quoted or bare for quoted, bare in WORD.findall(normal)]
    return [" ".join(piece.split()) for piece in pieces if piece.strip()]


def invitation(t: Texts) -> Reply:
    """Say how `/new` is used, and ask for what it needs."""
    return Reply(
        t(
            "What shall I learn to tell apart? Send me a name and 2 to 12 labels, for example:\n"
            "spam junk fine"
        ),
        buttons=((Button(t("Cancel"), data="ask:cancel"),),),
    )


def labels_question(name: str, t: Texts) -> Reply:
    """Ask for the labels of a model that has a name."""
    return Reply(
        t("Which labels shall “{name}” tell apart? Send 2 to 12, for example: junk fine", name=name),
        buttons=((Button(t("Cancel"), data="ask:cancel"),),),
    )


def name_question(labels: tuple[str, ...], t: Texts) -> Reply:
    """Ask for the name of a model that has labels."""
    return Reply(
        t("What shall the model for {labels} be called? Send one word.", labels=t.listed(labels)),
        buttons=((Button(t("Cancel"), data="ask:cancel"),),),
    )


def taken_card(entry: ModelEntry, t: Texts) -> Reply:
    """Say that the name is taken, and offer both ways on."""
    text = t(
        "There is a model “{name}” here already, with the labels {labels}. Teach it, or choose another name.",
        name=entry.name,
        labels=t.listed(entry.labels),
    )
    teach = Button(t("Teach {name}", name=entry.name), data=f"teach:{model_key(entry.name)}")
    return Reply(text, buttons=((teach, Button(t("Another name"), data="new:again")),))


def made_card(entry: ModelEntry, t: Texts, *, private: bool) -> Reply:
    """Say that a model was made, and what it needs next."""
    key = model_key(entry.name)
    text = t("“{name}” is ready to learn: {labels}.", name=entry.name, labels=t.listed(entry.labels))
    if private:
        text += "\n" + t(
            "Give it at least {count} examples a label, one by one, pasted or as a CSV. For example:",
            count=FEWEST,
        )
        text += f"\n/teach {entry.name} {entry.labels[0]} " + t("an example text")
    return Reply(
        text,
        buttons=(
            (Button(t("Teach"), data=f"teach:{key}"), Button(t("With a CSV"), data=f"teach:{key}:csv")),
        ),
    )
