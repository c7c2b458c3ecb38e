//! Yes/no items: independent, in clusters, run several times.

use crate::simulation::cells::{CORRELATIONS, Cell, Clustering, ITEMS, RUN_CORRELATION, SHARES, Sizes, clusterings};
use crate::{DEMANDED, LEVEL, Page, by_rule};
use bedside_stats::interval::{clopper_pearson, wilson};
use bedside_stats::{Interval, Observation, Scale01};

fn head(first: &str) {
    print!("| {first} |");
    for share in SHARES {
        print!(" p = {share} |");
    }
    println!();
    println!("|{}", " ---: |".repeat(first.split('|').count() + SHARES.len()));
}

/// Sums over all outcomes: no simulation, no chance.
pub fn independent(page: &mut Page) {
    println!("\n## Independent yes/no items, one run\n");
    println!(
        "By exact summation over the binomial law; then the least coverage of the rule, of Wilson and of Clopper-Pearson alone, for"
    );
    println!("p from 0.001 to 0.999 in steps of 0.001.\n");
    head("n | rule, least | Wilson, least | exact, least");
    for n in ITEMS {
        let rule: Vec<Interval> = (0..=n)
            .map(|events| {
                let observations: Vec<_> = (0..n)
                    .map(|item| Observation {
                        item,
                        cluster: item,
                        epoch: 0,
                        score: f64::from(u8::from(item < events)),
                    })
                    .collect();
                by_rule(&observations, Scale01::Binary).expect("0/1 scores")
            })
            .collect();
        let each = |method: fn(f64, f64, bedside_stats::Level) -> Result<Interval, bedside_stats::StatsError>| -> Vec<Interval> {
            (0..=n).map(|events| method(f64::from(events), f64::from(n), LEVEL).expect("a share")).collect()
        };
        page.zero_width += rule.iter().filter(|interval| interval.width() <= 0.0).count() as u64;
        let least = |intervals: &[Interval]| {
            (1..1_000).map(|step| exact(intervals, f64::from(step) / 1_000.0).0).fold(1.0, f64::min)
        };
        print!("| {n} | {:.3} | {:.3} | {:.3} |", least(&rule), least(&each(wilson)), least(&each(clopper_pearson)));
        assert!(least(&rule) >= DEMANDED, "{n}");
        for share in SHARES {
            let (held, width) = exact(&rule, share);
            print!(" {held:.3} ({width:.2}) |");
        }
        println!();
    }
}

/// Coverage and mean width over the binomial law.
fn exact(intervals: &[Interval], share: f64) -> (f64, f64) {
    let n = intervals.len() as f64 - 1.0;
    // From the logarithm, because (1 - p)^2000 underflows.
    let mut log = n * (-share).ln_1p();
    let (mut held, mut width) = (0.0, 0.0);
    for (events, interval) in (0_u32..).zip(intervals) {
        let mass = log.exp();
        held += if interval.contains(share) { mass } else { 0.0 };
        width += mass * interval.width();
        log += ((n - f64::from(events)) / f64::from(events + 1) * share / (1.0 - share)).ln();
    }
    (held, width)
}

/// The grid, for one run and for four.
pub fn clustered(page: &mut Page) {
    for (sizes, of, words) in [
        (Sizes::Equal, &ITEMS[..], "clusters as equal as can be"),
        (Sizes::Uneven, &[100, 1_000][..], "uneven clusters: a tenth of them five times as large as the others"),
    ] {
        for runs in [1, 4] {
            let times = if runs == 1 {
                "one run".to_owned()
            } else {
                format!("{runs} runs an item, correlated by {RUN_CORRELATION}")
            };
            println!("\n## Yes/no items in {words}; {times}\n");
            println!(
                "Two laws of clustering with the same intraclass correlation: each cluster has its own share from a Beta law, or its items"
            );
            println!("copy a common answer. The cell shows the one that is covered less often.\n");
            head("n | clusters | icc");
            for &items in of {
                for clusters in clusterings(items) {
                    for icc in CORRELATIONS {
                        print!("| {items} | {clusters} | {icc} |");
                        for share in SHARES {
                            row_cell(
                                page,
                                Cell { items, clusters, sizes, clustering: Clustering::Shares, icc, runs, share },
                            );
                        }
                        println!();
                    }
                }
            }
        }
    }
}

fn row_cell(page: &mut Page, cell: Cell) {
    let laws = if cell.icc > 0.0 { &[Clustering::Shares, Clustering::Copies][..] } else { &[Clustering::Shares][..] };
    let worst = laws
        .iter()
        .map(|&clustering| {
            let Cell { items, clusters, icc, runs, share, sizes, .. } = cell;
            let kind = if sizes == Sizes::Uneven { "uneven clusters" } else { "clusters" };
            let name =
                format!("{items} items in {clusters} {kind} ({clustering:?}), icc {icc}, {runs} run(s), p = {share}");
            let cell = Cell { clustering, ..cell };
            page.tally(&name, |worlds| cell.tally(worlds, |observations, _| by_rule(observations, Scale01::Binary)))
        })
        .min_by(|a, b| a.coverage().total_cmp(&b.coverage()))
        .expect("at least one law");
    print!(" {:.3} ({:.2}) |", worst.coverage(), worst.mean_width());
}
