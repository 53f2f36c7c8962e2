//! A query's characters to tokens.

use std::ops::Range;

use super::{MAX_CHARACTERS, QueryError, shortened};
use crate::document::Kind;

/// The words' distance where NEAR does not say one.
const NEAR: u32 = 10;
/// The most that it can say.
const NEAR_MOST: u32 = 1000;

/// A token and its characters in the query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Placed {
    pub(super) token: Token,
    pub(super) span: Range<usize>,
}

/// What a query is made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Token {
    Open,
    Close,
    And,
    Or,
    Not,
    Near(u32),
    /// Text as it stands there, without quotes.
    Text(Text),
    /// A field with its value.
    Field(Field, Text),
}

/// A word, or what stands between quotes.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Text {
    pub(super) text: String,
    pub(super) quoted: bool,
    pub(super) span: Range<usize>,
}

/// What can be asked for beside words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    Entity(Option<Kind>),
    Label,
    Name,
    Source,
    Title,
    Id,
    Date,
}

/// The fields by name.
const FIELDS: [(&str, Field); 10] = [
    ("country", Field::Entity(Some(Kind::Country))),
    ("official", Field::Entity(Some(Kind::Official))),
    ("agency", Field::Entity(Some(Kind::Agency))),
    ("entity", Field::Entity(None)),
    ("label", Field::Label),
    ("name", Field::Name),
    ("source", Field::Source),
    ("title", Field::Title),
    ("id", Field::Id),
    ("date", Field::Date),
];

/// The tokens of a query.
///
/// # Errors
/// Where a quote is not closed, a field is unknown or has no value, or the query is too long.
pub(super) fn tokens(query: &str) -> Result<Vec<Placed>, QueryError> {
    let chars: Vec<char> = query.chars().collect();
    if chars.len() > MAX_CHARACTERS {
        let reason = format!(
            "the query has {} characters: expected at most {MAX_CHARACTERS}",
            chars.len()
        );
        return Err(QueryError::new(MAX_CHARACTERS..chars.len(), reason));
    }
    let mut lexer = Lexer { chars, at: 0 };
    let mut tokens = Vec::new();
    while let Some(token) = lexer.token()? {
        tokens.push(token);
    }
    Ok(tokens)
}

struct Lexer {
    chars: Vec<char>,
    at: usize,
}

fn is_quote(c: char) -> bool {
    matches!(c, '"' | '“' | '”' | '„')
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')') || is_quote(c)
}

impl Lexer {
    fn peek(&self) -> Option<char> {
        self.chars.get(self.at).copied()
    }

    fn token(&mut self) -> Result<Option<Placed>, QueryError> {
        while self.peek().is_some_and(char::is_whitespace) {
            self.at += 1;
        }
        let start = self.at;
        let Some(first) = self.peek() else {
            return Ok(None);
        };
        let next = self.chars.get(start + 1).copied();
        let token = match first {
            '(' => self.single(Token::Open),
            ')' => self.single(Token::Close),
            '-' if next.is_some_and(|next| !next.is_whitespace() && next != ')') => self.single(Token::Not),
            _ if is_quote(first) => Token::Text(self.quoted()?),
            _ => self.word_or_field()?,
        };
        let span = start..self.at;
        Ok(Some(Placed { token, span }))
    }

    fn single(&mut self, token: Token) -> Token {
        self.at += 1;
        token
    }

    /// What stands between quotes; `\"` and `\\` stand for a quote and a backslash.
    fn quoted(&mut self) -> Result<Text, QueryError> {
        let start = self.at;
        let mut text = String::new();
        self.at += 1;
        while let Some(c) = self.peek() {
            self.at += 1;
            match c {
                _ if is_quote(c) => {
                    return Ok(Text {
                        text,
                        quoted: true,
                        span: start..self.at,
                    });
                }
                '\\' => match self.peek().filter(|&next| is_quote(next) || next == '\\') {
                    Some(escaped) => {
                        text.push(escaped);
                        self.at += 1;
                    }
                    None => text.push('\\'),
                },
                _ => text.push(c),
            }
        }
        let reason = "this quote is not closed: expected another one behind the phrase";
        Err(QueryError::new(start..start + 1, reason))
    }

    fn word(&mut self) -> Text {
        let start = self.at;
        let word: String = self.chars[start..]
            .iter()
            .take_while(|&&c| !ends_word(c))
            .collect();
        self.at += word.chars().count();
        Text {
            text: word,
            quoted: false,
            span: start..self.at,
        }
    }

    fn word_or_field(&mut self) -> Result<Token, QueryError> {
        let letters = self.chars[self.at..]
            .iter()
            .take_while(|c| c.is_ascii_alphabetic())
            .count();
        let end = self.at + letters;
        if letters > 0 && self.chars.get(end) == Some(&':') {
            return self.field(end);
        }
        let word = self.word();
        Ok(match word.text.as_str() {
            "AND" => Token::And,
            "OR" => Token::Or,
            "NOT" => Token::Not,
            "NEAR" => Token::Near(NEAR),
            text => match text.strip_prefix("NEAR/") {
                Some(number) => Token::Near(distance(number, &word.span)?),
                None => Token::Text(word),
            },
        })
    }

    /// A field whose colon stands at `colon`.
    fn field(&mut self, colon: usize) -> Result<Token, QueryError> {
        let start = self.at;
        let name: String = self.chars[start..colon].iter().collect();
        let known = FIELDS.iter().find(|(known, _)| known.eq_ignore_ascii_case(&name));
        let Some(&(name, field)) = known else {
            let names: Vec<&str> = FIELDS.iter().map(|(name, _)| *name).collect();
            let reason = format!(
                "no field is called '{}': expected one of {}, or quotes around a word that has a colon",
                shortened(&name),
                names.join(", ")
            );
            return Err(QueryError::new(start..colon + 1, reason));
        };
        self.at = colon + 1;
        let value = match self.peek() {
            Some(c) if is_quote(c) => self.quoted()?,
            _ => self.word(),
        };
        if value.text.is_empty() {
            let reason = format!(
                "'{name}:' has no value: expected it right behind the colon, in quotes where it has spaces"
            );
            return Err(QueryError::new(start..colon + 1, reason));
        }
        Ok(Token::Field(field, value))
    }
}

fn distance(number: &str, span: &Range<usize>) -> Result<u32, QueryError> {
    let distance = number.parse().ok().filter(|n| (1..=NEAR_MOST).contains(n));
    distance.ok_or_else(|| {
        let reason = format!(
            "'NEAR/{}' has no distance: expected a number of words from 1 to {NEAR_MOST}, such as NEAR/5",
            shortened(number)
        );
        QueryError::new(span.clone(), reason)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lexed(query: &str) -> Vec<String> {
        let show = |placed: Placed| match placed.token {
            Token::Text(text) => format!(
                "{}:{}{}",
                placed.span.start,
                text.text,
                if text.quoted { "\"" } else { "" }
            ),
            Token::Field(field, text) => format!("{}:{field:?}={}", placed.span.start, text.text),
            token => format!("{}:{token:?}", placed.span.start),
        };
        tokens(query).unwrap().into_iter().map(show).collect()
    }

    #[test]
    fn places_count_characters() {
        assert_eq!(
            lexed("北京 (é -x OR \"a b\") NEAR/3 NEAR"),
            [
                "0:北京",
                "3:Open",
                "4:é",
                "6:Not",
                "7:x",
                "9:Or",
                "12:a b\"",
                "17:Close",
                "19:Near(3)",
                "26:Near(10)"
            ]
        );
    }

    #[test]
    fn hyphens_colons_and_small_letters_are_parts_of_words() {
        assert_eq!(
            lexed("Son-hui 10:30 and not - U.N."),
            ["0:Son-hui", "8:10:30", "14:and", "18:not", "22:-", "24:U.N."]
        );
    }

    #[test]
    fn values_stand_right_behind_their_field() {
        assert_eq!(
            lexed(r#"Date:>=2024-10 id:"a \"b\\" label:PER)"#),
            ["0:Date=>=2024-10", r#"15:Id=a "b\"#, "28:Label=PER", "37:Close"]
        );
    }

    #[test]
    fn says_where_a_token_is_none() {
        for (query, column, reason) in [
            ("a \"b c", 3, "not closed"),
            ("a agancy:NIS", 3, "no field is called 'agancy'"),
            ("country: KP", 1, "has no value"),
            ("source:\"\"", 1, "has no value"),
            ("a NEAR/0 b", 3, "expected a number of words"),
            ("a NEAR/x b", 3, "expected a number of words"),
        ] {
            let error = tokens(query).unwrap_err();
            assert_eq!(error.column(), column, "{query}");
            assert!(error.reason.contains(reason), "{query}: {error}");
        }
        let long = "é".repeat(MAX_CHARACTERS + 1);
        assert_eq!(tokens(&long).unwrap_err().column(), MAX_CHARACTERS + 1);
    }
}
