"""agencies.jsonl: curated bodies first, then ministries by country, then what the sources add.

A body from a source joins an earlier record of its country with the same name, else it becomes a record of its own.
"""

import re

from .agency_sources import factbook_forces, factbook_parliaments, intelligence, intergovernmental, ror, united_kingdom, \
    united_states
from .records import add_alias, add_source, alias, expand, fold, record, slug
from .tables import rows

BODY_COLUMNS = ["country", "subkind", "name", "short", "acronyms", "metonyms", "former"]
MINISTRY_COLUMNS = ["country", "portfolio", "name", "short", "acronyms", "metonyms", "former"]
WITH_ARTICLE = {"GB", "US", "NL", "PH", "AE", "BS", "GM", "MV", "KM", "MH", "SB", "CZ", "CF", "DO", "CG", "CD", "KY", "FK"}


class Agencies:
    """The records so far, found by country and key of a strong name."""

    def __init__(self, countries):
        self.countries, self.records, self.by_key, self.ids = countries, [], {}, set()

    def add(self, made, merge=True):
        """Keeps a record, or joins it to the one that has its name in its country. Returns the record that stays."""
        keys = [fold(made["name"])] + [
            fold(a["text"]) for a in made["aliases"]
            if a["type"] in ("official", "short", "former", "transliteration") and not a.get("weak")
        ]
        found = next((f for k in keys if (f := self.by_key.get((made["country"], k)))), None) if merge else None
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
    if other["id"] and kept["id"] and kept["id"].startswith("nom:"):
        kept["id"] = other["id"]


def curated_body(row, default_source="curated"):
    """A record of one of the curated tables of bodies."""
    made = record("agency", row["name"], row.get("subkind"), row["country"], default_source)
    for column, kind in (("short", "short"), ("acronyms", "acronym"), ("metonyms", "metonym"), ("former", "former")):
        for text in expand(row[column]):
            add_alias(made, alias(text, kind))
    return made


def of_country(name, code, countries):
    """`Ministry of Finance` as `Ministry of Finance of the Netherlands`."""
    country = countries.name[code]
    return f"{name} of {'the ' if code in WITH_ARTICLE else ''}{country}"


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
                made = record("agency", of_country(template["name"], code, countries), None, code, "curated")
                for text in expand(template["name"] + ";" + template["short"]):
                    add_alias(made, alias(text, "short", weak=True))
                short = next(expand(template["short"]))
                if code in countries.adjective:
                    add_alias(made, alias(f"{countries.adjective[code]} {short}", "short"))
            made["subkind"] = "ministry"
            made["portfolio"] = portfolio
            made["id"] = f"nom:{code.lower()}-ministry-of-{portfolio}" if not row else None
            yield made
    for row in own.values():
        if row["name"] != "-":
            made = curated_body(row)
            made["subkind"] = "ministry"
            yield made


# What every country has under the same bare names; curated/bodies.tsv and the sources give the distinctive ones.
COMMON_BODIES = [
    ("central_bank", "Central Bank", ["Central Bank", "National Bank"]),
    ("court", "Supreme Court", ["Supreme Court"]),
    ("court", "Constitutional Court", ["Constitutional Court"]),
    ("armed_forces", "Armed Forces", ["Armed Forces"]),
    ("armed_forces", "Army", ["Army"]),
    ("armed_forces", "Navy", ["Navy"]),
    ("armed_forces", "Air Force", ["Air Force"]),
    ("armed_forces", "Coast Guard", ["Coast Guard"]),
    ("police", "Police", ["National Police", "Federal Police"]),
    ("government", "Government", []),
    ("parliament", "Parliament", ["Parliament"]),
    ("presidency", "Presidency", ["Presidential Office", "Presidential Palace"]),
    ("agency", "Prosecutor General's Office", ["Prosecutor General's Office", "General Prosecutor's Office"]),
    ("agency", "Election Commission", ["Election Commission", "Central Election Commission", "Electoral Commission"]),
]
NO_ARMY = {"CR", "PA", "IS", "LI", "MC", "SM", "VA", "AD", "NR", "TV", "KI", "MH", "FM", "PW", "WS", "VU", "SB", "MU", "DM",
           "GD", "KN", "LC", "VC", "HK"}
LANDLOCKED = {"AF", "AD", "AM", "AT", "AZ", "BY", "BT", "BO", "BW", "BF", "BI", "CF", "TD", "CZ", "SZ", "ET", "HU", "KZ", "KG",
              "LA", "LS", "LI", "LU", "MW", "ML", "MD", "MN", "NP", "NE", "MK", "PY", "RW", "SM", "RS", "SK", "SS", "CH", "TJ",
              "TM", "UG", "UZ", "VA", "ZM", "ZW", "XK"}


def common_bodies(agencies, countries):
    """`Serbian Army`, `Supreme Court of Nigeria` and the like: a record where the country lacks one under that name."""
    for code in sorted(countries.independent | {"TW", "XK", "PS"}):
        adjective = countries.adjective.get(code)
        subkinds = {r["subkind"] for r in agencies.records if r["country"] == code}
        for subkind, name, bare in COMMON_BODIES:
            if subkind == "armed_forces" and code in NO_ARMY or name in ("Navy", "Coast Guard") and code in LANDLOCKED:
                continue
            if subkind in ("central_bank", "presidency") and subkind in subkinds or name == "Presidency" and code in ("GB",):
                continue
            full = of_country(name, code, countries)
            adjectival = f"{adjective} {name}" if adjective else full
            found = agencies.known(code, adjectival, full)
            if found is None and name == "Armed Forces" and "armed_forces" in subkinds:
                found = agencies.known(code, f"{adjective} military", f"{adjective} army")
            if found is None and name == "Parliament" and "parliament" in subkinds:
                continue
            made = record("agency", adjectival if subkind == "armed_forces" else full, subkind, code, "curated")
            if found:
                made = found
            add_alias(made, alias(full, "short"))
            add_alias(made, alias(adjectival, "short"))
            if name == "Armed Forces":
                add_alias(made, alias(f"{adjective} military", "short"))
            for text in bare:
                add_alias(made, alias(text, "short", weak=True))
            if not found:
                agencies.add(made)


def build(sources, curated, countries):
    """Agency records of every origin, merged."""
    agencies = Agencies(countries)
    for table in ("intergovernmental.tsv", "bodies.tsv", "news_agencies.tsv"):
        for number, row in rows(curated / table, BODY_COLUMNS):
            made = curated_body(row)
            if agencies.known(row["country"], row["name"]):
                raise ValueError(f"{table}:{number}: {row['country']} already has '{row['name']}'")
            agencies.add(made, merge=False)
    for made in ministries(curated, countries):
        if made["name"].endswith(")"):
            bare = re.sub(r" \([^)]*\)$", "", made["name"])
            made["name"] = of_country(bare, made["country"], countries)
            add_alias(made, alias(bare, "short", weak=True))
        agencies.add(made, merge=False)
    for source in (factbook_parliaments, factbook_forces, intelligence, intergovernmental, united_states, united_kingdom, ror):
        for made in source(sources, countries):
            agencies.add(made)
    common_bodies(agencies, countries)
    return agencies.records
