//! Scores of many cells in little memory: most metrics take few values, and then one byte names the value and whether it was read.

/// One score a cell, or none.
#[derive(Clone, Debug)]
pub enum Column {
    /// Each cell names an entry; the first means that there is no score.
    Coded {
        /// Scores as bits, and whether the answer could be read.
        entries: Vec<(u64, bool)>,
        /// Entry of each cell, plus one.
        codes: Vec<u8>,
    },
    /// More values than a byte can name. NaN where there is no score.
    Wide {
        /// Scores.
        scores: Vec<f64>,
        /// Whether the answer could not be read.
        unparsed: Vec<bool>,
    },
}

impl Column {
    /// A column without scores.
    pub fn new(cells: usize) -> Self {
        Self::Coded { entries: Vec::new(), codes: vec![0; cells] }
    }

    /// The score of a cell, and whether its answer could be read.
    pub fn get(&self, cell: usize) -> Option<(f64, bool)> {
        match self {
            Self::Coded { entries, codes } => {
                let (bits, parsed) = entries[usize::from(codes[cell]).checked_sub(1)?];
                Some((f64::from_bits(bits), parsed))
            }
            Self::Wide { scores, unparsed } => (!scores[cell].is_nan()).then(|| (scores[cell], !unparsed[cell])),
        }
    }

    /// Enters the score of a cell. NaN is no score.
    pub fn set(&mut self, cell: usize, score: f64, parsed: bool) {
        if score.is_nan() {
            return;
        }
        match self {
            Self::Coded { entries, codes } => {
                let entry = (score.to_bits(), parsed);
                let known = entries.iter().position(|known| *known == entry);
                let at = known.unwrap_or_else(|| {
                    entries.push(entry);
                    entries.len() - 1
                });
                if let Ok(code) = u8::try_from(at + 1) {
                    codes[cell] = code;
                } else {
                    self.widen();
                    self.set(cell, score, parsed);
                }
            }
            Self::Wide { scores, unparsed } => {
                scores[cell] = score;
                unparsed[cell] = !parsed;
            }
        }
    }

    fn widen(&mut self) {
        let Self::Coded { codes, .. } = self else { return };
        let (mut scores, mut unparsed) = (vec![f64::NAN; codes.len()], vec![false; codes.len()]);
        for cell in 0..scores.len() {
            if let Some((score, parsed)) = self.get(cell) {
                (scores[cell], unparsed[cell]) = (score, !parsed);
            }
        }
        *self = Self::Wide { scores, unparsed };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_goes_in_comes_out_whatever_the_number_of_values() {
        for values in [2_u32, 200, 254, 255, 256, 1000] {
            let cells = 1000;
            let mut column = Column::new(cells);
            let score = |cell: usize| f64::from(u32::try_from(cell).unwrap() % values) / 3.0;
            for cell in (0..cells).filter(|cell| cell % 7 != 0) {
                column.set(cell, score(cell), cell % 2 == 0);
            }
            for cell in 0..cells {
                let expected = (cell % 7 != 0).then(|| (score(cell), cell % 2 == 0));
                assert_eq!(column.get(cell), expected, "{values} values, cell {cell}");
            }
        }
    }
}
