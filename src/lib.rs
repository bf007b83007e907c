//! perfkit: load tests with Apache JMeter, from the target server to the pasted table.
//!
//! The `perfkit` binary is a thin wrapper: everything it does is here, for other programs to use.
//!
//! | to | see | example |
//! |---|---|---|
//! | read JMeter results, whatever their form | [`analysed::Analysis`], or [`jtl::read`] into any [`jtl::Sink`] | `examples/read_jtl.rs` |
//! | get all figures of a run as plain data | [`report::Report`], built from the record of a run or read from a `report.json` | `examples/custom_exporter.rs` |
//! | show them, or write an exporter | [`render`] | `examples/custom_exporter.rs` |
//! | check a run against criteria, or against another run | [`gate`], [`compare`](mod@compare) | |
//! | split the work between machines | [`analysed::encode`] | |
//! | test a client against a known server | [`serve::run`] | `examples/embed_server.rs` |
//!
//! A whole run in a few lines:
//!
//! ```
//! use perfkit::analysed::Analysed;
//! use perfkit::jtl::{ReadOptions, input::Input};
//! use perfkit::report::{Presentation, Report};
//!
//! let results = "timeStamp,elapsed,label,success\n\
//!                1700000000000,120,Log in,true\n\
//!                1700000000500,80,Log in,false\n";
//! let input = Input {
//!     name: "results.jtl".to_owned(),
//!     reader: Box::new(results.as_bytes()),
//!     size: None,
//! };
//! let analysed = Analysed::read(vec![input], &ReadOptions::default())?;
//! let report = Report::new(&analysed, Presentation::default())?;
//! assert_eq!((report.total.samples, report.total.errors), (2, 1));
//! assert_eq!(report.total.elapsed.map(|elapsed| elapsed.mean), Some(100.0));
//! # Ok::<(), perfkit::error::Error>(())
//! ```
//!
//! # Features
//!
//! All are on by default. Without any, the library reads results, builds and compares reports, evaluates
//! criteria and prints text formats.
//!
//! | feature | adds |
//! |---|---|
//! | `charts` | [`chart`] and [`render::html`]: charts as SVG and PNG, the HTML page |
//! | `live` | [`render::live`]: the screen of a run while JMeter writes it |
//! | `serve` | [`serve`]: the HTTP server to test |
//! | `cli` | the binary `perfkit`; turns on the others |
//!
//! # How it is built
//!
//! Data flows one way, and imports run only downward in this list:
//!
//! | module | job |
//! |---|---|
//! | `commands` | arguments to options, inputs read or followed, outputs written, exit code |
//! | `cli` | the command line and `perfkit.toml`: the only clap types |
//! | [`render`] | Markdown, HTML, terminal table, CSV, JSON, a live screen and others, each from the report alone |
//! | [`chart`] | report to figures to one drawing, for the page and as PNG |
//! | [`gate`] | criteria, and their evaluation for a report |
//! | [`compare`](mod@compare) | reports compared: intervals, effects, verdicts |
//! | [`report`] | the plain, serialisable result of an analysis |
//! | [`analysed`] | the record of a run: read from results, or from a summary that merges with others |
//! | [`stats`] | distributions, sums, errors, time series: record and merge |
//! | [`select`] | which samples count, and under which label |
//! | [`jtl`] | JMeter result files: bytes to blocks to records to samples |
//! | [`error`], `format`, `suggest`, `units`, [`percentile`], [`apdex`] | importable by all |
//!
//! [`serve`], the target server, is a wing of its own beside them; so is `plan`, JMeter's
//! plan to test it with.

// Much of what the renderers share has users only in the binary.
#![cfg_attr(not(feature = "cli"), allow(dead_code, unused_imports))]

pub mod analysed;
pub mod apdex;
#[cfg(feature = "charts")]
pub mod chart;
#[cfg(feature = "cli")]
mod cli;
#[cfg(feature = "cli")]
#[doc(hidden)]
pub mod commands;
pub mod compare;
pub mod error;
mod format;
pub mod gate;
pub mod jtl;
pub mod percentile;
#[cfg(feature = "cli")]
mod plan;
pub mod render;
pub mod report;
pub mod select;
#[cfg(feature = "serve")]
pub mod serve;
pub mod stats;
mod suggest;
mod text;
mod units;
