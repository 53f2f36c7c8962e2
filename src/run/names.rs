//! The names of the files that a run keeps beside its output.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::compression::Compression;

/// A path with something behind its last name.
pub fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = OsString::from(path);
    name.push(suffix);
    PathBuf::from(name)
}

/// What is written and not whole.
pub fn partial(path: &Path) -> PathBuf {
    with_suffix(path, ".partial")
}

/// How far the run has come.
pub fn journal(output: &Path) -> PathBuf {
    with_suffix(output, ".journal")
}

/// Whose lock says that somebody writes.
pub fn lock(output: &Path) -> PathBuf {
    with_suffix(output, ".lock")
}

/// What was no document.
pub fn rejected(output: &Path) -> PathBuf {
    with_suffix(output, ".rejected.jsonl")
}

/// The name of shard `number`: `tagged.jsonl.gz` becomes `tagged-00001.jsonl.gz`.
pub fn shard(output: &Path, number: u64) -> PathBuf {
    let mut stem = output.to_owned();
    let mut extensions = Vec::new();
    if Compression::of(&stem).is_some() {
        extensions.extend(stem.extension().map(OsString::from));
        stem.set_extension("");
    }
    if stem.extension().is_some() {
        extensions.extend(stem.extension().map(OsString::from));
        stem.set_extension("");
    }
    let mut name = with_suffix(&stem, &format!("-{number:05}"));
    for extension in extensions.iter().rev() {
        let mut longer = OsString::from(name);
        longer.push(".");
        longer.push(extension);
        name = PathBuf::from(longer);
    }
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shards_keep_their_extensions() {
        for (output, expected) in [
            ("a/tagged.jsonl.gz", "a/tagged-00007.jsonl.gz"),
            ("tagged.parquet", "tagged-00007.parquet"),
            ("v1.2/tagged", "v1.2/tagged-00007"),
            ("news.2024.jsonl", "news.2024-00007.jsonl"),
        ] {
            assert_eq!(shard(Path::new(output), 7), Path::new(expected));
        }
    }
}
