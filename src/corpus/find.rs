//! Finding the files that the user means.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use globset::{GlobBuilder, GlobSet, GlobSetBuilder};

use super::options::by_name;

/// What cannot be found or chosen.
#[derive(Debug, thiserror::Error)]
pub enum CorpusError {
    /// A file or folder that is not there or does not open.
    #[error("{place}: {source}: expected a readable file or folder")]
    Read {
        /// The path as the user named it.
        place: String,
        /// The system's answer.
        source: io::Error,
    },
    /// A folder with nothing for us in it.
    #[error("{place}: no {wanted} in this folder or below: expected at least one")]
    EmptyFolder {
        /// The folder as the user named it.
        place: String,
        /// What was looked for.
        wanted: &'static str,
    },
    /// A glob that is none.
    #[error("'{glob}' is no glob: {reason}: expected one such as '*.txt' or '2024/**/*.csv'")]
    Glob {
        /// As the user wrote it.
        glob: String,
        /// What is wrong with it.
        reason: String,
    },
}

/// Which files of a folder are read.
#[derive(Clone, Debug, Default)]
pub struct Selection {
    globs: Option<GlobSet>,
}

impl Selection {
    /// Those that match one of the globs by their bare name, or by their path below the folder (in which `*` does not
    /// match a `/`, and `**` does). Without globs, those whose extension is known.
    ///
    /// # Errors
    /// Where one is no glob.
    pub fn new<S: AsRef<str>>(globs: &[S]) -> Result<Self, CorpusError> {
        if globs.is_empty() {
            return Ok(Selection::default());
        }
        let mut set = GlobSetBuilder::new();
        for glob in globs.iter().map(AsRef::as_ref) {
            let wrong = |error: globset::Error| CorpusError::Glob {
                glob: glob.to_owned(),
                reason: error.kind().to_string(),
            };
            set.add(
                GlobBuilder::new(glob)
                    .literal_separator(true)
                    .build()
                    .map_err(wrong)?,
            );
        }
        let wrong = |error: globset::Error| CorpusError::Glob {
            glob: globs.iter().map(AsRef::as_ref).collect::<Vec<_>>().join("', '"),
            reason: error.kind().to_string(),
        };
        let globs = Some(set.build().map_err(wrong)?);
        Ok(Selection { globs })
    }

    /// `below` is the file's path below the folder that the user named.
    fn takes(&self, below: &Path) -> bool {
        match &self.globs {
            Some(globs) => {
                globs.is_match(below) || below.file_name().is_some_and(|name| globs.is_match(name))
            }
            None => by_name(below).0.is_some(),
        }
    }

    fn wanted(&self) -> &'static str {
        match self.globs {
            Some(_) => "file that matches --glob",
            None => ".txt, .jsonl, .ndjson, .csv, .tsv or .parquet file (nor one with .gz or .zst)",
        }
    }
}

/// One thing to read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Input {
    File(PathBuf),
    Stdin,
}

/// What the paths mean, in order.
pub(super) fn find<P: AsRef<Path>>(paths: &[P], selection: &Selection) -> Result<Vec<Input>, CorpusError> {
    let mut inputs = Vec::new();
    for path in paths.iter().map(AsRef::as_ref) {
        if path.as_os_str() == "-" {
            inputs.push(Input::Stdin);
            continue;
        }
        let metadata = fs::metadata(path).map_err(|source| read_error(path, source))?;
        if metadata.is_dir() {
            let before = inputs.len();
            walk(path, path, selection, &mut inputs)?;
            if inputs.len() == before {
                return Err(CorpusError::EmptyFolder {
                    place: path.display().to_string(),
                    wanted: selection.wanted(),
                });
            }
        } else {
            inputs.push(Input::File(path.to_owned()));
        }
    }
    Ok(inputs)
}

fn read_error(path: &Path, source: io::Error) -> CorpusError {
    CorpusError::Read {
        place: path.display().to_string(),
        source,
    }
}

fn walk(
    root: &Path,
    folder: &Path,
    selection: &Selection,
    inputs: &mut Vec<Input>,
) -> Result<(), CorpusError> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .map_err(|source| read_error(folder, source))?;
    entries.sort_by_key(fs::DirEntry::file_name);
    for entry in entries {
        if entry.file_name().as_encoded_bytes().starts_with(b".") {
            continue;
        }
        let path = entry.path();
        let file_type = entry.file_type().map_err(|source| read_error(&path, source))?;
        if file_type.is_dir() {
            walk(root, &path, selection, inputs)?;
        } else if selection.takes(path.strip_prefix(root).unwrap_or(&path)) && path.is_file() {
            inputs.push(Input::File(path));
        }
    }
    Ok(())
}
