//! `nomenclator gazetteer lookup`: what a name can mean.

use std::path::PathBuf;

use clap::Args;
use serde_json::{Value, json};

use crate::cli::engine::{open_gazetteer, whole};
use crate::cli::{Outcome, print};
use crate::gazetteer::Found;
use crate::gazetteer::entity::EntityTenure;
use crate::gazetteer::posting::NameSort;
use crate::gazetteer::record::AliasType;
use crate::output::visible;

/// Arguments of `gazetteer lookup`.
#[derive(Args)]
pub struct Lookup {
    /// The name; its words need no quotes. Case, accents, hyphens and spaces do not matter, except to acronyms.
    #[arg(value_name = "NAME", required = true)]
    name: Vec<String>,
    /// Records of your own (JSON Lines, or an index of 'gazetteer build') on top of the gazetteer that ships. May be given
    /// several times.
    #[arg(long, value_name = "FILE")]
    gazetteer: Vec<PathBuf>,
    /// Leave the gazetteer that ships aside: only --gazetteer counts.
    #[arg(long, requires = "gazetteer")]
    no_default_gazetteer: bool,
    /// Print JSON: an array of the candidates.
    #[arg(long)]
    json: bool,
}

/// Runs `gazetteer lookup`.
///
/// # Errors
/// As [`Exit`](super::super::Exit) lists them.
pub fn run(arguments: &Lookup) -> Outcome {
    let gazetteer = open_gazetteer(&arguments.gazetteer, arguments.no_default_gazetteer)?;
    let name = arguments.name.join(" ");
    let found = gazetteer.lookup(&name);
    whole(&gazetteer)?;
    if arguments.json {
        let candidates: Vec<Value> = found.iter().map(as_json).collect();
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
        NameSort::Alias(alias) => alias_name(alias),
    }
}

/// An alias type as records write it.
fn alias_name(alias: AliasType) -> String {
    json!(alias).as_str().unwrap_or_default().to_owned()
}

fn as_json(found: &Found) -> Value {
    let entity = &found.entity;
    let aliases = entity.aliases.iter().map(|alias| {
        json!({"text": alias.text, "type": alias.alias_type, "weak": alias.weak, "from": alias.from, "to": alias.to})
    });
    json!({
        "id": entity.id,
        "kind": entity.kind,
        "subkind": entity.subkind,
        "name": entity.name,
        "country": entity.country,
        "matched": {"text": found.name, "type": sort_name(found.sort), "weak": found.weak},
        "aliases": aliases.collect::<Vec<_>>(),
        "tenures": json!(entity.tenures),
    })
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
        let date = |date: &Option<_>| {
            date.map_or("?".to_owned(), |date: crate::dates::PartialDate| date.to_string())
        };
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
            .map(|alias| format!("{} ({})", alias.text, alias_name(alias.alias_type)))
            .collect();
        out += &format!("    also     {}\n", visible(&aliases.join(", ")));
    }
    out
}
