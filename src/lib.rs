//! perfkit: load tests with Apache JMeter, from the target server to the pasted table.
//!
//! Data flows one way, and imports run only downward in this list:
//!
//! | module | job |
//! |---|---|
//! | [`cli`] | the command line: the only clap types |
//! | [`commands`] | arguments to options, inputs opened or followed, outputs written, exit code |
//! | [`render`] | Markdown, HTML, terminal table, CSV, JSON, a live screen and others, each from the report alone |
//! | [`chart`] | report to chart model to SVG to PNG |
//! | [`gate`] | criteria, and a report held to them |
//! | [`compare`] | reports compared: intervals, effects, verdicts |
//! | [`report`] | the plain, serialisable result of an analysis |
//! | [`stats`] | distributions, sums, errors, time series: record and merge |
//! | [`select`] | which samples count, and under which label |
//! | [`jtl`] | JMeter result files: bytes to blocks to records to samples |
//! | [`alike`], [`error`], [`units`], [`percentile`], [`apdex`] | importable by all |
//!
//! [`serve`], the target server, is a wing of its own beside them; so is [`plan`], JMeter's
//! plan to test it with.

pub mod alike;
pub mod apdex;
pub mod chart;
pub mod cli;
pub mod commands;
pub mod compare;
pub mod error;
pub mod gate;
pub mod jtl;
pub mod percentile;
pub mod plan;
pub mod render;
pub mod report;
pub mod select;
pub mod serve;
pub mod stats;
pub mod units;
