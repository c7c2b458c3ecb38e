//! Scores the pairs of a JSON file `[[reference, candidate], …]` and writes scores and pairs per second to another.
//!
//! The half of `benches/rouge.sh` that is ours. Reading and writing are not timed, as they are not in Python.

use std::error::Error;
use std::time::{Duration, Instant};

use bedside_score::text::rouge::{Rouge, RougeScores};
use serde_json::{Value, json};

/// Fast enough to need repeats: at least this long in all.
const AT_LEAST: Duration = Duration::from_millis(500);

fn main() -> Result<(), Box<dyn Error>> {
    let mut files = std::env::args_os().skip(1);
    let (Some(asked), Some(answered)) = (files.next(), files.next()) else {
        return Err("usage: rouge_speed PAIRS.json SCORES.json".into());
    };
    let pairs: Value = serde_json::from_slice(&std::fs::read(asked)?)?;
    let pairs: Vec<(&str, &str)> = pairs
        .as_array()
        .ok_or("not a list")?
        .iter()
        .map(|pair| Some((pair.get(0)?.as_str()?, pair.get(1)?.as_str()?)))
        .collect::<Option<_>>()
        .ok_or("not a list of pairs of texts")?;

    let begin = Instant::now();
    let mut pairs_scored = 0;
    let scores = loop {
        let scores: Vec<RougeScores> = pairs
            .iter()
            .map(|(reference, candidate)| RougeScores::new(reference, candidate))
            .collect::<Result<_, _>>()?;
        pairs_scored += scores.len();
        if begin.elapsed() >= AT_LEAST {
            break scores;
        }
    };
    let pairs_per_s = f64::from(u32::try_from(pairs_scored)?) / begin.elapsed().as_secs_f64();

    let prf = |score: Rouge| json!([score.precision, score.recall, score.f1]);
    let scores: Vec<Value> = scores
        .iter()
        .map(|scores| json!([prf(scores.rouge1), prf(scores.rouge2), prf(scores.rouge_l), prf(scores.rouge_lsum)]))
        .collect();
    std::fs::write(answered, json!({ "pairs_per_s": pairs_per_s, "scores": scores }).to_string())?;
    Ok(())
}
