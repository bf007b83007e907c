//! The figures of charts, and their drawings.

use crate::common::{CHART_SIZE, Perfkit, five_samples, fixtures};
use perfkit::chart::{self, Figure, Style, Theme};
use perfkit::report::Report;

fn report_of(path: &str) -> Report {
    let (printed, _) = Perfkit::new().run(&["analyze", path, "--no-report", "--format", "json"]);
    serde_json::from_str(&printed).unwrap()
}

fn report(fixture: &str) -> Report {
    report_of(fixtures().join(fixture).to_str().unwrap())
}

fn figure<'a>(figures: &'a [Figure], slug: &str) -> &'a Figure {
    figures.iter().find(|figure| figure.slug == slug).unwrap()
}

#[test]
fn five_samples_checked_by_hand() {
    let perfkit = Perfkit::new();
    let path = perfkit.write("results.jtl", five_samples());
    let figures = chart::figures(&report_of(path.to_str().unwrap()));
    // Buckets of 100 ms: successes end in the 1st, 2nd, 4th and 6th, and the failure at the last
    // moment, in a bucket that the run only touches.
    let throughput = &figure(&figures, "throughput-and-errors-over-time").panels[0].series[0];
    assert_eq!(throughput.name, "succeeded");
    let points: Vec<(f64, f64)> = throughput.pieces.concat();
    assert_eq!(
        points[..6],
        [
            (50.0, 10.0),
            (150.0, 10.0),
            (250.0, 0.0),
            (350.0, 10.0),
            (450.0, 0.0),
            (550.0, 10.0)
        ]
    );
    let median = &figure(&figures, "response-time-percentiles-over-time").panels[0].series[0];
    assert_eq!(
        median.pieces,
        [
            vec![(50.0, 50.0), (150.0, 100.0)],
            vec![(350.0, 200.0)],
            vec![(550.0, 300.0)]
        ],
        "buckets without a success interrupt the line"
    );
    let threads = &figure(&figures, "active-threads-over-time").panels[0].series[0];
    assert_eq!(threads.pieces[0], [(50.0, 2.0), (150.0, 1.0)]);
}

#[test]
fn a_burst_of_errors_is_marked_in_the_overview_and_counted_in_every_figure() {
    use crate::common::{HEADER, row};
    // 10 min of two labels; from 5:00 to 5:20 every request fails.
    let rows = (0..6_000).map(|n| {
        let (label, elapsed) = if n % 2 == 0 { ("A", 50) } else { ("B", 150) };
        let is_right = !(3_000..3_200).contains(&n);
        row(1_700_000_000_000 + 100 * n, elapsed, label, is_right)
    });
    let perfkit = Perfkit::new();
    let results = HEADER.to_owned() + &rows.collect::<String>();
    let path = perfkit.write("run.jtl", results);
    let figures = chart::figures(&report_of(path.to_str().unwrap()));
    let overview = figure(&figures, "overview");
    let [span] = &overview.spans[..] else {
        panic!("{:?}", overview.spans);
    };
    assert!((295_000.0..=301_000.0).contains(&span.from), "{span:?}");
    assert!((319_000.0..=325_000.0).contains(&span.to), "{span:?}");
    let names: Vec<&str> = overview
        .legend()
        .iter()
        .map(|series| &*series.name)
        .collect();
    assert_eq!(names[..2], ["failed", "succeeded"]);
    let highest = |slug: &str, series: usize| {
        let pieces = &figure(&figures, slug).panels[0].series[series].pieces;
        pieces
            .concat()
            .iter()
            .map(|point| point.1)
            .fold(0.0, f64::max)
    };
    assert_eq!(highest("error-rate-over-time", 0), 100.0);
    assert_eq!(highest("response-time-p95-by-label", 0), 50.0);
    assert!((highest("response-time-p95-by-label", 1) / 150.0 - 1.0).abs() < 0.016);
    let bars = |slug: &str, series: usize| {
        figure(&figures, slug).panels[0].series[series]
            .pieces
            .concat()
    };
    let shares = bars("time-by-label", 0);
    assert!((shares[0].0 - 75.0).abs() < 0.1 && (shares[1].0 - 25.0).abs() < 0.1);
    let failed: f64 = bars("outcomes-by-label", 1).iter().map(|bar| bar.0).sum();
    assert_eq!((failed, bars("errors-by-type", 0)[0].0), (200.0, 200.0));
}

#[test]
fn every_row_counts_in_a_rate_over_time() {
    use crate::common::load::{Row, jtl};
    // 500 s of a sample per second, in buckets of 5 s, then 700 at once within the last 400 or 2,000 ms.
    for (tail_ms, last) in [(400.0, (5.0 + 700.0) / 5.4), (2_000.0, 700.0 / 2.0)] {
        let row = |start: f64| Row {
            start,
            ..Row::default()
        };
        let mut rows: Vec<Row> = (0..500)
            .map(|second| row(1_000.0 * f64::from(second)))
            .collect();
        rows.extend((0..700).map(|n| row(500_000.0 + (tail_ms - 40.0) * f64::from(n) / 699.0)));
        let perfkit = Perfkit::new();
        let path = perfkit.write("run.jtl", jtl(rows));
        let figures = chart::figures(&report_of(path.to_str().unwrap()));
        for slug in [
            "throughput-and-errors-over-time",
            "response-codes-per-second",
        ] {
            let panel = &figure(&figures, slug).panels[0];
            let points = panel.series[0].pieces.concat();
            let (_, rate) = points[points.len() - 1];
            assert!(
                (rate - last).abs() < 0.01,
                "{slug} {tail_ms}: {rate} {last}"
            );
            assert!((points[0].1 - 1.0).abs() < 0.01, "{points:?}");
            assert!(panel.y.max >= last);
        }
    }
}

#[test]
fn all_points_lie_within_axes_that_have_units() {
    for fixture in [
        "default.jtl.gz",
        "errors.jtl",
        "controllers.jtl",
        "sample-count.jtl",
    ] {
        let figures = chart::figures(&report(fixture));
        assert!(figures.len() >= 3, "{fixture}");
        for figure in &figures {
            assert!(chart::SLUGS.contains(&figure.slug), "{}", figure.slug);
            for panel in &figure.panels {
                let units = [
                    "(s)",
                    "(min:s)",
                    "(ms)",
                    "(%)",
                    "per second",
                    "threads",
                    "% of samples",
                    "% of all response time",
                    "samples",
                    "share",
                    "(ms), ",
                    "Apdex",
                    "index",
                ];
                for axis in [&panel.x, &panel.y] {
                    let label = &axis.label;
                    assert!(units.iter().any(|unit| label.contains(unit)), "{label}");
                }
                for &(x, y) in panel
                    .series
                    .iter()
                    .flat_map(|series| series.pieces.iter().flatten())
                {
                    let inside =
                        |at: f64, min: f64, max: f64| (min - 1e-9..=max * 1.000_001).contains(&at);
                    assert!(
                        inside(x, panel.x.min, panel.x.max) && inside(y, panel.y.min, panel.y.max),
                        "{fixture}, {}: ({x}, {y})",
                        figure.slug
                    );
                }
            }
        }
    }
}

#[test]
fn results_without_thread_counts_have_no_threads_chart() {
    let figures = chart::figures(&report("sample-count.jtl"));
    assert!(
        figures
            .iter()
            .all(|figure| figure.slug != "active-threads-over-time")
    );
}

#[test]
fn labels_are_text_and_not_markup() {
    let perfkit = Perfkit::new();
    let label = "<script>alert('x')</script> & \"so on\"";
    let quoted = format!("\"{}\"", label.replace('"', "\"\""));
    let path = perfkit.write(
        "hostile.jtl",
        format!(
            "{}{}",
            crate::common::HEADER,
            crate::common::row(1_700_000_000_000, 5, &quoted, true)
        ),
    );
    let figures = chart::figures(&report_of(path.to_str().unwrap()));
    let svg = chart::svg(
        figure(&figures, "response-time-distribution"),
        &Style::default(),
    )
    .unwrap();
    assert!(!svg.contains("<script>"), "{svg}");
    assert!(!chart::png(&svg, 1.0).unwrap().is_empty());
}

#[test]
fn every_report_can_be_drawn() {
    let small = Style::picture(CHART_SIZE.1.parse().unwrap(), Theme::Light);
    // One sample, one instant, one label of any kind; very long and very short times.
    for (stamp, elapsed) in [
        (0, 0),
        (1_700_000_000_000, 1),
        (-5_000, 9_000_000_000),
        (i64::MAX / 2, 0),
    ] {
        let perfkit = Perfkit::new();
        let path = perfkit.write(
            "one.jtl",
            format!(
                "{}{}",
                crate::common::HEADER,
                crate::common::row(stamp, elapsed, "", true)
            ),
        );
        for chart in chart::draw(
            &chart::figures(&report_of(path.to_str().unwrap())),
            &small,
            &chart::SLUGS,
        )
        .unwrap()
        {
            assert!(chart.png.starts_with(b"\x89PNG"), "{}", chart.slug);
        }
    }
}
