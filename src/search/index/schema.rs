//! The fields of the index, and a tagged document as one of its documents.

use tantivy::schema::{
    FAST, Field, INDEXED, IndexRecordOption, STORED, Schema, SchemaBuilder, TextFieldIndexing, TextOptions,
};

/// Grows when an index of before cannot be read any more, or would be misread.
pub const SCHEMA_VERSION: u32 = 1;

/// What stands before an entity's key among the words of [`Fields::body`], at the first word of a mention; no word has it.
pub const ENTITY_MARK: char = '\u{1}';

/// The same at the further words of the mention.
pub const FURTHER_MARK: char = '\u{2}';

/// The fields of a document in the index.
#[derive(Clone, Copy, Debug)]
pub struct Fields {
    /// The document's id, as it is. A document replaces the one of its id.
    pub id: Field,
    /// The words of the text with positions; at the positions of a linked mention's words also [`ENTITY_MARK`] or
    /// [`FURTHER_MARK`] and the [entity's key](crate::search::entity_key), so that nearness can be asked of entities too.
    pub body: Field,
    /// The words of the title with positions.
    pub title: Field,
    /// The first day that the date can mean, as YYYYMMDD; none without a date.
    pub first_day: Field,
    /// The last one.
    pub last_day: Field,
    /// The source's words joined by a space: found as a whole.
    pub source: Field,
    /// The keys of the linked entities, each as often as it is mentioned.
    pub entity: Field,
    /// `/country/KP`, `/official/Q…`, `/agency/Q…`: each once.
    pub facet: Field,
    /// `7/official/Q…` where the surest link to it has a confidence of at least 0.7; a term for each of the tenths from 5 to
    /// that.
    pub confident: Field,
    /// `official/choesonhui`, `official/choe`: kind and [folded](crate::gazetteer::key::fold) canonical name of the linked
    /// entities, and the family names of officials.
    pub name: Field,
    /// The folded text of every mention, linked or not.
    pub surface: Field,
    /// The labels of its mentions, such as `PER`.
    pub label: Field,
    /// [`crate::search::Fingerprint`].
    pub fingerprint: Field,
    /// The tagged document as a line of JSON, offsets in bytes.
    pub tagged: Field,
}

/// The schema of the index.
pub fn schema() -> (Schema, Fields) {
    let mut schema = SchemaBuilder::new();
    let keyword = |frequencies| {
        let indexing = TextFieldIndexing::default()
            .set_tokenizer("raw")
            .set_fieldnorms(false)
            .set_index_option(frequencies);
        TextOptions::default().set_indexing_options(indexing)
    };
    let words = TextFieldIndexing::default()
        // Words come as `analysis` finds them: no tokenizer sees them.
        .set_tokenizer("raw")
        .set_index_option(IndexRecordOption::WithFreqsAndPositions);
    let words = TextOptions::default().set_indexing_options(words);
    let once = IndexRecordOption::Basic;
    let fields = Fields {
        id: schema.add_text_field("id", keyword(once)),
        body: schema.add_text_field("body", words.clone()),
        title: schema.add_text_field("title", words),
        first_day: schema.add_i64_field("first_day", INDEXED | FAST),
        last_day: schema.add_i64_field("last_day", INDEXED | FAST),
        source: schema.add_text_field("source", keyword(once)),
        entity: schema.add_text_field("entity", keyword(IndexRecordOption::WithFreqs)),
        facet: schema.add_facet_field("facet", tantivy::schema::FacetOptions::default()),
        confident: schema.add_text_field("confident", keyword(once)),
        name: schema.add_text_field("name", keyword(once)),
        surface: schema.add_text_field("surface", keyword(once)),
        label: schema.add_text_field("label", keyword(once)),
        fingerprint: schema.add_u64_field("fingerprint", FAST),
        tagged: schema.add_bytes_field("tagged", STORED),
    };
    (schema.build(), fields)
}
