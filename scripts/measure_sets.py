#!/usr/bin/env python3
"""The table of scores in models/newswire/README.md, as the program's own `eval` counts them.

    cargo build --release
    python3 scripts/measure_sets.py --program target/release/nomenclator --data ../shared/data

Python's standard library is enough.
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

MAPS = Path(__file__).resolve().parent / "label_maps"
LABELS = ["PER", "ORG", "LOC", "MISC"]
# (name, file under ner/, label map, ignored label)
SETS = [
    ("CoNLL-2003 dev", "conll2003/dev.conll", None, None),
    ("CoNLL-2003 test", "conll2003/test.conll", None, None),
    ("en_worldwide dev", "en_worldwide/dev.conll", None, None),
    ("CrossNER politics dev", "crossner_politics/politics_dev.conll", "crossner_politics.txt", None),
    ("UNER EWT dev (without MISC)", "uner_ewt/dev.conll", None, "MISC"),
    ("UNER EWT test (without MISC)", "uner_ewt/test.conll", None, "MISC"),
    ("WNUT 17 dev", "wnut17/dev.conll", "wnut17.txt", None),
    ("WNUT 17 test", "wnut17/test.conll", "wnut17.txt", None),
    ("wikigold", "wikigold/wikigold.conll", None, None),
]


def scores(program, gold, label_map, ignored, more):
    """What `eval --json` says of one set."""
    command = [program, "eval", str(gold), "--json", *more]
    if label_map:
        command += ["--label-map", str(MAPS / label_map)]
    if ignored:
        command += ["--ignore-label", ignored]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(map(str, command))}' ended with exit code {done.returncode}")
    return json.loads(done.stdout)["ner"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ner/")
    arguments, more = parser.parse_known_args()
    print(f"| set | P | R | F1 | {' | '.join(LABELS)} |")
    print("|---|" + "---|" * (3 + len(LABELS)))
    for name, path, label_map, ignored in SETS:
        ner = scores(arguments.program, arguments.data / "ner" / path, label_map, ignored, more)
        overall = [f"{100 * ner['overall'][key]:.2f}" for key in ("precision", "recall", "f1")]
        labels = [f"{100 * ner['per_label'][label]['f1']:.2f}" if label in ner["per_label"] else "–"
                  for label in LABELS]
        print(f"| {name} | {overall[0]} | {overall[1]} | **{overall[2]}** | {' | '.join(labels)} |", flush=True)


if __name__ == "__main__":
    main()
