//! Whether an output declines to answer.
//!
//! *Estimates* whether the system said that it will not or may not do the task: "I can't help with that", "as an AI I
//! am not able to give medical advice".
//!
//! *Assumes* English, and that a refusal is short: of a longer text (over 120 words) a refusing sentence is a part, not
//! the answer. The rules ask for the first person and for a verb of helping, because clinical text is full of "cannot":
//! "the patient cannot tolerate …" and "I cannot recommend surgery" are answers.
//!
//! *Misleads* in other languages, and where a system refuses without saying so. It under-counts rather than
//! over-counts. Being unable to *know* ("cannot be determined") is an abstention and belongs to the
//! [`numeric`](crate::numeric) scorer. Scorers that read an answer ask this only where none was read: "I am no doctor,
//! but the answer is B" is an answer.

use std::sync::LazyLock;

use regex::Regex;

use crate::fold::{fold_plain, words};

/// A longer text is an answer with a refusing sentence in it.
const WORDS: usize = 120;

static REFUSAL: LazyLock<Regex> = LazyLock::new(|| {
    let unable = r"(?:i|we) (?:am |are )?(?:sorry (?:but )?(?:i |we )?)?(?:really |just )?(?:cannot|cant|can not|wont|will not|could not|(?:am |are )?(?:unable|not able|not allowed|not permitted|not authorized) to|must decline to|have to decline to|decline to|refuse to)";
    let short = r"(?:im|i am) (?:unable|not able|not allowed|not permitted|not authorized) to";
    let act = r"(?:help|assist|comply|fulfil|fulfill|engage|continue with|answer (?:this|that|your|the|these|medical|health|such)|respond to (?:this|that|your|the)|complete (?:this|that|your) (?:request|task)|discuss (?:this|that)|(?:provide|give|offer)(?: you)?(?: with)?(?: (?:any|a|an|specific|personal|personalized|professional|individual|individualized|direct)){0,3} (?:(?:medical|clinical|health|legal|treatment) )?(?:advice|guidance|opinions?|diagnosis|diagnoses|answers?|information|recommendations?|assistance|help))";
    let pattern = format!(
        r" (?:(?:{unable}|{short}) (?:to )?(?:\w+ly )?{act}|i must decline|i have to decline|i respectfully decline|i decline) "
    );
    Regex::new(&pattern).expect("constant")
});

/// Whether a plain text refuses.
pub(crate) fn refuses(plain: &str) -> bool {
    let folded = fold_plain(&plain.to_lowercase());
    words(&folded).take(WORDS + 1).count() <= WORDS && REFUSAL.is_match(&folded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn refusals() {
        for text in [
            "I'm sorry, but I can't help with that.",
            "I cannot provide medical advice.",
            "As an AI language model, I am not able to give a diagnosis.",
            "I'm unable to assist with this request.",
            "I can’t answer this question.",
            "I must decline.",
        ] {
            assert!(refuses(&crate::output::plain(text)), "{text}");
        }
    }

    #[test]
    fn clinical_cannot() {
        for text in [
            "The patient cannot tolerate metformin.",
            "I cannot recommend surgery for this patient.",
            "It cannot be determined.",
            "We will not give antibiotics.",
            "",
        ] {
            assert!(!refuses(text), "{text}");
        }
    }
}
