#!/usr/bin/env python3
"""What each feature of the linker's ranking is worth: the weights are fitted without it, and the sets scored again.

    cargo build --release
    python scripts/linking_ablation.py --program target/release/nomenclator --shared ../shared --record benches/results/DATE-linking-ablation.md

All scores are on gold mentions. Weights are fitted on AIDA train alone (scripts/fit_linking.py), so that AIDA dev, MSNBC and the
ten articles of shared/gold are all unseen. A feature that hardly ever occurs there moves nothing and may matter elsewhere.
"""

import argparse
import json
import subprocess
import sys
import tempfile
from pathlib import Path

SCRIPTS = Path(__file__).resolve().parent
ENTITIES = SCRIPTS.parent / "benches" / "linking" / "entities.tsv"
WEIGHTS = SCRIPTS.parent / "models" / "linking" / "weights.tsv"
SETS = {
    "AIDA dev": ("data/linking/aida/dev.jsonl", ["--entities", str(ENTITIES), "--date", "1996-08"]),
    "MSNBC": ("data/linking/msnbc-updated.jsonl", ["--entities", str(ENTITIES), "--date", "2007-01"]),
    "gold dev": ("gold/dev.jsonl", []),
}


def score(program, shared, weights):
    """F1 in per cent of all kinds on each set; of public sets without links on mentions that the gold does not name."""
    scores = []
    for file, options in SETS.values():
        command = [program, "eval", str(shared / file), "--gold-mentions", "--json", "--linking-weights", str(weights), *options]
        done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
        scores.append(100 * json.loads(done.stdout)["linking"]["gold_mentions"]["known"]["overall"]["f1"])
    return scores


def fit(program, shared, out, without):
    """Fits weights without some features."""
    command = [sys.executable, str(SCRIPTS / "fit_linking.py"), "--program", program, "--shared", str(shared), "--out", str(out)]
    for feature in without:
        command += ["--without", feature]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)


def main():
    """Fits and scores without each feature in turn, and writes a table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="the built program")
    parser.add_argument("--shared", type=Path, required=True, help="folder with data/linking and gold")
    parser.add_argument("--record", type=Path, help="write the table to this file too")
    arguments = parser.parse_args()
    lines = WEIGHTS.read_text(encoding="utf-8").splitlines()[1:]
    features = dict.fromkeys(line.split("\t")[1] for line in lines if line and not line.startswith("#"))
    features.pop("bias")
    with tempfile.TemporaryDirectory() as folder:
        weights = Path(folder) / "weights.tsv"
        fit(arguments.program, arguments.shared, weights, [])
        whole = score(arguments.program, arguments.shared, weights)
        rows = []
        for feature in features:
            fit(arguments.program, arguments.shared, weights, [feature])
            change = [a - b for a, b in zip(score(arguments.program, arguments.shared, weights), whole, strict=True)]
            rows.append((feature, change))
    rows.sort(key=lambda row: sum(row[1]))
    table = ["# What each feature of the linker's ranking is worth", "", *__doc__.strip().split("\n\n")[-1:], "",
             "By `scripts/linking_ablation.py`; F1 of all kinds in per cent, and what it changes by without a feature.", "",
             "| without | " + " | ".join(SETS) + " |", "|---|" + "---|" * len(SETS),
             "| nothing | " + " | ".join(f"{value:.2f}" for value in whole) + " |"]
    table += [f"| {feature} | " + " | ".join(f"{value:+.2f}" for value in change) + " |" for feature, change in rows]
    text = "\n".join(table) + "\n"
    print(text)
    if arguments.record:
        arguments.record.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
