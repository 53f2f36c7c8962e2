//! The address of an index.

use std::net::IpAddr;
use std::path::PathBuf;

use crate::search::FeedError;

/// Where the index is.
#[derive(Clone, Debug)]
pub struct Address {
    /// `http://host:port` or `https://host:port`, and a proxy's folder before the index.
    pub base: String,
    /// The index.
    pub index: String,
    /// Whether it is on this machine.
    pub local: bool,
    /// Names of the environment's variables begin so: `OPENSEARCH` or `ELASTICSEARCH`.
    pub prefix: &'static str,
    /// What messages call it.
    pub place: String,
    /// A PEM file with the certificates that are trusted instead of the system's.
    pub ca: Option<PathBuf>,
    /// Whether requests are compressed.
    pub gzip: bool,
}

fn unusable(what: &str) -> FeedError {
    FeedError::Unusable {
        place: "opensearch://…".to_owned(),
        reason: what.to_owned(),
    }
}

impl Address {
    /// Reads `opensearch://HOST:PORT/INDEX`, `opensearch+https://…`, or the same with `elasticsearch`.
    ///
    /// # Errors
    /// Where it is none, or has a user or a password in it; the message never holds a part of it.
    pub fn parse(url: &str) -> Result<Self, FeedError> {
        const EXPECTED: &str = "expected opensearch://HOST:9200/INDEX or opensearch+https://HOST:9200/INDEX";
        let wrong = || unusable(&format!("no address of an index: {EXPECTED}"));
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let (prefix, http) = match scheme {
            "opensearch" => ("OPENSEARCH", "http"),
            "opensearch+https" => ("OPENSEARCH", "https"),
            "elasticsearch" => ("ELASTICSEARCH", "http"),
            "elasticsearch+https" => ("ELASTICSEARCH", "https"),
            _ => return Err(wrong()),
        };
        if rest.contains(['@', '#']) {
            return Err(unusable(&format!(
                "a user or a password in the address: expected them in {prefix}_USERNAME and {prefix}_PASSWORD, \
                 {prefix}_API_KEY, or a file as {prefix}_CREDENTIALS_FILE"
            )));
        }
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (before, index) = rest.trim_end_matches('/').rsplit_once('/').ok_or_else(wrong)?;
        let (host, folder) = before.split_at(before.find('/').unwrap_or(before.len()));
        let fits = |c: char| c.is_ascii_alphanumeric() || "-._:[]".contains(c);
        if host.is_empty() || !host.chars().all(fits) || folder.contains(|c: char| !fits(c) && c != '/') {
            return Err(wrong());
        }
        check_index(index)?;
        let (name, port) = match host.rsplit_once(':') {
            Some((name, port)) if !port.ends_with(']') => (name, port.parse::<u16>().map_err(|_| wrong())?),
            _ => (host, 9200),
        };
        let (mut ca, mut gzip) = (None, false);
        for part in query.split('&').filter(|part| !part.is_empty()) {
            match part.split_once('=') {
                Some(("ca", file)) => ca = Some(PathBuf::from(file)),
                Some(("gzip", "yes")) => gzip = true,
                Some(("gzip", "no")) => gzip = false,
                _ => {
                    return Err(unusable(
                        "unknown option of the address: expected ca=FILE or gzip=yes",
                    ));
                }
            }
        }
        let ip: Option<IpAddr> = name.trim_matches(['[', ']']).parse().ok();
        Ok(Address {
            base: format!("{http}://{name}:{port}{folder}"),
            index: index.to_owned(),
            local: name == "localhost" || ip.is_some_and(|ip| ip.is_loopback()),
            prefix,
            place: format!("{scheme}://{name}:{port}{folder}/{index}"),
            ca,
            gzip,
        })
    }
}

/// The server's own rules for names, so that none leads elsewhere.
fn check_index(index: &str) -> Result<(), FeedError> {
    let fits = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || "-_.+".contains(c);
    let first = index.starts_with(|c: char| c.is_ascii_lowercase() || c.is_ascii_digit());
    match first && index.len() <= 255 && index.chars().all(fits) {
        true => Ok(()),
        false => Err(unusable(
            "no name of an index: expected small letters, digits, '-', '_', '.' and '+', a letter or digit first",
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_read_and_others_refused_without_a_part_of_them() {
        let address =
            Address::parse("elasticsearch+https://search.example:443/es/news-2024?gzip=yes&ca=/c.pem")
                .unwrap();
        assert_eq!(address.base, "https://search.example:443/es");
        assert_eq!(
            (&*address.index, address.prefix, address.local),
            ("news-2024", "ELASTICSEARCH", false)
        );
        assert_eq!(
            address.place,
            "elasticsearch+https://search.example:443/es/news-2024"
        );
        assert!(address.gzip && address.ca.is_some());
        for (url, base) in [
            ("opensearch://localhost/a", "http://localhost:9200"),
            ("opensearch://[::1]:9/a/", "http://[::1]:9"),
            ("opensearch://[::1]/a", "http://[::1]:9200"),
        ] {
            let address = Address::parse(url).unwrap();
            assert_eq!((&*address.base, address.local), (base, true), "{url}");
        }
        for url in [
            "http://h/secret",
            "opensearch://u:secret@h/a",
            "opensearch://h",
            "opensearch://h:secret/a",
            "opensearch:///secret",
            "opensearch://h/Secret",
            "opensearch://h/_secret",
            "opensearch://h/a?secret=1",
            "opensearch://h/secret%2F",
        ] {
            let refused = Address::parse(url).unwrap_err().to_string();
            assert!(
                refused.contains("expected") && !refused.to_lowercase().contains("secret"),
                "{refused}"
            );
        }
    }
}
