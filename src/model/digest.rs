//! What tells one model from another; `build.rs` takes it of the model that ships.

use sha2::{Digest, Sha256};

/// SHA-256 over a model's `config.json`, `tokenizer.json` and `model.safetensors` with their lengths, in hexadecimal.
pub fn digest(files: [&[u8]; 3]) -> String {
    let mut digest = Sha256::new();
    for bytes in files {
        // The length parts one file from the next.
        digest.update((bytes.len() as u64).to_le_bytes());
        digest.update(bytes);
    }
    let digest = digest.finalize();
    digest.iter().map(|byte| format!("{byte:02x}")).collect()
}
