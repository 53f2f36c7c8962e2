//! The tables, brought to the newest version one step after the other.

use postgres::error::SqlState;
use postgres::{Client, Error};

use super::session::{Session, quoted, told};
use crate::search::FeedError;

/// The steps: the first makes version 1.
const STEPS: [&str; 1] = [include_str!("migrations/1.sql")];

/// PostgreSQL 12 has generated columns.
const OLDEST_SERVER: i32 = 120_000;

/// How the schema was found.
enum Found {
    Ready,
    Newer(i32),
    OldServer(String),
    Encoding(String),
    /// The schema has tables that this program did not make.
    Foreign(String),
}

/// Makes the schema where there is none, and does the steps that are missing, all or nothing, one process at a time.
///
/// # Errors
/// Where the server or the schema is not one that can be used.
pub fn migrate(session: &mut Session) -> Result<(), FeedError> {
    let schema = session.schema().to_owned();
    let found = session.run(|client| found(client, &schema));
    let found = found.map_err(|failure| session.whole(failure))?;
    let newest = STEPS.len();
    let reason = match found {
        Found::Ready => return Ok(()),
        Found::Newer(version) => {
            format!("tables of version {version}: expected {newest} or older; a newer nomenclator made them")
        }
        Found::OldServer(version) => format!("PostgreSQL {version}: expected 12 or later"),
        Found::Encoding(encoding) => format!("a database in {encoding}: expected one in UTF8"),
        Found::Foreign(told) => {
            format!("not nomenclator's schema, {told}: expected an empty or a new one, as ?schema=NAME")
        }
    };
    Err(FeedError::Unusable {
        place: session.place().to_owned(),
        reason,
    })
}

fn found(client: &mut Client, schema: &str) -> Result<Found, Error> {
    let mut transaction = client.transaction()?;
    let row = transaction.query_one(
        "select current_setting('server_version_num')::int, current_setting('server_version'),
             pg_catalog.getdatabaseencoding()::text",
        &[],
    )?;
    if row.try_get::<_, i32>(0)? < OLDEST_SERVER {
        return Ok(Found::OldServer(row.try_get(1)?));
    }
    let encoding: String = row.try_get(2)?;
    if encoding != "UTF8" {
        return Ok(Found::Encoding(encoding));
    }
    transaction.execute(
        "select pg_advisory_xact_lock(hashtext('nomenclator'), hashtext($1))",
        &[&schema],
    )?;
    // 'if not exists' asks for the right to make it even where it is there.
    let there = |query: &str, transaction: &mut postgres::Transaction| -> Result<bool, Error> {
        transaction.query_one(query, &[&schema])?.try_get(0)
    };
    if !there(
        "select exists (select from pg_catalog.pg_namespace where nspname = $1)",
        &mut transaction,
    )? {
        transaction.batch_execute(&format!("create schema {}", quoted(schema)))?;
    }
    let version_is_there = there(
        "select exists (select from pg_catalog.pg_tables where schemaname = $1 and tablename = 'schema_version')",
        &mut transaction,
    )?;
    if !version_is_there {
        transaction.batch_execute(
            "create table schema_version (version integer primary key, since timestamptz not null default now())",
        )?;
    }
    let version: i32 = transaction
        .query_one("select coalesce(max(version), 0) from schema_version", &[])?
        .try_get(0)?;
    let Ok(done) = usize::try_from(version) else {
        return Ok(Found::Foreign(format!("tables of version {version}")));
    };
    if done > STEPS.len() {
        return Ok(Found::Newer(version));
    }
    for (number, step) in (1..).zip(STEPS).skip(done) {
        match transaction.batch_execute(step) {
            Ok(()) => {}
            Err(error) if is_taken(&error) => return Ok(Found::Foreign(told(&error))),
            Err(error) => return Err(error),
        }
        let number: i32 = number;
        transaction.execute("insert into schema_version (version) values ($1)", &[&number])?;
    }
    transaction.commit()?;
    Ok(Found::Ready)
}

/// Whether a name is another table's, view's or function's.
fn is_taken(error: &Error) -> bool {
    let taken = [SqlState::DUPLICATE_TABLE, SqlState::DUPLICATE_FUNCTION];
    error.code().is_some_and(|code| taken.contains(code))
}
