//! All resamples of a few numbers, each with its probability: what a random bootstrap approaches.

use crate::StatsError;

/// More numbers than this have too many resamples (1.4 million different ones of twelve).
const MOST: usize = 12;

/// The law of the resampled mean.
#[derive(Debug, Clone, PartialEq)]
pub struct Exhaustive {
    /// Means of the different resamples, in ascending order, with the number of orders in which each can be drawn.
    means: Vec<(f64, u64)>,
    /// All orders: `nⁿ`.
    orders: u64,
}

/// All resamples of the mean of at most twelve numbers.
///
/// *Estimates* the bootstrap law of the mean without Monte Carlo error. *Assumes* independent numbers. *Misleads* as any
/// bootstrap of so few. *Formula* every multiset of size `n`, drawn in `n!/Π kᵢ!` of `nⁿ` orders.
///
/// *Reference* Fisher and Hall, J Stat Plan Inference 1991; 27: 157-169. By hand, the standard deviation is that of the numbers
/// over the root of their count, 2.681/2:
///
/// ```
/// use bedside_stats::bootstrap::exhaustive_mean;
/// let law = exhaustive_mean(&[1.0, 2.0, 4.0, 8.0])?;
/// assert!((law.standard_error() - 1.340_475_661_845).abs() < 1e-12);
/// assert_eq!((law.quantile(0.025), law.quantile(0.975)), (1.5, 6.5));
/// # Ok::<(), bedside_stats::StatsError>(())
/// ```
pub fn exhaustive_mean(x: &[f64]) -> Result<Exhaustive, StatsError> {
    if x.is_empty() {
        return Err(StatsError::Empty);
    }
    if x.len() > MOST {
        return Err(StatsError::Input {
            why: format!("{} numbers have too many resamples; at most {MOST}, or draw some at random", x.len()),
        });
    }
    if let Some(odd) = x.iter().find(|value| !value.is_finite()) {
        return Err(StatsError::Input { why: format!("{odd} is not a finite number") });
    }
    let n = x.len() as u64;
    let mut means = Vec::new();
    collect(x, n, 0.0, (1..=n).product(), &mut means);
    for (sum, _) in &mut means {
        *sum /= x.len() as f64;
    }
    means.sort_by(|a, b| a.0.total_cmp(&b.0));
    Ok(Exhaustive { means, orders: (0..n).map(|_| n).product() })
}

/// Draws the first number 0 to `left` times and goes on with the rest; `orders` is divided by `k!` for each.
fn collect(x: &[f64], left: u64, sum: f64, orders: u64, means: &mut Vec<(f64, u64)>) {
    let Some((&first, rest)) = x.split_first() else { return };
    if rest.is_empty() {
        let factorial: u64 = (1..=left).product();
        means.push((sum + first * left as f64, orders / factorial));
        return;
    }
    let mut factorial = 1;
    for times in 0..=left {
        factorial *= times.max(1);
        collect(rest, left - times, sum + first * times as f64, orders / factorial, means);
    }
}

impl Exhaustive {
    /// Standard deviation of the resampled mean.
    pub fn standard_error(&self) -> f64 {
        let all = self.orders as f64;
        let mean = self.means.iter().map(|&(mean, orders)| mean * orders as f64).sum::<f64>() / all;
        let squares: f64 = self.means.iter().map(|&(value, orders)| (value - mean).powi(2) * orders as f64).sum();
        (squares / all).sqrt()
    }

    /// The smallest resampled mean with at least this share at or below it.
    pub fn quantile(&self, probability: f64) -> f64 {
        let needed = probability * self.orders as f64;
        let mut below = 0;
        for &(mean, orders) in &self.means {
            below += orders;
            // A hair for the rounding of `needed`.
            if below as f64 + 1e-9 * self.orders as f64 >= needed {
                return mean;
            }
        }
        self.means.last().map_or(f64::NAN, |&(mean, _)| mean)
    }

    /// Different resamples.
    pub fn different(&self) -> usize {
        self.means.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_order_is_counted_once() {
        for n in 1..=8_usize {
            let x: Vec<f64> = (0..n).map(|i| (i * i) as f64).collect();
            let law = exhaustive_mean(&x).expect("few numbers");
            assert_eq!(law.means.iter().map(|&(_, orders)| orders).sum::<u64>(), law.orders, "{n}");
        }
    }

    #[test]
    fn equal_numbers_have_one_mean() {
        let law = exhaustive_mean(&[3.0; 5]).expect("few numbers");
        assert!(law.standard_error() < 1e-12 && (law.quantile(0.5) - 3.0).abs() < 1e-12);
    }

    #[test]
    fn none_and_too_many_are_refused() {
        assert!(exhaustive_mean(&[]).is_err());
        assert!(exhaustive_mean(&[1.0; 13]).is_err());
        assert!(exhaustive_mean(&[f64::NAN]).is_err());
    }
}
