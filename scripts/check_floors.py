"""Holds the program's own `eval` against the floors of F1 that a change must not break.

Runs `nomenclator eval --json` on the sets in a folder of data (`--shared`), prints each figure beside its floor, and
exits 1 if one is below or the program fails. Python's standard library is enough.

    cargo build --release
    python3 scripts/check_floors.py --program target/release/nomenclator --shared ../shared
"""

import argparse
import json
import subprocess
import sys
from pathlib import Path

# (file in the data folder, path to the figure in eval's JSON, floor)
FLOORS = [
    ("data/ner/conll2003/test.conll", ("ner", "overall", "f1"), 0.90),
    ("data/ner/conll2003/dev.conll", ("ner", "overall", "f1"), 0.943),
    ("data/ner/en_worldwide/dev.conll", ("ner", "overall", "f1"), 0.835),
    ("data/ner/wikigold/wikigold.conll", ("ner", "overall", "f1"), 0.76),
    ("gold/dev.jsonl", ("ner", "overall", "f1"), 0.91),
    ("gold/dev.jsonl", ("linking", "end_to_end", "country", "f1"), 0.96),
    ("gold/dev.jsonl", ("linking", "end_to_end", "official", "f1"), 0.80),
    ("gold/dev.jsonl", ("linking", "end_to_end", "agency", "f1"), 0.80),
    ("gold/dev.jsonl", ("linking", "gold_mentions", "country", "f1"), 0.98),
    ("gold/dev.jsonl", ("linking", "gold_mentions", "official", "f1"), 0.85),
    ("gold/dev.jsonl", ("linking", "gold_mentions", "agency", "f1"), 0.87),
]
# The same of public linking sets, with the date of their news: (file, date, path to the figure, floor).
ENTITIES = Path(__file__).resolve().parent.parent / "benches" / "linking" / "entities.tsv"
LINKING_FLOORS = [
    ("data/linking/aida/dev.jsonl", "1996-08", ("linking", "gold_mentions", "country", "f1"), 0.95),
    ("data/linking/msnbc-updated.jsonl", "2007-01", ("linking", "gold_mentions", "country", "f1"), 0.95),
]
# Expected calibration error that no dev set's may exceed.
CALIBRATION = ("ner", "calibration", "expected_error")
CEILINGS = [("data/ner/conll2003/dev.conll", 0.03), ("data/ner/en_worldwide/dev.conll", 0.03)]
# On this article every country mention, and the bodies and people it turns on, must be linked rightly.
REQUIRED = ["gold/dev.jsonl", "--doc", "choe-visit", "--require", "country"]


def evaluate(program: list[str], arguments: list[str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run([program[0], "eval", *program[1:], *arguments], stdout=subprocess.PIPE, text=True, check=False)


def measure(program: list[str], gold: Path, *more: str) -> dict:
    done = evaluate(program, [str(gold), "--json", *more])
    if done.returncode != 0:
        sys.exit(f"'{' '.join([*program, 'eval', str(gold), '--json', *more])}' ended with exit code {done.returncode}")
    return json.loads(done.stdout)


def figure(report: dict, path: tuple[str, ...]) -> float:
    value = report
    for key in path:
        if not isinstance(value, dict) or key not in value:
            sys.exit(f"eval's JSON has no {'.'.join(path)}")
        value = value[key]
    return value


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--precision", default="auto", help="what eval computes in")
    parser.add_argument("--shared", type=Path, required=True, help="the folder that holds data/ and gold/")
    arguments = parser.parse_args()
    program = [arguments.program, "--precision", arguments.precision]

    reports = {name: measure(program, arguments.shared / name) for name in sorted({name for name, _, _ in FLOORS})}
    for name, published, *_ in LINKING_FLOORS:
        reports[name] = measure(program, arguments.shared / name, "--entities", str(ENTITIES), "--date", published)
    below = 0
    for name, path, floor in [*FLOORS, *((name, path, floor) for name, _, path, floor in LINKING_FLOORS)]:
        value = figure(reports[name], path)
        below += value < floor
        print(f"{'ok  ' if value >= floor else 'LOW '} {value:.4f} >= {floor:.3f}  {name}  {'.'.join(path)}")

    for name, ceiling in CEILINGS:
        value = figure(reports[name], CALIBRATION)
        below += value > ceiling
        print(f"{'ok  ' if value <= ceiling else 'HIGH'} {value:.4f} <= {ceiling:.3f}  {name}  {'.'.join(CALIBRATION)}")

    required = evaluate(program, [str(arguments.shared / REQUIRED[0]), *REQUIRED[1:]])
    print(f"{'ok  ' if required.returncode == 0 else 'LOW '} eval {' '.join(REQUIRED)}")
    if required.returncode != 0:
        print(required.stdout)
    return int(below > 0 or required.returncode != 0)


if __name__ == "__main__":
    sys.exit(main())
