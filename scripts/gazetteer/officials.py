"""officials.jsonl: office holders of every origin, one record a person.

Persons of two sources are one where they share the Wikidata id, or the country and the name: the same key, or one
name's words among the other's (two at least), or the family name and the first day in a leading office.
"""

import re
from collections import defaultdict
from difflib import SequenceMatcher

from . import person_names
from .official_sources import checked, congress, curated_people, factbook_leaders, executives, uk_ministers, wikidata
from .records import add_alias, add_source, alias, earliest, fold, latest, slug, to_line

# Bytes of officials.jsonl unless the command line says otherwise: the three files stay within 13 MB.
BUDGET = 9_400_000


EU_MEMBERS = "AT BE BG CY CZ DE DK EE ES FI FR GB GR HR HU IE IT LT LU LV MT NL PL PT RO SE SI SK".split()


class People:
    """The records so far, found by id and by country and key."""

    def __init__(self):
        self.records, self.by_id, self.by_key = [], {}, {}
        self.by_surname, self.leaders, self.offices = defaultdict(list), defaultdict(list), defaultdict(list)

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
        # A commissioner was somebody at home before: the one person of that name among the members' office holders.
        if countries == {"EU"}:
            home = {f["id"]: f for c in EU_MEMBERS for f in self.by_key.get((c, fold(made["name"])), []) if compatible(f, made)}
            if len(home) == 1:
                return next(iter(home.values()))
        words = set(person_names.plain_tokens(made["name"]))
        for country in sorted(countries):
            close = []
            for word in sorted(words):
                for other in self.by_surname[country, word]:
                    if (other not in close and within(whole_words(made["name"], country), whole_words(other["name"], country))
                            and compatible(other, made) and distance(other, made) < 15):
                        close.append(other)
            close = [c for c in close if not succeeded(c, made)]
            if len(close) > 1:
                close = [c for c in close if shares_office(c, made)]
            if len(close) == 1:
                return close[0]
        return self.same_office(made) or self.same_leader(made)

    def same_office(self, made):
        """Who took the same portfolio of the country within weeks, under a name that shares a word with this one."""
        words = set(person_names.plain_tokens(made["name"]))
        for tenure in made["tenures"]:
            about = portfolio(tenure["position"])
            if not about or len(tenure.get("from") or "") < 7:
                continue
            found = {
                other["id"]: other for other, theirs in self.offices[tenure["country"], about]
                if theirs.get("from") and near(theirs["from"], tenure["from"])
                and words & set(person_names.plain_tokens(other["name"])) - {"bin", "de", "von", "van"}
                and likeness(other, made) > (0.75 if tenure["country"] in GIVEN_NAME_LAST else 0.6)
            }
            if len(found) == 1:
                return next(iter(found.values()))
        return None

    def same_leader(self, made):
        """A leader of the country who took a leading office within weeks of this one, under a name much like it."""
        best, best_likeness = None, 0.6
        for tenure in made["tenures"]:
            if not (tenure.get("head") and tenure.get("from")):
                continue
            for other, theirs in self.leaders[tenure["country"]]:
                brief = theirs.get("to") and theirs.get("from") and near(theirs["from"], theirs["to"])
                if theirs.get("from") and not brief and theirs["head"] == tenure["head"] and near(theirs["from"], tenure["from"]):
                    alike = likeness(other, made)
                    if set(person_names.plain_tokens(made["name"])) & set(person_names.plain_tokens(other["name"])):
                        alike += 0.2
                    if alike > best_likeness:
                        best, best_likeness = other, alike
        return best

    def add(self, made):
        """Keeps a person, or joins them to the record that is already there."""
        for t in made["tenures"]:
            t.setdefault("by", set(made["sources"]))
        found = self.find(made)
        doubtful = made.pop("doubtful_name", False)
        if found is None:
            if doubtful:
                return None
            if not made["id"]:
                made["id"] = self.free_id(made)
            self.records.append(made)
            found = made
        else:
            found["rank"] = min(found.get("rank", 4), made.get("rank", 4))
            if made["id"] and found["id"].startswith("nom:") and made["id"][0] == "Q":
                self.by_id.pop(found["id"], None)
                found["id"] = made["id"]
            if not doubtful:
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
            for word in set(person_names.plain_tokens(made["name"])):
                if made not in self.by_surname[country, word]:
                    self.by_surname[country, word].append(made)
        for tenure in made["tenures"]:
            if tenure.get("head") and not any(t is tenure for _, t in self.leaders[tenure["country"]]):
                self.leaders[tenure["country"]].append((made, tenure))
            about = portfolio(tenure["position"])
            if about and not any(t is tenure for _, t in self.offices[tenure["country"], about]):
                self.offices[tenure["country"], about].append((made, tenure))


def likeness(one, other):
    """How alike the two persons' names are, from 0 to 1."""
    names = [one["name"]] + [a["text"] for a in one["aliases"] if a["type"] == "transliteration"]
    return max(SequenceMatcher(None, fold(n), fold(other["name"])).ratio() for n in names)


def shares_office(one, other):
    """Whether both held the same portfolio or leading office from about the same day."""
    return any(
        a["country"] == b["country"] and a.get("from") and b.get("from") and near(a["from"], b["from"])
        and (fold(a["position"]) == fold(b["position"]) or portfolio(a["position"]) and portfolio(a["position"]) == portfolio(b["position"]))
        for a in one["tenures"] for b in other["tenures"]
    )


# Where the family name comes first: a syllable of a given name that two persons share says nothing.
GIVEN_NAME_LAST = {"KR", "KP", "CN", "TW", "HK", "VN"}


def whole_words(name, country):
    """The folded words of a name; those that a hyphen joins are one where the family name comes first: Cho Hun-hyun is no Cho Hyun."""
    return person_names.plain_tokens(name.replace("-", "") if country in GIVEN_NAME_LAST else name)


def follows(end, start):
    """Whether a term from `start` begins where one to `end` ends, as exactly as the dates are known."""
    return bool(end and start) and (near(end, start) or min(len(end), len(start)) == 4 and end[:4] == start[:4])


def succeeded(one, other):
    """Whether one of two persons with other first names took a leading office over from the other: a son from his father."""
    first = {person_names.plain_tokens(p["name"])[0] for p in (one, other)}
    return len(first) == 2 and any(
        a["country"] == b["country"] and a.get("head") and a.get("head") == b.get("head")
        and (follows(a.get("to"), b.get("from")) or follows(b.get("to"), a.get("from")))
        for a in one["tenures"] for b in other["tenures"])


def within(one, other):
    """Whether the words of one name are all among the other's, two of them at least; an initial stands for a word."""
    def covered(small, large):
        # "Abdullah bin Abdulaziz" is not "Abdullah bin Bandar bin Abdulaziz": fathers' names count in their order.
        if "bin" in small:
            return large[:len(small)] == small
        # Each word once: in "Sabah al-Ahmad al-Sabah" the given name is no other man's family name.
        left = list(large)
        for word in small:
            match = next((o for o in left if o == word or len(word) == 1 and o.startswith(word)), None)
            if match is None:
                return False
            left.remove(match)
        return True

    return len(set(one) & set(other)) >= 2 and (covered(one, other) or covered(other, one))


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


PORTFOLIOS = ("foreign", "external affairs", "defen", "interior", "internal affairs", "home affairs", "finance", "treasury", "justice",
              "health", "education", "econom", "energy", "transport", "environment", "agricultur", "labo", "trade", "commerce", "oil",
              "petroleum", "intelligence", "security", "unification", "culture", "information", "united nations", "united states")


def portfolio(position):
    """What a minister's or ambassador's title is about, so that two wordings of one office meet; None for other titles."""
    lowered = position.lower()
    if not lowered.startswith(("minister", "secretary", "ambassador", "permanent representative", "federal minister", "cabinet secretary")):
        return None
    rank = "ambassador" if lowered.startswith(("ambassador", "permanent")) else "minister"
    return next(((rank, p) for p in PORTFOLIOS if p in lowered), None)


def add_tenure(made, tenure):
    """Adds a term unless the record has it: the same position and country, from dates that agree."""
    for other in made["tenures"]:
        if other["country"] != tenure["country"]:
            continue
        same_office = fold(other["position"]) == fold(tenure["position"]) or (
            other.get("head") and other.get("head") == tenure.get("head")) or (
            portfolio(tenure["position"]) and portfolio(other["position"]) == portfolio(tenure["position"])
            and other.get("from") and tenure.get("from") and near(other["from"], tenure["from"]))
        if not same_office:
            continue
        if other.get("from") and tenure.get("from"):
            agree = near(other["from"], tenure["from"]) or other["from"].startswith(tenure["from"]) or tenure["from"].startswith(
                other["from"])
            # A term that begins as the other ends is the next one.
            inside = earliest(other["from"]) <= earliest(tenure["from"]) < latest(other.get("to"))
        else:
            agree = inside = True
        if agree or inside:
            other.setdefault("by", set()).update(tenure.get("by", ()))
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
                last.setdefault("by", set()).update(tenure.get("by", ()))
                if not tenure.get("to") or latest(tenure["to"]) > latest(last["to"]):
                    last["to"] = tenure.get("to")
                continue
        joined.append(tenure)
    made["tenures"] = joined
    # The country is that of the latest term.
    if made["tenures"]:
        made["country"] = made["tenures"][-1]["country"]


# Several persons hold the leading office at once.
COLLEGIAL = {("AD", "head of state"), ("BA", "head of state"), ("SM", "head of state")}


# Ministries that one minister heads: a successor's start ends an open term.
SINGLE = [(name, re.compile(r"(federal |cabinet )?(minister|secretary|secretary of state) (of|for) (the )?" + about + "( and .*)?"))
          for name, about in [("foreign", "(europe and )?(foreign|external) (affairs|relations)"), ("defence", "(national )?defen[cs]e"),
                              ("interior", "(interior|internal affairs|home affairs)"), ("finance", "(economy and )?finance")]]


def single_office(tenure):
    """The leading office or ministry of a term that has one holder at a time; None for others."""
    if tenure.get("head"):
        return None if (tenure["country"], tenure["head"]) in COLLEGIAL else tenure["head"]
    # Two governments, or bodies of many countries.
    if tenure["country"] in ("YE", "LY", "MM", "EU", "INT"):
        return None
    return next((name for name, title in SINGLE if title.fullmatch(tenure["position"].lower())), None)


def close_terms(people):
    """Gives the open term of a leader or leading minister an end where a later holder of the same office is known."""
    holders = defaultdict(list)
    for person in people:
        for tenure in person["tenures"]:
            office = single_office(tenure)
            if office and tenure.get("from"):
                holders[tenure["country"], office].append((earliest(tenure["from"]), tenure["from"], person["id"], tenure))
    for terms in holders.values():
        terms.sort(key=lambda t: (t[0], t[2]))
        for (start, _, holder, tenure), (next_start, next_text, next_holder, _) in zip(terms, terms[1:]):
            # Two records a few weeks apart may be one minister under two spellings; a holder's own next term ends the first too.
            if not tenure.get("to") and next_start > start and (
                    tenure.get("head") or next_holder == holder or not near(tenure["from"], next_text)):
                tenure["to"] = next_text


def build(sources, curated, countries, budget=BUDGET):
    """Official records of every origin, merged, within the size budget: leading and curated ones first."""
    people = People()
    persons = list(wikidata(sources, countries))
    for made in persons:
        people.add(made)
    pages = list(checked(curated, countries))
    for made in pages:
        if made["id"]:
            people.add(made)
    for source in (executives, congress, uk_ministers):
        for made in source(sources, countries):
            people.add(made)
    # The curated spellings first: they tell that the Factbook's "Benyamin Netanyahu" is somebody known.
    for made in curated_people(curated, countries):
        people.add(made)
    # A page without an id comes after the tables, which know who of an organisation held an office at home.
    for made in pages:
        if not made["id"]:
            people.add(made)
    for made in factbook_leaders(sources, countries):
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
        person_names.dress(made, given, variants=made.get("rank", 4) < 2)
    return within_budget([r for r in people.records if r["tenures"]], budget)


def within_budget(people, budget):
    """Drops the lowest ranks (old legislators first) until the file is small enough; the order is a function of the data."""
    sized = sorted(((p.get("rank", 4), -(years(p) or (0, 0))[1], p["id"]), len(to_line(p).encode()) + 1, p) for p in people)
    kept, total = [], 0
    for _, size, person in sized:
        if total + size > budget:
            break
        kept.append(person)
        total += size
    return kept
