//! Item response fits on data where something is the matter.

use bedside_stats::items::Responses;
use bedside_stats::items::irt::{FittedItem, StandardErrors, WhenFew, one_parameter, two_parameter};
use bedside_stats::{Figure, StatsError};
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// Answers by the logistic law with unit discriminations, abilities and difficulties spread evenly.
fn rows(takers: u32, items: u32) -> Vec<Vec<Option<bool>>> {
    let mut dice = ChaCha8Rng::seed_from_u64(5);
    let place = |at: u32, of: u32| 4.0 * (f64::from(at) + 0.5) / f64::from(of) - 2.0;
    let mut answer = |taker: u32, item: u32| {
        let uniform = (dice.next_u64() >> 11) as f64 / (1_u64 << 53) as f64;
        uniform < 1.0 / (1.0 + (place(item, items) - place(taker, takers)).exp())
    };
    (0..takers).map(|taker| (0..items).map(|item| Some(answer(taker, item))).collect()).collect()
}

fn table(rows: &[Vec<Option<bool>>]) -> Responses {
    Responses::new(rows).expect("a table")
}

#[test]
fn few_takers_are_refused_by_name() {
    let refused = |takers, when_few| {
        let table = table(&rows(takers, 6));
        matches!(one_parameter(&table, when_few), Err(StatsError::TooFew { method: "a one-parameter fit", .. }))
    };
    assert!(refused(29, WhenFew::Refuse) && !refused(30, WhenFew::Refuse));
    assert!(refused(10, WhenFew::Force) && !refused(11, WhenFew::Force));
    let error = two_parameter(&table(&rows(199, 6)), WhenFew::Refuse).expect_err("199 takers");
    assert!(error.to_string().starts_with("a two-parameter fit needs at least 200 takers"), "{error}");
    assert!(two_parameter(&table(&rows(250, 2)), WhenFew::Refuse).is_err(), "two items, four parameters");
}

#[test]
fn items_answered_alike_by_all_are_set_aside() {
    let plain = rows(60, 6);
    let padded: Vec<Vec<_>> =
        plain.iter().map(|row| row.iter().copied().chain([Some(true), Some(false), None]).collect()).collect();
    let (fit, without) = (
        one_parameter(&table(&padded), WhenFew::Refuse).expect("a fit"),
        one_parameter(&table(&plain), WhenFew::Refuse).expect("a fit"),
    );
    assert_eq!(fit.items[6].difficulty, Figure::MinusInfinite);
    assert_eq!(fit.items[7].difficulty, Figure::Infinite);
    assert_eq!(fit.items[8].difficulty, Figure::NotIdentifiable);
    assert_eq!(fit.items[7].se_difficulty, None);
    assert_eq!(fit.ln_likelihood.to_bits(), without.ln_likelihood.to_bits());
    let alike = vec![vec![Some(true); 4]; 40];
    assert!(one_parameter(&table(&alike), WhenFew::Refuse).is_err());
}

#[test]
fn a_reversed_key_has_a_negative_discrimination() {
    let turned: Vec<Vec<_>> = rows(400, 8)
        .into_iter()
        .map(|mut row| {
            row[3] = row[3].map(|answer| !answer);
            row
        })
        .collect();
    let fit = two_parameter(&table(&turned), WhenFew::Refuse).expect("a fit");
    let slopes: Vec<bool> =
        fit.items.iter().map(|item| item.discrimination.number().is_some_and(|a| a < 0.0)).collect();
    assert_eq!(slopes.iter().filter(|&&down| down).count(), 1, "{:?}", fit.items);
    assert!(slopes[3]);
}

#[test]
fn an_item_that_parts_takers_without_error_stops_at_the_bound() {
    let parted: Vec<Vec<_>> =
        (0..300_u32).map(|taker| (0..7).map(|item| Some(taker * 8 > (item + 1) * 300)).collect()).collect();
    let fit = two_parameter(&table(&parted), WhenFew::Refuse).expect("a fit");
    assert!(fit.items.iter().all(|item| item.at_bound), "{:?}", fit.items);
    assert!(fit.items.iter().all(|item| item.se_discrimination.is_none()));
}

#[test]
fn threads_do_not_change_a_bit() {
    let mut rows = rows(200, 130);
    rows.iter_mut().zip(0..).for_each(|(row, at)| row[at % 130] = None);
    let table = table(&rows);
    let fitted = |threads| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().expect("threads");
        pool.install(|| two_parameter(&table, WhenFew::Refuse).expect("a fit"))
    };
    let (alone, together) = (fitted(1), fitted(3));
    assert_eq!(alone, together);
    assert_eq!(alone.standard_errors, StandardErrors::ItemByItem);
    let known = |item: &FittedItem| item.se_difficulty.is_some_and(f64::is_finite);
    assert!(alone.items.iter().filter(|item| !item.at_bound).all(known));
}
