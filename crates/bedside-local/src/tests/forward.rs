//! The forward pass against a plain one, and against itself in other portions.

use std::collections::HashMap;
use std::process::Command;

use super::miniature::{self, FEED, HEAD_SIZE, HEADS, HIDDEN, KEY_HEADS, LAYERS};
use crate::limits::PROMPT_CHUNK;

/// Rounding of 32-bit sums of a hundred terms, with room.
const TOLERANCE: f32 = 2e-4;

fn tokens(count: u32) -> Vec<u32> {
    (0..count).map(|index| 3 + index * 37 % 250).collect()
}

fn distance(a: &[f32], b: &[f32]) -> f32 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| (a - b).abs()).fold(0.0, f32::max)
}

#[test]
fn step_by_step_equals_all_at_once() {
    let model = miniature::model();
    let tokens = tokens(40);
    let all = model.all_logits(&tokens, &mut model.cache(40).unwrap()).unwrap();
    let mut cache = model.cache(40).unwrap();
    for (index, token) in tokens.iter().enumerate() {
        let step = model.next_logits(&[*token], &mut cache).unwrap();
        assert!(distance(&step, &all[index]) < TOLERANCE, "position {index}: {}", distance(&step, &all[index]));
    }
}

#[test]
fn a_prompt_in_chunks_equals_one_pass() {
    let model = miniature::model();
    let count = 2 * PROMPT_CHUNK + 17;
    let tokens = tokens(u32::try_from(count).unwrap());
    let chunked = model.next_logits(&tokens, &mut model.cache(count).unwrap()).unwrap();
    let whole = model.all_logits(&tokens, &mut model.cache(count).unwrap()).unwrap();
    assert!(distance(&chunked, whole.last().unwrap()) < TOLERANCE);
}

#[test]
fn what_is_forgotten_leaves_no_trace() {
    let model = miniature::model();
    let mut cache = model.cache(30).unwrap();
    let first = model.next_logits(&tokens(10), &mut cache).unwrap();
    model.next_logits(&[99, 98, 97], &mut cache).unwrap();
    cache.truncate(9);
    let again = model.next_logits(&tokens(10)[9..], &mut cache).unwrap();
    assert!(distance(&first, &again) < TOLERANCE);
}

#[test]
fn the_pass_equals_one_written_out_in_plain_loops() {
    let model = miniature::model();
    let tokens = tokens(12);
    let ours = model.all_logits(&tokens, &mut model.cache(12).unwrap()).unwrap();
    for (position, plain) in plain_logits(&tokens).iter().enumerate() {
        assert!(
            distance(&ours[position], plain) < TOLERANCE,
            "position {position}: {}",
            distance(&ours[position], plain)
        );
    }
}

#[test]
fn threads_do_not_change_a_bit() {
    let digests: Vec<String> = ["1", "2", "3"].map(digest_with_threads).into_iter().collect();
    assert!(digests[0].len() > 100, "the child printed nothing: {}", digests[0]);
    assert!(digests.iter().all(|digest| *digest == digests[0]));
}

/// Logits of a prompt and of a step, made in a child process with that many threads.
fn digest_with_threads(threads: &str) -> String {
    let file = tempfile::NamedTempFile::new().unwrap();
    let status = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "tests::forward::child_writes_its_logits", "--quiet"])
        .env("RAYON_NUM_THREADS", threads)
        .env("BEDSIDE_TEST_LOGITS", file.path())
        .output()
        .unwrap();
    assert!(status.status.success(), "{status:?}");
    std::fs::read_to_string(file.path()).unwrap()
}

/// Does its work only as a child of [`threads_do_not_change_a_bit`].
#[test]
fn child_writes_its_logits() {
    let Some(file) = std::env::var_os("BEDSIDE_TEST_LOGITS") else { return };
    let model = miniature::model();
    let mut cache = model.cache(600).unwrap();
    let prompt = model.next_logits(&tokens(520), &mut cache).unwrap();
    let step = model.next_logits(&[77], &mut cache).unwrap();
    let bits: Vec<u32> = prompt.iter().chain(&step).map(|logit| logit.to_bits()).collect();
    std::fs::write(file, format!("{bits:?} {:?}", super::real::scores())).unwrap();
}

/// The network in plain loops over plain numbers: each query head has its own, repeated key head, and every position is computed anew.
fn plain_logits(tokens: &[u32]) -> Vec<Vec<f32>> {
    let weights: HashMap<String, Vec<f32>> = miniature::weights()
        .into_iter()
        .map(|(name, tensor)| (name, tensor.flatten_all().unwrap().to_vec1().unwrap()))
        .collect();
    let embedding = &weights["token_embd.weight"];
    let mut states: Vec<Vec<f32>> =
        tokens.iter().map(|token| embedding[*token as usize * HIDDEN..][..HIDDEN].to_vec()).collect();
    for layer in 0..LAYERS {
        let weight = |name: &str| &weights[&format!("blk.{layer}.{name}.weight")];
        let normed: Vec<_> = states.iter().map(|state| norm(state, weight("attn_norm"))).collect();
        let rotated = |name: &str, heads: usize| -> Vec<Vec<f32>> {
            let project = |(position, state): (usize, &Vec<f32>)| rotate(times(weight(name), state), heads, position);
            normed.iter().enumerate().map(project).collect()
        };
        let (queries, keys) = (rotated("attn_q", HEADS), rotated("attn_k", KEY_HEADS));
        let values: Vec<_> = normed.iter().map(|state| times(weight("attn_v"), state)).collect();
        for (position, state) in states.iter_mut().enumerate() {
            let mut mixed = vec![0.0; HIDDEN];
            for head in 0..HEADS {
                let key_head = head / (HEADS / KEY_HEADS);
                let part = |row: &[f32], head: usize| row[head * HEAD_SIZE..][..HEAD_SIZE].to_vec();
                let query = part(&queries[position], head);
                let scores: Vec<f32> = (0..=position)
                    .map(|seen| dot(&query, &part(&keys[seen], key_head)) / (HEAD_SIZE as f32).sqrt())
                    .collect();
                let total: f32 = scores.iter().map(|score| score.exp()).sum();
                for (seen, score) in scores.iter().enumerate() {
                    for (index, value) in part(&values[seen], key_head).iter().enumerate() {
                        mixed[head * HEAD_SIZE + index] += score.exp() / total * value;
                    }
                }
            }
            add(state, &times(weight("attn_output"), &mixed));
            let normed = norm(state, weight("ffn_norm"));
            let (gate, up) = (times(weight("ffn_gate"), &normed), times(weight("ffn_up"), &normed));
            assert_eq!(gate.len(), FEED);
            let fed: Vec<f32> = gate.iter().zip(&up).map(|(gate, up)| gate / (1.0 + (-gate).exp()) * up).collect();
            add(state, &times(weight("ffn_down"), &fed));
        }
    }
    states.iter().map(|state| times(embedding, &norm(state, &weights["output_norm.weight"]))).collect()
}

fn dot(a: &[f32], b: &[f32]) -> f32 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn times(matrix: &[f32], state: &[f32]) -> Vec<f32> {
    matrix.chunks(state.len()).map(|row| dot(row, state)).collect()
}

fn add(state: &mut [f32], more: &[f32]) {
    state.iter_mut().zip(more).for_each(|(state, more)| *state += more);
}

fn norm(state: &[f32], weight: &[f32]) -> Vec<f32> {
    let scale = (dot(state, state) / state.len() as f32 + 1e-5).sqrt();
    state.iter().zip(weight).map(|(state, weight)| state / scale * weight).collect()
}

/// Turns neighbours 2i and 2i+1 of each head by position / base^(2i / head size).
fn rotate(mut row: Vec<f32>, heads: usize, position: usize) -> Vec<f32> {
    for head in 0..heads {
        for pair in 0..HEAD_SIZE / 2 {
            let angle = position as f32 / 100_000_f32.powf(2.0 * pair as f32 / HEAD_SIZE as f32);
            let at = head * HEAD_SIZE + 2 * pair;
            let (x, y) = (row[at], row[at + 1]);
            row[at] = x * angle.cos() - y * angle.sin();
            row[at + 1] = x * angle.sin() + y * angle.cos();
        }
    }
    row
}
