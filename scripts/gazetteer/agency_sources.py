"""Bodies of state from the sources: one generator of records for each."""

import json
import re
from collections import Counter
from difflib import SequenceMatcher

from .records import add_alias, alias, fold, record
from .tables import json_lines, tsv


def latin(text):
    """Whether the name is written in Latin letters."""
    return all(ord(c) < 0x250 or c in "–—’‘" for c in text)


def named(code, name, countries):
    """Whether the name says which country's body it is."""
    words = [countries.name.get(code, ""), countries.adjective.get(code, "")]
    return any(w and fold(w) in fold(name) for w in words)


GENERIC_CHAMBERS = re.compile(
    r"^(the )?(parliament|national assembly|senate|house of (representatives|assembly|commons|lords)|chamber of (deputies|senators)|"
    r"national (council|congress|parliament)|congress( of the republic)?|(federal|legislative|general|parliamentary) assembly|"
    r"legislature|federal (council|parliament|senate)|council of (states|representatives)|diet|shura council|state council|upper house|"
    r"assembly( of the republic)?|legislative council|people's assembly|territorial (council|assembly)|island council|"
    r"house of the people|majlis|house of people'?s|council|general council|council of the republic|national legislature)$", re.I)


def factbook_parliaments(sources, countries):
    """Legislatures and their chambers: a generic name is weak, the local one is not."""
    for row in tsv(sources / "factbook" / "factbook_parliaments.tsv"):
        code = countries.by_fips.get(row["gec"])
        text = row["text"].split(";")[0].strip()
        if code not in countries.codes or code == "EU" or not text or "Shire" in text:
            continue
        match = re.match(r"^([^(]*?)\s*\((.*)\)$", text)
        name, local = (match.group(1), match.group(2)) if match else (text, "")
        name, _, second = (p.strip() for p in name.partition(" - "))
        name = re.sub(r"^The ", "", name)
        if name in ("Parlement", "Législature nationale", "Parlement de Barbade", "Majles"):
            name = "Parliament"
        bare = re.sub(rf" (of|de) (the )?{re.escape(countries.name[code])}$", "", name)
        generic = bool(GENERIC_CHAMBERS.match(name))
        country = countries.name[code]
        full = countries.of(name, code) if generic or not named(code, name, countries) and len(name.split()) > 1 else name
        made = record("agency", full, "parliament", code, "factbook")
        made["also_known"] = [name, f"{country} {name}", f"{countries.adjective.get(code, country)} {name}"]
        if full != name:
            add_alias(made, alias(name, "short", weak=generic))
        elif bare != name:
            add_alias(made, alias(bare, "short", weak=True))
        if generic and code in countries.adjective:
            add_alias(made, alias(f"{countries.adjective[code]} {name}", "short"))
            if "legislature" in row["field"] or row["branch"] == "Legislative branch":
                add_alias(made, alias(f"{countries.adjective[code]} parliament", "short"))
        for part in re.split(r"\s*[/]\s*|\s+-\s+", local):
            part = part.strip(" ()")
            made["also_known"].append(part)
            if part and latin(part) and not GENERIC_CHAMBERS.match(part) and len(part) > 3:
                weak = fold(part) in {"senat", "senado", "parlament", "parlement", "parlamento", "assembleenationale",
                                      "asambleanacional", "congresonacional", "congreso", "majlis", "camaradediputados",
                                      "assembleianacional", "chambredesdeputes", "barlaman", "bundesrat", "nationalrat"}
                add_alias(made, alias(part, "native", weak=weak))
        yield made


def factbook_forces(sources, countries):
    """The name of each country's armed forces, with the acronym in brackets, and the services named after it."""
    for row in tsv(sources / "factbook" / "factbook_forces.tsv"):
        code = countries.by_fips.get(row["gec"])
        if code not in countries.codes or code not in countries.name:
            continue
        head, _, services = row["text"].partition(":")
        match = re.match(r"^(?:the )?([A-Z][^();:]*?)(?: \(([^)]*)\))?$", head.strip())
        if match and re.search(r"Forces?|Army|Military|Defen[cs]e|Regiment", match.group(1)) and "Ministry" not in match.group(1):
            made = record("agency", match.group(1).strip(), "armed_forces", code, "factbook")
            for part in re.split(r"[;,]| aka | or ", match.group(2) or ""):
                part = part.strip().removeprefix("aka ").strip()
                if re.fullmatch(r"[A-Z][A-Za-z]{0,2}[A-Z]{1,4}|[A-Z]{2,6}", part):
                    add_alias(made, alias(part, "acronym", weak=len(part) < 4))
                elif part and latin(part) and len(part) > 6 and not part.startswith("includes"):
                    add_alias(made, alias(part, "native"))
            if "Defense" in made["name"]:
                add_alias(made, alias(made["name"].replace("Defense", "Defence"), "short"))
            if named(code, made["name"], countries):
                yield made
        for service in re.split(r",|;|:| Ministry of [A-Z][a-z]+", services):
            service = re.sub(r"\s*\(.*", "", service).strip()
            if re.fullmatch(r"(?:[A-Z][\w’'-]+ ){1,4}(Army|Navy|Air Force|Coast Guard|Police|Gendarmerie|Police Force|Police Service)",
                            service) and named(code, service, countries):
                kind = "police" if re.search("Police|Gendarmerie", service) else "armed_forces"
                yield record("agency", service, kind, code, "factbook")


def intelligence(sources, countries):
    """Intelligence services of the MISP galaxy; notes of the page it came from are cut off."""
    with open(sources / "agencies" / "intelligence-agencies.json", encoding="utf-8") as source:
        values = json.load(source)["values"]
    for value in values:
        code = value["meta"].get("country")
        name = re.sub(r"\[\d+\]|^es:", "", value["value"])
        if code not in countries.codes or "page does not exist" in name or " - " in name or "–" in name:
            continue
        name = re.sub(r"\s*\([^)]*\),?$", "", name).strip()
        if not name or not latin(name) or not re.search(
                r"Intelligen|Secur|Inform|Signals|Counter|Inteligencia|Mukhabarat|Nachrichten|Sicherheit|MI\d|Mossad|Shin Bet|Tracfin"
                r"|Investigat|Rensei|renseign|Zpravod|spravod|Obve|obave|MIVD|AIVD|Reconnaiss", name) or name.islower():
            continue
        if re.search(r"Police|Division|Branch|Corps$|Wing|Gendarmer|Unit\b|Ministry|Air Force\b|Fleet|Section|Department of|Financ", name):
            continue
        acronym = re.search(r"\(([A-Z][A-Za-z]{1,6})[);,]", value["description"])
        shared = re.fullmatch(r"(National|State|Foreign|General|Military|Defen[cs]e|Internal)?\s?(Directorate of |General )?"
                              r"(Intelligence|Security)( and Security)?( Service| Agency| Directorate| Bureau| Department| Office)?", name)
        full = countries.of(name, code) if shared and code in countries.name else name
        made = record("agency", full, "intelligence", code, "misp")
        made["also_known"] = [name]
        if shared:
            add_alias(made, alias(name, "short", weak=True))
            if code in countries.adjective:
                add_alias(made, alias(f"{countries.adjective[code]} {name}", "short"))
        if acronym and sum(c.isupper() for c in acronym.group(1)) >= 2:
            add_alias(made, alias(acronym.group(1), "acronym", weak=len(acronym.group(1)) < 4))
        yield made


BODY_TYPES = {"intorg", "political", "unagency", "bank", "military", "court", "police", "parliamentary", "fund", "health", "trade",
              "humanitarian", "armscontrol", "wbgroup", "economic", "energy", "aviation", "customs", "telecom", "postal", "food",
              "environment"}
NOT_BODIES = {"writingdirection", "writingsystem", "currency", "govform", "lawsystem", "railgauge", "teleregion", "dvdregion", "fta",
              "pta", "gaspipeline", "agreement", "project", "acronym", "geographic", "sports", "tax", "travel", "aviation_safety",
              "standards", "meteorology", "ocean", "research", "intelligence", "cultural", "scientific", "forum"}


# Ids of internacia that stand for something else than the body, found by comparing with other public data.
WRONG_IDS = {"Q215524", "Q142489", "Q15768", "Q191384"}
INTERNATIONAL_BODY = re.compile(
    r"Organi[sz]ation|Commission|Agency|Union|Council|Bank|Fund|Communit|Parliament|Court|Bureau|Office|Authority|Committee|Assembly|"
    r"Secretariat|Forum|Force|Centre for|Institute for|Tribunal|Programme|Initiative|Partnership|League|Corporation|Facility|Administration|"
    r"NATO|OPEC|Alliance|Arrangement|Commonwealth|Conference on")
NO_INTERNATIONAL_BODY = re.compile(
    r"Association|Society|Universit|Federation of Red|Red Cross|income|Income|Trade Agreement|Free Trade|Customs Union|World Energy|Federation|"
    r"Workers|Ports|Travel|Tourism Association|Broadcasting Union|Academ|Study Group|Railways|Cartographic|Electro|Standardi|Postal Operators|"
    r"Industry|Nuclear Association|Wind|Bioenergy Association|Geothermal|Power Pool|Clean Energy|Methane|Passport|Supreme Audit|Gavi|CEPI|"
    r"countries|Countries|World$|Accreditation|Transparency|Crop|EuroGeo|Statistic|Parks|Fertilizer|Hydropower|Road|Consult|Learning|"
    r"Maritime (Forum|Council)|Post Corporation|Intergovernmental Forum|Joint Donor|InterPort|Postal|Data Init|Biofuture|Mountain")


def intergovernmental(sources, countries):
    """Intergovernmental bodies; currencies, treaties, gauges and blocs without an organisation are left out."""
    values = list(json_lines(sources / "agencies" / "intergovernmental_bodies.jsonl"))
    # An id that stands at two bodies, or at a country, is wrong at one of them at least.
    given = Counter(v.get("wikidata_id") for v in values) + Counter(set(countries.wikidata.values()))
    for value in values:
        types = set(value.get("blocktype", []))
        wanted = (types & BODY_TYPES and not types & NOT_BODIES and value.get("status") != "informal" and value.get("dissolved", "9") >= "1990"
                  and INTERNATIONAL_BODY.search(value["name"]) and not NO_INTERNATIONAL_BODY.search(value["name"]))
        name = re.sub(r"\s*\([^)]*\)$", "", value["name"]).removeprefix("The ").strip()
        if not latin(name) or len(name) < 4:
            continue
        country = "EU" if re.match(r"Europe(an)? (Union|Commission|Parliament|Council\b|Central Bank)", name) else "INT"
        made = record("agency", name, "intergovernmental", country, "internacia")
        # The other names come from the Wikidata item: where none is like the name, the item is another one.
        english = [o["name"] for o in value.get("other_names", []) if o["id"] == "en"]
        if not wanted:
            # Still good for the id and the names of a body that is known already.
            made["only_joins"] = True
        if not any(SequenceMatcher(None, fold(o), fold(name)).ratio() > 0.7 or fold(o) in fold(value["name"]) for o in english):
            yield made
            continue
        if re.fullmatch(r"Q\d+", value.get("wikidata_id") or "") and given[value["wikidata_id"]] == 1 and value["wikidata_id"] not in WRONG_IDS:
            made["id"] = value["wikidata_id"]
        for other in value.get("other_names", []):
            if other["id"] == "en" and latin(other["name"]) and len(other["name"]) > 5 and not other["name"].isupper():
                add_alias(made, alias(other["name"].removeprefix("The "), "short"))
        for a in value.get("acronyms", []):
            text = a["value"]
            if a["lang"] == "en" and re.fullmatch(r"[A-Z][A-Za-z]{2,9}", text) and text.isascii() and text[1:] != text[1:].lower():
                add_alias(made, alias(text, "acronym", weak=len(text) < 4))
        yield made


US_STATES = set("""Alabama Alaska Arizona Arkansas California Colorado Connecticut Delaware Florida Georgia Hawaii Idaho Illinois Indiana
Iowa Kansas Kentucky Louisiana Maine Maryland Massachusetts Michigan Minnesota Mississippi Missouri Montana Nebraska Nevada Hampshire
Jersey Mexico York Carolina Dakota Ohio Oklahoma Oregon Pennsylvania Island Tennessee Texas Utah Vermont Virginia Wisconsin
Wyoming District Guam Samoa Puerto Mariana Islands""".split())
BODY_WORDS = re.compile(
    r"\b(Administration|Agency|Authority|Board|Bureau|Commission|Corps|Court|Council|Department|Office|Service|Institutes?|Corporation|"
    r"Army|Navy|Force|Guard|Reserve|Endowment|Foundation|Center|Centers|Bank|Treasury|Police|Inspector|Ministry|Secretariat|Parliament|"
    r"Government|Directorate|Inspectorate|Committee|Tribunal|Registry|Executive|Archives|Headquarters|Forces|Judiciary|Regulator)\b")


def united_states(sources, countries):
    """Federal bodies of the GSA's list: `Weather Service, National` is put in order, states are left out."""
    with open(sources / "agencies" / "us_federal_agencies.sql", encoding="utf-8") as lines:
        inside = False
        for line in lines:
            if line.startswith("COPY public.\"Agencies\""):
                inside = True
            elif line.startswith("\\."):
                inside = False
            elif inside:
                _, name, acronym, *_ = line.rstrip("\n").split("\t")
                name = re.sub(r"\s*\([^)]*\)", "", name).strip()
                if name.count(",") == 1 and re.search(r", (National|Federal|Bureau of|Office of)$", name):
                    name = " ".join(reversed([p.strip() for p in name.split(",")]))
                words = set(name.split())
                if words & US_STATES or not BODY_WORDS.search(name) or len(words) < 2 or re.search(r"^(Air|Army|Navy|Coast) ", name):
                    continue
                if name.count(",") and re.search(r", [A-Z].* (of|and)$|^[A-Z]\w+, (National|Office|Bureau)", name):
                    continue
                made = record("agency", name, "agency", "US", "gsa")
                turned = re.sub(r"^(.*) (Department|Bureau)$", r"\2 of \1", name)
                made["also_known"] = [f"United States {name}", f"U.S. {name}", turned, f"United States {turned}", re.sub(r"^(U\.S\.|United States) ", "", name)]
                if re.fullmatch(r"[A-Z]{3,6}", acronym):
                    add_alias(made, alias(acronym, "acronym", weak=len(acronym) < 4))
                yield made


def united_kingdom(sources, countries):
    """National bodies of the UK's register: councils of places, health trusts and the like are left out."""
    for row in tsv(sources / "agencies" / "uk_government_organisations.tsv"):
        name = re.sub(r"\s*\([^)]*\)", "", row["name"]).strip()
        if row["end-date"] and row["end-date"] < "1990" or not BODY_WORDS.search(name) or re.search(
                r"Trust|Advisory|Local|Regional|Panel|Embassy|High Commission|Consulate|Fund\b|Museum|Gallery|School|College|Group|"
                r"British .* (Embassy|Office)|Network|Independent Monitoring|Working|Team|Review|Unit|Steering|UK Trade|Court Service", name):
            continue
        shared = not re.search(r"\b(UK|British|Britain|England|English|Scot\w+|Welsh|Wales|Northern|Her Majesty's|HM|Royal|Crown)\b", name)
        made = record("agency", name, "agency", "GB", "openregister")
        if not shared or len(name.split()) > 2:
            yield made


NATIONAL_BODY = re.compile(
    r"\b(Ministry|Ministries|Department (of|for)|Federal|National|Central Bank|Bank of|Reserve Bank|Parliament|Senate|Assembly|Government of|"
    r"Supreme|Armed Forces|Army|Navy|Air Force|Police|Agency|Authority|Administration|Commission|Bureau|Directorate|Secretariat|Council|"
    r"Office|Service|Bundes\w+|Inspectorate|Statist\w+|Meteorolog\w+|Geological Survey|Treasury|Customs)\b")
NO_NATIONAL_BODY = re.compile(
    r"Universit|Hospital|Laborator|\bLab\b|Institut|Centre|Center|Museum|Library|Librar|School|Academ|College|Research|Observator|Garden|"
    r"\bZoo|Herbari|Church|Municipal|County|City of|Ciudad|Comune|Provinc|Prefectur|Prefeitura|Secretaria|Region|Distri[ck]t|State of|"
    r"Hospitals|Health Board|Health District|Trust|Network|Program|Project|Consort|Alliance|Associat|Societ|Foundation|Fundaç|Fundaci|"
    r"Station|Park\b|Facility|Command\b|Wing\b|Medical|Clinic|Autonom|Territory|Governorate|Oblast|Krai|Canton|Land |Länder|Borough|"
    r"Town|Village|Shire|Embassy|Consulate|University|Junta de|Xunta|Generalitat|Gobierno de|Govern de|Diputaci|Governo do|"
    r"Chamber of|Cooperat|Express|Diocese|Conference|Fund\b|Fondo|Fonds|Scholar|Exchange|NOAA |NASA |NIHR|USDA |DOE |U\.S\. DOE|"
    r"Catchment|River|Watershed|Conservation Council|Art[s]? Council|Council of Governments|Academic|Nuclear Physics|Engineering")


def ror(sources, countries):
    """National bodies of state in ROR: institutes, hospitals, museums, provinces and cities are left out."""
    for row in tsv(sources / "agencies" / "ror_government.tsv"):
        name, code = row["name"].strip(), row["cc"]
        if row["status"] == "withdrawn" or code not in countries.name or not latin(name):
            continue
        wanted = NATIONAL_BODY.search(name) and not NO_NATIONAL_BODY.search(name)
        if code == "US" and (set(name.split()) & US_STATES or not re.search(r"\b(United States|U\.?S\.?|Federal|National)\b", name)):
            wanted = False
        if code in ("CN", "DE", "IN", "AU", "CA", "BR", "ES") and not re.search(
                r"National|State |Federal|Bundes|Ministry|Supreme|People's|Central|Austral|Canad|Brazil|India|Germany|China|Spain", name):
            wanted = False
        if re.search(r"\b(Hubei|Hunan|Henan|Hebei|Shan[dx]\w*|Guang\w+|Jiang\w+|Zhejiang|Fujian|Anhui|Yunnan|Sichuan|Shanghai|Beijing|Tianjin|"
                     r"Chongqing|Shenzhen|Tibet|Xinjiang|Inner Mongolia|Liaoning|Jilin|Heilongjiang|Hainan|Gansu|Qinghai|Guizhou|Ningxia|"
                     r"Queensland|Victoria\w*|Tasmania\w*|New South Wales|NSW|Western Australia|South Australia|Ontario|Quebec|Québec|Alberta|"
                     r"British Columbia|Manitoba|Saskatchewan|Nova Scotia|Newfoundland|Bavaria\w*|Saxon\w*|Hesse\w*|Berlin|Hamburg|Branden\w*|"
                     r"Gujarat|Maharashtra|Kerala|Tamil Nadu|Karnataka|Punjab|Bengal|Rajasthan|Pradesh|Bihar|Assam|Delhi|Odisha)\b", name):
            wanted = False
        shared = not named(code, name, countries)
        made = record("agency", name, subkind_of(name), code, "ror")
        made["id"] = row["wikidata"] if re.fullmatch(r"Q\d+", row["wikidata"]) else "ror:" + row["id"].rsplit("/", 1)[-1]
        acronyms = []
        for part in filter(None, row["aliases"].split(" ;; ")):
            text, _, kind = part.rpartition("|")
            if kind.startswith("acronym") and re.fullmatch(r"[A-Z][A-Za-z]{1,8}", text) and sum(c.isupper() for c in text) >= 2:
                acronyms.append(alias(text, "acronym", weak=len(text) < 4))
            elif kind in ("alias", "alias:en", "label:en") and latin(text) and len(text) > 4 and not text.isupper():
                add_alias(made, alias(text, "short"))
        if not wanted:
            # Still good for the id and the names of a body that is known already.
            made["only_joins"] = True
        if shared and re.match(r"^(Ministry|Department|Ministerio|Ministério|Parliament|Government|National Assembly|Senate)\b", name):
            made["also_known"] = [name]
            made["name"] = countries.of(name, code)
            add_alias(made, alias(name, "short", weak=True))
        for acronym in acronyms:
            add_alias(made, acronym)
        yield made


def subkind_of(name):
    """What sort of body a name speaks of."""
    for pattern, subkind in (
        (r"Ministry|Ministries|^(United States )?Department (of|for)", "ministry"),
        (r"Central Bank|Reserve Bank|^Bank of|National Bank of", "central_bank"),
        (r"Parliament|Senate|National Assembly", "parliament"),
        (r"Army|Navy|Air Force|Armed Forces|Marine Corps", "armed_forces"),
        (r"Police|Bureau of Investigation", "police"),
        (r"Court", "court"),
        (r"Government", "government"),
        (r"Intelligence", "intelligence"),
        (r"Regulat|Supervis|Competition|Securities", "regulator"),
    ):
        if re.search(pattern, name):
            return subkind
    return "agency"
