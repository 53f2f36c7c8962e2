"""Readers of the labelled sets: CoNLL columns to documents of labelled words.

A document is a list of lines, a line a list of `Word`s. Labels are per word, in BIO2.
"""

import gzip
import json
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from . import repair
from .words import WORD

ENTITY_LABELS = ["PER", "ORG", "LOC", "MISC"]
LABELS = ["O"] + [f"{prefix}-{label}" for label in ENTITY_LABELS for prefix in "BI"]
LABEL_IDS = {label: index for index, label in enumerate(LABELS)}

LABEL_MAPS = {
    "wnut17": {"person": "PER", "location": "LOC", "corporation": "ORG", "group": "ORG",
               "product": "MISC", "creative-work": "MISC"},
    "crossner_politics": {"politician": "PER", "person": "PER", "organisation": "ORG", "politicalparty": "ORG",
                          "location": "LOC", "country": "LOC", "election": "MISC", "event": "MISC",
                          "misc": "MISC"},
}

# set → files by split, relative to the folder ner/ of the data.
FILES = {
    "conll2003": {"train": "conll2003/train.conll", "dev": "conll2003/dev.conll", "test": "conll2003/test.conll"},
    "en_worldwide": {"train": "en_worldwide/train.conll", "dev": "en_worldwide/dev.conll"},
    "crossner_politics": {"train": "crossner_politics/politics_train.conll",
                          "dev": "crossner_politics/politics_dev.conll"},
    "wnut17": {"train": "wnut17/train.conll", "dev": "wnut17/dev.conll", "test": "wnut17/test.conll"},
    "wikigold": {"test": "wikigold/wikigold.conll"},
    "uner_ewt": {"dev": "uner_ewt/dev.conll", "test": "uner_ewt/test.conll"},
}


@dataclass(frozen=True)
class Word:
    """A word with its label's id (-1: unknown) and whether it is glued to the word before it.

    `soft` is the row of the document's table of teacher probabilities, -1 where there is none.
    """

    text: str
    label: int
    glued: bool = False
    soft: int = -1


def map_label(label, mapping):
    """`B-person` → `B-PER` by the set's map; labels a map leaves out become O."""
    if label == "O" or mapping is None:
        return label
    prefix, name = label.split("-", 1)
    mapped = mapping.get(name)
    return f"{prefix}-{mapped}" if mapped else "O"


def read_conll(path, mapping=None):
    """Documents of sentences, a sentence ([token], [label])."""
    documents, tokens, labels = [[]], [], []

    def end_sentence():
        nonlocal tokens, labels
        if tokens:
            documents[-1].append((tokens, labels))
        tokens, labels = [], []

    with open(path, encoding="utf-8") as lines:
        for line in lines:
            columns = line.rstrip("\n").split("\t")
            if line.startswith("-DOCSTART-"):
                end_sentence()
                documents.append([])
            elif not line.strip():
                end_sentence()
            else:
                tokens.append(columns[0])
                labels.append(map_label(columns[-1], mapping))
    end_sentence()
    return [document for document in documents if document]


def read_set(data, name, split):
    """The named set's documents of sentences, its labels mapped to PER ORG LOC MISC."""
    return read_conll(Path(data) / "ner" / FILES[name][split], LABEL_MAPS.get(name))


@lru_cache(maxsize=1 << 18)
def token_words(token):
    """The words of one token."""
    return tuple(match.group() for match in WORD.finditer(token))


def line_words(tokens, labels):
    """Words of a line of tokens joined by spaces, as `eval` sees it, each with the label of its token."""
    words = []
    for token, label in zip(tokens, labels):
        glued = False
        inside = "I" + label[1:] if label != "O" else label
        for text in token_words(token):
            words.append(Word(text, LABEL_IDS[inside if glued else label], glued))
            glued = True
    return words


def documents_of_words(sentences_by_document, repair_tokens=False):
    """Labelled documents; `repair_tokens` rejoins tokens that real text does not split ("U . S .")."""
    documents = []
    for sentences in sentences_by_document:
        lines = []
        for tokens, labels in sentences:
            if repair_tokens:
                tokens, labels = repair.join_tokens(tokens, labels)
            line = line_words(tokens, labels)
            if line:
                lines.append(line)
        documents.append(lines)
    return documents


def plain_documents(data, stride=1):
    """Unlabelled news, every `stride`-th text: documents of lines of words with label -1."""
    texts = []
    for name in ["reuters21578.jsonl.gz", "bbc.jsonl.gz"]:
        with gzip.open(Path(data) / "text" / name, "rt", encoding="utf-8") as lines:
            for line in lines:
                record = json.loads(line)
                title = record.get("title") or ""
                text = record["text"] if record["text"].startswith(title) else f"{title}\n{record['text']}"
                texts.append(text)
    with open(Path(data) / "text" / "newsmtsc_sentences.jsonl", encoding="utf-8") as lines:
        texts.extend(json.loads(line)["text"] for line in lines)
    documents = []
    for text in texts[::stride]:
        lines = []
        for line in text.split("\n"):
            words, previous_end = [], -1
            for match in WORD.finditer(line):
                words.append(Word(match.group(), -1, match.start() == previous_end))
                previous_end = match.end()
            if words:
                lines.append(words)
        if lines:
            documents.append(lines)
    return documents
