//! What comes first, pages, and an index that grows while it is searched.

use std::collections::BTreeSet;

use nomenclator::document::{Document, Mention, TaggedDocument};
use nomenclator::search::reader::SearchIndex;
use nomenclator::search::results::{Request, Sort};
use tempfile::TempDir;

use super::world::{WHO, documents, feed, gazetteer, index, link};

fn document(id: &str, title: Option<&str>, text: &str, date: Option<&str>) -> TaggedDocument {
    TaggedDocument {
        document: Document {
            id: id.to_owned(),
            text: text.to_owned(),
            title: title.map(str::to_owned),
            date: date.and_then(|date| date.parse().ok()),
            ..Document::default()
        },
        mentions: Vec::new(),
        considerations: Vec::new(),
    }
}

/// Mentions North Korea at each `DPRK`.
fn mentioning(mut tagged: TaggedDocument) -> TaggedDocument {
    let text = &tagged.document.text;
    tagged.mentions = text
        .match_indices("DPRK")
        .map(|(start, name)| Mention {
            span: start..start + name.len(),
            label: "LOC".into(),
            score: 0.9,
            link: Some(Box::new(link(&WHO[0], 0.8))),
        })
        .collect();
    tagged
}

fn ids(index: &SearchIndex, request: &Request) -> Vec<String> {
    let answer = index.search(request).unwrap();
    answer.hits.into_iter().map(|hit| hit.id).collect()
}

#[test]
fn what_speaks_of_it_most_comes_first() {
    let folder = TempDir::new().unwrap();
    let filler = "nothing of note was said on this day by anybody who was there";
    feed(
        folder.path(),
        [
            document("once", None, &format!("missile {filler} {filler}"), None),
            document(
                "often",
                None,
                &format!("missile missile missile {filler} {filler}"),
                None,
            ),
            document(
                "title",
                Some("Missile"),
                &format!("missile {filler} {filler}"),
                None,
            ),
            mentioning(document("one", None, &format!("DPRK {filler}"), Some("2023"))),
            mentioning(document("three", None, &format!("DPRK DPRK DPRK {filler}"), None)),
            mentioning(document(
                "newer",
                None,
                &format!("DPRK {filler}"),
                Some("2024-10-03"),
            )),
        ],
        4,
    );
    let index = SearchIndex::open(folder.path(), gazetteer()).unwrap();
    assert_eq!(ids(&index, &Request::new("missile")), ["title", "often", "once"]);
    assert_eq!(
        ids(&index, &Request::new("country:KP")),
        ["three", "newer", "one"]
    );
    let sorted = |sort| Request {
        sort,
        ..Request::new("country:KP")
    };
    assert_eq!(ids(&index, &sorted(Sort::Newest)), ["newer", "one", "three"]);
    assert_eq!(ids(&index, &sorted(Sort::Oldest)), ["one", "newer", "three"]);
}

#[test]
fn pages_give_each_document_once_in_one_order() {
    let (_folder, index, _) = index();
    for query in ["*", "country:KP OR test", "-missile", "date:2024"] {
        for sort in [Sort::Relevance, Sort::Newest, Sort::Oldest] {
            let request = |offset, limit| Request {
                offset,
                limit,
                sort,
                facets: 0,
                ..Request::new(query)
            };
            let all = ids(&index, &request(0, 1000));
            let mut paged = Vec::new();
            while paged.len() < all.len() {
                let page = ids(&index, &request(paged.len(), 7));
                assert!(!page.is_empty());
                paged.extend(page);
            }
            assert_eq!(paged, all, "{query}");
            assert_eq!(all.iter().collect::<BTreeSet<_>>().len(), all.len());
            assert!(ids(&index, &request(all.len(), 7)).is_empty());
            assert!(ids(&index, &request(usize::MAX, usize::MAX)).is_empty());
        }
    }
}

#[test]
fn dates_sort_by_what_they_mean() {
    let (_folder, index, documents) = index();
    let date = |id: &str| {
        let known = documents
            .iter()
            .find(|known| known.tagged.document.id == id)
            .unwrap();
        known.tagged.document.date
    };
    for (sort, query) in [(Sort::Newest, "*"), (Sort::Oldest, "*")] {
        let request = Request {
            limit: 1000,
            sort,
            ..Request::new(query)
        };
        let dates: Vec<_> = ids(&index, &request).iter().map(|id| date(id)).collect();
        let dated = dates.iter().take_while(|date| date.is_some()).count();
        assert!(dated > 200 && dates[dated..].iter().all(Option::is_none));
        for pair in dates[..dated].windows(2) {
            let [first, second] = [pair[0].unwrap(), pair[1].unwrap()];
            match sort {
                Sort::Newest => assert!(first.latest() >= second.latest()),
                _ => assert!(first.earliest() <= second.earliest()),
            }
        }
    }
}

#[test]
fn what_is_committed_is_seen_after_a_reload() {
    let folder = TempDir::new().unwrap();
    let (first, now) = documents();
    feed(
        folder.path(),
        first[..100].iter().map(|known| known.tagged.clone()),
        40,
    );
    let index = SearchIndex::open(folder.path(), gazetteer()).unwrap();
    let total = |index: &SearchIndex| {
        let answer = index.search(&Request::new("*")).unwrap();
        (answer.total, answer.documents)
    };
    assert_eq!(total(&index), (100, 100));
    let counts = |index: &SearchIndex| index.search(&Request::new("*")).unwrap().facets.country;
    let before = counts(&index);
    feed(folder.path(), now.iter().map(|known| known.tagged.clone()), 100);
    assert_eq!(total(&index), (100, 100));
    assert_eq!(counts(&index), before);
    index.reload().unwrap();
    assert_eq!(total(&index), (300, 300));
    assert_ne!(counts(&index), before);
}

#[test]
fn threads_get_the_same_answers() {
    let (_folder, index, _) = index();
    let queries = ["country:KP missile", "test NEAR/5 entity:Choe", "-the", "talk*"];
    let alone: Vec<Vec<String>> = queries
        .iter()
        .map(|query| ids(&index, &Request::new(*query)))
        .collect();
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                for _ in 0..10 {
                    for (query, alone) in queries.iter().zip(&alone) {
                        assert_eq!(&ids(&index, &Request::new(*query)), alone);
                    }
                }
            });
        }
    });
}
