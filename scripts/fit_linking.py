#!/usr/bin/env python3
"""Fits the weights of the linker's ranking (models/linking/weights.tsv) on annotated articles.

    cargo build --release
    python scripts/fit_linking.py --program target/release/nomenclator --shared ../shared --gold-weight 3

Every question that the linker asks has a logistic regression of its own (src/link/ranking.rs). `nomenclator eval
--considered FILE` writes what it weighed, with which candidate the gold says is right; the weights are those of least
loss plus STRENGTH · |weight − prior|², where the prior is the file's own column: what we believed before looking. A weight
never takes the other sign than its prior, so that what speaks for a candidate by reason cannot speak against it by
accident. The linker's later questions see what the earlier ones decided, so fitting goes ROUNDS times.

AIDA train (Reuters, 1996) is what is fitted on; of the ten articles of shared/gold, only with --gold-weight, and then
`--leave-one-out` tells how well articles fare that were left out of the fit. AIDA dev and MSNBC are for reporting.
"""

import argparse
import json
import math
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

import numpy

# AIDA has the city wherever a capital stands, so that only those show that happen to be linked to the country: no such
# sample says when a capital is a government, and the weights stay what they are by hand.
HELD = {"capital"}
# Reuters of August 1996; which of its entities count as what.
AIDA = ["--date", "1996-08", "--entities", str(Path(__file__).resolve().parent.parent / "benches" / "linking" / "entities.tsv")]
WEIGHTS = Path(__file__).resolve().parent.parent / "models" / "linking" / "weights.tsv"


def read_weights(path):
    """The file's comment lines, and its rows: {(question, feature): [weight, prior]}."""
    notes, rows = [], {}
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines()):
        if number == 0 or line.startswith("#"):
            notes.append(line)
            continue
        question, feature, weight, prior = line.split("\t")[:4]
        rows[question, feature] = [float(weight), float(prior)]
    return notes, rows


def write_weights(path, notes, rows, counts):
    """Writes the rows with how many candidates each feature was seen on."""
    lines = notes + [f"{q}\t{f}\t{w:.3f}\t{p:.3f}\t{counts.get((q, f), 0)}" for (q, f), (w, p) in rows.items()]
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")


def considered(program, gold, weights, folder, options=()):
    """What the linker weighed on a gold file's own mentions: dicts with document, question and candidates."""
    out = Path(folder) / "considered.jsonl"
    command = [program, "eval", str(gold), "--considered", str(out), "--linking-weights", str(weights), "--json", *options]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
    with open(out, encoding="utf-8") as lines:
        return [json.loads(line) for line in lines]


def matrix(considerations, question, features):
    """Values `[candidates, 1 + features]`, whether each candidate is right, and its weight in the loss."""
    values, right, share = [], [], []
    for weight, consideration in considerations:
        if consideration["question"] != question:
            continue
        judged = [c for c in consideration["candidates"] if c["right"] is not None]
        for candidate in judged:
            row = [1.0] + [candidate["features"].get(f, 0.0) for f in features]
            values.append(row)
            right.append(float(candidate["right"]))
            share.append(weight)
    return numpy.array(values), numpy.array(right), numpy.array(share)


def fit(values, right, share, prior, strength):
    """Weights of least loss by Newton's method, held to the prior and on its side of zero."""
    weights = prior.copy()
    held = numpy.full(len(prior), strength)
    held[0] = strength / 10
    for _ in range(100):
        # Beyond 30 a probability is 0 or 1 to all digits that matter.
        chance = 1 / (1 + numpy.exp(-numpy.clip(values @ weights, -30, 30)))
        slope = values.T @ (share * (chance - right)) + held * (weights - prior)
        curve = (values * (share * chance * (1 - chance))[:, None]).T @ values + numpy.diag(held)
        step = numpy.linalg.solve(curve, slope)
        weights = weights - step
        free = (numpy.arange(len(prior)) == 0) | (prior == 0)
        weights = numpy.where(free | (weights * prior >= 0), weights, 0.0)
        if numpy.abs(step).max() < 1e-6:
            break
    return weights


def loss(values, right, share, weights):
    """Mean logistic loss."""
    sums = values @ weights
    each = numpy.logaddexp(0, sums) - right * sums
    return float((share * each).sum() / share.sum())


def fitted(rows, considerations, strength, without=(), quiet=True):
    """New rows, and how often each feature was seen."""
    new, counts = {key: [prior, prior] for key, (_, prior) in rows.items()}, {}
    for question in dict.fromkeys(q for q, _ in rows):
        features = [f for q, f in rows if q == question and f != "bias" and f not in without]
        for feature in without:
            if (question, feature) in new:
                new[question, feature][0] = 0.0
        values, right, share = matrix(considerations, question, features)
        if question in HELD or len(values) == 0 or right.min() == right.max():
            continue
        prior = numpy.array([rows[question, f][1] for f in ["bias", *features]])
        weights = fit(values, right, share, prior, strength)
        for at, feature in enumerate(["bias", *features]):
            new[question, feature][0] = float(weights[at])
            counts[question, feature] = int((values[:, at] != 0).sum())
        if not quiet:
            before, after = loss(values, right, share, prior), loss(values, right, share, weights)
            print(f"{question:12} {len(values):6} candidates, {int(right.sum()):6} right; loss {before:.4f} -> {after:.4f}")
    return new, counts


def linking(program, gold, weights, options=()):
    """The figures of `eval --json`."""
    command = [program, "eval", str(gold), "--linking-weights", str(weights), "--json", *options]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True)
    return json.loads(done.stdout)["linking"]


def leave_one_out(arguments, rows, train, gold, folder):
    """Scores each gold article with weights that were fitted without it."""
    totals = defaultdict(lambda: [0, 0, 0])
    lines = (arguments.shared / "gold" / "dev.jsonl").read_text(encoding="utf-8").splitlines()
    for line in filter(None, lines):
        name = json.loads(line)["id"]
        rest = [(arguments.gold_weight, c) for c in gold if c["document"] != name]
        new, counts = fitted(rows, train + rest, arguments.strength)
        weights, article = Path(folder) / "left-out.tsv", Path(folder) / "article.jsonl"
        write_weights(weights, arguments.notes, new, counts)
        article.write_text(line + "\n", encoding="utf-8")
        for given in ("end_to_end", "gold_mentions"):
            scores = linking(arguments.program, article, weights)[given]
            for kind in ("country", "official", "agency"):
                for at, count in enumerate(("right", "found", "gold")):
                    totals[given, kind][at] += scores[kind][count]
    print("each gold article with weights fitted without it:")
    for (given, kind), (right, found, wanted) in totals.items():
        print(f"  {given:14} {kind:9} F1 {2 * right / max(found + wanted, 1):.4f}  ({right} right, {found} found, {wanted} gold)")


def main():
    """Parses the command line, fits, reports and writes."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--program", required=True, help="the built program")
    parser.add_argument("--shared", type=Path, required=True, help="folder with data/linking and gold")
    parser.add_argument("--out", type=Path, default=WEIGHTS, help="file of weights (default: the one that ships)")
    parser.add_argument("--strength", type=float, default=4.0, help="pull towards the prior (default %(default)s)")
    parser.add_argument("--rounds", type=int, default=2, help="default %(default)s")
    parser.add_argument("--gold-weight", type=float, default=0.0, help="weight of shared/gold beside AIDA train (default %(default)s)")
    parser.add_argument("--leave-one-out", action="store_true", help="report the gold articles, each without itself in the fit")
    parser.add_argument("--without", action="append", default=[], metavar="FEATURE", help="fit without a feature (ablation)")
    arguments = parser.parse_args()
    aida = arguments.shared / "data" / "linking" / "aida" / "train.jsonl"
    own = arguments.shared / "gold" / "dev.jsonl"
    arguments.notes, rows = read_weights(WEIGHTS)
    unknown = [f for f in arguments.without if all(f != feature for _, feature in rows)]
    if unknown:
        sys.exit(f"error: no feature is called {', '.join(unknown)}")
    with tempfile.TemporaryDirectory() as folder:
        current = Path(folder) / "weights.tsv"
        # The first round decides as the prior does, so that the result does not depend on the weights there were.
        write_weights(current, arguments.notes, {key: [prior, prior] for key, (_, prior) in rows.items()}, {})
        for turn in range(arguments.rounds):
            train = [(1.0, c) for c in considered(arguments.program, aida, current, folder, AIDA)]
            gold = considered(arguments.program, own, current, folder)
            everything = train + [(arguments.gold_weight, c) for c in gold if arguments.gold_weight]
            last = turn + 1 == arguments.rounds
            new, counts = fitted(rows, everything, arguments.strength, arguments.without, quiet=not last)
            write_weights(current, arguments.notes, new, counts)
        if arguments.leave_one_out:
            leave_one_out(arguments, rows, train, gold, folder)
        arguments.out.write_text(current.read_text(encoding="utf-8"), encoding="utf-8")
    if any(math.isnan(weight) for weight, _ in new.values()):
        sys.exit("error: a weight is no number")


if __name__ == "__main__":
    main()
