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

/// What stands behind the names of a run's files; the longer ones first.
const SUFFIXES: [&str; 7] = [
    ".rejected.jsonl.partial",
    ".rejected.jsonl",
    ".partial.groups",
    ".partial",
    ".journal.new",
    ".journal",
    ".lock",
];

/// A path that names the same file from anywhere, though the file itself need not be there.
pub fn full(path: &Path) -> PathBuf {
    if let Ok(full) = path.canonicalize() {
        return full;
    }
    let folder = match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    match (folder.canonicalize(), path.file_name()) {
        (Ok(folder), Some(name)) => folder.join(name),
        _ => path.to_owned(),
    }
}

/// Whether `path` is one of the files of a run that writes `output`, a shard, or in a folder that is one. Both are to be
/// [`full`].
pub fn belongs_to(output: &Path, path: &Path) -> bool {
    path.ancestors().any(|path| {
        if path.parent() != output.parent() {
            return false;
        }
        let Some(name) = path.file_name().and_then(|name| name.to_str()) else {
            return false;
        };
        let stem = SUFFIXES.iter().find_map(|suffix| name.strip_suffix(suffix));
        [Some(name), stem].into_iter().flatten().any(|name| {
            let path = path.with_file_name(name);
            path == output || number_of(name).any(|number| shard(output, number) == path)
        })
    })
}

/// The numbers that a name has: one of them may be a shard's.
fn number_of(name: &str) -> impl Iterator<Item = u64> {
    name.split(|c: char| !c.is_ascii_digit())
        .filter(|digits| digits.len() >= 5)
        .filter_map(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_run_knows_its_own_files() {
        let output = Path::new("/a/tagged.jsonl.gz");
        for own in [
            "tagged.jsonl.gz",
            "tagged.jsonl.gz.partial",
            "tagged.jsonl.gz.rejected.jsonl",
            "tagged-00012.jsonl.gz",
            "tagged-00012.jsonl.gz.partial",
            "tagged.jsonl.gz.partial/00000001-x.txt",
        ] {
            assert!(belongs_to(output, &Path::new("/a").join(own)), "{own}");
        }
        for other in [
            "tagged.jsonl",
            "tagged-12.jsonl.gz",
            "b/tagged.jsonl.gz",
            "other.jsonl.gz",
            "x.partial",
        ] {
            assert!(!belongs_to(output, &Path::new("/a").join(other)), "{other}");
        }
    }

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
