"""The linear head: what it learned is what its graph says, whatever else is in a batch."""

import numpy as np
import pytest

from ml import linear_head
from ml.inference import run
from ml.pairs import pairs
from ml.predictor import SHIPPED
from ml.tokenizer import Pieces

JUNK = ("win a free cruise now", "claim your cash prize now", "cheap pills online", "you won a free phone")
FINE = ("see you at six", "lunch at noon then", "call me after work", "the meeting is moved to monday")


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces.load(SHIPPED / "tokenizer.json")


@pytest.fixture(scope="module")
def head(pieces: Pieces) -> linear_head.LinearHead:
    return linear_head.fit(pieces.encode([*JUNK, *FINE]), np.repeat([1, 0], 4), len(pieces))


def expected(head: linear_head.LinearHead, tokens: list[list[int]], vocabulary: int) -> np.ndarray:
    """Return the probabilities by the formulas, text by text."""
    found = []
    for ids, deep in zip(tokens, linear_head.deep_features(tokens), strict=True):
        columns = np.concatenate([ids, pairs(np.array(ids), vocabulary, linear_head.PAIRS)]).astype(int)
        length = 0.0
        for column in set(columns.tolist()):
            length += np.sum(columns == column) * head.rarity[column] ** 2
        shallow = (head.rarity[columns, None] * head.pieces[columns]).sum(axis=0) / np.sqrt(length)
        logits = shallow + deep @ head.deep + head.bias
        found.append(np.exp(logits) / np.exp(logits).sum())
    return np.array(found)


def test_the_graph_says_what_was_learned(head: linear_head.LinearHead, pieces: Pieces) -> None:
    tokens = pieces.encode([*JUNK, *FINE, "好", "a text of other words", "win win win now"])
    said = run(linear_head.export(head), tokens)
    np.testing.assert_allclose(said, expected(head, tokens, len(pieces)), atol=1e-5)
    assert said[:8].argmax(axis=1).tolist() == [1] * 4 + [0] * 4


def test_the_rest_of_a_batch_changes_nothing(head: linear_head.LinearHead, pieces: Pieces) -> None:
    model = linear_head.export(head)
    tokens = pieces.encode([*JUNK, "好", "", "x " * 300])
    together = run(model, tokens)
    alone = np.concatenate([run(model, [ids]) for ids in tokens])
    np.testing.assert_allclose(together, alone, atol=1e-6)


def test_new_texts_of_the_same_kind_are_told_apart(head: linear_head.LinearHead, pieces: Pieces) -> None:
    said = run(linear_head.export(head), pieces.encode(["free prize, claim it now", "lunch on monday"]))
    assert said.argmax(axis=1).tolist() == [1, 0]


def test_three_labels_have_a_column_each(pieces: Pieces) -> None:
    tokens = pieces.encode([*JUNK, *FINE])
    truth = np.array([0, 1, 0, 1, 2, 2, 2, 2])
    said = run(linear_head.export(linear_head.fit(tokens, truth, len(pieces), balance=True)), tokens)
    assert said.shape == (8, 3)
    assert said.argmax(axis=1).tolist() == truth.tolist()


def test_the_shipped_body_ends_where_its_output_layer_began() -> None:
    model, name = linear_head.shipped_body()
    assert not model.graph.output
    assert name in {output for node in model.graph.node for output in node.output}
