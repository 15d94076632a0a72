"""The shipped model as it is served: any text gets an answer, and plain ones the right one."""

import gzip
import json
import math
import time
from pathlib import Path

import numpy as np
import pytest

from ml.predictor import SHIPPED, Model

DATA = Path(__file__).parents[3] / "shared" / "data"
MODEL = Model.load(SHIPPED)
HARD = {
    "empty": "",
    "blank": " \n\t",
    "NUL": "a\x00b",
    "lone surrogate": "well \ud83d done",
    "right to left": "\u202bهذا رائع\u202c",
    "one word": "ok",
    "one letter": "k",
    "only emoji": "😂😂😂😂",
    "only a link": "https://example.org/" + "x" * 2000,
    "elongated": "n" + "o" * 4990,
    "5,000 characters": "this is fine " * 385,
    "5,000 characters without a blank": "这" * 5000,
    "mixed": "今天 was กรุงเทพ отлично 너무 좋아 ❤️",
    "an unknown script": "ᛒᚱᚨ ௵ 𒀀",
    "all planes": "".join(chr(code) for code in range(0, 0x110000, 1021)),
}
# Sentences of our own, in the manner of CheckList's minimum functionality tests (Ribeiro et al. 2020).
PLAIN = [
    ("I love this phone, it works perfectly", "positive"),
    ("Best holiday we ever had!", "positive"),
    ("Thank you so much, you made my day 😊", "positive"),
    ("sooooo happy right now!!!", "positive"),
    ("This was a complete waste of money", "negative"),
    ("I hate waiting on hold for an hour", "negative"),
    ("The food was cold and the staff were rude", "negative"),
    ("I am so disappointed and angry 😡", "negative"),
    ("The meeting starts at ten on Tuesday", "neutral"),
    ("The train to Hamburg leaves from platform 4", "neutral"),
    ("这家店的菜非常好吃，服务也很好", "positive"),
    ("质量很好，物流很快，非常满意", "positive"),
    ("太难吃了，再也不会来了", "negative"),
    ("质量太差了，用了两天就坏了", "negative"),
    ("정말 재미있는 영화였어요 최고", "positive"),
    ("최악의 영화 시간 낭비", "negative"),
    ("อร่อยมาก ชอบมาก", "positive"),
    ("makanannya enak sekali dan pelayanannya ramah", "positive"),
    ("pelayanannya buruk dan makanannya tidak enak", "negative"),
]
SHARE = 0.8  # of the sentences that must be right


@pytest.mark.parametrize("text", HARD.values(), ids=HARD)
def test_any_text_gets_a_distribution(text: str) -> None:
    prediction = MODEL.classify([text])[0]
    assert set(prediction.probabilities) == {"negative", "neutral", "positive"}
    assert math.isclose(sum(prediction.probabilities.values()), 1, abs_tol=1e-9)
    assert all(0 <= p <= 1 for p in prediction.probabilities.values())
    assert prediction.probability == max(prediction.probabilities.values())
    assert prediction.sure == (prediction.probability >= MODEL.threshold)


def test_a_text_alone_and_in_any_batch_gets_the_same() -> None:
    texts = [*HARD.values(), *(text for text, _ in PLAIN)]
    alone = np.concatenate([MODEL.probabilities([text]) for text in texts])
    for found in (MODEL.probabilities(texts), MODEL.probabilities(texts[::-1])[::-1]):
        np.testing.assert_allclose(found, alone, rtol=0, atol=1e-6)  # products of matrices, summed otherwise
        np.testing.assert_array_equal(found.argmax(axis=1), alone.argmax(axis=1))


def test_plain_sentences_get_their_tone() -> None:
    wrong = [
        (text, prediction.label)
        for (text, label), prediction in zip(PLAIN, MODEL.classify([text for text, _ in PLAIN]), strict=True)
        if prediction.label != label
    ]
    assert 1 - len(wrong) / len(PLAIN) >= SHARE, wrong


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("I love it", "I LOVE IT"),
        ("I love it", "Ｉ love it"),
        ("soooooooo good", "soooooooooooo good"),
        ("@maria this is great", "@bob this is great"),
        ("so cool http://a.example", "so cool https://b.example/x?y=z"),
        ("well done 👍🏽", "well done 👍🏿"),
    ],
)
def test_what_does_not_change_the_tone_does_not_change_the_answer(one: str, other: str) -> None:
    first, second = MODEL.classify([one, other])
    assert first.probabilities == second.probabilities


def test_the_model_is_small_and_its_card_has_its_figures() -> None:
    assert sum((SHIPPED / name).stat().st_size for name in ("model.onnx", "tokenizer.json")) <= 10e6
    manifest = json.loads((SHIPPED / "manifest.json").read_text("utf-8"))
    card = (SHIPPED / "card.md").read_text("utf-8")
    for name, measured in manifest["sets"].items():
        assert f"| {name} | {measured['samples']:,} |" in card
        assert f"{100 * measured['macro_f1']:.1f}" in card
    assert manifest["metrics"]["calibration_error"] <= 0.05


def test_one_message_takes_well_under_a_millisecond_or_two() -> None:
    MODEL.classify(["warm"])
    times = []
    for _ in range(50):
        begun = time.perf_counter()
        MODEL.classify(["I was not sure about this place, but the food was good and we will come back"])
        times.append(time.perf_counter() - begun)
    assert np.median(times) < 5e-3  # seconds; 0.3 ms on a machine that does nothing else


@pytest.mark.skipif(not DATA.is_dir(), reason="needs the labelled sets in ../shared/data")
@pytest.mark.parametrize(
    ("name", "measure", "floor"),
    [
        ("tweeteval_sentiment", "macro_recall", 0.66),
        ("goemotions3", "macro_f1", 0.68),
        ("smp2020", "macro_f1", 0.765),
        ("waimai10k", "accuracy", 0.89),
        ("umsab_es", "macro_f1", 0.52),
    ],
)
def test_the_dev_splits_are_answered_as_well_as_promised(name: str, measure: str, floor: float) -> None:
    from ml.card import measure as judged
    from ml.samples import Sample
    from ml.sources import SOURCES

    lines = gzip.decompress((DATA / name / "dev.tsv.gz").read_bytes()).decode().removesuffix("\n").split("\n")
    samples = [Sample(text, label) for label, text in (line.split("\t", 1) for line in lines)]
    source = next(source for source in SOURCES if source.name == name)
    metrics = judged(samples, MODEL.probabilities([sample.text for sample in samples]), source)
    assert getattr(metrics, measure) >= floor
