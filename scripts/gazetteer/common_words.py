#!/usr/bin/env python3
"""Writes models/gazetteer/common_words.txt: words that a name must not be without good reason.

    python scripts/gazetteer/common_words.py --dictionary /usr/share/dict/american-english --texts ../shared/data/text \\
        --out models/gazetteer/common_words.txt

The dictionary is SCOWL's, as Debian's package wamerican has it. Of its words in small letters those are common that the
corpora write in small letters at least 3 times, or in any letters at least 20 times: *turkey* and *chad* are among them.
"""

import argparse
import gzip
import json
import re
from collections import Counter
from pathlib import Path

LEAST_SMALL, LEAST_ANY = 3, 20
HEADER = """\
# Common English words: those of SCOWL (Debian's wamerican 2020.12.07; see NOTICE) that the corpora reuters21578, bbc and
# newsmtsc_sentences use, chosen by scripts/gazetteer/common_words.py.
"""
WORD = re.compile(r"(?<![\w'’.@/-])[A-Za-z]{2,}(?![\w'’@/-])")


def lines_of(path):
    """The lines of a text file, compressed or not."""
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        yield from lines


def main():
    """Parses the command line, counts and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--dictionary", type=Path, required=True, help="list of English words, one a line")
    parser.add_argument("--texts", type=Path, required=True, help="folder of the corpora, JSON Lines")
    parser.add_argument("--out", type=Path, required=True, help="the list to write")
    arguments = parser.parse_args()
    small, any_case = Counter(), Counter()
    for path in sorted(arguments.texts.glob("*.jsonl*")):
        for line in lines_of(path):
            for word in WORD.findall(json.loads(line)["text"]):
                small[word] += word.islower()
                any_case[word.lower()] += 1
    dictionary = {line.strip() for line in lines_of(arguments.dictionary)}
    common = sorted(w for w in dictionary if small[w] >= LEAST_SMALL or w.islower() and any_case[w] >= LEAST_ANY)
    arguments.out.write_text(HEADER + "\n".join(common) + "\n", encoding="utf-8")
    print(f"{arguments.out}: {len(common)} words")


if __name__ == "__main__":
    main()
