//! What a field's value, or a word by itself, asks for.

use std::ops::Range;

use super::ast::What;
use super::lexer::{Field, Text};
use super::{QueryError, shortened};
use crate::dates::PartialDate;
use crate::search::index::document::{keyword, label, surface};
use crate::search::{analysis, days};

/// Letters that a word must have before its asterisk.
const PREFIX_LEAST: usize = 2;

/// What a field asks for.
///
/// # Errors
/// Where the value is none for the field.
pub(super) fn what(field: Field, value: &Text) -> Result<What, QueryError> {
    let named = |name: String, make: fn(String) -> What| match name.is_empty() {
        true => Err(no_word(value)),
        false => Ok(make(name)),
    };
    let letters = matches!(field, Field::Label | Field::Name | Field::Source);
    if letters && !value.quoted && value.text.contains('*') {
        return Err(asterisk(value, "stands behind a field that is found as a whole"));
    }
    match field {
        Field::Entity(kind) => match is_of_no_letter(&value.text) {
            true => Err(no_word(value)),
            false => Ok(What::Entity {
                kind,
                name: value.text.clone(),
            }),
        },
        Field::Label => Ok(What::Label(label(&value.text))),
        Field::Name => named(surface(&value.text), What::Surface),
        Field::Source => named(keyword(&value.text), What::Source),
        Field::Title => words(value, true),
        Field::Id => Ok(What::Id(value.text.clone())),
        Field::Date => dates(&value.text, &value.span),
    }
}

fn is_of_no_letter(text: &str) -> bool {
    !text.contains(char::is_alphanumeric)
}

/// A word, several that are written as one, or a phrase.
///
/// # Errors
/// Where there is no word in it, or an asterisk stands anywhere but behind one word.
pub(super) fn words(text: &Text, title: bool) -> Result<What, QueryError> {
    let words: Vec<String> = analysis::words(&text.text).map(|word| word.term).collect();
    if words.is_empty() {
        return Err(no_word(text));
    }
    if text.quoted || !text.text.contains('*') {
        return Ok(What::Words { title, words });
    }
    if text.text.find('*') != Some(text.text.len() - 1) {
        return Err(asterisk(text, "does not stand at the end"));
    }
    let [prefix] = words.as_slice() else {
        return Err(asterisk(text, "stands behind several words"));
    };
    if prefix.chars().count() < PREFIX_LEAST {
        return Err(asterisk(text, "has too little before it"));
    }
    Ok(What::Prefix {
        title,
        prefix: prefix.clone(),
    })
}

fn no_word(text: &Text) -> QueryError {
    let reason = format!(
        "'{}' has no word in it: expected a letter or a digit",
        shortened(&text.text)
    );
    QueryError::new(text.span.clone(), reason)
}

fn asterisk(text: &Text, wrong: &str) -> QueryError {
    let reason = format!(
        "the asterisk of '{}' {wrong}: expected it behind at least {PREFIX_LEAST} letters of one word, such as kore*",
        shortened(&text.text)
    );
    QueryError::new(text.span.clone(), reason)
}

/// A date, a range of them, or one after a comparison.
fn dates(value: &str, span: &Range<usize>) -> Result<What, QueryError> {
    let day = |text: &str| -> Result<Option<(i64, i64)>, QueryError> {
        let is_date = text.len() <= "2024-10-29".len();
        match text.parse::<PartialDate>() {
            _ if text.is_empty() => Ok(None),
            Ok(date) if is_date => Ok(Some(days(date))),
            _ => Err(no_date(text, span)),
        }
    };
    let given = |text: &str| day(text)?.ok_or_else(|| no_date(text, span));
    let (from, to) = if let Some(date) = value.strip_prefix(">=") {
        (Some(given(date)?.0), None)
    } else if let Some(date) = value.strip_prefix("<=") {
        (None, Some(given(date)?.1))
    } else if let Some(date) = value.strip_prefix('>') {
        (Some(given(date)?.1 + 1), None)
    } else if let Some(date) = value.strip_prefix('<') {
        (None, Some(given(date)?.0 - 1))
    } else if let Some((from, to)) = value.split_once("..") {
        (day(from)?.map(|days| days.0), day(to)?.map(|days| days.1))
    } else {
        let (from, to) = given(value)?;
        (Some(from), Some(to))
    };
    if from.is_none() && to.is_none() {
        return Err(no_date(value, span));
    }
    if from.zip(to).is_some_and(|(from, to)| from > to) {
        let reason = format!(
            "'{}' ends before it begins: expected the earlier date first",
            shortened(value)
        );
        return Err(QueryError::new(span.clone(), reason));
    }
    Ok(What::Days { from, to })
}

fn no_date(text: &str, span: &Range<usize>) -> QueryError {
    let reason = format!(
        "'{}' is not a date: expected YYYY, YYYY-MM or YYYY-MM-DD, two of them as 2024-10..2024-12, or one after >=, >, <= \
         or <",
        shortened(text)
    );
    QueryError::new(span.clone(), reason)
}
