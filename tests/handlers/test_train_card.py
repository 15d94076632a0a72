"""What a training shows."""

import pytest

from handlers.job_cards import job_line
from handlers.model_cards import ModelFacts, model_card
from handlers.texts import Texts
from handlers.train_card import PROBLEMS, end_card, progress_card, queued_card, result_card
from ml.job_records import Job, Progress, TrainRequest
from tests.handlers.conftest import data_of, labels_of, metrics

EN, ZH = Texts(), Texts("zh")
REQUEST = TrainRequest("7", "spam", 7, 7)
QUEUED = Job("abc234", REQUEST, "queued", 2, 41.0, 10, "queued", 0.0)


def test_the_queue_is_told_with_place_and_estimate() -> None:
    card = queued_card(QUEUED, EN, workers=1)
    assert card.text == "“spam” is in the queue at place 2. About 41 s until it is trained."
    assert data_of(card, "Cancel") == "job:cancel:abc234"


def test_the_progress_shows_bar_epoch_loss_accuracy_and_time() -> None:
    progress = Progress("abc234", "training", 3, 10, 0.41234, 0.871, 0.85, 12.4)
    assert progress_card(progress, "spam", EN).text == (
        "spam: training, epoch 3 of 10\n"
        "▓▓▓░░░░░░░ 30 %\n"
        "loss 0.412 · accuracy 87.1 % · on unseen examples 85 %\n"
        "about 12 s left"
    )


@pytest.mark.parametrize("stage", ["reading", "judging", "publishing"])
def test_other_stages_are_told_in_words(stage: str) -> None:
    card = progress_card(Progress("abc234", stage), "spam", EN)
    assert card.text.startswith("spam: ")
    assert labels_of(card) == ["Cancel"]


def test_a_training_before_its_first_epoch_has_no_bar() -> None:
    begun = Progress("abc234", "training")
    assert progress_card(begun, "spam", EN, 8.2).text == (
        "spam: getting the network ready and going through the examples for the first time\nabout 8 s left"
    )
    assert progress_card(begun, "垃圾", ZH, 0.0).text == "垃圾：正在准备网络，第一次学习这些例子"


def test_the_first_pass_foretells_nothing_so_that_the_jobs_estimate_stands() -> None:
    first = Progress("abc234", "training", epoch=1, epochs=20)
    assert progress_card(first, "spam", EN, 6.0).text.endswith("\nabout 6 s left")
    second = Progress("abc234", "training", epoch=2, epochs=20, seconds_left=4.0)
    assert progress_card(second, "spam", EN, 6.0).text.endswith("\nabout 4 s left")


def test_the_result_tells_figures_before_and_after_and_each_label() -> None:
    report = {
        "version": "v2",
        "promoted": True,
        "metrics": metrics(("junk", "fine")),
        "live": metrics(("junk", "fine"), 0.8),
    }
    assert result_card(report, "spam", EN, private=True).text == (
        "✓ “spam” v2 is live.\n"
        "On 8 examples it had not seen:\n"
        "accuracy 90 %, precision 90 %, recall 90 %, F1 90 %\n"
        "Before: accuracy 80 %, precision 80 %, recall 80 %, F1 80 %\n"
        "· junk: precision 90 %, recall 90 %, F1 90 % (n = 4)\n"
        "· fine: precision 90 %, recall 90 %, F1 90 % (n = 4)"
    )


def test_a_version_before_that_knows_some_examples_is_judged_by_the_others() -> None:
    before = metrics(("junk", "fine"), 0.8) | {"samples": 6}
    report = {"version": "v2", "promoted": True, "metrics": metrics(("junk", "fine")), "live": before}
    lines = result_card(report, "spam", EN, private=True).text.split("\n")
    assert lines[1] == "On 8 examples it had not seen:"
    assert lines[3].startswith("Before, on 6 it had not seen: accuracy 80 %")


def test_a_version_that_is_worse_is_not_called_live() -> None:
    report = {
        "version": "v2",
        "promoted": False,
        "metrics": metrics(("a", "b"), 0.5),
        "live": metrics(("a", "b")),
        "live_version": "v1",
    }
    card = result_card(report, "spam", EN, private=True)
    assert card.text.startswith("“spam” v2 is trained, and the version before stays live: it is better.")
    assert labels_of(card) == ["Use new", "Try it", "Models"]


def test_a_group_gets_the_figures_without_a_line_for_each_label() -> None:
    report = {"version": "v1", "promoted": True, "metrics": metrics(("junk", "fine")), "live": None}
    card = result_card(report, "spam", EN, private=False)
    assert "junk" not in card.text
    assert "Before" not in card.text


@pytest.mark.parametrize("problem", [*PROBLEMS, "failed", "something new", None])
def test_a_failure_is_told_in_words_with_a_way_on(problem: str | None) -> None:
    card = end_card(Progress("abc234", "failed", problem=problem), "spam", EN, private=True)
    assert card.text.startswith("“spam” was ")
    assert labels_of(card) == ["Teach", "Train again"]


def test_a_cancelled_training_can_begin_again() -> None:
    card = end_card(Progress("abc234", "cancelled"), "spam", EN, private=True)
    assert card.text == "The training of “spam” is cancelled."
    assert labels_of(card) == ["Train again"]


def test_a_line_of_jobs_holds_state_place_and_estimate() -> None:
    assert job_line(QUEUED, EN) == "· abc234 spam – waiting for a worker, place 2, about 41 s left"


@pytest.mark.parametrize(
    ("made", "says"),
    [
        (
            {"arch": "lstm", "networks_share": 0.0, "config": {"ensemble": ""}},
            "the LSTM that I came with, and a linear layer that learned from it and the words",
        ),
        (
            {"arch": "cnn", "networks_share": 0.25, "config": {"ensemble": ""}},
            "CNN for 25 %, and a linear layer on the words and the LSTM that I came with",
        ),
        (
            {"arch": "gru", "networks_share": 0.5, "config": {"ensemble": "boost5"}},
            "5 × GRU for 50 %, and a linear layer on the words and the LSTM that I came with",
        ),
        ({"arch": "article", "networks_share": 1.0, "config": {}}, "LSTM of the article"),
        ({"arch": "lstm"}, "LSTM"),  # made before the share was noted
    ],
)
def test_the_card_says_what_a_version_is_made_of(made: dict[str, object], says: str) -> None:
    report = {"version": "v1", "promoted": True, "metrics": metrics(("a", "b")), "network": made}
    assert result_card(report, "spam", EN, private=True).text.endswith(f"\nNetwork: {says}")
    assert "Network" not in result_card(report, "spam", EN, private=False).text
    facts = ModelFacts("spam", ("a", "b"), manifest={"version": "v1", **made}, size=2_000_000)
    assert f"\nNetwork: {says}. Size: 2.0 MB" in model_card(facts, EN, private=True).text
