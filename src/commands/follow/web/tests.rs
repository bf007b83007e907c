use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;

use tokio::runtime::Runtime;

use super::*;
use crate::report::{Presentation, Report};
use crate::stats::{Aggregate, NewestErrors, Recent};

struct Served {
    web: Web,
    _runtime: Runtime,
}

impl Served {
    fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], 0));
        Served {
            web: Web::start(runtime.handle(), address).unwrap(),
            _runtime: runtime,
        }
    }

    fn show(&self, samples: u64, label: &str) {
        let mut aggregate = Aggregate::default();
        for position in 0..samples {
            aggregate.record(&crate::jtl::Sample {
                position,
                time_stamp: 1_700_000_000_000 + position as i64 * 100,
                label: label.as_bytes(),
                ..crate::stats::tests::sample()
            });
        }
        let report = Report::new(&aggregate.into(), Presentation::default()).unwrap();
        let live = Live::new(report, &Recent::default(), &NewestErrors::default());
        self.web.show(Arc::new(live));
    }

    fn ask(&self, request: &str) -> BufReader<TcpStream> {
        let mut connection = TcpStream::connect(self.web.address).unwrap();
        // Longer than anything here takes; only a failure waits so long.
        let patience = Some(Duration::from_secs(30));
        connection.set_read_timeout(patience).unwrap();
        connection.write_all(request.as_bytes()).unwrap();
        BufReader::new(connection)
    }

    fn get(&self, path: &str, headers: &str) -> (String, String) {
        let request = format!("GET {path} HTTP/1.1\r\n{headers}Connection: close\r\n\r\n");
        let mut answer = String::new();
        self.ask(&request).read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head.to_lowercase(), body.to_owned())
    }

    /// The events, as lines that say something.
    fn events(&self) -> impl Iterator<Item = String> {
        let events =
            self.ask("GET /events HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
        let lines = events.lines().map(Result::unwrap);
        lines.filter(|line| line.starts_with("event:") || line.starts_with("data:"))
    }
}

const HOST: &str = "Host: localhost\r\n";

#[test]
fn a_browser_that_comes_early_or_late_sees_the_run() {
    let served = Served::start();
    let (head, page) = served.get("/", HOST);
    assert!(head.starts_with("http/1.1 200 ok"), "{head}");
    assert!(head.contains("cache-control: no-store"), "{head}");
    assert!(page.contains("Waiting for the first sample."), "{page}");
    assert!(
        page.contains("<meta name=\"revision\" content=\"0\">"),
        "{page}"
    );
    assert_eq!(served.get("/report.html", HOST).1, "no samples yet\n");
    let mut early = served.events();
    let mut next = || early.next().unwrap();
    assert_eq!([next(), next()], ["event: revision", "data: 0"]);
    served.show(3, "A");
    assert_eq!([next(), next()], ["event: revision", "data: 1"]);
    served.show(4, "<script>alert(1)</script>");
    assert_eq!([next(), next()], ["event: revision", "data: 2"]);
    let mut late = served.events();
    let mut later = || late.next().unwrap();
    assert_eq!([later(), later()], ["event: revision", "data: 2"]);
    let (_, page) = served.get("/", HOST);
    assert!(
        page.contains("<meta name=\"revision\" content=\"2\">"),
        "{page}"
    );
    assert!(page.contains("&lt;script&gt;alert(1)"), "{page}");
    assert!(!page.contains("<script>alert"), "{page}");
    assert!(page.contains("connect-src 'self'") && page.contains("new EventSource"));
    let (_, saved) = served.get("/report.html", HOST);
    assert!(!saved.contains("EventSource") && !saved.contains("connect-src"));
    served.web.end();
    assert_eq!([next(), next()], ["event: end", "data: 2"]);
    assert_eq!([later(), later()], ["event: end", "data: 2"]);
    assert_eq!(early.next(), None);
}

#[test]
fn other_names_of_this_machine_are_refused() {
    let served = Served::start();
    for host in [
        "localhost",
        "LOCALHOST:8080",
        "127.0.0.1:80",
        "127.1.2.3",
        "[::1]:8080",
        "[::1]",
    ] {
        let (head, _) = served.get("/", &format!("Host: {host}\r\n"));
        assert!(head.starts_with("http/1.1 200 ok"), "{host}: {head}");
    }
    for headers in [
        "Host: evil.example\r\n",
        "Host: localhost.evil.example\r\n",
        "Host: 127.0.0.1.evil.example:80\r\n",
        "Host: evil.example:localhost\r\n",
        "Host: 192.168.1.3:8080\r\n",
        "Host: \r\n",
        "Host: localhost\r\nHost: evil.example\r\n",
    ] {
        for path in ["/", "/events", "/report.html"] {
            let (head, body) = served.get(path, headers);
            let is_refused = head.starts_with("http/1.1 403") || head.starts_with("http/1.1 400");
            assert!(is_refused, "{headers}: {head}");
            assert!(!body.contains("<html"), "{headers}");
        }
    }
}

#[test]
fn a_port_in_use_is_an_error() {
    let served = Served::start();
    let runtime = Runtime::new().unwrap();
    let error = Web::start(runtime.handle(), served.web.address).err();
    let error = error.unwrap().to_string();
    assert!(error.contains("the port is in use"), "{error}");
}
