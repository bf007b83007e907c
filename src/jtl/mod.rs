//! JMeter result files: bytes to blocks to records to samples.
