//! How long the cluster bootstrap takes: 100,000 observations, 10,000 resamples.
//!
//! `cargo run --release -p bedside-stats --example bootstrap_speed`

#![expect(clippy::print_stdout, reason = "an example that prints a table")]

use bedside_stats::bootstrap::ClusterBootstrap;
use bedside_stats::{ClusteredMean, Level, Observation};
use std::time::Instant;

const OBSERVATIONS: u32 = 100_000;
const RESAMPLES: u32 = 10_000;

/// A score that looks random: the top bits of a multiplicative hash.
fn score(item: u32, binary: bool) -> f64 {
    let share = f64::from(item.wrapping_mul(2_654_435_761) >> 8) / f64::from(1 << 24);
    if binary { f64::from(share < 0.8) } else { share }
}

fn main() {
    println!("{OBSERVATIONS} observations, {RESAMPLES} resamples, {} threads\n", rayon::current_num_threads());
    println!("| clusters | scores | table to totals | percentile | BCa | bootstrap-t |");
    println!("| ---: | --- | ---: | ---: | ---: | ---: |");
    for clusters in [1_000, 10_000, 100_000] {
        for (binary, uneven) in [(true, false), (false, false), (false, true)] {
            let observations: Vec<_> = (0..OBSERVATIONS)
                .map(|item| {
                    let cluster = if uneven { item.wrapping_mul(2_246_822_519) >> 4 } else { item } % clusters;
                    Observation { item, cluster, epoch: 0, score: score(item, binary) }
                })
                .collect();
            let start = Instant::now();
            let mean = ClusteredMean::new(&observations).expect("scores");
            let totals = start.elapsed();
            let bootstrap = ClusterBootstrap::new(&mean, 1).with_resamples(RESAMPLES);
            let times =
                [ClusterBootstrap::percentile, ClusterBootstrap::bca, ClusterBootstrap::studentised].map(|interval| {
                    let start = Instant::now();
                    let width = interval(&bootstrap, Level::NINETY_FIVE).expect("clusters differ").width();
                    assert!(width > 0.0);
                    format!("{:.2} s", start.elapsed().as_secs_f64())
                });
            let kind = match (binary, uneven) {
                (true, _) => "yes/no",
                (false, false) => "continuous",
                (false, true) => "continuous, clusters uneven",
            };
            println!("| {} | {kind} | {:.3} s | {} |", mean.n_clusters(), totals.as_secs_f64(), times.join(" | "));
        }
    }
}
