"""The direction of imports, and what the bot's process must never load."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {"ml": {"handlers", "bot", "telegram"}, "handlers": {"bot", "telegram"}}
TRAINERS = ("tensorflow", "keras", "torch", "sklearn")
BAD_NAMES = {
    "utils",
    "helpers",
    "common",
    "constants",
    "types",
    "exceptions",
    "queue",
    "logging",
    "http",
    "manager",
}


def sources(folder: str) -> list[Path]:
    return sorted((ROOT / folder).rglob("*.py"))


def imported(source: Path) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("folder", FORBIDDEN)
def test_imports_run_one_way(folder: str) -> None:
    wrong = {
        str(source.relative_to(ROOT)): names
        for source in sources(folder)
        if (names := imported(source) & FORBIDDEN[folder])
    }
    assert wrong == {}


def test_the_bots_process_imports_no_trainer() -> None:
    code = "import sys, bot.app, bot.cli.commands, bot.demo, ml.predictor, ml.plots; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT, timeout=60, check=True
    ).stdout.split()
    assert [name for name in loaded if name.split(".")[0] in TRAINERS] == []


def test_no_module_has_a_name_that_says_nothing_or_shadows_another() -> None:
    found = [
        path for folder in ("bot", "handlers", "ml") for path in sources(folder) if path.stem in BAD_NAMES
    ]
    assert found == []


def test_every_file_says_in_its_first_line_what_it_answers() -> None:
    silent = [
        str(path.relative_to(ROOT))
        for folder in ("bot", "handlers", "ml")
        for path in sources(folder)
        if not ast.get_docstring(ast.parse(path.read_text("utf-8")))
    ]
    assert silent == []
