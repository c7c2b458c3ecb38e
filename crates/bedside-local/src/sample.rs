//! From logits to a token, and to a log-probability.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::error::{Error, Result};

/// How the next token is chosen: the likeliest, or drawn with a seed.
pub(crate) enum Sampler {
    Greedy,
    Drawn { temperature: f64, top_p: f64, random: Box<ChaCha8Rng> },
}

impl Sampler {
    /// Greedy at temperature 0.
    pub(crate) fn new(temperature: f64, top_p: Option<f64>, seed: u64) -> Self {
        if temperature == 0.0 {
            return Self::Greedy;
        }
        // the seed's bytes are the key, so that the draws depend on no crate's idea of how to stretch a number
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seed.to_le_bytes());
        Self::Drawn { temperature, top_p: top_p.unwrap_or(1.0), random: Box::new(ChaCha8Rng::from_seed(key)) }
    }

    pub(crate) fn choose(&mut self, logits: &[f32]) -> Result<u32> {
        let likeliest = likeliest(logits)?;
        let chosen = match self {
            Self::Greedy => likeliest,
            Self::Drawn { temperature, top_p, random } => {
                let uniform = (random.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
                draw(logits, f64::from(logits[likeliest]), *temperature, *top_p, uniform)
            }
        };
        u32::try_from(chosen).map_err(|_| Error::Malformed("a vocabulary beyond 32 bits".into()))
    }
}

/// Natural log-probability of `token`.
pub(crate) fn log_probability(logits: &[f32], token: u32) -> Result<f64> {
    let greatest = f64::from(logits[likeliest(logits)?]);
    let total: f64 = logits.iter().map(|&logit| (f64::from(logit) - greatest).exp()).sum();
    let logit = logits
        .get(token as usize)
        .ok_or_else(|| Error::Malformed(format!("token {token} is outside the vocabulary")))?;
    Ok(f64::from(*logit) - greatest - total.ln())
}

/// Index of the greatest logit; of equals the first.
fn likeliest(logits: &[f32]) -> Result<usize> {
    let mut best = 0;
    for (index, logit) in logits.iter().enumerate() {
        if *logit > logits[best] {
            best = index;
        }
        if !logit.is_finite() {
            return Err(Error::NotFinite);
        }
    }
    if logits.is_empty() { Err(Error::NotFinite) } else { Ok(best) }
}

/// The token at the share `uniform` of the probability mass; with `top_p` below 1, of the fewest tokens that hold that share.
fn draw(logits: &[f32], greatest: f64, temperature: f64, top_p: f64, uniform: f64) -> usize {
    let weight = |logit: f32| ((f64::from(logit) - greatest) / temperature).exp();
    let mut weights: Vec<(usize, f64)> = logits.iter().map(|&logit| weight(logit)).enumerate().collect();
    if top_p < 1.0 {
        let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
        weights.sort_by(|(first, a), (second, b)| b.total_cmp(a).then(first.cmp(second)));
        let mut held = 0.0;
        let enough = weights.iter().position(|(_, weight)| {
            held += weight;
            held >= top_p * total
        });
        weights.truncate(enough.map_or(weights.len(), |last| last + 1));
    }
    let mut left = uniform * weights.iter().map(|(_, weight)| weight).sum::<f64>();
    for (token, weight) in &weights {
        left -= weight;
        if left < 0.0 {
            return *token;
        }
    }
    weights.iter().rev().find(|(_, weight)| *weight > 0.0).map_or(0, |(token, _)| *token)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LOGITS: [f32; 4] = [0.0, 2.0, 1.0, 2.0];

    #[test]
    fn the_first_of_equals_is_the_greedy_choice() {
        assert_eq!(Sampler::new(0.0, None, 7).choose(&LOGITS).unwrap(), 1);
    }

    #[test]
    fn log_probabilities_sum_to_one() {
        let total: f64 = (0..4).map(|token| log_probability(&LOGITS, token).unwrap().exp()).sum();
        assert!((total - 1.0).abs() < 1e-12, "{total}");
    }

    #[test]
    fn one_seed_one_sequence() {
        let drawn = |seed| {
            let mut sampler = Sampler::new(1.0, None, seed);
            (0..64).map(|_| sampler.choose(&LOGITS).unwrap()).collect::<Vec<_>>()
        };
        assert_eq!(drawn(1), drawn(1));
        assert_ne!(drawn(1), drawn(2));
        // the stream itself is a promise: a stored run with this seed must come out again
        assert_eq!(drawn(1)[..8], FIRST_DRAWS_OF_SEED_1);
    }

    const FIRST_DRAWS_OF_SEED_1: [u32; 8] = [1, 1, 3, 3, 3, 1, 3, 3];

    #[test]
    fn draws_follow_the_probabilities() {
        let mut sampler = Sampler::new(1.0, None, 3);
        let draws = 20_000;
        let mut counts = [0_u32; 4];
        for _ in 0..draws {
            counts[sampler.choose(&LOGITS).unwrap() as usize] += 1;
        }
        for (token, count) in (0..).zip(counts) {
            let expected = log_probability(&LOGITS, token).unwrap().exp();
            let seen = f64::from(count) / f64::from(draws);
            // five standard errors of a share
            assert!(
                (seen - expected).abs() < 5.0 * (expected / f64::from(draws)).sqrt(),
                "{token}: {seen} for {expected}"
            );
        }
    }

    #[test]
    fn top_p_keeps_only_the_likeliest() {
        let mut sampler = Sampler::new(1.0, Some(0.5), 3);
        assert!((0..200).all(|_| [1, 3].contains(&sampler.choose(&LOGITS).unwrap())));
    }

    #[test]
    fn logits_that_are_no_numbers_are_an_error() {
        assert!(matches!(Sampler::new(0.0, None, 0).choose(&[0.0, f32::NAN]), Err(Error::NotFinite)));
    }
}
