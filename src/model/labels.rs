//! The labels of a token classifier, held to BIO2.

use std::sync::Arc;

/// What a label says of a word; entity labels are indices into [`LabelSet::entity`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Tag {
    /// `O`: outside every mention.
    Outside,
    /// `B-X`: a mention of X begins.
    Begin(usize),
    /// `I-X`: a mention of X goes on.
    Inside(usize),
}

/// Labels in the order of the classifier's outputs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LabelSet {
    names: Vec<String>,
    tags: Vec<Tag>,
    entities: Vec<Arc<str>>,
}

/// Labels that are not BIO2.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LabelError {
    /// A label of another form.
    #[error("label {index} is '{name}': expected BIO2 labels, that is 'O', 'B-X' or 'I-X'")]
    Form {
        /// Its place among the outputs.
        index: usize,
        /// As the configuration spells it.
        name: String,
    },
    /// The same label twice.
    #[error("label {index} is '{name}' again: expected each label once")]
    Repeated {
        /// Its place among the outputs.
        index: usize,
        /// As the configuration spells it.
        name: String,
    },
    /// An entity label whose mentions could never begin (as in IOB1).
    #[error("label 'I-{0}' has no 'B-{0}': expected BIO2 labels, where every mention begins with B")]
    NoBegin(String),
    /// Nothing stands for "no mention".
    #[error("no label 'O' among {0:?}: expected BIO2 labels with one 'O'")]
    NoOutside(Vec<String>),
}

impl LabelSet {
    /// Reads the labels of the outputs 0, 1, ….
    ///
    /// # Errors
    /// Where they are not BIO2.
    pub fn new(names: Vec<String>) -> Result<Self, LabelError> {
        let mut entities: Vec<Arc<str>> = Vec::new();
        let mut tags = Vec::with_capacity(names.len());
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(LabelError::Repeated {
                    index,
                    name: name.clone(),
                });
            }
            let mut entity = |label: &str| match entities.iter().position(|known| &**known == label) {
                Some(known) => known,
                None => {
                    entities.push(label.into());
                    entities.len() - 1
                }
            };
            tags.push(match name.split_once('-') {
                None if name == "O" => Tag::Outside,
                Some(("B", label)) if !label.is_empty() => Tag::Begin(entity(label)),
                Some(("I", label)) if !label.is_empty() => Tag::Inside(entity(label)),
                _ => {
                    return Err(LabelError::Form {
                        index,
                        name: name.clone(),
                    });
                }
            });
        }
        if !tags.contains(&Tag::Outside) {
            return Err(LabelError::NoOutside(names));
        }
        match (0..entities.len()).find(|&entity| !tags.contains(&Tag::Begin(entity))) {
            Some(entity) => Err(LabelError::NoBegin(entities[entity].to_string())),
            None => Ok(LabelSet {
                names,
                tags,
                entities,
            }),
        }
    }

    /// How many outputs the classifier has.
    #[allow(clippy::len_without_is_empty, reason = "there is always an `O`")]
    pub fn len(&self) -> usize {
        self.names.len()
    }

    /// The labels as the configuration spells them.
    pub fn names(&self) -> &[String] {
        &self.names
    }

    /// What each output means.
    pub fn tags(&self) -> &[Tag] {
        &self.tags
    }

    /// An entity label without its prefix, such as `PER`.
    pub fn entity(&self, entity: usize) -> &Arc<str> {
        &self.entities[entity]
    }

    /// All entity labels, in the order in which the outputs first name them.
    pub fn entities(&self) -> &[Arc<str>] {
        &self.entities
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(names: &[&str]) -> Result<LabelSet, LabelError> {
        LabelSet::new(names.iter().map(|name| name.to_string()).collect())
    }

    #[test]
    fn reads_bio2_in_any_order() {
        let set = labels(&["I-PER", "B-ORG", "O", "B-PER", "B-geo-political"]).unwrap();
        assert_eq!(
            set.tags(),
            [
                Tag::Inside(0),
                Tag::Begin(1),
                Tag::Outside,
                Tag::Begin(0),
                Tag::Begin(2)
            ]
        );
        assert_eq!(&**set.entity(2), "geo-political");
    }

    #[test]
    fn refuses_what_is_not_bio2() {
        let message = |names: &[&str]| labels(names).unwrap_err().to_string();
        assert!(message(&["LABEL_0", "LABEL_1"]).starts_with("label 0 is 'LABEL_0'"));
        assert!(message(&["O", "B-PER", "S-PER"]).contains("'S-PER'"));
        assert!(message(&["O", "B-"]).contains("'B-'"));
        assert!(message(&["O", "I-PER", "B-ORG"]).contains("'I-PER' has no 'B-PER'"));
        assert!(message(&["B-PER", "I-PER"]).contains("no label 'O'"));
        assert!(message(&["O", "B-PER", "O"]).contains("'O' again"));
    }
}
