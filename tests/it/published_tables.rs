//! The tables that the Flask version of this project published must come out of our renderer
//! character for character from their values.

use perfkit::percentile::Percentile;
use perfkit::render::markdown::aggregate_table;
use perfkit::report::{LabelReport, Options, PercentileValue, Report, Summary};

/// A label's figures in the order of the table: samples, average, four percentiles, min, max,
/// throughput, received and sent KB/s.
type Figures = (u64, [i64; 7], [f64; 3]);

fn label((name, (samples, times, rates)): (&str, Figures)) -> LabelReport {
    let [average, median, p90, p95, p99, min, max] = times;
    let [throughput, received, sent] = rates;
    let percentiles = Percentile::DEFAULTS
        .into_iter()
        .zip([median, p90, p95, p99])
        .map(|(percent, value)| PercentileValue { percent, value })
        .collect();
    LabelReport {
        label: name.to_owned(),
        samples,
        errors: 0,
        error_ratio: Some(0.0),
        elapsed: Some(Summary {
            count: samples,
            mean: average as f64 + 0.75, // truncated, not rounded
            std_dev: 0.0,
            min,
            max,
            percentiles,
        }),
        throughput: Some(throughput),
        received_kb_per_sec: Some(received),
        sent_kb_per_sec: Some(sent),
        ..LabelReport::default()
    }
}

fn table(labels: [(&str, Figures); 2], total: Figures) -> String {
    aggregate_table(&Report {
        options: Options::default(),
        labels: labels.map(label).into(),
        other_labels: None,
        total: label(("TOTAL", total)),
        ..Report::default()
    })
}

#[test]
fn first_platform() {
    let table = table(
        [
            (
                "Fibonacci",
                (
                    100_000,
                    [12, 9, 18, 24, 59, 4, 1270],
                    [199.974_40, 56.32, 62.47],
                ),
            ),
            (
                "IsPrime",
                (
                    100_000,
                    [11, 9, 18, 24, 56, 4, 1076],
                    [199.974_80, 38.96, 63.84],
                ),
            ),
        ],
        (
            200_000,
            [11, 9, 18, 24, 57, 4, 1270],
            [399.944_01, 95.29, 126.31],
        ),
    );
    assert_eq!(
        table,
        "\
| **Label** | **# Samples** | **Average** | **Median** | **90% Line** | **95% Line** | **99% Line** | **Min** | **Max** | **Error %** | **Throughput** | **Received KB/sec** | **Sent KB/sec** |
|-----------|---------------|-------------|------------|--------------|--------------|--------------|---------|---------|-------------|----------------|---------------------|-----------------|
| Fibonacci | 100000        | 12          | 9          | 18           | 24           | 59           | 4       | 1270    | 0.000%      | 199.97440      | 56.32               | 62.47           |
| IsPrime   | 100000        | 11          | 9          | 18           | 24           | 56           | 4       | 1076    | 0.000%      | 199.97480      | 38.96               | 63.84           |
| **TOTAL** | 200000        | 11          | 9          | 18           | 24           | 57           | 4       | 1270    | 0.000%      | 399.94401      | 95.29               | 126.31          |
"
    );
}

#[test]
fn second_platform() {
    let table = table(
        [
            (
                "Fibonacci",
                (
                    100_000,
                    [30, 30, 34, 42, 59, 15, 391],
                    [199.905_64, 59.96, 62.45],
                ),
            ),
            (
                "IsPrime",
                (
                    100_000,
                    [31, 31, 34, 43, 60, 15, 390],
                    [199.910_84, 42.66, 63.82],
                ),
            ),
        ],
        (
            200_000,
            [31, 31, 34, 43, 60, 15, 391],
            [399.798_50, 102.62, 126.26],
        ),
    );
    assert_eq!(
        table,
        "\
| **Label** | **# Samples** | **Average** | **Median** | **90% Line** | **95% Line** | **99% Line** | **Min** | **Max** | **Error %** | **Throughput** | **Received KB/sec** | **Sent KB/sec** |
|-----------|---------------|-------------|------------|--------------|--------------|--------------|---------|---------|-------------|----------------|---------------------|-----------------|
| Fibonacci | 100000        | 30          | 30         | 34           | 42           | 59           | 15      | 391     | 0.000%      | 199.90564      | 59.96               | 62.45           |
| IsPrime   | 100000        | 31          | 31         | 34           | 43           | 60           | 15      | 390     | 0.000%      | 199.91084      | 42.66               | 63.82           |
| **TOTAL** | 200000        | 31          | 31         | 34           | 43           | 60           | 15      | 391     | 0.000%      | 399.79850      | 102.62              | 126.26          |
"
    );
}
