//! Statistics: record samples, merge aggregates.
