//! The file of passwords, `~/.pgpass`, as libpq reads it.

use std::fs;
use std::io;
use std::path::Path;

/// For whom a password is looked for.
pub struct Wanted<'a> {
    /// The host as it was given, or a socket's folder.
    pub host: &'a str,
    /// The port.
    pub port: u16,
    /// The database.
    pub database: &'a str,
    /// The user.
    pub user: &'a str,
}

/// The password of the first line `host:port:database:user:password` that fits; `*` fits all, and a backslash takes a colon
/// or a backslash as it is. No file, no password.
///
/// # Errors
/// What is to be told of a file that is not looked at: one that others may read, or that cannot be read.
pub fn password(file: &Path, wanted: &Wanted) -> Result<Option<String>, String> {
    let told = |what: &str| Err(format!("{}: {what}", file.display()));
    let metadata = match fs::metadata(file) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return told(&format!("{error}: expected a file that can be read")),
    };
    if !metadata.is_file() {
        return told("not looked at: expected a plain file of passwords");
    }
    #[cfg(unix)]
    if std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0 {
        return told("not looked at, since others may read it: expected permissions 0600");
    }
    match fs::read_to_string(file) {
        Ok(lines) => Ok(lines.lines().find_map(|line| of_line(line, wanted))),
        Err(error) => told(&format!("{error}: expected a file that can be read")),
    }
}

fn of_line(line: &str, wanted: &Wanted) -> Option<String> {
    if line.starts_with('#') {
        return None;
    }
    let port = wanted.port.to_string();
    let mut rest = line;
    for value in [wanted.host, &port, wanted.database, wanted.user] {
        let (field, after) = field(rest);
        if after.is_none() || (rest.split(':').next() != Some("*") && field != value) {
            return None;
        }
        rest = after?;
    }
    let (password, _) = field(rest);
    (!password.is_empty()).then_some(password)
}

/// A field without its backslashes, and what comes after its colon.
fn field(text: &str) -> (String, Option<&str>) {
    let mut field = String::new();
    let mut rest = text.char_indices();
    while let Some((at, c)) = rest.next() {
        match c {
            ':' => return (field, Some(&text[at + 1..])),
            '\\' => field.extend(rest.next().map(|(_, escaped)| escaped)),
            c => field.push(c),
        }
    }
    (field, None)
}

#[cfg(test)]
mod tests {
    use super::*;

    const WANTED: Wanted = Wanted {
        host: "db",
        port: 5432,
        database: "news",
        user: "a:b",
    };

    #[test]
    fn the_first_line_that_fits_has_the_password() {
        for (line, password) in [
            (r"db:5432:news:a\:b:p\:w\\d", Some(r"p:w\d")),
            (r"*:*:*:a\:b:x y ", Some("x y ")),
            ("*:*:*:*:p:rest", Some("p")),
            (r"\*:*:*:*:p", None),
            ("db:5433:news:*:p", None),
            ("db:5432:news:a:b:p", None),
            ("#*:*:*:*:p", None),
            ("*:*:*:*:", None),
            ("*:*:*", None),
            ("", None),
        ] {
            assert_eq!(of_line(line, &WANTED).as_deref(), password, "{line}");
        }
    }

    #[cfg(unix)]
    #[test]
    fn a_file_that_others_may_read_is_not_looked_at() {
        use std::os::unix::fs::PermissionsExt;
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("pgpass");
        assert_eq!(password(&file, &WANTED), Ok(None));
        fs::write(&file, "# comment\nother:*:*:*:no\n*:*:*:*:secret\n").unwrap();
        fs::set_permissions(&file, fs::Permissions::from_mode(0o640)).unwrap();
        let told = password(&file, &WANTED).unwrap_err();
        assert!(
            told.contains("expected permissions 0600") && !told.contains("secret"),
            "{told}"
        );
        fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        assert_eq!(password(&file, &WANTED), Ok(Some("secret".to_owned())));
    }
}
