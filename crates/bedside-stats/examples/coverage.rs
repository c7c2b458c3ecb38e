//! How often the intervals hold the truth: prints the table that the documentation quotes.
//!
//! `cargo run --release -p bedside-stats --example coverage [worlds]`

#![expect(clippy::print_stdout, reason = "an example that prints a table")]

#[path = "../tests/simulation/mod.rs"]
mod simulation;

use bedside_stats::bootstrap::ClusterBootstrap;
use bedside_stats::continuous::{cluster_t, effective_beta};
use bedside_stats::{ClusteredMean, Interval, Level, Observation, Scale01, mean_estimate};
use simulation::{Law, OVERLAP, RUBRIC, SKEWED, SPIKED, Shape, coverage, draw};

const LEVEL: Level = Level::NINETY_FIVE;

/// A method, given the scores and a seed.
type Method = fn(&[Observation], u64) -> Option<Interval>;

fn by_rule(observations: &[Observation], scale: Scale01) -> Option<Interval> {
    mean_estimate(observations, scale, LEVEL).ok().map(|estimate| estimate.ci())
}

fn proportions(worlds: u64) {
    println!("yes/no scores: coverage (mean width) of the rule at 95 %\n");
    println!(
        "{:>8} {:>6} {:>7} {:>4} {:>5} {:>7} {:>5}  coverage (width)",
        "clusters", "items", "uneven", "runs", "icc", "run icc", "p"
    );
    for (clusters, items, uneven) in [
        (10, 1, false),
        (50, 1, false),
        (200, 1, false),
        (5, 20, false),
        (12, 10, false),
        (12, 10, true),
        (30, 10, false),
        (30, 10, true),
        (100, 3, false),
        (200, 5, false),
    ] {
        for (epochs, run_icc) in [(1, 1.0), (4, 0.2), (4, 0.7)] {
            for icc in if items == 1 { vec![0.0] } else { vec![0.0, 0.1, 0.3, 0.5] } {
                if items > 1 && epochs > 1 && clusters != 12 && clusters != 100 {
                    continue;
                }
                let shape = Shape { clusters, items, uneven, icc, epochs, run_icc };
                print!("{clusters:>8} {items:>6} {uneven:>7} {epochs:>4} {icc:>5} {run_icc:>7}      ");
                for p in [0.02, 0.1, 0.5, 0.8, 0.95] {
                    let (held, width) = coverage(worlds, p, |dice, _| {
                        by_rule(&draw(shape, |u| f64::from(u < p), dice), Scale01::Binary)
                    });
                    print!("  p={p}: {held:.3} ({width:.2})");
                }
                println!();
            }
        }
    }
}

fn continuous(worlds: u64) {
    println!("\nscores in [0, 1]: coverage (mean width) at 95 %\n");
    println!(
        "{:>32} {:>8} {:>5} {:>6} {:>4}  rule, t, effective beta, bootstrap percentile, bootstrap t",
        "law", "clusters", "items", "uneven", "icc"
    );
    for Law { name, mean, score } in [RUBRIC, OVERLAP, SKEWED, SPIKED] {
        for clusters in [5, 10, 20, 30, 50, 100] {
            for (items, uneven, icc) in [(1, false, 0.0), (5, false, 0.3), (5, true, 0.3)] {
                let shape = Shape { clusters, items, uneven, icc, epochs: 1, run_icc: 1.0 };
                print!("{name:>32} {clusters:>8} {items:>5} {uneven:>6} {icc:>4}");
                let methods: [Method; 5] = [
                    |o, _| by_rule(o, Scale01::Continuous),
                    |o, _| cluster_t(&ClusteredMean::new(o).ok()?, LEVEL).ok()?,
                    |o, _| effective_beta(&ClusteredMean::new(o).ok()?, LEVEL).ok()?,
                    |o, seed| ClusterBootstrap::new(&ClusteredMean::new(o).ok()?, seed).percentile(LEVEL).ok(),
                    |o, seed| ClusterBootstrap::new(&ClusteredMean::new(o).ok()?, seed).studentised(LEVEL).ok()?,
                ];
                for (at, method) in methods.into_iter().enumerate() {
                    // Resampling costs two thousand times as much.
                    let worlds = if at < 3 { worlds } else { worlds / 5 };
                    let (held, width) = coverage(worlds, mean, |dice, seed| method(&draw(shape, score, dice), seed));
                    print!("  {held:.3} ({width:.3})");
                }
                println!();
            }
        }
    }
}

fn main() {
    let worlds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(4_000);
    proportions(worlds);
    continuous(worlds);
}
