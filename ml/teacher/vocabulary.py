"""The pieces: `python -m ml.teacher.vocabulary DATA_DIR`, learned over all sets, and common words besides."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path
from typing import Annotated

import typer
import wordfreq
from tokenizers import Tokenizer, models, pre_tokenizers, trainers

from ml.sources import SOURCES, read_sets
from ml.text import normalise
from ml.tokenizer import INNER, RUN, SPECIAL, Pieces

HERE = Path(__file__).parent
SIZE = 40_000
PLAIN, SPACED = 9500, 14_000  # of signs and of scripts without blanks; of the other scripts
TEXTS = 40_000  # of a set
SMALL = 4  # times that a row of UMSAB counts
COMMON = dict.fromkeys(("ar", "de", "es", "fr", "hi", "it", "pt"), 4000) | {"en": 6000, "id": 2000}
RANKED = 20_000  # what the rank of a common word is worth: rank k counts as RANKED / (k + 20) rows
LONGEST, LONGEST_WORD, ALPHABET, CAPPED = 16, 18, 6000, 2000
# Scripts that the data lacks and that chats will teach: their signs, at the least.
SCRIPTS = (
    (0x61, 0x7A),  # Latin
    (0xDF, 0x17E),
    (0x3AC, 0x3CE),  # Greek
    (0x430, 0x45F),  # Cyrillic
    (0x5D0, 0x5EA),  # Hebrew
    (0x621, 0x64A),  # Arabic
    (0x905, 0x939),  # Devanagari
)
KANA = (0x3041, 0x30FC)


def runs(text: str) -> list[tuple[str, bool]]:
    """Return the runs of a text, and of each whether it is one of letters with blanks around words."""
    return [(run[0], run[1] is not None) for word in normalise(text).split(" ") for run in RUN.finditer(word)]


def learn(counts: Counter[str], size: int, prefix: str = "") -> list[str]:
    """Return byte-pair pieces of runs (Sennrich et al. 2016), `prefix` before those that go on."""
    tokenizer = Tokenizer(models.BPE(continuing_subword_prefix=prefix or None))
    tokenizer.pre_tokenizer = pre_tokenizers.WhitespaceSplit()
    trainer = trainers.BpeTrainer(
        vocab_size=size,
        limit_alphabet=ALPHABET,
        max_token_length=LONGEST,
        min_frequency=3,
        show_progress=False,
        continuing_subword_prefix=prefix or None,
    )
    tokenizer.train_from_iterator((run for run, n in counts.items() for _ in range(min(n, CAPPED))), trainer)
    by_number = sorted(tokenizer.get_vocab().items(), key=lambda item: int(item[1]))
    return [piece for piece, _ in by_number]


def count_runs(data: Path, seed: int) -> tuple[Counter[str], Counter[str]]:
    """Return how often runs of letters come in the train splits, and how often all others."""
    train, _ = read_sets(data)
    spaced: Counter[str] = Counter()
    plain: Counter[str] = Counter()
    for held, source in zip(train, SOURCES, strict=True):
        texts = sorted({sample.text for sample in held})
        random.Random(seed).shuffle(texts)
        for text in texts[:TEXTS]:
            for run, letters in runs(text):
                (spaced if letters else plain)[run] += SMALL if source.name.startswith("umsab") else 1
    return spaced, plain


def main(data: Annotated[Path, typer.Argument(help="Folder of the sets.")], seed: int = 0) -> None:
    """Write `tokenizer.json`."""
    spaced, plain = count_runs(data, seed)
    pieces = dict.fromkeys(learn(plain, PLAIN))
    for piece in learn(spaced, SPACED, "##"):
        pieces[INNER + piece[2:] if piece.startswith("##") else piece] = None
    for first, last in SCRIPTS:
        for sign in map(chr, range(first, last + 1)):
            if sign.isalpha() and sign == sign.lower():
                pieces |= {sign: None, INNER + sign: None}
    pieces |= dict.fromkeys(map(chr, range(KANA[0], KANA[1] + 1)))
    worth = Counter({word: float(n) for word, n in spaced.items() if len(word) <= LONGEST_WORD})
    for language, most in COMMON.items():
        for rank, word in enumerate(wordfreq.top_n_list(language, most, wordlist="best")):
            for run, letters in runs(word):
                if letters:
                    worth[run] += RANKED / (rank + 20)
    for word, _ in worth.most_common():
        if len(pieces) == SIZE - len(SPECIAL):
            break
        pieces[word] = None
    Pieces(pieces).save(HERE / "tokenizer.json")


if __name__ == "__main__":
    typer.run(main)
