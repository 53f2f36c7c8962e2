//! The `nomenclator` binary.

fn main() {}
