//! Measures the embedded model in one weight format, or in all of them, each in a process of its own:
//! `cargo run --release -p bedside-local --example measure -- WEIGHTS [f32|f16|bf16|q8|q8-unpacked|q4]`.
//!
//! Prompts are cut from a fixed vignette; speeds are the best of three; errors are the greatest difference of an option's
//! log-probability from the numpy oracle (`oracle/smollm2.json`).
#![expect(clippy::print_stdout, reason = "a program")]

use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::time::Instant;

use bedside_local::{Format, LocalModel, Message, Settings};

const FORMATS: [(&str, Format); 6] = [
    ("f32", Format::F32),
    ("f16", Format::F16),
    ("bf16", Format::Bf16),
    ("q8", Format::Q8),
    ("q8-unpacked", Format::Q8Unpacked),
    ("q4", Format::Q4),
];
const VIGNETTE: &str =
    "The patient, aged 67, reports crushing chest pain for 2 hours, nausea and sweating, without fever or cough. ";
const NEW_TOKENS: usize = 32;

fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match arguments.as_slice() {
        [weights, name] => {
            let format = FORMATS.iter().find(|(known, _)| known == name).ok_or("no such format")?.1;
            measure(Path::new(weights), name, format)
        }
        [weights] => {
            println!(
                "| weights | load s | short prompt, tok/s | long prompt | decode after the short | after the long | greatest error | peak MiB | CPU s |"
            );
            println!("| --- | --- | --- | --- | --- | --- | --- | --- | --- |");
            for (name, _) in FORMATS {
                Command::new(std::env::current_exe()?).args([weights, name]).status()?;
            }
            Ok(())
        }
        _ => Err("usage: measure WEIGHTS [FORMAT]".into()),
    }
}

fn measure(weights: &Path, name: &str, format: Format) -> Result<(), Box<dyn Error>> {
    let start = Instant::now();
    let model = LocalModel::load_as(weights, format)?;
    let load = start.elapsed().as_secs_f64();
    let (short, short_decode) = speeds(&model, &VIGNETTE[..VIGNETTE.len() / 2])?;
    let (long, long_decode) = speeds(&model, &VIGNETTE.repeat(34))?;
    let error = greatest_error(&model)?;
    let peak = status("VmHWM:") / 1024.0;
    println!(
        "| {name} | {load:.2} | {short:.0} | {long:.0} | {short_decode:.1} | {long_decode:.1} | {error:.5} | {peak:.0} | {:.0} |",
        cpu_seconds()
    );
    Ok(())
}

/// Tokens per second over the prompt, and of decoding: best time with [`NEW_TOKENS`] more tokens less the best time without them.
fn speeds(model: &LocalModel, text: &str) -> Result<(f64, f64), Box<dyn Error>> {
    let messages = [Message::user(text)];
    let tokens = model.prompt_tokens(&messages)?;
    let seconds = |max_tokens| -> Result<(f64, usize), Box<dyn Error>> {
        let mut best = (f64::INFINITY, 0);
        for _ in 0..3 {
            // hot draws, because a greedy answer may be short
            let settings = Settings { max_tokens, temperature: 3.0, ..Settings::default() };
            let start = Instant::now();
            let made = model.generate(&messages, &settings)?.completion_tokens;
            best = (start.elapsed().as_secs_f64().min(best.0), made);
        }
        Ok(best)
    };
    let (prompt, _) = seconds(1)?;
    let (whole, made) = seconds(1 + NEW_TOKENS)?;
    Ok((tokens as f64 / prompt, (made - 1) as f64 / (whole - prompt)))
}

fn greatest_error(model: &LocalModel) -> Result<f64, Box<dyn Error>> {
    let oracle: serde_json::Value = serde_json::from_str(include_str!("../oracle/smollm2.json"))?;
    let mut greatest: f64 = 0.0;
    for item in oracle["items"].as_array().ok_or("no items")? {
        let texts = |key: &str| item[key].as_array().into_iter().flatten();
        let options: Vec<&str> = texts("options").filter_map(|option| option.as_str()).collect();
        let question = item["question"].as_str().ok_or("no question")?;
        let scores = model.option_logprobs(&[Message::user(question)], &options)?.ok_or("too long")?;
        for (score, expected) in scores.iter().zip(texts("logprobs")) {
            greatest = greatest.max((score - expected.as_f64().ok_or("no number")?).abs());
        }
    }
    Ok(greatest)
}

/// A number from Linux's account of this process; 0 elsewhere.
fn status(key: &str) -> f64 {
    let text = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    text.lines().find_map(|line| line.strip_prefix(key)?.split_whitespace().next()?.parse().ok()).unwrap_or(0.0)
}

/// User and system time of this process on Linux, where a tick is a hundredth of a second; 0 elsewhere.
fn cpu_seconds() -> f64 {
    let text = std::fs::read_to_string("/proc/self/stat").unwrap_or_default();
    let ticks = text.rsplit(')').next().unwrap_or_default().split_whitespace().skip(11).take(2);
    ticks.filter_map(|field| field.parse::<f64>().ok()).sum::<f64>() / 100.0
}
