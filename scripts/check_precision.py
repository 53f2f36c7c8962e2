#!/usr/bin/env python3
"""The gate that a precision must pass: what it changes against f32, on CoNLL-2003 dev and en_worldwide dev.

    cargo build --release
    python3 scripts/check_precision.py --program target/release/nomenclator --data ../shared/data

Pooled entity F1 may fall by 0.10 points in bf16 and by 0.25 in int8; in bf16, 0.3 % of the words may change their label.
Prints a table, and exits with 1 if a precision that this CPU computes does not pass. Python's standard library is enough.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

SETS = ["ner/conll2003/dev.conll", "ner/en_worldwide/dev.conll"]
ISAS = ["amx", "avx512", "avx2", "neon", "scalar"]
# precision: (points of F1 it may lose, share of words that may change their label)
ALLOWED = {"bf16": (0.10, 0.003), "int8": (0.25, 1.0)}


def run(program, isa, arguments):
    """Standard output, or nothing where the CPU lacks what is asked for."""
    done = subprocess.run([program, *map(str, arguments)], env={**os.environ, "NOMENCLATOR_ISA": isa}, text=True,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    if done.returncode == 0:
        return done.stdout
    if "this CPU" in done.stderr:
        return None
    sys.exit(done.stderr)


def texts(data, path):
    """The sets as documents, tokens joined by spaces and a line a sentence."""
    with open(path, "w", encoding="utf-8") as out:
        for name in SETS:
            lines, line = [], []
            for row in [*(data / name).read_text(encoding="utf-8").splitlines(), "-DOCSTART-"]:
                if row.strip() and not row.startswith("-DOCSTART-"):
                    line.append(row.split("\t")[0])
                    continue
                if line:
                    lines.append(" ".join(line))
                    line = []
                if row.startswith("-DOCSTART-") and lines:
                    out.write(json.dumps({"text": "\n".join(lines)}) + "\n")
                    lines = []


def measure(program, isa, precision, data, path):
    """(pooled F1, the words' labels) or nothing."""
    engine = ["--precision", precision]
    report = run(program, isa, ["eval", *(data / name for name in SETS), "--json", *engine])
    if report is None:
        return None
    tagged = run(program, isa, ["tag", path, "--format", "conll", "--no-link", *engine])
    labels = [line.split("\t")[-1] for line in tagged.splitlines() if "\t" in line]
    return 100 * json.loads(report)["ner"]["overall"]["f1"], labels


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds ner/")
    arguments = parser.parse_args()
    failed = False
    with tempfile.TemporaryDirectory() as scratch:
        path = Path(scratch) / "texts.jsonl"
        texts(arguments.data, path)
        print("| precision | instructions | pooled F1 | against f32 | words that change their label |\n|---|---|---|---|---|")
        isa = next(isa for isa in ISAS[1:] if run(arguments.program, isa, ["model", "info"]) is not None)
        base, labels = measure(arguments.program, isa, "f32", arguments.data, path)
        print(f"| f32 | {isa} | {base:.2f} | – | – |", flush=True)
        for precision, (points, share) in ALLOWED.items():
            for isa in ISAS[:-1]:
                measured = measure(arguments.program, isa, precision, arguments.data, path)
                if measured is None:
                    continue
                f1, others = measured
                changed = sum(one != other for one, other in zip(labels, others, strict=True)) / len(labels)
                passed = base - f1 <= points and changed <= share
                failed |= not passed
                print(f"| {precision} | {isa} | {f1:.2f} | {f1 - base:+.2f} | {100 * changed:.2f} % |"
                      f"{'' if passed else ' does not pass'}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
