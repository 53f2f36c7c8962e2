"""Records, names and dates: what every stage of the build shares.

A record is a plain dict in the shape of src/gazetteer/record.rs.
"""

import json
import re
import unicodedata

FIELDS = ["id", "kind", "subkind", "name", "country", "aliases", "tenures", "relations", "from", "to", "sources", "seen"]
ALIAS_FIELDS = ["text", "type", "weak", "from", "to", "seen"]
TENURE_FIELDS = ["position", "organisation", "country", "from", "to"]

KINDS = ("country", "official", "agency")
SUBKINDS = {
    "country": {"state", "territory", "former", "constituent", "de_facto"},
    "agency": {
        "ministry", "parliament", "armed_forces", "intelligence", "police", "court", "central_bank", "regulator",
        "news_agency", "broadcaster", "intergovernmental", "presidency", "government", "agency",
    },
    "official": {None},
}
ALIAS_TYPES = {
    "official", "short", "acronym", "former", "demonym", "adjective", "surname", "transliteration", "native", "metonym",
    "capital", "misspelling",
}
RELATIONS = {"part_of", "successor_of", "dependency_of"}

# Latin letters that Unicode does not decompose into a base letter and a mark.
UNDECOMPOSED = str.maketrans({
    "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "đ": "d", "Đ": "D", "ð": "d", "Ð": "D", "þ": "th", "Þ": "Th", "ß": "ss",
    "æ": "ae", "Æ": "Ae", "œ": "oe", "Œ": "Oe", "ı": "i", "ə": "a", "Ə": "A", "ħ": "h", "Ħ": "H", "ŋ": "n",
})


def fold(text):
    """The name's key, as the linker's: no case, diacritics, hyphens, apostrophes, full stops or spaces."""
    text = unicodedata.normalize("NFKD", text.translate(UNDECOMPOSED))
    return "".join(c for c in text.casefold() if c.isalnum())


def ascii_letters(text):
    """`text` without diacritics, its case and punctuation kept."""
    text = unicodedata.normalize("NFKD", text.translate(UNDECOMPOSED))
    return "".join(c for c in text if not unicodedata.combining(c))


def slug(text):
    """A lower-case ASCII id part: letters and digits joined by single hyphens."""
    text = ascii_letters(text).casefold().replace("'", "").replace("’", "")
    return re.sub(r"[^a-z0-9]+", "-", text).strip("-")


def tokens(text):
    """The folded words of a name."""
    return [t for t in (fold(w) for w in re.split(r"[\s\-–]+", text)) if t]


def alias(text, kind, weak=False, start=None, end=None, seen=None):
    """One further name. A trailing `?` marks it weak, `@from..to` its time of use."""
    text = text.strip()
    if "@" in text and ".." in text:
        text, _, span = text.partition("@")
        start, _, end = span.partition("..")
    if text.endswith("?"):
        text, weak = text[:-1], True
    made = {"text": " ".join(text.split()), "type": kind}
    if weak:
        made["weak"] = True
    if start:
        made["from"] = start
    if end:
        made["to"] = end
    if seen:
        made["seen"] = seen
    return made


def add_alias(record, made):
    """Adds a name unless the record has it: as its canonical name, or as an equal spelling of the same type.

    Acronyms are compared with their case; all others by their key, save that demonyms may repeat adjectives.
    A strong name replaces a weak one of the same type.
    """
    if not made["text"]:
        return
    # A weak short name equal to the canonical one says that the canonical name itself is weak.
    own_name_is_weak = made.get("weak") and made["type"] == "short" and made["text"] == record["name"]
    same_as_name = fold(made["text"]) == fold(record["name"]) and made["type"] not in ("surname", "demonym")
    if same_as_name and not own_name_is_weak:
        return
    for other in record["aliases"]:
        if made["type"] == "acronym" or other["type"] == "acronym":
            same = made["text"] == other["text"]
        else:
            same = fold(made["text"]) == fold(other["text"])
        person_name = {made["type"], other["type"]} & {"surname", "demonym", "adjective"}
        if same and (made["type"] == other["type"] or not person_name):
            if other.get("weak") and not made.get("weak"):
                other.pop("weak")
            return
    record["aliases"].append(made)


def expand(text):
    """`Afghan(s)` stands for `Afghan` and `Afghans`; lists are separated by semicolons."""
    for part in filter(None, (p.strip() for p in text.split(";"))):
        weak = "?" if part.endswith("?") else ""
        part = part.removesuffix("?")
        if part.endswith("(s)"):
            yield part[:-3] + weak
            yield part[:-3] + "s" + weak
        else:
            yield part + weak


def record(kind, name, subkind=None, country=None, source=None, id=None):
    """An empty record."""
    return {
        "id": id, "kind": kind, "subkind": subkind, "name": " ".join(name.split()), "country": country or None,
        "aliases": [], "tenures": [], "relations": [], "from": None, "to": None,
        "sources": [source] if source else [], "seen": None,
    }


def add_source(target, source):
    """Names one more source, once."""
    if source not in target["sources"]:
        target["sources"].append(source)


def earliest(date):
    """A sortable first day of a partial date; an absent date sorts first."""
    parts = [int(p) for p in date.split("-")] if date else [0]
    return tuple(parts + [1] * (3 - len(parts)))


def latest(date):
    """The last day a partial date can mean; an absent date sorts last."""
    if not date:
        return (9999, 12, 31)
    parts = [int(p) for p in date.split("-")]
    return tuple(parts + [12, 31][len(parts) - 1:])


DATE = re.compile(r"^\d{4}(-\d{2}(-\d{2})?)?$")


def to_line(made):
    """The record as one line of JSON: fields in the format's order, absent ones left out."""
    def ordered(value, fields):
        return {f: value[f] for f in fields if value.get(f) not in (None, False, [], "")}

    out = ordered(made, FIELDS)
    if "aliases" in out:
        out["aliases"] = [ordered(a, ALIAS_FIELDS) for a in out["aliases"]]
    if "tenures" in out:
        out["tenures"] = [ordered(t, TENURE_FIELDS) for t in out["tenures"]]
    return json.dumps(out, ensure_ascii=False, separators=(",", ":"))
