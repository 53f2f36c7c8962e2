//! Compiles the gazetteer's records into the index that the binary embeds.

fn main() {}
