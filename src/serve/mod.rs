//! The target server: two CPU-bound endpoints over HTTP.

pub mod platform;
