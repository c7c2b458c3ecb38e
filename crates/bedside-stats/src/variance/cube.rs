//! Sums of squares of a balanced table of persons and two facets.

use crate::StatsError;

/// Scores with the grand mean taken out, and their means over persons and facets.
pub(super) struct Cube {
    pub n: [usize; 3],
    scores: Vec<f64>,
}

impl Cube {
    /// A full table with at least two persons, and two levels of each of the first `facets` facets.
    pub fn new(scores: &[Vec<Vec<f64>>], method: &'static str, facets: usize) -> Result<Self, StatsError> {
        let first = scores.first().ok_or(StatsError::Empty)?;
        let n = [scores.len(), first.len(), first.first().map_or(0, Vec::len)];
        let full = scores.iter().all(|rows| rows.len() == n[1] && rows.iter().all(|row| row.len() == n[2]));
        if !full {
            let why = format!("{method} needs a full table: some rows are shorter; use variance_components_reml");
            return Err(StatsError::Input { why });
        }
        if n[..=facets].iter().any(|&levels| levels < 2) {
            let found = n[..=facets].iter().map(ToString::to_string).collect::<Vec<_>>().join(" by ");
            return Err(StatsError::TooFew { method, needs: "2 persons and 2 levels of each facet".into(), found });
        }
        let mut scores: Vec<f64> = scores.iter().flatten().flatten().copied().collect();
        if let Some(score) = scores.iter().find(|score| !score.is_finite()) {
            return Err(StatsError::Input { why: format!("{score} is no score") });
        }
        // Less the first score first, so that equal scores become exactly 0.
        let first = scores[0];
        for score in &mut scores {
            *score -= first;
        }
        let mean = scores.iter().sum::<f64>() / scores.len() as f64;
        for score in &mut scores {
            *score -= mean;
        }
        Ok(Self { n, scores })
    }

    pub fn persons(&self) -> f64 {
        self.n[0] as f64
    }

    pub fn firsts(&self) -> f64 {
        self.n[1] as f64
    }

    pub fn seconds(&self) -> f64 {
        self.n[2] as f64
    }

    /// Sum over all scores of a square, given each score and its place.
    fn squares(&self, of: impl Fn(f64, [usize; 3]) -> f64) -> f64 {
        let place = |at: usize| [at / (self.n[1] * self.n[2]), at / self.n[2] % self.n[1], at % self.n[2]];
        self.scores.iter().enumerate().map(|(at, &score)| of(score, place(at)).powi(2)).sum()
    }

    /// Mean of the scores that agree in the kept places, for each place.
    fn means(&self, keep: [bool; 3]) -> impl Fn([usize; 3]) -> f64 + use<> {
        let n = self.n;
        let slot = move |place: [usize; 3]| {
            (0..3).filter(|&axis| keep[axis]).fold(0, |slot, axis| slot * n[axis] + place[axis])
        };
        let slots: usize = (0..3).filter(|&axis| keep[axis]).map(|axis| n[axis]).product();
        let mut sums = vec![0.0; slots];
        for (at, score) in self.scores.iter().enumerate() {
            sums[slot([at / (n[1] * n[2]), at / n[2] % n[1], at % n[2]])] += score;
        }
        let each = (self.scores.len() / slots) as f64;
        move |place| sums[slot(place)] / each
    }

    pub fn between_persons(&self) -> f64 {
        let p = self.means([true, false, false]);
        self.squares(|_, at| p(at))
    }

    pub fn between_firsts(&self) -> f64 {
        let i = self.means([false, true, false]);
        self.squares(|_, at| i(at))
    }

    pub fn between_seconds(&self) -> f64 {
        let j = self.means([false, false, true]);
        self.squares(|_, at| j(at))
    }

    pub fn persons_by_firsts(&self) -> f64 {
        let (pi, p, i) =
            (self.means([true, true, false]), self.means([true, false, false]), self.means([false, true, false]));
        self.squares(|_, at| pi(at) - p(at) - i(at))
    }

    pub fn persons_by_seconds(&self) -> f64 {
        let (pj, p, j) =
            (self.means([true, false, true]), self.means([true, false, false]), self.means([false, false, true]));
        self.squares(|_, at| pj(at) - p(at) - j(at))
    }

    pub fn firsts_by_seconds(&self) -> f64 {
        let (ij, i, j) =
            (self.means([false, true, true]), self.means([false, true, false]), self.means([false, false, true]));
        self.squares(|_, at| ij(at) - i(at) - j(at))
    }

    pub fn residual_crossed(&self) -> f64 {
        let (pi, pj, ij) =
            (self.means([true, true, false]), self.means([true, false, true]), self.means([false, true, true]));
        let (p, i, j) =
            (self.means([true, false, false]), self.means([false, true, false]), self.means([false, false, true]));
        self.squares(|score, at| score - pi(at) - pj(at) - ij(at) + p(at) + i(at) + j(at))
    }

    pub fn seconds_in_firsts(&self) -> f64 {
        let (ij, i) = (self.means([false, true, true]), self.means([false, true, false]));
        self.squares(|_, at| ij(at) - i(at))
    }

    pub fn residual_nested(&self) -> f64 {
        let (pi, ij, i) =
            (self.means([true, true, false]), self.means([false, true, true]), self.means([false, true, false]));
        self.squares(|score, at| score - pi(at) - ij(at) + i(at))
    }
}
