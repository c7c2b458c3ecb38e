//! A number with its interval: the only form in which a statistic leaves this crate for a report.

use crate::{Level, Method, StatsError};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Rounding by which a value may stand outside its interval before that counts as a mistake.
/// Quantiles are solved to about 1e-14; a thousand times that is still far below any printed digit.
const ROUNDING: f64 = 1e-11;

/// An interval with its confidence level.
///
/// ```
/// use bedside_stats::{Interval, Level};
/// let interval = Interval::new(0.742, 0.814, Level::NINETY_FIVE)?;
/// assert!(interval.contains(0.780));
/// assert_eq!(interval.to_string(), "[0.742, 0.814]");
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "IntervalRecord")]
pub struct Interval {
    lower: f64,
    upper: f64,
    level: Level,
}

impl Interval {
    /// An interval; an error unless both ends are finite and `lower <= upper`.
    pub fn new(lower: f64, upper: f64, level: Level) -> Result<Self, StatsError> {
        if lower.is_finite() && upper.is_finite() && lower <= upper {
            Ok(Self { lower, upper, level })
        } else {
            Err(StatsError::Interval { lower, upper })
        }
    }

    /// The lower end.
    pub fn lower(&self) -> f64 {
        self.lower
    }

    /// The upper end.
    pub fn upper(&self) -> f64 {
        self.upper
    }

    /// The confidence level.
    pub fn level(&self) -> Level {
        self.level
    }

    /// Upper end minus lower end.
    pub fn width(&self) -> f64 {
        self.upper - self.lower
    }

    /// Whether `value` lies inside, ends included.
    pub fn contains(&self, value: f64) -> bool {
        self.lower <= value && value <= self.upper
    }
}

impl fmt::Display for Interval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "[{:.3}, {:.3}]", self.lower, self.upper)
    }
}

/// What an interval looks like in JSON, before it is checked.
#[derive(Deserialize)]
struct IntervalRecord {
    lower: f64,
    upper: f64,
    level: Level,
}

impl TryFrom<IntervalRecord> for Interval {
    type Error = StatsError;
    fn try_from(record: IntervalRecord) -> Result<Self, StatsError> {
        Self::new(record.lower, record.upper, record.level)
    }
}

/// How many items, clusters and runs stand behind an estimate.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sample {
    /// Distinct items.
    pub n_items: u64,
    /// Distinct clusters of the outermost level; as many as items when nothing lies above the item.
    pub n_clusters: u64,
    /// Most runs of any one item.
    pub n_epochs: u64,
}

/// A value, its interval, how it was made, from how much, and under which assumptions.
///
/// It can only be made with an interval that contains its value, and never prints without one.
///
/// ```
/// use bedside_stats::{Estimate, Interval, Level, Method, Sample};
/// let ci = Interval::new(0.742, 0.814, Level::NINETY_FIVE)?;
/// let sample = Sample { n_items: 500, n_clusters: 500, n_epochs: 1 };
/// let accuracy = Estimate::new(0.780, ci, Method::WILSON, sample, vec!["items drawn independently".into()])?;
/// assert_eq!(accuracy.to_string(), "0.780 [0.742, 0.814]");
/// assert_eq!(accuracy.on_hundred().to_string(), "78.00 [74.20, 81.40]");
/// assert!(Estimate::new(0.9, ci, Method::WILSON, sample, vec![]).is_err());
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "EstimateRecord")]
pub struct Estimate {
    value: f64,
    ci: Interval,
    #[serde(skip_serializing_if = "Option::is_none")]
    simultaneous_ci: Option<Interval>,
    method: Method,
    n_items: u64,
    n_clusters: u64,
    n_epochs: u64,
    assumptions: Vec<String>,
}

impl Estimate {
    /// An estimate; an error unless the value is finite and lies in its interval (up to rounding, which is removed).
    pub fn new(
        value: f64,
        ci: Interval,
        method: Method,
        sample: Sample,
        assumptions: Vec<String>,
    ) -> Result<Self, StatsError> {
        let Sample { n_items, n_clusters, n_epochs } = sample;
        let ci = around(value, ci)?;
        Ok(Self { value, ci, simultaneous_ci: None, method, n_items, n_clusters, n_epochs, assumptions })
    }

    /// The same estimate with the interval that holds for the whole family at once and drives labels.
    pub fn with_simultaneous_ci(mut self, ci: Interval) -> Result<Self, StatsError> {
        self.simultaneous_ci = Some(around(self.value, ci)?);
        Ok(self)
    }

    /// The point estimate.
    pub fn value(&self) -> f64 {
        self.value
    }

    /// The marginal interval.
    pub fn ci(&self) -> Interval {
        self.ci
    }

    /// The interval that holds for the whole family of estimates at once, if one was computed.
    pub fn simultaneous_ci(&self) -> Option<Interval> {
        self.simultaneous_ci
    }

    /// How the interval was made.
    pub fn method(&self) -> &Method {
        &self.method
    }

    /// Items, clusters and runs behind it.
    pub fn sample(&self) -> Sample {
        Sample { n_items: self.n_items, n_clusters: self.n_clusters, n_epochs: self.n_epochs }
    }

    /// What must hold for the interval to mean what it says, in words.
    pub fn assumptions(&self) -> &[String] {
        &self.assumptions
    }

    /// The estimate as it is printed on the 0-100 scale that overlap metrics use, with two decimals.
    pub fn on_hundred(&self) -> impl fmt::Display + '_ {
        OnHundred(self)
    }
}

impl fmt::Display for Estimate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.3} {}", self.value, self.ci)
    }
}

struct OnHundred<'a>(&'a Estimate);

impl fmt::Display for OnHundred<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Estimate { value, ci, .. } = self.0;
        write!(f, "{:.2} [{:.2}, {:.2}]", value * 100.0, ci.lower * 100.0, ci.upper * 100.0)
    }
}

/// The interval, stretched over rounding so that it holds its value; an error if that would take more.
fn around(value: f64, ci: Interval) -> Result<Interval, StatsError> {
    let Interval { lower, upper, level } = ci;
    if value.is_finite() && lower - ROUNDING <= value && value <= upper + ROUNDING {
        Interval::new(lower.min(value), upper.max(value), level)
    } else {
        Err(StatsError::ValueOutside { value, lower, upper })
    }
}

/// What an estimate looks like in JSON, before it is checked.
#[derive(Deserialize)]
struct EstimateRecord {
    value: f64,
    ci: Interval,
    #[serde(default)]
    simultaneous_ci: Option<Interval>,
    method: Method,
    n_items: u64,
    n_clusters: u64,
    n_epochs: u64,
    assumptions: Vec<String>,
}

impl TryFrom<EstimateRecord> for Estimate {
    type Error = StatsError;
    fn try_from(record: EstimateRecord) -> Result<Self, StatsError> {
        let EstimateRecord { value, ci, simultaneous_ci, method, n_items, n_clusters, n_epochs, assumptions } = record;
        let estimate = Self::new(value, ci, method, Sample { n_items, n_clusters, n_epochs }, assumptions)?;
        match simultaneous_ci {
            Some(ci) => estimate.with_simultaneous_ci(ci),
            None => Ok(estimate),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAMPLE: Sample = Sample { n_items: 4, n_clusters: 2, n_epochs: 1 };

    fn estimate() -> Estimate {
        let ci = Interval::new(0.25, 0.75, Level::NINETY_FIVE).expect("ordered");
        Estimate::new(0.5, ci, Method::WILSON, SAMPLE, vec!["items drawn independently".into()]).expect("contained")
    }

    #[test]
    fn the_json_is_the_one_that_interface_promises() {
        let json = serde_json::to_string(&estimate()).expect("plain data");
        assert_eq!(
            json,
            r#"{"value":0.5,"ci":{"lower":0.25,"upper":0.75,"level":0.95},"method":"wilson","n_items":4,"n_clusters":2,"n_epochs":1,"assumptions":["items drawn independently"]}"#
        );
        assert_eq!(serde_json::from_str::<Estimate>(&json).expect("what we wrote"), estimate());
    }

    #[test]
    fn a_simultaneous_interval_is_kept() {
        let wide = Interval::new(0.1, 0.9, Level::NINETY_FIVE).expect("ordered");
        let both = estimate().with_simultaneous_ci(wide).expect("contained");
        let json = serde_json::to_value(&both).expect("plain data");
        assert_eq!(json["simultaneous_ci"]["upper"], 0.9);
        assert_eq!(serde_json::from_value::<Estimate>(json).expect("what we wrote"), both);
    }

    #[test]
    fn json_with_a_value_outside_its_interval_is_refused() {
        let json = r#"{"value":0.9,"ci":{"lower":0.25,"upper":0.75,"level":0.95},"method":"wilson","n_items":4,"n_clusters":2,"n_epochs":1,"assumptions":[]}"#;
        let error = serde_json::from_str::<Estimate>(json).expect_err("0.9 is outside");
        assert!(error.to_string().contains("lies outside its interval"), "{error}");
    }

    #[test]
    fn rounding_is_removed_and_more_is_refused() {
        let ci = Interval::new(1e-13, 0.1, Level::NINETY_FIVE).expect("ordered");
        let rounded = Estimate::new(0.0, ci, Method::WILSON, SAMPLE, vec![]).expect("rounding only");
        assert!(rounded.ci().lower().abs() < f64::MIN_POSITIVE);
        for value in [f64::NAN, f64::INFINITY, -0.01] {
            assert!(Estimate::new(value, ci, Method::WILSON, SAMPLE, vec![]).is_err(), "{value}");
        }
        assert!(Interval::new(0.2, 0.1, Level::NINETY_FIVE).is_err());
        assert!(Interval::new(0.2, f64::NAN, Level::NINETY_FIVE).is_err());
    }
}
