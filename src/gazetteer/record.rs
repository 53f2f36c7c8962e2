//! The gazetteer's records as people read and write them: JSON Lines, one entity a line.

use serde::{Deserialize, Serialize};

use crate::dates::PartialDate;
use crate::document::Kind;

/// One entity with its names, terms of office and provenance.
///
/// ```json
/// {"id":"Q423","kind":"country","subkind":"state","name":"North Korea","country":"KP",
///  "aliases":[{"text":"DPRK","type":"acronym"},{"text":"North Korean","type":"demonym"},
///             {"text":"Pyongyang","type":"capital"}],"sources":["rigour","factbook"]}
/// ```
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Record {
    /// Wikidata's id where known (`Q423`), else `iso:XX`, `ror:…` or `nom:slug`; stable and unique.
    pub id: String,
    /// country, official or agency.
    pub kind: Kind,
    /// country: `state`, `territory`, `former`, `constituent`, `de_facto`;
    /// agency: `ministry`, `parliament`, `armed_forces`, `intelligence`, `police`, `court`, `central_bank`,
    /// `regulator`, `news_agency`, `broadcaster`, `intergovernmental`, `presidency`, `government`, `agency`;
    /// official: empty.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subkind: Option<String>,
    /// The canonical name.
    pub name: String,
    /// ISO 3166-1 alpha-2 in capitals, or XK, EU, INT. For a country: its own code, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    /// Further names.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub aliases: Vec<Alias>,
    /// An official's terms of office, latest last.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tenures: Vec<Tenure>,
    /// What it stands to which other record.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub relations: Vec<Relation>,
    /// First day of existence, where it matters (former countries, renamed bodies).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartialDate>,
    /// Last day of existence.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartialDate>,
    /// Where the facts come from: names of models/gazetteer/README.md's table, or `curated`.
    pub sources: Vec<String>,
    /// The gold set after whose reading the record was added; `eval` also scores without such records.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// One further name of an entity.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Alias {
    /// The name as written.
    pub text: String,
    /// What sort of name.
    #[serde(rename = "type")]
    pub alias_type: AliasType,
    /// A weak name alone decides nothing: it needs support from the document.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub weak: bool,
    /// First day of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartialDate>,
    /// Last day of use.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartialDate>,
    /// As in [`Record::seen`], for a name added to a record that was there before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seen: Option<String>,
}

/// What sort of name an alias is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum AliasType {
    /// The full formal name.
    Official,
    /// A short or common name.
    Short,
    /// Letters that stand for a name; matched with its case kept.
    Acronym,
    /// A name no longer in use.
    Former,
    /// The people's name (`Dane`).
    Demonym,
    /// The adjective (`Danish`).
    Adjective,
    /// A family name alone.
    Surname,
    /// Another spelling in Latin letters.
    Transliteration,
    /// The name in the country's own language.
    Native,
    /// A building or place that stands for the body in it.
    Metonym,
    /// A capital or seat of government that stands for its country.
    Capital,
    /// A known wrong spelling.
    Misspelling,
}

impl AliasType {
    /// All, in the order of their declaration, which an index's codes follow: new ones come last.
    pub const ALL: [AliasType; 12] = [
        AliasType::Official,
        AliasType::Short,
        AliasType::Acronym,
        AliasType::Former,
        AliasType::Demonym,
        AliasType::Adjective,
        AliasType::Surname,
        AliasType::Transliteration,
        AliasType::Native,
        AliasType::Metonym,
        AliasType::Capital,
        AliasType::Misspelling,
    ];

    /// The type as records write it.
    pub fn as_str(self) -> &'static str {
        match self {
            AliasType::Official => "official",
            AliasType::Short => "short",
            AliasType::Acronym => "acronym",
            AliasType::Former => "former",
            AliasType::Demonym => "demonym",
            AliasType::Adjective => "adjective",
            AliasType::Surname => "surname",
            AliasType::Transliteration => "transliteration",
            AliasType::Native => "native",
            AliasType::Metonym => "metonym",
            AliasType::Capital => "capital",
            AliasType::Misspelling => "misspelling",
        }
    }
}

/// A person's term in an office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Tenure {
    /// The office's title, such as `Minister of Foreign Affairs`.
    pub position: String,
    /// The body, where the title does not say it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub organisation: Option<String>,
    /// The office's country: ISO 3166-1 alpha-2, or XK, EU, INT.
    pub country: String,
    /// First day, where known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<PartialDate>,
    /// Last day; absent while in office or unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to: Option<PartialDate>,
}

/// A typed relation to another record.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relation {
    /// `part_of`, `successor_of`, `dependency_of`.
    #[serde(rename = "type")]
    pub relation: String,
    /// The other record's id.
    pub id: String,
}
