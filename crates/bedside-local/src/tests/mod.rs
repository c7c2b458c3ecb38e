//! Tests of the whole: a miniature model that is made here, and the real one where `BEDSIDE_WEIGHTS` names its file.

mod forward;
mod miniature;
mod real;
mod words;
