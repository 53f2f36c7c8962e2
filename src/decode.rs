//! Label scores to mentions.
