//! Records of countries, officials and agencies, compiled into one index of names.

pub mod record;
