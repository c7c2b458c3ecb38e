//! The name of the method behind an interval, as it stands in the JSON.

use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use std::fmt;

/// Name of the method that made an interval.
///
/// A name and not a closed enum, so that a reader of an old version still reads the estimates of a new one.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Method(Cow<'static, str>);

impl Method {
    /// [`crate::interval::wilson`].
    pub const WILSON: Self = Self::named("wilson");
    /// [`crate::interval::clopper_pearson`].
    pub const CLOPPER_PEARSON: Self = Self::named("clopper_pearson");
    /// [`crate::interval::jeffreys`].
    pub const JEFFREYS: Self = Self::named("jeffreys");
    /// [`crate::interval::agresti_coull`].
    pub const AGRESTI_COULL: Self = Self::named("agresti_coull");
    /// [`crate::rare::upper_bound`].
    pub const EXACT_UPPER_BOUND: Self = Self::named("exact_upper_bound");
    /// [`crate::effective::korn_graubard`].
    pub const KORN_GRAUBARD: Self = Self::named("korn_graubard");
    /// [`crate::continuous::cluster_t`].
    pub const CLUSTER_T: Self = Self::named("cluster_robust_t");
    /// [`crate::continuous::effective_beta`].
    pub const EFFECTIVE_BETA: Self = Self::named("effective_beta");
    /// [`crate::continuous::nearly_constant`].
    pub const NEARLY_CONSTANT: Self = Self::named("nearly_constant_exact");
    /// [`crate::continuous::nearly_constant`], because there are too few clusters to see how they spread.
    pub const FEW_CLUSTERS: Self = Self::named("few_clusters_exact");
    /// [`crate::bootstrap::ClusterBootstrap::percentile`].
    pub const BOOTSTRAP_PERCENTILE: Self = Self::named("cluster_bootstrap_percentile");
    /// [`crate::bootstrap::ClusterBootstrap::studentised`].
    pub const BOOTSTRAP_T: Self = Self::named("cluster_bootstrap_t");
    /// [`crate::agreement`]: resampled units, with one unit more that agrees or differs.
    pub const UNIT_ENVELOPE: Self = Self::named("unit_bootstrap_one_more");
    /// [`crate::agreement::icc`]: from F of mean squares.
    pub const ICC_F: Self = Self::named("icc_f");
    /// [`crate::agreement::icc`]: draws of the variances behind the mean squares.
    pub const GENERALISED_PIVOT: Self = Self::named("generalised_pivot");
    /// [`crate::agreement::kendall`]: from F of ranks.
    pub const RANK_F: Self = Self::named("rank_f");
    /// [`crate::agreement::bland_altman`]: t of paired differences.
    pub const PAIRED_T: Self = Self::named("paired_t");
    /// Square-and-add of the intervals of the parts.
    pub const MOVER: Self = Self::named("mover");
    /// Normal on the scale of Fisher's z.
    pub const FISHER_Z: Self = Self::named("fisher_z");
    /// [`crate::agreement::dawid_skene`], [`crate::agreement::hui_walter`]: resampled items, with one item more.
    pub const LATENT_ENVELOPE: Self = Self::named("latent_class_bootstrap_one_more");
    /// [`crate::bootstrap::ClusterBootstrap::bca`].
    pub const BOOTSTRAP_BCA: Self = Self::named("cluster_bootstrap_bca");
    /// [`crate::difference::newcombe`].
    pub const NEWCOMBE: Self = Self::named("newcombe");
    /// [`crate::difference::newcombe_paired`].
    pub const NEWCOMBE_PAIRED: Self = Self::named("newcombe_paired");
    /// [`crate::difference::bonett_price`].
    pub const BONETT_PRICE: Self = Self::named("bonett_price");
    /// [`crate::rate::poisson`].
    pub const POISSON_EXACT: Self = Self::named("poisson_exact");
    /// All items lie in one cluster: nothing in the data says how far another cluster would differ.
    pub const ONE_CLUSTER: Self = Self::named("not_identified: one cluster");

    /// A method with a fixed name.
    pub const fn named(name: &'static str) -> Self {
        Self(Cow::Borrowed(name))
    }

    /// The name as it stands in the JSON.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Method {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}
