"""Tokens that real text does not split, rejoined: "U . S ." is "U.S.", "Covid - 19" is "Covid-19"."""

import re

PREFIXES = set("""anti pro non co ex re pre post sub semi self mid pan multi inter intra ultra neo vice al el ul an ar
as ash ad mini micro macro cross counter half well so all one two three four five six seven eight nine ten full low
high long short first second third single double big e t u x k""".split())
SUFFIXES = set("""based led backed born owned speaking style controlled made run held funded wide bound old long
year day month week off up out in on fire elect general general's related free friendly majority dominated language
era trained educated occupied administered sponsored brokered linked affiliated flagged registered listed""".split())


def glue_hyphen(left, left_label, right, right_label):
    """Whether "left - right" was one hyphenated word."""
    if left_label != "O" and right_label.startswith("I-"):
        return True
    if left.lower() in PREFIXES or right.lower() in SUFFIXES:
        return True
    return bool(re.fullmatch(r"\d{1,3}|[a-z]+(ed|ing)", right)) and left.isalnum() and not left.isdigit()


def join_tokens(tokens, labels):
    """(tokens, labels) with initials and hyphen compounds joined.

    A compound with one entity inside becomes MISC as a whole, which is CoNLL's way: "French - owned" has "French"
    alone as an entity, "French-owned" is one MISC.
    """
    out_tokens, out_labels = [], []
    index = 0
    while index < len(tokens):
        # Initials: "U . S ." or "D . C ."
        end = index
        while (end + 1 < len(tokens) and len(tokens[end]) == 1 and tokens[end].isupper() and tokens[end + 1] == "."):
            end += 2
        if end - index >= 4:
            out_tokens.append("".join(tokens[index:end]))
            out_labels.append(labels[index])
            index = end
            continue
        if (tokens[index] == "-" and 0 < index < len(tokens) - 1 and out_tokens
                and glue_hyphen(tokens[index - 1], labels[index - 1], tokens[index + 1], labels[index + 1])):
            left, right = out_tokens[-1], tokens[index + 1]
            if out_labels[-1] == "O" and labels[index + 1] != "O":
                joined = "B-MISC"
            elif out_labels[-1] != "O" and labels[index + 1] == "O":
                joined = "B-MISC" if out_labels[-1].startswith("B-") else out_labels[-1]
            else:
                joined = out_labels[-1]
            out_tokens[-1], out_labels[-1] = f"{left}-{right}", joined
            index += 2
            continue
        out_tokens.append(tokens[index])
        out_labels.append(labels[index])
        index += 1
    return out_tokens, out_labels
