//! How often the intervals of agreement hold the truth: prints the tables that the documentation quotes.
//!
//! `cargo run --release -p bedside-stats --example agreement [worlds [pairs|intraclass|categories|latent]]`

#![expect(clippy::print_stdout, reason = "an example that prints tables")]

use bedside_stats::agreement::bland_altman::{BlandAltman, Limit};
use bedside_stats::agreement::dawid_skene::{DawidSkene, STEPS};
use bedside_stats::agreement::icc::{Icc, IccKind};
use bedside_stats::agreement::{Coefficient, Ratings, Weights, chance_corrected, kendall::kendall_w, lin::lin};
use bedside_stats::{Interval, Level};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use rayon::prelude::*;

const LEVEL: Level = Level::NINETY_FIVE;

/// A number in (0, 1).
fn uniform(dice: &mut ChaCha8Rng) -> f64 {
    ((dice.next_u64() >> 11) as f64 + 0.5) / 9_007_199_254_740_992.0
}

/// A standard normal number, by Box and Muller.
fn normal(dice: &mut ChaCha8Rng) -> f64 {
    (-2.0 * uniform(dice).ln()).sqrt() * (std::f64::consts::TAU * uniform(dice)).cos()
}

/// A category drawn with these shares.
fn category(shares: &[f64], dice: &mut ChaCha8Rng) -> usize {
    let mut left = uniform(dice);
    for (at, share) in shares.iter().enumerate() {
        left -= share;
        if left < 0.0 {
            return at;
        }
    }
    shares.len() - 1
}

/// Share of intervals that hold the truth, their mean width, and the share of worlds that had one.
fn coverage(
    worlds: u64,
    truth: f64,
    interval: impl Fn(&mut ChaCha8Rng, u64) -> Option<Interval> + Sync,
) -> (f64, f64, f64) {
    let found: Vec<Interval> = (0..worlds)
        .into_par_iter()
        .filter_map(|world| interval(&mut ChaCha8Rng::seed_from_u64(world), world))
        .collect();
    let had = found.len() as f64;
    let held = found.iter().filter(|ci| ci.lower() - 1e-9 <= truth && truth <= ci.upper() + 1e-9).count() as f64;
    (held / had, found.iter().map(Interval::width).sum::<f64>() / had, had / worlds as f64)
}

/// Every rater copies the unit's class with probability `√kappa`, else draws from the shares: any two then agree beyond chance
/// by `kappa`.
fn draw(n: usize, raters: usize, shares: &[f64], kappa: f64, dice: &mut ChaCha8Rng) -> Ratings {
    let rows: Vec<Vec<Option<f64>>> = (0..n)
        .map(|_| {
            let class = category(shares, dice);
            let mut rate = || if uniform(dice) < kappa.sqrt() { class } else { category(shares, dice) };
            (0..raters).map(|_| Some(rate() as f64)).collect()
        })
        .collect();
    let scale: Vec<f64> = (0..shares.len()).map(|at| at as f64).collect();
    Ratings::by_unit(&rows).and_then(|ratings| ratings.with_categories(&scale)).expect("a complete table")
}

fn categories(worlds: u64) {
    println!(
        "chance-corrected coefficients: coverage (mean width) of the estimate | of the t interval; share of worlds with one\n"
    );
    let mixes: [&[f64]; 5] = [&[0.5, 0.5], &[0.8, 0.2], &[0.95, 0.05], &[0.7, 0.2, 0.1], &[0.6, 0.25, 0.1, 0.03, 0.02]];
    for (n, panel) in [(20, 2), (20, 3), (50, 3), (200, 2)] {
        for shares in mixes {
            for kappa in [0.0, 0.4, 0.8, 0.97] {
                let alike: f64 = shares.iter().map(|p| p * p).sum();
                let agreement = kappa + (1.0 - kappa) * alike;
                let unsure = (1.0 - alike) / (shares.len() as f64 - 1.0);
                print!("n={n:<4} raters={panel} shares={shares:?} kappa={kappa:<5}");
                for (name, coefficient, random) in [
                    ("kappa", Coefficient::Conger, alike),
                    ("alpha", Coefficient::Krippendorff, alike),
                    ("AC1", Coefficient::Gwet, unsure),
                ] {
                    let truth = (agreement - random) / (1.0 - random);
                    let worlds = if n > 100 { worlds / 4 } else { worlds };
                    let (held, width, had) = coverage(worlds, truth, |dice, seed| {
                        let ratings = draw(n, panel, shares, kappa, dice);
                        let found = chance_corrected(&ratings, Weights::Identity, coefficient).ok()?;
                        found.estimate(LEVEL, seed).ok().map(|estimate| estimate.ci())
                    });
                    let (t_held, t_width, t_had) = coverage(worlds, truth, |dice, _| {
                        let ratings = draw(n, panel, shares, kappa, dice);
                        chance_corrected(&ratings, Weights::Identity, coefficient).ok()?.t_interval(LEVEL)
                    });
                    print!(
                        "  {name} {held:.3} ({width:.2}) {had:.2} | {:.3} ({t_width:.2}) {t_had:.2}",
                        t_held * t_had
                    );
                }
                println!();
            }
        }
    }
}

fn intraclass(worlds: u64) {
    println!("\nICC(2,1) and ICC(3,1), normal scores: coverage (mean width); then on five grades\n");
    for judges in [2, 3, 5] {
        for n in [10, 20, 50, 200] {
            for icc in [0.2_f64, 0.5, 0.8, 0.95] {
                print!("judges={judges} targets={n:<4} icc={icc:<5}");
                for (grades, by_judge) in [(false, 0.0_f64), (false, 0.5), (true, 0.0)] {
                    // The error's variance is 1 - icc, of which judges' levels take a part.
                    let table = |n: usize, dice: &mut ChaCha8Rng| -> Vec<Vec<f64>> {
                        let levels: Vec<f64> =
                            (0..judges).map(|_| normal(dice) * ((1.0 - icc) * by_judge).sqrt()).collect();
                        (0..n)
                            .map(|_| {
                                let target = normal(dice) * f64::sqrt(icc);
                                let mut score = |level: &f64| {
                                    let score = target + level + normal(dice) * ((1.0 - icc) * (1.0 - by_judge)).sqrt();
                                    if grades { score.round().clamp(-2.0, 2.0) } else { score }
                                };
                                levels.iter().map(&mut score).collect()
                            })
                            .collect()
                    };
                    let truth = |kind| {
                        if grades {
                            let many = table(100_000, &mut ChaCha8Rng::seed_from_u64(99));
                            Icc::new(&many).expect("complete").value(kind).number().expect("varied")
                        } else if kind == IccKind::ConsistencySingle {
                            icc / (icc + (1.0 - icc) * (1.0 - by_judge))
                        } else {
                            icc
                        }
                    };
                    for (name, kind) in [("2,1", IccKind::AgreementSingle), ("3,1", IccKind::ConsistencySingle)] {
                        let (held, width, _) = coverage(worlds * 4, truth(kind), |dice, seed| {
                            Icc::new(&table(n, dice))
                                .ok()?
                                .estimate(kind, LEVEL, seed)
                                .ok()
                                .map(|estimate| estimate.ci())
                        });
                        print!("  {name} {held:.3} ({width:.2})");
                    }
                    print!(" /");
                }
                println!();
            }
        }
    }
}

fn pairs(worlds: u64) {
    println!(
        "\nnormal pairs: coverage (mean width) of the upper limit of agreement, of Lin's coefficient, of Kendall's W with 2 and 4 raters\n"
    );
    for n in [10, 20, 50, 200] {
        for r in [0.0_f64, 0.5, 0.8, 0.95] {
            let f = f64::sqrt(r);
            let rows = |raters: usize, shift: f64, dice: &mut ChaCha8Rng| -> Vec<Vec<f64>> {
                (0..n)
                    .map(|_| {
                        let own = normal(dice) * f;
                        (0..raters).map(|at| own + normal(dice) * (1.0 - r).sqrt() + shift * at as f64).collect()
                    })
                    .collect()
            };
            let two = |dice: &mut ChaCha8Rng| -> (Vec<f64>, Vec<f64>) {
                rows(2, 0.3, dice).into_iter().map(|row| (row[0], row[1])).unzip()
            };
            let limit = -0.3 + 1.96 * (2.0 * (1.0 - r)).sqrt();
            let (held, width, _) = coverage(worlds * 4, limit, |dice, _| {
                let (a, b) = two(dice);
                let found = BlandAltman::new(&a, &b).ok()?.limit_estimate(Limit::Upper, 1.96, LEVEL).ok()?;
                Some(found.ci())
            });
            print!("n={n:<4} r={r:<5}  limit {held:.3} ({width:.2})");
            let (held, width, _) = coverage(worlds * 4, 2.0 * r / (2.0 + 0.09), |dice, _| {
                let (a, b) = two(dice);
                Some(lin(&a, &b).ok()?.estimate(LEVEL).ok()?.ci())
            });
            print!("  Lin {held:.3} ({width:.2})");
            for raters in [2_u8, 4] {
                let spearman = 6.0 / std::f64::consts::PI * (r / 2.0).asin();
                let m = f64::from(raters);
                let (held, width, _) = coverage(worlds * 4, (1.0 + (m - 1.0) * spearman) / m, |dice, _| {
                    Some(kendall_w(&rows(raters.into(), 0.0, dice)).ok()?.estimate(LEVEL).ok()?.ci())
                });
                print!("  W{raters} {held:.3} ({width:.2})");
            }
            println!();
        }
    }
}

fn latent(worlds: u64) {
    println!(
        "\nDawid and Skene, three raters, two classes: coverage (mean width) of the share of ones, of a rater's recognition of ones\n"
    );
    for n in [20, 50, 100] {
        for (share, right) in [(0.5, 0.9), (0.2, 0.8), (0.2, 0.95)] {
            let rows = |dice: &mut ChaCha8Rng| -> Vec<Vec<Option<f64>>> {
                (0..n)
                    .map(|_| {
                        let truth = uniform(dice) < share;
                        (0..3).map(|_| Some(f64::from(u8::from((uniform(dice) < right) == truth)))).collect()
                    })
                    .collect()
            };
            let of = |truth: f64, recognition: bool| {
                coverage(worlds / 8, truth, |dice, seed| {
                    let ratings = Ratings::by_unit(&rows(dice)).ok()?.with_categories(&[0.0, 1.0]).ok()?;
                    let model = DawidSkene::fit(&ratings, STEPS).ok()?;
                    let found = if recognition {
                        model.recognition_estimate(0, 1, LEVEL, seed)
                    } else {
                        model.prevalence_estimate(1, LEVEL, seed)
                    };
                    Some(found.ok()?.ci())
                })
            };
            let ((held, width, had), (r_held, r_width, _)) = (of(share, false), of(right, true));
            println!(
                "n={n:<4} share={share:<5} right={right:<5}  share {held:.3} ({width:.2}) {had:.2}  recognition {r_held:.3} ({r_width:.2})"
            );
        }
    }
}

fn main() {
    let worlds = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(1_000);
    let only = std::env::args().nth(2);
    let asked = |section: &str| only.as_deref().is_none_or(|only| only == section);
    if asked("pairs") {
        pairs(worlds);
    }
    if asked("intraclass") {
        intraclass(worlds);
    }
    if asked("categories") {
        categories(worlds);
    }
    if asked("latent") {
        latent(worlds);
    }
}
