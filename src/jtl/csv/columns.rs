//! The columns that perfkit reads.

/// The places in a row of the columns that perfkit reads. Other columns are ignored.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Columns {
    /// `timeStamp`
    pub time_stamp: usize,
    /// `elapsed`
    pub elapsed: usize,
    /// `label`
    pub label: usize,
    /// `success`
    pub success: usize,
    /// `responseCode`
    pub response_code: Option<usize>,
    /// `responseMessage`
    pub response_message: Option<usize>,
    /// `threadName`
    pub thread_name: Option<usize>,
    /// `failureMessage`
    pub failure_message: Option<usize>,
    /// `bytes`
    pub bytes: Option<usize>,
    /// `sentBytes`
    pub sent_bytes: Option<usize>,
    /// `grpThreads`
    pub grp_threads: Option<usize>,
    /// `allThreads`
    pub all_threads: Option<usize>,
    /// `URL`
    pub url: Option<usize>,
    /// `Latency`
    pub latency: Option<usize>,
    /// `IdleTime`
    pub idle_time: Option<usize>,
    /// `Connect`
    pub connect: Option<usize>,
    /// `Hostname`
    pub hostname: Option<usize>,
    /// `SampleCount`
    pub sample_count: Option<usize>,
    /// `ErrorCount`
    pub error_count: Option<usize>,
    /// The column that samples are grouped by. No other one is read under a name of choice.
    pub group: Option<usize>,
}

impl Columns {
    /// JMeter's default columns since 5.0, which most files have.
    pub const JMETER_5: Columns = Columns {
        time_stamp: 0,
        elapsed: 1,
        label: 2,
        response_code: Some(3),
        response_message: Some(4),
        thread_name: Some(5),
        success: 7,
        failure_message: Some(8),
        bytes: Some(9),
        sent_bytes: Some(10),
        grp_threads: Some(11),
        all_threads: Some(12),
        url: Some(13),
        latency: Some(14),
        idle_time: Some(15),
        connect: Some(16),
        hostname: None,
        sample_count: None,
        error_count: None,
        group: None,
    };

    /// Number of JMeter's default columns since 5.0.
    pub const JMETER_5_WIDTH: usize = 17;

    /// The columns of a header with these names, which must include [`REQUIRED`].
    pub fn named(names: &[String]) -> Self {
        let find = |name: &str| names.iter().position(|known| known == name);
        let required = |name: &str| find(name).unwrap_or_default();
        Columns {
            time_stamp: required("timeStamp"),
            elapsed: required("elapsed"),
            label: required("label"),
            success: required("success"),
            response_code: find("responseCode"),
            response_message: find("responseMessage"),
            thread_name: find("threadName"),
            failure_message: find("failureMessage"),
            bytes: find("bytes"),
            sent_bytes: find("sentBytes"),
            grp_threads: find("grpThreads"),
            all_threads: find("allThreads"),
            url: find("URL"),
            latency: find("Latency"),
            idle_time: find("IdleTime"),
            connect: find("Connect"),
            hostname: find("Hostname"),
            sample_count: find("SampleCount"),
            error_count: find("ErrorCount"),
            group: None,
        }
    }
}

/// The columns that every header must name.
pub const REQUIRED: [&str; 4] = ["timeStamp", "elapsed", "label", "success"];

/// The name of every column that perfkit reads.
pub const COLUMN_NAMES: [&str; 19] = [
    "timeStamp",
    "elapsed",
    "label",
    "success",
    "responseCode",
    "responseMessage",
    "threadName",
    "failureMessage",
    "bytes",
    "sentBytes",
    "grpThreads",
    "allThreads",
    "URL",
    "Latency",
    "IdleTime",
    "Connect",
    "Hostname",
    "SampleCount",
    "ErrorCount",
];
