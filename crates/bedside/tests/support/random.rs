//! A stream of numbers from a seed: what a test draws is drawn again alike.

/// SplitMix64, after Steele, Lea and Flood (2014): three lines, and good enough to choose misfortunes.
pub struct Random(u64);

impl Random {
    pub const fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A stream of its own for each pair, so that the order of drawing does not matter.
    pub fn of(seed: u64, part: u64) -> Self {
        let mut mixed = Self(seed);
        Self(mixed.next() ^ part.wrapping_mul(0xA24B_AED4_963E_E407))
    }

    pub const fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub const fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}
