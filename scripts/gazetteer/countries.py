"""countries.jsonl: the curated table joined with ids and official names from the sources."""

from .records import add_alias, add_source, alias, expand, record, slug
from .tables import json_lines, rows, tsv

COLUMNS = ["code", "subkind", "name", "short", "acronyms", "adjectives", "demonyms", "capitals", "native", "former",
           "existed", "successors"]


def latin(text):
    """Whether the name is written in Latin letters."""
    return all(ord(c) < 0x250 or c in "’ʻ" for c in text)


def build(sources, curated, countries):
    """Country records; `countries` holds the code table. Fails on an id that no source confirms."""
    rigour = {r["code"]: r for r in json_lines(sources / "rigour" / "territories.jsonl")}
    known_ids = {q for r in rigour.values() for q in [r.get("qid"), *r.get("other_qids", [])] if q}
    factbook = {countries.by_fips.get(r["gec"]): r for r in tsv(sources / "factbook" / "factbook_names.tsv")}
    made, by_code, successors = [], {}, []
    for number, row in rows(curated / "countries.tsv", COLUMNS):
        code, _, qid = row["code"].partition("id=")
        code = code.strip(" -")
        r = record("country", row["name"], row["subkind"], code, "curated")
        made.append(r)
        territory = rigour.get(code.lower()) if row["subkind"] in ("state", "territory", "de_facto") else None
        if qid:
            if qid not in known_ids:
                raise ValueError(f"countries.tsv:{number}: no source confirms the id {qid}")
            r["id"] = qid
            add_source(r, "rigour")
        elif code in countries.wikidata:
            r["id"] = countries.wikidata[code]
            add_source(r, "country-codes")
        elif territory:
            r["id"] = territory["qid"]
        else:
            r["id"] = f"iso:{code}" if code else f"nom:{slug(row['name'])}"
        if code and row["subkind"] != "constituent":
            by_code.setdefault(code, r)
        r["from"], _, r["to"] = row["existed"].partition("..")
        for column, kind in (("short", "short"), ("acronyms", "acronym"), ("adjectives", "adjective"),
                             ("demonyms", "demonym"), ("capitals", "capital"), ("native", "native"), ("former", "former")):
            for text in expand(row[column]):
                add_alias(r, alias(text, kind))
        if territory:
            add_source(r, "rigour")
            name = territory["full_name"]
            if latin(name) and "(" not in name and "[" not in name:
                add_alias(r, alias(name.removeprefix("The "), "official"))
        if row["subkind"] in ("state", "de_facto") and code in factbook:
            entry = factbook[code]
            add_source(r, "factbook")
            official = (entry["long"] or "").removeprefix("the ")
            if official and official != "none" and latin(official) and not any(c in official for c in "();[]/"):
                add_alias(r, alias(official, "official"))
        for former_code in row["successors"].split():
            successors.append((former_code, r["id"]))
    for code, former in successors:
        by_code[code]["relations"].append({"type": "successor_of", "id": former})
    for r in made:
        parent = {"HK": "CN", "MO": "CN"}.get(r["country"])
        if r["subkind"] == "constituent":
            parent = "GB"
        territory = rigour.get((r["country"] or "").lower())
        if r["subkind"] == "territory" and not parent and territory and territory.get("parent"):
            parent = territory["parent"].upper()
        if parent in by_code:
            kind = "part_of" if r["subkind"] == "constituent" else "dependency_of"
            r["relations"].append({"type": kind, "id": by_code[parent]["id"]})
    countries.learn(made)
    return made
