//! The program from outside.

use std::io::Write;
use std::process::{Command, Output, Stdio};

/// Runs the program with `input` on standard input; with `isa` in NOMENCLATOR_ISA, where there is one.
pub fn run(isa: Option<&str>, arguments: &[&str], input: &[u8]) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(arguments)
        .envs(isa.map(|isa| ("NOMENCLATOR_ISA", isa)))
        .env_remove("NO_COLOR")
        .env_remove("CLICOLOR_FORCE")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let input = input.to_vec();
    // On a thread of its own: the program may write before it has read all. One that refuses early reads nothing.
    let feeder = std::thread::spawn(move || drop(stdin.write_all(&input)));
    let output = child.wait_with_output().unwrap();
    feeder.join().unwrap();
    output
}
