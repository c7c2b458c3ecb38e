//! One share of a plan: for schedulers that start the same command many times and merge what comes back.

use std::fmt;

use serde::{Deserialize, Serialize};

use crate::cell::CellKey;
use crate::limits;

/// Share `index` of `of`, counted from 1. A cell belongs to exactly one share, by its key alone: no share knows of the others.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shard {
    /// Which share, from 1.
    pub index: u32,
    /// How many shares there are.
    pub of: u32,
    /// Cells of this share that a recording lacks, by position of the system; empty when none lacks any. The whole plan's number
    /// stands with each system.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unavailable: Vec<u64>,
}

/// Why a share could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ShardError {
    /// Not two numbers.
    #[error("`{0}` is no share: write `2/5` for the second of five")]
    Form(String),
    /// Out of range.
    #[error("there is no share {index} of {of}: shares count from 1 to {of}")]
    Range {
        /// The share asked for.
        index: u32,
        /// How many there are.
        of: u32,
    },
    /// More shares than anyone has machines.
    #[error("{0} shares: at most {most}", most = limits::SHARDS)]
    TooMany(u32),
}

impl Shard {
    /// Reads `2/5`.
    pub fn parse(text: &str) -> Result<Self, ShardError> {
        let form = || ShardError::Form(text.to_owned());
        let (index, of) = text.split_once('/').ok_or_else(form)?;
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            if digits { text.parse::<u32>().map_err(|_| form()) } else { Err(form()) }
        };
        let (index, of) = (number(index)?, number(of)?);
        if of > limits::SHARDS {
            return Err(ShardError::TooMany(of));
        }
        if index == 0 || index > of {
            return Err(ShardError::Range { index, of });
        }
        Ok(Self { index, of, unavailable: Vec::new() })
    }

    /// Whether a cell belongs to this share: the first eight bytes of its key, as a number, modulo the number of shares.
    pub fn holds(&self, cell: &CellKey) -> bool {
        let first = cell.0.bytes().first_chunk().map_or(0, |bytes| u64::from_be_bytes(*bytes));
        // A plan from outside may say "of 0": then there is one share.
        first % u64::from(self.of.max(1)) == u64::from(self.index.saturating_sub(1))
    }
}

impl fmt::Display for Shard {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.index, self.of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::digest::Digest;

    #[test]
    fn shares_are_written_as_fractions() {
        let shard = Shard::parse("2/5").unwrap();
        assert_eq!((shard.index, shard.of, shard.to_string()), (2, 5, "2/5".to_owned()));
        for text in ["", "2", "/5", "2/", "2/5/6", "a/5", "+1/2", " 1/2", "1/99999999999"] {
            assert_eq!(Shard::parse(text), Err(ShardError::Form(text.to_owned())), "{text}");
        }
        assert_eq!(Shard::parse("0/5"), Err(ShardError::Range { index: 0, of: 5 }));
        assert_eq!(Shard::parse("6/5"), Err(ShardError::Range { index: 6, of: 5 }));
        assert_eq!(Shard::parse("0/0"), Err(ShardError::Range { index: 0, of: 0 }));
        assert!(matches!(Shard::parse("1/4000000000"), Err(ShardError::TooMany(_))));
    }

    #[test]
    fn every_cell_belongs_to_one_share_and_shares_are_about_equal() {
        let shards: Vec<Shard> = (1..=7).map(|index| Shard::parse(&format!("{index}/7")).unwrap()).collect();
        let mut sizes = [0; 7];
        for number in 0..7_000_u32 {
            let cell = CellKey(Digest::of(&number.to_le_bytes()));
            let holders: Vec<usize> = (0..7).filter(|at| shards[*at].holds(&cell)).collect();
            assert_eq!(holders.len(), 1, "{number}");
            sizes[holders[0]] += 1;
        }
        assert!(sizes.iter().all(|size| (850..1150).contains(size)), "{sizes:?}");
    }

    #[test]
    fn the_share_of_a_key_is_part_of_the_format() {
        let cell = CellKey(Digest::from_bytes([1; 32]));
        // 0x0101010101010101 = 72340172838076673; modulo 5 that is 3: the fourth share.
        let holder = (1..=5).find(|index| Shard::parse(&format!("{index}/5")).unwrap().holds(&cell));
        assert_eq!(holder, Some(4));
    }
}
