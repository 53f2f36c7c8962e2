//! Whether a link means what the gold says.

use super::gold::{Aside, GoldEntity, GoldMention};
use crate::document::{Kind, Link};
use crate::gazetteer::Gazetteer;
use crate::gazetteer::body::{CountryWords, generic_name};
use crate::gazetteer::key::fold;

/// What a link counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// It means the gold's entity.
    Right,
    /// It does not.
    False,
    /// The city that the gold has is linked as the government of the country whose capital it is.
    CapitalAsCountry,
    /// It means just the other thing that the gold has: neither right nor false.
    Other,
    /// The mention is not scored.
    LeftOut,
}

/// Tells whether a link means the gold's entity.
pub(super) struct Identity<'g> {
    gazetteer: &'g Gazetteer,
    countries: CountryWords,
}

impl<'g> Identity<'g> {
    /// By the names that `gazetteer` has.
    pub(super) fn new(gazetteer: &'g Gazetteer) -> Self {
        Identity {
            gazetteer,
            countries: gazetteer.country_words(),
        }
    }

    /// What a link counts as on a gold mention, or where there is none.
    pub(super) fn verdict(&self, link: &Link, mention: Option<&GoldMention>) -> Verdict {
        let Some(mention) = mention else {
            return Verdict::False;
        };
        if let Some(entity) = &mention.entity {
            return if self.is_same(link, entity) {
                Verdict::Right
            } else {
                Verdict::False
            };
        }
        match &mention.aside {
            // The set does not know the person: that says nothing of the office.
            Aside::Unknown if link.id.is_none() => Verdict::Other,
            Aside::No | Aside::Unknown => Verdict::False,
            Aside::Team | Aside::LeftOut => Verdict::LeftOut,
            Aside::Capital(code) if link.kind == Kind::Country && link.country.as_deref() == Some(code) => {
                Verdict::CapitalAsCountry
            }
            Aside::Capital(_) => Verdict::False,
            Aside::Other { name, id } => match (wikidata_id(link), id) {
                (Some(own), Some(id)) if own == id => Verdict::Other,
                (Some(_), Some(_)) => Verdict::False,
                // The whole title: what stands in parentheses tells the thing apart from ours.
                _ if fold(&link.name) == fold(name) => Verdict::Other,
                _ => Verdict::False,
            },
        }
    }

    /// Equal Wikidata ids where both sides have one, else one of the linked entity's names equal to the gold's by key,
    /// within one country. A link without an id, of which only the document says the office, is right by name and country.
    fn is_same(&self, link: &Link, gold: &GoldEntity) -> bool {
        if link.kind != gold.kind {
            return false;
        }
        let Some(id) = link.id.as_deref() else {
            let country = gold.country.is_none() || link.country.as_deref() == gold.country.as_deref();
            return country && self.is_one_name(link.kind, &link.name, &gold.name);
        };
        if !gold.ids.is_empty() && wikidata_id(link).is_some() {
            return gold.ids.iter().any(|gold| gold == id);
        }
        let entity = self.gazetteer.by_id(id);
        let own = entity.iter().flat_map(|entity| entity.country.as_deref());
        let held = entity
            .iter()
            .flat_map(|entity| entity.tenures.iter().map(|tenure| &*tenure.country));
        let mut countries = link.country.as_deref().into_iter().chain(own).chain(held);
        let elsewhere = gold
            .country
            .as_ref()
            .is_some_and(|country| !countries.any(|other| other == country));
        !elsewhere && self.has_name(link, &gold.name)
    }

    /// Whether the linked entity is called `gold`.
    fn has_name(&self, link: &Link, gold: &str) -> bool {
        let entity = link.id.as_deref().and_then(|id| self.gazetteer.by_id(id));
        let aliases = entity
            .iter()
            .flat_map(|entity| entity.aliases.iter().map(|alias| alias.text.as_str()));
        let mut names = std::iter::once(&*link.name).chain(aliases);
        names.any(|name| self.is_one_name(link.kind, name, gold))
    }

    /// By key. What only tells records apart does not count, a parenthesis and, in a body's name, its country:
    /// *National Security Council* and *United States National Security Council* are one within one country.
    fn is_one_name(&self, kind: Kind, one: &str, other: &str) -> bool {
        let same = |one: &str, other: &str| fold(one) == fold(other);
        if same(one, other) || same(without_parenthesis(one), without_parenthesis(other)) {
            return true;
        }
        let generic = |name| generic_name(name, &self.countries).key;
        kind == Kind::Agency && generic(one).is_some_and(|key| generic(other) == Some(key))
    }
}

/// The id of the record that a link points at, where it is Wikidata's.
fn wikidata_id(link: &Link) -> Option<&str> {
    link.id.as_deref().filter(|id| {
        id.strip_prefix('Q')
            .is_some_and(|digits| !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit()))
    })
}

/// *National Intelligence Service (South Korea)* without what only tells records apart.
fn without_parenthesis(name: &str) -> &str {
    name.split(" (").next().unwrap_or(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Via;

    fn link(id: &str, kind: Kind, name: &str, country: &str) -> Link {
        Link {
            id: Some(id.into()),
            kind,
            name: name.into(),
            country: Some(country.into()),
            role: None,
            via: Via::Name,
            confidence: 0.9,
        }
    }

    fn mention(entity: Option<GoldEntity>, aside: Aside) -> GoldMention {
        GoldMention {
            span: 0..1,
            label: "LOC".into(),
            entity,
            aside,
        }
    }

    #[test]
    fn a_link_is_held_against_what_the_gold_has() {
        let gazetteer = Gazetteer::default();
        let identity = Identity::new(&gazetteer);
        let verdict = |link: &Link, entity, aside| identity.verdict(link, Some(&mention(entity, aside)));
        let denmark = GoldEntity {
            kind: Kind::Country,
            name: "Denmark".to_owned(),
            ids: vec!["Q35".to_owned(), "Q756617".to_owned()],
            country: Some("DK".to_owned()),
        };
        let right = link("Q756617", Kind::Country, "Kingdom of Denmark", "DK");
        let other = link("Q34", Kind::Country, "Denmark", "DK");
        let own = link("nom:denmark", Kind::Country, "Denmark", "DK");
        assert_eq!(identity.verdict(&right, None), Verdict::False);
        assert_eq!(verdict(&right, Some(denmark.clone()), Aside::No), Verdict::Right);
        assert_eq!(verdict(&other, Some(denmark.clone()), Aside::No), Verdict::False);
        // Without an id of Wikidata's on both sides names decide, within one country.
        assert_eq!(verdict(&own, Some(denmark.clone()), Aside::No), Verdict::Right);
        let abroad = link("nom:denmark", Kind::Country, "Denmark", "SE");
        assert_eq!(verdict(&abroad, Some(denmark), Aside::No), Verdict::False);
        for aside in [Aside::No, Aside::Unknown] {
            assert_eq!(verdict(&right, None, aside), Verdict::False);
        }
        assert_eq!(verdict(&right, None, Aside::LeftOut), Verdict::LeftOut);
    }

    #[test]
    fn capitals_and_other_entities_are_told_apart() {
        let gazetteer = Gazetteer::default();
        let identity = Identity::new(&gazetteer);
        let verdict = |link: &Link, aside| identity.verdict(link, Some(&mention(None, aside)));
        let norway = link("Q20", Kind::Country, "Norway", "NO");
        let police = link("nom:no-police", Kind::Agency, "Police", "NO");
        let capital = |code: &str| Aside::Capital(code.to_owned());
        assert_eq!(verdict(&norway, capital("NO")), Verdict::CapitalAsCountry);
        assert_eq!(verdict(&norway, capital("SE")), Verdict::False);
        assert_eq!(verdict(&police, capital("NO")), Verdict::False);
        let other = |name: &str, id: Option<&str>| Aside::Other {
            name: name.to_owned(),
            id: id.map(str::to_owned),
        };
        assert_eq!(
            verdict(&norway, other("Norway (state)", Some("Q20"))),
            Verdict::Other
        );
        assert_eq!(verdict(&norway, other("Norway", Some("Q21"))), Verdict::False);
        assert_eq!(verdict(&norway, other("Norway", None)), Verdict::Other);
        assert_eq!(verdict(&norway, other("Norway (ship)", None)), Verdict::False);
        assert_eq!(verdict(&norway, other("Oslo", None)), Verdict::False);
    }
}
