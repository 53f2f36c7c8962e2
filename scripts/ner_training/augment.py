"""What real text does and the labelled sets lack: other cases, quotes, line breaks, datelines and names.

Every function takes and returns a document (a list of lines of `Word`s); `random` decides, so a seed fixes all.
"""

from dataclasses import replace

from .corpora import LABEL_IDS, LABELS, Word
from .words import WORD

MONTHS = ["Jan", "Feb", "March", "April", "May", "June", "July", "Aug", "Sept", "Oct", "Nov", "Dec", "January",
          "February", "August", "September", "October", "November", "December"]
AGENCIES = ["Reuters", "AP", "AFP", "Xinhua", "TASS", "Yonhap", "Kyodo", "dpa", "ANSA", "PTI", "IANS", "Bernama", "UPI",
            "EFE", "Anadolu Agency", "BBC", "CNN", "KCNA", "IRNA", "Interfax", "Bloomberg", "Al Jazeera"]
SMALL_WORDS = {"a", "an", "and", "as", "at", "but", "by", "for", "from", "in", "of", "on", "or", "the", "to", "with"}

PROBABILITIES = {"caps": 0.05, "lower": 0.06, "headline": 0.04, "quotes": 0.4, "join_lines": 0.35, "dateline": 0.05,
                 "swap": 0.15}


def make_words(text, label):
    """Words of a name, labelled B-, I-."""
    words, previous_end = [], -1
    for match in WORD.finditer(text):
        prefix = "I" if words else "B"
        name = LABEL_IDS[f"{prefix}-{label}"] if label else LABEL_IDS["O"]
        words.append(Word(match.group(), name, match.start() == previous_end))
        previous_end = match.end()
    return words


def change_case(document, random, p):
    """All capitals, all lower case, or headline case for some lines or for all."""
    draw = random.random()
    if draw < p["caps"]:
        change, share = str.upper, random.choice([0.3, 1.0])
    elif draw < p["caps"] + p["lower"]:
        change, share = str.lower, random.choice([0.3, 1.0])
    elif draw < p["caps"] + p["lower"] + p["headline"]:
        change, share = headline_case, 0.4
    else:
        return document
    return [[replace(word, text=change(word.text)) for word in line] if random.random() < share else line
            for line in document]


def headline_case(word):
    """`word` as in a headline in title case."""
    return word if word.lower() in SMALL_WORDS or not word.islower() else word[0].upper() + word[1:]


def change_quotes(document, random, p):
    """Typographic quotes and dashes in place of typewriter ones."""
    if random.random() >= p["quotes"]:
        return document
    opening = True
    changed = []
    for line in document:
        new = []
        for word in line:
            text = word.text
            if text in ('"', "``", "''"):
                text = "\u201c" if opening else "\u201d"
                opening = not opening
            elif text == "--":
                text = "\u2014"
            elif text.startswith("'"):
                text = "\u2019" + text[1:]
            elif text.startswith("`"):
                text = "\u2018"
            new.append(word if text == word.text else replace(word, text=text))
        changed.append(new)
    return changed


def join_lines(document, random, p):
    """Sentences of a paragraph share its line, as in real text; the sets have a line a sentence."""
    if random.random() >= p["join_lines"]:
        return document
    keep = random.choice([0.0, 0.2, 0.5])
    lines = []
    for line in document:
        if lines and random.random() >= keep:
            lines[-1] = lines[-1] + line
        else:
            lines.append(list(line))
    return lines


def add_dateline(document, random, p, cities):
    """`SEOUL, Oct 29 (Reuters) -` before the first sentence that follows a headline."""
    if not cities or random.random() >= p["dateline"] or len(document) < 2:
        return document
    city = random.choice(cities)
    line = make_words(city.upper() if random.random() < 0.8 else city, "LOC")
    if random.random() < 0.7:
        line += make_words(f", {random.choice(MONTHS)} {random.randint(1, 31)}", None)
    if random.random() < 0.7:
        line += make_words("(", None) + make_words(random.choice(AGENCIES), "ORG") + make_words(")", None)
    line += make_words(random.choice(["-", "--", "\u2014", "\u2013"]), None)
    at = random.randint(0, min(2, len(document) - 1))
    return document[:at] + [line + document[at]] + document[at + 1:]


def swap_names(document, random, p, names):
    """Some entities become others of their class, the same one throughout the document."""
    if not names or random.random() >= 0.5:
        return document
    swapped = {}
    lines = []
    for line in document:
        new, index = [], 0
        while index < len(line):
            label = LABELS[line[index].label] if line[index].label >= 0 else "O"
            if not label.startswith("B-") or label[2:] not in names:
                new.append(line[index])
                index += 1
                continue
            end = index + 1
            while end < len(line) and LABELS[line[end].label] == "I-" + label[2:]:
                end += 1
            key = tuple(word.text.lower() for word in line[index:end])
            if (key, label) not in swapped:
                pool = names[label[2:]].get(" ".join(key)) or names[label[2:]].get(len(key))
                take = pool and not line[index].glued and random.random() < p["swap"]
                swapped[key, label] = random.choice(pool) if take else None
            other = swapped[key, label]
            if other is None or line[index].glued:
                new.extend(line[index:end])
            else:
                upper = all(word.text.isupper() for word in line[index:end])
                new.extend(make_words(other.upper() if upper and len(key[0]) > 1 else other, label[2:]))
            index = end
        lines.append(new)
    return lines


def augment(document, random, resources, labelled=True, probabilities=None):
    """One random variant of `document`."""
    p = {**PROBABILITIES, **(probabilities or {})}
    if labelled:
        document = swap_names(document, random, p, resources.get("names"))
        document = add_dateline(document, random, p, resources.get("cities"))
    document = change_quotes(document, random, p)
    document = change_case(document, random, p)
    return join_lines(document, random, p)
