//! perfkit analyzes and compares Apache JMeter load tests.
//!
//! The `perfkit` binary is a thin wrapper around this library: other programs can do all that it does.
//!
//! | to | see | example |
//! |---|---|---|
//! | read JMeter results in any format | [`analysed::Analysis`], or [`jtl::read`] into any [`jtl::Sink`] | `examples/read_jtl.rs` |
//! | get every figure of a run as plain data | [`report::Report`], built from the record of a run or read from a `report.json` | `examples/custom_exporter.rs` |
//! | render a report, or write an exporter | [`render`] | `examples/custom_exporter.rs` |
//! | check a run against criteria, or against another run | [`gate`], [`compare`](mod@compare) | |
//! | find since when a figure changed over many runs | [`history::History`], [`history::detect`] | `examples/change_points.rs` |
//! | split the work between machines | [`analysed::encode`] | |
//! | test a client against a server with known answers | [`serve::run`] | `examples/embed_server.rs` |
//!
//! Analyze a run:
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
//! # Architecture
//!
//! Data flows one way, and imports run only downward in this list:
//!
//! | module | job |
//! |---|---|
//! | `commands` | one per subcommand: turns arguments into options, reads inputs, writes outputs |
//! | `cli` | the command line and `perfkit.toml`: the only clap types |
//! | [`render`] | prints a report as Markdown, HTML, terminal table, CSV, JSON, live screen and more |
//! | [`chart`] | turns a report into figures, and draws them for the page and as PNG |
//! | [`gate`] | parses criteria, and evaluates them for a report |
//! | [`compare`](mod@compare) | compares reports: intervals, effects, verdicts |
//! | [`history`] | saves runs, and finds since when a figure changed over many |
//! | [`report`] | the plain, serialisable result of an analysis |
//! | [`analysed`] | the record of a run, read from results or merged from summary files |
//! | [`stats`] | records and merges distributions, sums, errors and time series |
//! | [`select`] | decides which samples count, and under which label |
//! | [`jtl`] | reads JMeter results files: bytes to blocks to records to samples |
//! | [`error`], `format`, `text`, `stderr`, `suggest`, `units`, [`percentile`], [`apdex`] | shared by all |
//!
//! Two modules stand apart: [`serve`], the target server, and `plan`, the JMeter plan that tests it.

// `eprintln!` panics if nobody can hear it: only `stderr` writes there.
#![deny(clippy::print_stderr)]
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
pub mod history;
pub mod jtl;
pub mod percentile;
#[cfg(feature = "cli")]
mod plan;
pub mod render;
pub mod report;
pub mod select;
#[cfg(feature = "serve")]
pub mod serve;
mod short_names;
pub mod stats;
mod stderr;
mod suggest;
mod text;
mod units;
