"""The table of attacks names tests that there are."""

from __future__ import annotations

import ast
import re
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"(?m)^\| ([^|]+) \| ([^|]+) \| `([\w/.]+)::(\w+)` \|$")


@cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text("utf-8"))
    return frozenset(
        node.name for node in tree.body if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    )


def test_every_row_of_the_table_names_a_test_that_there_is() -> None:
    text = (ROOT / "deploy" / "SECURITY.md").read_text("utf-8")
    rows = ROW.findall(text)
    lines = [line for line in text.splitlines() if line.startswith("| ") and "::" in line]
    assert len(rows) == len(lines) > 30
    gone = [f"{path}::{name}" for _, _, path, name in rows if name not in names_in(path)]
    assert gone == []


def test_every_test_of_an_attack_stands_in_the_table() -> None:
    text = (ROOT / "deploy" / "SECURITY.md").read_text("utf-8")
    for path in (ROOT / "tests" / "attacks").glob("test_*.py"):
        if path.name != "test_table.py":
            named = f"tests/attacks/{path.name}"
            for name in names_in(named):
                assert not name.startswith("test_") or f"{named}::{name}" in text
