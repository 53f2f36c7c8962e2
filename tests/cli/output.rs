//! What is written: formats, colours, and places that cannot be written.

use super::*;

#[test]
fn offsets_cut_mentions_out_of_text_with_emoji() {
    let text = "🙂🙂 Seoul and Tokyo met North Korea’s Kim Jong Un 🙂 in Genève, the U.N. said.";
    for unit in ["char", "byte", "utf16"] {
        let tagged = &lines(&ok(&["tag", "--offsets", unit], text.as_bytes()))[0];
        assert_eq!(tagged["offsets"], unit);
        for mention in tagged["mentions"].as_array().unwrap() {
            let [start, end] = ["start", "end"].map(|key| mention[key].as_u64().unwrap() as usize);
            let cut = match unit {
                "char" => text.chars().skip(start).take(end - start).collect(),
                "byte" => text[start..end].to_owned(),
                _ => String::from_utf16(&text.encode_utf16().collect::<Vec<_>>()[start..end]).unwrap(),
            };
            assert_eq!(mention["text"], cut);
        }
    }
    let tagged = &lines(&ok(&["tag", "--no-text"], text.as_bytes()))[0];
    assert_eq!(tagged.get("text"), None);
    refused(
        &["tag", "--no-text", "--format", "html"],
        b"",
        2,
        &["--no-text", "expected --format jsonl"],
    );
}

#[test]
fn every_format_shows_escapes_and_obeys_none() {
    let input = "{\"id\":\"\\u001b[31mid\",\"title\":\"\\u001b]0;title\\u0007\",\"text\":\"Seoul \\u001b[2J\\u009b2J\\u202e Busan\"}";
    for format in ["jsonl", "pretty", "conll", "html"] {
        let output = ok(
            &[
                "tag",
                "--input-format",
                "jsonl",
                "--format",
                format,
                "--color",
                "never",
            ],
            input.as_bytes(),
        );
        let text = stdout(&output);
        assert!(
            !text.contains(['\u{1b}', '\u{7}', '\u{9b}', '\u{202e}']),
            "{format}: {text:?}"
        );
        assert!(text.contains("Seoul"), "{format}: {text}");
    }
    refused(&["tag", "a\u{1b}[31m.txt"], b"", 3, &["a␛[31m.txt"]);
}

#[test]
fn colours_only_where_they_are_asked_for() {
    assert!(!stdout(&ok(&["tag", "--format", "pretty"], b"Seoul")).contains('\u{1b}'));
    assert!(stdout(&ok(&["tag", "--format", "pretty", "--color", "always"], b"Seoul")).contains('\u{1b}'));
}

#[test]
fn a_word_a_line_in_conll() {
    let output = ok(
        &["tag", "--format", "conll"],
        "Choe’s visit to\nthe U.S. ended.".as_bytes(),
    );
    let words: Vec<&str> = stdout(&output)
        .lines()
        .map(|line| line.split('\t').next().unwrap())
        .collect();
    assert_eq!(
        words,
        [
            "-DOCSTART-",
            "",
            "Choe",
            "’s",
            "visit",
            "to",
            "",
            "the",
            "U.S.",
            "ended",
            ".",
            ""
        ]
    );
}

#[test]
fn the_extension_says_the_format_and_links_stay_links() {
    let folder = folder(&[("real.html", b"old")]);
    let page = path(&folder, "page.html");
    ok(&["tag", "--log", "none", "-o", &page], b"Seoul");
    assert!(fs::read_to_string(&page).unwrap().starts_with("<!DOCTYPE html>"));
    #[cfg(unix)]
    {
        let link = folder.path().join("link.html");
        std::os::unix::fs::symlink("real.html", &link).unwrap();
        ok(&["tag", "--log", "none", "-o", link.to_str().unwrap()], b"Seoul");
        assert!(
            link.is_symlink()
                && fs::read_to_string(path(&folder, "real.html"))
                    .unwrap()
                    .contains("Seoul")
        );
    }
}

#[test]
fn a_file_is_called_as_it_was_named_even_where_it_is_replaced() {
    let folder = folder(&[("out.jsonl", b"old"), ("sub/other.txt", b"")]);
    let named = path(&folder, "sub/../out.jsonl");
    let output = run(&["tag", "--no-link", "-o", &named], b"Seoul");
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(said.contains(&format!("{named}: 1 document")), "{said}");
}

#[test]
fn what_cannot_be_written_is_told() {
    let folder = folder(&[]);
    refused(
        &["tag", "-o", &path(&folder, "no/such/out.jsonl")],
        b"Seoul",
        5,
        &["no/such/out.jsonl", "No such file"],
    );
    refused(
        &["tag", "-o", folder.path().to_str().unwrap()],
        b"Seoul",
        2,
        &["a folder: expected a file"],
    );
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_is_told_and_devices_are_written_directly() {
    refused(
        &["tag", "-o", "/dev/full"],
        b"Seoul",
        5,
        &["/dev/full", "No space left"],
    );
    assert!(Path::new("/dev/full").exists());
    ok(&["tag", "--log", "none", "-o", "/dev/null"], b"Seoul");
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", "tests/articles/harbour-talks.txt"])
        .stdout(fs::File::options().write(true).open("/dev/full").unwrap())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut message = String::new();
    child.stderr.take().unwrap().read_to_string(&mut message).unwrap();
    assert_eq!(
        (child.wait().unwrap().code(), message.lines().count()),
        (Some(5), 1),
        "{message}"
    );
}

#[test]
fn a_reader_that_goes_away_is_no_error() {
    // A field that is passed on fills the pipe faster than text that must be tagged.
    let many: String = (0..900)
        .map(|n| {
            format!(
                "{{\"id\":{n},\"text\":\"Seoul\",\"pad\":\"{}\"}}\n",
                "x".repeat(1000)
            )
        })
        .collect();
    let folder = folder(&[("many.jsonl", many.as_bytes())]);
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", &path(&folder, "many.jsonl")])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0; 100]).unwrap();
    drop(out);
    let output = child.wait_with_output().unwrap();
    assert_eq!(
        (
            output.status.code(),
            String::from_utf8_lossy(&output.stderr).as_ref()
        ),
        (Some(0), "")
    );
}

#[test]
fn the_schema_is_there_to_print() {
    let schema: Value = serde_json::from_str(stdout(&ok(&["tag", "--print-schema"], b""))).unwrap();
    let validator = jsonschema::draft202012::new(&schema).unwrap();
    let article = "tests/articles/harbour-talks.txt";
    for options in [
        &["--offsets", "utf16"][..],
        &["--no-text"],
        &["--no-link"],
        &["--date", "2024-04-18"],
    ] {
        let tagged = lines(&ok(&[&["tag", article], options].concat(), b""));
        let errors: Vec<String> = validator
            .iter_errors(&tagged[0])
            .map(|error| error.to_string())
            .collect();
        assert!(errors.is_empty(), "{errors:?}");
        if options == ["--no-link"] {
            assert_eq!(tagged[0]["entities"], json!([]));
        }
    }
}
