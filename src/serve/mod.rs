//! The target server: two CPU-bound endpoints over HTTP.
