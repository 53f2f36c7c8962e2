"""The corpora: their texts, their number of tokens, and the windows' token types, made before the clock starts."""

import gzip
import json
from pathlib import Path

import numpy as np
from ner_training.words import WORD, case_shape
from tokenizers import Tokenizer

WINDOW, OVERLAP = 256, 64
CORPORA = ["reuters", "bbc", "sentences", "long"]


def tokenizer_of(model):
    """The model's tokenizer, cutting windows as the program does: 256 tokens that share 64."""
    tokenizer = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
    tokenizer.no_padding()
    tokenizer.enable_truncation(WINDOW, stride=OVERLAP)
    return tokenizer


def windows_of(tokenizer, texts):
    """Token ids of every window of every text: what a peer's clock covers."""
    windows = []
    for encoding in tokenizer.encode_batch(texts):
        windows.append(encoding.ids)
        windows.extend(more.ids for more in encoding.overflowing)
    return windows


def types_of(tokenizer, texts):
    """Each window's token types: the case shape of the word that a token lies in."""
    types = []
    for text, encoding in zip(texts, tokenizer.encode_batch(texts), strict=True):
        shapes = np.zeros(len(text) + 1, dtype=np.int64)
        for match in WORD.finditer(text):
            shapes[match.start():match.end()] = case_shape(match.group())
        for window in [encoding, *encoding.overflowing]:
            starts = np.array([start for start, _ in window.offsets])
            special = np.array(window.special_tokens_mask, dtype=bool)
            types.append(np.where(special, 0, shapes[starts]))
    return types


class Corpus:
    """Texts under a name, in memory and as a file of JSON Lines."""

    def __init__(self, name, texts, model, scratch):
        self.name, self.texts, self.model, self.scratch = name, texts, model, scratch
        self.path = scratch / f"{name}.jsonl"
        with open(self.path, "w", encoding="utf-8") as out:
            for number, text in enumerate(texts):
                out.write(json.dumps({"id": str(number), "text": text}, ensure_ascii=False) + "\n")
        self.tokenizer = tokenizer_of(model)
        self.types = types_of(self.tokenizer, texts)
        counter = Tokenizer.from_file(str(Path(model) / "tokenizer.json"))
        counter.no_padding()
        counter.no_truncation()
        self.tokens = sum(len(encoding.ids) for encoding in counter.encode_batch(texts, add_special_tokens=False))

    def part(self, count):
        """Evenly spread texts."""
        return Corpus(f"{self.name}-part", self.texts[:: max(1, len(self.texts) // count)], self.model, self.scratch)


def lines_of(path):
    """JSON Lines, gzipped or not."""
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def read(name, data, documents, model, scratch):
    """reuters, bbc; sentences: one each; long: articles of some 2,000 tokens, put together from bbc's."""
    folder = data / "text"
    if name == "reuters":
        texts = [record["text"] for record in lines_of(folder / "reuters21578.jsonl.gz")]
    elif name == "sentences":
        texts = [record["text"] for record in lines_of(folder / "newsmtsc_sentences.jsonl")]
        documents *= 4
    elif name in ("bbc", "long"):
        texts = [record["text"] for record in lines_of(folder / "bbc.jsonl.gz")]
        if name == "long":
            texts = ["\n\n".join(texts[at:at + 4]) for at in range(0, len(texts), 4)]
            documents //= 4
    else:
        raise SystemExit(f"no corpus is called '{name}': expected one of {', '.join(CORPORA)}")
    step = max(1, len(texts) // max(1, documents))
    return Corpus(name, texts[::step][:documents], model, scratch)
