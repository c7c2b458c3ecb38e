//! What must hold of every interval, whatever the data.

use bedside_stats::bootstrap::ClusterBootstrap;
use bedside_stats::interval::{agresti_coull, clopper_pearson, wilson};
use bedside_stats::rare::upper_bound;
use bedside_stats::{ClusterKind, ClusteredMean, Design, Estimate, Level, Method, Observation, Scale01, mean_estimate};
use proptest::prelude::*;

fn level() -> impl Strategy<Value = Level> {
    (0.01..0.999).prop_map(|level| Level::new(level).expect("inside (0, 1)"))
}

/// Real-valued successes and trials, as effective sample sizes give them.
fn proportion() -> impl Strategy<Value = (f64, f64)> {
    (0.01..2_000.0, 0.0..=1.0).prop_map(|(n, p): (f64, f64)| ((n * p).min(n), n))
}

/// Up to 12 clusters of up to 8 items with up to 3 runs each; scores on the scale drawn with them.
fn observations() -> impl Strategy<Value = (Scale01, Vec<Observation>)> {
    let clusters = prop::collection::vec(prop::collection::vec(prop::collection::vec(0_u8..=10, 1..4), 1..9), 1..13);
    (any::<bool>(), clusters).prop_map(|(binary, clusters)| {
        let mut observations = Vec::new();
        let mut item = 0;
        for (cluster, items) in (0..).zip(clusters) {
            for runs in items {
                for (epoch, tenths) in (0..).zip(runs) {
                    let score = if binary { f64::from(tenths > 4) } else { f64::from(tenths) / 10.0 };
                    observations.push(Observation { item, cluster, epoch, score });
                }
                item += 1;
            }
        }
        (if binary { Scale01::Binary } else { Scale01::Continuous }, observations)
    })
}

fn estimate(observations: &[Observation], scale: Scale01, level: Level) -> Estimate {
    mean_estimate(observations, scale, level).expect("valid observations")
}

proptest! {
    #[test]
    fn proportions_hold_their_value_with_room((x, n) in proportion(), level in level()) {
        for method in [wilson, clopper_pearson] {
            let interval = method(x, n, level).expect("proportion");
            prop_assert!(interval.contains(x / n) && interval.width() > 0.0, "{interval} for {x} of {n}");
            prop_assert!(interval.lower() >= 0.0 && interval.upper() <= 1.0);
        }
        prop_assert!(upper_bound(x, n, level).expect("proportion").contains(x / n));
    }

    #[test]
    fn more_confidence_never_narrows_a_proportion((x, n) in proportion(), a in level(), b in level()) {
        let (low, high) = if a.value() < b.value() { (a, b) } else { (b, a) };
        for method in [wilson, clopper_pearson, agresti_coull] {
            let (inner, outer) = (method(x, n, low).expect("proportion"), method(x, n, high).expect("proportion"));
            prop_assert!(outer.lower() <= inner.lower() + 1e-12 && inner.upper() <= outer.upper() + 1e-12);
        }
    }

    #[test]
    fn failures_mirror_successes((x, n) in proportion(), level in level()) {
        for method in [wilson, clopper_pearson] {
            let (one, other) = (method(x, n, level).expect("proportion"), method(n - x, n, level).expect("proportion"));
            prop_assert!((one.lower() - (1.0 - other.upper())).abs() < 1e-9, "{one} and {other}");
        }
    }

    #[test]
    fn estimates_hold_their_value_with_room((scale, observations) in observations(), level in level()) {
        let estimate = estimate(&observations, scale, level);
        let ci = estimate.ci();
        prop_assert!(ci.contains(estimate.value()) && ci.width() > 1e-6, "{estimate} by {}", estimate.method());
        prop_assert!(ci.lower() >= 0.0 && ci.upper() <= 1.0);
        prop_assert!(!estimate.assumptions().is_empty());
    }

    #[test]
    fn more_confidence_never_narrows_an_estimate((scale, observations) in observations(), a in level(), b in level()) {
        let (low, high) = if a.value() < b.value() { (a, b) } else { (b, a) };
        let (inner, outer) = (estimate(&observations, scale, low).ci(), estimate(&observations, scale, high).ci());
        prop_assert!(
            outer.lower() <= inner.lower() + 1e-9 && inner.upper() <= outer.upper() + 1e-9,
            "{inner} at {low:?}, {outer} at {high:?}"
        );
    }

    #[test]
    fn labels_and_order_do_not_matter((scale, observations) in observations(), add in 0_u32..1_000) {
        let plain = estimate(&observations, scale, Level::NINETY_FIVE);
        // Turned about, backwards, and called otherwise.
        let relabelled: Vec<_> =
            observations.iter().rev().map(|o| Observation { cluster: 10_000 + add - o.cluster * 7, ..*o }).collect();
        prop_assert_eq!(&plain, &estimate(&relabelled, scale, Level::NINETY_FIVE));
        let (one, other) = (
            ClusteredMean::new(&observations).expect("valid"),
            ClusteredMean::new(&relabelled).expect("valid"),
        );
        let bootstrap = |mean| ClusterBootstrap::new(mean, 3).resample(add);
        prop_assert_eq!(bootstrap(&one).mean.to_bits(), bootstrap(&other).mean.to_bits());
    }
}

#[test]
fn the_rule_names_its_method() {
    let run = |item: u32, cluster: u32, epoch, score| Observation { item, cluster, epoch, score };
    let level = Level::NINETY_FIVE;
    let half: Vec<_> = (0..40).map(|i| run(i, i, 0, f64::from(i % 2))).collect();
    assert_eq!(estimate(&half, Scale01::Binary, level).method(), &Method::WILSON);
    let few: Vec<_> = (0..40).map(|i| run(i, i, 0, f64::from(i < 4))).collect();
    assert_eq!(estimate(&few, Scale01::Binary, level).method(), &Method::CLOPPER_PEARSON);
    let twice: Vec<_> = (0..40).flat_map(|i| [run(i, i, 0, f64::from(i % 2)), run(i, i, 1, 1.0)]).collect();
    let repeated = estimate(&twice, Scale01::Binary, level);
    assert_eq!((repeated.method(), repeated.sample().n_epochs), (&Method::KORN_GRAUBARD, 2));
    let overlap: Vec<_> = (0..40).map(|i| run(i, i, 0, f64::from(i) / 100.0)).collect();
    assert_eq!(estimate(&overlap, Scale01::Continuous, level).method(), &Method::EFFECTIVE_BETA);
    let full: Vec<_> = (0..40).map(|i| run(i, i, 0, 1.0)).collect();
    assert_eq!(estimate(&full, Scale01::Continuous, level).method(), &Method::NEARLY_CONSTANT);
    let one: Vec<_> = (0..40).map(|i| run(i, 3, 0, f64::from(i % 2))).collect();
    let unidentified = estimate(&one, Scale01::Binary, level);
    assert_eq!(unidentified.to_string(), "0.500 [0.000, 1.000]");
    assert_eq!(unidentified.method().as_str(), "not_identified: one cluster");
}

#[test]
fn scores_off_the_scale_are_refused() {
    let run = |score| [Observation { item: 4, cluster: 4, epoch: 2, score }];
    for score in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        assert!(mean_estimate(&run(score), Scale01::Continuous, Level::NINETY_FIVE).is_err(), "{score}");
    }
    let error = mean_estimate(&run(0.5), Scale01::Binary, Level::NINETY_FIVE).expect_err("half is not yes or no");
    assert_eq!(error.to_string(), "item 4, run 2: score 0.5 is not on the 0/1 scale");
}

#[test]
fn few_templates_carry_their_notice() {
    let templates = |g: u32| {
        let observations: Vec<_> = (0..60)
            .map(|item| Observation { item, cluster: item % g, epoch: 0, score: f64::from(item % 5 > 0) })
            .collect();
        let design = Design { scale: Scale01::Binary, clusters: ClusterKind::Templates, level: Level::NINETY_FIVE };
        let estimate = design.mean_estimate(&observations).expect("valid observations");
        estimate.assumptions().iter().any(|text| text.contains("no domain-level claim"))
    };
    assert!(templates(11));
    assert!(!templates(12));
}
