from pathlib import Path

import pytest

from ml.predictor import SHIPPED
from ml.text import normalise
from ml.tokenizer import MAXLEN, PAD, SPECIAL, UNKNOWN, Pieces


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
def test_pieces_spell_the_text_again_but_for_its_blanks(pieces: Pieces, text: str) -> None:
    assert "".join(pieces.spell(pieces.encode([text])[0])) == normalise(text).replace(" ", "")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("notable", ["not", "able"]),
        ("able", ["able"]),
        ("not able", ["not", "able"]),
        ("able12not!!!", ["able", "1", "2", "not", "!!", "!"]),
        ("今天很好able", ["今天", "很", "好", "able"]),
        ("ω", ["ω"]),
    ],
)
def test_the_longest_piece_from_the_left_is_taken(text: str, expected: list[str]) -> None:
    pieces = Pieces(["not", "n", "able", " able", " abl", "今天", "很", "好", "今", "1", "2", "!!", "!"])
    assert pieces.spell(pieces.encode([text])[0]) == expected


def test_a_piece_within_a_word_is_another_than_at_its_beginning() -> None:
    pieces = Pieces(["not", "able", " able"])
    assert pieces.encode(["not able"]) != pieces.encode(["notable"])


def test_a_saved_vocabulary_cuts_as_before(tmp_path: Path) -> None:
    pieces = Pieces(["good", "bad", "morning", " ing", "night", "n", ","])
    pieces.save(tmp_path / "tokenizer.json")
    texts = ["good bad", "Morning, nighting", "ω"]
    assert Pieces.load(tmp_path / "tokenizer.json").encode(texts) == pieces.encode(texts)


def test_a_vocabulary_of_byte_pairs_made_before_is_still_read(tmp_path: Path) -> None:
    from tokenizers import Tokenizer, models, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace()
    trainer = trainers.BpeTrainer(vocab_size=300, special_tokens=SPECIAL, show_progress=False)
    tokenizer.train_from_iterator(["good morning", "good night"] * 3, trainer)
    tokenizer.save(str(tmp_path / "tokenizer.json"))
    pieces = Pieces.load(tmp_path / "tokenizer.json")
    assert len(pieces) == tokenizer.get_vocab_size()
    assert pieces.encode(["Good  night", "ω"]) == [tokenizer.encode(text).ids for text in ("good night", "ω")]


@pytest.mark.parametrize("text", ["", " ", "\x00", "\ud800", "\u200d"])
def test_a_text_without_any_sign_is_one_unknown_piece(pieces: Pieces, text: str) -> None:
    assert pieces.encode([text]) == [[UNKNOWN]]


def test_a_special_piece_that_somebody_types_is_text(pieces: Pieces) -> None:
    ids = pieces.encode(["<pad><unk><0x41>"])[0]
    assert PAD not in ids
    assert "".join(pieces.spell(ids)) == "<pad><unk><0x41>"


def test_a_long_text_keeps_its_ends(pieces: Pieces) -> None:
    ids = pieces.encode(["wonderful " * 1000])[0]
    assert len(ids) == MAXLEN


def test_common_words_are_one_piece_each(pieces: Pieces) -> None:
    assert len(pieces.encode(["this is a good day"])[0]) == 5
