use super::super::Evidence;
use super::*;
use crate::analysed::Analysed;
use crate::jtl::Sample;
use crate::stats::Aggregate;
use crate::stats::tests::sample;

/// Finds what [`find`] finds, without the course of the run.
pub(super) fn found(aggregate: Aggregate) -> Vec<Finding> {
    let analysed = Analysed::from(aggregate);
    let aggregate = &analysed.aggregate;
    let (samplers, labels) = (aggregate.samplers(), aggregate.labels());
    let (found, _) = find(&Evidence {
        analysed: &analysed,
        aggregate,
        labels: &labels,
        samplers: &samplers,
        rows: &[],
        elapsed: &samplers.distributions().elapsed(),
        window: None,
        timeline: &aggregate.timeline().dense(i64::MIN..=i64::MAX),
        series: None,
        stray_times: None,
        monitored: &[],
    });
    found
}

const REFUSED: &str = "Non HTTP response code: java.net.ConnectException";

/// Samples of the same kind.
#[derive(Clone, Copy)]
struct Of {
    label: &'static str,
    url: &'static str,
    thread_name: &'static str,
    code: &'static str,
    count: u64,
    elapsed: i64,
}

impl Default for Of {
    fn default() -> Self {
        Of {
            label: "Home",
            url: "http://shop/",
            thread_name: "Users 1-1",
            code: "200",
            count: 100,
            elapsed: 20,
        }
    }
}

/// A run of these, mixed evenly, one sample every 10 ms.
fn run(all: &[Of]) -> Aggregate {
    let mut rows: Vec<(f64, &Of)> = Vec::new();
    for of in all {
        for number in 0..of.count {
            rows.push(((number as f64 + 0.5) / of.count as f64, of));
        }
    }
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    let mut aggregate = Aggregate::default();
    for (number, (_, of)) in rows.iter().enumerate() {
        let success = of.code == "200";
        let (message, connect, latency) = match of.code {
            REFUSED => (
                "Non HTTP response message: Connection refused",
                of.elapsed,
                0,
            ),
            "500" => ("Internal Server Error", 0, of.elapsed),
            _ => ("OK", 0, of.elapsed),
        };
        aggregate.record(&Sample {
            position: number as u64,
            time_stamp: 1_700_000_000_000 + number as i64 * 10,
            label: of.label.as_bytes(),
            url: of.url.as_bytes(),
            thread_name: of.thread_name.as_bytes(),
            response_code: of.code.as_bytes(),
            response_message: message.as_bytes(),
            elapsed: of.elapsed,
            connect: Some(connect),
            latency: Some(latency),
            success,
            error_count: u64::from(!success),
            ..sample()
        });
    }
    aggregate
}

fn sentences(all: &[Of]) -> Vec<String> {
    let found = found(run(all)).into_iter();
    let sentences: Vec<String> = found.map(|finding| finding.told().sentence()).collect();
    sentences
}

fn ok(label: &'static str) -> Of {
    Of {
        label,
        ..Of::default()
    }
}

fn failing(label: &'static str) -> Of {
    Of {
        code: "500",
        ..ok(label)
    }
}

#[test]
fn the_whole_run_fails() {
    assert_eq!(
        sentences(&[failing("Home"), failing("Pay")]),
        ["Every request failed: 200 of 200, first with “500 Internal Server Error”."]
    );
    let few = Of {
        count: 10,
        ..ok("Home")
    };
    assert_eq!(
        sentences(&[failing("Home"), few]),
        ["Nearly every request failed: 100 of 110 (91%), first with “500 Internal Server Error”."]
    );
    // However few there are.
    for (count, first) in [(1, "with"), (3, "first with")] {
        let few = Of {
            count,
            ..failing("Home")
        };
        let said = format!(
            "Every request failed: {count} of {count}, {first} “500 Internal Server Error”."
        );
        assert_eq!(sentences(&[few]), [said]);
    }
}

#[test]
fn a_label_that_never_succeeds() {
    assert_eq!(
        sentences(&[ok("Home"), failing("Pay (x)")]),
        ["Every request of “Pay (x)” failed: 100 of 100, first with “500 Internal Server Error”."]
    );
    let found = found(run(&[ok("Home"), failing("Pay (x)")]));
    assert_eq!(found[0].told().next_step(), ["--include", r"^Pay \(x\)$"]);
    // Fewer than ten; less than nine in ten.
    let few = Of {
        count: 9,
        ..failing("Pay")
    };
    assert_eq!(sentences(&[ok("Home"), few]), [""; 0]);
    let some = Of {
        count: 12,
        ..ok("Pay")
    };
    assert_eq!(sentences(&[ok("Home"), failing("Pay"), some]), [""; 0]);
}

#[test]
fn several_labels_are_one_finding() {
    let all = ["a", "b", "c", "d", "e"].map(failing);
    let home = Of {
        count: 100,
        ..ok("Home")
    };
    assert_eq!(
        sentences(&[&all[..], &[home]].concat()),
        ["5 of 6 labels fail every request: 500 failed, first with “500 Internal Server Error”."]
    );
}

#[test]
fn a_label_that_is_all_of_its_host_and_group_is_told_once() {
    let pay = Of {
        url: "http://pay/",
        thread_name: "Payers 1-1",
        ..failing("Pay")
    };
    assert_eq!(
        sentences(&[ok("Home"), pay]),
        ["Every request of “Pay” failed: 100 of 100, first with “500 Internal Server Error”."]
    );
}

#[test]
fn a_host_that_fails_explains_its_labels() {
    let on = |label| Of {
        url: "http://b:80/",
        ..failing(label)
    };
    assert_eq!(
        sentences(&[
            ok("Home"),
            ok("Pay"),
            on("Home"),
            on("Pay"),
            on("Only there")
        ]),
        [
            "Every request to host “b:80” failed: 300 of 300, first with “500 Internal Server Error”."
        ]
    );
}

#[test]
fn an_engine_and_a_group_that_fail() {
    let by = |thread_name| [failing("Home"), failing("Pay")].map(|of| Of { thread_name, ..of });
    assert_eq!(
        sentences(&[&[ok("Home"), ok("Pay")][..], &by("10.0.0.2:1099-Users 1-1")].concat()),
        [
            "Every request from load generator “10.0.0.2:1099” failed: 200 of 200, first with “500 Internal Server Error”."
        ]
    );
    assert_eq!(
        sentences(&[&[ok("Home"), ok("Pay")][..], &by("Admins 2-1")].concat()),
        [
            "Every request of thread group “Admins” failed: 200 of 200, first with “500 Internal Server Error”."
        ]
    );
}

#[test]
fn a_host_that_never_answers() {
    let down = |label| Of {
        url: "http://b:9000/",
        code: REFUSED,
        elapsed: 7_015,
        ..ok(label)
    };
    let never = "Host “b:9000” never answered: all 200 requests failed without a connection, after \
                 7,015 ms at the median, first with “ConnectException: Connection refused”.";
    let both = [down("Home"), down("Only there")];
    // Neither the label that is only there is told, nor that the host is slow; alone or beside others.
    assert_eq!(sentences(&both), [never]);
    assert_eq!(sentences(&[&both[..], &[ok("Home")]].concat()), [never]);
    // Without a URL.
    let unknown = both.map(|of| Of { url: "", ..of });
    let sentences = sentences(&unknown);
    assert_eq!(sentences.len(), 1);
    assert!(sentences[0].starts_with("The server never answered: all 200 requests"));
}

#[test]
fn a_run_that_mostly_cannot_connect() {
    let failed = Of {
        code: REFUSED,
        elapsed: 67_000,
        count: 890,
        ..ok("Home")
    };
    let connected = Of {
        count: 110,
        elapsed: 900,
        ..ok("Home")
    };
    assert_eq!(
        sentences(&[failed, connected]),
        [
            "Host “shop” hardly answered: 890 of 1,000 requests (89%) never got a connection, first with “ConnectException: Connection refused”."
        ]
    );
}

#[test]
fn a_host_that_fails_from_a_moment_on_was_reached() {
    let mut aggregate = run(&[Of {
        count: 200,
        ..ok("Home")
    }]);
    for number in 0..300 {
        aggregate.record(&Sample {
            position: 1_000 + number,
            time_stamp: 1_700_000_002_000 + number as i64 * 10,
            label: b"Home",
            url: b"http://shop/",
            // A thread group without successes, because it begins later.
            thread_name: [&b"Users 1-1"[..], b"Late 1-1"][number as usize % 2],
            response_code: REFUSED.as_bytes(),
            success: false,
            error_count: 1,
            ..sample()
        });
    }
    assert_eq!(found(aggregate), []);
}

#[test]
fn samplers_are_named_rather_than_controllers_around_them() {
    let mut aggregate = run(&[ok("Home"), failing("Pay")]);
    for number in 0..100 {
        aggregate.record(&Sample {
            position: 1_000 + number,
            label: b"Checkout",
            response_message:
                b"Number of samples in transaction : 1, number of failing samples : 1",
            success: false,
            error_count: 1,
            ..sample()
        });
    }
    let found = found(aggregate);
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(
        found[0].told().next_step(),
        ["--include", "^Pay$", "--controllers", "exclude"]
    );
}

#[test]
fn a_label_stands_for_its_sub_results() {
    assert_eq!(
        sentences(&[
            ok("Home"),
            failing("Pay"),
            failing("Pay-0"),
            failing("Pay-1")
        ]),
        ["Every request of “Pay” failed: 100 of 100, first with “500 Internal Server Error”."]
    );
}
