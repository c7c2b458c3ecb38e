//! The exit codes: a documented promise.

use std::process::ExitCode;

/// How the program ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done.
    Done,
    /// Our bug.
    Bug,
    /// Usage or input error.
    Usage,
    /// Finished incomplete: faults, an interruption, or a file that could not be written.
    Incomplete,
    /// Nothing selected.
    Nothing,
    /// A run file is not what it was.
    VerificationFailed,
    /// Interrupted a second time.
    Interrupted,
}

impl Exit {
    /// The number.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Bug => 1,
            Self::Usage => 2,
            Self::Incomplete => 3,
            Self::Nothing => 4,
            Self::VerificationFailed => 7,
            Self::Interrupted => 130,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
