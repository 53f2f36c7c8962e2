//! Who asks: from the environment or a file, and never shown.

use std::fs;
use std::path::Path;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::search::FeedError;

/// What a request says of who sends it.
#[derive(Clone, Default)]
pub struct Credentials {
    /// The value of `Authorization`, where there is one.
    header: Option<String>,
    /// What must not be shown: the password or key, and what the header says.
    secrets: Vec<String>,
}

/// The variables of the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

impl Credentials {
    /// From `PREFIX_API_KEY`, else `PREFIX_USERNAME` and `PREFIX_PASSWORD`, else the file that `PREFIX_CREDENTIALS_FILE`
    /// names, with lines `api_key=…`, or `username=…` and `password=…`.
    ///
    /// # Errors
    /// Where one is without the other, or the file cannot be read, or others may read it too.
    pub fn find(prefix: &str, variables: Variables) -> Result<Self, FeedError> {
        let variable = |name: &str| variables(&format!("{prefix}_{name}"));
        let told = |reason: String| FeedError::Unusable {
            place: "credentials".to_owned(),
            reason,
        };
        let own = [variable("API_KEY"), variable("USERNAME"), variable("PASSWORD")];
        if own.iter().any(Option::is_some) {
            let expected = format!("expected {prefix}_API_KEY, or {prefix}_USERNAME and {prefix}_PASSWORD");
            return Credentials::of(own).ok_or_else(|| {
                told(format!(
                    "a user without a password, or the other way round: {expected}"
                ))
            });
        }
        let Some(file) = variable("CREDENTIALS_FILE") else {
            return Ok(Credentials::default());
        };
        read(Path::new(&file)).map_err(|reason| told(format!("{file}: {reason}")))
    }

    fn of([key, user, password]: [Option<String>; 3]) -> Option<Self> {
        if let Some(key) = key {
            return Some(Credentials {
                header: Some(format!("ApiKey {key}")),
                secrets: vec![key],
            });
        }
        let (user, password) = (user?, password?);
        let both = STANDARD.encode(format!("{user}:{password}"));
        Some(Credentials {
            header: Some(format!("Basic {both}")),
            secrets: vec![both, password],
        })
    }

    /// The value of `Authorization`.
    pub fn header(&self) -> Option<&str> {
        self.header.as_deref()
    }

    /// A text of the server's without the secrets: it may have got them back.
    pub fn redacted(&self, text: &str) -> String {
        let secrets = self.secrets.iter().filter(|secret| !secret.is_empty());
        secrets.fold(text.to_owned(), |text, secret| text.replace(&**secret, "***"))
    }
}

fn read(file: &Path) -> Result<Credentials, String> {
    const EXPECTED: &str = "expected a line api_key=…, or lines username=… and password=…";
    #[cfg(unix)]
    if let Ok(metadata) = fs::metadata(file)
        && std::os::unix::fs::PermissionsExt::mode(&metadata.permissions()) & 0o077 != 0
    {
        return Err("others may read it: expected permissions 0600".to_owned());
    }
    let lines = fs::read_to_string(file).map_err(|error| format!("{error}: {EXPECTED}"))?;
    let mut found = [None, None, None];
    for line in lines.lines() {
        let Some((name, value)) = line.split_once('=') else {
            continue;
        };
        let place = ["api_key", "username", "password"]
            .iter()
            .position(|known| *known == name.trim());
        if let Some(place) = place {
            found[place] = Some(value.trim().to_owned());
        }
    }
    Credentials::of(found).ok_or_else(|| format!("no credentials in it: {EXPECTED}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn find(variables: &[(&str, &str)]) -> Result<Credentials, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Credentials::find("OPENSEARCH", &variable).map_err(|error| error.to_string())
    }

    #[test]
    fn they_come_from_the_environment_or_a_file() {
        let basic = find(&[("OPENSEARCH_USERNAME", "ann"), ("OPENSEARCH_PASSWORD", "secret")]).unwrap();
        assert_eq!(basic.header(), Some("Basic YW5uOnNlY3JldA=="));
        assert_eq!(basic.redacted("no secret, YW5uOnNlY3JldA=="), "no ***, ***");
        let key = find(&[("OPENSEARCH_API_KEY", "k"), ("OPENSEARCH_USERNAME", "ann")]).unwrap();
        assert_eq!(key.header(), Some("ApiKey k"));
        assert_eq!(find(&[("ELASTICSEARCH_API_KEY", "k")]).unwrap().header(), None);
        let half = find(&[("OPENSEARCH_PASSWORD", "secret")]).map(drop).unwrap_err();
        assert!(
            half.contains("expected OPENSEARCH_API_KEY") && !half.contains("secret"),
            "{half}"
        );

        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("credentials");
        fs::write(&file, "# of the cluster\nusername = ann\npassword=secret\n").unwrap();
        let name = file.display().to_string();
        let from_file = || find(&[("OPENSEARCH_CREDENTIALS_FILE", &name)]);
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            fs::set_permissions(&file, fs::Permissions::from_mode(0o644)).unwrap();
            assert!(from_file().map(drop).unwrap_err().contains("permissions 0600"));
            fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
        }
        assert_eq!(from_file().unwrap().header(), basic.header());
        fs::write(&file, "password=secret\n").unwrap();
        let half = from_file().map(drop).unwrap_err();
        assert!(
            half.contains("expected a line") && !half.contains("secret"),
            "{half}"
        );
    }
}
