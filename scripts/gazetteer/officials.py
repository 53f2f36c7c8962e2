"""officials.jsonl: office holders of every origin, one record a person.

Persons of two sources are one where they share the Wikidata id, or the country and the name: the same key, or one
name's words among the other's (two at least), or the family name and the first day in a leading office.
"""

from collections import defaultdict

from . import person_names
from .official_sources import congress, curated_people, factbook_leaders, executives, uk_ministers, wikidata
from .records import add_alias, add_source, alias, earliest, fold, latest, slug, tokens

BUDGET = 8_300_000


class People:
    """The records so far, found by id and by country and key."""

    def __init__(self):
        self.records, self.by_id, self.by_key, self.by_surname = [], {}, {}, defaultdict(list)

    def find(self, made):
        """The record of the same person, if there is one."""
        if made["id"] and made["id"] in self.by_id:
            return self.by_id[made["id"]]
        countries = {t["country"] for t in made["tenures"]}
        names = [made["name"]] + [a["text"] for a in made["aliases"] if a["type"] not in ("surname", "short")]
        for country in sorted(countries):
            for name in names:
                found = [f for f in self.by_key.get((country, fold(name)), []) if compatible(f, made)]
                if len(found) == 1:
                    return found[0]
                if len(found) > 1:
                    return min(found, key=lambda f: distance(f, made))
        words = set(tokens(made["name"]))
        for country in sorted(countries):
            close = []
            for word in sorted(words):
                for other in self.by_surname[country, word]:
                    theirs = set(tokens(other["name"]))
                    inside = min(len(words), len(theirs)) >= 2 and (words <= theirs or theirs <= words)
                    if inside and other not in close and compatible(other, made) and distance(other, made) < 15:
                        close.append(other)
            if len(close) == 1:
                return close[0]
        heads = [t for t in made["tenures"] if t.get("head") and t.get("from")]
        for tenure in heads:
            for word in sorted(words):
                for other in self.by_surname[tenure["country"], word]:
                    for theirs in other["tenures"]:
                        if theirs.get("head") and theirs.get("from") and near(theirs["from"], tenure["from"]):
                            return other
        return None

    def add(self, made, append_unknown=True):
        """Keeps a person, or joins them to the record that is already there."""
        found = self.find(made)
        if found is None:
            if not append_unknown:
                return None
            if not made["id"]:
                made["id"] = self.free_id(made)
            self.records.append(made)
            found = made
        else:
            if fold(found["name"]) != fold(made["name"]):
                add_alias(found, alias(made["name"], "transliteration"))
            for a in made["aliases"]:
                add_alias(found, a)
            for t in made["tenures"]:
                add_tenure(found, t)
            for source in made["sources"]:
                add_source(found, source)
        self.index(found)
        return found

    def free_id(self, made):
        """An id made from the name, with the country and a number where it is taken."""
        base = f"nom:{slug(made['name'])}"
        for wanted in (base, f"{base}-{made['tenures'][0]['country'].lower()}" if made["tenures"] else base):
            if wanted not in self.by_id:
                return wanted
        number = 2
        while f"{wanted}-{number}" in self.by_id:
            number += 1
        return f"{wanted}-{number}"

    def index(self, made):
        """Makes the record findable under its names and words."""
        self.by_id[made["id"]] = made
        countries = {t["country"] for t in made["tenures"]}
        names = {fold(made["name"])} | {fold(a["text"]) for a in made["aliases"] if a["type"] not in ("surname", "short")}
        for country in countries:
            for key in names:
                bucket = self.by_key.setdefault((country, key), [])
                if made not in bucket:
                    bucket.append(made)
            for word in set(tokens(made["name"])):
                if made not in self.by_surname[country, word]:
                    self.by_surname[country, word].append(made)


def years(made):
    """First and last year of the person's terms, as far as known."""
    starts = [earliest(t["from"])[0] for t in made["tenures"] if t.get("from")]
    ends = [latest(t["to"])[0] for t in made["tenures"] if t.get("to")]
    return (min(starts + ends), max(starts + ends)) if starts + ends else None


def distance(one, other):
    """Years between the two persons' times in office; 0 where they overlap or are unknown."""
    a, b = years(one), years(other)
    if not a or not b:
        return 0
    return max(0, b[0] - a[1], a[0] - b[1])


def compatible(one, other):
    """Whether two records of one name can be one person: their times in office lie less than 25 years apart."""
    return distance(one, other) < 25 and not (one["id"] and other["id"] and one["id"][0] == "Q" == other["id"][0])


def near(one, other):
    """Whether two dates are within about six weeks."""
    a, b = earliest(one), earliest(other)
    return abs((a[0] - b[0]) * 365 + (a[1] - b[1]) * 30 + a[2] - b[2]) <= 45


HEAD_WORDS = {"state": ("president", "king", "queen", "emperor", "sultan", "emir", "amir", "supreme leader", "grand duke", "pope"),
              "government": ("prime minister", "premier", "chancellor", "chief minister", "taoiseach")}


def add_tenure(made, tenure):
    """Adds a term unless the record has it: the same position and country, from dates that agree."""
    for other in made["tenures"]:
        if other["country"] != tenure["country"]:
            continue
        same_office = fold(other["position"]) == fold(tenure["position"]) or (
            other.get("head") and other.get("head") == tenure.get("head"))
        if not same_office:
            continue
        if other.get("from") and tenure.get("from"):
            agree = near(other["from"], tenure["from"]) or other["from"].startswith(tenure["from"]) or tenure["from"].startswith(
                other["from"])
            inside = earliest(other["from"]) <= earliest(tenure["from"]) <= latest(other.get("to"))
        else:
            agree = inside = True
        if agree or inside:
            if len(tenure.get("from") or "") > len(other.get("from") or "") and agree:
                other["from"] = tenure["from"]
            if not other.get("to") and tenure.get("to") and earliest(tenure["to"]) >= earliest(other.get("from")):
                other["to"] = tenure["to"]
            if tenure.get("head"):
                other["head"] = tenure["head"]
            return
    made["tenures"].append(tenure)


def tidy(made):
    """Sorts the terms, latest last, joins those that follow one another without a gap, and picks the country."""
    made["tenures"].sort(key=lambda t: (earliest(t.get("from")), latest(t.get("to")), t["country"], t["position"]))
    joined = []
    for tenure in made["tenures"]:
        last = next((j for j in reversed(joined) if j["position"] == tenure["position"] and j["country"] == tenure["country"]
                     and j.get("organisation") == tenure.get("organisation")), None)
        if last and last.get("to") and tenure.get("from"):
            gap = (earliest(tenure["from"])[0] - latest(last["to"])[0]) * 12 + earliest(tenure["from"])[1] - latest(last["to"])[1]
            if gap <= 3:
                if not tenure.get("to") or latest(tenure["to"]) > latest(last["to"]):
                    last["to"] = tenure.get("to")
                continue
        joined.append(tenure)
    made["tenures"] = joined
    # The country is that of the latest term.
    if made["tenures"]:
        made["country"] = made["tenures"][-1]["country"]


def close_terms(people):
    """Gives a leader's open term an end where a later holder of the same leading office is known."""
    holders = defaultdict(list)
    for person in people:
        for tenure in person["tenures"]:
            if tenure.get("head") and tenure.get("from"):
                holders[tenure["country"], tenure["head"]].append((earliest(tenure["from"]), tenure["from"], person["id"], tenure))
    for terms in holders.values():
        terms.sort(key=lambda t: (t[0], t[2]))
        for (start, _, holder, tenure), (next_start, next_text, next_holder, _) in zip(terms, terms[1:]):
            if not tenure.get("to") and next_holder != holder and next_start > start:
                tenure["to"] = next_text


def build(sources, curated, countries):
    """Official records of every origin, merged, within the size budget: leading and curated ones first."""
    people = People()
    persons = list(wikidata(sources, countries))
    for made in persons:
        people.add(made)
    for source in (executives, congress, uk_ministers, factbook_leaders):
        for made in source(sources, countries):
            people.add(made)
    for made in curated_people(curated, countries):
        people.add(made)
    close_terms(people.records)
    by_country = defaultdict(list)
    for made in people.records:
        tidy(made)
        by_country[made["country"]].append(made["name"])
    given = {c: person_names.given_names(names) for c, names in by_country.items() if c in person_names.SPANISH}
    spanish = person_names.given_names([n for c in given for n in by_country[c]])
    given = {c: spanish for c in given}
    for made in people.records:
        person_names.dress(made, given, variants=made.get("rank", 3) < 3)
    return within_budget([r for r in people.records if r["tenures"]])


def within_budget(people):
    """Drops the lowest ranks (old legislators first) until the file is small enough; the order is a function of the data."""
    from .records import to_line

    sized = sorted(((p.get("rank", 3), -(years(p) or (0, 0))[1], p["id"]), len(to_line(p).encode()) + 1, p) for p in people)
    kept, total = [], 0
    for _, size, person in sized:
        if total + size > BUDGET:
            break
        kept.append(person)
        total += size
    return kept
