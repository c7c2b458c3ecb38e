//! Named decoders, for formats whose fields expressions cannot read. A decoder turns the records of the recipe's files into
//! other records; `[source.map]` still says how those become items.

mod medcalc;

use bedside_core::problem::Problems;

use crate::records::Record;
pub use crate::tables::Table;

/// Records of a recipe's files, in the order of `[source.map] files`, to the records that are mapped.
pub type Decoder = fn(&[Table]) -> Result<Vec<Record>, Problems>;

/// All decoders: name, function, what it does.
const DECODERS: [(&str, Decoder, &str); 1] = [(
    "medcalc",
    medcalc::decode,
    "MedCalc-Bench v1.0 with both label sets: typed keys, note clusters, rows whose question was changed",
)];

/// The decoder of a name.
pub fn find(name: &str) -> Option<Decoder> {
    DECODERS.iter().find(|(known, _, _)| *known == name).map(|(_, decoder, _)| *decoder)
}

/// The names of all decoders.
pub fn names() -> impl Iterator<Item = &'static str> {
    DECODERS.iter().map(|(name, _, _)| *name)
}
