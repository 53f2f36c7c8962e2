//! Compiles the gazetteer's records into the index that the binary embeds, and takes the digest of the model that it embeds.
//!
//! Both by the library's own code, taken in by path: what the program reads is what it would write.

use std::path::Path;
use std::{env, fs};

#[allow(dead_code)]
#[path = "src/dates.rs"]
mod dates;
#[allow(dead_code)]
#[path = "src/document.rs"]
mod document;
#[allow(dead_code)]
#[path = "src/gazetteer"]
mod gazetteer {
    pub mod body;
    pub mod builder;
    pub mod change;
    pub mod compile;
    pub mod entity;
    pub mod key;
    pub mod layout;
    pub mod office;
    pub mod posting;
    pub mod read;
    pub mod record;
    mod slots;
    pub mod sort;
    pub mod spreadsheet;
}
#[path = "src/model/digest.rs"]
mod digest;

fn main() {
    println!("cargo::rerun-if-changed=models/gazetteer");
    println!("cargo::rerun-if-changed=models/newswire");
    println!("cargo::rerun-if-changed=src/gazetteer");
    println!("cargo::rerun-if-changed=src/dates.rs");
    println!("cargo::rerun-if-changed=src/document.rs");
    println!("cargo::rerun-if-changed=src/model/digest.rs");
    if env::var_os("CARGO_FEATURE_EMBED").is_none() {
        return;
    }
    if let Err(message) = name_the_model().and_then(|()| compile_the_gazetteer()) {
        eprintln!("error: {message}");
        std::process::exit(1);
    }
}

fn name_the_model() -> Result<(), String> {
    let read = |name: &str| {
        let path = Path::new("models/newswire").join(name);
        fs::read(&path).map_err(|error| format!("cannot read {}: {error}", path.display()))
    };
    let files = [
        read("config.json")?,
        read("tokenizer.json")?,
        read("model.safetensors")?,
    ];
    let digest = digest::digest(files.each_ref().map(Vec::as_slice));
    println!("cargo::rustc-env=NOMENCLATOR_MODEL_DIGEST={digest}");
    Ok(())
}

fn compile_the_gazetteer() -> Result<(), String> {
    let mut records = Vec::new();
    for file in ["countries", "agencies", "officials"] {
        let path = Path::new("models/gazetteer").join(file).with_extension("jsonl");
        records.extend(gazetteer::read::read_file(&path).map_err(|error| error.to_string())?);
    }
    let bytes = gazetteer::compile::compile(&records, &[]).map_err(|error| error.to_string())?;
    let folder = env::var_os("OUT_DIR").ok_or("OUT_DIR is not set: cargo sets it for a build script")?;
    let path = Path::new(&folder).join("gazetteer.idx");
    fs::write(&path, bytes).map_err(|error| format!("cannot write {}: {error}", path.display()))
}
