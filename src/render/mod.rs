//! Renderers: each sees only the report.
