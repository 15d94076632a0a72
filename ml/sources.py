"""Which sets the shipped model learns from: their language, licence and part in the mixture."""

from __future__ import annotations

import gzip
import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from ml.samples import Sample
from ml.text import normalise

NO_WORD = re.compile(r"[\W_]+")
COUNTED = 0.3  # how much n-grams count unless a set says otherwise
LABELS = ("negative", "neutral", "positive")


@dataclass(frozen=True)
class Source:
    """A set of labelled texts.

    `judged` is the measure that its field reports. `balance` says how far its labels are weighed
    towards equal shares: 0 leaves them as they are, 1 makes them equal, which macro-recall rewards.
    `drawn` is how much more often its rows are drawn than those of other sets of its size, `counted` how
    much n-grams count beside its labels and the larger network, and the linear model of pieces and pairs
    (`ml.wide`) beside the network. `wide` says whether that learns from it: what too few rows a language
    teach is worse than nothing. The sets of a domain agree about these two.
    """

    name: str
    language: str
    licence: str
    origin: str
    binary: bool = False  # knows no neutral: nothing can be learned about that label from it
    judged: str = "macro_f1"
    balance: float = 0.5
    drawn: float = 1.0
    counted: float = COUNTED
    wide: bool = True

    @property
    def domain(self) -> str:
        """Return what it shares with sets that are labelled alike: UMSAB's languages, the two of SST."""
        return self.name.split("_")[0] if self.name.startswith("umsab") else self.name.rstrip("_23")


UMSAB = tuple(
    Source(f"umsab_{code}", code, "Apache-2.0", "UMSAB, XLM-T (Barbieri et al. 2022)", wide=False)
    for code in ("ar", "de", "en", "es", "fr", "hi", "it", "pt")
)
SOURCES = (
    Source(
        "tweeteval_sentiment",
        "en",
        "research use",
        "SemEval-2017 Task 4 as in TweetEval (Barbieri et al. 2020)",
        judged="macro_recall",
        balance=0.8,
    ),
    *UMSAB,
    Source(
        "goemotions3",
        "en",
        "CC BY 4.0",
        "GoEmotions (Demszky et al. 2020), 27 emotions folded into 3",
        drawn=1.3,
    ),
    Source("sst3", "en", "research use", "Stanford Sentiment Treebank (Socher et al. 2013)", drawn=1.3),
    Source(
        "sst2",
        "en",
        "research use",
        "Stanford Sentiment Treebank (Socher et al. 2013)",
        binary=True,
        judged="accuracy",
        balance=0,
        drawn=1.6,
    ),
    Source("vadergt_tweets", "en", "MIT", "VADER ground truth (Hutto & Gilbert 2014)", wide=False),
    Source("smp2020", "zh", "research use", "SMP2020-EWECT microblogs"),
    Source("cped", "zh", "Apache-2.0", "CPED dialogues (Chen et al. 2022)"),
    Source("waimai10k", "zh", "research use", "ChineseNlpCorpus, take-away reviews", True, "accuracy", 0),
    Source("online_shopping", "zh", "research use", "ChineseNlpCorpus, shop reviews", True, "accuracy", 0),
    Source("chnsenticorp", "zh", "research use", "Tan Songbo, hotel reviews", True, "accuracy", 0),
    Source("weibo7", "zh", "research use", "Lyu et al., NLPCC 2020", True, "accuracy", 0),
    Source("indonesian_3", "id", "CC BY-SA 4.0", "IndoNLU SmSA"),
    Source("nsmc3_ko", "ko", "CC0", "NSMC, film reviews"),
    Source("wisesight_th", "th", "CC0", "Wisesight", drawn=1.3, counted=0.5),  # the n-grams do better there
)
DOMAINS = tuple(dict.fromkeys(source.domain for source in SOURCES))


def read_split(folder: Path, source: Source, split: str) -> list[Sample]:
    """Read `SET/train.tsv.gz` or `SET/dev.tsv.gz`: a label, a tab and a text a line."""
    content = gzip.decompress((folder / source.name / f"{split}.tsv.gz").read_bytes()).decode("utf-8")
    rows = (line.split("\t", 1) for line in content.split("\n") if "\t" in line)
    return [Sample(text, label) for label, text in rows if label in LABELS]


def read_sets(folder: Path) -> tuple[list[list[Sample]], list[list[Sample]]]:
    """Read the train and dev rows of all sets; no text of any dev split stays in any train split.

    The sets overlap: 7 of 10 texts of tweeteval_sentiment's dev split stand in umsab_en's train split, 8 of
    10 of chnsenticorp's in online_shopping's. Learned by heart they would pass for understood.
    """
    dev = [read_split(folder, source, "dev") for source in SOURCES]
    judged = {_gist(sample.text) for held in dev for sample in held}
    train = [
        [sample for sample in read_split(folder, source, "train") if _gist(sample.text) not in judged]
        for source in SOURCES
    ]
    return train, dev


def _gist(text: str) -> str:
    """Return what makes two rows the same text, whatever their mentions, links and punctuation."""
    return NO_WORD.sub("", normalise(text).replace("@user", "").replace("http", "")) or normalise(text)


@dataclass(frozen=True)
class Mixture:
    """The training rows of all sets as arrays, and of which set each is.

    `targets` (n, 3), `impossible` (n, 3), `weights` (n,) and `domains` (n,) are as `Learner` takes them;
    `sets` (n,) says of which set a row is.
    """

    texts: list[str]
    targets: np.ndarray
    impossible: np.ndarray
    weights: np.ndarray
    domains: np.ndarray
    sets: np.ndarray


def mix(samples: Sequence[Sequence[Sample]], sources: Sequence[Source] = SOURCES) -> Mixture:
    """Join the rows of the sets; a row of a set without neutral says nothing about that label."""
    weights: list[float] = []
    for held, source in zip(samples, sources, strict=True):
        counts = Counter(sample.label for sample in held)
        raw = [(len(held) / counts[sample.label]) ** source.balance for sample in held]
        mean = sum(raw) / max(len(raw), 1)
        weights += [weight / mean for weight in raw]
    rows = [(sample, number) for number, held in enumerate(samples) for sample in held]
    impossible = np.zeros((len(rows), len(LABELS)), np.float32)
    impossible[
        [n for n, (_, number) in enumerate(rows) if sources[number].binary], LABELS.index("neutral")
    ] = 1
    return Mixture(
        texts=[sample.text for sample, _ in rows],
        targets=np.eye(len(LABELS), dtype=np.float32)[[LABELS.index(sample.label) for sample, _ in rows]],
        impossible=impossible,
        weights=np.asarray(weights, np.float32),
        domains=np.asarray([DOMAINS.index(sources[number].domain) for _, number in rows], np.int32),
        sets=np.asarray([number for _, number in rows], np.int32),
    )


def draw(
    sets: np.ndarray, size: int, rng: np.random.Generator, *, power: float = 0.6, repeats: int = 2
) -> np.ndarray:
    """Return the rows of one pass: each set has the share n^power, so that small languages are heard.

    No row comes more than `repeats` times; a large set is seen in parts, others each pass. Those that are
    drawn more often take no places from the others: the pass is longer by them.
    """
    counts = np.bincount(sets)
    shares = counts**power / np.sum(counts**power)
    for number, source in enumerate(SOURCES[: len(counts)]):
        shares[number] *= source.drawn
    wanted = np.minimum(np.round(size * shares).astype(int), repeats * counts)
    drawn = []
    for number, count in enumerate(wanted):
        rows = np.flatnonzero(sets == number)
        whole, rest = divmod(int(count), max(len(rows), 1))
        drawn += [rows] * whole + [rng.permutation(rows)[:rest]]
    return np.concatenate(drawn)
