"""Tests of how persons are told apart, terms closed, pages read and coverage counted."""

import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from gazetteer import leaders  # noqa: E402
from gazetteer.official_sources import captains_regent, checked, head_of, term  # noqa: E402
from gazetteer.officials import People, close_terms, single_office  # noqa: E402
from gazetteer.records import record  # noqa: E402


def official(name, *terms, id=None, source="curated"):
    """A person with terms of (position, country, from, to)."""
    made = record("official", name, source=source, id=id)
    made["tenures"] = [term(p, c, start, end, head=head_of(p, c)) for p, c, start, end in terms]
    return made


class Persons(unittest.TestCase):
    """One record a person."""

    def test_a_son_who_follows_his_father_is_another(self):
        people = People()
        father = people.add(official("Idriss Déby", ("President", "TD", "1990-12-02", "2021-04-20")))
        son = people.add(official("Mahamat Idriss Déby", ("President", "TD", "2021-04-20", None)))
        self.assertIsNot(father, son)
        again = people.add(official("Idriss Déby Itno", ("President", "TD", "1990-12", None)))
        self.assertIs(father, again)
        known_by_year = People()
        son = known_by_year.add(official("Mahamat Idriss Déby", ("President", "TD", "2021", None), id="Q2"))
        self.assertIsNot(son, known_by_year.add(official("Idriss Déby", ("President", "TD", "1990-12-02", "2021-04-20"))))

    def test_a_shared_syllable_is_no_shared_name(self):
        people = People()
        player = people.add(official("Cho Hun-hyun", ("Member of the National Assembly", "KR", "2016-05-30", "2020-05-29"), id="Q1"))
        self.assertIsNot(player, people.add(official("Cho Hyun", ("Minister of Foreign Affairs", "KR", "2025-07", None))))
        self.assertIs(player, people.add(official("Cho Hun Hyun", ("Member of the National Assembly", "KR", "2016", None))))

    def test_a_commissioner_was_somebody_at_home(self):
        people = People()
        home = people.add(official("Ann Example", ("Minister of Justice", "CZ", "2014-01", "2014-10"), id="Q7"))
        self.assertIs(home, people.add(official("Ann Example", ("European Commissioner", "EU", "2014-11", "2019-11"))))

    def test_an_id_read_later_replaces_a_slug(self):
        people = People()
        people.add(official("Ann Example", ("President", "US", "1961-01-20", "1963-11-22")))
        kept = people.add(official("Ann Example", ("President", "US", "1961", "1963"), id="Q42", source="page:example.org"))
        self.assertEqual(kept["id"], "Q42")
        self.assertEqual(len(people.records), 1)
        self.assertTrue(leaders.confirmed(kept))

    def test_the_next_office_of_a_leader_is_not_lost(self):
        people = People()
        kept = people.add(official("A B", ("Chairman of the Transitional Military Council", "SD", "2019-04-12", "2019-08-21"),
                                   ("Chairman of the Transitional Sovereignty Council", "SD", "2019-08-21", None)))
        people.add(official("A B", ("Chairman of the Transitional Sovereignty Council", "SD", "2019-08", None)))
        self.assertEqual(len(kept["tenures"]), 2)


class Terms(unittest.TestCase):
    """Which open terms end with the next holder's."""

    def test_successors_end_open_terms(self):
        first = official("A", ("Minister of Foreign Affairs", "PL", "2020-08-26", None), id="Q1")
        second = official("B", ("Minister of Foreign Affairs", "PL", "2023-12-13", None), id="Q2")
        junior = official("C", ("Minister of State for Foreign Affairs", "PL", "2021-01-01", None), id="Q3")
        close_terms([first, second, junior])
        self.assertEqual([p["tenures"][0].get("to") for p in (first, second, junior)], ["2023-12-13", None, None])

    def test_a_holder_ends_his_own_open_term(self):
        made = official("A", ("President", "RU", "1999-12-31", None), ("President", "RU", "2012-05-07", None), id="Q1")
        close_terms([made])
        self.assertEqual([t.get("to") for t in made["tenures"]], ["2012-05-07", None])

    def test_members_of_a_presidency_sit_together(self):
        self.assertIsNone(single_office(term("Member of the Presidency", "BA", "2018", head="head of state")))
        self.assertEqual(single_office(term("Secretary of State for Defence", "GB", "2024")), "defence")
        self.assertIsNone(single_office(term("Minister for Defence Procurement", "GB", "2024")))

    def test_captains_regent(self):
        text = "cochiefs of state Captain Regent Antonio CARATTONI and Captain Regent Roberto GIORGETTI (for the period 1 October 2006-31 March 2007)"
        made = list(captains_regent(text, "2006"))
        self.assertEqual([m["name"] for m in made], ["Antonio Carattoni", "Roberto Giorgetti"])
        self.assertEqual((made[0]["tenures"][0]["from"], made[0]["tenures"][0]["to"]), ("2006-10-01", "2007-03-31"))
        short = "co-chiefs of state Captain Regent Valeria CIAVATTA and Captain Regent Luca BECCARI (for the period 1 April-1 October 2014)"
        self.assertEqual(next(captains_regent(short, "2014"))["tenures"][0]["from"], "2014-04-01")


class Coverage(unittest.TestCase):
    """Years without a leader."""

    def test_a_year_without_a_holder_is_named(self):
        people = [official("A", ("President", "PL", "2000", "2004-05-01")), official("B", ("President", "PL", "2006", None)),
                  official("C", ("Prime Minister", "PL", "1999", None))]
        self.assertEqual(list(leaders.gaps(people, {"PL"}, 2000, 2007)), [("PL", "head of state", [2005])])

    def test_a_president_who_governs_counts_for_both(self):
        self.assertEqual(list(leaders.gaps([official("A", ("President", "US", "2000", None))], {"US"}, 2000, 2001)), [])
        self.assertEqual([o for _, o, _ in leaders.gaps([], {"TL"}, 2000, 2002)], ["head of state", "head of government"])


class Pages(unittest.TestCase):
    """curated/checked.tsv."""

    def read(self, line):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "checked.tsv").write_text(line + "\n", encoding="utf-8")
            return list(checked(Path(folder), None))

    def test_a_row_becomes_a_person_with_its_page(self):
        made = self.read("A B\tPL\tQ1\tSpokesman @ Ministry of X\t2020\t\thttps://example.org/a")[0]
        self.assertEqual((made["id"], made["sources"]), ("Q1", ["page:https://example.org/a"]))
        self.assertEqual(made["tenures"][0], {"position": "Spokesman", "country": "PL", "organisation": "Ministry of X", "from": "2020"})

    def test_a_row_without_page_or_with_a_wrong_id_is_refused(self):
        for line in ("A B\tPL\tQ1\tPresident\t2020\t\t", "A B\tPL\t42\tPresident\t2020\t\thttps://example.org"):
            with self.assertRaisesRegex(ValueError, "checked.tsv:1: expected"):
                self.read(line)


if __name__ == "__main__":
    unittest.main()
