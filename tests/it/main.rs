//! All integration tests but three as one binary, which links the library once. Tests of one kind are a
//! module: `cargo test --test it compare::` runs those of `compare.rs`.
//!
//! Apart stand `docs.rs`, which changes the working directory, and `compare_simulation.rs`,
//! `history_simulation.rs` and `insight_simulation`, which need an optimized build.
#![allow(clippy::unwrap_used)]

mod common;

mod analyze;
mod batches;
mod bounded;
mod charts;
mod ci_examples;
mod columns;
mod compare;
mod compare_gate;
mod compare_html;
mod compare_output;
mod compressed;
mod config;
mod damage;
mod damage_properties;
mod dashboard;
mod edited_report;
mod encodings;
mod examples;
mod fixtures;
#[cfg(unix)]
mod follow;
#[cfg(target_os = "linux")]
mod follow_terminal;
mod fuzz_corpus;
mod gate;
mod gate_over_time;
mod gate_rejected;
mod gate_windows;
mod grouping;
mod history;
mod hostile;
mod house;
mod html;
mod insight_cases;
mod insights;
mod insights_failures;
mod insights_flat;
mod insights_origins;
mod insights_shown;
#[cfg(unix)]
mod killed;
mod line_ends;
#[cfg(target_os = "linux")]
mod live_page;
mod metrics;
mod oracle;
mod other_files;
mod outputs;
mod overview;
mod partial_columns;
mod pauses;
mod pieces;
mod plan;
mod platform;
mod published_tables;
mod reader_properties;
mod repair;
mod resealed;
mod schema;
mod select;
mod select_properties;
#[cfg(unix)]
mod serve;
mod shell;
mod standard_test;
mod summary;
mod summary_properties;
#[cfg(unix)]
mod tested_server;
mod times;
mod unheard;
mod update;
mod values;
mod xml;
mod xml_blocks;
mod xml_damage;
mod xml_nested;
