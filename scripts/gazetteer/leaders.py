"""How well the heads of state and government of the UN's members are covered, year by year."""

from collections import defaultdict

from .check import PRESIDENTIAL, REALMS
from .records import earliest, latest

# Countries whose president led the government for a time only: last year of it, or first and last.
PRESIDENTIAL_ONCE = {"BI": (2000, 2020), "GE": (2000, 2004), "MM": (2011, 2021)}
# Members since 2000, and the year in which Barbados became a republic.
INDEPENDENT_SINCE = {"ME": 2006, "SS": 2011, "TL": 2002}
REALM_UNTIL = {"BB": 2021}
# Nobody held the office: Lebanon's parliament elected no president from October 2022 to January 2025.
VACANT = {("LB", "head of state"): {2023, 2024}}


def gaps(officials, members, first, last):
    """Yields (country, office, years) for each member and leading office: the years of which no term covers a day."""
    terms = defaultdict(list)
    for person in officials:
        for tenure in person["tenures"]:
            if tenure.get("head") and tenure.get("from"):
                terms[tenure["country"], tenure["head"]].append((earliest(tenure["from"])[0], latest(tenure.get("to"))[0]))
    for country in sorted(members):
        for office in ("head of state", "head of government"):
            missing = []
            for year in range(max(first, INDEPENDENT_SINCE.get(country, first)), last + 1):
                own = list(terms[country, office])
                if office == "head of state" and (country in REALMS or year <= REALM_UNTIL.get(country, 0)):
                    own += terms["GB", office]
                once = PRESIDENTIAL_ONCE.get(country, (0, 0))
                if office == "head of government" and (country in PRESIDENTIAL or once[0] <= year <= once[1]):
                    own += terms[country, "head of state"]
                if year not in VACANT.get((country, office), ()) and not any(a <= year <= b for a, b in own):
                    missing.append(year)
            if missing:
                yield country, office, missing


def report(officials, members, first=2000, last=2026, print=print):
    """Prints for how many members both offices are held in every year, and what is missing."""
    missing = list(gaps(officials, members, first, last))
    whole = len(members) - len({country for country, _, _ in missing})
    print(f"heads of state and government in every year {first} to {last}: {whole} of {len(members)} UN members")
    for country, office, years in missing:
        print(f"  {country} {office}: nobody in {' '.join(map(str, years))}")


def confirmed(person):
    """Whether a page, or a row of another source with the same office and dates, confirms a curated person."""
    return any(s.startswith("page:") for s in person["sources"]) or any(
        by - {"curated"} for by in (t.get("by", set()) for t in person["tenures"]) if "curated" in by)


def report_curated(officials, print=print):
    """Prints how many of the curated office holders something else confirms."""
    curated = [p for p in officials if "curated" in p["sources"]]
    rows = sum(confirmed(p) for p in curated)
    pages = sum(any(s.startswith("page:") for s in p["sources"]) for p in officials)
    print(f"curated officials: {len(curated)}, {rows} with an office that a source row or a page confirms; {pages} officials with a page")
