//! `stat`

use clap::Args;

/// `stat`
#[derive(Debug, Args)]
pub struct Stat {
    /// The method, by its name: `bedside stat --list` has them.
    #[arg(required_unless_present = "list")]
    pub method: Option<String>,
    /// Describe every method.
    #[arg(long, conflicts_with = "method")]
    pub list: bool,
    /// Print an example of its input.
    #[arg(long)]
    pub example: bool,
}
