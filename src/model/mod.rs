//! Packed batches to label scores.

use ndarray::Array2;

use crate::batch::PackedBatch;

/// Scores every token of a batch with every label.
pub trait TokenClassifier: Send + Sync {
    /// Logits, shape `[tokens, labels]`, in the batch's token order.
    ///
    /// # Errors
    /// Where the backend fails; the native one does not.
    fn scores(&self, batch: &PackedBatch) -> Result<Array2<f32>, ModelError>;
}

/// What can go wrong with a model.
#[derive(Debug, thiserror::Error)]
pub enum ModelError {
    /// A backend's own failure.
    #[error("the {backend} backend failed: {reason}")]
    Backend {
        /// The backend's name.
        backend: &'static str,
        /// What it said.
        reason: String,
    },
}
