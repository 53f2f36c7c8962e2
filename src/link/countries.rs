//! Countries by name, short form, abbreviation, demonym and adjective.

use std::collections::HashMap;

use super::candidates::Candidate;
use super::capitals::acts_after;
use super::context::{Decision, Label, Reading};
use super::places::{country_of_place, is_state_abbreviation};
use super::ranking::{Feature, Features, Question, log_odds};
use crate::document::{Kind, Via};

/// Links names and demonyms that mean one country and need no support.
pub fn link_clear_names(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        if reading.mentions[at].label != Label::Person
            && let Some(country) = country_of_place(reading.mentions[at].name)
        {
            reading.passes_through(country);
        }
        if let [only] = &named(reading, at)[..]
            && !only.weak
        {
            take(reading, at, only);
        }
    }
}

/// Links names that several countries share and those that need support from the document.
pub fn link_shared_names(reading: &mut Reading<'_>) {
    for at in 0..reading.mentions.len() {
        if reading.decisions[at].is_some() {
            continue;
        }
        let candidates = named(reading, at);
        if let Some(best) = choose(reading, at, &candidates) {
            take(reading, at, &best);
        }
    }
    link_directions(reading);
}

/// Countries that the mention names; capitals are another matter.
fn named(reading: &mut Reading<'_>, at: usize) -> Vec<Candidate> {
    let mention = &reading.mentions[at];
    if mention.label == Label::Person {
        return Vec::new();
    }
    let mut found = reading.finder.by_name(mention.name, Kind::Country, reading.date);
    let place = country_of_place(mention.name).is_some();
    if found.is_empty() && !place && mention.label != Label::Organisation {
        found = reading
            .finder
            .by_misspelling(mention.name, Kind::Country, reading.date);
    }
    found.retain(|candidate| !matches!(candidate.via(), Via::Capital | Via::Metonym | Via::Surname));
    found
}

/// Decides between several countries of one name, or on one that needs support.
fn choose(reading: &Reading<'_>, at: usize, candidates: &[Candidate]) -> Option<Candidate> {
    let weight = |candidate: &Candidate| {
        reading
            .weights
            .get(candidate.country())
            .copied()
            .unwrap_or_default()
    };
    let best = candidates.iter().max_by(|a, b| {
        weight(a)
            .total_cmp(&weight(b))
            .then(b.weak.cmp(&a.weak))
            .then(current(a, reading).cmp(&current(b, reading)))
    })?;
    let second = candidates
        .iter()
        .filter(|candidate| candidate.reference != best.reference)
        .map(weight)
        .fold(0.0, f32::max);
    let supported = weight(best) > 0.0;
    if supported && second > 0.0 && weight(best) < 2.0 * second && best.weak {
        // "Korean" where both Koreas speak.
        return None;
    }
    if !best.weak || supported {
        return Some(best.clone());
    }
    let mention = &reading.mentions[at];
    match candidates {
        // Nothing else tells: the country that the name means by itself, where the label agrees.
        [only] => {
            // An adjective of a state that is no more ("Nazi") means its time rather than the state.
            let adjective =
                only.via() == Via::Demonym && mention.label == Label::Other && current(only, reading);
            let canonical = only.via() == Via::Name && mention.label == Label::Place;
            (adjective || canonical).then(|| only.clone())
        }
        _ => {
            let default = DEFAULTS
                .iter()
                .find(|(name, _)| mention.name.eq_ignore_ascii_case(name))?
                .1;
            candidates
                .iter()
                .find(|candidate| candidate.country() == default)
                .cloned()
        }
    }
}

/// Which of two countries a shared name means where the document says nothing more.
const DEFAULTS: [(&str, &str); 3] = [("Korea", "KR"), ("Korean", "KR"), ("Koreans", "KR")];

/// Whether the entity existed at the document's date.
fn current(candidate: &Candidate, reading: &Reading<'_>) -> bool {
    match (reading.date, candidate.entity.to) {
        (Some(date), Some(to)) => to.latest() >= date.earliest(),
        (None, Some(_)) => false,
        (_, None) => true,
    }
}

fn take(reading: &mut Reading<'_>, at: usize, candidate: &Candidate) {
    let features = weigh(reading, at, candidate);
    let judged = reading.judge(at, Question::Country, vec![(candidate.clone(), features)]);
    if let Some((candidate, confidence)) = judged {
        let via = match candidate.via() {
            Via::Alias if candidate.weak => Via::InDocument,
            via => via,
        };
        reading.decide(at, Decision::new(&candidate, via, confidence));
    }
}

fn weigh(reading: &Reading<'_>, at: usize, candidate: &Candidate) -> Features {
    let mention = &reading.mentions[at];
    let adjective = candidate.via() == Via::Demonym;
    let organisation = mention.label == Label::Organisation;
    let acts = organisation
        && !reading.sports
        && (acts_after(reading, mention.words.end) || reading.has_place(candidate.country()));
    Features::default()
        .when(Feature::Weak, candidate.weak)
        // In reports of sport a team takes part as often as its country is spoken of.
        .with(
            Feature::Share,
            if reading.sports {
                0.0
            } else {
                reading.share(candidate.country())
            },
        )
        .when(Feature::Demonym, adjective)
        .when(Feature::Acronym, candidate.via() == Via::Acronym)
        .with(Feature::Misspelt, misspelling(reading, at, candidate))
        .when(Feature::Sports, reading.sports)
        .when(Feature::Organisation, organisation && !acts)
        .when(Feature::OrganisationActs, organisation && acts)
        .when(Feature::Language, adjective && is_language(reading, at))
        .when(Feature::PartOfPlace, is_part_of_place(reading, at, candidate))
        .when(
            Feature::Indigenous,
            adjective && is_indigenous(reading, at, candidate),
        )
        .when(Feature::Team, reading.sports && !adjective && plays(reading, at))
        .when(Feature::PartOfName, !adjective && is_part_of_name(reading, at))
}

/// How far a slip is to be doubted: half as much where the document names the country, and in a long name.
fn misspelling(reading: &Reading<'_>, at: usize, candidate: &Candidate) -> f32 {
    if !candidate.is_misspelt() {
        return 0.0;
    }
    let present = reading.has_country(candidate.country());
    let long = reading.mentions[at].name.chars().count() >= 9;
    [present, long]
        .iter()
        .fold(1.0, |doubt, &sure| if sure { doubt / 2.0 } else { doubt })
}

/// Words that follow a language and not a people: *in English in*, *in French.*
const AFTER_LANGUAGE: [&str; 23] = [
    "", "\n", ".", ",", ";", ":", "!", "?", "\"", "”", ")", "in", "and", "or", "but", "as", "to", "with",
    "on", "at", "for", "than", "before",
];

/// Nouns of languages.
const LANGUAGE_NOUNS: [&str; 14] = [
    "language",
    "languages",
    "speaker",
    "speakers",
    "translation",
    "translations",
    "dialect",
    "dialects",
    "word",
    "words",
    "phrase",
    "subtitles",
    "lessons",
    "grammar",
];

/// *in English*, *speaks French*, *German-speaking*, *the Spanish word*.
fn is_language(reading: &Reading<'_>, at: usize) -> bool {
    let mention = &reading.mentions[at];
    let words = &reading.words;
    let next = words.lower(mention.words.end);
    if ["speaking", "language", "speaker", "medium"].contains(&&*mention.compound) {
        return true;
    }
    if next == "-" {
        return matches!(
            words.lower(mention.words.end + 1),
            "speaking" | "language" | "speaker"
        );
    }
    let before = words.before(mention.words.start, 1);
    let spoken = matches!(
        before,
        "in" | "into"
            | "speak"
            | "speaks"
            | "spoke"
            | "speaking"
            | "spoken"
            | "learn"
            | "learning"
            | "fluent"
            | "broken"
            | "perfect"
            | "read"
            | "understand"
            | "teach"
            | "teaching"
    );
    LANGUAGE_NOUNS.contains(&next) || (spoken && AFTER_LANGUAGE.contains(&next))
}

/// A town of the country's name (*Lebanon, Pa.*), or the state of Georgia in American news.
fn is_part_of_place(reading: &Reading<'_>, at: usize, candidate: &Candidate) -> bool {
    let mention = &reading.mentions[at];
    let words = &reading.words;
    let end = mention.words.end;
    if words.lower(end) == ","
        && is_state_abbreviation(words.written(end + 1))
        && mention.label == Label::Place
    {
        return candidate.via() != Via::Acronym;
    }
    // "Mexico, Missouri"
    let state_after = reading.mentions.get(at + 1).is_some_and(|next| {
        next.words.start == end + 1
            && candidate.country() != "US"
            && country_of_place(next.name) == Some("US")
    });
    if words.lower(end) == "," && state_after && mention.label == Label::Place {
        return true;
    }
    if candidate.country() != "GE" {
        return false;
    }
    // What stands beside it in the sentence tells more than the rest of the document.
    let state_nearby = reading.words.sentence(mention.words.start).any(|word| {
        matches!(
            words.lower(word),
            "atlanta"
                | "augusta"
                | "savannah"
                | "macon"
                | "county"
                | "governor"
                | "gubernatorial"
                | "bulldogs"
                | "gop"
        )
    });
    if state_nearby || (words.lower(end) == "'s" && words.lower(end + 1) == "secretary") {
        return true;
    }
    let others = |names: &[&str]| (0..words.len()).any(|word| names.contains(&words.lower(word)));
    let caucasus = [
        "tbilisi",
        "georgian",
        "georgians",
        "abkhazia",
        "ossetia",
        "caucasus",
        "armenia",
        "azerbaijan",
    ];
    if *reading.of_text.caucasus.get_or_init(|| others(&caucasus)) {
        return false;
    }
    let state = [
        "atlanta",
        "savannah",
        "carolina",
        "ga",
        "alabama",
        "tennessee",
        "florida",
        "augusta",
        "macon",
    ];
    *reading.of_text.south.get_or_init(|| others(&state)) || reading.share("US") > 0.4
}

/// What a team does or has, right after its name.
#[rustfmt::skip]
const OF_TEAMS: [&str; 54] = [
    "advanced", "bats", "batsman", "beat", "beating", "bowler", "captain", "champions", "clinched", "coach",
    "coasted", "crashed", "cruised", "defeated", "defender", "defenders", "drew", "edge", "edged", "edges",
    "eliminated", "equalised", "equalized", "face", "faced", "fielded", "forward", "goalkeeper", "hammered", "held",
    "international", "internationals", "led", "lost", "manager", "midfielder", "midfielders", "outclassed", "play",
    "played", "players", "qualified", "scored", "secured", "side", "skipper", "squad", "striker", "team", "thrash",
    "thrashed", "v", "vs", "won",
];

/// What stands right before a team's name.
const BEFORE_TEAMS: [&str; 10] = [
    "against", "beat", "beating", "beats", "defeated", "over", "thrashed", "v", "versus", "vs",
];

/// *… beat …*, *… 2 …*: a team that has the country's name.
fn plays(reading: &Reading<'_>, at: usize) -> bool {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    let next = words.lower(mention.words.end);
    let score = next.len() <= 3 && !next.is_empty() && next.bytes().all(|byte| byte.is_ascii_digit());
    score
        || OF_TEAMS.binary_search(&next).is_ok()
        || BEFORE_TEAMS.contains(&words.before(mention.words.start, 1))
}

/// Nouns that make a company's or a paper's name of a country's.
#[rustfmt::skip]
const NAMED_AFTER: [&str; 50] = [
    "air", "airlines", "airways", "bancorp", "bank", "broadcasting", "chronicle", "co", "company", "corp",
    "corporation", "daily", "express", "fund", "gazette", "group", "guardian", "herald", "holdings", "inc",
    "industries", "insurance", "journal", "limited", "ltd", "mail", "media", "mining", "monitor", "motors", "news",
    "oil", "petroleum", "plc", "post", "power", "press", "radio", "railways", "steel", "sun", "telecom", "telegraph",
    "television", "times", "today", "tribune", "tv", "university", "weekly",
];

/// The same before *of*: *Bank of America*.
const NAMED_OF: [&str; 9] = [
    "bank",
    "church",
    "college",
    "institute",
    "museum",
    "radio",
    "school",
    "university",
    "voice",
];

/// Things that are called after a country.
#[rustfmt::skip]
const THINGS: [(&str, &str); 10] = [
    ("Brazil", "nut"), ("Brazil", "nuts"), ("Panama", "hat"), ("Panama", "hats"), ("Guinea", "pig"), ("Guinea", "pigs"),
    ("Guinea", "fowl"), ("Jordan", "almonds"), ("China", "cabinet"), ("India", "ink"),
];

/// *Bank of America*, *Korea Herald*, where the tagger took the country alone for a name.
fn is_part_of_name(reading: &Reading<'_>, at: usize) -> bool {
    let words = &reading.words;
    let mention = &reading.mentions[at];
    let (start, end) = (mention.words.start, mention.words.end);
    let is_name = |word: usize, nouns: &[&str]| {
        let inside = reading.mentions_in(&(word..word + 1)).next().is_some();
        let capital = words.written(word).starts_with(char::is_uppercase);
        capital && !inside && nouns.binary_search(&words.lower(word)).is_ok()
    };
    let of = words.before(start, 1) == "of" && start >= 2;
    if THINGS.contains(&(mention.name, words.lower(end))) {
        return true;
    }
    mention.compound.is_empty() && (is_name(end, &NAMED_AFTER) || (of && is_name(start - 2, &NAMED_OF)))
}

/// *Indians* of the Americas.
fn is_indigenous(reading: &Reading<'_>, at: usize, candidate: &Candidate) -> bool {
    let words = &reading.words;
    let named = || {
        let mut mentions = reading.mentions.iter();
        mentions.any(|other| other.name == "India" || other.name == "New Delhi")
    };
    candidate.country() == "IN"
        && !reading.of_text.india.get_or_init(named)
        && words.sentence(reading.mentions[at].words.start).any(|word| {
            matches!(
                words.lower(word),
                "tribe"
                    | "tribes"
                    | "tribal"
                    | "indigenous"
                    | "ethnic"
                    | "native"
                    | "reservation"
                    | "mestizo"
            )
        })
}

const DIRECTIONS: [&str; 4] = ["North", "South", "East", "West"];

/// *the North*, *North* in *North and South Korea*: the country of the document whose name begins so.
fn link_directions(reading: &mut Reading<'_>) {
    let mut sharing = Sharing::default();
    for at in 0..reading.mentions.len() {
        sharing.note(reading, at);
    }
    for at in 0..reading.mentions.len() {
        let mention = &reading.mentions[at];
        let name = mention.name;
        let name = name
            .strip_prefix("the ")
            .or(name.strip_prefix("The "))
            .unwrap_or(name);
        let Some(direction) = (DIRECTIONS.iter().position(|&word| name == word))
            .filter(|_| reading.decisions[at].is_none() && mention.label != Label::Person)
        else {
            continue;
        };
        match sharing.of(direction) {
            (1, Some(first)) => {
                let Some(only) = reading.decisions[first].clone() else {
                    continue;
                };
                let share = reading.share(only.country());
                let features = Features::default()
                    .with(Feature::Source, log_odds(only.confidence))
                    .with(Feature::Share, share)
                    .when(Feature::Direction, true);
                reading.echo(at, &only, Via::InDocument, features);
            }
            (0, _) => link_twin(reading, at, DIRECTIONS[direction]),
            _ => {}
        }
        sharing.note(reading, at);
    }
}

/// Entities decided on whose names begin with a direction, each with its first mention.
#[derive(Default)]
struct Sharing([HashMap<String, usize>; DIRECTIONS.len()]);

impl Sharing {
    fn note(&mut self, reading: &Reading<'_>, at: usize) {
        let Some(decision) = &reading.decisions[at] else {
            return;
        };
        let first_word = decision.entity.name.split_once(' ').map(|(first, _)| first);
        if let Some(direction) = DIRECTIONS.iter().position(|&word| Some(word) == first_word) {
            let first = self.0[direction].entry(decision.entity.id.clone()).or_insert(at);
            *first = at.min(*first);
        }
    }

    /// How many there are, and the first mention of one of them.
    fn of(&self, direction: usize) -> (usize, Option<usize>) {
        let first = self.0[direction].values().next().copied();
        (self.0[direction].len(), first)
    }
}

/// *North and South Korea*: the coordinated direction takes the other's noun.
fn link_twin(reading: &mut Reading<'_>, at: usize, direction: &str) {
    let end = reading.mentions[at].words.end;
    if !matches!(reading.words.lower(end), "and" | "or" | "," | "-") {
        return;
    }
    let Some(next) = reading
        .mentions
        .get(at + 1)
        .filter(|next| next.words.start == end + 1)
    else {
        return;
    };
    let Some((_, noun)) = next.name.split_once(' ') else {
        return;
    };
    let name = format!("{direction} {noun}");
    if let [only] = &reading.finder.by_name(&name, Kind::Country, reading.date)[..] {
        let features = Features::default()
            .with(Feature::Share, reading.share(only.country()))
            .when(Feature::Coordinated, true);
        let twin = Decision::new(only, Via::InDocument, 1.0);
        reading.echo(at, &twin, Via::InDocument, features);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_sorted() {
        for list in [&OF_TEAMS[..], &BEFORE_TEAMS, &NAMED_AFTER, &NAMED_OF] {
            assert!(list.is_sorted_by(|a, b| a < b), "{list:?}");
        }
    }
}
