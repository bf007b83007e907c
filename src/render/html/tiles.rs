//! The tiles at the head of a page: headline figures, each with its course as a sparkline.

use maud::{Markup, html};

use crate::format::{self, thousands};
use crate::render::print::html::BREAK;
use crate::report::{Report, TimeSeries};

/// Largest number of points of a sparkline.
const MAX_POINTS: usize = 60;

/// A headline figure.
struct Tile {
    key: String,
    name: String,
    value: String,
    unit: &'static str,
    is_bad: bool,
    /// One value per bucket; empty without a course.
    course: Vec<Option<f64>>,
}

/// Renders the tiles.
pub fn of(report: &Report) -> Markup {
    html! {
        dl.figures {
            (BREAK)
            @for tile in tiles(report) {
                div class=[tile.is_bad.then_some("bad")] data-key=(tile.key) {
                    dt { (tile.name) }
                    dd {
                        span { (tile.value) }
                        @if !tile.unit.is_empty() { " " small { (tile.unit) } }
                    }
                    @if let Some(path) = path(&tile.course) {
                        svg.spark viewBox="0 0 100 24" preserveAspectRatio="none" aria-hidden="true" { path d=(path) {} }
                    }
                } (BREAK)
            }
        } (BREAK)
        p.remark.tiles-note hidden {} (BREAK)
    }
}

fn tiles(report: &Report) -> Vec<Tile> {
    let total = &report.total;
    let series = report.time_series.as_ref();
    let course = |of: &dyn Fn(&TimeSeries) -> Vec<Option<f64>>| series.map(of).unwrap_or_default();
    let tile = |key: &str, name: &str, value: Option<String>, unit| Tile {
        key: key.to_owned(),
        name: name.to_owned(),
        unit: if value.is_some() { unit } else { "" },
        value: value.unwrap_or_else(|| "–".to_owned()),
        is_bad: false,
        course: Vec::new(),
    };
    let all = |series: &TimeSeries| {
        let both = series.total.ok.iter().zip(&series.total.ko);
        whole(both.map(|(ok, ko)| ok + ko).collect())
    };
    let mut tiles = vec![
        tile("samples", "Samples", Some(thousands(total.samples)), ""),
        Tile {
            is_bad: total.errors > 0,
            course: course(&|series| match total.errors {
                0 => Vec::new(),
                _ => whole(series.total.ko.clone()),
            }),
            ..tile(
                "error_percent",
                "Errors",
                total.error_ratio.map(format::nonzero_percent),
                "",
            )
        },
        Tile {
            course: course(&all),
            ..tile(
                "throughput",
                "Throughput",
                report.throughput().map(|rate| format::decimals(rate, 2)),
                "/s",
            )
        },
    ];
    let Some(elapsed) = &total.elapsed else {
        return tiles;
    };
    for found in &elapsed.percentiles {
        let name = match found.percent.percent() {
            50.0 => "Median".to_owned(),
            percent => format!("{percent}%"),
        };
        tiles.push(Tile {
            course: course(&|series| {
                let mut all = series.percentiles.iter();
                let own = all.find(|series| series.percent == found.percent);
                own.map(|series| times(&series.values)).unwrap_or_default()
            }),
            ..tile(
                &found.percent.key(),
                &name,
                Some(thousands(found.value)),
                "ms",
            )
        });
    }
    tiles.push(Tile {
        course: course(&|series| times(&series.ok_max)),
        ..tile("max", "Max", Some(thousands(elapsed.max)), "ms")
    });
    tiles
}

fn whole(counts: Vec<u64>) -> Vec<Option<f64>> {
    inner(&counts)
        .iter()
        .map(|&count| Some(count as f64))
        .collect()
}

/// All buckets but the first and the last, of which the run covers only a part, unless there are few.
fn inner<T>(buckets: &[T]) -> &[T] {
    match buckets {
        [_, inner @ .., _] if inner.len() > 2 => inner,
        all => all,
    }
}

fn times(values: &[Option<i64>]) -> Vec<Option<f64>> {
    inner(values)
        .iter()
        .map(|value| value.map(|ms| ms as f64))
        .collect()
}

/// Draws a course on 100 by 24 units, from 0 up; `None` if there is nothing to see. Of points that share
/// a place, the highest is drawn.
fn path(course: &[Option<f64>]) -> Option<String> {
    let top = course.iter().flatten().copied().fold(0.0, f64::max);
    if course.len() < 3 || top <= 0.0 {
        return None;
    }
    let size = course.len().div_ceil(MAX_POINTS);
    let chunks: Vec<Option<f64>> = course
        .chunks(size)
        .map(|chunk| chunk.iter().flatten().copied().reduce(f64::max))
        .collect();
    let step = 100.0 / (chunks.len().max(2) - 1) as f64;
    let mut path = String::new();
    let mut is_down = false;
    for (at, value) in chunks.iter().enumerate() {
        let Some(value) = value else {
            is_down = false;
            continue;
        };
        let (x, y) = (at as f64 * step, 23.0 - 21.0 * value / top);
        path += &format!("{}{x:.1} {y:.1}", if is_down { "L" } else { "M" });
        is_down = true;
    }
    Some(path)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_course_starts_at_the_bottom_and_breaks_at_gaps() {
        let course = [Some(0.0), Some(10.0), None, Some(5.0)];
        assert_eq!(path(&course).unwrap(), "M0.0 23.0L33.3 2.0M100.0 12.5");
        assert_eq!(path(&[Some(0.0); 9]), None);
        let long: Vec<Option<f64>> = (0..600).map(|at| Some(f64::from(at))).collect();
        assert_eq!(path(&long).unwrap().matches(['M', 'L']).count(), 60);
    }
}
