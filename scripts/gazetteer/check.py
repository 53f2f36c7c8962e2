"""What stops the build before anything is written, and how well the world is covered.

`nomenclator gazetteer check` judges the written files, and what this cannot see: names that are shared or common words.
"""

from collections import Counter, defaultdict
from pathlib import Path

from .records import ALIAS_TYPES, DATE, KINDS, RELATIONS, SUBKINDS, earliest, latest


ISO = [line.split("\t") for line in (Path(__file__).parents[2] / "models/gazetteer/iso_countries.tsv").read_text(encoding="utf-8").splitlines()
       if not line.startswith("#")]
# Whose president heads the government too, and whose head of state is the United Kingdom's.
PRESIDENTIAL = {row[0] for row in ISO if row[2:] == ["president"]}
REALMS = {row[0] for row in ISO if row[2:] == ["GB"]}
# Without a central bank of their own: BCEAO, BEAC, ECCB, or another country's money.
MONETARY_UNIONS = set("BJ BF CI GW ML NE SN TG CM CF TD CG GQ GA AG DM GD KN LC VC AD LI MC FM MH PW KI NR TV".split())


def problems(records, codes):
    """Every fault of the records, each with the record's id and what was expected."""
    seen = {}
    ids = {r["id"] for r in records}
    for r in records:
        at = f"{r['kind']} {r['id']} '{r['name']}'"
        if r["id"] in seen:
            yield f"{at}: the id is also that of '{seen[r['id']]}'"
        seen[r["id"]] = r["name"]
        if not r["name"].strip():
            yield f"{at}: the name is empty"
        if r["kind"] not in KINDS:
            yield f"{at}: unknown kind"
        if r["subkind"] not in SUBKINDS[r["kind"]]:
            yield f"{at}: unknown subkind '{r['subkind']}'"
        if r["country"] and r["country"] not in codes:
            yield f"{at}: unknown country '{r['country']}'"
        if r["kind"] != "country" and not r["country"]:
            yield f"{at}: no country"
        if not r["sources"]:
            yield f"{at}: no source"
        spans = [(at, r)]
        for a in r["aliases"]:
            if not a["text"].strip():
                yield f"{at}: an alias is empty"
            if a["type"] not in ALIAS_TYPES:
                yield f"{at}: alias '{a['text']}' has the unknown type '{a['type']}'"
            spans.append((f"{at}, alias '{a['text']}'", a))
        for t in r["tenures"]:
            if t["country"] not in codes:
                yield f"{at}: tenure '{t['position']}' has the unknown country '{t['country']}'"
            if not t["position"].strip():
                yield f"{at}: a tenure without a position"
            spans.append((f"{at}, tenure '{t['position']}'", t))
        for where, span in spans:
            for edge in ("from", "to"):
                if span.get(edge) and not DATE.match(span[edge]):
                    yield f"{where}: '{span[edge]}' is not a date (YYYY, YYYY-MM or YYYY-MM-DD)"
                    break
            else:
                if span.get("from") and span.get("to") and earliest(span["from"]) > latest(span["to"]):
                    yield f"{where}: runs backwards, from {span['from']} to {span['to']}"
        for relation in r["relations"]:
            if relation["type"] not in RELATIONS:
                yield f"{at}: unknown relation '{relation['type']}'"
            if relation["id"] not in ids:
                yield f"{at}: relation to the unknown id '{relation['id']}'"


def coverage(records, countries, print=print):
    """Prints counts by kind and subkind, and what UN members lack."""
    by_kind = defaultdict(Counter)
    for r in records:
        by_kind[r["kind"]][r["subkind"] or "-"] += 1
    for kind in KINDS:
        counts = ", ".join(f"{name} {n}" for name, n in sorted(by_kind[kind].items()))
        print(f"{kind}: {sum(by_kind[kind].values())} ({counts})")
    print(f"officials with a Wikidata id: {sum(r['kind'] == 'official' and r['id'][0] == 'Q' for r in records)}")
    print(f"aliases: {sum(len(r['aliases']) for r in records)}")
    print(f"tenures: {sum(len(r['tenures']) for r in records)}")
    has = defaultdict(set)
    for r in records:
        code = r["country"]
        if r["kind"] == "country" and r["subkind"] != "constituent":
            types = {a["type"] for a in r["aliases"]}
            if types & {"demonym", "adjective"}:
                has["demonym"].add(code)
            if "capital" in types or code in ("SG", "MC", "ST"):
                has["capital"].add(code)
        for t in r["tenures"]:
            if t.get("head") and not t.get("to"):
                has["current " + t["head"]].add(t["country"])
        if r["kind"] == "agency":
            has[r["subkind"]].add(code)
            if r.get("portfolio") == "foreign":
                has["foreign ministry"].add(code)
    wanted = ["demonym", "capital", "current head of state", "current head of government", "foreign ministry", "parliament",
              "armed_forces", "central_bank", "court", "police", "intelligence", "news_agency"]
    members = countries.independent
    # Where a president leads the government too, and where the King of the United Kingdom is head of state.
    has["current head of government"] |= {c for c in PRESIDENTIAL if c in has["current head of state"]}
    has["central_bank"] |= MONETARY_UNIONS
    if "GB" in has["current head of state"]:
        has["current head of state"] |= REALMS
    print(f"UN members: {len(members)}")
    for what in wanted:
        missing = sorted(members - has[what])
        print(f"  {what}: {len(members) - len(missing)}" + (f", missing {' '.join(missing)}" if missing else ""))
