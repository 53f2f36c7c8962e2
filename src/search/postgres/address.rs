//! The address of a PostgreSQL server, and who asks there: what libpq reads, but for what the README of [`crate::search`] says.

use std::env;
use std::path::{Path, PathBuf};
use std::time::Duration;

use postgres::Config;
use postgres::config::{Host, SslMode};

use super::passfile;
use super::tls::Trust;
use crate::search::FeedError;

/// How long one try to connect to one address lasts, unless the URL says otherwise.
const CONNECT: Duration = Duration::from_secs(10);
/// How long sent bytes may stay unanswered before the connection counts as lost, unless the URL says otherwise.
const UNANSWERED: Duration = Duration::from_secs(120);
/// The socket's folder on Debian and others.
const SOCKETS: &str = "/var/run/postgresql";
/// Bytes of a name in PostgreSQL.
const NAME: usize = 63;

/// Where the server is and what to say to it.
#[derive(Clone)]
pub struct Address {
    /// Everything that the client needs, the password included: never shown.
    pub config: Config,
    /// Whose certificates are trusted.
    pub trust: Trust,
    /// The schema that holds the tables.
    pub schema: String,
    /// What messages call it: no user, no password.
    pub place: String,
    /// What is odd about the password's file.
    pub notice: Option<String>,
}

/// The variables of the environment.
pub type Variables<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The process's own variables.
pub fn environment(name: &str) -> Option<String> {
    env::var(name).ok().filter(|value| !value.is_empty())
}

/// The parts of the URL's query that are not the client's.
#[derive(Default)]
struct Own {
    schema: Option<String>,
    sslmode: Option<String>,
    sslrootcert: Option<String>,
    passfile: Option<String>,
    /// The rest, for the client.
    rest: Vec<String>,
}

impl Address {
    /// Reads `postgres://USER@HOST:PORT/DATABASE?…`.
    ///
    /// # Errors
    /// Where it is none; the message never holds a part of it.
    pub fn parse(url: &str, variables: Variables) -> Result<Self, FeedError> {
        let (base, query) = split(url)?;
        let own = Own::read(query)?;
        let rest = match own.rest.is_empty() {
            true => base.to_owned(),
            false => format!("{base}?{}", own.rest.join("&")),
        };
        // The client's own message may hold parts of the URL, and those a password.
        let mut config: Config = rest.parse().map_err(|_| {
            unusable("no address of a PostgreSQL server: expected postgres://USER@HOST:PORT/DATABASE?schema=NAME&sslmode=MODE")
        })?;
        fill(&mut config, variables);
        let schema = own.schema.unwrap_or_else(|| "nomenclator".to_owned());
        if schema.is_empty() || schema.len() > NAME || schema.contains('\0') || schema.starts_with("pg_") {
            return Err(unusable(
                "no name of a schema: expected 'schema' of 1 to 63 bytes that does not begin with 'pg_'",
            ));
        }
        let on_socket = config
            .get_hosts()
            .iter()
            .all(|host| !matches!(host, Host::Tcp(_)));
        let roots = own.sslrootcert.map(PathBuf::from);
        let (mode, trust) = ssl(own.sslmode.as_deref().unwrap_or("prefer"), roots)?;
        // As libpq: there is no TLS on a socket.
        config.ssl_mode(if on_socket { SslMode::Disable } else { mode });
        let place = place(&config, &schema);
        let mut notice = None;
        if config.get_password().is_none() {
            match password(&config, own.passfile, variables) {
                Ok(Some(password)) => drop(config.password(password)),
                Ok(None) => {}
                Err(told) => notice = Some(told),
            }
        }
        Ok(Address {
            config,
            trust,
            schema,
            place,
            notice,
        })
    }
}

fn unusable(reason: &str) -> FeedError {
    FeedError::Unusable {
        place: "postgres://…".to_owned(),
        reason: reason.to_owned(),
    }
}

/// The URL before its query, and the query.
///
/// Stray `@`, `/` and `?` of a password would make it a host's or a database's name, which messages show: refused.
fn split(url: &str) -> Result<(&str, &str), FeedError> {
    let rest = url
        .strip_prefix("postgres://")
        .or_else(|| url.strip_prefix("postgresql://"))
        .ok_or_else(|| {
            unusable("no address of a PostgreSQL server: expected it to begin with postgres://")
        })?;
    let stray = match rest.split_once('@') {
        Some((who, rest)) => who.contains(['/', '?', '#']) || rest.contains('@'),
        None => false,
    };
    if stray || url.contains('#') {
        return Err(unusable(
            "stray '@', '/', '?' or '#': expected them as %40, %2F, %3F and %23 in names and passwords",
        ));
    }
    Ok(url.split_once('?').unwrap_or((url, "")))
}

impl Own {
    fn read(query: &str) -> Result<Self, FeedError> {
        let mut own = Own::default();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let (name, value) = part.split_once('=').unwrap_or((part, ""));
            let place = match name {
                "schema" => &mut own.schema,
                "sslmode" => &mut own.sslmode,
                "sslrootcert" => &mut own.sslrootcert,
                "passfile" => &mut own.passfile,
                _ => {
                    own.rest.push(part.to_owned());
                    continue;
                }
            };
            *place = Some(decoded(value).ok_or_else(|| {
                unusable("a '%' in the query that stands for nothing: expected two hex digits after it")
            })?);
        }
        Ok(own)
    }
}

/// A text without its percent-encoding.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        bytes.push(match byte {
            b'%' => {
                let mut digit = || char::from(rest.next()?).to_digit(16);
                u8::try_from(digit()? * 16 + digit()?).ok()?
            }
            byte => byte,
        });
    }
    String::from_utf8(bytes).ok()
}

/// What libpq takes from the environment where the URL leaves it open.
fn fill(config: &mut Config, variables: Variables) {
    if config.get_hosts().is_empty() && config.get_hostaddrs().is_empty() {
        let sockets = || Path::new(SOCKETS).is_dir().then(|| SOCKETS.to_owned());
        let host = variables("PGHOST").or_else(sockets);
        // A path is a socket's, where there are such.
        config.host(host.as_deref().unwrap_or("localhost"));
        if let Some(port) = variables("PGPORT").and_then(|port| port.parse().ok())
            && config.get_ports().is_empty()
        {
            config.port(port);
        }
    }
    if config.get_user().is_none()
        && let Some(user) = variables("PGUSER").or_else(|| variables("USER"))
    {
        config.user(&user);
    }
    if config.get_dbname().is_none()
        && let Some(name) = variables("PGDATABASE")
    {
        config.dbname(&name);
    }
    if config.get_application_name().is_none() {
        config.application_name("nomenclator");
    }
    if config.get_connect_timeout().is_none() {
        config.connect_timeout(CONNECT);
    }
    if config.get_tcp_user_timeout().is_none() {
        config.tcp_user_timeout(UNANSWERED);
    }
}

fn ssl(mode: &str, roots: Option<PathBuf>) -> Result<(SslMode, Trust), FeedError> {
    let mode = match mode {
        "disable" => return Ok((SslMode::Disable, Trust::Anyone)),
        "prefer" => SslMode::Prefer,
        "require" => SslMode::Require,
        "verify-full" => return Ok((SslMode::Require, Trust::Roots(roots))),
        _ => {
            return Err(unusable(
                "unknown sslmode: expected 'disable', 'prefer', 'require' or 'verify-full'",
            ));
        }
    };
    Ok(match roots {
        // Whoever names certificates wants them looked at.
        Some(roots) => (SslMode::Require, Trust::Roots(Some(roots))),
        None => (mode, Trust::Anyone),
    })
}

/// Hosts, ports, database and schema.
fn place(config: &Config, schema: &str) -> String {
    let ports = config.get_ports();
    let mut hosts: Vec<String> = Vec::new();
    for (at, host) in config.get_hosts().iter().enumerate() {
        let port = ports.get(at).or(ports.first()).unwrap_or(&5432);
        hosts.push(match host {
            Host::Tcp(host) => format!("{host}:{port}"),
            #[cfg(unix)]
            Host::Unix(path) => format!("{}:{port}", path.display()),
        });
    }
    let database = config
        .get_dbname()
        .or(config.get_user())
        .map_or_else(String::new, |name| format!("/{name}"));
    format!("postgres://{}{database}, schema {schema}", hosts.join(","))
}

/// The password from the environment or the user's file; the error is something to tell.
fn password(
    config: &Config,
    passfile: Option<String>,
    variables: Variables,
) -> Result<Option<String>, String> {
    if let Some(password) = variables("PGPASSWORD") {
        return Ok(Some(password));
    }
    let home = || variables("HOME").map(|home| PathBuf::from(home).join(".pgpass"));
    let file = passfile.or_else(|| variables("PGPASSFILE")).map(PathBuf::from);
    let Some(file) = file.or_else(home) else {
        return Ok(None);
    };
    let host = match config.get_hosts().first() {
        Some(Host::Tcp(host)) => host.clone(),
        #[cfg(unix)]
        Some(Host::Unix(path)) if path == Path::new(SOCKETS) => "localhost".to_owned(),
        #[cfg(unix)]
        Some(Host::Unix(path)) => path.display().to_string(),
        None => "localhost".to_owned(),
    };
    let user = config.get_user().unwrap_or_default();
    let wanted = passfile::Wanted {
        host: &host,
        port: config.get_ports().first().copied().unwrap_or(5432),
        database: config.get_dbname().unwrap_or(user),
        user,
    };
    passfile::password(&file, &wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(url: &str, variables: &[(&str, &str)]) -> Result<Address, String> {
        let variable = |name: &str| {
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        Address::parse(url, &variable).map_err(|error| error.to_string())
    }

    #[test]
    fn takes_what_it_needs_and_shows_no_secret() {
        let address = parse(
            "postgres://ann:s%40cret@db:5433/news?schema=a%20b&sslmode=disable",
            &[],
        )
        .unwrap();
        assert_eq!(address.config.get_password(), Some(&b"s@cret"[..]));
        assert_eq!(address.place, "postgres://db:5433/news, schema a b");
        assert_eq!(address.config.get_ssl_mode(), SslMode::Disable);

        let address = parse(
            "postgresql:///",
            &[("PGHOST", "h"), ("PGUSER", "u"), ("PGPASSWORD", "p")],
        )
        .unwrap();
        assert_eq!(address.place, "postgres://h:5432/u, schema nomenclator");
        assert_eq!(address.config.get_password(), Some(&b"p"[..]));
        let socket = parse("postgres://u@%2Ftmp/d?sslmode=require", &[]).unwrap();
        assert_eq!(socket.config.get_ssl_mode(), SslMode::Disable);
    }

    #[test]
    fn what_is_no_address_is_refused_without_a_part_of_it() {
        for url in [
            "mysql://u:secret@h/d",
            "postgres://u:sec@ret@h/d",
            "postgres://u:sec/ret@h/d",
            "postgres://u:sec?ret@h/d",
            "postgres://u:sec#ret",
            "postgres://u:secret",
            "postgres://h:secret/d",
            "postgres://u@h/d?secret=1",
            "postgres://u@h/d?schema=%zz",
            "postgres://u@h/d?schema=",
            "postgres://u@h/d?schema=pg_x",
            "postgres://u@h/d?sslmode=verify-ca",
        ] {
            let refused = parse(url, &[]).map(|address| address.place).unwrap_err();
            assert!(
                refused.starts_with("postgres://…: ") && refused.contains("expected"),
                "{refused}"
            );
            assert!(
                !refused.contains("sec") && !refused.contains("ret"),
                "{url}: {refused}"
            );
        }
    }
}
