//! `stat`: every statistic and text metric by itself, JSON in and JSON out.

use std::io::Read as _;

use bedside_core::limits;
use bedside_core::problem::{Place, Problem};
use bedside_score::text::rouge::RougeScores;
use bedside_score::text::{Segment, TextError, bleu, chrf};
use bedside_stats::named;
use serde::Deserialize;
use serde_json::{Value, json};

use crate::args::{Format, Global, Stat};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::output;

/// A method of this program.
struct Method {
    area: &'static str,
    name: &'static str,
    about: &'static str,
    example: &'static str,
    run: fn(&Value) -> Result<Value, String>,
}

const TEXT: &str = "text metrics";
const PAIR: &str =
    r#"{"references": ["The patient denies any chest pain."], "candidates": ["The patient has chest pain."]}"#;
const TEXT_METRICS: [Method; 3] = [
    Method {
        area: TEXT,
        name: "rouge",
        about: "mean F of ROUGE-1, -2, -L and -Lsum over pairs, in [0, 1], without stemming; from references and candidates",
        example: PAIR,
        run: rouge,
    },
    Method {
        area: TEXT,
        name: "bleu",
        about: "BLEU of a corpus from 0 to 100 with its sacrebleu signature; from references and candidates",
        example: PAIR,
        run: bleu_of,
    },
    Method {
        area: TEXT,
        name: "chrf",
        about: "chrF of a corpus from 0 to 100 with its sacrebleu signature; from references and candidates",
        example: PAIR,
        run: chrf_of,
    },
];

/// Every method, area by area.
fn methods() -> Vec<Method> {
    let statistics =
        named::AREAS.into_iter().flat_map(|(area, methods)| methods.iter().map(move |named| (area, named)));
    statistics
        .map(|(area, named)| Method {
            area,
            name: named.name,
            about: named.about,
            example: named.example,
            // Statistics are looked up again by name, so that text metrics can stand beside them.
            run: |_| Err(String::new()),
        })
        .chain(TEXT_METRICS)
        .collect()
}

/// `bedside stat`
pub fn stat(global: &Global, args: &Stat) -> Result<Exit, Failure> {
    let methods = methods();
    let Some(name) = &args.method else {
        output::result(&list(global.format, &methods))?;
        return Ok(Exit::Done);
    };
    let Some(method) = methods.iter().find(|method| method.name == name) else {
        return Err(Problem::new("unknown_method", format!("unknown method `{name}`"))
            .because("`bedside stat --list` describes each")
            .suggest(name, methods.iter().map(|method| method.name))
            .into());
    };
    if args.example {
        output::result(&format!("{}\n", method.example))?;
        return Ok(Exit::Done);
    }
    let input = read_input(method)?;
    let found = match named::find(name) {
        Some(named) => (named.run)(&input).map_err(|error| error.to_string()),
        None => (method.run)(&input),
    };
    let found = found.map_err(|why| {
        Problem::new("bad_input", format!("{name}: {why}")).hint(format!("an input that runs: {}", method.example))
    })?;
    if let Some(key) = without_value(&found, "") {
        let what =
            format!("{name} gave no value for `{key}`, where it must give a number or the word for why there is none");
        return Err(Failure::new(Exit::Bug, Problem::new("internal", what).hint("please report this input")));
    }
    output::result(&format!("{found}\n"))?;
    Ok(Exit::Done)
}

fn read_input(method: &Method) -> Result<Value, Failure> {
    let mut text = String::new();
    let read = std::io::stdin().lock().take(limits::STAT_BYTES + 1).read_to_string(&mut text);
    let wrong = |what: String| Problem::new("bad_input", what).at(Place::file("standard input"));
    read.map_err(|error| wrong(format!("standard input cannot be read: {error}")))?;
    if text.len() as u64 > limits::STAT_BYTES {
        return Err(wrong(format!("more than {} bytes", limits::STAT_BYTES)).into());
    }
    let hint = format!("an input that runs: {}", method.example);
    if text.trim().is_empty() {
        return Err(wrong(format!("nothing on standard input: {} takes one JSON object there", method.name))
            .hint(hint)
            .into());
    }
    Ok(serde_json::from_str(&text).map_err(|error| {
        let place = Place { line: Some(error.line()), column: Some(error.column()), ..Place::file("standard input") };
        Problem::new("bad_json", "this is not JSON").at(place).because(error.to_string()).hint(hint)
    })?)
}

/// Where a result holds a null: NaN and infinity become null in JSON, and neither may leave.
fn without_value(value: &Value, path: &str) -> Option<String> {
    match value {
        Value::Null => Some(path.trim_start_matches('.').to_owned()),
        Value::Array(values) => {
            values.iter().enumerate().find_map(|(at, value)| without_value(value, &format!("{path}[{at}]")))
        }
        Value::Object(object) => object.iter().find_map(|(key, value)| without_value(value, &format!("{path}.{key}"))),
        _ => None,
    }
}

fn list(format: Format, methods: &[Method]) -> String {
    let rows: Vec<Value> = methods
        .iter()
        .map(|method| json!({ "area": method.area, "name": method.name, "about": method.about, "example": method.example }))
        .collect();
    match format {
        Format::Json => format!("{}\n", json!({ "schema": "bedside.stat-methods/1", "methods": rows })),
        Format::Jsonl | Format::Csv => output::rows(format, &rows),
        Format::Human => {
            let width = methods.iter().map(|method| method.name.len()).max().unwrap_or(0);
            let mut text = String::from(
                "JSON on standard input, JSON out; `bedside stat METHOD --example` prints an input that runs\n",
            );
            let mut area = "";
            for method in methods {
                if method.area != area {
                    area = method.area;
                    text.push_str(&format!("\n{area}\n"));
                }
                text.push_str(&format!("  {:<width$}  {}\n", method.name, method.about));
            }
            text
        }
    }
}

/// Texts to compare, pair by pair.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Pairs {
    references: Vec<String>,
    candidates: Vec<String>,
}

impl Pairs {
    fn read(input: &Value) -> Result<Self, String> {
        let pairs: Self = serde_json::from_value(input.clone()).map_err(|error| error.to_string())?;
        match (pairs.references.len(), pairs.candidates.len()) {
            (0, _) | (_, 0) => Err("no pair of a reference and a candidate".to_owned()),
            (references, candidates) if references != candidates => {
                Err(format!("{references} references and {candidates} candidates: they are compared pair by pair"))
            }
            _ => Ok(pairs),
        }
    }

    fn corpus<T>(&self, score: impl Fn(&[Segment<'_>]) -> Result<T, TextError>) -> Result<T, String> {
        let references: Vec<[&str; 1]> = self.references.iter().map(|text| [text.as_str()]).collect();
        let pairs = self.candidates.iter().zip(&references);
        let segments: Vec<Segment<'_>> =
            pairs.map(|(candidate, references)| Segment { candidate, references }).collect();
        score(&segments).map_err(|error| error.to_string())
    }
}

fn rouge(input: &Value) -> Result<Value, String> {
    let pairs = Pairs::read(input)?;
    let mut sums = [0.0; 4];
    for (reference, candidate) in pairs.references.iter().zip(&pairs.candidates) {
        let scores = RougeScores::new(reference, candidate).map_err(|error| error.to_string())?;
        let all = [scores.rouge1.f1, scores.rouge2.f1, scores.rouge_l.f1, scores.rouge_lsum.f1];
        sums.iter_mut().zip(all).for_each(|(sum, f1)| *sum += f1);
    }
    let [rouge1, rouge2, rouge_l, rouge_lsum] = sums.map(|sum| sum / pairs.references.len() as f64);
    Ok(json!({ "rouge1": rouge1, "rouge2": rouge2, "rougeL": rouge_l, "rougeLsum": rouge_lsum }))
}

fn bleu_of(input: &Value) -> Result<Value, String> {
    let found = Pairs::read(input)?.corpus(bleu::corpus)?;
    Ok(json!({ "bleu": found.score, "signature": found.signature }))
}

fn chrf_of(input: &Value) -> Result<Value, String> {
    let found = Pairs::read(input)?.corpus(|segments| chrf::corpus(segments, chrf::Variant::Chrf2))?;
    Ok(json!({ "chrf": found.score, "signature": found.signature }))
}
