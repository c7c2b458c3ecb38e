//! How often the intervals hold the truth. `examples/coverage.rs` prints the full table; this is the part that guards it.

mod simulation;

use bedside_stats::{Level, Scale01, mean_estimate};
use simulation::{Law, OVERLAP, RUBRIC, SKEWED, SPIKED, Shape, coverage, draw};

/// MEASUREMENT.md section 2.
const DEMANDED: f64 = 0.93;
const WORLDS: u64 = 400;
/// So few hits out of 400 would come by chance less than once in 2,000 cells if true coverage were 0.93. About a hundred cells
/// are tried, with a fixed seed.
const LEAST: f64 = 354.0 / 400.0;

fn rule(shape: Shape, law: Law, scale: Scale01) {
    let (held, width) = coverage(WORLDS, law.mean, |dice, _| {
        let observations = draw(shape, law.score, dice);
        Some(mean_estimate(&observations, scale, Level::NINETY_FIVE).expect("scores on the scale").ci())
    });
    let Shape { clusters, items, icc, epochs, .. } = shape;
    assert!(held >= LEAST, "{}: {clusters}x{items}x{epochs}, icc {icc}: {held} (width {width})", law.name);
}

const P: [Law; 4] = [
    Law { name: "p = 0.02", mean: 0.02, score: |u| f64::from(u < 0.02) },
    Law { name: "p = 0.1", mean: 0.1, score: |u| f64::from(u < 0.1) },
    Law { name: "p = 0.5", mean: 0.5, score: |u| f64::from(u < 0.5) },
    Law { name: "p = 0.8", mean: 0.8, score: |u| f64::from(u < 0.8) },
];

/// Exact, by summation over the binomial law: no luck involved.
#[test]
fn independent_yes_no_items() {
    for n in [10_u32, 20, 30, 50, 75, 100, 200] {
        let intervals: Vec<_> = (0..=n)
            .map(|events| {
                let observations: Vec<_> = (0..n)
                    .map(|item| bedside_stats::Observation {
                        item,
                        cluster: item,
                        epoch: 0,
                        score: f64::from(item < events),
                    })
                    .collect();
                mean_estimate(&observations, Scale01::Binary, Level::NINETY_FIVE).expect("0/1 scores").ci()
            })
            .collect();
        for step in 1..500 {
            let p = f64::from(step) / 1_000.0;
            let mut mass = (1.0 - p).powf(f64::from(n));
            let mut held = 0.0;
            for (events, interval) in (0_u32..).zip(&intervals) {
                held += if interval.contains(p) { mass } else { 0.0 };
                mass *= f64::from(n - events) / f64::from(events + 1) * p / (1.0 - p);
            }
            assert!(held >= DEMANDED, "n {n}, p {p}: {held}");
        }
    }
}

#[test]
fn clustered_yes_no_items() {
    for (clusters, items) in [(5, 20), (12, 10), (30, 10), (100, 3)] {
        for icc in [0.0, 0.1, 0.3, 0.5] {
            for law in P {
                rule(Shape { clusters, items, uneven: false, icc, epochs: 1, run_icc: 1.0 }, law, Scale01::Binary);
            }
        }
    }
}

#[test]
fn repeated_runs() {
    for (clusters, items, icc) in [(10, 1, 0.0), (50, 1, 0.0), (200, 1, 0.0), (12, 10, 0.5)] {
        for run_icc in [0.2, 0.7] {
            for law in P {
                rule(Shape { clusters, items, uneven: false, icc, epochs: 4, run_icc }, law, Scale01::Binary);
            }
        }
    }
}

#[test]
fn scores_between_0_and_1() {
    for law in [RUBRIC, OVERLAP, SKEWED] {
        for clusters in [10, 20, 50, 100] {
            for (items, icc) in [(1, 0.0), (5, 0.3)] {
                let shape = Shape { clusters, items, uneven: false, icc, epochs: 1, run_icc: 1.0 };
                rule(shape, law, Scale01::Continuous);
            }
        }
    }
}

/// A sample of ten that missed the one zero in ten cannot show it; from 30 clusters on, few samples miss it.
#[test]
fn rare_zeros_among_high_scores() {
    for clusters in [30, 50, 100] {
        let shape = Shape { clusters, items: 1, uneven: false, icc: 0.0, epochs: 1, run_icc: 1.0 };
        rule(shape, SPIKED, Scale01::Continuous);
    }
}
