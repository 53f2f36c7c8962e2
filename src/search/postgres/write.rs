//! A batch of documents into the tables, in one transaction.

use std::collections::{BTreeMap, HashMap};

use postgres::binary_copy::BinaryCopyInWriter;
use postgres::types::{ToSql, Type};
use postgres::{Client, Error, Transaction};

use super::rows::{DocumentRow, LinkRow};

/// What is sent first lies here until the end of the transaction.
const STAGING: &str = "
create temporary table if not exists staged_entities (
    key text, kind text, id text, name text, country text
) on commit delete rows;
create temporary table if not exists staged_documents (
    id text, long_id text, title text, text text, date text, date_first text, date_last text, source text, extra text,
    entities text[], fingerprint bigint
) on commit delete rows";

/// Entities that are there and the same are not touched: their rows would be locked against other writers. Those without an
/// id keep the first name that was seen. The order is the same for all writers, so that no two wait for each other.
const ENTITIES: &str = r#"
insert into entities (key, kind, id, name, country)
select key, kind, id, name, country from pg_temp.staged_entities staged
where not exists (
    select from entities there
    where there.key = staged.key
        and (staged.id is null or (there.id, there.name, there.country)
            is not distinct from (staged.id, staged.name, staged.country)))
order by key collate "C"
on conflict (key) do update set id = excluded.id, name = excluded.name, country = excluded.country
where excluded.id is not null"#;

const DOCUMENTS: &str = r#"
insert into documents
    (id, long_id, title, text, date, date_first, date_last, source, extra, entities, fingerprint)
select id, long_id, title, text, date, date_first::date, date_last::date, source, extra::jsonb, entities, fingerprint
from pg_temp.staged_documents
order by id collate "C"
on conflict (id) do update set
    long_id = excluded.long_id, title = excluded.title, text = excluded.text, date = excluded.date,
    date_first = excluded.date_first, date_last = excluded.date_last, source = excluded.source, extra = excluded.extra,
    entities = excluded.entities, fingerprint = excluded.fingerprint
returning id, number"#;

const TEXT: Type = Type::TEXT;

/// Writes `batch`, of which no two have the same id, in place of what is there of these ids.
///
/// # Errors
/// Where nothing of it was written, or where a lost connection leaves that open: writing it again is right in both cases.
pub fn write(client: &mut Client, batch: &[DocumentRow]) -> Result<(), Error> {
    let mut transaction = client.transaction()?;
    transaction.batch_execute(STAGING)?;
    copy_entities(&mut transaction, batch)?;
    transaction.batch_execute(ENTITIES)?;
    copy_documents(&mut transaction, batch)?;
    let mut numbers: HashMap<String, i64> = HashMap::with_capacity(batch.len());
    for row in transaction.query(DOCUMENTS, &[])? {
        numbers.insert(row.try_get(0)?, row.try_get(1)?);
    }
    let replaced: Vec<i64> = numbers.values().copied().collect();
    transaction.execute("delete from mentions where document = any($1)", &[&replaced])?;
    copy_mentions(&mut transaction, batch, &numbers)?;
    transaction.commit()
}

fn copy_entities(transaction: &mut Transaction, batch: &[DocumentRow]) -> Result<(), Error> {
    let mentions = batch.iter().flat_map(|document| &document.mentions);
    let links = mentions.filter_map(|mention| mention.link.as_ref());
    let entities: BTreeMap<&str, &LinkRow> = links.map(|link| (&*link.key, link)).collect();
    let into = transaction.copy_in("copy pg_temp.staged_entities from stdin (format binary)")?;
    let mut into = BinaryCopyInWriter::new(into, &[TEXT, TEXT, TEXT, TEXT, TEXT]);
    for (key, link) in entities {
        into.write(&[&key, &link.kind, &link.id, &link.name, &link.country])?;
    }
    into.finish().map(drop)
}

fn copy_documents(transaction: &mut Transaction, batch: &[DocumentRow]) -> Result<(), Error> {
    let into = transaction.copy_in("copy pg_temp.staged_documents from stdin (format binary)")?;
    let types = [
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        Type::TEXT_ARRAY,
        Type::INT8,
    ];
    let mut into = BinaryCopyInWriter::new(into, &types);
    for document in batch {
        let (first, last) = document.days.as_ref().map(|(first, last)| (first, last)).unzip();
        into.write(&[
            &document.id,
            &document.long_id(),
            &document.title,
            &document.text,
            &document.date,
            &first,
            &last,
            &document.source,
            &document.extra,
            &document.entities,
            &document.fingerprint,
        ])?;
    }
    into.finish().map(drop)
}

fn copy_mentions(
    transaction: &mut Transaction,
    batch: &[DocumentRow],
    numbers: &HashMap<String, i64>,
) -> Result<(), Error> {
    let into = transaction.copy_in(
        "copy mentions (document, ordinal, start_char, end_char, text, label, score, entity, entity_id, name, country, \
         role, via, confidence) from stdin (format binary)",
    )?;
    let types = [
        Type::INT8,
        Type::INT4,
        Type::INT4,
        Type::INT4,
        TEXT,
        TEXT,
        Type::FLOAT8,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        TEXT,
        Type::FLOAT8,
    ];
    let mut into = BinaryCopyInWriter::new(into, &types);
    for document in batch {
        let number = numbers.get(&document.id);
        for (ordinal, mention) in (0_i32..).zip(&document.mentions) {
            let link = mention.link.as_ref();
            let text = |part: fn(&LinkRow) -> Option<&str>| link.and_then(part);
            let values: [&(dyn ToSql + Sync); 14] = [
                &number,
                &ordinal,
                &mention.start,
                &mention.end,
                &mention.text,
                &mention.label,
                &mention.score,
                &text(|link| Some(&link.key)),
                &text(|link| link.id.as_deref()),
                &text(|link| Some(&link.name)),
                &text(|link| link.country.as_deref()),
                &text(|link| link.role.as_deref()),
                &text(|link| Some(link.via)),
                &link.map(|link| link.confidence),
            ];
            into.write(&values)?;
        }
    }
    into.finish().map(drop)
}
