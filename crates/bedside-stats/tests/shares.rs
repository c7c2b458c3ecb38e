//! Shares of the error of a mean: what is counted and what is left out.

use bedside_stats::variance::shares::{Settings, Shares, shares};
use bedside_stats::variance::{Cell, Facet, Term};
use bedside_stats::{Level, StatsError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

fn settings() -> Settings {
    Settings { fixed: Vec::new(), seed: 3 }
}

fn split(cells: &[Cell], settings: &Settings) -> Shares {
    shares(cells, settings, Level::NINETY_FIVE).expect("a layout")
}

/// Systems by items by prompts by runs: effects of all four, and noise.
fn cells(systems: u32, items: u32, prompts: u32, runs: u32) -> Vec<Cell> {
    let mut dice = ChaCha8Rng::seed_from_u64(9);
    let mut effects = |n: u32, size: f64| -> Vec<f64> {
        (0..n).map(|_| size * ((dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64 - 0.5)).collect()
    };
    let (of_system, of_item, of_prompt) = (effects(systems, 0.2), effects(items, 0.3), effects(prompts, 0.1));
    let mut noise = effects(systems * items * prompts * runs, 0.3).into_iter();
    let mut cells = Vec::new();
    for (system, one) in (0..).zip(&of_system) {
        for (item, two) in (0..).zip(&of_item) {
            for (prompt, three) in (0..).zip(&of_prompt) {
                for (epoch, rest) in (0..runs).zip(noise.by_ref()) {
                    let score = 0.5 + one + two + three + rest;
                    cells.push(Cell { system, cluster: item, item, prompt, epoch, judge: 0, scaffold: 0, score });
                }
            }
        }
    }
    cells
}

#[test]
fn shares_add_up_and_facets_of_one_level_are_named() {
    let found = split(&cells(1, 40, 4, 2), &settings());
    let system = &found.systems[0];
    let terms: Vec<Term> = system.parts.iter().map(|part| part.term).collect();
    assert_eq!(terms, [Term::Item, Term::Prompt, Term::ItemPrompt, Term::Run]);
    assert!((system.parts.iter().map(|part| part.share).sum::<f64>() - 1.0).abs() < 1e-12);
    let out: Vec<Term> = system.left_out.iter().map(|out| out.term).collect();
    assert_eq!(out, [Term::Judge, Term::Scaffold]);
    assert!(found.dependability.is_none());
    let sem = system.sem.as_ref().expect("scores differ");
    assert!(sem.assumptions().iter().any(|words| words == "without judge: not estimable: one level, this judge only"));
}

#[test]
fn two_prompts_are_a_spread_and_fixed_prompts_no_error() {
    let found = split(&cells(1, 40, 2, 2), &settings());
    let out = found.systems[0].left_out.iter().find(|out| out.term == Term::Prompt).expect("two prompts");
    assert!(out.why.starts_with("2 levels show a spread") && out.spread.is_some_and(|spread| spread > 0.0));
    let fixed = split(&cells(1, 40, 4, 2), &Settings { fixed: vec![Facet::Prompt], seed: 3 });
    assert!(fixed.systems[0].parts.iter().all(|part| part.term != Term::Prompt));
    assert!(fixed.systems[0].left_out.iter().any(|out| out.why.starts_with("fixed: these 4 prompts")));
}

#[test]
fn phi_needs_eight_systems() {
    assert!(split(&cells(7, 20, 1, 2), &settings()).dependability.is_none());
    let found = split(&cells(8, 20, 1, 2), &settings()).dependability.expect("eight systems");
    assert!(found.relative_error <= found.absolute_error * 1.5, "{found:?}");
    let (phi, interval) = (found.phi.number().expect("errors"), found.phi_ci.expect("errors"));
    assert!(interval.contains(phi) && interval.width() > 0.0);
}

#[test]
fn equal_scores_show_no_error_and_pretend_none() {
    let mut cells = cells(1, 20, 1, 2);
    for cell in &mut cells {
        cell.score = 0.7;
    }
    let system = &split(&cells, &settings()).systems[0];
    assert!(system.sem.is_none() && system.parts.is_empty());
    cells[3].score = 1.2;
    let refused = shares(&cells, &settings(), Level::NINETY_FIVE);
    assert!(matches!(refused, Err(StatsError::OffScale { item: 1, epoch: 1, .. })));
    let one = shares(&cells[..2], &settings(), Level::NINETY_FIVE);
    assert!(matches!(one, Err(StatsError::TooFew { .. })));
}

#[test]
fn judges_of_one_answer_are_told_apart_from_its_runs() {
    let single = cells(1, 40, 1, 3);
    let judged: Vec<Cell> = (0..3)
        .flat_map(|judge| {
            let harsher = move |cell: &Cell| (cell.score * 0.9 + 0.03 * f64::from(judge)).clamp(0.0, 1.0);
            single.iter().map(move |cell| Cell { judge, score: harsher(cell), ..*cell })
        })
        .collect();
    let found = split(&judged, &settings());
    let part = |term| found.systems[0].parts.iter().find(|part| part.term == term).expect("a part");
    assert!((part(Term::Judge).raw - 0.0009).abs() < 1e-10, "the variance of 0, 0.03, 0.06");
    assert!(part(Term::Judgement).variance < 1e-12 && part(Term::Run).variance > 0.003);
}

#[test]
fn missing_runs_leave_the_components_where_they_are() {
    let whole = cells(1, 80, 3, 3);
    let thinned: Vec<Cell> =
        whole.iter().zip(0_u32..).filter(|(_, at)| at * 7 % 10 > 2).map(|(cell, _)| *cell).collect();
    let of = |cells: &[Cell]| split(cells, &settings()).components();
    for ((term, all), (_, most)) in of(&whole).into_iter().zip(of(&thinned)) {
        assert!((all - most).abs() < 0.01, "{term}: {all} against {most}");
    }
}
