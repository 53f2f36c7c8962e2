"""Makes `benches/linking/entities.tsv`: which entities of the public linking sets are countries, officials or agencies.

The sets (AIDA CoNLL-YAGO, MSNBC) name Wikipedia titles or Wikidata ids and no kinds. This script reads the kinds off the
raw sources of the gazetteer and off `benches/linking/judged.tsv`, never off the gazetteer that ships, so that what the
gazetteer lacks is counted as missing. Made once; run it again only to correct the mapping, which
`benches/linking/README.md` states.

    python scripts/make_linking_gold.py --data ../shared/data
"""

import argparse
import csv
import gzip
import json
import re
import sys
import unicodedata
from collections import Counter, defaultdict
from pathlib import Path

import yaml

SETS = ("aida/train", "aida/dev", "msnbc-updated")
COLUMNS = ("title", "kind", "country", "ids", "basis")
# rigour's entries that are no state or territory, and the parts of states that the guidelines of the gold count as
# countries: constituent countries of the United Kingdom and states without general recognition.
NO_COUNTRY = {"eu", "un", "zz", "ip", "ic", "dg", "cq", "cp", "ac", "ta"}
PARTS_THAT_COUNT = {"gb-eng", "gb-sct", "gb-wls", "gb-nir", "cy-trnc", "md-pmr", "so-som", "ge-ab", "x-so", "az-nk"}
# Wikidata parts into several items what one name means in news: the states named Yugoslavia, and Artsakh before its name.
ONE_NAME = [{"yucs", "csxx"}]
TEAM = re.compile(r"\bnational (under-\d+ |women's )?.*\bteam$|\b(cricket|Davis Cup|Fed Cup|rugby \w+|soccer|football|hockey) team$"
                  r"|^[A-Z].* at the \d{4} .*(Olympics|Games|Championships)$")
SPORT = re.compile(r"^(SOCCER|CRICKET|BASEBALL|TENNIS|CYCLING|GOLF|ATHLETICS|RUGBY|RALLYING|MOTOR|BASKETBALL|HORSE|BADMINTON|SQUASH|"
                   r"MOTOCROSS|SWIMMING|ICE HOCKEY|ROWING|HOCKEY|BOXING|OLYMPICS|NFL|NHL|SKIING|VOLLEYBALL|SPEEDWAY|FIELD)[A-Z ]* -")
# A person born later held no office in August 1996; such a holder of the same name is another one.
BORN_BEFORE = 1976


def fold(name):
    """A name's key: letters and digits in lower case, without marks."""
    letters = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in letters if letter.isalnum())


def lines(path):
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as source:
        yield from source


def rows(path, delimiter="\t"):
    with open(path, encoding="utf-8", newline="") as source:
        yield from csv.DictReader(source, delimiter=delimiter)


class Entities:
    """Rows of one kind, found by id or by name."""

    def __init__(self):
        self.by_id, self.by_name = {}, defaultdict(list)

    def add(self, kind, country, ids, names, basis, **more):
        entity = {"kind": kind, "country": country, "ids": sorted(ids, key=lambda i: int(i[1:])), "basis": basis, **more}
        for identity in ids:
            self.by_id.setdefault(identity, entity)
        for name in {fold(name) for name in names if name}:
            self.by_name[name].append(entity)


def countries(sources):
    """States and territories as rigour has them, with the ids that it and country-codes give."""
    made, found = Entities(), {}
    for line in lines(sources / "rigour" / "territories.jsonl"):
        row = json.loads(line)
        code = row["code"]
        part = "-" in code and not code.startswith("su-")
        if code not in NO_COUNTRY and (not part or code in PARTS_THAT_COUNT):
            page = row.get("wikipedia_url", "").rsplit("/", 1)[-1].replace("_", " ")
            found[code] = ({row["qid"], *row.get("other_qids", [])}, {row["name"], row["full_name"], page, *row["names_strong"]})
    for row in rows(sources / "country-codes" / "country-codes.csv", ","):
        code, identity = row["ISO3166-1-Alpha-2"].lower(), row["wikidata_id"].rsplit("/", 1)[-1]
        if code in found and identity:
            found[code][0].add(identity)
            found[code][1].add(row["CLDR display name"])
    for group in ONE_NAME:
        ids, names = set().union(*(found[code][0] for code in group)), set().union(*(found[code][1] for code in group))
        found.update({code: (ids, names) for code in group})
    # The main items come first: another entry's own id is never only a second one.
    for code, (ids, names) in sorted(found.items()):
        made.add("country", code.upper() if len(code) == 2 else "", ids, names, "rigour")
    return made


def capitals(sources):
    """Cities by name that are capitals: `(name's key) -> ISO code`."""
    made = {}
    fips = {row["FIPS"]: row["ISO3166-1-Alpha-2"] for row in rows(sources / "country-codes" / "country-codes.csv", ",")}
    for row in rows(sources / "country-codes" / "country-codes.csv", ","):
        for name in re.split(r"[;,/(]", row["Capital"]):
            if name.strip():
                made[fold(name)] = row["ISO3166-1-Alpha-2"]
    for row in rows(sources / "factbook" / "factbook_names.tsv"):
        code = fips.get(row["gec"].upper())
        if code:
            for name in re.split(r"[;,(]|; note", row["capital"].split("note")[0]):
                if name.strip(" )"):
                    made.setdefault(fold(name), code)
    return made


def officials(sources):
    made = Entities()
    for line in lines(sources / "officials" / "wikidata_office_holders.jsonl.gz"):
        row = json.loads(line)
        born = int(row["dob"][:4]) if re.match(r"\d{4}", row.get("dob") or "") else None
        made.add("official", "", {row["qid"]}, row["names"], "office holders", born=born)
    for name in ("legislators-current", "executive"):
        with open(sources / "officials" / f"{name}.yaml", encoding="utf-8") as source:
            for row in yaml.safe_load(source):
                names = {row["id"].get("wikipedia", ""), row["name"].get("official_full", ""),
                         f"{row['name'].get('nickname') or row['name']['first']} {row['name']['last']}"}
                ids = {row["id"]["wikidata"]} if row["id"].get("wikidata") else set()
                made.add("official", "US", ids, names, "congress-legislators",
                         born=int((row["bio"].get("birthday") or "0")[:4]) or None)
    for row in rows(sources / "officials" / "uk_ministers" / "person.csv", ","):
        made.add("official", "GB", set(), {row["display_name"], row["normalized_name"]}, "uk_ministers")
    for row in rows(sources / "factbook" / "factbook_archive_leaders.tsv"):
        text = re.sub(r"\([^)]*\)", "", row["text"]).split(";")[0]
        name = re.findall(r"(?:[A-Z][\w.'’-]+ )*(?:[A-Z][A-Z'’-]+ ?)+", text)
        if name:
            words = name[-1].split()
            for start in range(len(words) - 1):
                made.add("official", "", set(), {" ".join(words[start:])}, "factbook")
    return made


def agencies(sources, country_ids):
    made = Entities()
    for line in lines(sources / "rigour" / "territories.jsonl"):
        row = json.loads(line)
        if row["code"] in ("eu", "un"):
            made.add("agency", row["code"].upper().replace("UN", "INT"), {row["qid"]}, {row["name"]}, "rigour")
    body = {"intorg", "political", "unagency", "bank", "military", "court", "police", "parliamentary", "fund", "trade", "wbgroup"}
    nothing = {"geographic", "acronym", "writingsystem", "currency", "ocean", "gaspipeline", "govform", "lawsystem", "sports"}
    for line in lines(sources / "agencies" / "intergovernmental_bodies.jsonl"):
        row = json.loads(line)
        types = set(row["blocktype"])
        if types & body and not types & nothing and row["status"] != "informal":
            ids = {row["wikidata_id"]} if row.get("wikidata_id") and row["wikidata_id"] not in country_ids else set()
            made.add("agency", "INT", ids, {re.sub(r"\s*\([^)]*\)$", "", row["name"])}, "internacia")
    for row in rows(sources / "agencies" / "ror_government.tsv"):
        names = {row["name"], *(part.rpartition("|")[0] for part in row["aliases"].split(" ;; ") if part.endswith(("|alias", "label:en")))}
        made.add("agency", row["cc"], {row["wikidata"]} if row["wikidata"] else set(), names, "ror")
    with open(sources / "agencies" / "intelligence-agencies.json", encoding="utf-8") as source:
        for value in json.load(source)["values"]:
            if len(value["value"].split()) > 1:
                made.add("agency", value["meta"].get("country", ""), set(), {re.sub(r"\s*\([^)]*\)", "", value["value"])}, "misp")
    inside = False
    for line in lines(sources / "agencies" / "us_federal_agencies.sql"):
        if line.startswith('COPY public."Agencies"') or line.startswith("\\."):
            inside = line.startswith("COPY")
        elif inside:
            name = line.split("\t")[1]
            turned = re.sub(r"^(.*) (Department|Bureau)$", r"\2 of \1", name)
            turned = " ".join(reversed([part.strip() for part in turned.split(",")])) if turned.count(",") == 1 else turned
            if len(name.split()) > 1:
                made.add("agency", "US", set(), {name, turned, f"United States {turned}"}, "gsa")
    for row in rows(sources / "agencies" / "uk_government_organisations.tsv"):
        if len(row["name"].split()) > 1:
            made.add("agency", "GB", set(), {row["name"]}, "openregister")
    return made


def gold(linking):
    """Each entity of the sets by `(id or None, title)`: its sorts of mention, and whether only sports news names it."""
    found = {}
    for name in SETS:
        for line in lines(linking / f"{name}.jsonl"):
            document = json.loads(line)
            sport = bool(SPORT.match(document["text"]))
            for mention in document["mentions"]:
                title, identity = mention.get("wiki") or mention.get("name"), mention.get("qid")
                if title and (title, identity) != ("Unknown", None):
                    entry = found.setdefault(title, {"ids": set(), "types": Counter(), "only_sport": True, "sets": Counter(), "names": set()})
                    entry["ids"] |= {identity} - {None}
                    entry["names"] |= {mention.get("qname")} - {None}
                    entry["types"]["PER" if "Q215627" in mention["type"] else mention["type"]] += 1
                    entry["only_sport"] &= sport
                    entry["sets"][name] += 1
    return found


def base(title):
    """A title without what only tells it apart: `Michael Collins (Irish leader)`, `Washington, D.C.`."""
    return re.sub(r"\s*\([^)]*\)$|, D\.C\.$", "", title)


class Judge:
    """Says what an entity of the sets is."""

    def __init__(self, sources, judged, entries):
        self.entries = entries
        self.countries = countries(sources)
        self.capitals = capitals(sources)
        self.officials = officials(sources)
        self.agencies = agencies(sources, self.countries.by_id)
        self.judged = {row["title"]: row for row in rows(judged)} if judged.exists() else {}

    def ids_of(self, title):
        """The ids that a body has in the sources or in the sets."""
        bodies = self.agencies.by_name.get(fold(title), [])
        return set().union(*(body["ids"] for body in bodies), self.entries.get(title, {"ids": ()})["ids"])

    def row(self, title, entry):
        if TEAM.search(title):
            return "team", "", sorted(entry["ids"]), "title"
        if title in self.judged:
            row = self.judged[title]
            if row["kind"] == "country":
                entity = next(e for e in self.countries.by_id.values() if e["country"] == row["country"])
                return "country", row["country"], sorted(entry["ids"] | set(entity["ids"])), "judged"
            same = {identity for title in filter(None, row["same"].split("|")) for identity in self.ids_of(title)}
            return None if row["kind"] == "none" else (row["kind"], row["country"], sorted(entry["ids"] | same), "judged")
        person = entry["types"].most_common(1)[0][0] == "PER"
        if not person:
            for entities in (self.countries, self.agencies):
                for identity in entry["ids"]:
                    if identity in entities.by_id:
                        return self.given(entities.by_id[identity], entry)
            # A title with an addition names another thing than the one that bears the plain name.
            for entities in (self.countries, self.agencies):
                same = entities.by_name.get(fold(title), [])
                if same and (not entry["ids"] or not any(e["ids"] for e in same)):
                    return self.given(same[0], entry)
            code = self.capitals.get(fold(base(title)))
            if code and (base(title) == title or title.endswith("D.C.")):
                return "capital", code, sorted(entry["ids"]), "factbook"
            return None
        for identity in entry["ids"]:
            if identity in self.officials.by_id:
                return self.given(self.officials.by_id[identity], entry)
        if entry["only_sport"] or re.search(r"\((?!politician)[^)]*\)$", title):
            return None
        same = [e for e in self.officials.by_name.get(fold(base(title)), []) if (e.get("born") or 0) < BORN_BEFORE]
        if entry["ids"]:
            same = [e for e in same if not e["ids"]]
        if same:
            ids = set().union(*(e["ids"] for e in same)) | entry["ids"]
            return "official", same[0]["country"], sorted(ids), same[0]["basis"]
        return None

    @staticmethod
    def given(entity, entry):
        ids = set(entity["ids"]) if entity["kind"] == "country" else set(entity["ids"]) | entry["ids"]
        return entity["kind"], entity["country"], sorted(ids), entity["basis"]


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, required=True, help="the folder that holds linking/ and gazetteer-sources/")
    parser.add_argument("--judged", type=Path, default=Path("benches/linking/judged.tsv"))
    parser.add_argument("--out", type=Path, default=Path("benches/linking/entities.tsv"))
    parser.add_argument("--rest", type=Path, help="write here the persons and bodies that no source knows, for judging")
    arguments = parser.parse_args()
    entries = gold(arguments.data / "linking")
    judge = Judge(arguments.data / "gazetteer-sources", arguments.judged, entries)
    made, rest, unused = [], [], set(judge.judged) - set(entries)
    for title, entry in entries.items():
        row = judge.row(title, entry)
        if row:
            kind, country, ids, basis = row
            made.append((title, kind, country, "|".join(ids), basis))
        elif not entry["only_sport"] and title not in judge.judged:
            rest.append((title, entry["types"].most_common(1)[0][0], sum(entry["sets"].values())))
    if unused:
        sys.exit(f"{arguments.judged}: no set has {', '.join(sorted(unused))}")
    with open(arguments.out, "w", encoding="utf-8", newline="\n") as out:
        out.write("\t".join(COLUMNS) + "\n")
        out.writelines("\t".join(row) + "\n" for row in sorted(made, key=lambda row: (row[1], row[0])))
    if arguments.rest:
        arguments.rest.write_text("".join(f"{t}\t{k}\t{c}\n" for t, k, c in sorted(rest, key=lambda r: (r[1], -r[2]))), encoding="utf-8")
    mentions = Counter()
    for row in made:
        for name, count in entries[row[0]]["sets"].items():
            mentions[name, row[1]] += count
    for (name, kind), count in sorted(mentions.items()):
        print(f"{name:14} {kind:9} {count:6} mentions")


if __name__ == "__main__":
    main()
