//! The columns of a table, and what each holds.

use super::options::Fields;

/// What a column holds of a document.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Text,
    Id,
    Date,
    Title,
    Source,
}

/// The columns of a table by their place; one may hold several things.
pub(super) struct Columns {
    names: Vec<String>,
    roles: Vec<Vec<Role>>,
    text: usize,
}

impl Columns {
    /// # Errors
    /// Where there is none with the text: says which there are.
    pub(super) fn new(names: Vec<String>, fields: &Fields) -> Result<Self, String> {
        let mut roles = vec![Vec::new(); names.len()];
        let wanted = [
            (Role::Text, &fields.text),
            (Role::Id, &fields.id),
            (Role::Date, &fields.date),
            (Role::Title, &fields.title),
            (Role::Source, &fields.source),
        ];
        let mut text = None;
        for (role, wanted) in wanted {
            let found = names.iter().position(|name| name == wanted);
            if let Some(at) = found {
                roles[at].push(role);
            }
            if role == Role::Text {
                text = found;
            }
        }
        match text {
            Some(text) => Ok(Columns { names, roles, text }),
            None => Err(format!(
                "no column \"{}\": expected it among the columns, which are {}",
                fields.text,
                listed(&names)
            )),
        }
    }

    pub(super) fn names(&self) -> &[String] {
        &self.names
    }

    /// What the column holds that the program knows.
    pub(super) fn roles(&self, column: usize) -> &[Role] {
        &self.roles[column]
    }

    /// Whether the column is carried through as it is. One named `id` that is not the documents' own would be taken
    /// for theirs.
    pub(super) fn is_extra(&self, column: usize) -> bool {
        self.roles[column].is_empty() && self.names[column] != "id"
    }

    /// The column with the text.
    pub(super) fn text(&self) -> usize {
        self.text
    }
}

/// Names to tell, as many as a line can bear.
fn listed(names: &[String]) -> String {
    const MOST: usize = 20;
    let mut listed: Vec<String> = names
        .iter()
        .take(MOST)
        .map(|name| format!("\"{}\"", name.chars().take(40).collect::<String>()))
        .collect();
    if names.len() > MOST {
        listed.push(format!("{} more", names.len() - MOST));
    }
    listed.join(", ")
}
