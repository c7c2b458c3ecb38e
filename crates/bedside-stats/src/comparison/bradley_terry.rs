//! Strengths from pairwise preferences.

use crate::{Figure, StatsError};
use nalgebra::{DMatrix, DVector};

/// Newton steps; a handful suffices, since the likelihood is concave.
const STEPS: u32 = 200;
/// The largest step taken at once in log strength, so that the first ones do not overshoot.
const LONGEST_STEP: f64 = 2.0;
/// Gradient, relative to the number of games, at which the search ends.
const SETTLED: f64 = 1e-13;

/// Log strengths of players, centred at 0, with standard errors.
#[derive(Debug, Clone, PartialEq)]
pub struct Strengths {
    /// Log strength; not identifiable unless every player is linked to every other by wins both ways.
    pub log_strength: Vec<Figure>,
    /// Standard error of each centred log strength.
    pub se: Vec<Figure>,
}

/// Bradley and Terry's model by maximum likelihood.
///
/// *Estimates* log strengths such that A beats B with probability `1/(1 + exp(s_B - s_A))`.
///
/// *Assumes* games are independent and preferences transitive: one number per system explains all pairs.
///
/// *Misleads* when many games share an item or a judge (the standard errors are then too small: resample items instead), and
/// when preferences go in circles. A system that won or lost all its games has no finite strength: refused, not regularised.
///
/// *Formula* Newton's steps on `Σ w_ij (s_i - ln(e^{s_i} + e^{s_j}))`; standard errors from the pseudo-inverse of the information.
///
/// *Reference* Bradley and Terry, Biometrika 1952; 39: 324-345. Ford, Am Math Mon 1957; 64(8): 28-33, for when it exists. Two players
/// with 3 wins to 1: the log odds ln 3, half of it each way.
///
/// ```
/// use bedside_stats::comparison::bradley_terry::strengths;
/// let found = strengths(&[vec![0.0, 3.0], vec![1.0, 0.0]])?;
/// assert!((found.log_strength[0].number().expect("both won") - 3.0_f64.ln() / 2.0).abs() < 1e-12);
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn strengths(wins: &[Vec<f64>]) -> Result<Strengths, StatsError> {
    let k = wins.len();
    check(wins)?;
    if !linked(wins) {
        return Ok(Strengths { log_strength: vec![Figure::NotIdentifiable; k], se: vec![Figure::NotIdentifiable; k] });
    }
    let games: f64 = wins.iter().flatten().sum();
    let mut strength = DVector::<f64>::zeros(k);
    let mut settled = false;
    for _ in 0..STEPS {
        let (gradient, information) = slope(wins, &strength);
        if settled {
            let inverse = inverse(&information, k)?;
            return Ok(Strengths {
                log_strength: strength.iter().map(|s| Figure::from(*s)).collect(),
                se: (0..k).map(|i| Figure::from(inverse[(i, i)].max(0.0).sqrt())).collect(),
            });
        }
        let step = inverse(&information, k)? * &gradient;
        let longest = step.amax();
        strength += if longest > LONGEST_STEP { &step * (LONGEST_STEP / longest) } else { step };
        strength.add_scalar_mut(-strength.mean());
        // Steps of one unit in the last place may never end.
        settled = gradient.amax() <= SETTLED * games || longest <= 1e-14;
    }
    Err(StatsError::NotConverged { method: "bradley_terry", steps: STEPS })
}

/// Gradient and information of the log-likelihood.
fn slope(wins: &[Vec<f64>], strength: &DVector<f64>) -> (DVector<f64>, DMatrix<f64>) {
    let k = wins.len();
    let mut gradient = DVector::zeros(k);
    let mut information = DMatrix::zeros(k, k);
    for i in 0..k {
        for j in (0..k).filter(|j| *j != i) {
            let chance = 1.0 / (1.0 + (strength[j] - strength[i]).exp());
            let games = wins[i][j] + wins[j][i];
            gradient[i] += wins[i][j] - games * chance;
            let weight = games * chance * (1.0 - chance);
            information[(i, i)] += weight;
            information[(i, j)] -= weight;
        }
    }
    (gradient, information)
}

/// Pseudo-inverse of the information, whose only null direction is "all stronger by the same".
fn inverse(information: &DMatrix<f64>, k: usize) -> Result<DMatrix<f64>, StatsError> {
    let ones = DMatrix::from_element(k, k, 1.0 / k as f64);
    let inverse =
        (information + &ones).try_inverse().ok_or(StatsError::NotConverged { method: "bradley_terry", steps: 0 })?;
    Ok(inverse - ones)
}

fn check(wins: &[Vec<f64>]) -> Result<(), StatsError> {
    let k = wins.len();
    if k < 2 {
        return Err(StatsError::TooFew { method: "bradley_terry", needs: "2 players".into(), found: k.to_string() });
    }
    if wins.iter().any(|row| row.len() != k) {
        return Err(StatsError::Input { why: "wins: not a square table".into() });
    }
    if wins.iter().flatten().any(|count| !(count.is_finite() && *count >= 0.0)) {
        return Err(StatsError::Input { why: "wins: a count is negative or not finite".into() });
    }
    if (0..k).any(|i| wins[i][i] != 0.0) {
        return Err(StatsError::Input { why: "wins: a player cannot beat itself".into() });
    }
    Ok(())
}

/// Whether wins lead from every player to every other (Ford's condition).
fn linked(wins: &[Vec<f64>]) -> bool {
    let reaches_all = |beats: &dyn Fn(usize, usize) -> bool| {
        let (mut seen, mut open) = (vec![false; wins.len()], vec![0]);
        seen[0] = true;
        while let Some(i) = open.pop() {
            for (j, seen) in seen.iter_mut().enumerate().filter(|(j, seen)| !**seen && beats(i, *j)) {
                *seen = true;
                open.push(j);
            }
        }
        seen.into_iter().all(|seen| seen)
    };
    reaches_all(&|i, j| wins[i][j] > 0.0) && reaches_all(&|i, j| wins[j][i] > 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_never_lost_has_no_strength() {
        let found = strengths(&[vec![0.0, 3.0, 2.0], vec![0.0, 0.0, 1.0], vec![0.0, 1.0, 0.0]]).expect("a table");
        assert_eq!(found.log_strength, vec![Figure::NotIdentifiable; 3]);
    }

    #[test]
    fn two_leagues_cannot_be_compared() {
        let mut wins = vec![vec![0.0; 4]; 4];
        for (i, j) in [(0, 1), (1, 0), (2, 3), (3, 2)] {
            wins[i][j] = 2.0;
        }
        assert_eq!(strengths(&wins).expect("a table").log_strength[0], Figure::NotIdentifiable);
    }

    #[test]
    fn lopsided_games_converge() {
        let found = strengths(&[vec![0.0, 1e6, 5.0], vec![1.0, 0.0, 1e6], vec![1.0, 1.0, 0.0]]).expect("converged");
        let sum: f64 = found.log_strength.iter().filter_map(|s| s.number()).sum();
        assert!(sum.abs() < 1e-9, "{found:?}");
    }

    #[test]
    fn what_is_no_table_of_wins_is_refused() {
        for wins in [
            vec![vec![0.0]],
            vec![vec![0.0, 1.0]],
            vec![vec![0.0, -1.0], vec![1.0, 0.0]],
            vec![vec![1.0, 1.0], vec![1.0, 0.0]],
            vec![vec![0.0, f64::NAN], vec![1.0, 0.0]],
        ] {
            assert!(strengths(&wins).is_err(), "{wins:?}");
        }
    }
}
