"""What `/fit` is asked for besides its points: the model, its options, the columns."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Literal, cast

from handlers.errors import Refusal
from handlers.grammar import OPTION, normalise, unquoted
from handlers.texts import N_
from ml.regression.spec import MAX_DEGREE, Model, Robust, Spec

Theme = Literal["light", "dark"]  # of the picture
KEYS = frozenset(
    {"deg", "degree", "ci", "x", "y", "weights", "through0", "robust", "ridge", "lasso", "predict", "theme"}
)
MODELS = {"linear": "linear", "line": "linear", "exp": "exp", "log": "log", "power": "power"}
MODELS |= {"exponential": "exp", "logarithmic": "log", "线性": "linear", "直线": "linear"}
MODELS |= {"指数": "exp", "对数": "log", "幂": "power"}
DEGREES = {"quadratic": "2", "parabola": "2", "cubic": "3", "二次": "2", "三次": "3"}
ROBUST = {"huber": "huber", "theil-sen": "theil-sen", "theilsen": "theil-sen"}
POLYNOMIAL = re.compile(r"poly(?P<degree>\d{1,3})")
APART = re.compile(r"(?<!\S)(?:poly|degree|deg)\s+(\d{1,2})(?=\s|$)", re.IGNORECASE)  # `poly 2` is poly2
FLAG = re.compile(r"(?<!\S)(?:--|[—–―])(?P<flag>through0|robust|ridge|lasso)(?=\s|$)", re.IGNORECASE)
WIDE_COLON = re.compile(rf"(?<!\S)((?:--|[—–―])?(?:{'|'.join(sorted(KEYS))}))：", re.IGNORECASE)
VALUE = re.compile(r"\"[^\"]*\"|'[^']*'|\S*")
STRENGTH = re.compile(r"\d+\.?\d*(?:[eE][+-]?\d+)?|\.\d+")
UNKNOWN = re.compile(r"(?<!\S)(?:--|[—–―])?(?P<key>[A-Za-z_]{2,24})=\S")


@dataclass(frozen=True, slots=True)
class Options:
    """What was asked for; columns and values to predict stay as they were written until the table is read."""

    spec: Spec = field(default_factory=Spec)
    x: tuple[str, ...] = ()
    y: str | None = None
    weights: str | None = None
    predict: tuple[str, ...] = ()
    theme: Theme = "light"


def read_options(text: str) -> tuple[Options, str]:
    """Take model words and options out of what follows `/fit`, and return the table that is left.

    >>> read_options("poly2 ci=90 1,1 2,4")[1]
    '1,1 2,4'

    Raises:
        Refusal: An option that does not exist, or a value that it cannot have.
    """
    # a full-width colon stands for "=", which its folded form no longer tells
    folded = normalise(WIDE_COLON.sub(r"\1=", text))
    first, newline, body = folded.strip("\n").partition("\n")
    first = unquoted(first, KEYS)
    first = FLAG.sub(lambda found: found["flag"].lower(), first)
    first = APART.sub(r"poly\1", first, count=1)
    given, rest = _take_options(first)
    words = _take_words(rest, given)
    unknown = UNKNOWN.search(words)
    if unknown is not None:
        raise Refusal(
            N_("I do not know the option “{option}”. There are: {known}"),
            option=unknown["key"],
            known=", ".join(sorted(KEYS)),
        )
    table = f"{words}{newline}{body}" if words.strip() else body
    return options_of(given), table


def _take_options(line: str) -> tuple[dict[str, str], str]:
    """Take `key=value` out of the line and leave its tabs and blanks as they are."""
    given: dict[str, str] = {}
    kept, position = [], 0
    for found in OPTION.finditer(line):
        key = (found["key"] or found["dashed"]).lower()
        value = VALUE.match(line, found.end())
        if key not in KEYS or found.start() < position or value is None:
            continue
        kept.append(line[position : found.start()])
        position = value.end()
        given[key] = value[0].strip("\"'")
    return given, "".join([*kept, line[position:]])


def _take_words(line: str, given: dict[str, str]) -> str:
    """Take words such as `poly2` and `through0` off both ends of the line."""
    while parts := line.split(None, 1):
        if not _take_word(parts[0], given):
            break
        line = _take_value(parts[1] if len(parts) > 1 else "", parts[0].lower(), given)
    while parts := line.rsplit(None, 1):
        if not _take_word(parts[-1], given):
            break
        line = parts[0] if len(parts) > 1 else ""
    return line


def _take_word(word: str, given: dict[str, str]) -> bool:
    word = word.lower().removesuffix(":")
    polynomial = POLYNOMIAL.fullmatch(word)
    if polynomial is not None:
        given.setdefault("degree", polynomial["degree"])
    elif word in DEGREES:
        given.setdefault("degree", DEGREES[word])
    elif word in MODELS:
        given["model"] = word
    elif word in {"through0", "robust", "ridge", "lasso"}:
        given.setdefault(word, "")
    else:
        return False
    return True


def _take_value(line: str, word: str, given: dict[str, str]) -> str:
    """Take the value that a bare `robust`, `ridge` or `lasso` may have behind it."""
    parts = line.split(None, 1)
    if not parts or word not in {"robust", "ridge", "lasso"} or given[word]:
        return line
    value = parts[0].lower()
    if value in ROBUST if word == "robust" else STRENGTH.fullmatch(value):
        given[word] = value
        return parts[1] if len(parts) > 1 else ""
    return line


def options_of(given: dict[str, str]) -> Options:
    """Build the options from their names and values as they were written.

    Raises:
        Refusal: A value that the option cannot have.
    """
    spec = Spec(
        model=_model(given.get("model", "linear")),
        degree=_degree(given.get("deg", given.get("degree", "1"))),
        through0="through0" in given and given["through0"].lower() not in {"off", "no", "false"},
        ci=_ci(given.get("ci", "95")),
        robust=_robust(given["robust"]) if "robust" in given else None,
        ridge=_strength("ridge", given["ridge"]) if "ridge" in given else None,
        lasso=_strength("lasso", given["lasso"]) if "lasso" in given else None,
    )
    return Options(
        spec,
        _names(given.get("x", "")),
        given.get("y") or None,
        given.get("weights") or None,
        _names(given.get("predict", "")),
        _theme(given.get("theme", "light")),
    )


def _model(value: str) -> Model:
    model = MODELS.get(value.lower())
    if model is None:
        raise Refusal(
            N_("There is no model “{value}”. Choose linear, exp, log or power; deg=2 gives a polynomial."),
            value=value[:20],
        )
    return cast(Model, model)


def _degree(value: str) -> int:
    if not value.isdecimal() or not 1 <= int(value) <= MAX_DEGREE:
        raise Refusal(
            N_("The degree is a whole number from 1 to {limit}; you wrote “{value}”."),
            limit=MAX_DEGREE,
            value=value[:20],
        )
    return int(value)


def _ci(value: str) -> float:
    try:
        percent = float(value.removesuffix("%"))
    except ValueError:
        percent = 0.0
    if not 50 <= percent <= 99.9:
        raise Refusal(
            N_("ci= is the confidence in percent, from 50 to 99.9; you wrote “{value}”."), value=value[:20]
        )
    return percent


def _robust(value: str) -> Robust:
    method = ROBUST.get(value.lower() or "huber")
    if method is None:
        raise Refusal(N_("robust= is huber or theil-sen; you wrote “{value}”."), value=value[:20])
    return cast(Robust, method)


def _strength(option: str, value: str) -> float | Literal["cv"]:
    if not value or value.lower() == "cv":
        return "cv"
    if not STRENGTH.fullmatch(value) or float(value) > 1e12:
        raise Refusal(
            N_("{option}= takes a number from 0 up, or nothing to have it chosen; you wrote “{value}”."),
            option=option,
            value=value[:20],
        )
    return float(value)


def _theme(value: str) -> Theme:
    if value.lower() not in {"light", "dark"}:
        raise Refusal(N_("theme= is light or dark; you wrote “{value}”."), value=value[:20])
    return cast(Theme, value.lower())


def _names(value: str) -> tuple[str, ...]:
    return tuple(name.strip() for name in value.split(",") if name.strip())
