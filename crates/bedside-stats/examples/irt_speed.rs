//! Two-parameter curves of 2,000 items from 200 takers: time, and how well planted parameters come back.
//!
//! `cargo run --release -p bedside-stats --example irt_speed [takers items [file]]`
//!
//! With a file, the answers are written to it (a row of 0 and 1 for each item), and the fitted parameters to `file.fit`, so that
//! another program can fit the same.

#![expect(clippy::print_stdout, reason = "an example that prints figures")]

use bedside_stats::items::Responses;
use bedside_stats::items::irt::{FittedItem, Item, WhenFew, two_parameter};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};
use std::time::Instant;

/// A number between 0 and 1, both excluded.
fn uniform(dice: &mut ChaCha8Rng) -> f64 {
    ((dice.next_u64() >> 11) as f64 + 0.5) / (1_u64 << 53) as f64
}

/// Box and Muller.
fn normal(dice: &mut ChaCha8Rng) -> f64 {
    (-2.0 * uniform(dice).ln()).sqrt() * (std::f64::consts::TAU * uniform(dice)).cos()
}

/// Correlation and root mean squared error of what was found against what was planted.
fn recovery(pairs: &[(f64, f64)]) -> (f64, f64) {
    let n = pairs.len() as f64;
    let (x, y) = pairs.iter().fold((0.0, 0.0), |(x, y), pair| (x + pair.0 / n, y + pair.1 / n));
    let sums = pairs.iter().fold([0.0; 4], |[xx, xy, yy, off], pair| {
        let (dx, dy) = (pair.0 - x, pair.1 - y);
        [xx + dx * dx, xy + dx * dy, yy + dy * dy, off + (pair.0 - pair.1).powi(2)]
    });
    (sums[1] / (sums[0] * sums[2]).sqrt(), (sums[3] / n).sqrt())
}

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let number = |at: usize, otherwise: usize| arguments.get(at).map_or(Ok(otherwise), |text| text.parse());
    let (takers, items) = (number(0, 200)?, number(1, 2_000)?);
    let mut dice = ChaCha8Rng::seed_from_u64(11);
    let abilities: Vec<f64> = (0..takers).map(|_| normal(&mut dice)).collect();
    let planted: Vec<Item> =
        (0..items).map(|_| Item { a: (0.3 * normal(&mut dice)).exp(), b: normal(&mut dice) }).collect();
    let rows: Vec<Vec<Option<bool>>> = abilities
        .iter()
        .map(|&ability| planted.iter().map(|item| Some(uniform(&mut dice) < item.right_at(ability))).collect())
        .collect();
    let responses = Responses::new(&rows)?;

    let start = Instant::now();
    let fit = two_parameter(&responses, WhenFew::Refuse)?;
    let seconds = start.elapsed().as_secs_f64();

    let pairs = |of: fn(&FittedItem) -> Option<f64>, from: fn(&Item) -> f64| -> Vec<(f64, f64)> {
        let found = fit.items.iter().zip(&planted).filter(|(found, _)| !found.at_bound);
        found.filter_map(|(found, item)| of(found).map(|value| (value, from(item)))).collect()
    };
    let (a_correlation, a_error) = recovery(&pairs(|found| found.discrimination.number(), |item| item.a));
    let (d_correlation, d_error) = recovery(&pairs(|found| found.intercept.number(), |item| -item.a * item.b));
    let (b_correlation, b_error) = recovery(&pairs(
        |found| found.difficulty.number().filter(|_| found.discrimination.number().is_some_and(|a| a > 0.3)),
        |item| item.b,
    ));
    let aside = fit.items.iter().filter(|item| item.at_bound || item.discrimination.number().is_none()).count();
    println!(
        "{takers} takers, {items} items: {seconds:.3} s, {} EM steps, log-likelihood {:.4}",
        fit.steps, fit.ln_likelihood
    );
    println!("discrimination: correlation {a_correlation:.3}, RMSE {a_error:.3}");
    println!("intercept:      correlation {d_correlation:.3}, RMSE {d_error:.3}");
    println!("difficulty:     correlation {b_correlation:.3}, RMSE {b_error:.3} (where a > 0.3)");
    println!("answered alike by all, or without finite discrimination: {aside}");

    if let Some(path) = arguments.get(2) {
        let line = |item: usize| -> String {
            rows.iter().map(|row| if row[item] == Some(true) { '1' } else { '0' }).collect()
        };
        std::fs::write(path, (0..items).map(line).collect::<Vec<_>>().join("\n"))?;
        let parameters = fit.items.iter().map(|item| {
            let text =
                |figure: bedside_stats::Figure| figure.number().map_or("nan".to_owned(), |number| number.to_string());
            format!("{} {} {}", text(item.discrimination), text(item.difficulty), u8::from(item.at_bound))
        });
        std::fs::write(format!("{path}.fit"), parameters.collect::<Vec<_>>().join("\n"))?;
    }
    Ok(())
}
