//! Downsampling for the page: keeps only points that can be seen, and changes none.

use crate::chart::{Figure, MEASURES, Mark, Panel, Scale, Series};

type Points = Vec<(f64, f64)>;

/// Removes points that cannot be seen; downsamples series with more than `max` points, and keeps the
/// extremes of each stretch. Returns whether anything was removed.
pub fn figure(figure: &mut Figure, max: usize) -> bool {
    let mut is_thinned = false;
    for panel in &mut figure.panels {
        let pixels = Pixels::of(panel);
        let is_time = panel.x.scale == Scale::Time;
        for series in &mut panel.series {
            let before = count(series);
            match series.mark {
                Mark::Points if before > max => one_a_pixel(series, &pixels),
                Mark::Line | Mark::Area if !is_time => {
                    for piece in &mut series.pieces {
                        *piece = moving(piece, &pixels);
                    }
                }
                _ => {}
            }
            let left = count(series);
            if left > max && series.mark != Mark::Bars {
                for piece in &mut series.pieces {
                    let share = (max * piece.len()).div_ceil(left);
                    *piece = extremes(piece, share);
                }
            }
            is_thinned |= count(series) < before;
        }
    }
    is_thinned
}

fn count(series: &Series) -> usize {
    series.pieces.iter().map(Vec::len).sum()
}

/// From places on the axes to pixels.
struct Pixels {
    x: (f64, f64),
    y: (f64, f64),
}

impl Pixels {
    /// As large as a panel gets: narrower ones may be zoomed.
    fn of(panel: &Panel) -> Self {
        let m = &MEASURES;
        let (width, height) = (
            m.page_width - m.left - m.right,
            m.max_height - m.top - m.bottom,
        );
        Pixels {
            x: (panel.x.min, width / (panel.x.max - panel.x.min)),
            y: (panel.y.min, height / (panel.y.max - panel.y.min)),
        }
    }

    fn at(&self, (x, y): (f64, f64)) -> (f64, f64) {
        ((x - self.x.0) * self.x.1, (y - self.y.0) * self.y.1)
    }
}

/// Keeps the first and the last point, each that is visibly apart from the last kept, and the one
/// before a jump.
fn moving(points: &[(f64, f64)], pixels: &Pixels) -> Points {
    let mut kept: Points = Vec::new();
    let mut seen = (f64::NAN, f64::NAN);
    let mut passed: Option<(f64, f64)> = None;
    for &point in points {
        let at = pixels.at(point);
        let moved = (at.0 - seen.0).abs().max((at.1 - seen.1).abs());
        if moved < MEASURES.visible {
            passed = Some(point);
            continue;
        }
        // A corner of a step: without it the step would become a slope.
        if let Some(corner) = passed.take().filter(|_| moved >= 2.0 * MEASURES.visible) {
            kept.push(corner);
        }
        kept.push(point);
        seen = at;
        passed = None;
    }
    kept.extend(passed);
    kept
}

/// Keeps one point per half pixel.
fn one_a_pixel(series: &mut Series, pixels: &Pixels) {
    let mut taken = std::collections::HashSet::new();
    for piece in &mut series.pieces {
        piece.retain(|&point| {
            let (x, y) = pixels.at(point);
            taken.insert(((x / MEASURES.visible) as i64, (y / MEASURES.visible) as i64))
        });
    }
}

/// Keeps the first and the last point, and the lowest and highest of each of `max / 2` stretches.
fn extremes(points: &[(f64, f64)], max: usize) -> Points {
    let (&[first, .., last], false) = (points, points.len() <= max.max(4)) else {
        return points.to_vec();
    };
    let stretches = (max.max(4) - 2) / 2;
    let stretch = points.len().div_ceil(stretches);
    let mut kept = vec![first];
    for points in points[1..points.len() - 1].chunks(stretch) {
        let by_height = |a: &usize, b: &usize| points[*a].1.total_cmp(&points[*b].1);
        let lowest = (0..points.len()).min_by(by_height).unwrap_or(0);
        let highest = (0..points.len()).max_by(by_height).unwrap_or(0);
        kept.push(points[lowest.min(highest)]);
        if lowest != highest {
            kept.push(points[lowest.max(highest)]);
        }
    }
    kept.push(last);
    kept
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const PIXELS: Pixels = Pixels {
        x: (0.0, 1.0),
        y: (0.0, 1.0),
    };

    #[test]
    fn extremes_stay() {
        let mut points: Points = (0..1000).map(|x| (f64::from(x), 5.0)).collect();
        points[333].1 = 99.0;
        points[777].1 = -1.0;
        let kept = extremes(&points, 20);
        assert!(kept.len() <= 20, "{}", kept.len());
        assert!(kept.contains(&(333.0, 99.0)) && kept.contains(&(777.0, -1.0)));
        assert_eq!((kept.first(), kept.last()), (points.first(), points.last()));
    }

    #[test]
    fn steps_stay_steps() {
        let points = [(0.0, 0.0), (0.3, 0.0), (0.4, 0.0), (0.4, 50.0), (9.0, 50.0)];
        assert_eq!(
            moving(&points, &PIXELS),
            [(0.0, 0.0), (0.4, 0.0), (0.4, 50.0), (9.0, 50.0)]
        );
    }

    proptest! {
        #[test]
        fn what_is_kept_was_there_in_that_order(
            heights in prop::collection::vec(0.0..100.0_f64, 0..300),
            max in 0..50_usize,
        ) {
            let points: Points = heights.iter().enumerate().map(|(x, y)| (x as f64 / 7.0, *y)).collect();
            for kept in [extremes(&points, max), moving(&points, &PIXELS)] {
                let mut rest = points.iter();
                prop_assert!(kept.iter().all(|point| rest.any(|other| other == point)));
                prop_assert_eq!(kept.first(), points.first());
                prop_assert_eq!(kept.last(), points.last());
            }
            prop_assert!(extremes(&points, max).len() <= max.max(4));
        }
    }
}
