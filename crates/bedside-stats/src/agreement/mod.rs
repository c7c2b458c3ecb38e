//! How far raters, judges and instruments agree.
//!
//! | what was rated | use |
//! | --- | --- |
//! | categories | [`Summary`]: raw agreement, kappa, AC1 and alpha side by side; [`chance_corrected`] for one of them |
//! | categories, two raters, as a table | [`cohen::cohen`] |
//! | counts of raters per category | [`fleiss::fleiss`] |
//! | grades, ranks, measurements with missing cells | [`krippendorff::krippendorff`] |
//! | measurements, complete | [`icc::Icc`]; two instruments: [`bland_altman::BlandAltman`], [`lin::lin`] |
//! | rankings | [`kendall::kendall_w`] |
//! | a sum of items | [`composite::cronbach`], [`composite::spearman_brown`], [`composite::disattenuated`] |
//! | nobody knows the truth | [`dawid_skene::DawidSkene`], with two raters in two populations [`hui_walter::HuiWalter`] |
//! | may a model stand in for a rater? | [`alt_test::AltTest`] |
//! | does a judge favour what it reads first? | [`position::PositionBias`] |
//!
//! Raters are the raters at hand: no interval here says how others would agree. A coefficient of agreement is no accuracy: raters
//! trained alike agree on the same mistakes.

pub mod alt_test;
pub mod bland_altman;
mod chance_corrected;
pub mod cohen;
pub mod composite;
pub mod dawid_skene;
mod envelope;
pub mod fleiss;
pub mod gwet;
pub mod hui_walter;
pub mod icc;
pub mod kendall;
pub mod krippendorff;
mod law;
pub mod lin;
pub mod position;
mod ratings;
mod summary;
mod weights;

pub use chance_corrected::{ChanceCorrected, Coefficient, chance_corrected};
pub use ratings::Ratings;
pub use summary::Summary;
pub use weights::Weights;
