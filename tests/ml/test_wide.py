"""The wide half of the shipped model: what pairs tell, whose columns change, and its nodes in the graph."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from ml.pairs import pairs
from ml.samples import Sample

# TensorFlow takes 10 s to import, and a minute on a busy machine: each test imports what is built on it.
pytestmark = pytest.mark.timeout(300)
VOCABULARY = 300


def weights_of_both(domains: int, columns: int) -> tuple[Any, dict[str, np.ndarray]]:
    """Return a small network with domains, and a wide half that learned something by chance."""
    from ml.classifier import Architecture, build
    from ml.wide_graph import PAIRS

    model = build(
        Architecture("small", 12, 10, "rich", 0.5, 0.3, domains=domains),
        vocabulary=VOCABULARY,
        num_labels=3,
        seed=3,
    )
    rng = np.random.default_rng(2)
    for name in ("output", "domain", "added"):
        kernel = model.get_layer(name).kernel
        kernel.assign(rng.normal(0, 2, kernel.shape))
    wide = {
        "wide_table": rng.normal(0, 0.3, (VOCABULARY + PAIRS, columns * 3)).astype(np.float32),
        "wide_bias": rng.normal(0, 1, (domains, 3)).astype(np.float32),
        "wide_columns": np.array([[1, 0], [0, 1], [0, 0]], np.float32),
        "wide_counted": np.array([0.4, 0.7, 0.3], np.float32),
    }
    return model, wide


def by_the_formulas(
    model: Any, wide: dict[str, np.ndarray], texts: list[list[int]], temperature: float
) -> Any:
    """Return the probabilities text by text."""
    from ml.wide_graph import PAIRS, SPREAD

    found = []
    for ids in texts:
        logits, domain_logits = (np.asarray(held)[0] for held in model(np.array([ids], np.int32)))
        shares = np.exp(domain_logits) / np.exp(domain_logits).sum()
        rows = np.concatenate([ids, pairs(np.array(ids), VOCABULARY, PAIRS)]).astype(int)
        summed = SPREAD * wide["wide_table"][rows].sum(axis=0) / np.sqrt(len(rows))
        counted = shares * wide["wide_counted"]
        said = (counted @ wide["wide_columns"]) @ summed.reshape(-1, 3) + counted @ wide["wide_bias"]
        logits = (logits + said) / temperature
        found.append(np.exp(logits) / np.exp(logits).sum())
    return np.array(found)


def served(path: Path, texts: list[list[int]]) -> np.ndarray:
    import onnx

    from ml.inference import run

    return run(onnx.load(path), texts)


def test_the_graph_says_what_the_formulas_say_alone_and_in_a_batch(tmp_path: Path) -> None:
    from ml.classifier import read_weights
    from ml.export import export

    model, wide = weights_of_both(domains=3, columns=2)
    rng = np.random.default_rng(0)
    texts = [rng.integers(1, VOCABULARY, length).tolist() for length in (1, 2, 7, 20)]
    expected = by_the_formulas(model, wide, texts, temperature=1.5)
    for name, int8, error in (("exact", False, 1e-5), ("int8", True, 0.05)):
        path = tmp_path / f"{name}.onnx"
        export(read_weights(model) | wide, "rich", path, temperature=1.5, int8=int8)
        together = served(path, texts)
        np.testing.assert_allclose(together, expected, atol=error)
        alone = np.concatenate([served(path, [text]) for text in texts])
        np.testing.assert_allclose(together, alone, rtol=0, atol=1e-6)


def test_pairs_tell_what_no_piece_tells_alone() -> None:
    """Four texts of the same four pieces, as "not good", "not bad", "so good", "so bad"."""
    from ml.sources import SOURCES, mix
    from ml.wide import WideRecipe, train_wide

    not_, so, good, bad = 5, 6, 7, 8
    meant = {(so, good): "positive", (not_, bad): "positive", (not_, good): "negative", (so, bad): "negative"}
    texts = list(meant) * 40
    source = next(source for source in SOURCES if source.name == "goemotions3")
    mixture = mix([[Sample("", meant[text]) for text in texts]], [source])
    wide = train_wide(texts, mixture, VOCABULARY, WideRecipe(passes=20, rate=0.03, batch=16), seed=0)
    table = said_of(wide, mixture.domains[0])
    for (first, second), label in meant.items():
        pair = pairs(np.array([first, second]), VOCABULARY, len(table) - VOCABULARY)[0]
        logits = table[[first, second, pair]].sum(axis=0)
        assert logits.argmax() == ("negative", "neutral", "positive").index(label)


def said_of(wide: dict[str, np.ndarray], domain: int) -> np.ndarray:
    """Return the columns of the table that a domain reads, (rows, labels)."""
    (column,) = np.flatnonzero(wide["wide_columns"][domain])
    table = wide["wide_table"]
    return table.reshape(len(table), -1, 3)[:, column]


def test_a_row_changes_only_what_its_own_domain_reads() -> None:
    from ml.sources import SOURCES, mix
    from ml.wide import WideRecipe, train_wide

    tweets, films, umsab = (
        next(source for source in SOURCES if source.name == name)
        for name in ("tweeteval_sentiment", "sst2", "umsab_en")
    )
    rows = [[Sample("", "positive")] * 8, [Sample("", "negative")] * 8, [Sample("", "negative")] * 8]
    mixture = mix(rows, [tweets, films, umsab])
    wide = train_wide([[9, 4]] * 24, mixture, VOCABULARY, WideRecipe(passes=5, batch=4), seed=0)
    of_tweets, of_films = said_of(wide, mixture.domains[0])[9], said_of(wide, mixture.domains[8])[9]
    assert of_tweets.argmax() == 2
    assert of_films[0] > 0 > of_films[2]
    assert of_films[1] == 0, "a set without neutral says nothing about it"
    assert not wide["wide_columns"][mixture.domains[16]].any(), "UMSAB has too few rows a language"
    assert not wide["wide_bias"][mixture.domains[16]].any()


def test_domains_that_share_a_language_read_other_columns_unless_they_are_joined() -> None:
    from ml.sources import DOMAINS, SOURCES
    from ml.wide import COLUMNS, JOINED, columns

    rng = np.random.default_rng(0)
    for rows in rng.integers(0, 90_000, (50, len(DOMAINS))):
        read = columns(rows)
        assert read.shape == (len(DOMAINS), COLUMNS)
        for domain, other in JOINED.items():
            np.testing.assert_array_equal(read[DOMAINS.index(domain)], read[DOMAINS.index(other)])
        for number, domain in enumerate(DOMAINS):
            (takes_part,) = {source.wide for source in SOURCES if source.domain == domain}
            assert read[number].sum() == takes_part
            for other in range(number):
                languages = [{s.language for s in SOURCES if s.domain == DOMAINS[n]} for n in (number, other)]
                apart = JOINED.get(domain) != DOMAINS[other] and JOINED.get(DOMAINS[other]) != domain
                if languages[0] & languages[1] and apart:
                    assert not (read[number] * read[other]).any(), (domain, DOMAINS[other])


def test_the_sets_of_a_domain_agree_about_the_wide_half() -> None:
    from ml.sources import DOMAINS, SOURCES

    for domain in DOMAINS:
        assert len({(source.wide, source.counted) for source in SOURCES if source.domain == domain}) == 1


def test_a_column_that_serves_few_rows_gets_the_next_domain() -> None:
    from ml.sources import DOMAINS
    from ml.wide import columns

    rows = np.ones(len(DOMAINS), int)
    rows[[DOMAINS.index("nsmc3_ko"), DOMAINS.index("tweeteval_sentiment")]] = 90_000, 50_000
    read = columns(rows)
    korean, thai = read[DOMAINS.index("nsmc3_ko")], read[DOMAINS.index("wisesight_th")]
    assert not (korean * read[DOMAINS.index("tweeteval_sentiment")]).any()
    assert not (korean * thai).any()
