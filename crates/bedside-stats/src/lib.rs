//! Estimates with intervals for scores in [0, 1].
//!
//! An evaluation is a sample: of cases, of passages or templates that the cases come from, of runs. This crate says how far
//! its mean score may lie from the one that more cases of this kind would give, and never gives a number without that.
//!
//! ```
//! use bedside_stats::{ClusterKind, Design, Level, Observation, Scale01};
//!
//! // 40 passages with five questions each; a passage is easy or hard as a whole.
//! let observations: Vec<Observation> = (0..200)
//!     .map(|item| Observation {
//!         item,
//!         cluster: item / 5,
//!         epoch: 0,
//!         score: f64::from((item / 5) % 4 != 0 || item % 5 == 0),
//!     })
//!     .collect();
//! let design = Design {
//!     scale: Scale01::Binary,
//!     clusters: ClusterKind::Sampled("passage".into()),
//!     level: Level::NINETY_FIVE,
//! };
//! let accuracy = design.mean_estimate(&observations)?;
//! assert_eq!(accuracy.to_string(), "0.800 [0.662, 0.900]");
//! assert_eq!(accuracy.method().as_str(), "korn_graubard");
//! assert_eq!(accuracy.assumptions(), ["clusters: passage; 40 drawn independently, their items are not"]);
//! # Ok::<(), bedside_stats::StatsError>(())
//! ```
//!
//! # Map
//!
//! - [`Estimate`]: a value with its [`Interval`], [`Method`], [`Sample`] and assumptions; the JSON of every report.
//! - [`Observation`]: one scored run. [`mean_estimate`] and [`Design`] turn them into an [`Estimate`]; [`rule`] says how.
//! - [`interval`]: a proportion from independent cases. [`effective`]: from clusters or repeated runs.
//! - [`continuous`]: a mean of scores between 0 and 1. [`bootstrap`]: by resampling clusters.
//! - [`comparison`]: two or more systems on the same items, and the four answers. [`planning`]: sizes, and when to stop.
//! - [`rare`]: upper bounds for harms seen seldom or never. [`bounds`]: what missing and unread answers could change.
//! - [`difference`]: of two shares, independent or paired. [`rate`]: events by exposure. [`posterior`]: a rate as a Beta law.
//! - [`significance`]: tests of a share and of two. [`jackknife`]: bias, standard error and acceleration of any statistic.
//! - [`ClusteredMean`]: means and standard errors underneath; [`RobustError`] is the one that the intervals use.
//!
//! # What it does not do
//!
//! It corrects for no judge, weights no strata and draws no verdict. It reads no file, takes no clock
//! and no randomness of its own: what is random takes a seed. It cannot tell how the cases were chosen; an interval around a
//! score on cases picked because a model failed them is an interval around the wrong thing.

pub mod agreement;
pub mod bootstrap;
pub mod bounds;
pub mod calibration;
mod cluster;
pub mod comparison;
pub mod continuous;
pub mod correction;
pub mod difference;
pub mod effective;
mod error;
mod estimate;
mod figure;
pub mod harm;
mod influence;
pub mod interval;
pub mod items;
pub mod jackknife;
mod level;
mod method;
pub mod named;
pub mod planning;
pub mod posterior;
mod quantile;
pub mod rare;
pub mod rate;
pub mod reliability;
mod robust;
pub mod rule;
pub mod significance;
pub mod variance;

pub use cluster::{ClusteredMean, ItemRuns, Observation};
pub use error::StatsError;
pub use estimate::{Estimate, Interval, Sample};
pub use figure::Figure;
pub use level::Level;
pub use method::Method;
pub use robust::RobustError;
pub use rule::{ClusterKind, Design, Scale01, mean_estimate};
