//! A series in one line of block characters.

const BLOCKS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// What stands for runs without a value.
const MISSING: char = ' ';

/// Returns a line of at most `width` characters, from the smallest value to the largest. If there are more
/// runs than characters, each stands for the mean of several.
pub fn sparkline(values: &[Option<f64>], width: usize) -> String {
    let width = width.min(values.len()).max(1);
    let cells = (0..width).map(|cell| {
        let range = cell * values.len() / width..(cell + 1) * values.len() / width;
        let known: Vec<f64> = values[range].iter().copied().flatten().collect();
        (!known.is_empty()).then(|| known.iter().sum::<f64>() / known.len() as f64)
    });
    let cells: Vec<Option<f64>> = cells.collect();
    let known = || cells.iter().copied().flatten();
    let low = known().fold(f64::INFINITY, f64::min);
    let high = known().fold(f64::NEG_INFINITY, f64::max);
    let block = |value: f64| {
        let share = match high > low {
            true => (value - low) / (high - low),
            false => 0.5,
        };
        let top = BLOCKS.len() - 1;
        BLOCKS[((share * top as f64).round() as usize).min(top)]
    };
    let letters = cells.iter().map(|cell| cell.map_or(MISSING, block));
    letters.collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_become_blocks() {
        let some = |values: &[f64]| values.iter().map(|value| Some(*value)).collect::<Vec<_>>();
        assert_eq!(sparkline(&some(&[0.0, 7.0, 3.0]), 10), "▁█▄");
        assert_eq!(sparkline(&some(&[5.0, 5.0]), 10), "▅▅");
        assert_eq!(sparkline(&[Some(1.0), None, Some(2.0)], 10), "▁ █");
        // Means of two: 1, 5, 9.
        assert_eq!(sparkline(&some(&[0.0, 2.0, 4.0, 6.0, 8.0, 10.0]), 3), "▁▅█");
        assert_eq!(sparkline(&[None], 5), " ");
    }
}
