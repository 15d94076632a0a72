"""`tonefit classify`, `train` and `evaluate` as somebody types them."""

import json
import subprocess
import sys
import time
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from bot.cli.classifier import classify, evaluate, train

app = typer.Typer(pretty_exceptions_enable=False)
for command in (classify, train, evaluate):
    app.command()(command)
run = CliRunner().invoke
pytestmark = pytest.mark.timeout(300)  # TensorFlow's import takes a minute on a busy machine


@pytest.fixture(autouse=True)
def own_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TONEFIT_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.delenv("TONEFIT_MODEL_STORE", raising=False)


@pytest.fixture
def labelled(tmp_path: Path) -> Path:
    rows = [f"traffic,the train number {n} is late" for n in range(10)]
    rows += [f"food,the soup number {n} is tasty" for n in range(10)]
    (tmp_path / "rows.csv").write_text("label,text\n" + "\n".join(rows) + "\n")
    return tmp_path / "rows.csv"


def test_each_line_of_standard_input_gets_one_object_in_order() -> None:
    lines = ["I love it", "", "I hate it", "a\rb", "太好吃了", "x" * 6000]
    result = run(app, ["classify", "--json"], input="\n".join(lines) + "\n")
    found = [json.loads(line) for line in result.stdout.splitlines()]
    assert [answer["label"] for answer in found][::2] == ["positive", "negative", "positive"]
    assert len(found) == len(lines)
    for answer in found:
        assert list(answer) == ["label", "probabilities", "sure"]
        assert list(answer["probabilities"]) == ["negative", "neutral", "positive"]
        assert sum(answer["probabilities"].values()) == pytest.approx(1, abs=1e-12)
        assert answer["label"] == max(answer["probabilities"], key=answer["probabilities"].get)


@pytest.mark.parametrize(
    ("given", "count"), [(b"", 0), (b"\n", 1), (b"\n\n", 2), (b"a", 1), (b"\xff\xfe\x00\n\x80", 2)]
)
def test_any_bytes_are_lines(given: bytes, count: int) -> None:
    result = run(app, ["classify", "--json"], input=given)
    assert result.exit_code == 0
    assert len(result.stdout.splitlines()) == count


def test_texts_on_the_command_line_are_answered_in_words() -> None:
    result = run(app, ["classify", "I love it", "The meeting starts at ten"])
    first, second = result.stdout.splitlines()
    assert first.startswith("positive ")
    assert first.endswith("I love it")
    assert second.endswith("The meeting starts at ten")


def test_three_thousand_lines_take_seconds() -> None:
    lines = "\n".join(
        f"message {n}: I was not sure about this place but the food was good" for n in range(3000)
    )
    begun = time.monotonic()
    result = run(app, ["classify", "--json"], input=lines)
    assert len(result.stdout.splitlines()) == 3000
    assert time.monotonic() - begun < 10


def test_an_unknown_model_is_answered_with_the_names_there_are() -> None:
    result = run(app, ["classify", "--model", "sentimant", "x"])
    assert (result.exit_code, result.stdout) == (2, "")
    assert result.stderr == "There is no model 'sentimant'. The nearest: sentiment.\n"


def test_a_trained_model_classifies_and_is_evaluated(labelled: Path) -> None:
    trained = run(app, ["train", str(labelled), "--name", "mine", "--epochs", "8", "--json"])
    assert trained.exit_code == 0
    report = json.loads(trained.stdout)
    assert (report["name"], report["version"], report["n_held_out"], report["epochs"]) == ("mine", "v1", 4, 8)
    assert report["labels"] == ["food", "traffic"]
    assert 0 <= report["accuracy"] <= 1
    answer = json.loads(run(app, ["classify", "--model", "mine", "--json", "the train is late"]).stdout)
    assert answer["label"] == "traffic"
    measured = json.loads(run(app, ["evaluate", str(labelled), "--model", "mine", "--json"]).stdout)
    assert measured["samples"] == 20
    assert measured["accuracy"] >= 0.9
    assert "accuracy" in run(app, ["evaluate", str(labelled), "--model", "mine"]).stdout


def test_sentiment_is_evaluated_without_neutral_where_the_file_has_none(tmp_path: Path) -> None:
    (tmp_path / "two.tsv").write_text("positive\tI love it\nnegative\tawful, I hate it\n")
    measured = json.loads(run(app, ["evaluate", str(tmp_path / "two.tsv"), "--json"]).stdout)
    assert (measured["accuracy"], measured["left_out"]) == (1.0, ["neutral"])


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (None, "cannot be read"),
        ("label,text\n", "no label with a text"),
        ("a,one\nb\n", "(row 2"),
        ("a,one\na,two\n", "two labels"),
        ("a,one\nb,two\n", "needs 8 samples"),
    ],
)
def test_what_cannot_be_trained_on_is_said_in_a_sentence(
    tmp_path: Path, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / "rows.csv").write_text(content)
    result = run(app, ["train", str(tmp_path / "rows.csv"), "--name", "mine"])
    assert result.exit_code == 2
    assert said in result.stderr
    assert "0/?" not in result.stderr + result.stdout
    assert "Traceback" not in result.stderr


@pytest.mark.parametrize("name", ["sentiment", "../up", "", "x" * 25])
def test_a_name_that_cannot_be_is_refused(labelled: Path, name: str) -> None:
    result = run(app, ["train", str(labelled), "--name", name])
    assert result.exit_code == 2
    assert "name" in result.stderr


def test_a_label_that_the_model_does_not_know_is_named(labelled: Path) -> None:
    result = run(app, ["evaluate", str(labelled)])
    assert result.exit_code == 2
    assert "'food'" in result.stderr


def test_classifying_loads_no_trainer() -> None:
    code = "import sys, bot.cli.classifier as c; c.classify(['x'], 'sentiment', False); print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=60, check=True
    )
    names = {name.split(".")[0] for name in loaded.stdout.split()}
    assert not names & {"tensorflow", "keras", "sklearn", "torch", "scipy", "onnx"}


def test_a_store_that_cannot_be_used_is_a_sentence(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "a file").write_text("")
    monkeypatch.setenv("TONEFIT_MODEL_STORE", str(tmp_path / "a file"))
    for command in (["classify", "--model", "mine", "good"], ["evaluate", "x.csv", "--model", "mine"]):
        said = run(app, command)
        assert said.exit_code == 1
        assert "model store" in said.stderr
        assert said.exception is None or isinstance(said.exception, SystemExit)


def test_more_texts_than_one_part_holds_come_out_in_their_order() -> None:
    texts = [f"good {number}" if number % 3 else "bad" for number in range(9_001)]
    said = run(app, ["classify", "--json"], input="\n".join(texts) + "\n")
    labels = [json.loads(line)["probabilities"]["negative"] for line in said.stdout.splitlines()]
    assert len(labels) == 9_001
    assert labels[0] == labels[9_000] == labels[3]
    assert labels[0] > labels[1]
