"""No parser breaks over anything that people may send: it reads, or refuses with a sentence."""

from __future__ import annotations

import ast
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from bot.settings import host_and_port
from bot.updates import read_event
from handlers.classify import read_wanted
from handlers.classify_table import read_text_table
from handlers.errors import Refusal
from handlers.fit_options import Options, read_options
from handlers.grammar import normalise, read_arguments, read_command, read_duration, read_switch
from handlers.history import read_export
from handlers.learn import read_learn, read_map
from handlers.mood import read_mood
from handlers.mood_points import read_fit_mood
from handlers.new_model import read_labels, read_name, read_new, split_labels
from handlers.number_cells import is_number, read_column, read_moment
from handlers.op_log import read_level
from handlers.op_maintenance import read_sentence
from handlers.op_people import read_quota
from handlers.op_words import read_block, read_commands, read_id, read_order, read_whole, split_word
from handlers.point_files import read_file, read_table
from handlers.point_json import read_json_points
from handlers.point_rows import split_rows, table_of_lists
from handlers.points import looks_like_points, parse_fit
from handlers.predictions import read_values
from handlers.schedules import read_alert, read_digest, read_zone
from handlers.tagging import read_tagging
from handlers.teach import split_model
from handlers.teach_lines import labels_of, match_label, read_lines, read_teaching
from handlers.teach_lines import read_file as read_lesson
from handlers.text_columns import grid
from handlers.train import read_training
from ml import redis_address
from ml.registry import ModelEntry
from ml.regression import Spec, fit
from ml.regression.spec import observations
from ml.samples import read_samples
from ml.tables import TableError, json_rows, read_rows, sniff_delimiter
from ml.text_files import decode, open_text

LABELS = ("junk", "fine", "正常")
PATIENCE = 5.0  # seconds for one input, on a busy machine; a text has 4,096 signs at most
ITS_OWN = (Refusal, TableError)
MODEL = ModelEntry("7", "spam", LABELS, None, "", 7)
LINE = fit(observations([1, 2, 3, 4], [2, 4.1, 5.9, 8.2]), Spec())

# What the grammars are made of: joined at random they come further than random signs do.
WORDS = """
/fit /s /teach /train@bot fit mood model x y a label text junk fine 正常 : ： = == -- — > < >= %
# @ + - . , ， ; ； | " ' “ ” « ( ) [ ] { } \\ / * ^ ~ $ 0 1 -1 1.5 1,5 1e5 1e999 -1e-999 nan
inf 0x1 ١ ½ ５ 1_0 1’000 2020-01-01 12:30 25:61 24h 7d 30d off on daily weekly mon 周一 每天
degree=2 degree=99 epochs=10 lr=1e-3 tz=Asia/Shanghai min=0.8 over=1h topic=all theme=dark
predict=1,2 ci=95 ridge lasso robust=huber through0 weights=w 😁=positive 😀 👍🏽 ａ İ ß
"""
PIECES = st.sampled_from([*WORDS.split(), *" \t\n\r\0\u200b\u202e\ud7ff", "  "])
SIGNS = st.text(st.characters(exclude_categories=["Cs"]), max_size=40)
TEXTS = st.one_of(
    st.lists(st.one_of(PIECES, SIGNS), max_size=30).map("".join),
    st.lists(PIECES, max_size=30).map(" ".join),
    st.builds(lambda piece, n: (piece * n)[:4096], PIECES, st.integers(2, 4096)),
    st.builds(lambda a, b, n: ((a + b) * n)[:4096], PIECES, PIECES, st.integers(2, 2048)),
)
ENCODINGS = ["utf-8", "utf-16", "gb18030", "cp1252"]
HEADS = [b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff", b"PK\x03\x04", b"\x89PNG\r\n", b"%PDF"]
FILES = st.one_of(
    st.binary(max_size=300),
    st.builds(lambda text, code: text.encode(code, "replace"), TEXTS, st.sampled_from(ENCODINGS)),
    st.builds(lambda head, tail: head + tail, st.sampled_from(HEADS), st.binary(max_size=100)),
)
KINDS = ["message", "callback_query", "my_chat_member", "message_reaction", "inline_query"]
FIELDS = "id type chat from text date message_id update_id message data first_name title document file_id"
JSON = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), SIGNS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.one_of(SIGNS, st.sampled_from(FIELDS.split())), inner, max_size=6),
    ),
    max_leaves=25,
)

TEXT_PARSERS: dict[str, Callable[[str], object]] = {
    "grammar.normalise": normalise,
    "grammar.read_command": read_command,
    "grammar.read_arguments": lambda text: read_arguments(text, {"degree", "model", "over"}),
    "grammar.read_switch": read_switch,
    "grammar.read_duration": read_duration,
    "fit_options.read_options": read_options,
    "points.parse_fit": parse_fit,
    "points.looks_like_points": looks_like_points,
    "point_rows.split_rows": split_rows,
    "point_rows.table_of_lists": table_of_lists,
    "point_files.read_table": lambda text: read_table(text, Options()),
    "number_cells.read_column": lambda text: read_column(text.split()),
    "number_cells.is_number": is_number,
    "number_cells.read_moment": lambda text: read_moment(text, "2020-01-01T00:00:00"),
    "predictions.read_values": lambda text: read_values(text, LINE, {}),
    "teach.split_model": lambda text: split_model(text, [MODEL]),
    "classify.read_wanted": lambda text: read_wanted(text, ["spam", "心情"]),
    "new_model.read_new": read_new,
    "new_model.read_name": read_name,
    "new_model.read_labels": lambda text: read_labels(text, "spam"),
    "new_model.split_labels": split_labels,
    "teach_lines.read_teaching": lambda text: read_teaching(text, "quoted", LABELS),
    "teach_lines.read_lines": lambda text: read_lines(text, LABELS),
    "teach_lines.match_label": lambda text: match_label(text, LABELS),
    "train.read_training": read_training,
    "mood.read_mood": read_mood,
    "mood_points.read_fit_mood": read_fit_mood,
    "learn.read_learn": read_learn,
    "learn.read_map": read_map,
    "tagging.read_tagging": read_tagging,
    "schedules.read_digest": lambda text: read_digest(tuple(text.split()) or ("off",)),
    "schedules.read_zone": read_zone,
    "schedules.read_alert": lambda text: read_alert(text, {"over": text[:8], "min": text[-8:]}),
    "op_words.read_order": read_order,
    "op_words.read_id": read_id,
    "op_words.read_block": read_block,
    "op_words.read_whole": lambda text: read_whole(text, 99),
    "op_words.read_commands": read_commands,
    "op_words.split_word": split_word,
    "op_people.read_quota": lambda text: read_quota(text.split(" ")[0], text.rpartition(" ")[2]),
    "op_log.read_level": read_level,
    "op_maintenance.read_sentence": read_sentence,
    "tables.read_rows": read_rows,
    "tables.json_rows": lambda text: list(json_rows(lambda: text.split("\n"))),
    "tables.sniff_delimiter": lambda text: sniff_delimiter(text.splitlines()),
}
FILE_PARSERS: dict[str, Callable[[bytes], object]] = {
    "tables.decode": decode,
    "point_files.read_file": lambda content: read_file(content, Options()),
    "teach_lines.read_file": lambda content: read_lesson(content, "a.csv", LABELS),
    "teach_lines.labels_of": lambda content: labels_of(content, "a.jsonl"),
    "classify_table.read_text_table": lambda content: read_text_table(content, "a.csv"),
    "samples.read_samples": read_samples,
    "text_columns.grid": lambda content: list(grid(open_text(content), "a.txt").rows()),
    "point_json.read_json_points": lambda content: read_json_points(open_text(content), Options(), None, 99),
    "text_columns.grid of a table": lambda content: list(grid(open_text(content), "a.csv").rows()),
    "history.read_export": read_export,
}
OPERATORS_PARSERS: dict[str, Callable[[str], object]] = {
    "settings.host_and_port": host_and_port,
    "redis_address.check": redis_address.check,
}
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def read(parser: Callable[[Any], object], content: Any, refusals: tuple[type[Exception], ...]) -> None:
    """Let a parser read something: within its time, and with no other exception than its own refusal."""
    begun = time.monotonic()
    try:
        parser(content)
    except refusals as refused:
        assert str(refused)
    assert time.monotonic() - begun < PATIENCE


@pytest.mark.parametrize("name", TEXT_PARSERS)
@FEW
@given(TEXTS)
@example("")
@example("\u0000")
@example("[" * 4096)
@example("1," * 2048)
@example(" " * 4096)
def test_a_parser_of_messages_reads_or_refuses(name: str, text: str) -> None:
    read(TEXT_PARSERS[name], text, ITS_OWN)


@pytest.mark.parametrize("name", FILE_PARSERS)
@FEW
@given(FILES)
@example(b"")
@example(b"\x00" * 300)
@example(b'{"messages": [' + b"[" * 5000)
@example(b'"' * 4000)
@example(b'{"a":' * 5000)
def test_a_parser_of_files_reads_or_refuses(name: str, content: bytes) -> None:
    read(FILE_PARSERS[name], content, ITS_OWN)


@pytest.mark.parametrize("name", OPERATORS_PARSERS)
@FEW
@given(TEXTS)
def test_a_parser_of_settings_reads_or_refuses(name: str, text: str) -> None:
    read(OPERATORS_PARSERS[name], text, (ValueError,))


@FEW
@given(
    st.dictionaries(
        st.sampled_from(KINDS),
        JSON,
        max_size=2,
    )
)
def test_an_update_is_read_or_is_none(update: dict[str, Any]) -> None:
    malformed = (TypeError, ValueError, KeyError, AttributeError, OverflowError, OSError)
    read(lambda found: read_event({"update_id": 1, **found}, 1), update, malformed)


def test_every_parser_is_in_a_table() -> None:
    """A new `read_...` of the handlers is fuzzed too, or the reason why not stands here."""
    fuzzed = {name.rpartition(".")[2] for name in (*TEXT_PARSERS, *FILE_PARSERS)}
    others = {"read_points": "behind parse_fit and read_table", "read_days": "behind read_mood"}
    for path in (Path(__file__).parents[2] / "handlers").glob("*.py"):
        for node in ast.parse(path.read_text("utf-8")).body:
            if isinstance(node, ast.FunctionDef) and node.name.startswith(("read_", "parse_", "split_")):
                assert node.name in fuzzed | others.keys(), f"{path.name}: {node.name}"
