"""What records of one kind and country share: the same one twice is joined, what else is shared becomes weak.

`nomenclator gazetteer check` refuses two strong names of one key in one kind and country, so what is left of them, persons
of the same full name, stands in models/gazetteer/ambiguous.tsv with what tells them apart.
"""

from collections import defaultdict
from difflib import SequenceMatcher

from .records import add_alias, add_source, alias, earliest, fold, latest


def key(text):
    """The key of a name as the index has it: an article in front does not count, `&` is a word."""
    words = text.replace("&", " and ").split()
    if len(words) > 1 and words[0].lower() == "the":
        words = words[1:]
    return fold(" ".join(words))


def strong(record):
    """(key, alias or None for the record's own name) of every name that decides alone; acronyms keep their case."""
    if not any(a.get("weak") and a["type"] == "short" and a["text"] == record["name"] for a in record["aliases"]):
        yield key(record["name"]), None
    for a in record["aliases"]:
        if not a.get("weak") and a["type"] != "surname":
            yield a["text"].replace(".", "") if a["type"] == "acronym" else key(a["text"]), a


def same_office(one, other):
    """Whether both came into one office of a country in the same year; seats in a parliament prove nothing."""
    return any(
        a["country"] == b["country"] and fold(a["position"]) == fold(b["position"]) and a.get("from") and b.get("from")
        and a["from"][:4] == b["from"][:4] and not a["position"].startswith(("Member", "Senator", "Deputy of"))
        for a in one["tenures"] for b in other["tenures"]
    )


def overlap(one, other):
    """Whether some terms of two persons overlap in time, or touch within the year."""
    return any(
        earliest(a.get("from"))[0] <= latest(b.get("to"))[0] and earliest(b.get("from"))[0] <= latest(a.get("to"))[0]
        for a in one["tenures"] for b in other["tenures"] if (a.get("from") or a.get("to")) and (b.get("from") or b.get("to"))
    )


def same(one, other):
    """Whether two records that share a strong name are one; two ids of Wikidata need the same office to be."""
    if one["id"][0] == "Q" == other["id"][0]:
        return one["kind"] == "official" and same_office(one, other)
    own = {key(one["name"]), key(other["name"])}
    theirs = {k for k, _ in strong(one)} & {k for k, _ in strong(other)}
    if one["kind"] == "official":
        return bool(own & theirs) and overlap(one, other)
    alike = SequenceMatcher(None, key(one["name"]), key(other["name"])).ratio() > 0.9
    return one["subkind"] == other["subkind"] and (bool(own & theirs) or alike)


def join(kept, other):
    """Gives the names, terms and sources of one record to the other."""
    if key(other["name"]) != key(kept["name"]):
        add_alias(kept, alias(other["name"], "transliteration" if kept["kind"] == "official" else "official"))
    for a in other["aliases"]:
        add_alias(kept, a)
    known = {(fold(t["position"]), t["country"], (t.get("from") or "")[:4]) for t in kept["tenures"]}
    kept["tenures"] += [t for t in other["tenures"] if (fold(t["position"]), t["country"], (t.get("from") or "")[:4]) not in known]
    kept["tenures"].sort(key=lambda t: (earliest(t.get("from")), latest(t.get("to"))))
    for source in other["sources"]:
        add_source(kept, source)


def shared(records):
    """Lists of (record, alias or None) that share a strong name in one country."""
    holders = defaultdict(list)
    for record in records:
        for name, a in strong(record):
            holders[record["country"], name].append((record, a))
    return [found for found in holders.values() if len({id(record) for record, _ in found}) > 1]


def weaken_words(record, words):
    """Makes common words weak that a source gives for names; what a curated table says stays."""
    if "curated" in record["sources"]:
        return
    if key(record["name"]) in words and len(record["name"].split()) == 1:
        add_alias(record, alias(record["name"], "short", weak=True))
    for a in record["aliases"]:
        if a["type"] not in ("acronym", "surname") and key(a["text"].strip('"')) in words and key(a["text"]) != key(record["name"]):
            a["weak"] = True


def settle(records, words):
    """The records without duplicates; aliases that several share, or that are among the common words, are weak.

    A building's name stays strong for the body in it.
    """
    gone = {}
    for found in shared(records):
        ordered = sorted({id(r): r for r, _ in found}.values(), key=lambda r: (r["id"][0] != "Q", r["id"].startswith("nom:"), r["id"]))
        for at, other in enumerate(ordered):
            for kept in ordered[:at]:
                if kept["id"] not in gone and other["id"] not in gone and same(kept, other):
                    join(kept, other)
                    gone[other["id"]] = kept["id"]
    records = [r for r in records if r["id"] not in gone]
    for found in shared(records):
        buildings = [a for _, a in found if a and a["type"] == "metonym"]
        for _, a in found:
            if a and not (len(buildings) == 1 and a is buildings[0]):
                a["weak"] = True
    names = defaultdict(set)
    for r in records:
        names[r["country"], key(r["name"])].add(r["id"])
    for r in records:
        weaken_words(r, words)
        for a in r["aliases"]:
            # In capitals, "AMTRAK" is also how "Amtrak" is written.
            if a["type"] == "acronym" and names.get((r["country"], key(a["text"])), set()) - {r["id"]}:
                a["weak"] = True
    return records
