"""A second teacher of the shipped model: what n-grams say of texts that they did not learn from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_union

from ml.samples import Sample
from ml.sources import LABELS
from ml.text import normalise

FOLDS = 4
FEWEST = 3_000  # rows of a set: of fewer the n-grams learn too little to teach
MOST_FEATURES = 200_000  # n-grams of a kind
WORDS = r"\w+|[^\w\s]+"  # signs too: "!!!" and ":)" tell much
WITHOUT_SPACES = {"zh", "th"}


def out_of_fold(samples: Sequence[Sample], language: str, seed: int) -> np.ndarray | None:
    """Return the probabilities (n, labels) of a set's rows, each from a model that learned from the others.

    A linear model over n-grams errs elsewhere than a network that reads in order, and to be told both is
    worth more than either. None of a set with too few rows, or with one label.
    """
    texts = [normalise(sample.text) for sample in samples]
    labels = np.array([LABELS.index(sample.label) for sample in samples])
    known = np.unique(labels)
    if len(known) < 2 or len(texts) < FEWEST:
        return None
    said = np.zeros((len(texts), len(LABELS)), np.float32)
    said[:, known] = cross_val_predict(
        LogisticRegression(C=4, max_iter=200),
        _features(language).fit_transform(texts),  # no label is looked at here
        labels,
        cv=StratifiedKFold(FOLDS, shuffle=True, random_state=seed),
        method="predict_proba",
        n_jobs=2,
    )
    return said


def _features(language: str) -> Any:
    if language in WITHOUT_SPACES:
        return TfidfVectorizer(
            analyzer="char", ngram_range=(1, 4), sublinear_tf=True, min_df=2, max_features=MOST_FEATURES
        )
    words = TfidfVectorizer(
        token_pattern=WORDS, ngram_range=(1, 2), sublinear_tf=True, min_df=2, max_features=MOST_FEATURES
    )
    letters = TfidfVectorizer(
        analyzer="char_wb", ngram_range=(2, 5), sublinear_tf=True, min_df=3, max_features=MOST_FEATURES
    )
    return make_union(words, letters)
