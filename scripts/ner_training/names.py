"""Names to swap in while training: people, countries and cities of the gazetteer's sources."""

import csv
import gzip
import json
from collections import defaultdict
from pathlib import Path

from .words import WORD


def load(sources, limit=30000):
    """{"names": {"PER": {number of words: [name]}, "LOC": {name: [others of its class]}}, "cities": [name]}."""
    sources = Path(sources)
    people = []
    with gzip.open(sources / "officials" / "wikidata_office_holders.jsonl.gz", "rt", encoding="utf-8") as lines:
        for line in lines:
            name = json.loads(line)["names"][0]
            if name.replace("-", " ").replace("'", " ").replace(" ", "").isalpha():
                people.append(name)
    # Evenly across the file, which is sorted by country.
    people = people[:: max(1, len(people) // limit)]
    places, cities = [], []
    with open(sources / "factbook" / "factbook_names.tsv", encoding="utf-8") as rows:
        for row in csv.DictReader(rows, delimiter="\t"):
            if row["short"] and row["short"] != "none" and "," not in row["short"] and "(" not in row["short"]:
                places.append(row["short"])
            capital = (row["capital"] or "").split("(")[0].split(";")[0].split(",")[0].strip()
            if capital and capital != "none":
                cities.append(capital)
    names = {"PER": defaultdict(list), "LOC": {}}
    for name in people:
        names["PER"][len(WORD.findall(name))].append(name)
    # A surname alone stands for a person, too.
    names["PER"][1] = [name.split()[-1] for name in people if " " in name]
    # A country becomes another country, a capital another capital; other places stay.
    for pool in (places, cities):
        for name in pool:
            names["LOC"][" ".join(WORD.findall(name)).lower()] = pool
    return {"names": {label: dict(pools) for label, pools in names.items()}, "cities": cities}
