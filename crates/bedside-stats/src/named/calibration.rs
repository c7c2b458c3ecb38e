//! Methods of [`crate::calibration`] and [`crate::harm`] by name.

mod harm;
mod probabilities;
mod tests_and_decisions;

use super::Named;

pub(super) const METHODS: &[Named] = &[
    Named {
        name: "probability_scores",
        about: "Brier score, log loss, area under the ROC curve and average precision, from outcomes and probabilities",
        example: r#"{"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.6, 0.7]}"#,
        run: probabilities::probability_scores,
    },
    Named {
        name: "ece",
        about: "expected calibration error in equal bins, beside what calibrated probabilities would show (seeded)",
        example: r#"{"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.6, 0.7], "bins": 10}"#,
        run: probabilities::ece,
    },
    Named {
        name: "brier_decomposition",
        about: "Brier score as reliability - resolution + uncertainty, from outcomes and probabilities",
        example: r#"{"y": [0, 1, 1, 1], "p": [0.1, 0.1, 0.8, 0.8]}"#,
        run: probabilities::brier_decomposition,
    },
    Named {
        name: "calibration_slope",
        about: "calibration slope, intercept and calibration in the large by logistic regression on the stated log-odds",
        example: r#"{"y": [1, 0, 1, 0, 0], "p": [0.9, 0.2, 0.6, 0.7, 0.4]}"#,
        run: probabilities::calibration_slope,
    },
    Named {
        name: "spiegelhalter_z",
        about: "test whether all stated probabilities can be right, without bins",
        example: r#"{"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.6, 0.7]}"#,
        run: probabilities::spiegelhalter_z,
    },
    Named {
        name: "aurc",
        about: "risk-coverage curve, its area and the excess over the best order, from confidences and errors",
        example: r#"{"confidence": [0.99, 0.9, 0.7, 0.4], "error": [0, 0, 1, 1]}"#,
        run: tests_and_decisions::aurc,
    },
    Named {
        name: "classification",
        about: "sensitivity, specificity, predictive values, balanced accuracy, F1 and Matthews' correlation from counts",
        example: r#"{"tp": 40, "fp": 10, "fn": 5, "tn": 45}"#,
        run: tests_and_decisions::classification,
    },
    Named {
        name: "decision_curve",
        about: "net benefit of acting from a threshold on, of treating all and none, from outcomes and probabilities",
        example: r#"{"y": [1, 0, 1, 0], "p": [0.9, 0.2, 0.6, 0.7], "threshold": 0.5}"#,
        run: tests_and_decisions::decision_curve,
    },
    Named {
        name: "severity_weighted_harm",
        about: "rate of harm by severity with exact bounds, and the weighted mean beside them, from counts",
        example: r#"{"counts_by_severity": {"none": 80, "mild": 12, "moderate": 6, "severe": 2},
                     "weights": {"none": 0, "mild": 1, "moderate": 3, "severe": 10}, "n": 100}"#,
        run: harm::severity_weighted,
    },
    Named {
        name: "triage",
        about: "under-triage, over-triage and quadratic weighted kappa, from a table of reference by given level",
        example: r#"{"confusion_true_x_pred_levels_low_to_high": [[30, 8, 2], [5, 20, 5], [1, 4, 25]]}"#,
        run: harm::triage,
    },
];
