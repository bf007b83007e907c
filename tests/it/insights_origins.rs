//! Insights on what always fails, what was not reached, and what is slower than the rest: planted in
//! generated runs of many shapes, and shown by the options that they name.

use std::fmt::Write;

use crate::common::load::{Random, report};
use crate::common::{HEADER, Perfkit};
use perfkit::report::{Finding, Report};
use serde_json::Value;

const REFUSED: &str = "Non HTTP response code: java.net.ConnectException,Non HTTP response message: \
                       Connection refused (Connection refused)";

/// What is wrong with a run, if anything: the fault hits one label, host, engine or group.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Fault {
    Nothing,
    Run,
    Label,
    Host,
    Engine,
    Group,
    Unreachable,
    SlowHost,
    SlowEngine,
}

const FAULTS: [Fault; 9] = [
    Fault::Nothing,
    Fault::Run,
    Fault::Label,
    Fault::Host,
    Fault::Engine,
    Fault::Group,
    Fault::Unreachable,
    Fault::SlowHost,
    Fault::SlowEngine,
];

/// A plan: how many there are of each part, and how often requests fail anyway.
#[derive(Debug, Clone, Copy)]
struct Plan {
    rows: usize,
    labels: usize,
    hosts: usize,
    engines: usize,
    groups: usize,
    error_ratio: f64,
    fault: Fault,
    seed: u64,
}

impl Plan {
    fn random(seed: u64) -> Self {
        let mut random = Random(seed);
        let fault = FAULTS[random.below(FAULTS.len())];
        let is_slow = matches!(fault, Fault::SlowHost | Fault::SlowEngine);
        let rows = [120, 300, 500, 2_000][random.below(4)];
        let several = |random: &mut Random, is_needed: bool, most: usize| match is_needed {
            true => 2 + random.below(most - 1),
            false => 1 + random.below(most),
        };
        Plan {
            rows: if is_slow { rows.max(500) } else { rows },
            labels: several(&mut random, fault == Fault::Label, 4),
            hosts: several(
                &mut random,
                matches!(fault, Fault::Host | Fault::Unreachable | Fault::SlowHost),
                3,
            ),
            engines: several(
                &mut random,
                matches!(fault, Fault::Engine | Fault::SlowEngine),
                3,
            ),
            groups: several(&mut random, fault == Fault::Group, 2),
            error_ratio: [0.0, 0.0, 0.01, 0.1][random.below(4)],
            fault,
            seed,
        }
    }

    /// The rows as a JTL file. The first label, host, engine or group has the fault.
    fn jtl(self) -> String {
        let mut random = Random(self.seed ^ 0x5eed);
        let mut text = HEADER.to_owned();
        let mut time = 1_700_000_000_000_f64;
        for _ in 0..self.rows {
            time += random.exponential(50.0);
            let [label, host, engine, group] = [self.labels, self.hosts, self.engines, self.groups]
                .map(|count| random.below(count));
            let hit = match self.fault {
                Fault::Nothing => false,
                Fault::Run => true,
                Fault::Label => label == 0,
                Fault::Host | Fault::Unreachable | Fault::SlowHost => host == 0,
                Fault::Engine | Fault::SlowEngine => engine == 0,
                Fault::Group => group == 0,
            };
            let mut elapsed = random.log_normal(60.0, 0.3);
            let mut connect = 0.0;
            let fails = random.uniform() < self.error_ratio;
            let outcome = match self.fault {
                Fault::Unreachable if hit => {
                    elapsed = random.log_normal(2_000.0, 0.01);
                    connect = elapsed;
                    REFUSED
                }
                Fault::SlowHost | Fault::SlowEngine if hit => {
                    elapsed *= 5.0;
                    if fails {
                        "500,Internal Server Error"
                    } else {
                        "200,OK"
                    }
                }
                _ if hit => "503,Service Unavailable",
                _ if fails => "500,Internal Server Error",
                _ => "200,OK",
            };
            let prefix = match self.engines {
                1 => String::new(),
                _ => format!("10.0.0.{}:1099-", engine + 1),
            };
            let thread = 1 + random.below(20);
            let group = ["Users", "Admins"][group];
            let host = ["a.example", "b.example:8080", "c.example"][host];
            let latency = if connect > 0.0 { 0.0 } else { elapsed };
            writeln!(
                text,
                "{time:.0},{elapsed:.0},Step {label},{outcome},{prefix}{group} 1-{thread},text,{},,1024,512,20,20,http://{host}/x,{latency:.0},0,{connect:.0}",
                outcome.starts_with("200"),
            )
            .unwrap();
        }
        text
    }

    /// Kind and name of what must be said, and nothing else of these kinds.
    fn expected(self) -> Option<(&'static str, Option<&'static str>)> {
        let engine = if self.engines == 1 {
            None
        } else {
            Some("10.0.0.1:1099")
        };
        Some(match self.fault {
            Fault::Nothing => return None,
            Fault::Run => ("run", None),
            Fault::Label => ("label", Some("Step 0")),
            Fault::Host => ("host", Some("a.example")),
            Fault::Engine => ("engine", engine),
            Fault::Group => ("thread_group", Some("Users")),
            Fault::Unreachable => ("unreachable", Some("a.example")),
            Fault::SlowHost => ("slow_host", Some("a.example")),
            Fault::SlowEngine => ("slow_engine", engine),
        })
    }
}

/// The findings of these kinds: part or kind, and name.
fn said(report: &Report) -> Vec<(String, Option<String>)> {
    let findings = report.insights.iter();
    findings
        .filter_map(|insight| match &insight.finding {
            Finding::AlwaysFails(found) => {
                let part = serde_json::to_value(found.part).unwrap();
                assert_eq!(found.others, [""; 0], "{insight:?}");
                Some((part.as_str().unwrap().to_owned(), found.name.clone()))
            }
            Finding::Unreachable(found) => Some(("unreachable".to_owned(), found.host.clone())),
            Finding::SlowHost(found) => Some(("slow_host".to_owned(), Some(found.host.clone()))),
            Finding::SlowEngine(found) => {
                Some(("slow_engine".to_owned(), Some(found.engine.clone())))
            }
            Finding::SlowLabel(found) => Some(("slow_label".to_owned(), Some(found.label.clone()))),
            Finding::NewConnections(_) => Some(("new_connections".to_owned(), None)),
            Finding::ConnectTime(_) => Some(("connect_time".to_owned(), None)),
            Finding::Bimodal(_) => None,
            _ => None,
        })
        .collect()
}

#[test]
fn each_planted_fault_is_said_and_nothing_else() {
    let mut wrong = Vec::new();
    for seed in 0..200 {
        let plan = Plan::random(seed);
        let report = report(&[&plan.jtl()], &[50.0, 95.0]);
        let expected: Vec<_> = plan
            .expected()
            .into_iter()
            .map(|(kind, name)| (kind.to_owned(), name.map(str::to_owned)))
            .collect();
        let said = said(&report);
        if said != expected {
            wrong.push(format!("{plan:?}\n  {said:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}:\n{}", wrong.len(), wrong.join("\n"));
}

/// The insights of a kind of this file, and the report that the next step of each shows.
fn shown(text: &str, kind: &str) -> Vec<(Value, Value)> {
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", text);
    let analyze = |options: &[&str]| -> Value {
        let arguments = ["analyze", "run.jtl", "--no-report", "--format", "json"];
        let (report, _) = perfkit.run(&[&arguments[..], options].concat());
        serde_json::from_str(&report).unwrap()
    };
    let report = analyze(&[]);
    let insights = report["insights"].as_array().unwrap().clone();
    let insights = insights
        .into_iter()
        .filter(|insight| insight["kind"] == kind);
    insights
        .map(|insight| {
            let options = insight["next_step"].as_array().unwrap().iter();
            let options: Vec<&str> = options.map(|option| option.as_str().unwrap()).collect();
            (insight.clone(), analyze(&options))
        })
        .collect()
}

fn row<'a>(report: &'a Value, label: &str) -> &'a Value {
    let rows = report["labels"].as_array().unwrap();
    let row = rows.iter().find(|row| row["label"] == label);
    row.unwrap_or_else(|| panic!("no {label} in {rows:?}"))
}

#[test]
fn next_steps_show_the_figures_of_what_fails() {
    for fault in [
        Fault::Run,
        Fault::Label,
        Fault::Host,
        Fault::Engine,
        Fault::Group,
    ] {
        let plan = Plan {
            rows: 300,
            labels: 2,
            hosts: 2,
            engines: 2,
            groups: 2,
            error_ratio: 0.1,
            fault,
            seed: 7,
        };
        let shown = shown(&plan.jtl(), "always_fails");
        let [(insight, report)] = &shown[..] else {
            panic!("{fault:?}: {shown:?}");
        };
        let row = match insight["name"].as_str() {
            Some(name) => row(report, name),
            None => &report["total"],
        };
        for figure in ["samples", "errors"] {
            assert_eq!(insight[figure], row[figure], "{fault:?}");
        }
    }
}

#[test]
fn next_steps_show_the_figures_of_hosts() {
    let plan = |fault| Plan {
        rows: 600,
        labels: 2,
        hosts: 3,
        engines: 1,
        groups: 1,
        error_ratio: 0.05,
        fault,
        seed: 8,
    };
    let median = |row: &Value| row["elapsed"]["percentiles"][0]["value"].clone();
    let found = shown(&plan(Fault::Unreachable).jtl(), "unreachable");
    let [(insight, report)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(insight["samples"], row(report, "a.example")["samples"]);
    assert_eq!(insight["errors"], row(report, "a.example")["errors"]);
    assert_eq!(insight["median_ms"], median(row(report, "a.example")));
    let found = shown(&plan(Fault::SlowHost).jtl(), "slow_host");
    let [(insight, report)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(insight["samples"], row(report, "a.example")["samples"]);
    assert_eq!(insight["median_ms"], median(row(report, "a.example")));
    let mut others = [
        median(row(report, "b.example")),
        median(row(report, "c.example")),
    ]
    .map(|median| median.as_i64().unwrap());
    others.sort_unstable();
    assert_eq!(insight["others_min_median_ms"], others[0]);
    assert_eq!(insight["others_max_median_ms"], others[1]);
    // Hosts that differ by port only.
    let text = plan(Fault::SlowHost)
        .jtl()
        .replace("c.example", "a.example:81");
    let found = shown(&text, "slow_host");
    let [(insight, report)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(insight["told_by_port"], true);
    assert_eq!(insight["median_ms"], median(row(report, "a.example")));
    assert_eq!(insight["samples"], row(report, "a.example")["samples"]);
    assert!(row(report, "a.example:81")["samples"].as_u64() > Some(0));
}

#[test]
fn next_steps_show_the_figures_of_connections() {
    let mut text = HEADER.to_owned();
    for number in 0..200 {
        let time = 1_700_000_000_000_u64 + number * 100;
        let connect = 40 + number % 9;
        writeln!(
            text,
            "{time},100,A,200,OK,Users 1-1,text,true,,10,10,1,1,http://a/,90,0,{connect}"
        )
        .unwrap();
    }
    let found = shown(&text, "new_connections");
    let [(insight, report)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(insight["samples"], report["total"]["samples"]);
    assert_eq!(
        insight["connect_mean_ms"],
        report["total"]["connect"]["mean"]
    );
    assert_eq!(
        report["options"]["columns"],
        serde_json::json!(["label", "samples", "connect"])
    );
}

#[test]
fn labels_with_signs_of_expressions_are_selected_exactly() {
    let plan = Plan {
        rows: 300,
        labels: 2,
        hosts: 1,
        engines: 1,
        groups: 1,
        error_ratio: 0.0,
        fault: Fault::Label,
        seed: 9,
    };
    // The other label begins with the name of the one that fails.
    let text = plan
        .jtl()
        .replace("Step 0", "/a?b[1]")
        .replace("Step 1", "/a?b[1]/c");
    let found = shown(&text, "always_fails");
    let [(insight, report)] = &found[..] else {
        panic!("{found:?}")
    };
    assert_eq!(insight["name"], "/a?b[1]");
    assert_eq!(insight["samples"], report["total"]["samples"]);
    assert_eq!(insight["errors"], report["total"]["errors"]);
}

#[test]
fn files_of_engines_without_names() {
    let plan = |fault, seed| Plan {
        rows: 200,
        labels: 2,
        hosts: 1,
        engines: 1,
        groups: 1,
        error_ratio: 0.0,
        fault,
        seed,
    };
    let (good, bad) = (plan(Fault::Nothing, 1).jtl(), plan(Fault::Run, 2).jtl());
    let report = report(&[&good, &bad], &[50.0]);
    assert_eq!(
        said(&report),
        [("engine".to_owned(), Some("1.jtl".to_owned()))]
    );
}

#[test]
fn runs_without_a_url() {
    let plan = |fault| Plan {
        rows: 200,
        labels: 2,
        hosts: 2,
        engines: 1,
        groups: 1,
        error_ratio: 0.0,
        fault,
        seed: 3,
    };
    let without = |text: String| {
        text.replace("http://a.example/x", "null")
            .replace("http://b.example:8080/x", "")
    };
    let of = |fault| said(&report(&[&without(plan(fault).jtl())], &[50.0]));
    assert_eq!(of(Fault::Nothing), []);
    assert_eq!(
        of(Fault::Label),
        [("label".to_owned(), Some("Step 0".to_owned()))]
    );
    let all = plan(Fault::Run)
        .jtl()
        .replace("503,Service Unavailable", REFUSED);
    let report = report(&[&without(all)], &[50.0]);
    assert_eq!(said(&report), [("unreachable".to_owned(), None)]);
    assert!(
        report.insights[0]
            .sentence
            .starts_with("The server never answered: all 200 requests")
    );
}

/// Samplers that fail within transactions, which fail with them.
#[test]
fn xml_with_transactions() {
    let mut text = "<testResults version=\"1.2\">\n".to_owned();
    for number in 0..60_u64 {
        let start = 1_700_000_000_000 + number * 500;
        let mut sample = |label: &str, success: bool, message: &str| {
            let code = if success { "200" } else { "503" };
            writeln!(
                text,
                "<httpSample t=\"20\" lt=\"19\" ct=\"0\" ts=\"{start}\" s=\"{success}\" lb=\"{label}\" rc=\"{code}\" rm=\"{message}\" tn=\"Users 1-1\" by=\"9\" ng=\"1\" na=\"1\"><java.net.URL>http://a/x</java.net.URL></httpSample>"
            )
            .unwrap();
        };
        sample("Home", true, "OK");
        sample("Pay", false, "Service Unavailable");
        sample(
            "Checkout",
            false,
            "Number of samples in transaction : 2, number of failing samples : 1",
        );
    }
    text += "</testResults>\n";
    let report = report(&[&text], &[50.0]);
    assert_eq!(
        said(&report),
        [("label".to_owned(), Some("Pay".to_owned()))]
    );
    assert_eq!(
        report.insights[0].next_step,
        ["--include", "^Pay$", "--controllers", "exclude"]
    );
}

#[test]
fn always_fails_does_not_depend_on_threads_or_splits() {
    let plan = Plan {
        rows: 2_000,
        labels: 3,
        hosts: 3,
        engines: 3,
        groups: 2,
        error_ratio: 0.01,
        fault: Fault::Host,
        seed: 5,
    };
    let text = plan.jtl();
    let perfkit = Perfkit::new();
    perfkit.write("run.jtl", &text);
    let lines: Vec<&str> = text.lines().collect();
    for (name, rows) in [("a.jtl", &lines[1..700]), ("b.jtl", &lines[700..])] {
        perfkit.write(name, format!("{}\n{}\n", lines[0], rows.join("\n")));
        let summary = format!("{name}.summary");
        perfkit.run(&["summarize", name, "-o", &summary]);
    }
    let insights = |arguments: &[&str]| {
        let arguments = [
            &["analyze"],
            arguments,
            &["--no-report", "--format", "json"],
        ]
        .concat();
        let (report, _) = perfkit.run(&arguments);
        let report: Value = serde_json::from_str(&report).unwrap();
        report["insights"].clone()
    };
    let found = insights(&["run.jtl", "--threads", "1"]);
    assert_eq!(found[0]["name"], "a.example", "{found}");
    assert_eq!(insights(&["run.jtl", "--threads", "3"]), found);
    assert_eq!(insights(&["a.jtl.summary", "b.jtl.summary"]), found);
}
