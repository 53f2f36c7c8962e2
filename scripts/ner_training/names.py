"""Names to swap in: people, countries, capitals and public bodies of the gazetteer's sources."""

import csv
import gzip
import json
import re
from collections import defaultdict
from pathlib import Path

import regex

from .words import WORD

LATIN = regex.compile(r"[\p{Latin}\p{M}' -]+")


def load(sources, limit=30000):
    """{"names": {"PER": …, "LOC": …, "ORG": …}, "cities": [name], "unusual_people": [name]}.

    PER and ORG map a number of words to names, LOC a name to the others of its class (countries, capitals).
    """
    sources = Path(sources)
    people, unusual = [], []
    with gzip.open(sources / "officials" / "wikidata_office_holders.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            name = json.loads(line)["names"][0]
            if name.replace("-", " ").replace("'", " ").replace(" ", "").isalpha():
                people.append(name)
            latin = LATIN.fullmatch(name)
            if latin and " " in name and (not name.isascii() or "-" in name or "'" in name) and name[0].isupper():
                unusual.append(name)
    # Evenly across the file, which is sorted by country.
    people = people[:: max(1, len(people) // limit)]
    bodies = defaultdict(list)
    with open(sources / "agencies" / "ror_government.tsv", encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t", quoting=csv.QUOTE_NONE):
            name = row["name"]
            if name.isascii() and name[0].isupper() and not re.search(r"[,()/]", name) and name.count(" ") >= 2:
                bodies[len(WORD.findall(name))].append(name)
    places, cities = [], []
    with open(sources / "factbook" / "factbook_names.tsv", encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if row["short"] and row["short"] != "none" and "," not in row["short"] and "(" not in row["short"]:
                places.append(row["short"])
            capital = (row["capital"] or "").split("(")[0].split(";")[0].split(",")[0].strip()
            if capital and capital != "none":
                cities.append(capital)
    names = {"PER": defaultdict(list), "LOC": {}, "ORG": bodies}
    for name in people:
        names["PER"][len(WORD.findall(name))].append(name)
    # A surname alone stands for a person, too.
    names["PER"][1] = [name.split()[-1] for name in people if " " in name]
    # A country becomes another country, a capital another capital; other places stay.
    for pool in (places, cities):
        for name in pool:
            names["LOC"][" ".join(WORD.findall(name)).lower()] = pool
    return {"names": {label: dict(pools) for label, pools in names.items()}, "cities": cities,
            "unusual_people": unusual}
