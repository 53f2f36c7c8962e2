//! The arithmetic of the encoder: everything here works on plain `f32` rows and knows nothing of text.
//!
//! This is the wall behind which faster kernels go. What callers rely on: each output row depends on its own input row
//! alone and is the same to the last bit whatever rows stand beside it, so a text's scores do not depend on its batch.

pub mod elementwise;
pub mod linear;

pub use elementwise::{Activation, layer_norm, softmax};
pub use linear::Linear;
