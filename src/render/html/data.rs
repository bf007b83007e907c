//! The script's data: the packed figures, and the measures of the drawing.

use serde::Serialize;

use super::numbers::{Number, significant};
use super::slices::{self, SlicesData};
use crate::chart::palette::PALETTE_SIZE;
use crate::chart::{
    Arrangement, Axis, Cells, Figure, LabelNames, MEASURES, Mark, Measures, Panel, Scale, Series,
    Span, max_letters, style,
};
use crate::percentile::{Percentile, value_at};
use crate::report::{LabelReport, Report, Window};

/// Everything that the script needs.
#[derive(Debug, Serialize)]
pub struct Data<'f> {
    /// Start of the run, epoch ms.
    start: Option<i64>,
    /// Length of the run, ms.
    length: Option<i64>,
    /// The labels, in the order of the table's rows.
    labels: Vec<&'f str>,
    /// Their short names.
    short: Vec<String>,
    /// What orders them: p95 in ms, share of failures, and sum of response times in ms.
    worst: Vec<(Option<i64>, f64, f64)>,
    /// Elapsed times by label and slice.
    slices: Option<SlicesData>,
    measures: Measures,
    /// The rules for the drawing's classes, for charts that are saved.
    css: String,
    /// Times that several series share, ascending.
    grids: Vec<Vec<Number>>,
    figures: Vec<FigureData<'f>>,
}

#[derive(Debug, Serialize)]
struct FigureData<'f> {
    slug: &'f str,
    title: &'f str,
    subtitle: &'f str,
    description: &'f str,
    arrangement: Arrangement,
    spans: &'f [Span],
    panels: Vec<PanelData<'f>>,
}

#[derive(Debug, Serialize)]
struct PanelData<'f> {
    title: Option<&'f str>,
    x: &'f Axis,
    y: &'f Axis,
    /// Width of the longest name at the vertical axis in letters, if it has names.
    #[serde(skip_serializing_if = "Option::is_none")]
    letters: Option<usize>,
    series: Vec<SeriesData<'f>>,
    cells: Option<CellsData>,
}

/// A series. It has values rather than their places on a logarithmic axis.
#[derive(Debug, Serialize)]
struct SeriesData<'f> {
    name: &'f str,
    /// The whole name, if that is longer.
    #[serde(skip_serializing_if = "Option::is_none")]
    full: Option<&'f str>,
    color: usize,
    mark: Mark,
    /// Index of the grid with the x of each y.
    #[serde(skip_serializing_if = "Option::is_none")]
    grid: Option<usize>,
    /// With a grid: y by place in it, `null` for a gap. Without: alternating x and y, `null` between
    /// two pieces.
    y: Vec<Option<Number>>,
}

#[derive(Debug, Serialize)]
struct CellsData {
    color: usize,
    x: Vec<Number>,
    y: Vec<Number>,
    /// By column: the first row with samples, then the counts from there to the last such row.
    counts: Vec<Vec<u64>>,
}

/// Packs a page's figures; with the labels of a run and at most `max_slices` bytes of its slices, unless
/// it is a page of several.
pub fn of<'f>(run: Option<&'f Report>, figures: &'f [Figure], max_slices: usize) -> Data<'f> {
    let mut grids = Grids::default();
    let figures = figures
        .iter()
        .map(|figure| FigureData {
            slug: figure.slug,
            title: &figure.title,
            subtitle: &figure.subtitle,
            description: &figure.description,
            arrangement: figure.arrangement,
            spans: &figure.spans,
            panels: figure
                .panels
                .iter()
                .map(|panel| grids.panel(panel))
                .collect(),
        })
        .collect();
    let numbers = |grid: Vec<f64>| grid.into_iter().map(Number).collect();
    let window = run.and_then(|run| run.window);
    let labels: Vec<&LabelReport> = run.iter().flat_map(|run| &run.labels).collect();
    let names = LabelNames::new(labels.iter().map(|row| row.label.as_str()));
    Data {
        start: window.map(|window| window.start_ms),
        length: window.map(Window::duration_ms),
        short: labels
            .iter()
            .map(|row| names.of_label(&row.label).0)
            .collect(),
        worst: labels.iter().map(|row| worst(row)).collect(),
        labels: labels.iter().map(|row| row.label.as_str()).collect(),
        slices: run.and_then(|run| slices::of(run, max_slices)),
        measures: MEASURES,
        css: style::css(MEASURES.page_text),
        grids: grids.0.into_iter().map(numbers).collect(),
        figures,
    }
}

/// Returns what orders a label in the table.
fn worst(row: &LabelReport) -> (Option<i64>, f64, f64) {
    let p95 = value_at(&row.distribution, row.samples, Percentile::DEFAULTS[2]);
    let time = row.total_time_ms();
    (p95, row.error_ratio.unwrap_or(0.0), time.round())
}

/// The grids of all figures; most figures over time share one.
#[derive(Default)]
struct Grids(Vec<Vec<f64>>);

impl Grids {
    fn panel<'f>(&mut self, panel: &'f Panel) -> PanelData<'f> {
        let number = (panel.x.scale == Scale::Time).then(|| self.number_for(panel));
        let grid = number.map(|number| (number, &self.0[number][..]));
        PanelData {
            title: panel.title.as_deref(),
            x: &panel.x,
            y: &panel.y,
            letters: max_letters(&panel.y),
            series: panel
                .series
                .iter()
                .map(|series| packed(series, panel, grid))
                .collect(),
            cells: panel.cells.as_ref().map(cells),
        }
    }

    /// Returns the index of a grid that has every x of a panel.
    fn number_for(&mut self, panel: &Panel) -> usize {
        let points = panel
            .series
            .iter()
            .flat_map(|series| series.pieces.iter().flatten());
        let mut xs: Vec<f64> = points.map(|point| point.0).collect();
        xs.sort_by(f64::total_cmp);
        xs.dedup();
        let holds_all = |grid: &Vec<f64>| xs.iter().all(|&x| find(grid, x).is_some());
        self.0.iter().position(holds_all).unwrap_or_else(|| {
            self.0.push(xs);
            self.0.len() - 1
        })
    }
}

fn find(grid: &[f64], x: f64) -> Option<usize> {
    grid.binary_search_by(|other| other.total_cmp(&x)).ok()
}

fn packed<'f>(series: &'f Series, panel: &Panel, grid: Option<(usize, &[f64])>) -> SeriesData<'f> {
    let on_grid = grid.and_then(|(number, grid)| Some((number, on_grid(series, panel, grid)?)));
    let (grid, y) = match on_grid {
        Some((number, y)) => (Some(number), y),
        None => (None, in_turns(series, panel)),
    };
    SeriesData {
        name: &series.name,
        full: series.full.as_deref(),
        color: series.color % PALETTE_SIZE,
        mark: series.mark,
        grid,
        y,
    }
}

/// Returns the y of each place of a grid; `None` if pieces would run into each other.
fn on_grid(series: &Series, panel: &Panel, grid: &[f64]) -> Option<Vec<Option<Number>>> {
    let mut y = vec![None; grid.len()];
    let mut free = 0;
    for piece in &series.pieces {
        let first = find(grid, piece.first()?.0)?;
        if first < free {
            return None;
        }
        for (number, &(x, value)) in piece.iter().enumerate() {
            if grid.get(first + number) != Some(&x) {
                return None;
            }
            y[first + number] = Some(Number(value_of(&panel.y, value)));
        }
        free = first + piece.len() + 1;
    }
    let used = y
        .iter()
        .rposition(Option::is_some)
        .map_or(0, |last| last + 1);
    y.truncate(used);
    Some(y)
}

fn in_turns(series: &Series, panel: &Panel) -> Vec<Option<Number>> {
    let mut turns = Vec::new();
    for piece in &series.pieces {
        if !turns.is_empty() {
            turns.push(None);
        }
        for &(x, y) in piece {
            turns.push(Some(Number(value_of(&panel.x, x))));
            turns.push(Some(Number(value_of(&panel.y, y))));
        }
    }
    turns
}

/// Rounds a figure's points to the digits that the data have: the page's drawing and the script's
/// are of the same points. Places in time stay exact, so that series share a grid.
pub fn round(figure: &mut Figure) {
    for panel in &mut figure.panels {
        let (x_axis, y_axis) = (&panel.x, &panel.y);
        let points = panel.series.iter_mut().flat_map(|one| &mut one.pieces);
        for (x, y) in points.flatten() {
            *x = rounded(x_axis, *x);
            *y = rounded(y_axis, *y);
        }
    }
}

fn rounded(axis: &Axis, place: f64) -> f64 {
    match axis.scale {
        Scale::Time => place,
        Scale::Logarithmic if place < 0.0 => place,
        Scale::Logarithmic => value_of(axis, place).log10(),
        _ => significant(place),
    }
}

/// Returns the value at a place of an axis.
fn value_of(axis: &Axis, place: f64) -> f64 {
    match axis.scale {
        // Values below 1 share a position.
        Scale::Logarithmic if place < 0.0 => 0.0,
        Scale::Logarithmic => significant(10_f64.powf(place)),
        _ => place,
    }
}

fn cells(cells: &Cells) -> CellsData {
    let packed = |column: &Vec<u64>| {
        let first = column.iter().position(|&count| count > 0);
        let last = column.iter().rposition(|&count| count > 0);
        match (first, last) {
            (Some(first), Some(last)) => {
                let counts = column[first..=last].iter().copied();
                [first as u64].into_iter().chain(counts).collect()
            }
            _ => Vec::new(),
        }
    };
    CellsData {
        color: cells.color % PALETTE_SIZE,
        x: cells.x.iter().copied().map(Number).collect(),
        // Edges are whole ms; what lies below the axis' first power of ten begins at 0.
        y: cells
            .y
            .iter()
            .map(|&place| {
                Number(if place < 0.0 {
                    0.0
                } else {
                    10_f64.powf(place).round()
                })
            })
            .collect(),
        counts: cells.counts.iter().map(packed).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn axis(scale: Scale) -> Axis {
        Axis {
            label: String::new(),
            scale,
            min: 0.0,
            max: 10.0,
            ticks: Vec::new(),
        }
    }

    fn panel(x: Scale, y: Scale, pieces: Vec<Vec<Vec<(f64, f64)>>>) -> Panel {
        let series = |pieces| Series {
            name: "A".to_owned(),
            color: 0,
            mark: Mark::Line,
            full: None,
            pieces,
        };
        Panel {
            title: None,
            x: axis(x),
            y: axis(y),
            series: pieces.into_iter().map(series).collect(),
            cells: None,
        }
    }

    fn series_of(panel: &Panel) -> (Vec<Vec<f64>>, Vec<String>) {
        let mut grids = Grids::default();
        let series = grids.panel(panel).series;
        let json = |one: &SeriesData<'_>| {
            format!("{:?} {}", one.grid, serde_json::to_string(&one.y).unwrap())
        };
        let json = series.iter().map(json).collect();
        (grids.0, json)
    }

    #[test]
    fn series_over_time_share_a_grid() {
        let all = vec![vec![(0.5, 1.0), (1.5, 2.0), (2.5, 3.0)]];
        let gap = vec![vec![(0.5, 4.0)], vec![(2.5, 5.0)]];
        let panel = panel(Scale::Time, Scale::Linear, vec![all, gap]);
        let (grids, series) = series_of(&panel);
        assert_eq!(grids, [[0.5, 1.5, 2.5]]);
        assert_eq!(series, ["Some(0) [1,2,3]", "Some(0) [4,null,5]"]);
    }

    #[test]
    fn pieces_that_a_grid_cannot_tell_apart_go_without() {
        let touching = vec![vec![(0.5, 1.0)], vec![(1.5, 2.0)]];
        let panel = panel(Scale::Time, Scale::Linear, vec![touching]);
        assert_eq!(series_of(&panel).1, ["None [0.5,1,null,1.5,2]"]);
    }

    #[test]
    fn logarithms_are_told_as_values() {
        let line = vec![vec![(1.0, 1270_f64.log10()), (2.0, 0.0)]];
        let panel = panel(Scale::Nines, Scale::Logarithmic, vec![line]);
        assert_eq!(series_of(&panel).1, ["None [1,1270,2,1]"]);
    }

    #[test]
    fn cells_are_told_from_the_first_to_the_last_that_has_samples() {
        let packed = cells(&Cells {
            x: vec![0.0, 1.0, 2.0],
            y: vec![-0.3, 0.0, 2_f64.log10(), 3_f64.log10()],
            color: 0,
            counts: vec![vec![0, 7, 0], vec![0, 0, 0]],
        });
        assert_eq!(
            serde_json::to_string(&packed).unwrap(),
            r#"{"color":0,"x":[0,1,2],"y":[0,1,2,3],"counts":[[1,7],[]]}"#
        );
    }
}
