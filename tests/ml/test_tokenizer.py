from pathlib import Path

import pytest

from ml.predictor import SHIPPED
from ml.text import normalise
from ml.tokenizer import MAXLEN, PAD, UNKNOWN, Pieces


@pytest.fixture(scope="module")
def pieces() -> Pieces:
    return Pieces.load(SHIPPED / "tokenizer.json")


@pytest.mark.parametrize(
    "text",
    [
        "i can't believe it, this is so good!!!",
        "这家店的菜太好吃了,下次还来",
        "너무 재미있어요 ㅋㅋㅋ",
        "อาหารอร่อยมาก",
        "مرحبا بكم",
        "что-то пошло не так",
        "😂😍 #monday :)",
        "rare signs: ௵ ᛒ",
    ],
)
def test_pieces_spell_the_text_again(pieces: Pieces, text: str) -> None:
    assert pieces.decode(pieces.encode([text])[0]) == normalise(text).replace("ʼ", "'")


def test_a_saved_vocabulary_cuts_as_before(tmp_path: Path) -> None:
    learned = Pieces.learn(["good morning", "good night", "bad night"] * 3, size=400)
    learned.save(tmp_path / "tokenizer.json")
    texts = ["good bad", "Morning, night", "ω"]
    assert Pieces.load(tmp_path / "tokenizer.json").encode(texts) == learned.encode(texts)


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "\u200d"])
def test_a_text_without_any_sign_is_one_unknown_piece(pieces: Pieces, text: str) -> None:
    assert pieces.encode([text]) == [[UNKNOWN]]


def test_a_special_piece_that_somebody_types_is_text(pieces: Pieces) -> None:
    ids = pieces.encode(["<pad><unk><0x41>"])[0]
    assert PAD not in ids
    assert pieces.decode(ids) == "<pad><unk><0x41>"


def test_a_long_text_keeps_its_ends(pieces: Pieces) -> None:
    ids = pieces.encode(["wonderful " * 1000])[0]
    assert len(ids) == MAXLEN


def test_common_words_are_one_piece_each(pieces: Pieces) -> None:
    assert len(pieces.encode(["this is a good day"])[0]) == 5
