//! Inputs that are pieces of one engine's results, beside one another or given twice.

use crate::common::{HEADER, Perfkit};

/// Rows of JMeter's default columns, as it writes them: this many threads, which ramp up and down.
fn rows(threads: i64) -> Vec<String> {
    let mut rows: Vec<(i64, String)> = Vec::new();
    for thread in 0..threads {
        let mut start = 1_700_000_000_000 + thread * 200;
        let end = 1_700_000_060_000 - thread * 100;
        while start < end {
            let elapsed = 100 + (start * 7919 + thread * 31) % 700;
            let active = threads.min((start - 1_700_000_000_000) / 200 + 1);
            let row = format!(
                "{start},{elapsed},Home,200,OK,Users 1-{},text,true,,1024,512,{active},{active},\
                 http://h/,{elapsed},0,0\n",
                thread + 1
            );
            rows.push((start + elapsed, row));
            start += elapsed + 20;
        }
    }
    rows.sort();
    rows.into_iter().map(|(_, row)| row).collect()
}

fn report(perfkit: &Perfkit, inputs: &[&str]) -> serde_json::Value {
    let arguments = [&["analyze"], inputs, &["--format", "json", "--no-report"]].concat();
    let (text, _) = perfkit.run(&arguments);
    serde_json::from_str(&text).unwrap()
}

fn notes(report: &serde_json::Value) -> String {
    report["notes"].to_string()
}

#[test]
fn pieces_of_one_file_are_one_engine() {
    let perfkit = Perfkit::new();
    let rows = rows(20);
    perfkit.write("whole.jtl", format!("{HEADER}{}", rows.concat()));
    let whole = report(&perfkit, &["whole.jtl"]);
    let pieces: Vec<&[String]> = rows.chunks(rows.len() / 4 + 1).collect();
    for (number, piece) in pieces.iter().enumerate() {
        // Only the first one keeps its header.
        let header = if number == 0 { HEADER } else { "" };
        perfkit.write(
            &format!("p{number}.jtl"),
            format!("{header}{}", piece.concat()),
        );
        perfkit.write(
            &format!("h{number}.jtl"),
            format!("{HEADER}{}", piece.concat()),
        );
        perfkit.run(&[
            "summarize",
            &format!("p{number}.jtl"),
            "-o",
            &format!("p{number}.summary"),
        ]);
    }
    perfkit.run(&["summarize", "p1.jtl", "p0.summary", "-o", "both.summary"]);
    for inputs in [
        ["p0.jtl", "p1.jtl", "p2.jtl", "p3.jtl"],
        ["h3.jtl", "h1.jtl", "h0.jtl", "h2.jtl"],
        ["p0.summary", "p1.summary", "p2.summary", "p3.summary"],
        ["p3.summary", "p0.jtl", "p2.jtl", "p1.summary"],
    ] {
        let found = report(&perfkit, &inputs);
        assert_eq!(
            found["time_series"]["active_threads"], whole["time_series"]["active_threads"],
            "{inputs:?}"
        );
        assert_eq!(found["insights"], whole["insights"], "{inputs:?}");
        assert!(
            notes(&found).contains("(4 inputs) follow one another in time"),
            "{found}"
        );
    }
    let found = report(&perfkit, &["both.summary", "p3.jtl", "p2.jtl"]);
    assert_eq!(
        found["time_series"]["active_threads"],
        whole["time_series"]["active_threads"]
    );
    let pair = notes(&report(&perfkit, &["p1.jtl", "p0.jtl"]));
    assert!(
        pair.contains("p0.jtl and p1.jtl follow one another in time"),
        "{pair}"
    );
    // The same for the steady state, and from standard input.
    let trimmed = |inputs: &[&str]| {
        let report = report(&perfkit, &[inputs, &["--trim-ramp"]].concat());
        report["notes"][0].as_str().unwrap().to_owned()
    };
    assert!(trimmed(&["whole.jtl"]).contains("of 20 threads"));
    assert_eq!(
        report(
            &perfkit,
            &["p1.jtl", "p0.jtl", "p3.jtl", "p2.jtl", "--trim-ramp"]
        )["accounting"]["counted"],
        report(&perfkit, &["whole.jtl", "--trim-ramp"])["accounting"]["counted"]
    );
    let rest = pieces[1..].concat().concat();
    let mut command =
        perfkit.command(&["analyze", "p0.jtl", "-", "--format", "json", "--no-report"]);
    let output = command.write_stdin(rest).output().unwrap();
    let found: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(
        found["time_series"]["active_threads"],
        whole["time_series"]["active_threads"]
    );
}

#[test]
fn engines_beside_one_another_are_added_up() {
    let perfkit = Perfkit::new();
    for (name, threads) in [("a", 20), ("b", 10)] {
        let rows = rows(threads);
        let (first, second) = rows.split_at(rows.len() / 2);
        perfkit.write(&format!("{name}.jtl"), format!("{HEADER}{}", rows.concat()));
        perfkit.write(
            &format!("{name}1.jtl"),
            format!("{HEADER}{}", first.concat()),
        );
        perfkit.write(
            &format!("{name}2.jtl"),
            format!("{HEADER}{}", second.concat()),
        );
    }
    let peak = |inputs: &[&str]| {
        let report = report(&perfkit, inputs);
        let threads = report["time_series"]["active_threads"].as_array().unwrap();
        threads
            .iter()
            .filter_map(serde_json::Value::as_f64)
            .fold(0.0, f64::max)
    };
    assert_eq!(peak(&["a.jtl", "b.jtl"]), 30.0);
    assert!(!notes(&report(&perfkit, &["a.jtl", "b.jtl"])).contains("follow"));
    // Both in pieces, in any order.
    assert_eq!(peak(&["b2.jtl", "a1.jtl", "b1.jtl", "a2.jtl"]), 30.0);
}

#[test]
fn engines_named_by_address() {
    let perfkit = Perfkit::new();
    let header = "timeStamp,elapsed,label,success,threadName,allThreads\n";
    for (name, engines) in [
        ("v4.csv", ["172.18.33.7", "172.18.33.8"]),
        ("v6.csv", ["[2001:db8::1]", "2001:db8::2"]),
        ("port.csv", ["load-1.example:1099", "[::1]:1099"]),
    ] {
        let rows = engines
            .map(|engine| format!("1700000000000,100,A,true,{engine}-Thread Group 1-5,100\n"));
        perfkit.write(name, format!("{header}{}", rows.concat()));
        let found = report(&perfkit, &[name]);
        assert_eq!(found["time_series"]["active_threads"][1], 200.0, "{name}");
    }
}

#[test]
fn an_input_given_twice_is_refused() {
    let perfkit = Perfkit::new();
    let rows = rows(2).concat();
    perfkit.write("a.jtl", format!("{HEADER}{rows}"));
    perfkit.write("copy.jtl", format!("{HEADER}{rows}"));
    std::fs::create_dir(perfkit.path("d")).unwrap();
    perfkit.write("d/a.jtl", format!("{HEADER}{rows}"));
    perfkit.run(&["summarize", "a.jtl", "-o", "a.summary"]);
    perfkit.run(&["summarize", "a.jtl", "-o", "b.summary"]);
    perfkit.run(&["summarize", "copy.jtl", "-o", "copy.summary"]);
    let refused = |inputs: &[&str]| perfkit.fail(&[&["analyze", "--no-report"], inputs].concat());
    assert_eq!(
        refused(&["a.jtl", "copy.jtl", "a.jtl"]),
        "perfkit: error: a.jtl: is given twice, so every row would count twice: leave one out, or say \
         --allow-repeats if that is meant"
    );
    assert!(refused(&["a.jtl", "./a.jtl"]).contains("./a.jtl: is the same input as a.jtl"));
    assert!(refused(&["a.jtl", "d/../a.jtl"]).contains("is the same input as a.jtl"));
    assert!(refused(&["-", "-"]).contains("-: is given twice"));
    assert!(refused(&["a.summary", "a.summary"]).contains("a.summary: is given twice"));
    for inputs in [
        ["a.summary", "a.jtl"],
        ["a.jtl", "a.summary"],
        ["a.summary", "b.summary"],
    ] {
        let said = refused(&inputs);
        assert!(said.contains("every row would count twice"), "{said}");
        assert!(said.contains("a.jtl"), "{said}");
    }
    assert!(refused(&["a.summary", "d/a.jtl"]).contains("d/a.jtl: is the same input as a.jtl"));
    #[cfg(unix)]
    {
        std::fs::hard_link(perfkit.path("a.jtl"), perfkit.path("hard.jtl")).unwrap();
        std::os::unix::fs::symlink("a.jtl", perfkit.path("soft.jtl")).unwrap();
        for link in ["hard.jtl", "soft.jtl"] {
            let said = refused(&["a.jtl", link]);
            assert!(
                said.contains(&format!("{link}: is the same input as a.jtl")),
                "{said}"
            );
        }
    }
    let said = perfkit.fail(&["summarize", "a.jtl", "a.jtl", "-o", "twice.summary"]);
    assert!(said.contains("a.jtl: is given twice"), "{said}");
    // If it is meant, it is done and said.
    let samples = |inputs: &[&str]| report(&perfkit, inputs)["total"]["samples"].clone();
    let once = samples(&["a.jtl"]).as_u64().unwrap();
    assert_eq!(samples(&["a.jtl", "a.jtl", "--allow-repeats"]), 2 * once);
    assert_eq!(
        samples(&["a.summary", "a.jtl", "--allow-repeats"]),
        2 * once
    );
    // A copy under another name may be another run, if hardly ever.
    for inputs in [
        ["a.jtl", "copy.jtl"],
        ["a.summary", "copy.summary"],
        ["a.summary", "copy.jtl"],
    ] {
        let found = notes(&report(&perfkit, &inputs));
        assert!(
            found.contains("copy.jtl has the same content as a.jtl"),
            "{found}"
        );
    }
}

#[test]
fn inputs_without_rows_are_not_copies() {
    let perfkit = Perfkit::new();
    perfkit.write("a.jtl", HEADER);
    perfkit.write("b.jtl", HEADER);
    perfkit.write("c.jtl", format!("{HEADER}{}", rows(1).concat()));
    let report = report(&perfkit, &["a.jtl", "b.jtl", "c.jtl"]);
    assert_eq!(report["notes"], serde_json::json!([]));
}

#[test]
fn summaries_from_standard_input_can_be_named() {
    let perfkit = Perfkit::new();
    for (name, shift) in [("east", 0), ("west", 20_000)] {
        let rows = rows(5).concat();
        let mut text = HEADER.to_owned();
        for row in rows.lines() {
            let (stamp, rest) = row.split_once(',').unwrap();
            let stamp = stamp.parse::<i64>().unwrap() + shift;
            text += &format!("{stamp},{rest}\n");
        }
        let summary = format!("{name}.summary");
        let mut command = perfkit.command(&["summarize", "-", "--name", name, "-o", &summary]);
        command.write_stdin(text).assert().success();
    }
    let report = report(&perfkit, &["east.summary", "west.summary"]);
    assert_eq!(report["inputs"][1]["name"], "west");
    let insights = report["insights"].to_string();
    assert!(
        insights.contains("Engine “west” runs 20 s later than “east”"),
        "{insights}"
    );
    let said = perfkit.fail(&[
        "summarize",
        "east.summary",
        "west.summary",
        "--name",
        "x",
        "-o",
        "y",
    ]);
    assert!(
        said.contains("--name names one input, but there are 2"),
        "{said}"
    );
    perfkit.run(&[
        "summarize",
        "east.summary",
        "west.summary",
        "-o",
        "both.summary",
    ]);
    let said = perfkit.fail(&["summarize", "both.summary", "--name", "x", "-o", "y"]);
    assert!(said.contains("but the summary file holds 2"), "{said}");
}
