//! Every kind of scorer that this crate has. A table, long on purpose: its sentences are what `bedside list` prints.

use bedside_core::item::TaskKind;
use bedside_core::score::{MetricInfo, Scale, ScorerInfo};

/// The kinds of scorer, and what each can do. A change that can move a score raises its version.
pub fn catalogue() -> &'static [ScorerInfo] {
    CATALOGUE
}

const fn metric(name: &'static str, scale: Scale, what: &'static str) -> MetricInfo {
    MetricInfo { name, scale, what }
}

const CATALOGUE: &[ScorerInfo] = &[
    ScorerInfo {
        kind: "choice",
        version: 1,
        what: "One option out of several, read by several rules whose disagreement is shown.",
        tasks: &[TaskKind::Choice],
        metrics: &[
            metric(
                "accuracy",
                Scale::Binary,
                "The option read is the key's; read as a careful person would, unless `rule` says otherwise.",
            ),
            metric(
                "accuracy_exact",
                Scale::Binary,
                "The whole output, but for case and white space, is the right label or option.",
            ),
            metric("accuracy_first_letter", Scale::Binary, "The output begins with the right label."),
            metric("accuracy_stated", Scale::Binary, "The last answer that is stated as such is right."),
            metric(
                "accuracy_mentions",
                Scale::Binary,
                "The right option's words stand somewhere in the output; pays for long answers.",
            ),
            metric(
                "accuracy_logprob",
                Scale::Binary,
                "The likeliest label is right; only where the system gives log-probabilities.",
            ),
            metric(
                "rules_disagree",
                Scale::Binary,
                "The rules that found something do not agree: room for reading, no quality of the system.",
            ),
        ],
        settings: &["rule"],
    },
    ScorerInfo {
        kind: "short_answer",
        version: 1,
        what: "A few words, compared with accepted strings.",
        tasks: &[TaskKind::ShortAnswer],
        metrics: &[
            metric(
                "exact",
                Scale::Binary,
                "The answer is an accepted one but for case, punctuation and spacing; low where wordings differ.",
            ),
            metric(
                "contains",
                Scale::Binary,
                "An accepted answer stands in it as whole words; deaf to negation and pays for lists.",
            ),
            metric("token_f1", Scale::Fraction, "Words in common with the nearest accepted answer."),
        ],
        settings: &["case_sensitive"],
    },
    ScorerInfo {
        kind: "numeric",
        version: 1,
        what: "A number, date or length of time within limits, or a due abstention; units are never converted.",
        tasks: &[TaskKind::Numeric],
        metrics: &[
            metric(
                "correct",
                Scale::Binary,
                "The value lies within the item's limits, or none was given where none can be.",
            ),
            metric("abstained", Scale::Binary, "No value was given, rightly or not."),
        ],
        settings: &["tolerance_relative", "tolerance_absolute"],
    },
    ScorerInfo {
        kind: "codes",
        version: 1,
        what: "A set of ICD-10-CM codes; a wrong side is wrong and named.",
        tasks: &[TaskKind::Codes],
        metrics: &[
            metric("f1", Scale::Fraction, "Harmonic mean of precision and recall on whole codes."),
            metric("precision", Scale::Fraction, "Part of the codes given that are right."),
            metric("recall", Scale::Fraction, "Part of the right codes that are given."),
            metric("exact_set", Scale::Binary, "No code missing and none too many."),
            metric("category_f1", Scale::Fraction, "F1 on the first three characters: the disease without its detail."),
        ],
        settings: &[],
    },
    ScorerInfo {
        kind: "rouge",
        version: 1,
        what: "Words shared with a reference text, as rouge-score 0.1.2 without stemmer (F1).",
        tasks: &[TaskKind::LongForm],
        metrics: &[
            metric("rouge1", Scale::Overlap, "Single words."),
            metric("rouge2", Scale::Overlap, "Pairs of words."),
            metric("rougeL", Scale::Overlap, "Word order over the whole text."),
            metric("rougeLsum", Scale::Overlap, "Word order line by line."),
        ],
        settings: &[],
    },
    ScorerInfo {
        kind: "bleu",
        version: 1,
        what: "BLEU of each item, as sacrebleu 2.6.0 for sentences, divided by 100; its mean is not the corpus BLEU of papers.",
        tasks: &[TaskKind::LongForm],
        metrics: &[metric("bleu", Scale::Overlap, "Runs of one to four words, sentence BLEU with effective order.")],
        settings: &[],
    },
    ScorerInfo {
        kind: "chrf",
        version: 1,
        what: "Runs of characters shared with a reference text, as sacrebleu 2.6.0 (chrF2), divided by 100.",
        tasks: &[TaskKind::LongForm],
        metrics: &[metric("chrf", Scale::Overlap, "Runs of one to six characters; recall counts double.")],
        settings: &[],
    },
    ScorerInfo {
        kind: "rouge_legacy",
        version: 1,
        what: "Words shared with a reference text, as the older package rouge 1.0.1: other numbers than rouge.",
        tasks: &[TaskKind::LongForm],
        metrics: &[
            metric("rouge1", Scale::Overlap, "Different words."),
            metric("rouge2", Scale::Overlap, "Different pairs of words."),
            metric("rougeL", Scale::Overlap, "Different words in the common order of any two sentences."),
        ],
        settings: &[],
    },
];
