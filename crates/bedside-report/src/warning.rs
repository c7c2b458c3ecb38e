//! What a careful person would ask of these results. Each warning says what was seen, what it may mean, and what to do.

use bedside_core::plan::{Plan, PlannedBenchmark, Role};
use bedside_stats::rule::TEMPLATES_FOR_A_DOMAIN;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::row::{AgainstFloor, RULES_DISAGREE, ResultRow, Tally};
use crate::show;

/// Share of answers from which unparsed answers, disagreeing rules or cut answers deserve a warning: at one in twenty they
/// move a score by more than the interval of a few hundred items.
const SHARE_WORTH_A_WARNING: f64 = 0.05;

/// A doubt about a result, with its evidence.
#[derive(Clone, Debug, PartialEq)]
pub enum Warning {
    /// The difference from a policy without skill may be nothing.
    NearTheFloor {
        /// Where.
        at: At,
        /// The metric.
        metric: String,
        /// The null policy.
        policy: String,
        /// Score of the system minus that of the policy, with its interval, in words.
        difference: String,
        /// Whether the whole interval lies below zero.
        below: bool,
    },
    /// Many answers could not be read.
    Unparsed {
        /// Where.
        at: At,
        /// Answers not read.
        unparsed: u64,
        /// Answers.
        of: u64,
        /// The score if all of them were right, in words.
        at_most: Option<String>,
        /// Whether a machine reads the answers in the intended use.
        machine: bool,
    },
    /// Extraction rules read different answers out of the same output.
    RulesDisagree {
        /// Where.
        at: At,
        /// Share of answers, in words with its interval.
        share: String,
    },
    /// Answers were cut at the token limit.
    Cut {
        /// Where.
        at: At,
        /// Answers cut.
        cut: u64,
        /// Answers.
        of: u64,
    },
    /// Faults: missing data.
    Faults {
        /// Where.
        at: At,
        /// Faults.
        faults: u64,
        /// Cells planned.
        of: u64,
    },
    /// Cells were never finished.
    NotAttempted {
        /// Where.
        at: At,
        /// Cells not attempted.
        missing: u64,
        /// Cells planned.
        of: u64,
    },
    /// No clinician has signed the references.
    NobodyReviewed {
        /// The benchmark.
        benchmark: String,
    },
    /// Too few clusters to speak of more than these.
    FewClusters {
        /// The benchmark.
        benchmark: String,
        /// Clusters in the run.
        clusters: u64,
        /// What they are.
        what: String,
    },
    /// The embedded model is a test signal.
    EmbeddedModel {
        /// The system.
        system: String,
    },
    /// Calls may have been paid for twice.
    PossiblyBilledTwice {
        /// Where.
        at: At,
        /// Calls sent again.
        calls: u64,
    },
    /// Cells with several answers, as after a merge of shards that overlap.
    SeveralAnswers {
        /// Cells.
        cells: u64,
    },
    /// Answers whose score is by other scorers than those in force, as after a merge of a shard that was not scored again.
    ScoredOtherwise {
        /// Cells.
        cells: u64,
    },
    /// The run file holds one share of its run.
    OneShare {
        /// Which.
        shard: u32,
        /// Of how many.
        of: u32,
    },
}

/// A benchmark, system and wording.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct At {
    /// Id of the benchmark.
    pub benchmark: String,
    /// The system.
    pub system: String,
    /// Id of the wording.
    pub prompt: String,
}

impl At {
    fn of(tally: &Tally) -> Self {
        Self { benchmark: tally.benchmark.clone(), system: tally.system.clone(), prompt: tally.prompt.clone() }
    }
}

/// A warning in words, as it stands in the JSON.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct WarningText {
    /// Name of the kind of warning.
    pub kind: String,
    /// Benchmark concerned, if one.
    pub benchmark: Option<String>,
    /// System concerned, if one.
    pub system: Option<String>,
    /// Wording concerned, if one.
    pub prompt: Option<String>,
    /// What was seen.
    pub seen: String,
    /// What it may mean.
    pub means: String,
    /// What to do.
    pub remedy: String,
}

impl Warning {
    /// Name of the kind.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::NearTheFloor { .. } => "near_the_floor",
            Self::Unparsed { .. } => "unparsed",
            Self::RulesDisagree { .. } => "rules_disagree",
            Self::Cut { .. } => "cut_at_the_token_limit",
            Self::Faults { .. } => "faults",
            Self::NotAttempted { .. } => "not_attempted",
            Self::NobodyReviewed { .. } => "nobody_reviewed",
            Self::FewClusters { .. } => "few_clusters",
            Self::EmbeddedModel { .. } => "embedded_model",
            Self::PossiblyBilledTwice { .. } => "possibly_billed_twice",
            Self::SeveralAnswers { .. } => "several_answers",
            Self::ScoredOtherwise { .. } => "scored_otherwise",
            Self::OneShare { .. } => "one_share",
        }
    }

    /// Benchmark, system and wording, as far as the warning has them.
    pub fn place(&self) -> (Option<&str>, Option<&str>, Option<&str>) {
        match self {
            Self::NearTheFloor { at, .. }
            | Self::Unparsed { at, .. }
            | Self::RulesDisagree { at, .. }
            | Self::Cut { at, .. }
            | Self::Faults { at, .. }
            | Self::NotAttempted { at, .. }
            | Self::PossiblyBilledTwice { at, .. } => (Some(&at.benchmark), Some(&at.system), Some(&at.prompt)),
            Self::NobodyReviewed { benchmark } | Self::FewClusters { benchmark, .. } => (Some(benchmark), None, None),
            Self::EmbeddedModel { system } => (None, Some(system), None),
            Self::SeveralAnswers { .. } | Self::ScoredOtherwise { .. } | Self::OneShare { .. } => (None, None, None),
        }
    }

    /// The three things a warning says.
    pub fn text(&self) -> WarningText {
        let (seen, means, remedy) = match self {
            Self::NearTheFloor { metric, policy, difference, below: true, .. } => (
                format!("{metric} is below that of the null policy {policy}: difference {difference}"),
                "a policy without skill does better here: the answers may not be read as the system means them"
                    .to_owned(),
                "read the answers and what was read out of them before believing the score".to_owned(),
            ),
            Self::NearTheFloor { metric, policy, difference, .. } => (
                format!("{metric} is not distinguishable from the null policy {policy}: difference {difference}"),
                "these items do not show that the system does better than a policy without skill".to_owned(),
                "read the answers; more items would decide whether a small difference exists".to_owned(),
            ),
            Self::Unparsed { unparsed, of, at_most, machine, .. } => (
                match at_most {
                    Some(at_most) if !machine => {
                        format!(
                            "no answer could be read out of {}; score at most {at_most} if all were right",
                            show::share(*unparsed, *of)
                        )
                    }
                    _ => format!("no answer could be read out of {}", show::share(*unparsed, *of)),
                },
                if *machine {
                    "the format was part of the task, so these count as failures of the system".to_owned()
                } else {
                    "these count as not correct; a human reader might credit some".to_owned()
                },
                "read the unparsed answers first; they lead the cases on the page".to_owned(),
            ),
            Self::RulesDisagree { share, .. } => (
                format!("extraction rules read different answers out of the same output: {share}"),
                "part of the score depends on the rule that reads it, not on the system".to_owned(),
                "read those cases: they are marked \"rules disagree\" on the page".to_owned(),
            ),
            Self::Cut { cut, of, .. } => (
                format!("{} stopped at the token limit", show::share(*cut, *of)),
                "answers that were cut are scored as they stand".to_owned(),
                "raise `max_tokens` if the intended use allows longer answers".to_owned(),
            ),
            Self::Faults { faults, of, .. } => (
                format!("{} had a fault on the operator's side", show::share(*faults, *of)),
                "they are missing data; if they are not random, the score is biased".to_owned(),
                "`bedside resume` tries them again; the bound with all faults as failures stands beside the score"
                    .to_owned(),
            ),
            Self::NotAttempted { missing, of, .. } => (
                format!("{} not attempted", show::share(*missing, *of)),
                "the score speaks of the items attempted only".to_owned(),
                "`bedside resume` finishes the run; a recording that lacks items cannot be finished".to_owned(),
            ),
            Self::NobodyReviewed { .. } => (
                "nobody has reviewed the references yet".to_owned(),
                "an answer marked wrong may be right, and the reverse".to_owned(),
                "let a clinician check the references before the scores are used".to_owned(),
            ),
            Self::FewClusters { clusters, what, .. } => (
                format!("the items come from {clusters} {what} only"),
                format!("the interval speaks of these {what} and hardly of others"),
                format!("sample at least {TEMPLATES_FOR_A_DOMAIN} {what}"),
            ),
            Self::EmbeddedModel { .. } => (
                "this is the small embedded model".to_owned(),
                "its scores show that the instrument runs; they mean nothing clinically".to_owned(),
                "name the system that you want to measure with `--model`".to_owned(),
            ),
            Self::SeveralAnswers { .. } | Self::ScoredOtherwise { .. } | Self::OneShare { .. } => {
                return self.of_the_file();
            }
            Self::PossiblyBilledTwice { calls, .. } => (
                format!(
                    "{} sent again because no answer to the first was known",
                    show::count(*calls, "call was", "calls were")
                ),
                "the provider may have billed them twice".to_owned(),
                "compare with the provider's usage page".to_owned(),
            ),
        };
        self.say(seen, means, remedy)
    }

    /// Warnings about the run file as a whole.
    fn of_the_file(&self) -> WarningText {
        let (seen, means, remedy) = match self {
            Self::SeveralAnswers { cells } => (
                format!("{} more than once", show::count(*cells, "cell was answered", "cells were answered")),
                "one answer counts, chosen without looking at it; the others are in the run file".to_owned(),
                "ask why two processes did the same work; the view `cell` of the run file has the answer that counts"
                    .to_owned(),
            ),
            Self::ScoredOtherwise { cells } => (
                format!(
                    "{} by other scorers than those in force",
                    show::count(*cells, "answer is scored", "answers are scored")
                ),
                "scores by two versions are not one result: these are left out".to_owned(),
                "`bedside rescore RUN` scores all answers by the same scorers; it asks nobody".to_owned(),
            ),
            Self::OneShare { shard, of } => (
                format!("this is share {shard} of {of} of a run"),
                "its items are no sample that anyone drew, and the other shares are not in it".to_owned(),
                "`bedside merge` puts the shares together".to_owned(),
            ),
            _ => Default::default(),
        };
        self.say(seen, means, remedy)
    }

    fn say(&self, seen: String, means: String, remedy: String) -> WarningText {
        let (benchmark, system, prompt) = self.place();
        WarningText {
            kind: self.kind().to_owned(),
            benchmark: benchmark.map(Into::into),
            system: system.map(Into::into),
            prompt: prompt.map(Into::into),
            seen,
            means,
            remedy,
        }
    }
}

/// Everything worth a warning, benchmark by benchmark.
pub fn warnings(plan: &Plan, results: &[ResultRow], tallies: &[Tally], clusters: &[(u64, String)]) -> Vec<Warning> {
    let mut found = Vec::new();
    for system in plan
        .systems
        .iter()
        .filter(|system| system.role == Role::Subject && is_embedded(&system.provider, &system.model))
    {
        found.push(Warning::EmbeddedModel { system: system.name.clone() });
    }
    for (benchmark, (n_clusters, what)) in plan.benchmarks.iter().zip(clusters) {
        if nobody_reviewed(&benchmark.reviewed_by) {
            found.push(Warning::NobodyReviewed { benchmark: benchmark.id.clone() });
        }
        if *n_clusters < TEMPLATES_FOR_A_DOMAIN as u64 {
            found.push(Warning::FewClusters {
                benchmark: benchmark.id.clone(),
                clusters: *n_clusters,
                what: what.clone(),
            });
        }
        let mine = tallies.iter().filter(|tally| tally.benchmark == benchmark.id && tally.role == Role::Subject);
        for tally in mine {
            about_one_system(benchmark, tally, results, &mut found);
        }
    }
    found
}

/// Whether a system is one of the small models that come with the program.
pub fn is_embedded(provider: &str, model: &str) -> bool {
    provider == "local" && model.to_ascii_lowercase().contains("smollm2")
}

/// Whether `reviewed_by` says that no one has.
pub fn nobody_reviewed(reviewed_by: &str) -> bool {
    let words = reviewed_by.trim().to_ascii_lowercase();
    words.starts_with("nobody") || words.starts_with("no one") || words == "none"
}

fn about_one_system(benchmark: &PlannedBenchmark, tally: &Tally, results: &[ResultRow], found: &mut Vec<Warning>) {
    let at = At::of(tally);
    let rows = || {
        results.iter().filter(|row| {
            row.stratum.is_none()
                && row.benchmark == tally.benchmark
                && row.system == tally.system
                && row.prompt == tally.prompt
        })
    };
    let worth = |part: u64, whole: u64| part > 0 && part as f64 >= SHARE_WORTH_A_WARNING * whole as f64;
    if let Some(row) = rows().find(|row| row.primary) {
        if let Some(floor) = &row.floor
            && let Some(difference) = &floor.difference
            && let Some(against @ (AgainstFloor::NotDistinguishable | AgainstFloor::Below)) = floor.against()
        {
            let below = against == AgainstFloor::Below;
            let difference = show::difference(difference, row.scale);
            let (metric, policy) = (show::metric(&row.metric, row.scale), floor.policy.clone());
            found.push(Warning::NearTheFloor { at: at.clone(), metric, policy, difference, below });
        }
        if worth(row.unparsed, row.n) {
            found.push(Warning::Unparsed {
                at: at.clone(),
                unparsed: row.unparsed,
                of: row.n,
                at_most: row.bounds.unparsed_as_right.map(|most| show::value(most, row.scale)),
                machine: benchmark.reader == bedside_core::manifest::Reader::Machine,
            });
        }
    }
    for row in rows().filter(|row| row.metric.ends_with(&format!(".{RULES_DISAGREE}"))) {
        if row.estimate.value() >= SHARE_WORTH_A_WARNING {
            found.push(Warning::RulesDisagree { at: at.clone(), share: row.estimate.to_string() });
        }
    }
    let cut = tally.stops.get("token_limit").copied().unwrap_or(0);
    if worth(cut, tally.answered) {
        found.push(Warning::Cut { at: at.clone(), cut, of: tally.answered });
    }
    if tally.faults > 0 {
        found.push(Warning::Faults { at: at.clone(), faults: tally.faults, of: tally.planned });
    }
    if tally.not_attempted > 0 {
        found.push(Warning::NotAttempted { at: at.clone(), missing: tally.not_attempted, of: tally.planned });
    }
    if tally.possibly_billed_twice > 0 {
        found.push(Warning::PossiblyBilledTwice { at, calls: tally.possibly_billed_twice });
    }
}
