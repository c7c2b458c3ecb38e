//! A number that may be no number, said in words: 0/0, infinity, not identified.

use serde::{Serialize, Serializer};

/// A result that stands on its own line of JSON: a finite number, or the word for why there is none.
///
/// ```
/// use bedside_stats::Figure;
/// assert_eq!(Figure::ratio(1.0, 4.0), Figure::Number(0.25));
/// assert_eq!(Figure::ratio(0.0, 0.0), Figure::Undefined);
/// assert_eq!(serde_json::to_string(&Figure::ratio(1.0, 0.0))?, r#""infinite""#);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Figure {
    /// A finite number.
    Number(f64),
    /// 0/0: the data hold nothing to say.
    Undefined,
    /// A positive infinity.
    Infinite,
    /// A negative infinity.
    MinusInfinite,
    /// The model has many solutions for these data.
    NotIdentifiable,
}

impl Figure {
    /// `part / whole` with 0/0 undefined and x/0 infinite.
    pub fn ratio(part: f64, whole: f64) -> Self {
        Self::from(part / whole)
    }

    /// The number, if it is one.
    pub fn number(self) -> Option<f64> {
        match self {
            Self::Number(number) => Some(number),
            _ => None,
        }
    }
}

impl From<f64> for Figure {
    fn from(number: f64) -> Self {
        if number.is_nan() {
            Self::Undefined
        } else if number == f64::INFINITY {
            Self::Infinite
        } else if number == f64::NEG_INFINITY {
            Self::MinusInfinite
        } else {
            Self::Number(number)
        }
    }
}

impl Serialize for Figure {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Number(number) => serializer.serialize_f64(*number),
            Self::Undefined => serializer.serialize_str("undefined"),
            Self::Infinite => serializer.serialize_str("infinite"),
            Self::MinusInfinite => serializer.serialize_str("-infinite"),
            Self::NotIdentifiable => serializer.serialize_str("not_identifiable"),
        }
    }
}
