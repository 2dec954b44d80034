//! The flags of what is logged.

use super::values::parse_filter;
use clap::{Args, ValueEnum};
use tracing_subscriber::EnvFilter;

/// The flags of what is logged.
#[derive(Clone, Debug, Args)]
pub struct LogArgs {
    /// What to log on standard error: off, error, warn, info, debug, trace, or directives such as server=debug
    #[arg(
        long,
        value_name = "FILTER",
        env = "HEARTWIRE_LOG_LEVEL",
        default_value = "info",
        value_parser = parse_filter,
        help_heading = "Logging"
    )]
    log_level: String,

    /// How to log
    #[arg(
        long,
        value_name = "FORMAT",
        env = "HEARTWIRE_LOG_FORMAT",
        default_value = "text",
        value_enum,
        help_heading = "Logging"
    )]
    log_format: LogFormat,
}

/// The form of a line in the log.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum LogFormat {
    /// For people.
    Text,
    /// One JSON object per line.
    Json,
}

impl LogArgs {
    /// What to log, as checked when the flags were read.
    pub fn filter(&self) -> EnvFilter {
        EnvFilter::new(&self.log_level)
    }

    /// How to log it.
    pub fn format(&self) -> LogFormat {
        self.log_format
    }
}
