"""How a text becomes numbers: byte-pair pieces learned over all languages, in one JSON file."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

# A fork of the worker must not meet the threads of `tokenizers`, and one text needs none.
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers

from ml.text import normalise

PAD, UNKNOWN = 0, 1
BYTES = [f"<0x{byte:02X}>" for byte in range(256)]  # what a sign outside the alphabet is spelled with
SPECIAL = ["<pad>", "<unk>", *BYTES]
MAXLEN = 192  # pieces of a text that the network reads
ALPHABET = 7000  # signs: Chinese characters, Korean syllables and emoji that are worth a piece of their own
KEPT_WORDS, SHORT_WORD = 20_000, 20  # words whose pieces are kept, about 5 MB, and characters of the longest
# Scripts that the shipped data lacks and that chats will teach: Greek, Cyrillic, Hebrew, kana.
MORE_SIGNS = "".join(
    chr(code)
    for first, last in ((0x3AC, 0x3CE), (0x430, 0x45F), (0x5D0, 0x5EA), (0x3041, 0x30FC))
    for code in range(first, last + 1)
)


class Pieces:
    """A vocabulary of byte-pair pieces and the way to cut texts into them.

    >>> pieces = Pieces.learn(["good good", "bad bad"], size=40)
    >>> pieces.decode(pieces.encode(["Bad  GOOD"])[0])
    'bad good'
    """

    def __init__(self, tokenizer: Tokenizer) -> None:
        self._tokenizer = tokenizer
        tokenizer.encode_special_tokens = True  # somebody's "<pad>" is text, too
        self._words: dict[str, list[int]] = {}

    @classmethod
    def learn(cls, texts: Iterable[str], size: int = 20_000) -> Pieces:
        """Learn `size` pieces from texts, the most frequent pairs first (Sennrich et al. 2016)."""
        tokenizer = Tokenizer(models.BPE(unk_token=SPECIAL[UNKNOWN], byte_fallback=True))
        tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
            [
                pre_tokenizers.Metaspace(),
                pre_tokenizers.Punctuation("contiguous"),
                pre_tokenizers.Digits(individual_digits=False),
            ]
        )
        tokenizer.decoder = decoders.Sequence([decoders.ByteFallback(), decoders.Metaspace()])
        trainer = trainers.BpeTrainer(
            vocab_size=size,
            special_tokens=SPECIAL,
            limit_alphabet=ALPHABET,
            initial_alphabet=list(MORE_SIGNS),
            max_token_length=16,
            min_frequency=2,
            show_progress=False,
        )
        tokenizer.train_from_iterator(map(normalise, texts), trainer)
        return cls(tokenizer)

    @classmethod
    def load(cls, path: Path) -> Pieces:
        """Read a vocabulary that `save` wrote."""
        return cls(Tokenizer.from_file(str(path)))

    def save(self, path: Path) -> None:
        """Write the vocabulary as one JSON file."""
        self._tokenizer.save(str(path), pretty=False)

    def __len__(self) -> int:
        return int(self._tokenizer.get_vocab_size())

    def encode(self, texts: Sequence[str], maxlen: int = MAXLEN) -> list[list[int]]:
        """Return each text's piece numbers, 1 to `maxlen` of them: of a longer text the two ends."""
        split = [normalise(text).split(" ") for text in texts]
        known = self._words
        new = list({word for words in split for word in words if word not in known})
        fresh: dict[str, list[int]] = {}
        if new:
            encodings = self._tokenizer.encode_batch_fast(new)
            fresh = {word: encoding.ids for word, encoding in zip(new, encodings, strict=True)}
        found = []
        for words in split:
            ids: list[int] = []
            for word in words:
                ids += known[word] if word in known else fresh[word]
            found.append(shortened(ids, maxlen) or [UNKNOWN])
        self._remember(fresh)
        return found

    def _remember(self, fresh: dict[str, list[int]]) -> None:
        """Keep the pieces of short words: no piece reaches over a blank, and most words come again."""
        short = {word: ids for word, ids in fresh.items() if len(word) <= SHORT_WORD}
        if len(self._words) + len(short) > KEPT_WORDS:
            self._words = {}  # another thread may read the old one
        if len(short) <= KEPT_WORDS:
            self._words.update(short)

    def decode(self, ids: Sequence[int]) -> str:
        """Return the normalised text that some piece numbers stand for."""
        return str(self._tokenizer.decode(list(ids), skip_special_tokens=False)).replace("ʼ", "'")


def shortened(ids: list[int], maxlen: int) -> list[int]:
    """Return the first and the last half of what is too long.

    >>> shortened([1, 2, 3, 4, 5, 6], 4)
    [1, 2, 5, 6]
    """
    if len(ids) <= maxlen:
        return ids
    half = maxlen // 2
    return ids[: maxlen - half] + ids[-half:]
