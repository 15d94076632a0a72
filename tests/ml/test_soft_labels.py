from pathlib import Path

import numpy as np
import pytest

from ml import soft_labels

TEXTS = ["I like it", "今天很好", "ok"]
SAID = np.array([[0.0, 0.2, 0.8], [0.1, 0.2, 0.7], [0.2, 0.6, 0.2]], np.float32)


def test_what_was_said_of_a_text_is_found_by_what_the_network_reads_of_it(tmp_path: Path) -> None:
    soft_labels.save(TEXTS, SAID, tmp_path / "soft_labels.npz")
    found, there = soft_labels.look_up(
        ["ok", "never seen", "I LIKE  it", TEXTS[1]], tmp_path / "soft_labels.npz"
    )
    assert there.tolist() == [True, False, True, True]
    np.testing.assert_allclose(found[there], SAID[[2, 0, 1]], atol=0.004)


def test_no_text_stands_in_the_file(tmp_path: Path) -> None:
    soft_labels.save(TEXTS, SAID, tmp_path / "soft_labels.npz")
    with np.load(tmp_path / "soft_labels.npz") as saved:
        assert {name: saved[name].dtype for name in saved.files} == {
            "keys": np.uint64,
            "probabilities": np.uint8,
        }


def test_labels_are_mixed_with_what_was_said_and_smoothed_where_nothing_was() -> None:
    targets = np.array([[0, 0, 1], [1, 0, 0], [1, 0, 0]], np.float32)
    impossible = np.array([[0, 0, 0], [0, 1, 0], [0, 1, 0]], np.float32)
    said = (
        np.array([[0.2, 0.3, 0.5], [0.3, 0.4, 0.3], [0.2, 0.6, 0.2]], np.float32),
        np.array([True, False, True]),
    )
    found = soft_labels.soften(targets, impossible, said, share=0.5, smoothing=0.1)
    assert found[0].tolist() == pytest.approx([0.1, 0.15, 0.75])
    assert found[1].tolist() == pytest.approx([0.95, 0.0, 0.05])
    assert found[2].tolist() == pytest.approx([0.75, 0.0, 0.25])
