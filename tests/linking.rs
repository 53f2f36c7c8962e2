//! What the linker makes of made-up news, against the small gazetteer of `tests/fixtures`.

use std::path::Path;

use nomenclator::document::{Document, Kind, Link, Mention, Via};
use nomenclator::gazetteer::Gazetteer;
use nomenclator::link::Linker;

fn gazetteer() -> Gazetteer {
    let mut gazetteer = Gazetteer::default();
    gazetteer
        .add_file(Path::new("tests/fixtures/gazetteer.jsonl"))
        .unwrap();
    gazetteer
}

/// Reads a text whose mentions stand in brackets with their labels, as in `[Peru|LOC]`, and links it.
fn linked(date: Option<&str>, marked: &str) -> Vec<(String, Mention)> {
    let mut text = String::new();
    let mut mentions = Vec::new();
    let mut rest = marked;
    while let Some((before, after)) = rest.split_once('[') {
        let (inside, after) = after.split_once(']').unwrap();
        let (surface, label) = inside.split_once('|').unwrap();
        text += before;
        let start = text.len();
        text += surface;
        mentions.push(Mention {
            span: start..text.len(),
            label: label.into(),
            score: 1.0,
            link: None,
        });
        rest = after;
    }
    text += rest;
    let document = Document {
        date: date.map(|date| date.parse().unwrap()),
        text,
        ..Document::default()
    };
    Linker::new(gazetteer()).link(&document, &mut mentions);
    mentions
        .into_iter()
        .map(|mention| (document.text[mention.span.clone()].to_owned(), mention))
        .collect()
}

/// Checks the links of a marked text: ids in order, `-` for NIL.
#[track_caller]
fn check(date: Option<&str>, marked: &str, expected: &[&str]) -> Vec<(String, Mention)> {
    let found = linked(date, marked);
    let ids: Vec<String> = found
        .iter()
        .map(|(_, mention)| {
            mention.link.as_ref().map_or("-".to_owned(), |link| {
                link.id.as_deref().unwrap_or("role").to_owned()
            })
        })
        .collect();
    assert_eq!(ids, expected, "{marked}\n{found:#?}");
    for (_, mention) in &found {
        let confidence = mention.link.as_ref().map_or(1.0, |link| link.confidence);
        assert!((0.5..=1.0).contains(&confidence), "{mention:?}");
    }
    found
}

#[test]
fn countries_by_name_acronym_and_demonym() {
    let found = check(
        Some("2024-05-01"),
        "[Türkiye|LOC] and the [U.S.|LOC] met [Iranian|MISC] envoys. [NORTH KOREA|LOC] did not. The [DPRK|ORG] said so.",
        &["Q43", "Q30", "Q794", "Q423", "Q423"],
    );
    let via: Vec<Via> = found
        .iter()
        .map(|(_, mention)| mention.link.as_ref().unwrap().via)
        .collect();
    assert_eq!(
        via,
        [Via::Alias, Via::Acronym, Via::Demonym, Via::Name, Via::Acronym]
    );
}

#[test]
fn acronyms_keep_their_case() {
    check(
        None,
        "He told [us|MISC] that the [US|LOC] had its [aims|ORG].",
        &["-", "Q30", "-"],
    );
    check(
        None,
        "The [AIMS|ORG] institute, [AIMS|ORG], opened.",
        &["nom:aims", "nom:aims"],
    );
}

#[test]
fn compounds_give_the_one_entity_inside() {
    check(
        None,
        "A [U.S.-backed|MISC] and [pro-Beijing|MISC] plan, an [Ankara-based|MISC] firm, a [Franco-Russian|MISC] one, \
         [anti-Kremlin|MISC] crowds, [Turkish-led|MISC] troops.",
        &["Q30", "Q148", "-", "-", "nom:kremlin", "Q43"],
    );
}

#[test]
fn persons_and_countries_share_names() {
    check(None, "[Jordan|PER] scored for [Jordan|LOC].", &["-", "Q810"]);
}

#[test]
fn a_capital_acts_or_is_a_city() {
    check(
        Some("2024-05-01"),
        "[PARIS|LOC] (Reuters) - [Moscow|LOC] rejected the offer, a diplomat said in [Moscow|LOC]. Ties between \
         [Pyongyang|LOC] and [Moscow|LOC] have grown. [Ankara|LOC]'s position is clear, while [Ankara|LOC]'s airport was \
         shut. Trains between [Paris|LOC] and [London|LOC] stopped. He flew to [Tehran|LOC]. The talks with \
         [Tehran|LOC] go on; [Washington|LOC] would consider a deal.",
        &[
            "-", "Q159", "-", "Q423", "Q159", "Q43", "-", "-", "-", "-", "Q794", "Q30",
        ],
    );
    check(
        None,
        "In [Paris|LOC], [France|LOC], and in the capital, [Tehran|LOC], crowds met.",
        &["-", "Q142", "-"],
    );
    check(None, "[Singapore|LOC] is a state and a city.", &["Q334"]);
}

#[test]
fn capitals_in_lists_act_together() {
    check(
        Some("2024-05-01"),
        "[Paris|LOC] and [London|LOC] have urged a truce. [Tehran|LOC] would not bow to [Moscow|LOC] or [Washington|LOC]. \
         [Paris|LOC] will host the show, and [London|LOC] and [Paris|LOC] are cities.",
        &["Q142", "Q145", "Q794", "Q159", "Q30", "-", "-", "-"],
    );
}

#[test]
fn a_capital_gives_its_country_to_a_body() {
    check(
        None,
        "[Turkey|LOC] spoke. The [Foreign Ministry|ORG] in [Tehran|LOC] confirmed the visit.",
        &["Q43", "nom:ir-mfa", "-"],
    );
}

#[test]
fn a_wrong_label_does_not_hide_a_place() {
    check(
        None,
        "[Kinshasa|PER] accused [Jordan|PER] of [Iran|PER].",
        &["Q974", "-", "Q794"],
    );
}

#[test]
fn languages_are_no_countries() {
    check(
        None,
        "The letter was written in [French|MISC], a [Russian|MISC] word. [French|MISC] farmers saw it in [French|MISC] papers.",
        &["-", "-", "Q142", "Q142"],
    );
}

#[test]
fn shared_names_go_by_the_document() {
    check(
        None,
        "[Kinshasa|LOC] said that the army of the [Democratic Republic of the Congo|LOC] held. [Congo|LOC] wants peace.",
        &["Q974", "Q974", "Q974"],
    );
    check(
        None,
        "[Brazzaville|LOC] said that [Congo|LOC] wants peace.",
        &["Q971", "Q971"],
    );
    check(
        None,
        "[North Korea|LOC] fired first. The [North|LOC] said that the [Korean|MISC] people wept.",
        &["Q423", "Q423", "Q423"],
    );
    check(
        None,
        "[North|LOC] and [South Korea|LOC] met. The [South|LOC] was pleased.",
        &["Q423", "Q884", "Q884"],
    );
    check(None, "The [North|LOC] of the town was flooded.", &["-"]);
}

#[test]
fn bodies_take_the_country_beside_them() {
    let found = check(
        Some("2024-05-01"),
        "[South Korea|LOC]'s [National Assembly|ORG] met as [France|LOC] voted. The [Turkish|MISC] [Foreign Ministry|ORG] and \
         the [Foreign Ministry|ORG] of [Iran|LOC] agreed. The [Iranian Foreign Ministry|ORG] said more. \
         [Peruvian|MISC] [Foreign Ministry|ORG] staff left. [Russia|LOC]'s [Defense Ministry|ORG] said nothing.",
        &[
            "Q884",
            "Q494226",
            "Q142",
            "Q43",
            "nom:tr-mfa",
            "nom:ir-mfa",
            "Q794",
            "nom:ir-mfa",
            "-",
            "-",
            "Q159",
            "nom:ru-mod",
        ],
    );
    assert_eq!(found[1].1.link.as_ref().unwrap().via, Via::InDocument);
    assert_eq!(
        found[1].1.link.as_ref().unwrap().role.as_deref(),
        Some("parliament")
    );
}

#[test]
fn bodies_take_the_documents_country() {
    check(
        None,
        "[SEOUL|LOC] (Reuters) - Lawmakers in [South Korea|LOC] met. The [National Assembly|ORG] votes on Monday.",
        &["-", "Q884", "Q494226"],
    );
    check(None, "The [National Assembly|ORG] votes on Monday.", &["-"]);
}

#[test]
fn a_document_defines_its_acronyms() {
    check(
        None,
        "The [National Intelligence Service|ORG] ([NIS|ORG]) of [South Korea|LOC] met. [NIS|ORG] said so. The \
         [KPA|ORG] ([Korean People's Army|ORG]) fired.",
        &["nom:nis", "nom:nis", "Q884", "nom:nis", "nom:kpa", "nom:kpa"],
    );
    check(
        None,
        "The [Northern Iron Society|ORG] ([NIS|ORG]) of [South Korea|LOC] met. [NIS|ORG] said so.",
        &["-", "-", "Q884", "-"],
    );
}

#[test]
fn buildings_stand_for_their_bodies() {
    let found = check(
        None,
        "The [Pentagon|ORG] said that the [Kremlin|LOC] knew. Visitors at the [Kremlin|LOC] saw [U.S.|LOC] flags.",
        &["Q11209", "nom:kremlin", "-", "Q30"],
    );
    assert_eq!(found[0].1.link.as_ref().unwrap().via, Via::Metonym);
}

#[test]
fn officials_by_full_name_and_then_by_surname() {
    let found = check(
        Some("2024-10-29"),
        "[Choe|PER] came early. Foreign Minister [Choe Son-hui|PER] of [North Korea|LOC] met [Vladimir Putin|PER]. [Putin|PER] \
         and [Vladimir|PER] are one, [Sun Hui|PER] is not.",
        &["Q30436217", "Q30436217", "Q423", "Q7747", "Q7747", "Q7747", "-"],
    );
    let via: Vec<Option<Via>> = found
        .iter()
        .map(|(_, mention)| mention.link.as_ref().map(|link| link.via))
        .collect();
    assert_eq!(via[0], Some(Via::Surname));
    assert_eq!(via[4], Some(Via::Surname));
    assert_eq!(via[5], Some(Via::InDocument));
    let putin = found[3].1.link.as_ref().unwrap();
    assert_eq!(putin.role.as_deref(), Some("President of Russia"));
    assert_eq!(
        (putin.kind, putin.country.as_deref()),
        (Kind::Official, Some("RU"))
    );
}

#[test]
fn the_office_is_that_of_the_date() {
    let found = check(
        Some("2010-03-01"),
        "[Vladimir Putin|PER] spoke in [Russia|LOC].",
        &["Q7747", "Q159"],
    );
    assert_eq!(
        found[0].1.link.as_ref().unwrap().role.as_deref(),
        Some("Prime Minister of Russia")
    );
}

#[test]
fn a_surname_alone_needs_a_leader() {
    check(
        Some("2024-01-01"),
        "[Smith|PER] spoke in the [United States|LOC].",
        &["-", "Q30"],
    );
    check(
        Some("2024-01-01"),
        "[Russia|LOC] said President [Putin|PER] agreed.",
        &["Q159", "Q7747"],
    );
    check(
        Some("2024-01-01"),
        "[Putin|PER] won the village chess game.",
        &["-"],
    );
}

#[test]
fn given_names_stand_alone_with_care() {
    check(
        Some("2015-01-01"),
        "[Malaysia|LOC]'s Prime Minister [Najib Razak|PER] spoke. [Najib|PER] left. His son [Najib|PER] stayed.",
        &["-", "Q57675", "Q57675", "-"],
    );
    check(
        Some("2015-01-01"),
        "[New Zealand|LOC]'s Prime Minister [John Key|PER] spoke. [John|PER] the cook left.",
        &["Q664", "Q57783", "-"],
    );
}

#[test]
fn a_noun_stands_for_the_body_before_it() {
    check(
        None,
        "The [Security Council|ORG] of the [United Nations|ORG] met. The [Council|ORG] voted; the [Commission|ORG] did not.",
        &["Q37470", "Q1065", "Q37470", "-"],
    );
}

#[test]
fn a_namesake_is_nobody() {
    check(None, "[Adam Smith|PER], a striker, scored twice.", &["-"]);
    check(None, "Economist [Adam Smith|PER] died.", &["-"]);
    check(
        None,
        "[U.S.|LOC] Rep. [Adam Smith|PER] spoke; [Smith|PER] voted no.",
        &["Q30", "nom:smith-us", "nom:smith-us"],
    );
}

#[test]
fn names_with_particles_stay_whole() {
    check(
        Some("2023-01-01"),
        "The [European|MISC] leader [Ursula von der Leyen|PER] spoke. [von der Leyen|PER] left, and so did [Leyen|PER].",
        &["-", "Q450675", "Q450675", "Q450675"],
    );
}

#[test]
fn sports_results_name_clubs() {
    check(
        None,
        "Soccer: the striker scored twice as [France|ORG] won the cup match 2-0 in the league.",
        &["-"],
    );
}

#[test]
fn links_depend_on_nothing_but_the_document() {
    let linker = Linker::new(gazetteer());
    let document = Document {
        text: "Moscow said that Choe Son Hui met the National Assembly of South Korea.".to_owned(),
        ..Document::default()
    };
    let mention = |text: &str, label: &str| {
        let start = document.text.find(text).unwrap();
        Mention {
            span: start..start + text.len(),
            label: label.into(),
            score: 0.9,
            link: None,
        }
    };
    let mentions = vec![
        mention("Moscow", "LOC"),
        mention("Choe Son Hui", "PER"),
        mention("National Assembly", "ORG"),
        mention("South Korea", "LOC"),
    ];
    let mut first = mentions.clone();
    linker.link(&document, &mut first);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let mut again = mentions.clone();
                linker.link(&document, &mut again);
                assert_eq!(again, first);
            });
        }
    });
    let mut again = first.clone();
    linker.link(&document, &mut again);
    assert_eq!(again, first);
}

#[test]
fn odd_input_does_not_panic() {
    let linker = Linker::new(gazetteer());
    let texts = [
        "".to_owned(),
        "-".to_owned(),
        "'s".to_owned(),
        "🇰🇵 Ko\u{301}rea — ’s ( [ U.S.-".to_owned(),
        "A".repeat(100_000),
        "Moscow ".repeat(3000),
        "Kim Jong Un, ".repeat(3000),
        "Foreign Ministry (FM) ".repeat(2000),
    ];
    for text in texts {
        let document = Document {
            text,
            ..Document::default()
        };
        for label in ["PER", "ORG", "LOC", "MISC", "", "WHATEVER"] {
            let mut mentions: Vec<Mention> = document
                .text
                .split_inclusive(' ')
                .scan(0, |start, piece| {
                    let span = *start..*start + piece.trim_end().len();
                    *start += piece.len();
                    Some(span)
                })
                .chain([0..document.text.len(), 2..2, 7..900_000])
                .map(|span| Mention {
                    span,
                    label: label.into(),
                    score: 0.0,
                    link: None,
                })
                .collect();
            linker.link(&document, &mut mentions);
        }
    }
}

#[test]
fn user_records_lie_on_top() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("own.jsonl");
    std::fs::write(
        &path,
        concat!(
            r#"{"id":"nom:own","kind":"agency","subkind":"agency","name":"Office of Small Matters","country":"NZ","#,
            r#""aliases":[{"text":"OSM","type":"acronym"}],"sources":["own"]}"#,
            "\n",
            r#"{"id":"Q664","kind":"country","name":"Aotearoa","country":"NZ","sources":["own"]}"#,
        ),
    )
    .unwrap();
    let mut layered = gazetteer();
    let before = layered.len();
    layered.add_file(&path).unwrap();
    assert_eq!(layered.len(), before + 1);
    assert_eq!(layered.lookup("osm"), []);
    assert_eq!(layered.lookup("OSM")[0].entity.id, "nom:own");
    assert_eq!(
        layered.lookup("New Zealand"),
        [],
        "the record of the same id replaces it"
    );
    assert_eq!(layered.lookup("aotearoa")[0].entity.id, "Q664");
    assert_eq!(layered.by_id("Q664").unwrap().name, "Aotearoa");

    std::fs::write(&path, "{\"id\":\"nom:own\"}\n").unwrap();
    let message = layered.add_file(&path).unwrap_err().to_string();
    assert!(
        message.contains("own.jsonl:1: ") && message.contains("expected"),
        "{message}"
    );
}

#[test]
fn lookup_tells_what_a_name_can_mean() {
    let gazetteer = gazetteer();
    let ids = |name: &str| -> Vec<String> {
        gazetteer
            .lookup(name)
            .into_iter()
            .map(|found| found.entity.id)
            .collect()
    };
    assert_eq!(ids("türkiye"), ["Q43"]);
    assert_eq!(ids("Foreign Ministry"), ["nom:tr-mfa", "nom:ir-mfa"]);
    assert_eq!(ids("smith"), ["nom:smith-us", "nom:smith-gb"]);
    assert_eq!(ids("U.S."), ["Q30"]);
    assert_eq!(ids("nobody of note"), [""; 0]);
    assert_eq!(ids(""), [""; 0]);
}

/// The link of the mention with this text.
#[track_caller]
fn link_of<'f>(found: &'f [(String, Mention)], text: &str) -> &'f Link {
    let mention = found.iter().find(|(surface, _)| surface == text).unwrap();
    mention.1.link.as_ref().unwrap()
}

#[test]
fn the_text_shows_officials_whom_the_gazetteer_lacks() {
    let found = check(
        Some("2024-05-01"),
        "[Turkish|MISC] deputy interior minister [Bora Ornek|PER] resigned in [Turkey|LOC]. [Ornek|PER] gave no reason. \
         [Lale Ornek-Dal|PER], a lawmaker of [South Korea|LOC], asked why [Bora Ornek|PER] had left.",
        &["Q43", "role", "Q43", "role", "role", "Q884", "role"],
    );
    let minister = link_of(&found, "Bora Ornek");
    assert_eq!(
        (
            &*minister.name,
            minister.country.as_deref(),
            minister.role.as_deref(),
            minister.via
        ),
        (
            "Bora Ornek",
            Some("TR"),
            Some("deputy interior minister"),
            Via::Role
        )
    );
    let again = link_of(&found, "Ornek");
    assert_eq!((&*again.name, again.via), ("Bora Ornek", Via::Role));
    let lawmaker = link_of(&found, "Lale Ornek-Dal");
    assert_eq!(
        (lawmaker.country.as_deref(), lawmaker.role.as_deref()),
        (Some("KR"), Some("lawmaker of South Korea"))
    );
}

#[test]
fn people_of_companies_clubs_and_campaigns_are_no_officials() {
    check(
        Some("2024-05-01"),
        "[Acme|ORG] spokesman [Ann Example|PER] and club president [Bo Example|PER] met in [Turkey|LOC]. The film director \
         [Cy Example|PER], chairman of [Acme Motors|ORG], and rebel commander [Di Example|PER] did not.",
        &["-", "-", "-", "Q43", "-", "-", "-"],
    );
}

#[test]
fn teams_and_longer_names_are_not_the_country() {
    check(
        None,
        "The striker scored twice as [Turkey|LOC] beat [France|LOC] 2-0 in a qualifying match of the league; the coach was glad.",
        &["-", "-"],
    );
    check(
        None,
        "The bank was founded by a man who had left the Bank of [France|LOC] and then read the [Russia|LOC] Herald every day.",
        &["-", "-"],
    );
}

#[test]
fn every_answer_can_be_explained() {
    let document = Document {
        text: "Russia said President Putin agreed.".to_owned(),
        date: Some("2024-01-01".parse().unwrap()),
        ..Document::default()
    };
    let mention = |text: &str, label: &str| {
        let start = document.text.find(text).unwrap();
        Mention {
            span: start..start + text.len(),
            label: label.into(),
            score: 1.0,
            link: None,
        }
    };
    let mut mentions = vec![mention("Russia", "LOC"), mention("Putin", "PER")];
    let mut plain = mentions.clone();
    let linker = Linker::new(gazetteer());
    let considerations = linker.explain(&document, &mut mentions);
    linker.link(&document, &mut plain);
    assert_eq!(mentions, plain);
    let questions: Vec<(usize, &str)> = considerations
        .iter()
        .map(|asked| (asked.mention, asked.question))
        .collect();
    assert_eq!(questions, [(0, "country"), (1, "leader")]);
    for (asked, mention) in considerations.iter().zip(&mentions) {
        let (best, link) = (&asked.candidates[0], mention.link.as_ref().unwrap());
        assert_eq!(
            (best.id.as_deref(), best.probability),
            (link.id.as_deref(), link.confidence)
        );
        let sum: f32 = best.bias + best.reasons.iter().map(|reason| reason.adds).sum::<f32>();
        assert!(
            (1.0 / (1.0 + (-sum).exp()) - best.probability).abs() < 1e-5,
            "{best:?}"
        );
    }
}
