//! Bytes as tagged documents of every format: what is read is sound, and can be written and read again.

#![no_main]

use libfuzzer_sys::fuzz_target;
use nomenclator::corpus::tagged::{TaggedFormat, read, read_lines};
use nomenclator_fuzz::{check_document, check_rejection, check_tagged, file, pass_caught};

fuzz_target!(|data: &[u8]| {
    pass_caught();
    let Some((&choice, bytes)) = data.split_first() else {
        return;
    };
    let (name, format) = [
        ("a.jsonl", Some(TaggedFormat::Jsonl)),
        ("a.conll", Some(TaggedFormat::Conll)),
        ("a.spacy", Some(TaggedFormat::Spacy)),
        ("a.parquet", Some(TaggedFormat::Parquet)),
        ("unknown", None),
    ][usize::from(choice) % 5];
    let path = file(name, bytes);
    // Neither may refuse what the other one can open.
    let (Ok(lines), Ok(documents)) = (read_lines(&path, format), read(&path, format)) else {
        return;
    };
    let lines = lines.inspect(|line| {
        if let Err(rejection) = line {
            check_rejection(rejection, name);
        }
    });
    let lines = lines.count();
    let mut count = 0;
    for document in documents {
        count += 1;
        assert!(count < 1 << 20, "it does not end");
        match document {
            Ok(tagged) => {
                if !tagged.document.id.is_empty() {
                    check_document(&tagged.document);
                }
                check_tagged(&tagged);
            }
            Err(rejection) => check_rejection(&rejection, name),
        }
    }
    assert_eq!(lines, count);
});
