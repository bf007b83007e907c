//! The order in which help shows its parts.

/// The help template of every command: examples come before options.
pub(super) const EXAMPLES_FIRST: &str = "\
{about-with-newline}
{usage-heading} {usage}

{before-help}{all-args}{after-help}";
