"""agencies.jsonl: curated bodies first, then ministries by country, then what the sources add.

A body from a source joins an earlier record of its country with the same name, else it becomes a record of its own.
"""

import re

from .agency_sources import factbook_forces, factbook_parliaments, intelligence, intergovernmental, ror, united_kingdom, \
    united_states
from .official_sources import AREAS
from .records import add_alias, add_source, alias, expand, fold, record, slug
from .tables import json_lines, rows, tsv

BODY_COLUMNS = ["country", "subkind", "name", "short", "acronyms", "metonyms", "former"]
MINISTRY_COLUMNS = ["country", "portfolio", "name", "short", "acronyms", "metonyms", "former"]


class Agencies:
    """The records so far, found by country and key of a strong name."""

    def __init__(self, countries):
        self.countries, self.records, self.by_key, self.by_acronym, self.ids = countries, [], {}, {}, set()

    def add(self, made, merge=True):
        """Keeps a record, or joins it to the one that has its name in its country. Returns the record that stays."""
        keys = [fold(made["name"])] + [
            fold(a["text"]) for a in made["aliases"]
            if a["type"] in ("official", "short", "former", "transliteration") and not a.get("weak")
        ]
        tried = keys + [fold(n) for n in made.pop("also_known", [])]
        found = None
        if merge:
            # Bodies of many countries sit in one: the sources file them under their seat.
            places = [made["country"]] + (["INT", "EU"] if set(made["sources"]) & {"ror", "internacia", "misp"} else [])
            found = next((f for p in places for k in tried if (f := self.by_key.get((p, k)))), None)
            long_acronyms = [a["text"] for a in made["aliases"] if a["type"] == "acronym" and len(a["text"]) >= 4]
            found = found or next((f for a in long_acronyms if (f := self.by_acronym.get((made["country"], made["subkind"], a)))), None)
        if found:
            if made["id"] in self.ids:
                made["id"] = None
            join(found, made)
            self.ids.add(found["id"])
            made = found
        elif made.pop("only_joins", False):
            return None
        else:
            made["id"] = self.free_id(made)
            self.records.append(made)
        for key in keys:
            self.by_key.setdefault((made["country"], key), made)
        for a in made["aliases"]:
            if a["type"] == "acronym" and len(a["text"]) >= 4 and not a.get("weak"):
                self.by_acronym.setdefault((made["country"], made["subkind"], a["text"]), made)
        return made

    def free_id(self, made):
        """The record's own id, or one made from its name; never one that is taken."""
        wanted = made["id"] or f"nom:{(made['country'] or 'int').lower()}-{slug(made['name'])}"
        number, free = 2, wanted
        while free in self.ids:
            free, number = f"{wanted}-{number}", number + 1
        self.ids.add(free)
        return free

    def known(self, country, *names):
        """The record of that country with one of the names, if there is one."""
        return next((f for n in names if (f := self.by_key.get((country, fold(n))))), None)


def join(kept, other):
    """Adds the other record's names and sources to the kept one, and its id where the kept one has none of weight."""
    if other["name"] != kept["name"]:
        add_alias(kept, alias(other["name"], "official"))
    for a in other["aliases"]:
        add_alias(kept, a)
    for source in other["sources"]:
        add_source(kept, source)
    # Wikidata's and ROR's ids stand above our own slugs.
    if other["id"] and kept["id"].startswith("nom:" if other["id"].startswith("ror:") else ("nom:", "ror:")):
        kept["id"] = other["id"]


def curated_body(row, default_source="curated"):
    """A record of one of the curated tables of bodies."""
    name = row["name"].removesuffix("?")
    made = record("agency", name, row.get("subkind"), row["country"], default_source)
    if name != row["name"]:
        add_alias(made, alias(name, "short", weak=True))
    for column, kind in (("short", "short"), ("acronyms", "acronym"), ("metonyms", "metonym"), ("former", "former")):
        for text in expand(row[column]):
            add_alias(made, alias(text, kind))
    return made


def without_brackets(made, countries):
    """`Ministry of Justice (France)` as `Ministry of Justice of France`, its bare name weak."""
    if made["name"].endswith(")"):
        bare = re.sub(r" \([^)]*\)$", "", made["name"])
        made["name"] = countries.of(bare, made["country"])
        add_alias(made, alias(bare, "short", weak=True))
    return made


def ministries(curated, countries):
    """One record for each country and portfolio, under the country's own names where ministries.tsv gives them."""
    own = {}
    for number, row in rows(curated / "ministries.tsv", MINISTRY_COLUMNS):
        if (row["country"], row["portfolio"]) in own:
            raise ValueError(f"ministries.tsv:{number}: {row['country']} {row['portfolio']} stands there twice")
        own[row["country"], row["portfolio"]] = row
    templates = {r["portfolio"]: r for _, r in rows(curated / "portfolios.tsv", ["portfolio", "name", "short"])}
    sovereign = sorted(countries.independent | {"TW", "XK", "PS", "VA", "HK"})
    for code in sovereign:
        for portfolio, template in templates.items():
            row = own.pop((code, portfolio), None)
            if row and row["name"] == "-":
                continue
            if row:
                made = curated_body(row)
            else:
                made = record("agency", countries.of(template["name"], code), None, code, "curated")
                for text in expand(template["name"] + ";" + template["short"]):
                    add_alias(made, alias(text, "short", weak=True))
                short = next(expand(template["short"]))
                if code in countries.adjective:
                    add_alias(made, alias(f"{countries.adjective[code]} {short}", "short"))
            made["subkind"] = "ministry"
            made["portfolio"] = portfolio
            made["id"] = None if row else f"nom:{code.lower()}-{slug(template['name'])}"
            yield made
    for row in own.values():
        if row["name"] != "-":
            made = curated_body(row)
            made["subkind"] = "ministry"
            yield made


# What nearly every country has under the same bare names; curated/bodies.tsv and the sources give the distinctive ones.
COMMON_BODIES = [
    ("central_bank", "Central Bank", ["Central Bank", "National Bank"]),
    ("court", "Supreme Court", ["Supreme Court"]),
    ("court", "Constitutional Court", ["Constitutional Court"]),
    ("armed_forces", "Armed Forces", ["Armed Forces"]),
    ("armed_forces", "Army", ["Army"]),
    ("armed_forces", "Navy", ["Navy"]),
    ("armed_forces", "Air Force", ["Air Force"]),
    ("armed_forces", "Coast Guard", ["Coast Guard"]),
    ("police", "Police", ["National Police"]),
    ("government", "Government", []),
    ("presidency", "Presidency", ["Presidential Office"]),
    ("agency", "Prosecutor General's Office", ["Prosecutor General's Office", "Prosecutor's Office"]),
    ("agency", "Election Commission", ["Election Commission", "Central Election Commission", "Electoral Commission"]),
]
LACKING = {
    "Central Bank": "AD LI MC MH FM PW NR KI TV AG DM GD KN LC VC BJ BF CI GW ML NE SN TG CM CF TD CG GQ GA",
    "Armed Forces": "CR PA IS LI MC SM VA AD NR TV KI MH FM PW WS VU SB MU DM GD KN LC VC", "Constitutional Court":
    "US GB CA AU NZ IE IN JP CN IL NO SE DK FI IS NL CH GR CY EE MX AR BR NG KE GH BD LK NP SG MY PH AE QA OM SA JM BB TT BS GY AD MC SM VA LI",
    "Presidency": "GB CA AU NZ NO SE DK NL BE ES LU LI MC JP TH KH MY BN BT JO SA QA OM BH KW MA LS SZ TO JM BS BB AG BZ GD KN LC VC PG SB TV "
                  "VA AD CN CU VN LA KP IR AF SM",
}
LANDLOCKED = set("AF AD AM AT AZ BY BT BO BW BF BI CF TD CZ SZ ET HU KZ KG LA LS LI LU MW ML MD MN NP NE MK PY RW SM RS SK SS CH TJ TM UG "
                 "UZ VA ZM ZW XK".split())


# What the titles of a portfolio's ministers say; the portfolio's own name where it is not listed.
TITLES_OF = {"foreign": "foreign|external", "interior": "interior|internal affairs|home affairs", "defence": "defen[cs]e", "labour": "labou?r|employment"}


def ministers_on_record(sources):
    """A function that says whether the Wikidata extract names a minister of a country's portfolio: its ministry is on record then."""
    titles = {}
    for value in json_lines(sources / "officials" / "wikidata_office_holders.jsonl.gz"):
        for kind, position, area, *_ in value["terms"]:
            if kind != "legislators" and area in AREAS and re.match("(federal |cabinet )?(minister|secretary)", position.lower()):
                titles.setdefault(AREAS[area], set()).add(position.lower())

    def holds(country, portfolio):
        pattern = TITLES_OF.get(portfolio, portfolio[:8])
        return any(re.search(pattern, t) for t in titles.get(country, ()))

    return holds


def common_bodies(agencies, sources, countries):
    """`Serbian Army`, `Supreme Court of Nigeria` and the like: a record where the country has none under that name.

    The services are those that the Factbook lists; a coast guard, navy or air force that it does not name is left out.
    """
    services = {countries.by_fips.get(r["gec"]): r["text"] for r in tsv(sources / "factbook" / "factbook_forces.tsv")}
    lacking = {name: set(codes.split()) for name, codes in LACKING.items()}
    for code in sorted((countries.independent | {"TW", "XK", "PS"}) - {"US"}):
        adjective = countries.adjective.get(code)
        subkinds = {r["subkind"] for r in agencies.records if r["country"] == code}
        for subkind, name, bare in COMMON_BODIES:
            group = "Armed Forces" if subkind == "armed_forces" else name
            if code in lacking.get(group, ()) or name in ("Navy", "Coast Guard") and code in LANDLOCKED:
                continue
            if subkind in ("central_bank", "presidency") and subkind in subkinds:
                continue
            words = {"Navy": "Nav(y|al)", "Air Force": "Air", "Coast Guard": "Coast Guard", "Army": "Army|Land|Ground"}.get(name)
            if words and not re.search(words, services.get(code) or ""):
                continue
            full = countries.of(name, code)
            adjectival = f"{adjective} {name}" if adjective else full
            found = agencies.known(code, adjectival, full)
            if found is None and name == "Armed Forces":
                found = agencies.known(code, f"{adjective} military", f"{adjective} army")
            listed = services.get(code) and (words or name == "Armed Forces")
            made = found or record("agency", adjectival if subkind == "armed_forces" else full, subkind, code, "curated")
            if listed:
                add_source(made, "factbook")
            for text in (full, adjectival):
                add_alias(made, alias(text, "short"))
            if name == "Armed Forces":
                add_alias(made, alias(f"{adjective} military", "short"))
            for text in bare:
                add_alias(made, alias(text, "short", weak=True))
            if not found:
                agencies.add(made)


def longer_ministry_name(made, agencies, countries):
    """Lets `Ministry of Health and Family Welfare` meet the country's `Ministry of Health`, where that has no id yet."""
    match = re.match(r"Ministry (?:of|for) (?:the )?(Foreign Affairs|National Defen[cs]e|Defen[cs]e|Interior|Finance|Justice|Health|Education|"
                     r"Agriculture|Energy|Transport|Environment|Labou?r|Culture)\b", made["name"])
    if made["subkind"] == "ministry" and match:
        about = match.group(1).replace("Defense", "Defence").replace("National ", "").replace("Labor", "Labour")
        short = "Ministry of " + ("the Interior" if about == "Interior" else about)
        kept = agencies.known(made["country"], countries.of(short, made["country"]))
        if kept and kept["id"].startswith("nom:"):
            made.setdefault("also_known", []).append(kept["name"])


def weaken_shared(records):
    """Makes names weak that bodies of several countries share; a curated record keeps a name against uncurated ones."""
    holders = {}
    for r in records:
        for a in r["aliases"]:
            if not a.get("weak"):
                key = a["text"] if a["type"] == "acronym" else fold(a["text"])
                holders.setdefault(key, []).append((r, a))
        holders.setdefault(fold(r["name"]), []).append((r, None))
    for shared in holders.values():
        if len({r["country"] for r, _ in shared}) < 2:
            continue
        first = {r["country"] for r, a in shared if "curated" in r["sources"]}
        for r, a in shared:
            if a is not None and (len(first) != 1 or r["country"] not in first):
                a["weak"] = True


def checked_ids(agencies, curated):
    """Gives bodies the pages and Wikidata ids of curated/checked_bodies.tsv. Fails on a body or an id that does not fit."""
    for number, row in rows(curated / "checked_bodies.tsv", ["country", "name", "id", "page"]):
        made = agencies.known(row["country"], row["name"])
        if not made or row["id"] and not re.fullmatch(r"Q\d+", row["id"]) or not row["page"]:
            raise ValueError(f"checked_bodies.tsv:{number}: expected the country and name of a known body, its id or nothing, and a page")
        add_source(made, "page:" + row["page"])
        if not row["id"]:
            continue
        if made["id"].startswith("Q") and made["id"] != row["id"]:
            raise ValueError(f"checked_bodies.tsv:{number}: '{row['name']}' already is {made['id']}")
        other = next((r for r in agencies.records if r["id"] == row["id"] and r is not made), None)
        if other:
            raise ValueError(f"checked_bodies.tsv:{number}: {row['id']} already is '{other['name']}'")
        made["id"] = row["id"]


def build(sources, curated, countries):
    """Agency records of every origin, merged."""
    agencies = Agencies(countries)
    for table in ("intergovernmental.tsv", "bodies.tsv", "news_agencies.tsv"):
        for number, row in rows(curated / table, BODY_COLUMNS):
            made = without_brackets(curated_body(row), countries)
            if agencies.known(row["country"], row["name"]):
                raise ValueError(f"{table}:{number}: {row['country']} already has '{row['name']}'")
            agencies.add(made, merge=False)
    on_record = ministers_on_record(sources)
    for made in ministries(curated, countries):
        if made.get("portfolio") and on_record(made["country"], made["portfolio"]):
            add_source(made, "wikidata")
        agencies.add(without_brackets(made, countries), merge=False)
    for source in (factbook_parliaments, factbook_forces, intelligence, intergovernmental, united_states, united_kingdom, ror):
        for made in source(sources, countries):
            longer_ministry_name(made, agencies, countries)
            agencies.add(made)
    common_bodies(agencies, sources, countries)
    for territory in json_lines(sources / "rigour" / "territories.jsonl"):
        if territory["code"] in ("eu", "un"):
            agencies.known("EU" if territory["code"] == "eu" else "INT", territory["name"])["id"] = territory["qid"]
    checked_ids(agencies, curated)
    weaken_shared(agencies.records)
    return agencies.records
