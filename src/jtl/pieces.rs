//! Inputs that are pieces of one engine's results: a file that was split or rotated.
//!
//! Rows that name no engine are known by their input. Inputs that cover the same time come from
//! engines beside one another; of inputs that follow one another without overlap, the later one
//! continues the earlier one. Only times decide, so neither the order of the inputs nor a detour
//! through summary files matters.

use serde::{Deserialize, Serialize};

use super::sample::Sample;

/// Longest time between two pieces without a row, ms. If it is longer, and longer than a quarter of
/// the shorter piece, the inputs are separate runs or have clocks that differ.
const MAX_GAP_MS: i64 = 60_000;

/// Largest share of the smaller piece's rows that may lie beyond the cut: rows are written at the
/// end of samples, but those of transaction controllers and sub-results are late.
const MAX_LATE: f64 = 0.05;

/// The same if the first and last row say that the inputs follow one another. Beyond that, their
/// rows are in no order of time.
const MAX_OUT_OF_ORDER: f64 = 0.5;

/// The first rows of a piece overlap the last ones of another by this part of its length at most.
const MAX_OVERLAP: i64 = 3;

/// An input with this many times fewer rows is small: what it has beyond the cut does not count.
const SMALL: u64 = 3;

/// Inputs with so few rows are pieces only if their samples do not overlap at all.
const MAX_FEW: u64 = 2;

/// A row at the edge of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Edge {
    position: u64,
    start: i64,
    end: i64,
}

/// The first and the last row of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Reach {
    first: Edge,
    last: Edge,
}

/// The rows over time of an engine that is known by its input.
#[derive(Debug, Clone)]
pub struct Trace {
    /// Its first and last row.
    pub reach: Reach,
    /// Numbers of rows by the number of their bucket of time, ascending, by the end of samples.
    pub rows: Vec<(i64, u64)>,
}

impl Edge {
    /// The row at a position, with its start and end in epoch ms.
    pub fn new(position: u64, start: i64, end: i64) -> Self {
        Edge {
            position,
            start,
            end,
        }
    }

    /// A row as an edge.
    pub fn of(sample: &Sample<'_>) -> Self {
        Edge {
            position: sample.position,
            start: sample.time_stamp,
            end: sample.end(),
        }
    }
}

impl Reach {
    /// The reach of rows of which these are the first and last.
    pub fn new(first: Edge, last: Edge) -> Self {
        Reach {
            first: first.min(last),
            last: last.max(first),
        }
    }

    /// Adds other rows of the input.
    pub fn merge(&mut self, other: Reach) {
        self.first = self.first.min(other.first);
        self.last = self.last.max(other.last);
    }

    /// Moves its rows by this many bytes.
    pub fn shift(&mut self, positions: u64) {
        for edge in [&mut self.first, &mut self.last] {
            edge.position = edge.position.saturating_add(positions);
        }
    }

    /// Whether a stored reach is one.
    pub fn is_sound(&self) -> bool {
        self.first <= self.last
    }

    /// Time from its first start to its last end, by its first and last row.
    fn length_ms(&self) -> i64 {
        self.last.end.saturating_sub(self.first.start)
    }
}

impl Trace {
    fn total(&self) -> u64 {
        self.rows.iter().map(|(_, rows)| rows).sum()
    }
}

/// Sorts engines into chains of pieces, each in the order of time. An engine beside others is a chain
/// of its own. Chains are in the order of their first pieces.
pub fn chains(traces: &[Trace]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..traces.len()).collect();
    let key = |trace: &Trace| {
        let Reach { first, last } = trace.reach;
        (first.end, first.start, last.end, last.start)
    };
    order.sort_by_key(|&number| (key(&traces[number]), number));
    let mut chains: Vec<Vec<usize>> = Vec::new();
    for number in order {
        let next = &traces[number];
        // Of several engines that end in time, the one that ends last was cut here.
        let candidates = chains.iter().enumerate().filter_map(|(place, chain)| {
            let last = &traces[*chain.last()?];
            let distance = next.reach.first.end.saturating_sub(last.reach.last.end);
            continues(last, next).then_some((distance.saturating_abs(), place))
        });
        match candidates.min() {
            Some((_, place)) => chains[place].push(number),
            None => chains.push(vec![number]),
        }
    }
    chains
}

/// Whether an input continues another one that begins no later.
fn continues(earlier: &Trace, later: &Trace) -> bool {
    let (before, behind) = (&earlier.reach, &later.reach);
    let begin_together =
        (before.first.start, before.first.end) == (behind.first.start, behind.first.end);
    let shorter = before.length_ms().min(behind.length_ms());
    let gap = behind.first.start.saturating_sub(before.last.end);
    if begin_together || gap > MAX_GAP_MS.max(shorter / 4) {
        return false;
    }
    let (all_before, all_behind) = (earlier.total(), later.total());
    let (smaller, larger) = (all_before.min(all_behind), all_before.max(all_behind));
    if (1..=MAX_FEW).contains(&larger) {
        return before.last.end <= behind.first.start;
    }
    let is_in_order = are_in_order(before, behind) || overlap_little(earlier, later);
    if smaller == 0 {
        return is_in_order;
    }
    let (beyond, at_cut) = cut(&earlier.rows, &later.rows);
    let beyond = beyond as f64;
    match is_in_order {
        true => beyond <= (smaller as f64 * MAX_OUT_OF_ORDER).max(larger as f64 * MAX_LATE),
        // Rows that all lie in the bucket of the cut do not show whether they overlap.
        false => {
            behind.last.end >= before.last.end
                && beyond <= smaller as f64 * MAX_LATE
                && at_cut.0 * 2 <= all_before
                && at_cut.1 * 2 <= all_behind
        }
    }
}

/// Whether the rows of one input come before those of another. In files sorted by start, the last
/// samples of one piece end after the first ones of the next.
fn are_in_order(before: &Reach, behind: &Reach) -> bool {
    behind.last.end >= before.last.end
        && (before.last.end <= behind.first.end || before.last.start <= behind.first.start)
}

/// Whether inputs overlap no longer than their samples at the cut took, which were in flight, and
/// that is little compared with both inputs, or with one if the other has few rows.
fn overlap_little(earlier: &Trace, later: &Trace) -> bool {
    let (before, behind) = (&earlier.reach, &later.reach);
    let overlap = before.last.end.saturating_sub(behind.first.end);
    let edges = [before.first, before.last, behind.first, behind.last];
    let in_flight = edges.map(|edge| edge.end.saturating_sub(edge.start));
    let is_little = |reach: &Reach| {
        let length = reach.last.end.saturating_sub(reach.first.end);
        overlap.saturating_mul(MAX_OVERLAP) <= length
    };
    let (all_before, all_behind) = (earlier.total(), later.total());
    in_flight.into_iter().any(|elapsed| overlap <= elapsed)
        && match (is_little(before), is_little(behind)) {
            (true, true) => true,
            (true, false) => all_behind.saturating_mul(SMALL) <= all_before,
            (false, true) => all_before.saturating_mul(SMALL) <= all_behind,
            (false, false) => false,
        }
}

/// Cuts two inputs at the bucket that leaves the fewest rows beyond: those of the earlier input after
/// it, and those of the later input before it. Returns their number, and each input's rows in the
/// bucket.
fn cut(earlier: &[(i64, u64)], later: &[(i64, u64)]) -> (u64, (u64, u64)) {
    let sum = |rows: &[(i64, u64)]| rows.iter().map(|(_, rows)| rows).sum::<u64>();
    let at = |rows: &[(i64, u64)], bucket: i64| {
        let place = rows.partition_point(|(other, _)| *other < bucket);
        let (before, rest) = rows.split_at(place);
        let own = rest.first().filter(|(other, _)| *other == bucket);
        (sum(before), own.map_or(0, |(_, rows)| *rows))
    };
    let all = sum(earlier);
    let buckets = earlier.iter().chain(later).map(|(bucket, _)| *bucket);
    let cuts = buckets.map(|bucket| {
        let (before, own) = at(earlier, bucket);
        let (too_early, others) = at(later, bucket);
        (all - before - own + too_early, (own, others))
    });
    cuts.min_by_key(|(beyond, (own, others))| (*beyond, own + others))
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// An input with these samples (start, elapsed), in the order of its rows.
    fn trace(samples: &[(i64, i64)]) -> Trace {
        let edges: Vec<Edge> = (0..)
            .zip(samples)
            .map(|(position, &(start, elapsed))| Edge {
                position,
                start,
                end: start + elapsed,
            })
            .collect();
        let mut rows = std::collections::BTreeMap::new();
        for edge in &edges {
            *rows.entry(edge.end / 1_000).or_insert(0) += 1;
        }
        Trace {
            reach: Reach::new(edges[0], edges[edges.len() - 1]),
            rows: rows.into_iter().collect(),
        }
    }

    /// Samples of this many threads, each 500 ms long, from second to second.
    fn load(threads: i64, from: i64, to: i64) -> Vec<(i64, i64)> {
        let ticks = from * 2..to * 2;
        ticks
            .flat_map(|tick| (0..threads).map(move |thread| (tick * 500 + thread * 10, 500)))
            .collect()
    }

    /// The chains of inputs, whatever their order.
    fn of(inputs: &[&[(i64, i64)]]) -> Vec<Vec<usize>> {
        let traces: Vec<Trace> = inputs.iter().map(|samples| trace(samples)).collect();
        let found = chains(&traces);
        let reversed: Vec<Trace> = traces.iter().rev().cloned().collect();
        let mut mirrored: Vec<Vec<usize>> = chains(&reversed)
            .into_iter()
            .map(|chain| chain.into_iter().map(|n| traces.len() - 1 - n).collect())
            .collect();
        let mut sorted = found.clone();
        sorted.sort();
        mirrored.sort();
        assert_eq!(sorted, mirrored);
        found
    }

    #[test]
    fn a_file_cut_anywhere_is_one_chain() {
        let whole = load(5, 0, 60);
        for at in [1, 7, 13, 300, 598] {
            let (a, b) = whole.split_at(at);
            assert_eq!(of(&[a, b]), [[0, 1]], "{at}");
        }
        let thirds: Vec<&[(i64, i64)]> = whole.chunks(200).collect();
        assert_eq!(of(&thirds), [[0, 1, 2]]);
        let many: Vec<&[(i64, i64)]> = whole.chunks(7).collect();
        assert_eq!(of(&many).len(), 1);
    }

    #[test]
    fn small_pieces_may_begin_and_end_with_late_rows() {
        let mut whole = load(5, 0, 60);
        // A sub-result behind its parent, which ended later.
        whole.insert(300, (29_400, 400));
        for (at, to) in [(300, 301), (300, 320), (280, 300)] {
            let (a, rest) = whole.split_at(at);
            let (b, c) = rest.split_at(to - at);
            assert_eq!(of(&[a, b, c]).len(), 1, "{at} to {to}");
        }
    }

    #[test]
    fn a_file_sorted_by_start_may_be_cut_too() {
        let whole: Vec<(i64, i64)> = (0..100).map(|n| (n * 100, 50 + n * 37 % 900)).collect();
        for at in [2, 10, 33, 77] {
            let (a, b) = whole.split_at(at);
            assert_eq!(of(&[a, b]), [[0, 1]], "{at}");
        }
    }

    #[test]
    fn rows_of_controllers_at_the_cut_do_not_matter() {
        let mut whole = load(5, 0, 60);
        // A transaction that paused: its row comes 8 s after its end.
        whole.insert(300, (20_000, 2_000));
        let (a, b) = whole.split_at(300);
        assert_eq!(of(&[a, b]), [[0, 1]]);
    }

    #[test]
    fn engines_at_the_same_time_are_apart() {
        let (a, b) = (load(5, 0, 60), load(3, 0, 60));
        assert_eq!(of(&[&a, &b]).len(), 2);
        // One within the other; a tenth together; half together.
        for (from, to) in [(20, 40), (54, 114), (30, 90), (0, 30)] {
            assert_eq!(of(&[&a, &load(3, from, to)]).len(), 2, "{from}");
        }
        assert_eq!(of(&[&[(0, 100)], &[(50, 100)]]).len(), 2);
        assert_eq!(of(&[&[(0, 100)], &[(100, 100)]]).len(), 1);
        let instant = [(0, 10)];
        assert_eq!(of(&[&instant, &instant]).len(), 2);
    }

    #[test]
    fn two_engines_in_pieces_are_two_chains() {
        let (one, two) = (load(5, 0, 60), load(3, 0, 60));
        let (a, b) = one.split_at(300);
        let (c, d) = two.split_at(190);
        assert_eq!(of(&[a, b, c, d]), [[0, 1], [2, 3]]);
        // Cut at the same moment, either way round is right.
        let (c, d) = two.split_at(180);
        let found = of(&[a, b, c, d]);
        assert!(
            found.len() == 2 && found.iter().all(|chain| chain.len() == 2),
            "{found:?}"
        );
    }

    #[test]
    fn runs_far_apart_are_apart() {
        assert_eq!(of(&[&load(5, 0, 60), &load(5, 110, 170)]).len(), 1);
        assert_eq!(of(&[&load(5, 0, 60), &load(5, 3_600, 3_660)]).len(), 2);
    }

    #[test]
    fn unsorted_files_are_told_apart_by_their_rows() {
        let mut a = load(5, 0, 60);
        let mut b = load(5, 0, 60);
        a.reverse();
        b.swap(0, 599);
        a.swap(0, 1);
        assert_eq!(of(&[&a, &b]).len(), 2);
    }
}
