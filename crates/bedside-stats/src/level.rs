//! The confidence level of an interval.

use crate::StatsError;
use serde::{Deserialize, Serialize};

/// A confidence level strictly between 0 and 1, such as 0.95.
///
/// ```
/// use bedside_stats::Level;
/// assert!(Level::new(0.9).is_ok());
/// assert!(Level::new(95.0).is_err(), "percent is not a level");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, PartialOrd, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Level(f64);

impl Level {
    /// 95 %, what is printed unless something else is asked for.
    pub const NINETY_FIVE: Self = Self(0.95);
    /// 90 %: its two-sided interval is a pair of one-sided 95 % bounds, which gates and equivalence use.
    pub const NINETY: Self = Self(0.90);

    /// A level; an error unless it lies strictly between 0 and 1.
    pub fn new(level: f64) -> Result<Self, StatsError> {
        if level > 0.0 && level < 1.0 { Ok(Self(level)) } else { Err(StatsError::Level { level }) }
    }

    /// The level as a fraction.
    pub fn value(self) -> f64 {
        self.0
    }

    /// The share left out on each side of a two-sided interval.
    pub(crate) fn tail(self) -> f64 {
        (1.0 - self.0) / 2.0
    }
}

impl TryFrom<f64> for Level {
    type Error = StatsError;
    fn try_from(level: f64) -> Result<Self, StatsError> {
        Self::new(level)
    }
}

impl From<Level> for f64 {
    fn from(level: Level) -> Self {
        level.0
    }
}
