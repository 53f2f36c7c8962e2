//! Which records a subcommand is about.

use clap::{Args, ValueEnum};

use crate::document::Kind;

/// `--kind` and `--country`.
#[derive(Args)]
pub struct Filter {
    /// Only records of this kind: 'country', 'official' or 'agency'.
    #[arg(long, value_enum, value_name = "KIND", hide_possible_values = true)]
    kind: Option<KindName>,
    /// Only records of this country: ISO 3166-1 alpha-2, or XK, EU, INT.
    #[arg(long, value_name = "CODE", value_parser = code)]
    country: Option<String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum KindName {
    Country,
    Official,
    Agency,
}

/// A country's code in capitals.
fn code(text: &str) -> Result<String, String> {
    let code = text.to_ascii_uppercase();
    let alpha_2 = code.len() == 2 && code.bytes().all(|byte| byte.is_ascii_uppercase());
    match code.as_str() {
        "UK" => Err("the United Kingdom's code is GB".to_owned()),
        "INT" => Ok(code),
        _ if alpha_2 => Ok(code),
        _ => Err("expected ISO 3166-1 alpha-2 (two letters), XK, EU or INT".to_owned()),
    }
}

impl Filter {
    /// Whether a record of this kind and country is meant.
    pub fn takes(&self, kind: Kind, country: Option<&str>) -> bool {
        let wanted = self.kind.map(|kind| match kind {
            KindName::Country => Kind::Country,
            KindName::Official => Kind::Official,
            KindName::Agency => Kind::Agency,
        });
        let of_kind = wanted.is_none_or(|wanted| wanted == kind);
        let of_country = (self.country.as_ref())
            .is_none_or(|code| country.is_some_and(|country| code.eq_ignore_ascii_case(country)));
        of_kind && of_country
    }
}
