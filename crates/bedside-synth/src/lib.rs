//! Generated benchmarks: cases drawn from a seed, with the truth known by construction.
//!
//! Third-party data can be unavailable, contaminated or mislabelled. What is drawn here is always there, a new seed gives fresh
//! equivalents, and the right answer follows from the same facts that the text is written from. The price is that nobody real is
//! in it: a score on generated cases checks the instrument and says nothing about deployment.
//!
//! ```
//! let items = bedside_synth::generate("prior-authorisation", 1, 6).unwrap();
//! assert_eq!(items.len(), 6);
//! assert_eq!(items[0].id, bedside_synth::generate("prior-authorisation", 1, 60).unwrap()[0].id);
//! ```
//!
//! This crate is pure: a seed and a number in, items out, the same on every platform.

mod draw;
pub mod prior_authorisation;

use bedside_core::item::ItemLine;
use bedside_core::manifest::Domain;

/// What a generator makes.
#[derive(Clone, Copy, Debug)]
pub struct Generator {
    /// Name in `[source.generator]`.
    pub name: &'static str,
    /// Version: the same version, seed and number give the same items.
    pub version: u32,
    /// Kind of clinical work.
    pub domain: Domain,
    /// One sentence.
    pub what: &'static str,
    /// Draws items.
    pub generate: fn(seed: u64, n: u32) -> Vec<ItemLine>,
}

/// All generators.
pub const fn generators() -> &'static [Generator] {
    &[prior_authorisation::GENERATOR]
}

/// Items of a generator, or `None` for a name that no generator has.
pub fn generate(name: &str, seed: u64, n: u32) -> Option<Vec<ItemLine>> {
    generators().iter().find(|generator| generator.name == name).map(|generator| (generator.generate)(seed, n))
}
