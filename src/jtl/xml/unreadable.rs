//! Why XML is not read at all.

/// Why XML is not read at all.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(super) enum Unreadable {
    #[error(
        "line {line}: the XML has a document type or entity declaration (<!...): JMeter writes \
         none, and perfkit follows none"
    )]
    Doctype { line: u64 },
    #[error(
        "is a JMeter test plan, not results: run it with `jmeter -n -t PLAN -l results.jtl` first"
    )]
    TestPlan,
    #[error("holds XML, but not JMeter's results: its root is <{0}> and not <testResults>")]
    Root(String),
    #[error(
        "declares the encoding {0}, in which perfkit cannot read it: name the right one with \
         --encoding, or convert it to UTF-8 first (iconv -t UTF-8)"
    )]
    Encoding(String),
}

impl Unreadable {
    /// For an input whose root element is not JMeter's.
    pub fn root(name: &[u8]) -> Self {
        /// Bytes of the name that are shown.
        const MAX_NAME: usize = 80;
        match name {
            b"jmeterTestPlan" => Unreadable::TestPlan,
            _ => {
                let shown = String::from_utf8_lossy(&name[..name.len().min(MAX_NAME)]);
                Unreadable::Root(shown.escape_debug().to_string())
            }
        }
    }
}
