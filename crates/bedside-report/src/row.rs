//! The results of a run as other programs see them: one row for each benchmark, system, prompt, slice and metric.

use std::collections::BTreeMap;

use bedside_core::Scale;
use bedside_core::manifest::Domain;
use bedside_core::plan::{PlannedMetric, Role};
use bedside_stats::Estimate;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// One result: a score with its interval, its bounds and its floor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ResultRow {
    /// Id of the benchmark.
    pub benchmark: String,
    /// Name of the task.
    pub task: String,
    /// Kind of clinical work.
    #[schemars(with = "String")]
    pub domain: Domain,
    /// The system, as named in the plan.
    pub system: String,
    /// Id of the wording.
    pub prompt: String,
    /// A slice of the items, as `name=level`; `null` for all of them.
    pub stratum: Option<String>,
    /// `scorer.metric`.
    pub metric: String,
    /// The scale. Scores on different scales are never subtracted or averaged.
    pub scale: Scale,
    /// Whether this is the benchmark's headline.
    pub primary: bool,
    /// The score, a fraction, with its interval.
    #[schemars(with = "EstimateShape")]
    pub estimate: Estimate,
    /// Cells that scored 1, on a 0/1 scale.
    pub count: Option<u64>,
    /// Cells scored on this metric.
    pub n: u64,
    /// Cells among them from whose output no answer could be read. They count as not correct.
    pub unparsed: u64,
    /// Cells without an answer through no doing of the system: missing.
    pub faults: u64,
    /// What the score would be, had the unknown been known.
    pub bounds: Bounds,
    /// The best null policy on this very metric and slice.
    pub floor: Option<Floor>,
    /// Cells planned and never finished: missing.
    pub not_attempted: u64,
    /// Cells answered that have no score on this metric: missing.
    pub unscored: u64,
    /// Version of the scorer.
    pub scorer_version: u32,
    /// Name of the key scored against, when not the published one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<String>,
}

impl ResultRow {
    /// The score if every unparsed answer were right, where that would change anything: what a machine could not read is never credited.
    pub fn creditable(&self) -> Option<f64> {
        self.bounds.unparsed_as_right.filter(|most| *most > self.estimate.value())
    }
}

/// The score under two assumptions about what is not known. Arithmetic: no sampling error is in it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Bounds {
    /// Every fault counted as a score of 0.
    pub faults_as_failures: f64,
    /// Every unparsed answer counted as a score of 1; `null` where 1 is not the better end of the metric.
    pub unparsed_as_right: Option<f64>,
}

/// What no skill scores.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct Floor {
    /// The best null policy.
    pub policy: String,
    /// Its score.
    #[schemars(with = "EstimateShape")]
    pub estimate: Estimate,
    /// The system's score minus the policy's, item by item; `null` when they share no scored item.
    #[schemars(with = "Option<EstimateShape>")]
    pub difference: Option<Estimate>,
}

/// How a score stands against the best policy without skill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AgainstFloor {
    /// The interval of the difference lies above zero.
    Above,
    /// It holds zero.
    NotDistinguishable,
    /// It lies below zero.
    Below,
}

impl Floor {
    /// How the score stands against this policy; `None` without a common item.
    pub fn against(&self) -> Option<AgainstFloor> {
        let ci = self.difference.as_ref()?.ci();
        Some(match () {
            () if ci.lower() > 0.0 => AgainstFloor::Above,
            () if ci.upper() < 0.0 => AgainstFloor::Below,
            () => AgainstFloor::NotDistinguishable,
        })
    }
}

/// What one null policy scored on one metric, over all items.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct FloorRow {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The null policy.
    pub policy: String,
    /// `scorer.metric`.
    pub metric: String,
    /// Its score.
    #[schemars(with = "EstimateShape")]
    pub estimate: Estimate,
    /// Cells scored.
    pub n: u64,
}

/// A combination without any score, which therefore has no row among the results.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WithoutScore {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Id of the wording.
    pub prompt: String,
    /// A slice of the items, as `name=level`; `null` for all of them.
    pub stratum: Option<String>,
    /// `scorer.metric`.
    pub metric: String,
    /// Cells with a fault.
    pub faults: u64,
    /// Cells never finished.
    pub not_attempted: u64,
    /// Cells answered that the metric could not score.
    pub unscored: u64,
}

/// How the cells of one benchmark, system and prompt ended.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct Tally {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Under test, or a floor.
    #[schemars(with = "String")]
    pub role: Role,
    /// Id of the wording.
    pub prompt: String,
    /// Cells planned.
    pub planned: u64,
    /// Cells with an answer, however poor.
    pub answered: u64,
    /// Cells with a fault.
    pub faults: u64,
    /// Cells never finished.
    pub not_attempted: u64,
    /// Answers that could not be read for the headline metric.
    pub unparsed: u64,
    /// Answers that were refusals. A refusal is an answer and is scored.
    pub refusals: u64,
    /// Calls that were sent again because no answer to the first was known.
    pub possibly_billed_twice: u64,
    /// Answers by the reason why the system stopped.
    pub stops: BTreeMap<String, u64>,
    /// Faults by kind.
    pub fault_kinds: BTreeMap<String, u64>,
}

/// Cells by what became of them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct CellCounts {
    /// Cells that the plan has.
    pub planned: u64,
    /// Cells with an answer.
    pub answered: u64,
    /// Cells without an answer through no doing of the system.
    pub faults: u64,
    /// Answers that could not be read for the headline metric.
    pub unparsed: u64,
    /// Cells never finished.
    pub not_attempted: u64,
}

impl CellCounts {
    /// Adds the cells of one tally.
    pub fn add(&mut self, tally: &Tally) {
        self.planned += tally.planned;
        self.answered += tally.answered;
        self.faults += tally.faults;
        self.unparsed += tally.unparsed;
        self.not_attempted += tally.not_attempted;
    }
}

/// Metrics of which a higher value is no success: they have no floor and no "if all were right". `rules_disagree` is about the
/// instrument, `abstained` counts abstentions, due or not.
const NO_SUCCESS: [&str; 2] = [RULES_DISAGREE, "abstained"];

/// Metric of the choice scorer: 1 where its extraction rules read different answers out of one output.
pub const RULES_DISAGREE: &str = "rules_disagree";

/// Whether a higher value of the metric is a success.
pub fn measures_success(metric: &PlannedMetric) -> bool {
    !NO_SUCCESS.contains(&metric.metric.as_str())
}

/// The JSON shape of an estimate, for the schema: `bedside-stats` knows nothing of schemas.
#[derive(JsonSchema)]
#[schemars(rename = "Estimate")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct EstimateShape {
    /// The point estimate.
    value: f64,
    /// The marginal interval.
    ci: IntervalShape,
    /// The interval that holds for a whole family at once.
    #[schemars(default)]
    simultaneous_ci: Option<IntervalShape>,
    /// How the interval was made.
    method: String,
    /// Distinct items.
    n_items: u64,
    /// Distinct clusters of the outermost level.
    n_clusters: u64,
    /// Most runs of any one item.
    n_epochs: u64,
    /// What must hold for the interval to mean what it says.
    assumptions: Vec<String>,
}

#[derive(JsonSchema)]
#[schemars(rename = "Interval")]
#[expect(dead_code, reason = "only its schema is used")]
pub(crate) struct IntervalShape {
    /// Lower end.
    lower: f64,
    /// Upper end.
    upper: f64,
    /// Confidence level.
    level: f64,
}
