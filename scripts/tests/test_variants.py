"""Variants of labelled sentences: python -m unittest discover scripts/tests"""

import random
import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
from ner_training import variants  # noqa: E402

RESOURCES = {
    "names": {"PER": {2: ["Ada Marlowe"]}, "LOC": {"chad": ["Peru"]}, "ORG": {4: ["Office of National Bridges"]}},
    "unusual_people": ["Jean-Luc Östberg"],
    "cities": ["Lima"],
}
SENTENCE = (["Russian", "troops", "met", "Kim", "Lee", "'s", "men", "in", "Chad", ","],
            ["B-MISC", "O", "O", "B-PER", "I-PER", "O", "O", "O", "B-LOC", "O"])


class Variants(unittest.TestCase):
    def one(self, name, sentence=SENTENCE):
        changed, count = variants.vary(name, [[sentence]], random.Random(1), RESOURCES)
        for tokens, labels in changed[0]:
            self.assertEqual(len(tokens), len(labels))
            self.assertTrue(all(token and not token.isspace() for token in tokens))
        return changed[0][0], count

    def test_names_become_others_of_their_class(self):
        (tokens, labels), count = self.one("other names")
        self.assertEqual(tokens[3:5] + [tokens[8]], ["Ada", "Marlowe", "Peru"])
        self.assertEqual((labels, count), (SENTENCE[1], 3))
        (tokens, _), _ = self.one("hyphenated and marked names")
        self.assertEqual(tokens[3:5], ["Jean-Luc", "Östberg"])

    def test_compounds_are_misc(self):
        (tokens, labels), _ = self.one("hyphen compounds")
        self.assertTrue(tokens[0].startswith("Russian-"))
        self.assertEqual(labels[0], "B-MISC")

    def test_closing_up_keeps_the_label_of_the_first_word(self):
        (tokens, labels), _ = self.one("possessives")
        self.assertEqual((tokens[4], labels[4], tokens[5]), ("Lee's", "I-PER", "men"))
        (tokens, labels), _ = self.one("closed-up punctuation")
        self.assertEqual((tokens[-1], labels[-1]), ("Chad,", "B-LOC"))

    def test_a_dateline_has_a_place_and_an_agency(self):
        long = (SENTENCE[0] + ["said"] * 5, SENTENCE[1] + ["O"] * 5)
        (tokens, labels), _ = self.one("datelines", long)
        self.assertEqual((tokens[0], labels[0]), ("LIMA", "B-LOC"))
        self.assertIn("B-ORG", labels[:10])
        self.assertEqual(labels[-len(long[1]):], long[1])

    def test_case_and_tokens(self):
        self.assertEqual(self.one("capitals")[0][0][1], "TROOPS")
        self.assertEqual(self.one("lower case")[0][0][0], "russian")
        self.assertEqual(self.one("headline case")[0][0][6:8], ["Men", "in"])
        (tokens, labels), _ = self.one("rejoined tokens", (["U", ".", "S", ".", "aid"], ["B-LOC", "I-LOC", "I-LOC", "I-LOC", "O"]))
        self.assertEqual((tokens, labels), (["U.S.", "aid"], ["B-LOC", "O"]))


if __name__ == "__main__":
    unittest.main()
