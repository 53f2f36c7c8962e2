"""Words and their case shapes, exactly as `src/tokenize/` has them: one pattern file serves both."""

from functools import lru_cache
from pathlib import Path

import regex

PATTERN_FILE = Path(__file__).resolve().parents[2] / "src" / "tokenize" / "word_pattern.regex"
WORD_PATTERN = PATTERN_FILE.read_text(encoding="utf-8").strip()
WORD = regex.compile(WORD_PATTERN, regex.V1)

OTHER, LOWER, TITLE, UPPER, MIXED, JOINER = range(6)
SHAPES = 6
HYPHENS = {"-", "\u2010", "\u2011"}


def word_spans(text):
    """[(start, end)] of the words of `text`, in characters."""
    return [match.span() for match in WORD.finditer(text)]


@lru_cache(maxsize=1 << 18)
def case_shape(word):
    """The case of the word's letters as a small integer."""
    upper = lower = 0
    first_is_upper = None
    for char in word:
        if char.isupper():
            upper += 1
        elif char.islower():
            lower += 1
        else:
            continue
        if first_is_upper is None:
            first_is_upper = char.isupper()
    if upper + lower == 0:
        return OTHER
    if upper == 0:
        return LOWER
    if lower == 0 and upper > 1:
        return UPPER
    if upper == 1 and first_is_upper:
        return TITLE
    return MIXED


def shape(word, joined_left, joined_right):
    """As `case_shape`, but a hyphen glued to words on both sides is a JOINER: "pro-Beijing", not "a - b"."""
    if joined_left and joined_right and word in HYPHENS:
        return JOINER
    return case_shape(word)
