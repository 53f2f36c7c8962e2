//! `nomenclator gazetteer lookup`: what a name can mean.

use clap::Args;
use serde_json::{Value, json};

use super::filter::Filter;
use crate::cli::engine::{GazetteerArguments, whole};
use crate::cli::{Outcome, print};
use crate::dates::PartialDate;
use crate::document::Kind;
use crate::gazetteer::Found;
use crate::gazetteer::entity::EntityTenure;
use crate::gazetteer::posting::NameSort;
use crate::gazetteer::record::Record;
use crate::output::visible;

/// Arguments of `gazetteer lookup`.
#[derive(Args)]
pub struct Lookup {
    /// The name; its words need no quotes. Case, accents, hyphens and spaces do not matter, except to acronyms.
    #[arg(value_name = "NAME", required = true)]
    name: Vec<String>,
    #[command(flatten)]
    gazetteer: GazetteerArguments,
    #[command(flatten)]
    filter: Filter,
    /// Only what there was on this date (YYYY, YYYY-MM or YYYY-MM-DD): officials who held an office, bodies and
    /// countries that existed, under a name then in use.
    #[arg(long, value_name = "DATE")]
    date: Option<PartialDate>,
    /// Print JSON: an array of the candidates.
    #[arg(long)]
    json: bool,
}

/// Runs `gazetteer lookup`.
///
/// # Errors
/// As [`Exit`](super::super::Exit) lists them.
pub fn run(arguments: &Lookup) -> Outcome {
    let gazetteer = arguments.gazetteer.open()?;
    let name = arguments.name.join(" ");
    let mut found = gazetteer.lookup(&name);
    whole(&gazetteer)?;
    found.retain(|found| {
        let entity = &found.entity;
        arguments.filter.takes(entity.kind, entity.country.as_deref())
            && arguments.date.is_none_or(|date| was_there(found, date))
    });
    if arguments.json {
        let record = |found: &Found| gazetteer.record(gazetteer.reference(&found.entity.id)?);
        let candidates = found
            .iter()
            .filter_map(|found| Some(as_json(found, &record(found)?)));
        let candidates: Vec<Value> = candidates.collect();
        return print(&format!("{}\n", Value::from(candidates)));
    }
    if found.is_empty() {
        return print(&format!("nothing is called '{}'\n", visible(&name)));
    }
    print(&found.iter().map(as_text).collect::<Vec<_>>().join("\n"))
}

fn sort_name(sort: NameSort) -> String {
    match sort {
        NameSort::Canonical => "name".to_owned(),
        NameSort::Surname => "surname".to_owned(),
        NameSort::Generic => "generic".to_owned(),
        NameSort::Alias(alias) => alias.as_str().to_owned(),
    }
}

/// Whether a record was what it is on a date, and had the name that was found.
fn was_there(found: &Found, date: PartialDate) -> bool {
    let within = |from: Option<PartialDate>, to: Option<PartialDate>| {
        from.is_none_or(|from| from.earliest() <= date.latest())
            && to.is_none_or(|to| to.latest() >= date.earliest())
    };
    let entity = &found.entity;
    let mut same_name = entity
        .aliases
        .iter()
        .filter(|alias| alias.text == found.name)
        .peekable();
    let named = same_name.peek().is_none() || same_name.any(|alias| within(alias.from, alias.to));
    let in_office =
        entity.kind != Kind::Official || entity.tenures.iter().any(|tenure| within(tenure.from, tenure.to));
    within(entity.from, entity.to) && named && in_office
}

/// The record as files have it, and what of it matched.
fn as_json(found: &Found, record: &Record) -> Value {
    let mut json = json!({
        "id": record.id,
        "kind": record.kind,
        "subkind": record.subkind,
        "name": record.name,
        "country": record.country,
        "matched": {"text": found.name, "type": sort_name(found.sort), "weak": found.weak},
    });
    let aliases = record.aliases.iter().map(|alias| {
        json!({"text": alias.text, "type": alias.alias_type, "weak": alias.weak, "from": alias.from, "to": alias.to})
    });
    json["aliases"] = aliases.collect();
    json["tenures"] = json!(found.entity.tenures);
    json["relations"] = json!(record.relations);
    json["from"] = json!(record.from);
    json["to"] = json!(record.to);
    json["sources"] = json!(record.sources);
    json
}

fn as_text(found: &Found) -> String {
    let entity = &found.entity;
    let about: Vec<&str> = [
        Some(entity.kind.as_str()),
        entity.subkind.as_deref(),
        entity.country.as_deref(),
    ]
    .into_iter()
    .flatten()
    .collect();
    let weak = if found.weak {
        ", weak: needs support from the text"
    } else {
        ""
    };
    let mut out = format!(
        "{}  {} ({})\n",
        visible(&entity.name),
        visible(&entity.id),
        visible(&about.join(", "))
    );
    out += &format!(
        "    matched  {} ({}{weak})\n",
        visible(&found.name),
        sort_name(found.sort)
    );
    for EntityTenure {
        position,
        organisation,
        country,
        from,
        to,
    } in &entity.tenures
    {
        let organisation = organisation
            .as_ref()
            .map(|body| format!(", {body}"))
            .unwrap_or_default();
        let date = |date: &Option<_>| date.map_or("?".to_owned(), |date: PartialDate| date.to_string());
        let line = format!(
            "{position}{organisation} ({country}), {} to {}",
            date(from),
            date(to)
        );
        out += &format!("    office   {}\n", visible(&line));
    }
    if !entity.aliases.is_empty() {
        let aliases: Vec<String> = entity
            .aliases
            .iter()
            .map(|alias| format!("{} ({})", alias.text, alias.alias_type.as_str()))
            .collect();
        out += &format!("    also     {}\n", visible(&aliases.join(", ")));
    }
    out
}
