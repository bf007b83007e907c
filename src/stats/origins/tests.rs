use proptest::prelude::*;

use super::*;
use crate::stats::tests::sample;

const REFUSED: &[u8] = b"Non HTTP response code: java.net.ConnectException";

/// A row of these texts that ends 10 ms after its number of seconds.
fn row(
    number: u64,
    url: &'static str,
    thread_name: &'static str,
    success: bool,
) -> Sample<'static> {
    Sample {
        position: number,
        time_stamp: number as i64 * 1_000,
        url: url.as_bytes(),
        thread_name: thread_name.as_bytes(),
        success,
        response_code: if success { b"200" } else { REFUSED },
        error_count: u64::from(!success),
        ..sample()
    }
}

/// Origins, and the labels of the same rows.
#[derive(Debug, Clone, Default)]
struct Run {
    origins: Origins,
    labels: Vec<LabelStats>,
}

impl Run {
    fn record(&mut self, label: usize, row: &Sample<'_>) {
        let labels = self.labels.len().max(label + 1);
        self.labels.resize_with(labels, LabelStats::default);
        let place = match self.origins.find(row, label) {
            Some((place, _)) => place as usize,
            None => self.origins.look_up(row, 0, label, &self.labels),
        };
        self.origins.record(place, row);
        self.labels[label].record(row);
        if !row.success {
            self.origins.record_failure(place, row, 0);
        }
    }

    /// Adds another run with the same labels.
    fn merge(&mut self, other: Run) {
        let all: Vec<usize> = (0..other.labels.len()).collect();
        self.origins
            .merge(other.origins, [&all, &[0]], &self.labels, &other.labels);
        let labels = self.labels.len().max(other.labels.len());
        self.labels.resize_with(labels, LabelStats::default);
        for (own, other) in self.labels.iter_mut().zip(&other.labels) {
            own.merge(other);
        }
        self.origins.bound(&self.labels);
    }

    fn check(&self, errors: usize, counts: [u64; 2]) -> Checked<()> {
        self.origins.check(&self.labels, errors, counts)
    }
}

fn of(rows: &[(usize, Sample<'_>)]) -> Run {
    let mut run = Run::default();
    for (label, row) in rows {
        run.record(*label, row);
    }
    run
}

/// Label, host, engine, group and figures of each cell, sorted.
type Figures = Vec<(Option<usize>, [String; 3], OriginStats)>;

fn figures(run: &Run) -> Figures {
    let origins = run.origins.clone().complete(&run.labels);
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let cells = origins.cells().map(|cell| {
        let names = [cell.host, cell.engine, cell.group].map(text);
        (cell.label, names, cell.stats.clone())
    });
    let mut cells: Figures = cells.collect();
    cells.sort_by(|a, b| (&a.0, &a.1).cmp(&(&b.0, &b.1)));
    cells
}

#[test]
fn a_cell_per_label_host_engine_and_group() {
    let rows = [
        row(1, "http://a:80/x", "10.0.0.1:1099-Users 1-1", true),
        row(2, "http://a:80/y?z", "10.0.0.1:1099-Users 1-12", false),
        row(3, "http://a/x", "10.0.0.1:1099-Users 1-2", true),
        row(4, "http://a:80/x", "10.0.0.2:1099-Users 1-1", true),
        row(5, "http://a:80/x", "10.0.0.1:1099-Admins 2-1", false),
        row(6, "", "Users 1-1", true),
    ];
    let origins = of(&rows.map(|row| (7, row)));
    let cells: Vec<_> = figures(&origins)
        .into_iter()
        .map(|(label, names, stats)| (label, names.join(" "), stats.samples, stats.errors))
        .collect();
    let cell = |names: &str, samples, errors| (Some(7), names.to_owned(), samples, errors);
    assert_eq!(
        cells,
        [
            cell(" \0 Users", 1, 0),
            cell("a 10.0.0.1:1099 Users", 1, 0),
            cell("a:80 10.0.0.1:1099 Admins", 1, 1),
            cell("a:80 10.0.0.1:1099 Users", 2, 1),
            cell("a:80 10.0.0.2:1099 Users", 1, 0),
        ]
    );
    let (_, _, stats) = &figures(&origins)[3];
    assert_eq!((stats.first_ok_start, stats.last_ok_start), (1_000, 1_000));
    assert_eq!(stats.first_failure.map(|first| first.time), Some(2_000));
    assert_eq!(
        (stats.unconnected, stats.waits.counts()),
        (1, vec![(10, 1)])
    );
    assert_eq!(origins.origins.failed_connects().rows, 2);
    assert_eq!(origins.origins.failed_connects().elapsed_sum(), 20);
}

#[test]
fn many_cells_are_told_apart_by_less() {
    let rows: Vec<_> = (0..3_000)
        .map(|label| (label, row(label as u64, "http://a/", "Users 1-1", true)))
        .collect();
    let origins = of(&rows);
    assert_eq!(origins.origins.detail, Detail::Group);
    let found = figures(&origins);
    assert_eq!((found.len(), found[0].2.samples), (1, 3_000));
    assert_eq!(found[0].1, ["a", "\0", "Users"]);
    assert_eq!(origins.check(0, [3_000, 0]), Ok(()));
    assert!(origins.check(0, [2_999, 0]).is_err());
    // Parts of few cells each.
    let (mut a, b) = (of(&rows[..900]), of(&rows[900..1_800]));
    let c = of(&rows[1_800..]);
    assert_eq!(a.origins.detail, Detail::Label);
    a.merge(b);
    a.merge(c);
    assert_eq!(figures(&a), found);
    assert_eq!(a.origins.detail, Detail::Group);
}

#[test]
fn too_many_hosts_leave_nothing() {
    let urls: Vec<String> = (0..1_001)
        .map(|number| format!("http://h{number}/"))
        .collect();
    let mut origins = Run::default();
    for url in &urls {
        let row = Sample {
            url: url.as_bytes(),
            ..sample()
        };
        origins.record(0, &row);
    }
    assert_eq!(origins.origins.detail, Detail::Nothing);
    assert_eq!(figures(&origins), []);
    assert_eq!(origins.check(0, [1_001, 0]), Ok(()));
}

/// Texts that are nearly the same, so that a row that is remembered is taken for another if anything is
/// overlooked.
fn rows() -> impl Strategy<Value = Vec<(usize, Sample<'static>)>> {
    let url = prop::sample::select(vec![
        "http://a/",
        "http://a",
        "http://a?b",
        "http://a:8/x",
        "http://ab/x",
        "https://a/x",
        "http://u@a/x",
        "null",
        "",
    ]);
    let thread_name = prop::sample::select(vec![
        "Users 1-1",
        "Users 1-12",
        "Users 1-",
        "Users 1-1x",
        "Users 1-7000000000",
        "Users 2-1",
        "Users 1-1 1-1",
        "U 1-1",
        "U 1-2",
        "1-1",
        "10.0.0.1:1-Users 1-1",
        "10.0.0.2:1-Users 1-1",
        "10.0.0.1-Users 1-1",
        "",
    ]);
    let hostname = prop::sample::select(vec![&b""[..], b"", b"east", b"west"]);
    let text = (url, thread_name, hostname, 0..2_u32);
    let figures = (0..3_usize, any::<bool>());
    prop::collection::vec((text, figures), 0..80).prop_map(|rows| {
        let rows = rows.into_iter().enumerate();
        rows.map(
            |(number, ((url, thread_name, hostname, input), (label, success)))| {
                let row = Sample {
                    hostname,
                    input,
                    ..row(number as u64, url, thread_name, success)
                };
                (label, row)
            },
        )
        .collect()
    })
}

/// Each row by itself, so that nothing is remembered.
fn one_by_one(rows: &[(usize, Sample<'static>)]) -> Run {
    let mut run = Run::default();
    for row in rows {
        run.merge(of(&[*row]));
    }
    run
}

proptest! {
    #[test]
    fn what_is_remembered_changes_nothing(rows in rows()) {
        prop_assert_eq!(figures(&of(&rows)), figures(&one_by_one(&rows)));
    }

    #[test]
    fn any_split_and_order_gives_the_same(rows in rows(), chosen in any::<u64>()) {
        let is_left = |row: &(usize, Sample<'static>)| chosen >> (row.1.position % 64) & 1 == 0;
        let (left, right): (Vec<_>, Vec<_>) = rows.iter().partition(|row| is_left(row));
        let (mut ab, mut ba) = (of(&left), of(&right));
        ab.merge(of(&right));
        ba.merge(of(&left));
        ba.merge(Run::default());
        let whole = of(&rows);
        prop_assert_eq!(figures(&ab), figures(&whole));
        prop_assert_eq!(figures(&ba), figures(&whole));
        prop_assert_eq!(ab.origins.failed_connects(), whole.origins.failed_connects());
        let failed = rows.iter().filter(|row| !row.1.success).count() as u64;
        prop_assert_eq!(whole.check(1, [rows.len() as u64, failed]), Ok(()));
        let stored = postcard::to_stdvec(&whole.origins).unwrap();
        let read = Run {
            origins: postcard::from_bytes(&stored).unwrap(),
            labels: whole.labels.clone(),
        };
        prop_assert_eq!(figures(&read), figures(&whole));
        prop_assert_eq!(read.check(1, [rows.len() as u64, failed]), Ok(()));
    }
}
