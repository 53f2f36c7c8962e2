"""Reading the curated tables and the tabular sources."""

import csv
import gzip
import json
import re
from pathlib import Path


def rows(path, columns):
    """Rows of a curated table as (line number, dict). `#` lines and empty ones are skipped.

    `columns` names the tab-separated columns; missing ones at a line's end are empty. Fails on a surplus one.
    """
    with open(path, encoding="utf-8") as lines:
        for number, line in enumerate(lines, 1):
            line = line.rstrip("\n")
            if not line.strip() or line.startswith("#"):
                continue
            cells = [c.strip() for c in line.split("\t")]
            if len(cells) > len(columns):
                raise ValueError(f"{path}:{number}: {len(cells)} columns, expected at most {len(columns)}")
            yield number, dict(zip(columns, cells + [""] * (len(columns) - len(cells))))


def tsv(path):
    """Rows of a source's tab-separated table with a header line."""
    with open(path, encoding="utf-8", newline="") as lines:
        yield from csv.DictReader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)


def comma_separated(path):
    """Rows of a source's CSV file with a header line."""
    with open(path, encoding="utf-8-sig", newline="") as lines:
        yield from csv.DictReader(lines)


def json_lines(path):
    """Values of a JSON Lines file, gzip or not."""
    opener = gzip.open if str(path).endswith(".gz") else open
    with opener(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            if line.strip():
                yield json.loads(line)


WITH_ARTICLE = set("GB US NL PH AE BS GM MV KM MH SB CZ CF DO CG CD KY FK CK FO TC".split())


class Countries:
    """Codes, names and adjectives of the countries, from the sources' code table and the curated one."""

    def __init__(self, sources: Path):
        self.by_fips, self.independent, self.wikidata = {}, set(), {}
        for row in comma_separated(sources / "country-codes" / "country-codes.csv"):
            code = row["ISO3166-1-Alpha-2"].strip()
            for fips in re.findall(r"[A-Z]{2}", row["FIPS"] or ""):
                self.by_fips[fips.lower()] = code
            if row["is_independent"] == "Yes" and code not in ("VA", "TW", "XK"):
                self.independent.add(code)
            if row["wikidata_id"]:
                self.wikidata[code] = row["wikidata_id"].rsplit("/", 1)[-1]
        # The Factbook's own codes, where the table's FIPS column is empty or older.
        self.by_fips.update({
            "kv": "XK", "ri": "RS", "mj": "ME", "od": "SS", "nn": "SX", "uc": "CW", "tb": "BL", "rn": "MF", "tt": "TL",
            "wi": "EH", "gz": "PS", "we": "PS", "ee": "EU", "vq": "VI", "gk": "GG", "je": "JE", "im": "IM", "hk": "HK",
            "mc": "MO", "tw": "TW", "wa": "NA", "sv": "SJ", "cd": "TD", "cg": "CD", "cf": "CG", "ct": "CF",
        })
        self.name, self.adjective = {}, {}

    def learn(self, made):
        """Takes the names of finished country records."""
        for r in made:
            if r["country"] and r["subkind"] in ("state", "territory", "de_facto"):
                self.name[r["country"]] = r["name"]
                adjectives = [a["text"] for a in r["aliases"] if a["type"] == "adjective" and not a.get("weak")]
                if adjectives:
                    self.adjective[r["country"]] = adjectives[0]
        self.codes = set(self.name) | {"EU", "INT"}

    def of(self, name, code):
        """`Ministry of Finance` as `Ministry of Finance of the Netherlands`."""
        return f"{name} of {'the ' if code in WITH_ARTICLE else ''}{self.name[code]}"
