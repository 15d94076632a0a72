"""Who else tells a text's tone: the libraries people would use instead, each trained as its authors show.

Ours is here as one of them. A peer learns from a set's rows and returns a function from texts to labels.
"""

import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.predictor import SHIPPED, Model
from ml.samples import Sample
from ml.sources import LABELS
from ml.text import normalise

Classify = Callable[[Sequence[str]], list[str]]
UNSPACED = {"zh", "th"}  # written without blanks between words
WORDS, MAXLEN, BATCH = 1000, 100, 32  # the source article's
SEED = 0


@dataclass(frozen=True)
class Rows:
    """What a peer may know of a set: its rows, whether it lacks neutral, and how it is judged."""

    train: list[Sample]
    language: str
    binary: bool
    balanced: bool  # judged by a macro figure


@dataclass(frozen=True)
class Peer:
    """One competitor; `languages` None takes any, `package` None needs nothing that is not installed."""

    name: str
    learn: Callable[[Rows], Classify]
    package: str | None = None
    languages: frozenset[str] | None = None
    timed: int = 2000  # texts by which its speed is measured


def tonefit(rows: Rows) -> Classify:
    """Load the shipped model: one for all sets, nothing is learned here."""
    model = Model.load(SHIPPED)

    def classify(texts: Sequence[str]) -> list[str]:
        found = model.probabilities(texts)
        if rows.binary:
            found[:, LABELS.index("neutral")] = 0
        return [LABELS[column] for column in found.argmax(axis=1)]

    return classify


def vader(rows: Rows) -> Classify:
    """VADER with its authors' thresholds of ±0.05."""
    from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

    judge = SentimentIntensityAnalyzer()
    return lambda texts: [
        _side(judge.polarity_scores(text)["compound"], 0.05, -0.05, rows.binary) for text in texts
    ]


def textblob(rows: Rows) -> Classify:
    """TextBlob's polarity: what has none is neutral."""
    from textblob import TextBlob

    return lambda texts: [
        _side(TextBlob(text).sentiment.polarity, 1e-9, -1e-9, rows.binary) for text in texts
    ]


def snownlp(rows: Rows) -> Classify:
    """SnowNLP's probability of "positive", in fifths: the one in the middle is neutral."""
    from snownlp import SnowNLP

    return lambda texts: [
        _side(SnowNLP(text).sentiments - 0.5 if text.strip() else 0.0, 0.1, -0.1, rows.binary)
        for text in texts
    ]


def _side(score: float, high: float, low: float, binary: bool) -> str:
    if binary:
        return "positive" if score >= 0 else "negative"
    return "positive" if score >= high else "negative" if score <= low else "neutral"


def _spaced(text: str, language: str) -> str:
    """Return a text in one line with blanks between words, or signs where the script has no blanks."""
    words = normalise(text).split()
    return " ".join(sign for word in words for sign in word) if language in UNSPACED else " ".join(words)


def fasttext(rows: Rows) -> Classify:
    """FastText's supervised mode with pairs of words; pairs and parts of signs where there are no blanks."""
    import fasttext as library

    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "rows.txt"
        lines = (f"__label__{sample.label} {_spaced(sample.text, rows.language)}\n" for sample in rows.train)
        file.write_text("".join(lines), encoding="utf-8", errors="replace")
        model = library.train_supervised(
            str(file), epoch=5, lr=0.3, wordNgrams=3 if rows.language in UNSPACED else 2, dim=100, minCount=2,
            thread=1, seed=SEED, verbose=0,
        )  # fmt: skip

    def classify(texts: Sequence[str]) -> list[str]:
        # A list: for one text version 0.9.3 builds an array as NumPy 2 forbids.
        found, _ = model.predict([_spaced(text, rows.language) for text in texts])
        return [labels[0].removeprefix("__label__") if labels else "neutral" for labels in found]

    return classify


def logistic(rows: Rows) -> Classify:
    """TF-IDF of words and pairs, or of one to three signs where there are no blanks, below a regression."""
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline

    cut = (
        {"analyzer": "char", "ngram_range": (1, 3)}
        if rows.language in UNSPACED | {"ko"}
        else {"token_pattern": r"\w+|[^\w\s]", "ngram_range": (1, 2)}
    )
    terms = TfidfVectorizer(preprocessor=normalise, sublinear_tf=True, min_df=2, **cut)
    weigh = "balanced" if rows.balanced else None
    model = make_pipeline(terms, LogisticRegression(C=2, max_iter=200, class_weight=weigh))
    model.fit([sample.text for sample in rows.train], [sample.label for sample in rows.train])
    return lambda texts: model.predict(list(texts)).tolist()


class ArticleWords:
    """The article's `Tokenizer(num_words=1000)` and `pad_sequences`."""

    def __init__(self, texts: Sequence[str]) -> None:
        from tensorflow.keras.preprocessing.text import Tokenizer

        self._tokenizer = Tokenizer(num_words=WORDS)
        self._tokenizer.fit_on_texts(texts)

    def __call__(self, texts: Sequence[str]) -> np.ndarray:
        import keras

        return keras.utils.pad_sequences(self._tokenizer.texts_to_sequences(texts), maxlen=MAXLEN)


def article_network(num_labels: int):
    """Return the article's network, with an output for each label where it had one for two."""
    import keras
    from keras import layers

    keras.utils.set_random_seed(SEED)
    model = keras.Sequential(
        [
            layers.Embedding(WORDS, 64),
            layers.LSTM(128),
            layers.Dropout(0.5),
            layers.Dense(num_labels, activation="softmax"),
        ]
    )
    model.compile(optimizer="adam", loss="sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def article(passes: int) -> Callable[[Rows], Classify]:
    """Return the source article's code as a peer; its ten passes take hours over all sets."""

    def learn(rows: Rows) -> Classify:
        words = ArticleWords([sample.text for sample in rows.train])
        labels = sorted({sample.label for sample in rows.train})
        truth = np.array([labels.index(sample.label) for sample in rows.train])
        model = article_network(len(labels))
        model.fit(
            words([sample.text for sample in rows.train]), truth, epochs=passes, batch_size=BATCH, verbose=0
        )

        def classify(texts: Sequence[str]) -> list[str]:
            found = model.predict(words(texts), batch_size=64, verbose=0)
            return [labels[column] for column in found.argmax(axis=1)]

        return classify

    return learn


def everyone(passes: int) -> list[Peer]:
    """Return all that are compared, ours first."""
    return [
        Peer("Tonefit", tonefit),
        Peer("VADER", vader, "vaderSentiment", frozenset({"en"})),
        Peer("TextBlob", textblob, "textblob", frozenset({"en"})),
        Peer("SnowNLP", snownlp, "snownlp", frozenset({"zh"}), timed=200),
        Peer("fastText", fasttext, "fasttext"),
        Peer("TF-IDF + logistic regression", logistic),
        Peer(f"the article's LSTM, {passes} passes", article(passes)),
    ]
