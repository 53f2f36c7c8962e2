"""Office holders from the sources and the curated tables: one generator of records for each.

`rank` orders them for the size budget: 0 curated and leaders, 1 ministers and other appointed holders since 2008,
2 legislators since 2010 of the countries that English-language news writes about most, 3 ambassadors and older ministers,
4 other legislators. `head` marks terms as head of `head of state` or `head of government`.
"""

import re

import yaml

from .records import DATE, add_alias, alias, record
from .person_names import normal_case
from .tables import comma_separated, json_lines, rows, tsv

MONTHS = {m: f"{n:02}" for n, m in enumerate(
    "January February March April May June July August September October November December".split(), 1)}
MONTHS |= {m[:3]: n for m, n in MONTHS.items()} | {"Sept": "09"}

AREAS = {
    "afghanistan": "AF", "albania-cabinet": "AL", "algeria-cabinet": "DZ", "angola": "AO", "argentina-ministers": "AR",
    "armenia-ministers": "AM", "australia-cabinet": "AU", "austria-cabinet": "AT", "azerbaijan-cabinet": "AZ",
    "bangladesh-ministers": "BD", "belarus-ministers": "BY", "belgium-cabinet": "BE", "bolivia-ministers": "BO",
    "bosnia-herzegovina-ministers": "BA", "brazil-ministers": "BR", "bulgaria-cabinet": "BG", "cameroon": "CM",
    "canada-cabinet": "CA", "chile-ministers": "CL", "china-ministers": "CN", "congo-kinshasa-ministers": "CD",
    "croatia-ministers": "HR", "cuba": "CU", "cyprus-cabinet": "CY", "czech-ministers": "CZ", "denmark-cabinet": "DK",
    "ecuador-ministers": "EC", "egypt-ministers": "EG", "el-salvador-ministers": "SV", "estonia": "EE",
    "ethiopia-ministers": "ET", "finland-cabinet": "FI", "france-cabinet": "FR", "georgia-ministers": "GE",
    "ghana-ministers": "GH", "greece-cabinet": "GR", "hong-kong": "HK", "hungary-cabinet": "HU", "india-ministers": "IN",
    "indonesia-ministers": "ID", "iran-ministers": "IR", "iraq-ministers": "IQ", "ireland-ministers": "IE",
    "israel-ministers": "IL", "italy-ministers": "IT", "japan-ministers": "JP", "jordan-ministers": "JO",
    "kazakhstan-cabinet": "KZ", "kenya": "KE", "kosovo-cabinet": "XK", "kuwait-ministers": "KW", "latvia-cabinet": "LV",
    "lebanon": "LB", "lithuania": "LT", "luhansk-ministers": "UA", "luxembourg-cabinet": "LU", "malaysia-ministers": "MY",
    "mexico-ministers": "MX", "moldova-ministers": "MD", "mongolia-ministers": "MN", "montenegro-cabinet": "ME",
    "morocco-ministers": "MA", "mozambique": "MZ", "myanmar-ministers": "MM", "nepal-ministers": "NP",
    "netherlands-cabinet": "NL", "new-zealand-cabinet": "NZ", "nigeria": "NG", "north-korea": "KP",
    "north-macedonia-ministers": "MK", "norway-cabinet": "NO", "pakistan-ministers": "PK", "paraguay-ministers": "PY",
    "philippines-ministers": "PH", "poland-cabinet": "PL", "portugal-cabinet": "PT", "romania-cabinet": "RO",
    "russia-cabinet": "RU", "saudi-ministers": "SA", "scotland-cabinet": "GB", "senegal-ministers": "SN",
    "serbia-ministers": "RS", "singapore-ministers": "SG", "slovakia-cabinet": "SK", "slovenia-cabinet": "SI",
    "somalia-cabinet": "SO", "south-africa-cabinet": "ZA", "south-korea-ministers": "KR", "south-sudan": "SS",
    "spain-ministers": "ES", "sri-lanka-cabinet": "LK", "sudan": "SD", "sweden-cabinet": "SE", "swiss-federal-council": "CH",
    "syria": "SY", "taiwan": "TW", "tajikistan-ministers": "TJ", "tanzania-ministers": "TZ", "tunisia-ministers": "TN",
    "turkey-ministers": "TR", "turkmenistan": "TM", "uae-ministers": "AE", "ukraine-cabinet": "UA",
    "united-kingdom-cabinet": "GB", "us-cabinet": "US", "uzbekistan-ministers": "UZ", "vietnam": "VN", "wales-cabinet": "GB",
    "world": "INT", "yemen": "YE", "zimbabwe": "ZW",
}

OFTEN_IN_THE_NEWS = set("US GB CA AU NZ IE KR IL UA HK TW RU JP IN FR".split())
HEAD_OF_STATE = {"president", "king", "queen", "emperor", "emir", "monarch", "pope", "sovereign prince", "supreme leader", "federal president", "sultan",
                 "yang di-pertuan agong", "president of the republic", "chairman of the presidential council", "chairman of the presidential leadership council", "co-prince", "captain regent",
                 "member of the presidency", "chairman of the presidency", "chairperson of the presidency", "head of state",
                 "chairman of the transitional sovereignty council", "chairman of the transitional military council", "o le ao o le malo",
                 "chairman of the high council of state", "chairman of the council of state", "chairwoman of the council of state",
                 "chairman of the state peace and development council", "chairman of the state law and order restoration council",
                 "president of yugoslavia", "president of czechoslovakia"}
HEAD_OF_GOVERNMENT = {"prime minister", "premier", "federal chancellor", "chancellor", "taoiseach",
                      "premier of the state council", "president of the government", "minister-president",
                      "chairman of the council of ministers", "chairperson of the council of ministers", "president of the council of ministers",
                      "chairman of the cabinet of ministers", "chairwoman of the council of ministers", "first prime minister", "prime minister of yugoslavia", "head of government",
                      "secretary of state for foreign and political affairs", "minister of state"}


def head_of(position, country):
    """Which of the two leading offices a title means, if any."""
    plain = position.lower().strip()
    if country == "IR" and plain == "president":
        return "head of government"
    if plain in ("secretary of state for foreign and political affairs", "minister of state"):
        return "head of government" if country == {"s": "SM", "m": "MC"}[plain[0]] else None
    if plain == "member of the presidency" and country != "BA" or plain == "head of government" and country in ("AE", "HK", "MO"):
        return None
    return "head of state" if plain in HEAD_OF_STATE else "head of government" if plain in HEAD_OF_GOVERNMENT else None


def term(position, country, start=None, end=None, organisation=None, head=None):
    """One term of office."""
    made = {"position": position, "country": country}
    for field, value in (("organisation", organisation), ("from", start), ("to", end), ("head", head)):
        if value:
            made[field] = value
    if start and end and start[:len(end)] > end[:len(start)]:
        del made["to"]
    return made


REGIONAL = re.compile(
    r"legislative assembly|legislative council|state (senate|assembly|house|deputy)|regional|provincial|council of the|landtag|state deputy|"
    r"municipal|city|county|prefectural|metropolitan|canton|grand council|parliament of (catalonia|wallonia|the b|the f)|flemish|basque|"
    r"cortes of|corts|assembly of (madrid|extrem)|house of assembly$|general assembly$|states-provincial|states of|sami parliament|house of "
    r"delegates|state parliament|quebec|alberta|ontario|manitoba|saskatchewan|british columbia|nova scotia|brunswick|newfoundland|yukon|"
    r"northwest terr|nunavut|prince edward|queensland|victorian|new south wales|tasmanian|south australian|western australian|"
    r"parliamentary assembly|people's political|republika srpska|substitute|observer|special guest|deputy member|temporary member|"
    r"constitutional convention|alaska|massachusetts|new jersey|michigan|member of the state|state representative|"
    r"house of representatives of the federation|region assembly|legislature of|punjab|sindh|khyber|balochistan|pradesh|south tyrol", re.I)


def legislature_position(position):
    """A legislator's title in plain English, without the number of the term."""
    position = re.sub(r"\b(the )?\d+(st|nd|rd|th) (?=(Parliament|Lok Sabha|Riigikogu|National Assembly|Jatiya|Scottish|Senedd))", "the ",
                      position)
    position = re.sub(r"\b(the )?(Twelfth|Thirteenth|Fourteenth|Fifteenth) ", "the ", position)
    position = re.sub(r" of the \d+(st|nd|rd|th) (convocation|Republic)$| of the 4th Republic$", "", position)
    position = position.replace("the the ", "the ")
    position = {
        "United States representative": "Member of the House of Representatives", "United States senator": "Senator",
        "Teachta Dála": "Member of the Dáil", "Knesset member": "Member of the Knesset", "deputy of Saeima": "Member of the Saeima",
        "representative in the Croatian Parliament": "Member of the Croatian Parliament", "Federal deputy": "Member of the Chamber of Deputies",
        "People's Deputy of Ukraine": "Member of the Verkhovna Rada",
    }.get(position, position)
    if position.startswith("federal deputy representing"):
        position = "Member of the Chamber of Deputies"
    return position[0].upper() + position[1:]


TITLES = {"Yang di_pertuan Agong (Monarch)": "Yang di-Pertuan Agong", "King Sultan": "Yang di-Pertuan Agong", "emir": "Emir"}


def wikidata(sources, countries):
    """Persons of the Wikidata extract: appointed offices of any time since 1960, national legislators since 2000."""
    for value in json_lines(sources / "officials" / "wikidata_office_holders.jsonl.gz"):
        names = [n for n in value["names"] if n and not re.fullmatch(r"Q\d+", n) and all(ord(c) < 0x250 or c in "’‘ʻ" or
                                                                                      0x1E00 <= ord(c) < 0x1F00 for c in n)]
        if not names:
            continue
        plain, _, peerage = re.sub(r"\s*[(\[].*$", "", names[0]).partition(", ")
        made = record("official", plain, source="wikidata", id=value["qid"])
        if re.match(r"(Baron|Lord|Lady|Viscount|Earl|Duke)", peerage):
            peerage = re.sub(r"^\d+\w+ ", "", peerage).replace("Baron ", "Lord ", 1)
            add_alias(made, alias(peerage, "transliteration"))
            add_alias(made, alias(peerage.split(" of ")[0], "short"))
        rank = 4
        for kind, position, area, start, end in value["terms"]:
            start, end = (d if DATE.match(d) else "" for d in (start, end))
            country = AREAS.get(area)
            if not country or country not in countries.codes or not position:
                continue
            if end and end < "1960" or start and not end and start < "1950":
                continue
            if kind == "legislators":
                if REGIONAL.search(position) and country not in ("HK", "GB") or area == "china-ministers" and "National People" in position:
                    continue
                if (end or start or "0") < "2000":
                    continue
                position = legislature_position(position)
                order = 2 if country in OFTEN_IN_THE_NEWS and (end or "9999") >= "2010" else 4
            else:
                position = TITLES.get(position, position[0].upper() + position[1:])
                abroad = position.startswith(("Ambassador", "Permanent Representative"))
                order = 3 if abroad or (end or start or "2008") < "2008" else 1
            head = None if kind == "legislators" else head_of(position, country)
            if country in ("US", "BR", "MX") and head == "head of government":
                head = None
            if area in ("scotland-cabinet", "wales-cabinet", "luhansk-ministers", "world"):
                head = None
            made["tenures"].append(term(position, country, start, end, head=head))
            rank = min(rank, 0 if head else order)
        if made["tenures"]:
            for other in names[1:]:
                if not re.search(r"[\[{(,]", other):
                    add_alias(made, alias(other, "transliteration"))
            made["rank"] = rank
            yield made


def us_person(value):
    """A person of the congress-legislators files, under the name the news uses."""
    name = value["name"]
    first = name.get("nickname") or name["first"]
    full = name.get("official_full") or f"{first} {name['last']}"
    wikipedia = re.sub(r"\s*\([^)]*\)", "", value["id"].get("wikipedia", ""))
    made = record("official", wikipedia or re.sub(r",? (Jr|Sr)\.$|,? I{2,3}$", "", full), source="congress-legislators",
                  id=value["id"].get("wikidata"))
    for text in (full, f"{name['first']} {name['last']}", f"{first} {name['last']}"):
        add_alias(made, alias(text, "short"))
    if name.get("middle"):
        add_alias(made, alias(f"{name['first']} {name['middle'][0]}. {name['last']}", "short"))
    add_alias(made, alias(name["last"], "surname"))
    made["rank"] = 0
    return made


def congress(sources, countries):
    """The sitting members of the US Congress with their terms."""
    with open(sources / "officials" / "legislators-current.yaml", encoding="utf-8") as source:
        for value in yaml.load(source, Loader=yaml.CSafeLoader):
            made = us_person(value)
            for t in value["terms"]:
                position = "Senator" if t["type"] == "sen" else "Member of the House of Representatives"
                end = t["end"] if t["end"] < "2026-06" else None
                made["tenures"].append(term(position, "US", t["start"], end))
            yield made


def executives(sources, countries):
    """Presidents and vice-presidents of the United States since 1960."""
    with open(sources / "officials" / "executive.yaml", encoding="utf-8") as source:
        for value in yaml.load(source, Loader=yaml.CSafeLoader):
            terms = [t for t in value["terms"] if t["end"] >= "1960"]
            if not terms:
                continue
            made = us_person(value)
            for t in terms:
                position = "President" if t["type"] == "prez" else "Vice President"
                end = t["end"] if t["end"] < "2026-06" else None
                made["tenures"].append(term(position, "US", t["start"], end, head="head of state" if t["type"] == "prez" else None))
            yield made


def uk_ministers(sources, countries):
    """UK ministers since 1990, under the name of their time in office; peers also under their own name."""
    folder = sources / "officials" / "uk_ministers"
    posts = {p["id"]: p for p in comma_separated(folder / "post.csv")}
    organisations = {o["id"]: o["name"] for o in comma_separated(folder / "organisation.csv")}
    names, terms = {}, {}
    for person in comma_separated(folder / "person.csv"):
        names.setdefault(person["id"], []).append(person)
    for a in comma_separated(folder / "appointment.csv"):
        if not a["end_date"] or a["end_date"] >= "1990":
            terms.setdefault(a["person_id"], []).append(a)
    for person, appointments in sorted(terms.items()):
        known = [n for n in names.get(person, []) if n["display_name"]]
        if not known:
            continue
        titled = re.compile(r"^(Lord|Lady|Baroness|Viscount|Earl|Sir|Dame|The )")
        plain = [n for n in known if not titled.match(n["display_name"])] or known
        made = record("official", re.sub(r"^(Sir|Dame) ", "", plain[-1]["display_name"]), source="ifg")
        for n in known:
            add_alias(made, alias(n["display_name"], "short"))
        made["rank"] = 1
        for a in appointments:
            post = posts[a["post_id"]]
            title = post["display_name"] or post["name"]
            head = "head of government" if title == "Prime Minister" else None
            if head:
                made["rank"] = 0
            made["tenures"].append(term(title, "GB", a["start_date"] or None, a["end_date"] or None,
                                        organisations.get(post["organisation_id"]), head))
        yield made


REGENTS = re.compile(r"Captain Regents? ([^;()]+?) and (?:Captain Regent )?([^;()]+?) \(for the period (.*?) ?- ?(\d+ \w+ \d{4})\)")


def captains_regent(text, edition):
    """San Marino's two heads of state with their half-year, which some editions give without the first date's year."""
    match = REGENTS.search(text.replace("Captains Regent", "Captain Regent"))
    for name in match.groups()[:2] if match else ():
        start, end = match.group(3), match.group(4)
        if not re.search(r"\d{4}$", start):
            year = int(end[-4:])
            start += f" {year - 1 if 'October' in start and 'October' not in end else year}"
        made = record("official", " ".join(normal_case(w) for w in name.split()), source="factbook")
        made["tenures"].append(term("Captain Regent", "SM", iso_date(start.strip()), iso_date(end.strip()), head="head of state"))
        made["rank"] = 0
        made["doubtful_name"] = bool(edition and edition >= "2018")
        yield made


LEADER = re.compile(
    r"(?P<title>(?:(?:Acting|Interim|Transition(?:al)?|Caretaker|First|Supreme|State|Vice|Deputy|Crown|Prime|Chief|Federal|Grand|General|"
    r"President|Minister|King|Queen|Emperor|Sultan|Amir|Emir|Prince|Princess|Duke|Pope|Chancellor|Premier|Taoiseach|Leader|Chairman|"
    r"Chairperson|Chairwoman|Governor|Executive|of|the|and|Government|Presidency|Council|Ministers|Cabinet|Republic|Swiss|Confederation|"
    r"Affairs|Commission|Presidential|Captain|Administrator|Taliban|GNU|CNSP|Transitional|Head|\(Prime|Minister\)|Spain|\(prime|"
    r"minister-equivalent\)|\(Prime|Minister-equivalent\)|Foreign|Military|Junta|Secretary|for|Political)\s+)*)"
    r"(?P<name>[^;:()]{3,70}?)\s*\((?:[^()]*?)since (?P<date>(?:\d{1,2} )?(?:[A-Z][a-z]+ )?\d{4})[^()]*\)")
RANKS = re.compile(r"^(?:(?:Dr|Gen|Lt|Col|Capt|Maj|Sr|Brig|Adm|Sir|Dame|Hon|Prof|Eng|Ing|Ret|Field Marshal|General|Colonel|Captain|Major|"
                   r"Lieutenant|Marshal|Ayatollah|Hojjat-ol-Eslam|Sheikh|Shaykh|Archbishop|Sultan|Ratu|Tuanku|Dato|Datuk|Lieutenant General|"
                   r"Brigadier General|Major General|Army General|Admiral|Commodore|Air Vice-Marshal|Right Honourable|HRH|Prince|Princess|King|"
                   r"Queen|His Highness)\.?,? )+")
MONARCHS = {"King", "Queen", "Emperor", "Sultan", "Amir", "Emir", "Prince", "Grand Duke", "Pope"}


def iso_date(text):
    """`12 December 2019`, `April 2018` or `1997` as a partial date; None for anything else."""
    parts = text.split()
    if len(parts) == 3 and parts[1] in MONTHS:
        return f"{parts[2]}-{MONTHS[parts[1]]}-{int(parts[0]):02}"
    if len(parts) == 2 and parts[0] in MONTHS:
        return f"{parts[1]}-{MONTHS[parts[0]]}"
    return parts[0] if len(parts) == 1 else None


def factbook_leaders(sources, countries):
    """Heads of state and government of the World Factbook's last and archived editions, 2000 to 2026."""
    folder = sources / "factbook"
    entries = [(r["gec"], r["office"], r["text"], None) for r in tsv(folder / "factbook_leaders.tsv")]
    entries += [(r["code"].lower(), r["office"], r["text"], r["first_edition"]) for r in tsv(folder / "factbook_archive_leaders.tsv")]
    for gec, office, text, edition in entries:
        code = countries.by_fips.get(gec)
        if code not in countries.name:
            continue
        head = "head of state" if office == "chief of state" else "head of government"
        if code == "SM" and head == "head of state":
            yield from captains_regent(text, edition)
            continue
        text = re.split(r"; note|\| ?note| represented by", text)[0]
        # Only the first person of an entry holds the office; deputies follow.
        for match in filter(None, [LEADER.search(text.split(";")[0] + ";")]):
            name, title = match.group("name").strip(" ,"), match.group("title").strip()
            name = re.sub(r"[,;]? also spelled.*|\".*?\" |“.*?” | of (the Netherlands|Denmark|Norway|China)$", "", name).strip(" ,")
            name = RANKS.sub("", name.removeprefix(countries.name[code]).split(", aka ")[0].strip())
            if re.search(r"\b(President|Minister|Council|Governor|Commissioner|Chief|and|Assembly|Head|the|Chairman|Mayor|Lord|Captains?)\b", name):
                continue
            date = iso_date(match.group("date"))
            upper = [w for w in re.split(r"\s+", name) if len(re.sub(r"[^\w]", "", w)) > 1 and re.sub(r"[-'’.]", "", w).isupper()]
            partly = [w for w in name.split() if re.match(r"^[A-ZÀ-Þ][A-ZÀ-Þ'’]+-", w) or re.search(r"-[A-ZÀ-Þ]{3,}", w)]
            if not (upper or partly) or len(name.split()) > 8 or "vacant" in name or not date:
                continue
            # The archive's later editions lost the letters with diacritics ("Fran ois"): good for dates, not for names.
            doubtful = bool(edition and edition >= "2018")
            if code in ("HK", "MO") and "Xi" in normal_case(name).title() or re.search(r"CHARLES III|ELIZABETH II", name) and code != "GB":
                continue
            if re.search(r"MACRON|CHIRAC|SARKOZY|HOLLANDE|TRUMP|BIDEN|OBAMA|BUSH|CLINTON|WILLEM|BEATRIX|MARGRETHE|FREDERIK|HARALD|XI Jin|HU Jin|"
                         r"JIANG Ze", name) and code in ("PF", "NC", "WF", "PM", "MF", "BL", "AD", "TF", "YT", "GP", "AS", "GU", "MP", "PR", "VI",
                                                         "AW", "CW", "SX", "AN", "FO", "GL", "SJ", "HK", "MO"):
                continue
            words = [normal_case(w) for w in name.split()]
            plain = " ".join(words)
            family = [normal_case(w) for w in name.split() if w in upper or w in partly]
            # The Factbook capitalises the whole of names that have no family name.
            made = record("official", plain, source="factbook")
            family_text = " ".join(family)
            regnal = any(re.fullmatch(r"[IVX]+\.?", w) for w in name.split())
            if family_text and family_text != plain and not regnal and title.split(" ")[0] not in MONARCHS:
                if words[-1] != family_text:
                    add_alias(made, alias(family_text, "surname"))
            position = title or ("President" if head == "head of state" else "Prime Minister")
            position = re.sub(r"\s*\(.*| (of|of the|and)$", "", position).strip()
            position = re.sub(r"^(GNU|CNSP|Taliban) ", "", position)
            position = TITLES.get(position, position) or ("President" if head == "head of state" else "Prime Minister")
            # A president who also leads the government has one term, as head of state.
            if position == "President" and head == "head of government" and code != "IR":
                head = "head of state"
            tenures = [term(position, code, date, head=head)]
            made["tenures"] = tenures
            made["rank"] = 0
            if doubtful and (re.search(r"(^| )\w{1,2}( |$)", plain) or any(w[0].islower() for w in words)):
                continue
            made["doubtful_name"] = doubtful
            if title.split(" ")[0] in MONARCHS:
                add_alias(made, alias(f"{title} {plain}", "short"))
            yield made


PEOPLE_COLUMNS = ["name", "country", "terms", "surname", "aliases", "seen"]


def curated_people(curated, countries):
    """The hand-made tables of curated/officials*.tsv.

    `terms` holds `position[ @ organisation] | from..to` parts, separated by `;`; a term in another country than the row's
    starts with its code and a colon.
    """
    for path in sorted(curated.glob("officials*.tsv")):
        for number, row in rows(path, PEOPLE_COLUMNS):
            made = record("official", row["name"], source="curated")
            made["rank"] = 0
            for part in filter(None, (p.strip() for p in row["terms"].split(";"))):
                office, _, span = (p.strip() for p in part.partition("|"))
                country = row["country"]
                if re.match(r"^[A-Z]{2,3}: ", office):
                    country, _, office = office.partition(": ")
                office, _, organisation = (p.strip() for p in office.partition("@"))
                start, dots, end = (p.strip() for p in span.partition(".."))
                if not office or span and not dots:
                    raise ValueError(f"{path.name}:{number}: '{part}' is not 'position | from..to'")
                made["tenures"].append(term(office, country, start or None, end or None, organisation or None,
                                            None if organisation or country in ("INT", "EU") else head_of(office, country)))
            for text in filter(None, (s.strip() for s in row["surname"].split(";"))):
                add_alias(made, alias(text, "surname"))
            for text in filter(None, (s.strip() for s in row["aliases"].split(";"))):
                kind = "acronym" if re.fullmatch(r"[A-Z]{3,4}", text) else "transliteration"
                add_alias(made, alias(text, kind, seen=row["seen"] or None))
            if row["seen"]:
                made["seen"] = row["seen"]
            if not made["tenures"]:
                raise ValueError(f"{path.name}:{number}: no term")
            yield made


CHECKED_COLUMNS = ["name", "country", "id", "position", "from", "to", "page"]


def checked(curated, countries):
    """Office holders read on a public page or in a public data set, with the page: curated/checked.tsv."""
    for number, row in rows(curated / "checked.tsv", CHECKED_COLUMNS):
        if not row["page"] or not row["position"] or row["id"] and not re.fullmatch(r"Q\d+", row["id"]):
            raise ValueError(f"checked.tsv:{number}: expected name, country, Wikidata id or nothing, position, from, to, page")
        made = record("official", row["name"], source="page:" + row["page"], id=row["id"] or None)
        made["rank"] = 0
        office, _, organisation = (p.strip() for p in row["position"].partition("@"))
        made["tenures"].append(term(office, row["country"], row["from"] or None, row["to"] or None, organisation or None,
                                    None if organisation or row["country"] in ("INT", "EU") else head_of(office, row["country"])))
        yield made
