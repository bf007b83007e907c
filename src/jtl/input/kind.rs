//! Kinds of files, told apart by their first bytes.

use memchr::memmem;

/// How the bytes of a file are packed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    Plain,
    Gzip,
    Zstd,
    /// Packed with the first, which the second unpacks.
    Unsupported(&'static str, &'static str),
}

impl Kind {
    pub fn of(magic: &[u8]) -> Kind {
        match magic {
            [0x1F, 0x8B, ..] => Kind::Gzip,
            // The second is a frame that zstd skips.
            [0x28, 0xB5, 0x2F, 0xFD] | [0x50..=0x5F, 0x2A, 0x4D, 0x18] => Kind::Zstd,
            [b'B', b'Z', b'h', _] => Kind::Unsupported("bzip2", "bzip2 -dc"),
            [0xFD, b'7', b'z', b'X'] => Kind::Unsupported("xz", "xz -dc"),
            _ => Kind::Plain,
        }
    }
}

/// How a file that is not JMeter's results is recognised.
enum Sign {
    /// It starts with one of these bytes.
    Starts(&'static [&'static [u8]]),
    /// It starts with a byte that no text has, perhaps read as another character, then with these bytes.
    StartsNear(&'static [u8]),
    /// It starts with the first of these, and contains all others.
    Holds(&'static [u8], &'static [&'static [u8]]),
    /// Its first line starts with one of these, ignoring case and quotes.
    FirstLine(&'static [&'static str]),
    /// It passes a test.
    Is(fn(&[u8]) -> bool),
}

use Sign::{FirstLine, Holds, Is, Starts, StartsNear};

const GIVE_RESULTS: &str = "give the results file that JMeter wrote with -l";

/// What people give in place of results: how it is recognised, what it is, and what to do. The first sign
/// that fits decides.
const OTHER_FILES: &[(Sign, &str, &str)] = &[
    (
        Is(|start| !start.is_empty() && start.iter().all(|&byte| matches!(byte, 0 | b'\n'))),
        "contains only NUL bytes (0x00)",
        "the machine stopped before the results were on disk; this file has none",
    ),
    (
        Holds(b"PK\x03\x04", &[b"[Content_Types].xml"]),
        "is a spreadsheet or another Office document",
        "save the sheet as CSV, or give the file that JMeter wrote",
    ),
    (
        Holds(b"PK\x03\x04", &[b"opendocument"]),
        "is an OpenDocument file",
        "save the sheet as CSV, or give the file that JMeter wrote",
    ),
    (
        Starts(&[b"\xD0\xCF\x11\xE0", b"\xC3\x90\xC3\x8F\x11\xC3\xA0"]),
        "is an old Office document, such as XLS",
        "save the sheet as CSV, or give the file that JMeter wrote",
    ),
    (
        Starts(&[b"PK\x03\x04", b"PK\x05\x06"]),
        "is a ZIP archive",
        "unpack it first",
    ),
    (
        Starts(&[b"7z\xBC\xAF", b"7z\xC2\xBC"]),
        "is a 7z archive",
        "unpack it first",
    ),
    (Starts(&[b"Rar!"]), "is a RAR archive", "unpack it first"),
    (
        Is(is_tar),
        "is a tar archive",
        "unpack it first (tar -xf), then give the results file in it",
    ),
    (Starts(&[b"%PDF-"]), "is a PDF document", GIVE_RESULTS),
    (StartsNear(b"PNG\r\n"), "is a PNG image", GIVE_RESULTS),
    (Starts(&[b"GIF8"]), "is a GIF image", GIVE_RESULTS),
    (
        Starts(&[b"SQLite format 3"]),
        "is a SQLite database",
        GIVE_RESULTS,
    ),
    (
        Is(is_gatling_binary),
        "is Gatling's simulation.log",
        "perfkit reads only JMeter's results",
    ),
    (
        Starts(&[b"RUN\t", b"ASSERTION\t"]),
        "is Gatling's simulation.log",
        "perfkit reads only JMeter's results",
    ),
    (
        Holds(b"<", &[b"<jmeterTestPlan"]),
        "is a JMeter test plan, not results",
        "run it with `jmeter -n -t PLAN -l results.jtl` first",
    ),
    (
        Is(|start| is_html(start) && memmem::find(start, b"Apache JMeter Dashboard").is_some()),
        "is a page of JMeter's dashboard",
        GIVE_RESULTS,
    ),
    (Is(is_html), "is a web page (HTML)", GIVE_RESULTS),
    (
        Holds(b"<", &[b"<testsuite"]),
        "is a JUnit report",
        GIVE_RESULTS,
    ),
    (
        Holds(b"{", &[b"\"schema_version\"", b"\"perfkit_version\""]),
        "is a report.json of perfkit",
        "`perfkit compare` reads it; `analyze` needs the results file itself",
    ),
    (
        Holds(b"{", &[b"\"transaction\"", b"\"sampleCount\""]),
        "is a statistics.json of JMeter's dashboard or of perfkit",
        GIVE_RESULTS,
    ),
    (
        Holds(b"{", &[b"\"type\":\"Metric\"", b"\"metric\""]),
        "is k6's JSON output",
        "perfkit reads only JMeter's results",
    ),
    (
        Holds(b"{", &[b"\"type\":\"Point\"", b"\"metric\""]),
        "is k6's JSON output",
        "perfkit reads only JMeter's results",
    ),
    (
        Holds(b"{", &[b"\"metrics\"", b"\"http_req"]),
        "is a summary by k6",
        "perfkit reads only JMeter's results",
    ),
    (
        Holds(b"{", &[b"\"attack\"", b"\"latency\""]),
        "is vegeta's output",
        "perfkit reads only JMeter's results",
    ),
    (
        Holds(b"{", &[b"\"latencies\"", b"\"bytes_in\""]),
        "is a report by vegeta",
        "perfkit reads only JMeter's results",
    ),
    (
        Is(is_json),
        "is JSON, but JMeter writes results as CSV or XML",
        GIVE_RESULTS,
    ),
    (
        FirstLine(&[
            "label,# samples,average",
            "label;# samples;average",
            "label\t# samples\taverage",
        ]),
        "is a table that JMeter's Aggregate Report or Summary Report, or perfkit, saved",
        "its rows sum up samples; give the results file that it was made from",
    ),
    (
        FirstLine(&["metric_name,timestamp,metric_value"]),
        "is k6's CSV output",
        "perfkit reads only JMeter's results",
    ),
    (
        FirstLine(&[
            "type,name,request count",
            "type,name,# requests",
            "timestamp,user count,type,name",
            "method,name,error,occurrences",
            "method,name,# requests",
            "count,message,traceback",
        ]),
        "is Locust's CSV output",
        "perfkit reads only JMeter's results",
    ),
    (
        FirstLine(&["label,avg_ct,avg_lt"]),
        "is Taurus' final statistics",
        "give the kpi.jtl in its artifacts directory",
    ),
    (
        FirstLine(&["requests [total", "requests      [total"]),
        "is a report by vegeta",
        "perfkit reads only JMeter's results",
    ),
    (
        FirstLine(&[
            "this is apachebench",
            "percentage served,time in ms",
            "starttime\tseconds\tctime",
        ]),
        "is ApacheBench's output (ab)",
        "perfkit reads only JMeter's results",
    ),
    (
        Is(|start| {
            first_line(start).starts_with(b"Running ") && memmem::find(start, b" test @ ").is_some()
        }),
        "is wrk's output",
        "perfkit reads only JMeter's results",
    ),
    (
        FirstLine(&["response-time,dns+dialup"]),
        "is hey's CSV output",
        "perfkit reads only JMeter's results",
    ),
    (
        FirstLine(&["time_ms,process_cpu_percent"]),
        "is a monitor file of `perfkit serve`",
        "give it with --monitor, beside the results file",
    ),
    (
        Is(is_log),
        "is a log, such as jmeter.log, not results",
        GIVE_RESULTS,
    ),
    (
        FirstLine(&[
            "creating summariser",
            "created the tree successfully",
            "summary +",
            "summary =",
        ]),
        "is what JMeter printed, not its results",
        GIVE_RESULTS,
    ),
];

/// Says what a file is that starts like this, if it is known not to be JMeter's results, and what to do.
pub fn describe_other(start: &[u8]) -> Option<String> {
    let start = start.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(start);
    let text = start.trim_ascii_start();
    let line = first_line(text);
    let line: String = String::from_utf8_lossy(&line[..line.len().min(200)])
        .chars()
        .filter(|&letter| letter != '"')
        .collect();
    let line = line.to_ascii_lowercase();
    let fits = |sign: &Sign| match sign {
        Starts(all) => all.iter().any(|bytes| start.starts_with(bytes)),
        StartsNear(bytes) => (1..4).any(|at| start.get(at..).is_some_and(|s| s.starts_with(bytes))),
        Holds(first, all) => {
            let holds = |bytes: &&[u8]| memmem::find(text, bytes).is_some();
            text.starts_with(first) && all.iter().all(holds)
        }
        FirstLine(all) => all.iter().any(|known| line.starts_with(known)),
        Is(test) => test(start),
    };
    let known = OTHER_FILES.iter().find(|(sign, _, _)| fits(sign));
    known.map(|(_, what, advice)| format!("{what}: {advice}"))
}

fn first_line(text: &[u8]) -> &[u8] {
    text.split(|&byte| byte == b'\n').next().unwrap_or_default()
}

fn is_tar(start: &[u8]) -> bool {
    const SIGN: usize = 257;
    start
        .get(SIGN..)
        .is_some_and(|rest| rest.starts_with(b"ustar"))
}

fn is_html(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    let starts = |with: &[u8]| {
        let start = text.get(..with.len());
        start.is_some_and(|start| start.eq_ignore_ascii_case(with))
    };
    starts(b"<!doctype html") || starts(b"<html")
}

/// Gatling's binary log: the type of the first record, then the length and the text of a version.
fn is_gatling_binary(start: &[u8]) -> bool {
    let [0, 0, 0, 0, length @ 3..=20, version @ ..] = start else {
        return false;
    };
    let is_version =
        |text: &[u8]| text.first().is_some_and(u8::is_ascii_digit) && text.contains(&b'.');
    version.get(..usize::from(*length)).is_some_and(is_version)
}

fn is_json(start: &[u8]) -> bool {
    let text = start.trim_ascii_start();
    let Some((b'{' | b'[', rest)) = text.split_first() else {
        return false;
    };
    matches!(
        rest.trim_ascii_start().first(),
        Some(b'"' | b'{' | b'}' | b']' | b'[')
    )
}

/// A date, a time and a level, as Log4j writes them.
fn is_log(start: &[u8]) -> bool {
    let line = first_line(start);
    let is_dated = line
        .get(..4)
        .is_some_and(|year| year.iter().all(u8::is_ascii_digit))
        && line.get(4).is_some_and(|byte| matches!(byte, b'-' | b'/'));
    let head = &line[..line.len().min(40)];
    let levels: [&[u8]; 5] = [b" INFO ", b" WARN ", b" ERROR ", b" DEBUG ", b" FATAL "];
    is_dated
        && levels
            .iter()
            .any(|level| memmem::find(head, level).is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_files_are_named() {
        let tar = [&[b'a'; 100][..], &[0; 157], b"ustar\x0000"].concat();
        let cases: [(&[u8], &str); 33] = [
            (
                b"2024-05-01 10:11:12,123 INFO o.a.j.u.JMeterUtils: Setting Locale to en_EN\n",
                "is a log",
            ),
            (
                b"2017/05/01 10:11:12 INFO  - jmeter.util.JMeterUtils: Setting Locale",
                "is a log",
            ),
            (
                b"{\n  \"schema_version\": 1,\n  \"perfkit_version\": \"0.1.0\"",
                "is a report.json of perfkit",
            ),
            (
                b"{\n  \"Total\" : {\n    \"transaction\" : \"Total\",\n    \"sampleCount\" : 2,",
                "is a statistics.json",
            ),
            (
                b"<?xml version=\"1.0\"?>\n<jmeterTestPlan version=\"1.2\">",
                "is a JMeter test plan",
            ),
            (b"<!DOCTYPE html>\n<html>", "is a web page"),
            (
                b"<html><title>Apache JMeter Dashboard</title>",
                "is a page of JMeter's dashboard",
            ),
            (b"<?xml version=\"1.0\"?><testsuites>", "is a JUnit report"),
            (&tar, "is a tar archive"),
            (
                b"PK\x03\x04\x14\0\x06\0\x08\0\0\0!\0[Content_Types].xml",
                "is a spreadsheet",
            ),
            (
                b"PK\x03\x04\x14\0results.jtl",
                "is a ZIP archive: unpack it first",
            ),
            (b"%PDF-1.7\n", "is a PDF"),
            (b"\x89PNG\r\n\x1a\n", "is a PNG"),
            ("\u{2030}PNG\r\n\u{1a}\n".as_bytes(), "is a PNG"),
            (
                b"metric_name,timestamp,metric_value,check,error\n",
                "is k6's CSV",
            ),
            (
                b"{\"type\":\"Metric\",\"data\":{},\"metric\":\"http_reqs\"}\n",
                "is k6's JSON",
            ),
            (
                b"{\"metric\":\"http_reqs\",\"type\":\"Point\",\"data\":{}}\n",
                "is k6's JSON",
            ),
            (
                b"RUN\tSimulation\tsimulation\t1700000000000\t \t3.9\n",
                "is Gatling's",
            ),
            (b"\0\0\0\0\x06\x33.13.1\0", "is Gatling's"),
            (b"Type,Name,Request Count,Failure Count\n", "is Locust's"),
            (
                b"Timestamp,User Count,Type,Name,Requests/s\n",
                "is Locust's",
            ),
            (b"\"Method\",\"Name\",\"# requests\"\n", "is Locust's"),
            (
                b"Label,# Samples,Average,Median,90% Line\n",
                "is a table that JMeter's Aggregate",
            ),
            (
                b"Label,# Samples,Average,Min,Max,Std. Dev.\n",
                "is a table that JMeter's Aggregate",
            ),
            (
                b"{\"attack\":\"\",\"seq\":0,\"code\":200,\"latency\":5}",
                "is vegeta's",
            ),
            (
                b"Requests      [total, rate, throughput]  100, 10, 10\n",
                "is a report by vegeta",
            ),
            (b"This is ApacheBench, Version 2.3\n", "is ApacheBench's"),
            (
                b"starttime\tseconds\tctime\tdtime\tttime\twait\n",
                "is ApacheBench's",
            ),
            (b"Running 30s test @ http://localhost/\n", "is wrk's"),
            (b"[{\"name\": 1}]", "is JSON"),
            (b"\0\0\0\0\n\0", "contains only NUL bytes"),
            (b"Creating summariser <summary>\n", "is what JMeter printed"),
            (b"label,avg_ct,avg_lt,avg_rt\n", "is Taurus'"),
        ];
        for (start, expected) in cases {
            let found = describe_other(start).unwrap_or_default();
            assert!(found.starts_with(expected), "{expected}: {found}");
        }
    }

    #[test]
    fn results_and_unknown_files_are_not() {
        for start in [
            &b"timeStamp,elapsed,label,success\n"[..],
            b"1700000000000,5,A,200,OK,T 1-1,text,true\n",
            b"2024-05-01 10:11:12,123,INFO,200\n",
            b"<?xml version=\"1.0\"?>\n<testResults version=\"1.2\">\n<httpSample t=\"1\"/>",
            b"hello world\n",
            b"",
        ] {
            assert_eq!(describe_other(start), None);
        }
    }
}
