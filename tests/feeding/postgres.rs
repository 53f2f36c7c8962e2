//! A real PostgreSQL server for one test, on a port of its own, gone when the test ends.

use std::fs;
use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use postgres::{Client, NoTls};
use tempfile::TempDir;

/// Of the server's superuser: with characters that a URL has to escape.
pub const PASSWORD: &str = "s3cret p@ss/w?rd";
const ESCAPED: &str = "s3cret%20p%40ss%2Fw%3Frd";
pub const USER: &str = "tester";

pub struct Server {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    options: Vec<String>,
    running: Option<Child>,
}

/// The folder with `initdb` and `postgres`: of `pg_config`, else Debian's newest.
fn programs() -> Option<PathBuf> {
    let said = Command::new("pg_config").arg("--bindir").output().ok();
    let said = said.filter(|said| said.status.success());
    let told = said.map(|said| PathBuf::from(String::from_utf8_lossy(&said.stdout).trim().to_owned()));
    let debian = fs::read_dir("/usr/lib/postgresql")
        .into_iter()
        .flatten()
        .flatten();
    let mut all: Vec<PathBuf> = debian.map(|entry| entry.path().join("bin")).collect();
    all.sort();
    all.extend(told);
    all.into_iter()
        .rfind(|folder| folder.join("initdb").is_file() && folder.join("postgres").is_file())
}

fn is_root() -> bool {
    let said = Command::new("id").arg("-u").output().unwrap();
    said.stdout.trim_ascii() == b"0"
}

/// Who runs the server where we are root, which PostgreSQL refuses to be.
fn account() -> &'static str {
    let known = Command::new("id").args(["-u", "postgres"]).output().unwrap();
    match known.status.success() {
        true => "postgres",
        false => "nobody",
    }
}

/// A program of the server's, as a user that may run it; it ends with the thread that started it.
fn as_server_user(program: &Path) -> Command {
    if !is_root() {
        return Command::new(program);
    }
    let mut command = Command::new("setpriv");
    let user = account();
    command.args([format!("--reuid={user}"), "--init-groups".to_owned()]);
    let group = Command::new("id").args(["-g", user]).output().unwrap();
    command.arg(format!(
        "--regid={}",
        String::from_utf8_lossy(&group.stdout).trim()
    ));
    command.arg("--pdeathsig=KILL").arg("--").arg(program);
    command
}

impl Server {
    /// Starts one; `None`, told loudly, where PostgreSQL is not installed and nobody requires it.
    pub fn start() -> Option<Server> {
        Server::start_with(&[])
    }

    /// Starts one with settings such as `ssl=on`. Its folder is [`Server::folder`].
    pub fn start_with(options: &[&str]) -> Option<Server> {
        let Some(programs) = programs() else {
            let required = std::env::var("NOMENCLATOR_TEST_POSTGRES").is_ok_and(|value| value == "required");
            assert!(
                !required,
                "no PostgreSQL server is installed: expected one, it is required"
            );
            eprintln!("SKIPPED: no PostgreSQL server is installed");
            return None;
        };
        let folder = tempfile::Builder::new().prefix("pg").tempdir().unwrap();
        let server = Server {
            folder,
            programs,
            port: 0,
            options: options.iter().map(|option| (*option).to_owned()).collect(),
            running: None,
        };
        fs::write(server.folder.path().join("password"), PASSWORD).unwrap();
        if is_root() {
            let status = Command::new("chown")
                .args(["-R", account()])
                .arg(server.folder.path())
                .status();
            assert!(status.unwrap().success());
        }
        let made = as_server_user(&server.programs.join("initdb"))
            .current_dir(server.folder.path())
            .args([
                "--no-sync",
                "--encoding=UTF8",
                "--locale=C.UTF-8",
                "--auth=scram-sha-256",
                "--pwfile=password",
            ])
            .args(["-U", USER, "-D", "data"])
            .output()
            .unwrap();
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        Some(server)
    }

    /// The server's folder; files for it belong to whoever runs it.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Gives the folder's files to whoever runs the server.
    pub fn own(&self) {
        if is_root() {
            let status = Command::new("chown")
                .args(["-R", account()])
                .arg(self.folder())
                .status();
            assert!(status.unwrap().success());
        }
    }

    /// Runs the server, and waits until it answers.
    pub fn run(&mut self) {
        if self.port == 0 {
            self.port = TcpListener::bind("127.0.0.1:0")
                .unwrap()
                .local_addr()
                .unwrap()
                .port();
        }
        let log = fs::File::create(self.folder().join("log")).unwrap();
        let mut command = as_server_user(&self.programs.join("postgres"));
        command
            .current_dir(self.folder())
            .args(["-D", "data", "-p"])
            .arg(self.port.to_string());
        command.arg("-k").arg(self.folder());
        let settings = [
            "listen_addresses=127.0.0.1",
            "fsync=off",
            "shared_buffers=32MB",
            "deadlock_timeout=100ms",
        ];
        for option in settings
            .into_iter()
            .chain(self.options.iter().map(String::as_str))
        {
            command.args(["-c", option]);
        }
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(log);
        self.running = Some(command.spawn().unwrap());
        let begun = Instant::now();
        while let Err(error) = Client::connect(&self.url(""), NoTls) {
            let log = || fs::read_to_string(self.folder().join("log")).unwrap();
            assert!(begun.elapsed() < Duration::from_secs(60), "{error}: {}", log());
            thread::sleep(Duration::from_millis(20));
        }
    }

    /// Ends it as a crash would: nothing is finished.
    pub fn crash(&mut self) {
        let Some(mut running) = self.running.take() else {
            return;
        };
        let pid = running.id().to_string();
        Command::new("kill").args(["-QUIT", &pid]).status().unwrap();
        running.wait().unwrap();
    }

    /// The address, with its password and the rest of a query such as `&schema=x`.
    pub fn url(&self, query: &str) -> String {
        format!(
            "postgres://{USER}:{ESCAPED}@127.0.0.1:{}/postgres?connect_timeout=5{query}",
            self.port
        )
    }

    /// The address without a password.
    pub fn open_url(&self, query: &str) -> String {
        self.url(query).replace(&format!(":{ESCAPED}"), "")
    }

    pub fn port(&self) -> u16 {
        self.port
    }

    pub fn client(&self) -> Client {
        Client::connect(&self.url(""), NoTls).unwrap()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.crash();
    }
}
