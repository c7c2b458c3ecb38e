//! Scores between 0 and 1.

use crate::simulation::{DEMANDED, Law, OVERLAP, RARELY_HIGH, RUBRIC, SKEWED, SPIKED, Shape, draw, simulate};
use crate::{LEVEL, Page, by_rule};
use bedside_stats::bootstrap::ClusterBootstrap;
use bedside_stats::continuous::cluster_t;
use bedside_stats::{ClusteredMean, Interval, Observation, Scale01};

const LAWS: [Law; 5] = [RUBRIC, OVERLAP, SKEWED, SPIKED, RARELY_HIGH];
const CLUSTERS: [u32; 6] = [5, 10, 20, 30, 50, 100];

fn shape(clusters: u32, items: u32, uneven: bool, icc: f64) -> Shape {
    Shape { clusters, items, uneven, icc, epochs: 1, run_icc: 1.0 }
}

pub fn by_law(page: &mut Page) {
    println!("\n## Scores between 0 and 1\n");
    println!("Uneven: a tenth of the clusters, at least one, is five times as large as the others.\n");
    println!(
        "| law | clusters | single items | 5 items, icc 0.3 | 5 items, icc 0.3, uneven | 20 items, icc 0.5 | 20 items, icc 0.5, uneven |"
    );
    println!("|{}", " ---: |".repeat(7));
    for Law { name, mean, score } in LAWS {
        for clusters in CLUSTERS {
            print!("| {name} | {clusters} |");
            for (items, uneven, icc) in
                [(1, false, 0.0), (5, false, 0.3), (5, true, 0.3), (20, false, 0.5), (20, true, 0.5)]
            {
                let shape = shape(clusters, items, uneven, icc);
                let size = if uneven { "uneven" } else { "equal" };
                let cell = format!("scores: {name}; {clusters} clusters of {items} item(s), {size}, icc {icc}");
                let tally = page.tally(&cell, |worlds| {
                    simulate(worlds, mean, |dice, _| by_rule(&draw(shape, score, dice), Scale01::Continuous))
                });
                print!(" {:.3} ({:.2}) |", tally.coverage(), tally.mean_width());
            }
            println!();
        }
    }
}

/// A method, given the scores and a seed.
type Method = fn(&[Observation], u64) -> Option<Interval>;

const METHODS: [(&str, Method); 5] = [
    ("rule", |scores, _| by_rule(scores, Scale01::Continuous)),
    ("t", |scores, _| cluster_t(&ClusteredMean::new(scores).ok()?, LEVEL).ok()?),
    ("percentile", |scores, seed| {
        ClusterBootstrap::new(&ClusteredMean::new(scores).ok()?, seed).percentile(LEVEL).ok()
    }),
    ("BCa", |scores, seed| ClusterBootstrap::new(&ClusteredMean::new(scores).ok()?, seed).bca(LEVEL).ok()),
    ("bootstrap-t", |scores, seed| {
        ClusterBootstrap::new(&ClusteredMean::new(scores).ok()?, seed).studentised(LEVEL).ok()
    }),
];

/// Other intervals on some of the same worlds: why the rule takes what it takes. No verdict is drawn from so few worlds.
pub fn methods(worlds: u64) {
    println!("\n## Other methods on some of the same scores\n");
    println!(
        "{worlds} worlds, clusters of 5 items, icc 0.3: why the rule takes what it takes. A bootstrap that refuses counts as all of [0, 1]."
    );
    println!("These are not the default, and nothing of {DEMANDED} is demanded of them.\n");
    print!("| law | clusters |");
    for (name, _) in METHODS {
        print!(" {name} |");
    }
    println!("\n|{}", " ---: |".repeat(2 + METHODS.len()));
    for Law { name, mean, score } in LAWS {
        for clusters in [5, 10, 20, 50] {
            print!("| {name} | {clusters} |");
            for (_, method) in METHODS {
                let shape = shape(clusters, 5, false, 0.3);
                let tally = simulate(0..worlds, mean, |dice, seed| method(&draw(shape, score, dice), seed));
                print!(" {:.3} ({:.2}) |", tally.coverage(), tally.mean_width());
            }
            println!();
        }
    }
}
