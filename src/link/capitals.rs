//! Capitals: the government's name where they act, a city elsewhere.
//!
//! What stands beside the name decides. Marks of a government: a verb of saying or deciding after it, *between
//! … and …* with another government, *ties with*, *pro-* or *-backed*, a possessive before a noun of policy.
//! Marks of a city: a preposition of place, a dateline, *the capital*, a country after a comma, *-based*.

use super::candidates::Candidate;
use super::context::{Decision, Label, Reading};
use super::cues::{
    is_accusing, is_act, is_auxiliary, is_city_modifier, is_city_noun, is_done_by, is_modal, is_of_state,
    is_place_preposition, is_policy_noun, is_relation, is_siding, is_state_of_city, is_way,
};
use super::ranking::{Feature, Features, Question};
use crate::document::{Kind, Via};

/// Links capitals that act and notes where the document is set.
pub fn link_capitals(reading: &mut Reading<'_>) {
    let mut capitals = Vec::new();
    for at in 0..reading.mentions.len() {
        if reading.decisions[at].is_some() || reading.mentions[at].label == Label::Person {
            continue;
        }
        let mut candidates = reading
            .finder
            .by_name(reading.mentions[at].name, Kind::Country, reading.date);
        candidates.retain(|candidate| candidate.via() == Via::Capital && is_current(reading, candidate));
        if let Some(best) = strongest(reading, candidates) {
            reading.capital_of[at] = Some(best.country().into());
            capitals.push((at, best));
        }
    }
    for (at, best) in capitals {
        if is_dateline(reading, at) {
            reading.set_in(best.country());
            continue;
        }
        // "Brussels" is Belgium's government only where Belgium is spoken of.
        if best.weak && !reading.has_country(best.country()) {
            continue;
        }
        let (acts, placed) = (government_mark(reading, at), place_mark(reading, at));
        let share = reading.share(best.country());
        let features = Features::default()
            .with(Feature::Acts, acts)
            .with(Feature::Placed, placed)
            .with(Feature::Share, share)
            .when(Feature::Weak, best.weak)
            .when(Feature::Sports, reading.sports);
        let candidates = if acts > placed {
            vec![(best.clone(), features)]
        } else {
            Vec::new()
        };
        if let Some((best, confidence)) = reading.judge(at, Question::Capital, candidates) {
            reading.decide(at, Decision::new(&best, Via::Capital, confidence));
        } else if !best.weak {
            reading.passes_through(best.country());
        }
    }
}

/// Whether the country was there when the document was written: Bonn speaks for no state now.
fn is_current(reading: &Reading<'_>, candidate: &Candidate) -> bool {
    match (candidate.entity.to, reading.date) {
        (Some(to), Some(date)) => to.latest() >= date.earliest(),
        (Some(_), None) => false,
        (None, _) => true,
    }
}

/// Of capitals of one name the one whose country the document names most, else one that needs no support.
fn strongest(reading: &Reading<'_>, candidates: Vec<Candidate>) -> Option<Candidate> {
    candidates.into_iter().max_by(|a, b| {
        reading
            .share(a.country())
            .total_cmp(&reading.share(b.country()))
            .then(b.weak.cmp(&a.weak))
    })
}

/// `SEOUL (Reuters) -`, `MOSCOW, Oct 29 -`, `PARIS 1996-08-22`: a line that begins with the place it was written in.
pub fn is_dateline(reading: &Reading<'_>, at: usize) -> bool {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    if !words.begins_line(mention.words.start) {
        return false;
    }
    let written = words.written(mention.words.start);
    let capitals = written
        .chars()
        .filter(|c| c.is_alphabetic())
        .all(char::is_uppercase);
    let rest: Vec<&str> = (0..10)
        .map(|next| words.lower(mention.words.end + next))
        .take_while(|&w| w != "\n")
        .collect();
    let dash = rest.iter().any(|&word| matches!(word, "-" | "—"));
    match rest.first() {
        None | Some(&"" | &"(") => capitals || (rest.contains(&")") && dash),
        Some(&("," | "-" | "—")) => {
            capitals || (dash && rest.iter().any(|word| word.bytes().all(|b| b.is_ascii_digit())))
        }
        Some(word) => capitals && word.bytes().all(|byte| byte.is_ascii_digit()),
    }
}

/// The strength of the best mark of a government, in `[0, 1]`.
fn government_mark(reading: &Reading<'_>, at: usize) -> f32 {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    let (start, end) = (mention.words.start, mention.words.end);
    let before = |distance| words.before(start, distance);
    let after = |distance: usize| words.lower(end + distance - 1);

    if !mention.compound.is_empty() {
        return if is_siding(&mention.compound) { 0.9 } else { 0.0 };
    }
    if (after(1) == "-" && is_siding(after(2))) || (before(1) == "-" && is_siding(before(2))) {
        return 0.9;
    }
    let mut mark: f32 = 0.0;
    let placed = is_place_preposition(before(1)) || matches!(before(1), "to" | "from");
    if acts_after(reading, end) {
        mark = mark.max(if placed { 0.4 } else { 0.9 });
    } else if !placed && may_act(reading, end) {
        mark = mark.max(0.65);
    } else if !placed && does_something(after(1)) {
        // At a sentence's head it is its subject.
        let subject = start == words.sentence(start).start;
        mark = mark.max(if subject { 0.62 } else { 0.45 });
    }
    if !placed && is_listed_with_acting(reading, at) {
        mark = mark.max(0.85);
    }
    if after(1) == "'s" && possesses_policy(reading, end + 1) {
        mark = mark.max(0.85);
    }
    if is_of_state(after(1)) {
        mark = mark.max(0.85);
    }
    if relates_governments(reading, at) {
        mark = mark.max(0.85);
    }
    if is_accusing(before(1)) {
        mark = mark.max(0.8);
    }
    mark
}

/// *London would not yield*: cities are not said to be bound or able, but for a few things.
fn may_act(reading: &Reading<'_>, end: usize) -> bool {
    let words = &reading.words;
    let of_cities = |word: &str| {
        matches!(
            word,
            "be" | "become"
                | "host"
                | "have"
                | "get"
                | "see"
                | "remain"
                | "celebrate"
                | "receive"
                | "stage"
                | "feel"
                | "experience"
                | "hold"
                | "need"
                | "look"
                | "also"
                | "soon"
                | "again"
                | "suffer"
                | "grow"
                | "go"
        )
    };
    let negated = usize::from(matches!(words.lower(end + 1), "not" | "never" | "only"));
    is_modal(words.lower(end)) && !of_cities(words.lower(end + 1 + negated))
}

/// *Paris and Berlin have urged …*; *… would not bow to Moscow or Washington*.
fn is_listed_with_acting(reading: &Reading<'_>, at: usize) -> bool {
    let words = &reading.words;
    let joins = |from: usize, to: usize| {
        let gap: Vec<&str> = (from..to).map(|word| words.lower(word)).collect();
        matches!(
            gap[..],
            [","] | ["and"] | ["or"] | ["as", "well", "as"] | [",", "and"]
        )
    };
    let is_state = |other: usize| reading.country_at(other).is_some() || reading.capital_of[other].is_some();
    let mut last = at;
    while let Some(next) = reading.mentions.get(last + 1)
        && last < at + 4
        && joins(reading.mentions[last].words.end, next.words.start)
        && is_state(last + 1)
    {
        last += 1;
    }
    let before = at.checked_sub(1).is_some_and(|before| {
        let decision = reading.decisions[before].as_ref();
        decision.is_some_and(|decision| decision.via == Via::Capital)
            && joins(
                reading.mentions[before].words.end,
                reading.mentions[at].words.start,
            )
    });
    before || (last > at && acts_after(reading, reading.mentions[last].words.end))
}

/// A verb of acting right after, past adverbs, auxiliaries and *, which*.
pub fn acts_after(reading: &Reading<'_>, end: usize) -> bool {
    let words = &reading.words;
    let mut at = end;
    if words.lower(at) == "," && words.lower(at + 1) == "which" {
        at += 2;
    }
    let mut modal = false;
    let mut being = false;
    for _ in 0..5 {
        let word = words.lower(at);
        let verb = is_act(word) || (modal && is_plain_verb(word)) || (being && is_doing(word));
        if verb {
            return true;
        }
        let adverb = word.len() > 4 && word.ends_with("ly");
        if !is_auxiliary(word) && !adverb {
            return false;
        }
        modal |= is_modal(word);
        being |= matches!(word, "is" | "was" | "been");
        at += 1;
    }
    false
}

/// A past tense that is no known act, nor what happens to cities.
fn does_something(word: &str) -> bool {
    word.len() > 4 && word.ends_with("ed") && !is_state_of_city(word)
}

/// A verb's plain form after *will*: the base of an act, by its past.
fn is_plain_verb(word: &str) -> bool {
    let forms = [format!("{word}s"), format!("{word}ed"), format!("{word}d")];
    word.len() > 2 && forms.iter().any(|form| is_act(form))
}

/// *negotiating* after *is*: an act by its past or plain form.
fn is_doing(word: &str) -> bool {
    let Some(stem) = word.strip_suffix("ing") else {
        return false;
    };
    let forms = [format!("{stem}ed"), format!("{stem}s"), format!("{stem}es")];
    stem.len() > 2 && forms.iter().any(|form| is_act(form))
}

/// `'s` and then a noun of policy, past up to two adjectives.
fn possesses_policy(reading: &Reading<'_>, after_possessive: usize) -> bool {
    (after_possessive..after_possessive + 3).any(|at| is_policy_noun(reading.words.lower(at)))
}

/// *between Paris and Berlin*, *ties with Paris*, *Paris and Berlin agreed*, *Paris-Berlin talks*.
fn relates_governments(reading: &Reading<'_>, at: usize) -> bool {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    let (start, end) = (mention.words.start, mention.words.end);
    let before = |distance| words.before(start, distance);
    let names_state =
        |other: usize| reading.country_at(other).is_some() || reading.capital_of[other].is_some();
    // between X and Y
    let sentence = words.sentence(start);
    let between = (sentence.start..start)
        .rev()
        .take(8)
        .any(|word| words.lower(word) == "between");
    if between && (before(1) == "and" || words.lower(end) == "and") {
        let partner = [at.checked_sub(1), Some(at + 1)]
            .into_iter()
            .flatten()
            .any(|other| {
                reading.mentions.get(other).is_some_and(|seen| {
                    let near = seen.words.end + 2 >= start && end + 1 >= seen.words.start;
                    near && names_state(other)
                })
            });
        if partner && !between_places(reading, start) {
            return true;
        }
    }
    // ties with X, talks with X
    let preposition = before(1);
    if matches!(
        preposition,
        "with" | "against" | "on" | "to" | "from" | "by" | "of"
    ) {
        let strict = matches!(preposition, "from" | "to" | "of" | "on");
        let near = (2..=if strict { 2 } else { 4 }).any(|distance| is_relation(before(distance)));
        if near {
            return true;
        }
        if preposition == "by" && is_done_by(before(2)) {
            return true;
        }
    }
    false
}

/// *between Paris and Berlin* of a road, a flight or a match.
fn between_places(reading: &Reading<'_>, start: usize) -> bool {
    let words = &reading.words;
    let sentence = words.sentence(start);
    (sentence.start..start)
        .rev()
        .take(12)
        .any(|word| is_way(words.lower(word)))
}

/// The strength of the best mark of a city, in `[0, 1]`.
fn place_mark(reading: &Reading<'_>, at: usize) -> f32 {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    let (start, end) = (mention.words.start, mention.words.end);
    let before = |distance| words.before(start, distance);
    let after = |distance: usize| words.lower(end + distance - 1);

    if matches!(
        &*mention.compound,
        "based" | "born" | "bound" | "area" | "trained" | "educated"
    ) {
        return 1.0;
    }
    if after(1) == "-" && matches!(after(2), "based" | "born" | "bound" | "area") {
        return 1.0;
    }
    if is_city_modifier(before(1))
        || (before(1) == "," && before(2) == "capital")
        || (before(1) == "of"
            && matches!(
                before(2),
                "city"
                    | "capital"
                    | "outskirts"
                    | "streets"
                    | "suburb"
                    | "north"
                    | "south"
                    | "east"
                    | "west"
                    | "northwest"
                    | "northeast"
                    | "southwest"
                    | "southeast"
                    | "suburbs"
                    | "mayor"
                    | "university"
                    | "centre"
                    | "center"
                    | "part"
                    | "parts"
                    | "district"
                    | "bishop"
                    | "archbishop"
                    | "heart"
            ))
    {
        return 1.0;
    }
    if is_place_preposition(before(1)) {
        return 0.95;
    }
    if before(1) == "from" || before(1) == "to" {
        return 0.7;
    }
    if after(1) == ","
        && reading.mentions.get(at + 1).is_some_and(|seen| {
            let country = seen.words.start == end + 1 && reading.country_at(at + 1).is_some();
            country && !acts_after(reading, seen.words.end)
        })
    {
        return 0.95;
    }
    if is_city_noun(after(1)) {
        return 0.9;
    }
    if after(1) == "'s" && (2..=4).any(|distance| is_city_noun(after(distance))) {
        return 0.9;
    }
    0.1
}
