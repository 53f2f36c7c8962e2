"""Variants of a labelled set, token by token, that a tagger of real text must stand.

A set is a list of documents of sentences ([token], [label]). A variant may change, join or add tokens; the gold labels
go with them. Each is a function (sentence or document, random, resources) → the changed one.
"""

import re
from collections import Counter

from . import repair
from .augment import AGENCIES, MONTHS, headline_case

CLOSING = re.compile(r"[,.;:!?%)\]]|n't|['\u2019](s|re|ve|ll|d|m)?|''", re.IGNORECASE)
COMPOUNDS = ["backed", "led", "based", "born", "made", "controlled"]


def by_token(change):
    """A variant that changes tokens one by one."""
    def vary(document, random, resources):
        return [([change(token) for token in tokens], labels) for tokens, labels in document]
    return vary


def typographic(document, random, resources):
    """Curly quotes and long dashes."""
    opening, changed = True, []
    for tokens, labels in document:
        new = []
        for token in tokens:
            if token in ('"', "``", "''"):
                token = "\u201c" if opening else "\u201d"
                opening = not opening
            elif token == "--":
                token = "\u2014"
            new.append(token.replace("'", "\u2019").replace("`", "\u2018"))
        changed.append((new, labels))
    return changed


def chunks(labels):
    """[(start, end, label)] of a BIO2 sequence; everything outside goes by single tokens with the label None."""
    at = 0
    while at < len(labels):
        end = at + 1
        if labels[at] == "O":
            yield at, end, None
        else:
            while end < len(labels) and labels[end] == "I" + labels[at][1:]:
                end += 1
            yield at, end, labels[at][2:]
        at = end


def renamed(pool_of):
    """A variant in which entities become others of their class, the same one throughout the document.

    `pool_of(label, name, resources)` gives what may stand for a name, or nothing.
    """
    def vary(document, random, resources):
        chosen, changed = {}, []
        for tokens, labels in document:
            new_tokens, new_labels = [], []
            for start, end, label in chunks(labels):
                name, other = tokens[start:end], None
                key = (" ".join(name).lower(), label)
                if label is not None:
                    if key not in chosen:
                        pool = pool_of(label, name, resources)
                        chosen[key] = random.choice(pool).split() if pool else None
                    other = chosen[key]
                if other is None:
                    new_tokens += name
                    new_labels += labels[start:end]
                else:
                    upper = len("".join(name)) > 4 and all(token.isupper() for token in name)
                    new_tokens += [token.upper() for token in other] if upper else other
                    new_labels += [f"{'I' if at else 'B'}-{label}" for at in range(len(other))]
            changed.append((new_tokens, new_labels))
        return changed
    return vary


def same_class(label, name, resources):
    """People by their number of names, countries for countries, capitals for capitals, bodies for bodies."""
    pools = resources["names"].get(label, {})
    return pools.get(" ".join(name).lower()) or pools.get(len(name))


def unusual_people(label, name, resources):
    """People's names with hyphens, apostrophes and marks, for people of two names and more."""
    return resources["unusual_people"] if label == "PER" and len(name) > 1 else None


def dateline(document, random, resources):
    """`SEOUL, Oct 29 (Reuters) -` before the first long sentence."""
    for at, (tokens, labels) in enumerate(document):
        if len(tokens) > 10:
            city = random.choice(resources["cities"]).upper().split()
            agency = random.choice(AGENCIES).split()
            front = [*city, ",", random.choice(MONTHS), str(random.randint(1, 31)), "(", *agency, ")", "-"]
            marks = [*inside("LOC", city), "O", "O", "O", "O", *inside("ORG", agency), "O", "O"]
            return [*document[:at], (front + tokens, marks + labels), *document[at + 1:]]
    return document


def inside(label, tokens):
    """B-, I- … for `tokens`."""
    return [f"{'I' if at else 'B'}-{label}" for at in range(len(tokens))]


def compounds(document, random, resources):
    """ "Russian troops" → "Russian-backed troops", a MISC as CoNLL has it."""
    changed = []
    for tokens, labels in document:
        tokens, labels = list(tokens), list(labels)
        for start, end, label in chunks(list(labels)):
            adjective = label == "MISC" or (label == "LOC" and "." in tokens[start])
            if adjective and end == start + 1 and end < len(tokens) and tokens[end].islower() and labels[end] == "O":
                tokens[start] += "-" + random.choice(COMPOUNDS)
                labels[start] = "B-MISC"
        changed.append((tokens, labels))
    return changed


def closed_up(pattern):
    """A variant that sets tokens such as "'s" and "," against the word before them, as real text has them."""
    def vary(document, random, resources):
        changed = []
        for tokens, labels in document:
            new_tokens, new_labels = [], []
            for token, label in zip(tokens, labels, strict=True):
                if new_tokens and label == "O" and pattern.fullmatch(token) and new_tokens[-1][-1].isalnum():
                    new_tokens[-1] += token
                else:
                    # What went on inside a name may stand apart now, but the name goes on.
                    new_tokens.append(token)
                    new_labels.append(label)
            changed.append((new_tokens, new_labels))
        return changed
    return vary


def rejoined(document, random, resources):
    """ "U . S ." as "U.S.", "Covid - 19" as "Covid-19"."""
    return [repair.join_tokens(tokens, labels) for tokens, labels in document]


VARIANTS = {
    "capitals": by_token(str.upper),
    "lower case": by_token(str.lower),
    "headline case": by_token(headline_case),
    "typographic quotes": typographic,
    "other names": renamed(same_class),
    "hyphenated and marked names": renamed(unusual_people),
    "datelines": dateline,
    "hyphen compounds": compounds,
    "possessives": closed_up(re.compile(r"['\u2019]s?", re.IGNORECASE)),
    "closed-up punctuation": closed_up(CLOSING),
    "rejoined tokens": rejoined,
}


def vary(name, documents, random, resources):
    """(changed documents, how many tokens are new)."""
    changed = [VARIANTS[name](document, random, resources) for document in documents]
    before = [token for document in documents for tokens, _ in document for token in tokens]
    after = [token for document in changed for tokens, _ in document for token in tokens]
    return changed, new_tokens(before, after)


def new_tokens(before, after):
    """How many tokens of `after` do not stand in `before` where they would be expected, counted as bags."""
    return sum((Counter(after) - Counter(before)).values())
