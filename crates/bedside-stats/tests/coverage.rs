//! How often the intervals hold the truth. `examples/coverage` prints the full table; this is the part that guards it.

mod simulation;

use bedside_stats::{Level, Scale01, mean_estimate};
use simulation::cells::{Cell, Clustering, Sizes};
use simulation::{
    DEMANDED, Law, OVERLAP, RARELY_HIGH, RUBRIC, SKEWED, SPIKED, Shape, Tally, draw, least_held, simulate,
};

const WORLDS: u64 = 300;
/// Cells tried in this file, about: the tolerance allows for that many.
const CELLS: usize = 200;

fn judge(name: &str, tally: Tally) {
    let least = least_held(tally.worlds, CELLS);
    assert!(tally.held >= least, "{name}: {:.3} (width {:.3})", tally.coverage(), tally.mean_width());
    assert_eq!(tally.zero_width, 0, "{name}: intervals without width");
}

fn rule(shape: Shape, law: Law, scale: Scale01) {
    let tally = simulate(0..WORLDS, law.mean, |dice, _| {
        let observations = draw(shape, law.score, dice);
        Some(mean_estimate(&observations, scale, Level::NINETY_FIVE).expect("scores on the scale").ci())
    });
    let Shape { clusters, items, icc, epochs, .. } = shape;
    judge(&format!("{}: {clusters}x{items}x{epochs}, icc {icc}", law.name), tally);
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

/// A sample of the grid of `examples/coverage`, and the cells where earlier rules fell short: few uneven clusters.
#[test]
fn clustered_yes_no_items() {
    for (items, clusters, sizes, runs) in [
        (100, 5, Sizes::Equal, 1),
        (100, 12, Sizes::Equal, 1),
        (300, 30, Sizes::Equal, 1),
        (300, 100, Sizes::Equal, 1),
        (100, 30, Sizes::Equal, 4),
        (300, 12, Sizes::Uneven, 1),
        (300, 30, Sizes::Uneven, 1),
        (600, 200, Sizes::Uneven, 1),
    ] {
        for icc in [0.05, 0.5] {
            for share in [0.01, 0.2, 0.5, 0.95] {
                let clustering = Clustering::Copies;
                let cell = Cell { items, clusters, sizes, clustering, icc, runs, share };
                let tally = cell.tally(0..WORLDS, |observations, _| {
                    Some(mean_estimate(observations, Scale01::Binary, Level::NINETY_FIVE).expect("0/1 scores").ci())
                });
                judge(&format!("{cell:?}"), tally);
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

/// A sample of ten that missed the one zero in ten cannot show it; the lower limit allows for it.
#[test]
fn rare_zeros_among_high_scores() {
    for clusters in [5, 10, 20, 30, 50, 100] {
        for (items, uneven, icc) in [(1, false, 0.0), (5, false, 0.3), (5, true, 0.3)] {
            let shape = Shape { clusters, items, uneven, icc, epochs: 1, run_icc: 1.0 };
            rule(shape, SPIKED, Scale01::Continuous);
            // Losses, the other way round: a sure forecast is seldom wrong, and then costs 1.
            rule(shape, RARELY_HIGH, Scale01::Loss);
        }
    }
    // More items do not help when the zeros are as rare as one in so many.
    let rarer = Law {
        name: "one in a hundred 0, others near 1",
        mean: 0.99 * 0.95,
        score: |u| if u < 0.01 { 0.0 } else { 0.9 + (u - 0.01) / 9.9 },
    };
    rule(
        Shape { clusters: 100, items: 1, uneven: false, icc: 0.0, epochs: 1, run_icc: 1.0 },
        rarer,
        Scale01::Continuous,
    );
}
