//! The lowest point of a function of a few variables, without derivatives: Nelder and Mead, Comput J 1965; 7: 308-313.

/// Most evaluations of one search.
pub(super) const STEPS: u32 = 20_000;
/// Differences in value below this share end a search.
const FLAT: f64 = 1e-13;

/// Where the function is lowest, starting nearby; searches again from what it found until that changes nothing. `None` if it
/// does not settle.
pub(super) fn lowest(of: impl Fn(&[f64]) -> f64, start: &[f64]) -> Option<Vec<f64>> {
    let (mut best, mut value) = (start.to_vec(), of(start));
    let mut left = STEPS;
    let mut edge = 0.5;
    loop {
        let (found, lower) = search(&of, &best, edge, &mut left)?;
        let gained = value - lower;
        (best, value) = (found, lower);
        // Not a number when both are infinite: then there is nothing to find either.
        if gained.is_nan() || gained.abs() <= 1e-10 {
            return value.is_finite().then_some(best);
        }
        edge *= 0.3;
    }
}

fn search(of: &impl Fn(&[f64]) -> f64, start: &[f64], edge: f64, left: &mut u32) -> Option<(Vec<f64>, f64)> {
    let n = start.len();
    let mut corners: Vec<(Vec<f64>, f64)> = (0..=n)
        .map(|corner| {
            let mut at = start.to_vec();
            if corner > 0 {
                at[corner - 1] += edge;
            }
            let value = of(&at);
            (at, value)
        })
        .collect();
    while *left > 0 {
        *left -= 1;
        corners.sort_by(|one, other| one.1.total_cmp(&other.1));
        let (best, worst) = (corners[0].1, corners[n].1);
        let wide =
            corners.iter().flat_map(|corner| corner.0.iter().zip(&corners[0].0)).any(|(x, y)| (x - y).abs() > 1e-9);
        if worst - best <= FLAT * best.abs().max(1.0) || !wide {
            return Some(corners.swap_remove(0));
        }
        let centre: Vec<f64> =
            (0..n).map(|axis| corners[..n].iter().map(|corner| corner.0[axis]).sum::<f64>() / n as f64).collect();
        let along = |length: f64| {
            let at: Vec<f64> = centre.iter().zip(&corners[n].0).map(|(c, w)| c + length * (c - w)).collect();
            let value = of(&at);
            (at, value)
        };
        let reflected = along(1.0);
        let next = if reflected.1 < best {
            let further = along(2.0);
            if further.1 < reflected.1 { further } else { reflected }
        } else if reflected.1 < corners[n - 1].1 {
            reflected
        } else {
            let nearer = along(if reflected.1 < worst { 0.5 } else { -0.5 });
            if nearer.1 >= worst.min(reflected.1) {
                let anchor = corners[0].0.clone();
                for corner in &mut corners[1..] {
                    corner.0.iter_mut().zip(&anchor).for_each(|(x, a)| *x = f64::midpoint(*x, *a));
                    corner.1 = of(&corner.0);
                }
                continue;
            }
            nearer
        };
        corners[n] = next;
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_curved_valley_is_followed_to_its_end() {
        let found = lowest(|x| (1.0 - x[0]).powi(2) + 100.0 * (x[1] - x[0] * x[0]).powi(2), &[-1.2, 1.0]);
        let found = found.expect("it has a lowest point");
        assert!((found[0] - 1.0).abs() < 1e-5 && (found[1] - 1.0).abs() < 1e-5, "{found:?}");
    }

    #[test]
    fn nothing_but_infinity_is_no_lowest_point() {
        assert_eq!(lowest(|_| f64::INFINITY, &[1.0]), None);
    }
}
