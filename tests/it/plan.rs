//! `perfkit plan` writes a plan that JMeter can run.

use std::collections::BTreeMap;
use std::path::Path;

use crate::common::Perfkit;
use quick_xml::Reader;
use quick_xml::events::Event;

/// The properties of a plan by name, the last of each; parses the XML to its end.
fn properties(plan: &str) -> BTreeMap<String, String> {
    let mut reader = Reader::from_str(plan);
    let (mut found, mut name, mut depth) = (BTreeMap::new(), String::new(), 0);
    loop {
        match reader.read_event().unwrap() {
            Event::Start(tag) => {
                depth += 1;
                let attribute = tag.try_get_attribute("name").unwrap();
                name = attribute.map_or(String::new(), |name| name.value.to_string());
            }
            Event::Text(text) => {
                let text = text.to_string();
                if !text.trim().is_empty() {
                    found.insert(name.clone(), text);
                }
            }
            Event::End(_) => depth -= 1,
            Event::Eof => break,
            _ => {}
        }
    }
    assert_eq!(depth, 0);
    found
}

#[test]
fn the_example_matches_the_plan_command() {
    let (plan, said) = Perfkit::new().run(&["plan", "--host", "127.0.0.1"]);
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/fibonacci-isprime.jmx");
    if std::env::var_os("UPDATE_EXAMPLES").is_some() {
        std::fs::write(&example, &plan).unwrap();
    }
    assert_eq!(plan, std::fs::read_to_string(example).unwrap());
    let command = "perfkit: 200000 samples; run it with\n  ulimit -Sn 21000 2>/dev/null || ulimit -Sn \
                   $(ulimit -Hn); HEAP='-Xms1g -Xmx4g' JVM_ARGS=-Xss256k jmeter -n -t plan.jmx -l \
                   results.jtl\n";
    let note = said.strip_prefix(command).unwrap();
    assert!(
        note.is_empty() || note.starts_with("perfkit: note: this machine allows "),
        "{note}"
    );
}

#[cfg(unix)]
#[test]
fn the_command_raises_the_limit_as_far_as_allowed() {
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    let perfkit = Perfkit::new();
    let (_, said) = perfkit.run(&["plan", "--host=h", "--users=2000"]);
    let command = said.lines().nth(1).unwrap().trim();
    let jmeter = perfkit.write("jmeter", "#!/bin/sh\nulimit -Sn\n");
    std::fs::set_permissions(&jmeter, std::fs::Permissions::from_mode(0o755)).unwrap();
    let path = format!(
        "{}:{}",
        perfkit.directory.path().display(),
        std::env::var("PATH").unwrap()
    );
    for shell in ["sh", "bash"] {
        for (soft, hard, expected) in [(64, 4000, "3000"), (64, 256, "256"), (3500, 4000, "3000")] {
            let script = format!("ulimit -Sn {soft} && ulimit -Hn {hard} && {command}");
            let output = Command::new(shell)
                .args(["-c", &script])
                .env("PATH", &path)
                .output()
                .unwrap();
            let printed = String::from_utf8_lossy(&output.stdout);
            assert_eq!(printed.trim(), expected, "{shell}: {soft} {hard}");
            assert!(output.stderr.is_empty(), "{shell}: {output:?}");
        }
    }
    // With few open files, fewer users can connect.
    let binary = perfkit.command(&[]).get_program().to_owned();
    let output = Command::new("sh")
        .args([
            "-c",
            "ulimit -n 1500; exec \"$0\" plan --host h --users 2000",
        ])
        .arg(binary)
        .output()
        .unwrap();
    let said = String::from_utf8(output.stderr).unwrap();
    assert!(
        said.contains(
            "allows 1,500 open files (ulimit -Hn), enough for about 500 of the 2,000 users"
        ),
        "{said}"
    );
}

#[test]
fn the_plan_is_well_formed_and_has_the_settings() {
    let perfkit = Perfkit::new();
    let settings = [
        "plan",
        "--host",
        "fe80::1",
        "--port",
        "8443",
        "--protocol",
        "https",
        "--users",
        "30",
        "--ramp-up",
        "3",
        "--loops",
        "7",
        "--output",
        "small.jmx",
    ];
    let (printed, said) = perfkit.run(&settings);
    assert_eq!(printed, "");
    assert_eq!(
        said,
        "perfkit: 420 samples; run it with\n  jmeter -n -t small.jmx -l results.jtl\n"
    );
    let found: BTreeMap<String, String> = properties(&perfkit.read("small.jmx"));
    let expected = [
        ("HTTPSampler.domain", "${__P(host,fe80::1)}"),
        ("HTTPSampler.port", "${__P(port,8443)}"),
        ("HTTPSampler.protocol", "${__P(protocol,https)}"),
        ("ThreadGroup.num_threads", "${__P(users,30)}"),
        ("ThreadGroup.ramp_time", "${__P(ramp_up,3)}"),
        ("LoopController.loops", "${__P(loops,7)}"),
    ];
    for (name, value) in expected {
        assert_eq!(found.get(name).map(String::as_str), Some(value), "{name}");
    }
}

#[test]
fn an_invalid_host_is_rejected() {
    for host in ["\"><x", "a)}${__groovy(1)}", "http://pi/", "a,b", ""] {
        let perfkit = Perfkit::new();
        let output = perfkit.command(&["plan", "--host", host]).output().unwrap();
        assert_eq!(output.status.code(), Some(2), "{host}");
        assert!(output.stdout.is_empty());
    }
}
