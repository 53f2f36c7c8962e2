"""Tests of scripts/gazetteer: run `python -m unittest discover scripts/tests`."""

import sys
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gazetteer import check, homonyms, person_names  # noqa: E402
from gazetteer.officials import within  # noqa: E402
from gazetteer.official_sources import iso_date  # noqa: E402
from gazetteer.records import add_alias, alias, expand, fold, record, to_line  # noqa: E402


class Homonyms(unittest.TestCase):
    """Records that share names."""

    def person(self, id, name, *terms):
        made = record("official", name, None, "GB", "curated", id)
        made["tenures"] = [{"position": p, "country": "GB", "from": f, "to": t} for p, f, t in terms]
        return made

    def test_the_same_person_is_joined(self):
        one = self.person("Q1", "Jane Doe", ("Minister", "2001", "2005"))
        other = self.person("nom:jane-roe", "Jane Roe", ("Minister of Ports", "2004", "2007"))
        add_alias(other, alias("Jane Doe", "transliteration"))
        (kept,) = homonyms.settle([other, one], set())
        self.assertEqual((kept["id"], len(kept["tenures"]), [a["text"] for a in kept["aliases"]]), ("Q1", 2, ["Jane Roe"]))

    def test_two_persons_stay_two_and_shared_aliases_become_weak(self):
        one = self.person("Q1", "Jane Doe", ("Minister", "2001", "2005"))
        other = self.person("Q2", "Janet Doe", ("Member of Parliament", "2001", "2005"))
        for made in (one, other):
            add_alias(made, alias("Lady Doe", "short"))
        kept = homonyms.settle([one, other], set())
        self.assertEqual([[a["weak"] for a in made["aliases"]] for made in kept], [[True], [True]])
        later = self.person("nom:jane-doe", "Jane Doe", ("Minister", "2019", None))
        self.assertEqual(len(homonyms.settle([self.person("Q1", "Jane Doe", ("Minister", "2001", "2005")), later], set())), 2)

    def test_common_words_become_weak_where_no_table_gives_them(self):
        made = record("agency", "Norwegian Armed Forces", "armed_forces", "NO", "ror", "Q3")
        add_alias(made, alias("the Defense", "native"))
        self.assertTrue(homonyms.settle([made], {"defense"})[0]["aliases"][0]["weak"])


class Names(unittest.TestCase):
    """Keys, aliases and surnames."""

    def test_key_folds_what_the_linker_folds(self):
        self.assertEqual(fold("Choe Son-hui"), fold("Choe Son Hui"))
        self.assertEqual(fold("Jonas Gahr Støre"), fold("Jonas Gahr Store"))
        self.assertEqual(fold("Côte d’Ivoire"), fold("Cote d'Ivoire"))

    def test_marks_of_the_curated_tables(self):
        self.assertEqual(list(expand("Afghan(s);Korean(s)?")), ["Afghan", "Afghans", "Korean?", "Koreans?"])
        self.assertEqual(alias("Zaire@1971..1997", "former"), {"text": "Zaire", "type": "former", "from": "1971", "to": "1997"})
        self.assertTrue(alias("Brussels?", "capital")["weak"])

    def test_same_name_once_but_a_weak_own_name_is_kept(self):
        made = record("country", "Georgia", "state", "GE", "curated")
        add_alias(made, alias("Georgia", "official"))
        add_alias(made, alias("Georgia?", "short"))
        add_alias(made, alias("Georgian", "adjective"))
        add_alias(made, alias("Georgian", "demonym"))
        self.assertEqual([a["type"] for a in made["aliases"]], ["short", "adjective", "demonym"])

    def test_surnames(self):
        given = {"Andrés", "Manuel", "Pedro", "Luis"}
        for name, country, expected in (
            ("Yoon Suk-yeol", "KR", ["Yoon"]), ("Xi Jinping", "CN", ["Xi"]), ("Carrie Lam", "HK", []),
            ("John Lee Ka-chiu", "HK", ["Lee"]), ("Ursula von der Leyen", "DE", ["von der Leyen"]),
            ("Charles de Gaulle", "FR", ["de Gaulle", "Gaulle"]), ("Olaf Scholz", "DE", []),
            ("Joseph R. Biden Jr.", "US", ["Biden"]),
        ):
            self.assertEqual(person_names.surnames(name, country, given), expected, name)
        self.assertIn("López Obrador", person_names.surnames("Andrés Manuel López Obrador", "MX", given))
        self.assertIn("Sisi", person_names.surnames("Abdel Fattah el-Sisi", "EG", given))

    def test_spellings(self):
        self.assertIn("Volodymyr Zelensky", person_names.spelling_variants("Volodymyr Zelenskyy", "UA"))
        self.assertIn("Sergey Lavrov", person_names.spelling_variants("Sergei Lavrov", "RU"))
        self.assertNotIn("Serhiy Lavrov", person_names.spelling_variants("Sergei Lavrov", "RU"))

    def test_one_person_or_two(self):
        words = person_names.plain_tokens
        self.assertTrue(within(words("Vladimir Vladimirovich Putin"), words("Vladimir Putin")))
        self.assertTrue(within(words("Ahmed Awad bin Mubarak"), words("Ahmad Awad Bin Mubarak")))
        self.assertFalse(within(words("Abdullah bin Abdulaziz"), words("Abdullah bin Bandar bin Abdulaziz")))
        self.assertFalse(within(words("Mishal al-Ahmad al-Jaber al-Sabah"), words("Sabah al-Ahmad al-Jaber al-Sabah")))

    def test_factbook_case_and_dates(self):
        self.assertEqual(person_names.normal_case("SASSOU-Nguesso"), "Sassou-Nguesso")
        self.assertEqual(person_names.normal_case("EL-SISI"), "el-Sisi")
        self.assertEqual(iso_date("8 June 2014"), "2014-06-08")
        self.assertEqual(iso_date("April 2018"), "2018-04")


class Check(unittest.TestCase):
    """Faults that must stop a build."""

    def test_faults_are_named(self):
        good = record("official", "A B", None, "FR", "curated", "nom:a-b")
        good["tenures"] = [{"position": "President", "country": "FR", "from": "2001", "to": "2001"}]
        self.assertEqual(list(check.problems([good], {"FR"})), [])
        bad = record("official", "A C", None, "ZZ", "curated", "nom:a-b")
        bad["tenures"] = [{"position": "President", "country": "FR", "from": "2005-02", "to": "2004"}]
        found = " ".join(check.problems([good, bad], {"FR"}))
        for words in ("the id is also that of", "unknown country 'ZZ'", "runs backwards"):
            self.assertIn(words, found)

    def test_line_leaves_out_what_is_absent(self):
        made = record("country", "X", "state", "FR", "curated", "iso:FR")
        made["portfolio"] = "internal"
        self.assertEqual(to_line(made),
                         '{"id":"iso:FR","kind":"country","subkind":"state","name":"X","country":"FR","sources":["curated"]}')


if __name__ == "__main__":
    unittest.main()
