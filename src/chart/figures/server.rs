//! Draws the server's resources on the time axis of the run.

use super::run::{Run, highest_of};
use super::{TimesAxis, panel};
use crate::chart::model::{Arrangement, Axis, Figure, Mark, Section, Series};
use crate::chart::{palette, scale};
use crate::format;
use crate::report::ResourceRow;

/// A line breaks if the monitor has no row for this long.
const GAP_MS: f64 = 3_000.0;

const MB: f64 = (1 << 20) as f64;

/// Builds the figures of this section; none without the server's monitor.
pub fn figures(run: &Run<'_>) -> Vec<Figure> {
    let Some(resources) = &run.report.resources else {
        return Vec::new();
    };
    let server = Server {
        run,
        rows: &resources.rows,
    };
    let cpu = [
        server.line("server's process", 0, |row| row.process_cpu_percent),
        server.line("whole machine", 1, |row| row.machine_cpu_percent),
    ];
    let percent = Axis {
        max: 100.0,
        ..scale::linear("CPU (% of all the machine's)", 100.0)
    };
    let memory = [Series {
        mark: Mark::Area,
        full: None,
        ..server.line("memory", 2, |row| Some(row.resident_bytes? as f64 / MB))
    }];
    let mut connections = vec![Series {
        mark: Mark::Area,
        full: None,
        ..server.line("open", palette::OK, |row| Some(row.connections as f64))
    }];
    let opened = server.line("opened in the second", 1, |row| {
        Some(row.connections_opened? as f64)
    });
    if !opened.pieces.is_empty() {
        connections.push(opened);
    }
    let latencies = |row: &ResourceRow| [row.p50_ms, row.p95_ms, row.p99_ms];
    let axis = TimesAxis::of(
        "response time",
        server.rows.iter().flat_map(latencies).flatten(),
    );
    let place = |value: Option<f64>| Some(axis.place(value?));
    let times = [
        server.line("50th percentile", 0, |row| place(row.p50_ms)),
        server.line("95th percentile", 4, |row| place(row.p95_ms)),
        server.line("99th percentile", 1, |row| place(row.p99_ms)),
    ];
    let memory_axis = scale::linear("memory in RAM (MB)", highest_of(&memory));
    let connections_axis = scale::linear("connections", highest_of(&connections));
    [
        server.figure("server-cpu-over-time", "CPU of the server", &resources.verdict, percent, cpu.into()),
        server.figure("server-memory-over-time", "Memory of the server", "Memory of the server's process over time.", memory_axis, memory.into()),
        server.figure("server-connections-over-time", "Connections of the server", "Open connections, and connections opened, over time.", connections_axis, connections),
        server.figure(
            "server-response-time-over-time",
            "Response times measured by the server",
            "Percentiles of response times measured by the server over time, without network and load generator.",
            axis.axis,
            times.into(),
        ),
    ]
    .into_iter()
    .filter(|figure| figure.panels.iter().any(|panel| panel.series.iter().any(|series| !series.pieces.is_empty())))
    .collect()
}

struct Server<'r> {
    run: &'r Run<'r>,
    rows: &'r [ResourceRow],
}

impl Server<'_> {
    fn line(&self, name: &str, color: usize, of: impl Fn(&ResourceRow) -> Option<f64>) -> Series {
        let mut pieces: Vec<Vec<(f64, f64)>> = Vec::new();
        let end = self.run.window.duration_ms() as f64;
        for row in self.rows {
            let Some(value) = of(row) else {
                continue;
            };
            let at = row.time_ms.saturating_sub(self.run.window.start_ms) as f64;
            let point = (at.clamp(0.0, end), value);
            match pieces.last_mut() {
                Some(piece) if piece.last().is_some_and(|last| at - last.0 < GAP_MS) => {
                    piece.push(point);
                }
                _ => pieces.push(vec![point]),
            }
        }
        Series {
            name: name.to_owned(),
            color,
            mark: Mark::Line,
            full: None,
            pieces,
        }
    }

    fn figure(
        &self,
        slug: &'static str,
        title: &str,
        description: &str,
        y: Axis,
        series: Vec<Series>,
    ) -> Figure {
        Figure {
            slug,
            section: Section::Server,
            title: title.to_owned(),
            subtitle: format!(
                "measured every second by the server's monitor; start {}",
                format::utc(self.run.window.start_ms)
            ),
            description: description.to_owned(),
            arrangement: Arrangement::Beside,
            spans: Vec::new(),
            panels: vec![panel(self.run.time_axis(), y, series)],
        }
    }
}
