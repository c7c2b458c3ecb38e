//! How often the intervals of corrected scores hold the truth. `examples/coverage_two_phase.rs` prints the full tables; this is
//! the part that guards them.

mod audited;

use audited::{Found, Repeats, World, cell};

const WORLDS: u64 = 200;
/// Cells of this file: fewer hits than the tolerance for so many would come by chance in one of twenty files like it, were
/// coverage 0.93.
const CELLS: usize = 120;

fn holds(name: &str, found: &Found) {
    assert!(!found.dips(CELLS), "{name}: {} of {} held", found.held, found.worlds);
    assert!(found.narrowest > 0.005, "{name}: an interval of width {}", found.narrowest);
}

fn worlds() -> impl Iterator<Item = World> {
    [(20, 200), (100, 400)].into_iter().flat_map(|(audited, items)| {
        [0.05, 0.5, 0.95].into_iter().flat_map(move |prevalence| {
            [(0.6, 0.6), (0.93, 0.8), (0.99, 0.99)].into_iter().map(move |(sensitivity, specificity)| World {
                items,
                audited,
                prevalence,
                sensitivity,
                specificity,
                cluster: 1,
                icc: 0.0,
                runs: 1,
                stratified: false,
            })
        })
    })
}

#[test]
fn two_phase_regression() {
    for world in worlds() {
        for (cluster, icc, runs) in [(1, 0.0, 1), (5, 0.3, 1), (1, 0.0, 4)] {
            let world = World { cluster, icc, runs, ..world };
            let found = cell(WORLDS, world.prevalence, |dice| world.two_phase(dice));
            let World { audited, prevalence, sensitivity, .. } = world;
            holds(&format!("audit {audited}, p {prevalence}, sens {sensitivity}, {cluster}, {runs} runs"), &found);
        }
    }
}

#[test]
fn prediction_powered_inference_and_external_calibration() {
    for world in worlds() {
        let World { audited, prevalence, sensitivity, .. } = world;
        let name = format!("audit {audited}, p {prevalence}, sens {sensitivity}");
        holds(&name, &cell(WORLDS, prevalence, |dice| world.prediction_powered(dice)));
        holds(&name, &cell(WORLDS, prevalence, |dice| world.external(dice)));
    }
}

#[test]
fn pass_hat_k() {
    for (items, cluster, icc) in [(50, 1, 0.0), (100, 5, 0.3)] {
        for (runs, k) in [(4, 4), (8, 4)] {
            for shape in [(0.2, 1.0), (1.0, 1.0), (8.0, 1.0)] {
                let world = Repeats { items, runs, k, shape, cluster, icc };
                let found = cell(WORLDS, world.truth(), |dice| world.pass_hat(dice));
                holds(&format!("{items} items, pass^{k} of {runs}, {shape:?}"), &found);
            }
        }
    }
}
