"""Documents of words to the model's inputs, in training and in scoring."""

import numpy as np

from .words import SHAPES, shape

assert SHAPES == 6
IGNORED = -100


class SubwordCache:
    """Sub-word ids of single words, as `tokenizers` gives them for pre-tokenized input."""

    def __init__(self, tokenizer, longest):
        self.tokenizer, self.longest, self.ids = tokenizer, longest, {}
        self.cls, self.sep = tokenizer.token_to_id("[CLS]"), tokenizer.token_to_id("[SEP]")

    def __call__(self, word):
        ids = self.ids.get(word)
        if ids is None:
            encoding = self.tokenizer.encode([word], is_pretokenized=True, add_special_tokens=False)
            ids = self.ids[word] = encoding.ids[: self.longest]
        return ids


class Stream:
    """A document as sub-words: for each its id, shape, and word; line breaks are [SEP]s of no word.

    `token_word[i]` is the index of the word that token `i` starts, else -1; `word_token[w]` the reverse.
    """

    def __init__(self, document, subwords, line_break=True):
        ids, shapes, starts, words = [], [], [], []
        for number, line in enumerate(document):
            if number and line_break:
                ids.append(subwords.sep)
                shapes.append(0)
                starts.append(-1)
            for index, word in enumerate(line):
                joined_right = index + 1 < len(line) and line[index + 1].glued
                word_shape = shape(word.text, word.glued, joined_right)
                pieces = subwords(word.text)
                for position, piece in enumerate(pieces):
                    ids.append(piece)
                    shapes.append(word_shape)
                    starts.append(len(words) if position == 0 else -1)
                words.append(word)
        self.ids, self.shapes, self.starts, self.words = ids, shapes, starts, words


def training_windows(stream, subwords, random, longest=256, shortest=48):
    """Consecutive stretches of the document, of random lengths, cut at words."""
    total, at = len(stream.ids), 0
    while at < total:
        length = longest - 2
        if random.random() < 0.4:
            length = random.randint(shortest, longest - 2)
        end = min(at + length, total)
        while end < total and end > at + 1 and stream.starts[end] < 0:
            end -= 1
        yield window(stream, subwords, at, end)
        at = end


def window(stream, subwords, at, end):
    """Tokens `at..end` between [CLS] and [SEP]: (ids, shapes, word index or -1 by token)."""
    ids = [subwords.cls, *stream.ids[at:end], subwords.sep]
    shapes = [0, *stream.shapes[at:end], 0]
    starts = [-1, *stream.starts[at:end], -1]
    return ids, shapes, starts


def scoring_windows(stream, subwords, longest, overlap):
    """Greedy windows of whole words that share at least `overlap` tokens: [(ids, shapes, starts, content start)]."""
    total, content, at, windows = len(stream.ids), longest - 2, 0, []
    while True:
        end = min(at + content, total)
        while end < total and end > at + 1 and stream.starts[end] < 0:
            end -= 1
        windows.append((*window(stream, subwords, at, end), at, end))
        if end >= total:
            return windows
        following = max(end - overlap, at + 1)
        while following > at + 1 and stream.starts[following] < 0:
            following -= 1
        at = following


def pad(windows, pad_id=0):
    """Arrays [windows, longest] of ids, shapes and mask."""
    longest = max(len(item[0]) for item in windows)
    ids = np.full((len(windows), longest), pad_id, dtype=np.int64)
    shapes = np.zeros((len(windows), longest), dtype=np.int64)
    mask = np.zeros((len(windows), longest), dtype=bool)
    for row, item in enumerate(windows):
        length = len(item[0])
        ids[row, :length], shapes[row, :length], mask[row, :length] = item[0], item[1], True
    return ids, shapes, mask
