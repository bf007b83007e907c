//! The examples do what they say.

#[path = "../../examples/custom_exporter.rs"]
#[allow(dead_code)]
mod custom_exporter;
#[path = "../../examples/embed_server.rs"]
#[allow(dead_code)]
mod embed_server;
#[path = "../../examples/read_jtl.rs"]
#[allow(dead_code)]
mod read_jtl;

use crate::common::{HEADER, Perfkit, five_samples, fixtures, row};

#[test]
fn read_jtl_prints_the_tails() {
    let (aggregate, rejected) = read_jtl::read(&[fixtures().join("errors.jtl")]).unwrap();
    assert_eq!(rejected, 0);
    assert_eq!(
        read_jtl::tails(&aggregate).lines().count(),
        aggregate.labels().len()
    );

    let perfkit = Perfkit::new();
    let rows: String = (1..=1_000)
        .map(|ms| row(1_700_000_000_000, ms, "A", true))
        .collect();
    let ramp = perfkit.write("ramp.jtl", format!("{HEADER}{rows}"));
    let instant = row(1_700_000_000_000, 0, "B", true);
    let instant = perfkit.write("instant.jtl", format!("{HEADER}{instant}oops\n"));
    let (aggregate, rejected) = read_jtl::read(&[ramp, instant]).unwrap();
    assert_eq!(rejected, 1);
    assert_eq!(
        read_jtl::tails(&aggregate),
        "A: median 500 ms, 99.9% Line 999 ms: 2.0 times as long\n\
         B: median 0 ms, 99.9% Line 0 ms: below what JMeter measures\n"
    );
    assert!(read_jtl::read(&[perfkit.path("missing.jtl")]).is_err());
}

#[test]
fn custom_exporter_writes_lines() {
    let perfkit = Perfkit::new();
    let samples = five_samples().replace(",B,", ",\"log in, out=1\",");
    perfkit.write("results.jtl", samples);
    perfkit.run(&["analyze", "results.jtl", "--charts", "none"]);
    let report = serde_json::from_str(&perfkit.read("results-report/report.json")).unwrap();
    assert_eq!(
        custom_exporter::line_protocol(&report),
        "jmeter,label=A samples=3i,errors=0i,throughput=6,mean=200,median=200i,p90=300i,p95=300i,p99=300i 1700000001000000000\n\
         jmeter,label=log\\ in\\,\\ out\\=1 samples=2i,errors=1i,throughput=2,mean=275,median=50i,p90=500i,p95=500i,p99=500i 1700000001000000000\n\
         jmeter,label=TOTAL samples=5i,errors=1i,throughput=5,mean=230,median=200i,p90=300i,p95=500i,p99=500i 1700000001000000000\n"
    );
}

#[tokio::test]
async fn embed_server_answers_counts_and_stops() {
    let server = embed_server::Embedded::start().unwrap();
    let address = server.address;
    let answer = embed_server::get(address, "/fibo/100").await.unwrap();
    assert_eq!(
        answer,
        r#"{"fibonacci_number":354224848179261915075,"index":"100"}"#
    );
    let answer = embed_server::get(address, "/isprime/many").await.unwrap();
    assert!(answer.contains("give a whole number"), "{answer}");
    assert_eq!(server.stop().await.unwrap(), (2, 1));
    assert!(embed_server::get(address, "/fibo/1").await.is_err());
}
