//! What is read: files, folders, standard input, and what is no document.

use super::*;

#[test]
fn a_missing_file_is_told_before_anything_is_done() {
    let folder = folder(&[("a.txt", b"Seoul")]);
    let output = refused(
        &["tag", &path(&folder, "a.txt"), "no/such.txt"],
        b"",
        3,
        &["no/such.txt", "No such file"],
    );
    assert_eq!(stdout(&output), "");
}

#[test]
fn a_folder_without_texts_is_told() {
    let folder = folder(&[("a.pdf", b"%PDF")]);
    refused(
        &["tag", folder.path().to_str().unwrap()],
        b"",
        3,
        &["no .txt", "expected at least one"],
    );
}

#[test]
fn text_that_is_not_utf8_is_told_with_the_byte() {
    let folder = folder(&[
        ("a.txt", b"Seoul \xE9t\xE9"),
        ("b.jsonl", b"{\"text\":\"a\"}\n{\"text\":\"\xFF\"}\n"),
    ]);
    refused(
        &["tag", &path(&folder, "a.txt")],
        b"",
        6,
        &["a.txt: not UTF-8 at byte 6 (0xE9): expected UTF-8"],
    );
    let output = refused(
        &["tag", &path(&folder, "b.jsonl")],
        b"",
        6,
        &["b.jsonl:2: not UTF-8 at byte 22 (0xFF)"],
    );
    assert_eq!(lines(&output).len(), 1);
    refused(
        &["tag"],
        b"\xFF\xFES\0",
        6,
        &["stdin: not UTF-8 at byte 0", "UTF-16"],
    );
}

#[test]
fn an_empty_file_is_a_document_of_nothing() {
    let folder = folder(&[("a.txt", b""), ("b.jsonl", b"\n \n")]);
    let tagged = lines(&ok(
        &["tag", &path(&folder, "a.txt"), &path(&folder, "b.jsonl")],
        b"",
    ));
    assert_eq!(tagged.len(), 1);
    assert_eq!(tagged[0]["text"], "");
    assert_eq!(
        (&tagged[0]["mentions"], &tagged[0]["entities"]),
        (&json!([]), &json!([]))
    );
}

#[test]
fn what_is_no_document_is_passed_over_and_told() {
    let input = "{\"id\":1,\"text\":\"a\"}\n{\"id\":\"two\",\"text\":\"b\"}\n{\"id\":3,\"text\":7}\n{\"id\":4,\"text\":\"d\"}\n";
    let folder = folder(&[("a.jsonl", input.as_bytes())]);
    let words = ["a.jsonl:3: \"text\" is a number: expected a string"];
    let output = refused(&["tag", &path(&folder, "a.jsonl")], b"", 6, &words);
    let ids = |lines: Vec<Value>| {
        lines
            .into_iter()
            .map(|line| line["id"].clone())
            .collect::<Vec<_>>()
    };
    assert_eq!(ids(lines(&output)), [json!(1), json!("two"), json!(4)]);

    // Beside a file it goes into one of its own, with its place.
    let (out, rejected) = (
        path(&folder, "out.jsonl"),
        path(&folder, "out.jsonl.rejected.jsonl"),
    );
    let output_ = run(&["tag", &path(&folder, "a.jsonl"), "-o", &out], b"");
    let told = String::from_utf8_lossy(&output_.stderr).into_owned();
    assert_eq!(output_.status.code(), Some(6), "{told}");
    assert!(
        told.contains("1 document rejected, 3 documents written: ") && told.contains("says which and why"),
        "{told}"
    );
    assert_eq!(fs::read_to_string(&out).unwrap(), stdout(&output));
    let rejection: Value = serde_json::from_str(&fs::read_to_string(&rejected).unwrap()).unwrap();
    assert_eq!(
        (&rejection["source"], &rejection["line"], &rejection["offset"]),
        (&json!(path(&folder, "a.jsonl")), &json!(3), &json!(44))
    );
    assert_eq!(rejection["reason"], "\"text\" is a number: expected a string");

    // And where nothing is rejected any more, it would tell of another run.
    assert!(run(&["tag", "-o", &out], b"Seoul").status.success());
    assert!(Path::new(&out).exists() && !Path::new(&rejected).exists());
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 2);

    let output = refused(&["tag", "--strict", &path(&folder, "a.jsonl")], b"", 3, &words);
    assert_eq!(ids(lines(&output)), [json!(1), json!("two")]);
}

#[test]
fn a_run_neither_reads_nor_overwrites_what_it_should_not() {
    let folder = folder(&[
        ("a.txt", b"Seoul said so."),
        ("b.jsonl", b"{\"text\":\"x\"}\n{}\n"),
    ]);
    let (here, output) = (path(&folder, ""), path(&folder, "tagged.jsonl"));
    for _ in 0..2 {
        let ended = run(&["tag", &here, "-o", &output, "--log", "none"], b"");
        assert_eq!(
            ended.status.code(),
            Some(6),
            "{}",
            String::from_utf8_lossy(&ended.stderr)
        );
        assert_eq!(fs::read_to_string(&output).unwrap().lines().count(), 2);
    }
    for shards in 0..2 {
        let ended = run(
            &["tag", &here, "-o", &path(&folder, "s.jsonl"), "--shard-size", "1"],
            b"",
        );
        assert_eq!(ended.status.code(), Some(6), "{shards}");
        // Those of the other output are read: they are documents as any.
        assert!(
            Path::new(&path(&folder, "s-00004.jsonl")).exists()
                && !Path::new(&path(&folder, "s-00005.jsonl")).exists()
        );
    }
    let a = path(&folder, "a.txt");
    for arguments in [
        &["tag", &a, "-o", &a][..],
        &["tag", &a, "-o", &output, "--rejected", &a],
    ] {
        refused(
            arguments,
            b"",
            2,
            &["a.txt: is written and read: expected two places"],
        );
    }
    refused(
        &["tag", &a, "-o", &output, "--rejected", &output],
        b"",
        2,
        &["expected two places"],
    );
    refused(
        &["tag", &a, "-o", &path(&folder, "b.jsonl/")],
        b"",
        2,
        &["a file: expected a folder"],
    );
    assert_eq!(fs::read(&a).unwrap(), b"Seoul said so.");
}

#[test]
fn windows_seen_before_are_reused_and_nothing_else_changes() {
    let lines = "{\"text\":\"Seoul said that Busan was ready.\"}\n".repeat(200);
    let options = ["tag", "--input-format", "jsonl", "--log", "json"];
    let reused = |output: &Output| {
        let told = String::from_utf8_lossy(&output.stderr).into_owned();
        let summary: Value = serde_json::from_str(told.lines().last().unwrap()).unwrap();
        summary["windows_reused"].as_u64().unwrap()
    };
    let plain = run(&options, lines.as_bytes());
    let deduped = run(&[&options[..], &["--dedupe"]].concat(), lines.as_bytes());
    assert_eq!((reused(&plain), reused(&deduped)), (0, 199));
    assert!(stdout(&plain) == stdout(&deduped));
}

#[test]
fn what_comes_slowly_is_tagged_as_it_comes() {
    let mut child = Command::new(env!("CARGO_BIN_EXE_nomenclator"))
        .args(["tag", "-", "--lines"])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut stdin = child.stdin.take().unwrap();
    let mut stdout = BufReader::new(child.stdout.take().unwrap());
    for text in ["Seoul said so.", "Busan did not."] {
        writeln!(stdin, "{text}").unwrap();
        let mut line = String::new();
        stdout.read_line(&mut line).unwrap();
        assert!(line.contains(text), "{line}");
    }
    drop(stdin);
    assert!(child.wait().unwrap().success());
}

#[test]
fn folders_are_walked_in_order_and_streams_keep_theirs() {
    let folder = folder(&[
        ("b.txt", b"Seoul"),
        ("a/z.txt", b"Busan"),
        ("c.jsonl", b"{\"id\":\"c1\",\"text\":\"x\"}"),
    ]);
    let tagged = lines(&ok(&["tag", folder.path().to_str().unwrap()], b""));
    let ids: Vec<&str> = tagged.iter().map(|line| line["id"].as_str().unwrap()).collect();
    assert_eq!(ids, [&path(&folder, "a/z.txt"), &path(&folder, "b.txt"), "c1"]);

    let many: String = (0..600)
        .map(|n| format!("{{\"id\":{n},\"text\":\"Seoul {}\"}}\n", "word ".repeat(n % 5)))
        .collect();
    let tagged = lines(&ok(
        &["tag", "--input-format", "jsonl", "--threads", "2"],
        many.as_bytes(),
    ));
    assert!(tagged.iter().enumerate().all(|(n, line)| line["id"] == n) && tagged.len() == 600);
}

#[test]
fn standard_input_is_text_unless_told_otherwise() {
    let line = br#"{"text":"Seoul"}"#;
    assert_eq!(lines(&ok(&["tag"], line))[0]["text"], "{\"text\":\"Seoul\"}");
    let tagged = &lines(&ok(&["tag", "--input-format", "jsonl", "-"], line))[0];
    assert_eq!(
        (&tagged["text"], &tagged["id"]),
        (&json!("Seoul"), &json!("stdin:1"))
    );
    refused(&["tag", "-", "-"], b"", 2, &["'-' is given twice"]);
}

#[test]
fn fields_that_the_program_does_not_know_come_out_as_they_came_in() {
    let input = br#"{"url":"http://a","id":12345678901234567890123,"n":12345678901234567890123,"f":1.10,"text":"x","mentions":"old"}"#;
    let output = ok(&["tag", "--input-format", "jsonl"], input);
    assert!(stdout(&output).starts_with(r#"{"schema":1,"id":12345678901234567890123,"date":null,"#));
    assert!(stdout(&output).ends_with("\"url\":\"http://a\",\"n\":12345678901234567890123,\"f\":1.10}\n"));
    assert_eq!(stdout(&output).matches("\"mentions\"").count(), 1);
}

#[test]
fn the_date_is_for_documents_without_one() {
    let input = b"{\"text\":\"a\"}\n{\"text\":\"b\",\"date\":\"2020-01\"}\n";
    let tagged = lines(&ok(
        &["tag", "--input-format", "jsonl", "--date", "2024-10-29"],
        input,
    ));
    assert_eq!(
        (&tagged[0]["date"], &tagged[1]["date"]),
        (&json!("2024-10-29"), &json!("2020-01"))
    );
    refused(
        &["tag", "--date", "yesterday"],
        b"",
        2,
        &["'yesterday'", "expected YYYY"],
    );
}
