#!/usr/bin/env python3
"""What the tagger makes of real text's other forms: F1 on variants of the dev sets, beside F1 on the sets as they are.

    cargo build --release
    pip install -r scripts/requirements.txt
    python scripts/robustness.py --program target/release/nomenclator --data ../shared/data

Each variant changes the sentences and keeps the gold labels (ner_training/variants.py says how); a fixed seed makes the
same files every time. `--write FOLDER` keeps them, `--check` fails where capitals or lower case lose more than allowed.
"""

import argparse
import json
import random
import subprocess
import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from ner_training import corpora, names, variants  # noqa: E402

SETS = ["conll2003", "en_worldwide", "crossner_politics"]
# Points of F1 that CoNLL dev may lose.
ALLOWED = {"capitals": 8.0, "lower case": 10.0}


def write_conll(path, documents):
    """Documents of sentences (tokens, labels) as CoNLL columns."""
    with open(path, "w", encoding="utf-8") as out:
        for document in documents:
            out.write("-DOCSTART-\tO\n\n")
            for tokens, labels in document:
                out.writelines(f"{token}\t{label}\n" for token, label in zip(tokens, labels, strict=True))
                out.write("\n")


def f1(program, path, more):
    """F1 in points of 100, as `nomenclator eval` counts it."""
    done = subprocess.run([program, "eval", str(path), "--json", *more], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"'{program} eval {path}' ended with exit code {done.returncode}")
    return 100 * json.loads(done.stdout)["ner"]["overall"]["f1"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ner/ and gazetteer-sources/")
    parser.add_argument("--sets", default=",".join(SETS), help=f"dev sets to vary, of {', '.join(corpora.FILES)}")
    parser.add_argument("--variants", default=",".join(variants.VARIANTS), help="which, by name")
    parser.add_argument("--write", type=Path, metavar="FOLDER", help="keep the files here")
    parser.add_argument("--check", action="store_true",
                        help="exit with 1 if capitals or lower case cost CoNLL dev more than the model may lose")
    arguments, more = parser.parse_known_args()
    sets, chosen = arguments.sets.split(","), arguments.variants.split(",")
    for kind, given, known in (("set", sets, corpora.FILES), ("variant", chosen, variants.VARIANTS)):
        for name in given:
            if name not in known:
                sys.exit(f"no {kind} is called '{name}': expected one of {', '.join(known)}")
    resources = names.load(arguments.data / "gazetteer-sources")
    too_much = []
    with tempfile.TemporaryDirectory() as scratch:
        folder = arguments.write or Path(scratch)
        folder.mkdir(parents=True, exist_ok=True)
        print("| variant | changed tokens | F1 | loss |\n|---|---|---|---|")
        for name in sets:
            # The sets' own labels go through their map while being read; `eval` needs none.
            documents = corpora.read_set(arguments.data, name, "dev")
            plain = folder / f"{name}.conll"
            write_conll(plain, documents)
            base = f1(arguments.program, plain, more)
            tokens = sum(len(sentence[0]) for document in documents for sentence in document)
            print(f"| **{name}** as it is | – | {base:.2f} | – |", flush=True)
            for variant in chosen:
                changed, count = variants.vary(variant, documents, random.Random(1), resources)
                if count == 0:
                    print(f"| {variant} | 0 % | – | – |", flush=True)
                    continue
                path = folder / f"{name}.{variant.replace(' ', '_')}.conll"
                write_conll(path, changed)
                value = f1(arguments.program, path, more)
                loss = base - value
                print(f"| {variant} | {100 * count / tokens:.1f} % | {value:.2f} | {loss:+.2f} |", flush=True)
                if name == "conll2003" and loss > ALLOWED.get(variant, loss):
                    too_much.append(f"{variant} cost CoNLL dev {loss:.2f} points: expected at most {ALLOWED[variant]:.0f}")
    if arguments.check and too_much:
        sys.exit("\n".join(too_much))


if __name__ == "__main__":
    main()
