//! Methods of [`crate::comparison`] by name: the table. What they read and write stands in the files beside it.

mod order;
mod pairs;
mod tests_by_permutation;

use super::Named;
use crate::comparison::multiplicity::Adjustment;

const P_VALUES: &str = r#"{"p":[0.001,0.01,0.02,0.3],"alpha":0.05}"#;

pub(super) const METHODS: &[Named] = &[
    Named {
        name: "paired_difference",
        about: "mean difference of two systems on the same items, from paired scores and, if any, clusters",
        example: r#"{"a":[1,1,0,1],"b":[0,1,0,1],"clusters":[0,0,1,1]}"#,
        run: pairs::paired_difference,
    },
    Named {
        name: "mcnemar",
        about: "whether b items right for one system only and c for the other are more than chance",
        example: r#"{"b":10,"c":3}"#,
        run: pairs::run_mcnemar,
    },
    Named {
        name: "cochran_q",
        about: "whether several yes/no conditions differ, from a 0/1 table of items by conditions",
        example: r#"{"items_by_conditions":[[1,1,0],[1,0,0],[0,1,0]]}"#,
        run: pairs::run_cochran_q,
    },
    Named {
        name: "friedman",
        about: "whether several conditions differ in rank, from their scores on the same items",
        example: r#"{"conditions":[[0.8,0.6,0.9],[0.7,0.5,0.95],[0.6,0.6,0.85]]}"#,
        run: pairs::run_friedman,
    },
    Named {
        name: "wilcoxon_signed_rank",
        about: "whether paired differences are symmetric about 0, from their ranks; zeros dropped, ties share",
        example: r#"{"a":[125,115,130],"b":[110,122,125]}"#,
        run: pairs::wilcoxon_signed_rank,
    },
    Named {
        name: "tost_paired",
        about: "whether a mean paired difference lies within margins (two one-sided t tests)",
        example: r#"{"a":[0.8,0.7,0.9],"b":[0.78,0.72,0.88],"low":-0.05,"upp":0.05}"#,
        run: pairs::run_tost_paired,
    },
    Named {
        name: "perturbation_gap",
        about: "drop in the share right from original to changed items, from counts of the same items",
        example: r#"{"n_items":68,"orig_correct":63,"pert_correct":38,"orig_only":27,"pert_only":2}"#,
        run: pairs::run_perturbation_gap,
    },
    Named {
        name: "counterfactual_flip",
        about: "how often, and which way, a swap that should not matter changed the outcome, from counts of pairs",
        example: r#"{"n_pairs":200,"changed_to_worse":14,"changed_to_better":5}"#,
        run: pairs::run_counterfactual_flip,
    },
    Named {
        name: "paired_permutation_exact",
        about: "chance of so large a mean of paired differences if signs were random; whole clusters flip; all signs to 16 clusters",
        example: r#"{"diff":[0.2,0.1,0.0,-0.1,0.3]}"#,
        run: tests_by_permutation::paired_permutation_exact,
    },
    Named {
        name: "permutation_exact",
        about: "chance of so large a difference of two samples' means if they were mixed; all splits up to 2^20",
        example: r#"{"a":[0.9,0.8,0.85],"b":[0.6,0.75,0.65]}"#,
        run: tests_by_permutation::permutation_exact,
    },
    Named {
        name: "monte_carlo_p",
        about: "p value from random permutations, of which n_ge were at least as extreme; never 0",
        example: r#"{"n_ge":0,"n_perm":250}"#,
        run: tests_by_permutation::run_monte_carlo_p,
    },
    Named {
        name: "sharded_permutation_t",
        about: "whether a data set's published order is likelier to a model than shuffles, from log-probabilities by shard",
        example: r#"{"shard_logprob_canonical_minus_mean_shuffled":[0.8,0.1,0.5,-0.2]}"#,
        run: tests_by_permutation::run_sharded_permutation_t,
    },
    Named {
        name: "multiplicity_bonferroni",
        about: "p values adjusted for the whole family, any dependence (Bonferroni)",
        example: P_VALUES,
        run: |value| tests_by_permutation::multiplicity(value, Adjustment::Bonferroni),
    },
    Named {
        name: "multiplicity_holm",
        about: "p values adjusted for the whole family, any dependence, stepwise (Holm)",
        example: P_VALUES,
        run: |value| tests_by_permutation::multiplicity(value, Adjustment::Holm),
    },
    Named {
        name: "multiplicity_sidak",
        about: "p values adjusted for the whole family of independent tests (Sidak)",
        example: P_VALUES,
        run: |value| tests_by_permutation::multiplicity(value, Adjustment::Sidak),
    },
    Named {
        name: "multiplicity_fdr_bh",
        about: "p values adjusted for the false discovery rate, independent tests (Benjamini-Hochberg)",
        example: P_VALUES,
        run: |value| tests_by_permutation::multiplicity(value, Adjustment::BenjaminiHochberg),
    },
    Named {
        name: "multiplicity_fdr_by",
        about: "p values adjusted for the false discovery rate, any dependence (Benjamini-Yekutieli)",
        example: P_VALUES,
        run: |value| tests_by_permutation::multiplicity(value, Adjustment::BenjaminiYekutieli),
    },
    Named {
        name: "bradley_terry",
        about: "log strengths, centred at 0, from a table of wins of row over column",
        example: r#"{"wins":[[0,7,8],[3,0,6],[2,4,0]]}"#,
        run: order::bradley_terry,
    },
    Named {
        name: "rank_correlation",
        about: "Pearson's, Spearman's and Kendall's correlation of paired numbers",
        example: r#"{"x":[1,2,2,3,4],"y":[2,1,3,3,5]}"#,
        run: order::rank_correlation,
    },
    Named {
        name: "subgroup_gap",
        about: "whether groups of different cases have different rates, and the worst group's rate, from right and wrong counts",
        example: r#"{"correct_wrong_by_group":[[80,20],[70,30],[88,12]]}"#,
        run: order::run_subgroup_gap,
    },
    Named {
        name: "worst_slice",
        about: "a share that every slice reaches, from counts of right answers and cases by slice",
        example: r#"{"slices":[[95,100],[45,50]],"conf":0.95}"#,
        run: order::run_worst_slice,
    },
];
