//! Tokens to a tree, by recursive descent:
//!
//! ```text
//! or    = and ("OR" and)*
//! and   = not ("AND"? not)*
//! not   = ("NOT" | "-") not | near
//! near  = single ("NEAR/n" single)*
//! single = "(" or ")" | "*" | word | phrase | field
//! ```

use std::ops::Range;

use super::ast::{Asked, Near, Node, What};
use super::lexer::{Placed, Token, tokens};
use super::{MAX_DEPTH, MAX_TERMS, QueryError, values};

const OPERAND: &str = "a word, a phrase in quotes, a field such as country:KP, or '('";

/// The tree of a query.
///
/// # Errors
/// What is wrong, and where.
///
/// ```
/// # use nomenclator::search::query::parse;
/// assert!(parse("missile AND (country:KP OR official:\"Choe Son Hui\") -title:opinion date:2024-10").is_ok());
/// let error = parse("missile AND OR test").unwrap_err();
/// assert_eq!(error.column(), 13);
/// ```
pub fn parse(query: &str) -> Result<Node<Asked>, QueryError> {
    let mut parser = Parser {
        tokens: tokens(query)?,
        at: 0,
        depth: 0,
        terms: 0,
    };
    if parser.tokens.is_empty() {
        let span = 0..query.chars().count();
        return Err(QueryError::new(
            span,
            format!("the query is empty: expected {OPERAND}"),
        ));
    }
    let node = parser.or()?;
    match parser.tokens.get(parser.at) {
        // Only a parenthesis ends what stands before the end.
        Some(placed) => Err(QueryError::new(
            placed.span.clone(),
            "this parenthesis closes nothing: expected a '(' before it",
        )),
        None => Ok(node),
    }
}

struct Parser {
    tokens: Vec<Placed>,
    at: usize,
    depth: usize,
    terms: usize,
}

impl Parser {
    fn peek(&self) -> Option<&Token> {
        self.tokens.get(self.at).map(|placed| &placed.token)
    }

    fn takes(&mut self, token: &Token) -> bool {
        let is_next = self.peek() == Some(token);
        self.at += usize::from(is_next);
        is_next
    }

    /// The characters of the token that was taken last.
    fn last_span(&self) -> Range<usize> {
        let last = self.at.checked_sub(1).and_then(|at| self.tokens.get(at));
        last.map_or(0..0, |placed| placed.span.clone())
    }

    fn or(&mut self) -> Result<Node<Asked>, QueryError> {
        let mut nodes = vec![self.and()?];
        while self.takes(&Token::Or) {
            nodes.push(self.and()?);
        }
        Ok(one_or(nodes, Node::Or))
    }

    fn and(&mut self) -> Result<Node<Asked>, QueryError> {
        let mut nodes = vec![self.not()?];
        loop {
            let begins_another = match self.peek() {
                Some(Token::And) => {
                    self.at += 1;
                    true
                }
                None | Some(Token::Or | Token::Close) => false,
                Some(_) => true,
            };
            if !begins_another {
                return Ok(one_or(nodes, Node::And));
            }
            nodes.push(self.not()?);
        }
    }

    fn not(&mut self) -> Result<Node<Asked>, QueryError> {
        if self.takes(&Token::Not) {
            let node = self.deeper(Parser::not)?;
            return Ok(Node::Not(Box::new(node)));
        }
        self.near()
    }

    /// What `parse` reads, one level deeper.
    fn deeper<T>(&mut self, parse: fn(&mut Self) -> Result<T, QueryError>) -> Result<T, QueryError> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let reason = format!(
                "over {MAX_DEPTH} parentheses and negations stand one inside the other: expected fewer"
            );
            return Err(QueryError::new(self.last_span(), reason));
        }
        let parsed = parse(self);
        self.depth -= 1;
        parsed
    }

    fn near(&mut self) -> Result<Node<Asked>, QueryError> {
        let mut span = self.next_span();
        let first = self.single()?;
        let Some(&Token::Near(_)) = self.peek() else {
            return Ok(first);
        };
        let mut near = Near {
            sides: vec![side(first, span)?],
            within: Vec::new(),
        };
        while let Some(&Token::Near(within)) = self.peek() {
            self.at += 1;
            near.within.push(within);
            span = self.next_span();
            let node = self.single()?;
            near.sides.push(side(node, span)?);
        }
        Ok(Node::Near(near))
    }

    fn next_span(&self) -> Range<usize> {
        let next = self.tokens.get(self.at);
        next.map_or_else(|| self.last_span(), |placed| placed.span.clone())
    }

    fn single(&mut self) -> Result<Node<Asked>, QueryError> {
        let Some(placed) = self.tokens.get(self.at).cloned() else {
            let reason = format!("the query ends here: expected {OPERAND} behind it");
            return Err(QueryError::new(self.last_span(), reason));
        };
        self.at += 1;
        let Placed { token, span } = placed;
        let what = match token {
            Token::Open => return self.parenthesis(span),
            Token::Text(text) if text.text == "*" && !text.quoted => return Ok(Node::All),
            Token::Text(text) => values::words(&text, false)?,
            Token::Field(field, value) => values::what(field, &value)?,
            Token::Close => {
                let reason = format!("nothing stands before this parenthesis: expected {OPERAND}");
                return Err(QueryError::new(span, reason));
            }
            Token::And => return Err(operator("AND", span)),
            Token::Or => return Err(operator("OR", span)),
            Token::Near(_) => return Err(operator("NEAR", span)),
            Token::Not => {
                let reason = format!("a negation cannot stand beside NEAR: expected {OPERAND}");
                return Err(QueryError::new(span, reason));
            }
        };
        self.count(&what, &span)?;
        Ok(Node::Leaf(Asked { span, what }))
    }

    fn parenthesis(&mut self, open: Range<usize>) -> Result<Node<Asked>, QueryError> {
        if self.peek().is_none() {
            return Err(not_closed(open));
        }
        let node = self.deeper(Parser::or)?;
        match self.takes(&Token::Close) {
            true => Ok(node),
            false => Err(not_closed(open)),
        }
    }

    fn count(&mut self, what: &What, span: &Range<usize>) -> Result<(), QueryError> {
        self.terms += match what {
            What::Words { words, .. } => words.len(),
            _ => 1,
        };
        if self.terms <= MAX_TERMS {
            return Ok(());
        }
        let reason = format!("the query has over {MAX_TERMS} words and fields: expected fewer");
        Err(QueryError::new(span.clone(), reason))
    }
}

fn one_or(mut nodes: Vec<Node<Asked>>, several: fn(Vec<Node<Asked>>) -> Node<Asked>) -> Node<Asked> {
    match nodes.len() {
        1 => nodes.remove(0),
        _ => several(nodes),
    }
}

fn not_closed(open: Range<usize>) -> QueryError {
    QueryError::new(open, "this parenthesis is not closed: expected a ')'")
}

fn operator(name: &str, span: Range<usize>) -> QueryError {
    let reason = format!(
        "'{name}' has nothing before it to join: expected {OPERAND}; in quotes or small letters it is a word"
    );
    QueryError::new(span, reason)
}

/// What can stand near something: words, phrases and entities, or a choice of them.
fn side(node: Node<Asked>, span: Range<usize>) -> Result<Vec<Asked>, QueryError> {
    let wrong = |span| {
        let reason = "this has no place in the text: expected a word, a phrase, an entity's field, or several of them \
                      with OR in parentheses, beside NEAR";
        Err(QueryError::new(span, reason))
    };
    match node {
        Node::Leaf(leaf) => match leaf.what {
            What::Words { title: false, .. } | What::Prefix { title: false, .. } | What::Entity { .. } => {
                Ok(vec![leaf])
            }
            _ => wrong(leaf.span),
        },
        Node::Or(nodes) => {
            let sides = nodes.into_iter().map(|node| side(node, span.clone()));
            Ok(sides.collect::<Result<Vec<_>, _>>()?.concat())
        }
        Node::All | Node::Near(_) | Node::Not(_) | Node::And(_) => wrong(span),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Kind;

    /// The tree in Lisp's fashion.
    fn shown(query: &str) -> String {
        fn show(node: &Node<Asked>) -> String {
            let all = |nodes: &[Node<Asked>]| nodes.iter().map(show).collect::<Vec<_>>().join(" ");
            match node {
                Node::All => "*".to_owned(),
                Node::Leaf(leaf) => leaf_shown(leaf),
                Node::Not(node) => format!("(not {})", show(node)),
                Node::And(nodes) => format!("(and {})", all(nodes)),
                Node::Or(nodes) => format!("(or {})", all(nodes)),
                Node::Near(near) => {
                    let sides = near.sides.iter().map(|side| {
                        let side: Vec<String> = side.iter().map(leaf_shown).collect();
                        side.join("|")
                    });
                    format!("(near {:?} {})", near.within, sides.collect::<Vec<_>>().join(" "))
                }
            }
        }
        fn leaf_shown(leaf: &Asked) -> String {
            match &leaf.what {
                What::Words { title, words } => {
                    format!("{}{}", if *title { "title:" } else { "" }, words.join("_"))
                }
                What::Prefix { prefix, .. } => format!("{prefix}*"),
                What::Entity { kind, name } => {
                    format!("{}:{name}", kind.map_or("entity", Kind::as_str))
                }
                What::Days { from, to } => format!("{}..{}", from.unwrap_or(0), to.unwrap_or(0)),
                what => format!("{what:?}"),
            }
        }
        show(&parse(query).unwrap())
    }

    #[test]
    fn not_binds_tighter_than_and_than_or() {
        assert_eq!(shown("a b OR NOT c d"), "(or (and a b) (and (not c) d))");
        assert_eq!(shown("a AND (b OR c) -d"), "(and a (or b c) (not d))");
        assert_eq!(shown("NOT -a"), "(not (not a))");
        assert_eq!(shown("*"), "*");
        assert_eq!(shown("-(a \"b c\")"), "(not (and a b_c))");
    }

    #[test]
    fn words_are_what_the_analysis_makes_of_them() {
        assert_eq!(shown("U.N. and Erdoğan's"), "(and u_n and erdogan_s)");
        assert_eq!(
            shown("Kore* title:Seoul title:\"a b\""),
            "(and kore* title:seoul title:a_b)"
        );
        assert_eq!(
            shown("name:Mike"),
            format!("{:?}", What::Surface("mike".to_owned()))
        );
    }

    #[test]
    fn near_takes_choices() {
        assert_eq!(
            shown("x \"a b\" NEAR/5 (c OR country:KP) NEAR d"),
            "(and x (near [5, 10] a_b c|country:KP d))"
        );
        assert_eq!(shown("-a NEAR/2 b"), "(not (near [2] a b))");
    }

    #[test]
    fn dates_are_spans_of_days() {
        for (date, days) in [
            ("2024-10", "20241001..20241031"),
            ("2024-10-03", "20241003..20241003"),
            ("2024-10..2024-12", "20241001..20241231"),
            ("..2024", "0..20241231"),
            ("2024-10-05..", "20241005..0"),
            (">=2024-10", "20241001..0"),
            (">2024-10", "20241032..0"),
            ("<2024", "0..20240100"),
            ("<=2024-02", "0..20240231"),
        ] {
            assert_eq!(shown(&format!("date:{date}")), days);
        }
    }

    #[test]
    fn mistakes_are_told_at_their_place() {
        for (query, column, reason) in [
            ("", 1, "the query is empty"),
            ("  ", 1, "the query is empty"),
            ("a AND", 3, "the query ends here"),
            ("AND a", 1, "'AND' has nothing before it"),
            ("a OR OR b", 6, "'OR' has nothing before it"),
            ("a NEAR/3", 3, "the query ends here"),
            ("(a OR b", 1, "not closed"),
            ("a (", 3, "not closed"),
            ("a) b", 2, "closes nothing"),
            ("a ()", 4, "nothing stands before"),
            ("a … b", 3, "has no word"),
            ("\"--\"", 1, "has no word"),
            ("official:~", 10, "has no word"),
            ("ko*ea", 1, "does not stand at the end"),
            ("k*", 1, "too little"),
            ("a-b*", 1, "behind several words"),
            ("date:2024-13", 6, "'2024-13' is not a date"),
            ("date:..", 6, "is not a date"),
            ("date:2024-12..2024-10", 6, "ends before it begins"),
            ("a NEAR/3 label:PER", 10, "has no place in the text"),
            ("a NEAR/3 (b c)", 10, "has no place in the text"),
            ("a NEAR/3 -b", 10, "a negation cannot"),
        ] {
            let error = parse(query).expect_err(query);
            assert_eq!(error.column(), column, "{query}: {error}");
            assert!(error.reason.contains(reason), "{query}: {error}");
        }
    }

    #[test]
    fn hostile_queries_are_refused() {
        let deep = "(".repeat(8000);
        assert!(parse(&deep).unwrap_err().reason.contains("over 64 parentheses"));
        let negated = format!("{}a", "-".repeat(5000));
        assert!(parse(&negated).unwrap_err().reason.contains("over 64"));
        let many = "a ".repeat(600);
        assert_eq!(parse(&many).unwrap_err().column(), 1025);
        assert!(parse(&"a-".repeat(400)).is_ok());
    }
}
