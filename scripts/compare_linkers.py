#!/usr/bin/env python3
"""How well this program links beside other ways to tell which country a name means, on the same gold mentions, in one run.

    cargo build --release
    pip install -r scripts/requirements-linking.txt
    python scripts/compare_linkers.py --program target/release/nomenclator --shared ../shared

Countries on gold mentions: this program, the look-up of a mention's exact text in the same gazetteer (`eval --linker
exact`), and the PyPI packages `country_converter` and `rigour`. The packages get each mention's text as it is, and
without a possessive at its end; of the two the better F1 counts. Neither reads the article: that is what is compared. An
answer that is no country by `benches/linking/README.md` (a federal state, the EU) is taken as no answer, so that it costs
them no precision; capitals and teams count for all as the README says. All kinds: this program and the exact look-up.

Two checks end the table: above `rigour` on every set, and at least five points of F1 over the exact look-up on all kinds.
The exit code is 1 where one does not hold.
"""

import argparse
import json
import logging
import re
import subprocess
import sys
import tempfile
from collections import Counter
from datetime import date
from importlib.metadata import version
from pathlib import Path

# name, file in the data folder, arguments of eval. AIDA is Reuters news of August 1996, MSNBC news of January 2007.
ENTITIES = Path(__file__).resolve().parent.parent / "benches" / "linking" / "entities.tsv"
SETS = [
    ("gold dev", "gold/dev.jsonl", []),
    ("AIDA dev", "data/linking/aida/dev.jsonl", ["--entities", str(ENTITIES), "--date", "1996-08"]),
    ("MSNBC", "data/linking/msnbc-updated.jsonl", ["--entities", str(ENTITIES), "--date", "2007-01"]),
]
# Points of F1 that the linker must be above the exact look-up, all kinds together, on gold mentions.
MARGIN = 0.05
# Parts of states that the guidelines count as countries; rigour has them beside the parts that do not count.
PARTS_THAT_COUNT = {"gb-eng", "gb-sct", "gb-wls", "gb-nir", "cy-trnc", "md-pmr", "so-som", "ge-ab", "x-so", "az-nk"}
NO_COUNTRY = {"eu", "un", "zz", "ip"}


class Rigour:
    """`rigour.territories.lookup_territory`, exact: its fuzzy search makes countries of most short names."""

    name = "rigour"

    def __init__(self):
        from rigour.territories import lookup_territory

        self.lookup = lookup_territory

    def answer(self, text):
        """The country's ids and code, or None."""
        found = self.lookup(text)
        if found is None or found.code in NO_COUNTRY:
            return None
        if "-" in found.code and not found.code.startswith("su-") and found.code not in PARTS_THAT_COUNT:
            return None
        return {found.qid, *found.other_qids}, found.code.upper()


class CountryConverter:
    """`country_converter.CountryConverter.convert` to ISO 3166-1 alpha-2."""

    name = "country_converter"

    def __init__(self):
        import country_converter

        logging.getLogger("country_converter").setLevel(logging.CRITICAL)
        self.convert = country_converter.CountryConverter().convert
        self.known = {}

    def answer(self, text):
        """The country's code, or None; its table has no Wikidata ids."""
        if text not in self.known:
            # A list where several countries match: no answer to which it is.
            found = self.convert(text, to="ISO2", not_found="none")
            self.known[text] = (set(), found) if isinstance(found, str) and found != "none" else None
        return self.known[text]


def without_possessive(text):
    return re.sub(r"\s*['’]s?$", "", text)


def evaluate(program, shared, file, arguments, linker, folder):
    """eval's JSON, and its judgement of each gold mention."""
    judgements = Path(folder) / "judgements.jsonl"
    command = [program, "eval", str(shared / file), *arguments, "--linker", linker, "--json", "--judgements", str(judgements)]
    done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"'{' '.join(command)}' ended with exit code {done.returncode}")
    with open(judgements, encoding="utf-8") as lines:
        return json.loads(done.stdout)["linking"], [json.loads(line) for line in lines]


def country_scores(mentions, answer):
    """Precision, recall and F1 of countries as eval counts them: `answer` takes a mention's text."""
    counts = Counter()
    for mention in mentions:
        gold, aside = mention["gold"], mention["aside"]
        found = answer(mention["text"])
        is_country = gold is not None and gold["kind"] == "country"
        counts["gold"] += is_country
        if found is None or aside == "left_out":
            continue
        ids, code = found
        if isinstance(aside, dict) and aside.get("capital") == code:
            continue
        if isinstance(aside, dict) and "other" in aside and aside["other"]["id"] in ids:
            continue
        counts["found"] += 1
        # By id where both have one, else by code.
        counts["right"] += is_country and (bool(ids & set(gold["ids"])) if ids and gold["ids"] else code == gold["country"])
    right, found, gold = counts["right"], counts["found"], counts["gold"]
    return {"precision": right / max(found, 1), "recall": right / max(gold, 1), "f1": 2 * right / max(found + gold, 1),
            "right": right, "found": found, "gold": gold}


def peer_scores(peer, mentions):
    """The better of the text as it is and without a possessive."""
    ways = [country_scores(mentions, peer.answer), country_scores(mentions, lambda text: peer.answer(without_possessive(text)))]
    return max(ways, key=lambda scores: scores["f1"])


def row(name, scores):
    shares = " | ".join(f"{100 * scores[share]:.2f}" for share in ("precision", "recall", "f1"))
    return f"| {name} | {shares} | {scores['gold']} | {scores['found']} | {scores['right']} |"


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", required=True, help="the nomenclator binary")
    parser.add_argument("--shared", type=Path, required=True, help="the folder that holds data/ and gold/")
    parser.add_argument("--record", type=Path, metavar="DIR", help="also write <date>-linking.md into this folder (benches/results)")
    arguments = parser.parse_args()
    peers = [CountryConverter(), Rigour()]
    header = "| linker | precision | recall | F1 | gold | found | right |\n|---|---|---|---|---|---|---|"
    out, checks = [], []
    with tempfile.TemporaryDirectory() as folder:
        for name, file, more in SETS:
            ours, mentions = evaluate(arguments.program, arguments.shared, file, more, "context", folder)
            exact, _ = evaluate(arguments.program, arguments.shared, file, more, "exact", folder)
            ours, exact = ours["gold_mentions"], exact["gold_mentions"]
            scores = {peer.name: peer_scores(peer, mentions) for peer in peers}
            out += [f"## {name}", "", "Countries, gold mentions", "", header, row("nomenclator", ours["country"]),
                    row("exact look-up", exact["country"]), *(row(peer, made) for peer, made in scores.items()), ""]
            out += ["All kinds, gold mentions", "", header, row("nomenclator", ours["overall"]), row("exact look-up", exact["overall"]), ""]
            checks.append((f"{name}: countries above rigour", ours["country"]["f1"] - scores["rigour"]["f1"], 0.0))
            checks.append((f"{name}: all kinds {100 * MARGIN:.0f} points over the exact look-up",
                           ours["overall"]["f1"] - exact["overall"]["f1"], MARGIN))
    held = [margin > 0 and margin >= least for _, margin, least in checks]
    out += ["## Checks", "", *(f"- {'ok' if ok else 'NOT HELD'}: {what} ({100 * margin:+.2f} points)"
                               for ok, (what, margin, _) in zip(held, checks)), ""]
    versions = ", ".join(f"{peer.name} {version(peer.name)}" for peer in peers)
    text = f"# Linking, {date.today()}\n\nBy `scripts/compare_linkers.py`; shares in per cent. {versions}.\n\n" + "\n".join(out)
    print(text)
    if arguments.record:
        (arguments.record / f"{date.today()}-linking.md").write_text(text, encoding="utf-8")
    return int(not all(held))


if __name__ == "__main__":
    sys.exit(main())
