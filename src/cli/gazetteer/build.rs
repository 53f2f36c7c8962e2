//! `nomenclator gazetteer build`: records to an index.

use std::fs::{self, File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use clap::Args;

use crate::cli::target::cannot_write;
use crate::cli::{Exit, Failure, OrExit, Outcome, failure};
use crate::gazetteer::builder::{Builder, CompileError};
use crate::gazetteer::entity::Entity;
use crate::gazetteer::record::Record;
use crate::gazetteer::sort::Scratch;
use crate::gazetteer::{Gazetteer, GazetteerError, read};

/// Arguments of `gazetteer build`.
#[derive(Args)]
pub struct Build {
    /// Files of whole records (JSON Lines, .csv, .tsv), or folders of them: all their files that end in .jsonl or .csv, in the
    /// order of their names. Entries that extend or hide other records go into a file of their own, for --gazetteer.
    #[arg(value_name = "RECORDS", required = true)]
    records: Vec<PathBuf>,
    /// The index to write. It appears when it is whole; one that is there is replaced then.
    #[arg(long, short, value_name = "FILE")]
    output: PathBuf,
    /// Find in the names of bodies only countries that are among the records, not those of the gazetteer that ships.
    #[arg(long)]
    no_default_gazetteer: bool,
}

/// Runs `gazetteer build`.
///
/// # Errors
/// As [`Exit`] lists them.
pub fn run(arguments: &Build) -> Outcome {
    let files = arguments.files()?;
    let place = arguments.output.display().to_string();
    let folder = match arguments.output.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    let writing = |error: io::Error| cannot_write(&place, error);
    let compiling = |error: CompileError| match error {
        CompileError::Write(error) => writing(error),
        error => failure(Exit::Input, error.to_string()),
    };

    let scratch = Scratch::Folder(folder.to_owned());
    let mut builder = Builder::new(scratch, &arguments.countries()?).map_err(compiling)?;
    for file in &files {
        each_record(file, |record| builder.add(&record).map_err(compiling))?;
    }
    let partial = Partial::create(&arguments.output).map_err(writing)?;
    let into = BufWriter::with_capacity(1 << 20, partial.file.try_clone().map_err(writing)?);
    let into = builder.finish(into).map_err(compiling)?;
    let file = into.into_inner().map_err(|error| writing(error.into_error()))?;
    file.sync_all().map_err(writing)?;
    partial.rename(&arguments.output).map_err(writing)
}

impl Build {
    /// The files of records, folders resolved.
    fn files(&self) -> Result<Vec<PathBuf>, Failure> {
        let mut files = Vec::new();
        for path in &self.records {
            if !path.is_dir() {
                files.push(path.clone());
                continue;
            }
            let entries = fs::read_dir(path).and_then(|entries| {
                entries
                    .map(|entry| Ok(entry?.path()))
                    .collect::<io::Result<Vec<_>>>()
            });
            let mut inside = entries.map_err(|error| {
                failure(
                    Exit::Input,
                    format!("{}: {error}: expected a folder of records", path.display()),
                )
            })?;
            let endings = ["jsonl", "csv"];
            let ends = |file: &Path, wanted: &str| file.extension().is_some_and(|ending| ending == wanted);
            inside.retain(|file| endings.iter().any(|ending| ends(file, ending)) && file.is_file());
            if inside.is_empty() {
                let message = format!(
                    "{}: no file of records: expected some *.jsonl or *.csv",
                    path.display()
                );
                return Err(failure(Exit::Input, message));
            }
            inside.sort();
            files.extend(inside);
        }
        Ok(files)
    }

    /// Countries of the gazetteer that ships, if it is to be looked at and there is one.
    fn countries(&self) -> Result<Vec<Entity>, Failure> {
        if self.no_default_gazetteer {
            return Ok(Vec::new());
        }
        match Gazetteer::embedded() {
            Ok(gazetteer) => Ok(gazetteer.countries().map(|(_, country)| country).collect()),
            Err(GazetteerError::NotEmbedded) => Ok(Vec::new()),
            Err(error) => Err(error).or_exit(Exit::Model),
        }
    }
}

/// Gives `take` the records of a file one at a time, so that a large file is never held whole.
fn each_record(path: &Path, mut take: impl FnMut(Record) -> Result<(), Failure>) -> Outcome {
    for entry in read::open(path).or_exit(Exit::Input)? {
        take(read::whole(path, entry.or_exit(Exit::Input)?).or_exit(Exit::Input)?)?;
    }
    Ok(())
}

/// A file beside the one to write, removed unless it gets that one's name.
struct Partial {
    path: PathBuf,
    file: File,
    whole: bool,
}

impl Partial {
    fn create(output: &Path) -> io::Result<Self> {
        let mut name = output.file_name().ok_or(io::ErrorKind::IsADirectory)?.to_owned();
        name.push(".partial");
        let path = output.with_file_name(name);
        // A run that was killed may have left one.
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
        let file = OpenOptions::new().write(true).create_new(true).open(&path)?;
        Ok(Partial {
            path,
            file,
            whole: false,
        })
    }

    fn rename(mut self, output: &Path) -> io::Result<()> {
        self.file.flush()?;
        fs::rename(&self.path, output)?;
        self.whole = true;
        Ok(())
    }
}

impl Drop for Partial {
    fn drop(&mut self) {
        if !self.whole {
            // Nothing is left to do where it cannot be removed: the name says that it is no index.
            let _ = fs::remove_file(&self.path);
        }
    }
}
