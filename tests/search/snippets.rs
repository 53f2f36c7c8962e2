//! Snippets cut what they say out of the text.

use std::sync::Arc;

use nomenclator::document::{Document, Mention, TaggedDocument};
use nomenclator::search::query::ast::Node;
use nomenclator::search::query::resolve::Sought;
use nomenclator::search::results::Request;
use nomenclator::search::results::snippet::{Sights, Snippet};
use proptest::prelude::*;

use super::world::{WHO, index, link};

/// Words, gaps and mentions one after the other.
fn tagged(pieces: &[(String, Option<usize>)]) -> TaggedDocument {
    let mut tagged = TaggedDocument {
        document: Document::default(),
        mentions: Vec::new(),
        considerations: Vec::new(),
    };
    for (piece, who) in pieces {
        let start = tagged.document.text.len();
        tagged.document.text += piece;
        if let Some(who) = who.filter(|_| !piece.is_empty()) {
            tagged.mentions.push(Mention {
                span: start..tagged.document.text.len(),
                label: Arc::from("PER"),
                score: 0.5,
                link: (who < WHO.len()).then(|| Box::new(link(&WHO[who], 0.7))),
            });
        }
    }
    tagged
}

fn cut(text: &str, from: usize, to: usize) -> String {
    text.chars().skip(from).take(to - from).collect()
}

fn sights(words: &[&str], keys: &[&str]) -> Sights {
    let words = words.iter().map(|words| {
        Node::Leaf(Sought::Phrase {
            title: false,
            words: words.split(' ').map(str::to_owned).collect(),
        })
    });
    let keys = Node::Leaf(Sought::Entities(
        keys.iter().map(|key| (*key).to_owned()).collect(),
    ));
    Sights::of(&Node::Or(words.chain([keys]).collect()))
}

proptest! {
    #[test]
    fn offsets_cut_the_right_text(
        pieces in prop::collection::vec(
            (prop_oneof!["[a-c]{1,3}", "[ \\n.,-]{1,3}", "\\PC{0,12}", "[a-z]{200,300}", "[北京é🙂 ]{1,40}"],
             prop::option::weighted(0.2, 0..12usize)),
            0..120,
        ),
    ) {
        let tagged = tagged(&pieces);
        let text = &tagged.document.text;
        let snippet = Snippet::cut(&tagged, &sights(&["a", "b", "ab c", "京"], &["country/KP", "official/Q1"]));
        let length = snippet.text.chars().count();
        prop_assert!(length <= 240, "{length} characters");
        prop_assert_eq!(&cut(text, snippet.start, snippet.start + length), &snippet.text);
        let mut end = 0;
        for range in &snippet.matches {
            prop_assert!(end <= range.start && range.start < range.end && range.end <= length);
            end = range.end;
        }
        let whole = tagged.mentions.iter().filter(|mention| {
            let (from, to) = (text[..mention.span.start].chars().count(), text[..mention.span.end].chars().count());
            snippet.start <= from && to <= snippet.start + length
        });
        let whole: Vec<String> = whole.map(|mention| text[mention.span.clone()].to_owned()).collect();
        let marked: Vec<String> = snippet.entities.iter()
            .map(|entity| cut(&snippet.text, entity.start, entity.end))
            .collect();
        prop_assert_eq!(marked, whole);
        // Whatever was asked for and is there is shown somewhere.
        let there = tagged.mentions.iter().any(|mention| {
            mention.link.as_ref().is_some_and(|link| ["country/KP", "official/Q1"].contains(&&*link.entity_key()))
        });
        prop_assert!(!there || !snippet.matches.is_empty());
        let behind: String = text.chars().skip(snippet.start + length).collect();
        prop_assert_eq!(snippet.goes_on, !behind.trim().is_empty());
    }
}

#[test]
fn shows_where_most_of_it_stands() {
    let filler = "nothing of note was said on this day by anybody who was there. ".repeat(20);
    let pieces = [
        (format!("A missile here. {filler}"), None),
        ("A missile near ".to_owned(), None),
        ("Pyongyang".to_owned(), Some(0)),
        (format!(" was seen by {filler}"), None),
    ];
    let snippet = Snippet::cut(&tagged(&pieces), &sights(&["missile"], &["country/KP"]));
    let matches: Vec<String> = snippet
        .matches
        .iter()
        .map(|range| cut(&snippet.text, range.start, range.end))
        .collect();
    assert_eq!(matches, ["missile", "Pyongyang"]);
    assert!(snippet.start > 1000 && snippet.goes_on);
    assert_eq!(snippet.entities[0].key.as_deref(), Some("country/KP"));
    assert!(snippet.text.starts_with(char::is_alphabetic) && snippet.text.ends_with(char::is_alphabetic));

    let nothing = Snippet::cut(&tagged(&pieces), &sights(&["zebra"], &[]));
    assert!(nothing.start == 0 && nothing.matches.is_empty() && nothing.text.starts_with("A missile here."));
}

#[test]
fn what_a_document_must_lack_is_no_match() {
    let (_folder, index, _) = index();
    let answer = index
        .search(&Request::new("test -zebra OR (test -\"the the the\")"))
        .unwrap();
    assert!(answer.total > 10);
    for hit in answer.hits {
        for range in &hit.snippet.matches {
            let matched = cut(&hit.snippet.text, range.start, range.end);
            assert_eq!(matched.to_lowercase(), "test");
        }
    }
}
