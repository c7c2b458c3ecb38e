//! A model of the same architecture at miniature size, with random weights and a vocabulary of bytes.

use std::io::Cursor;

use candle_core::quantized::gguf_file::{self, Value};
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{Device, Tensor};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

use crate::gguf::Gguf;
use crate::model::Model;
use crate::{Format, LocalModel};

pub(super) const LAYERS: usize = 2;
pub(super) const HIDDEN: usize = 96;
pub(super) const HEADS: usize = 6;
pub(super) const KEY_HEADS: usize = 2;
pub(super) const HEAD_SIZE: usize = 16;
pub(super) const FEED: usize = 128;
pub(super) const CONTEXT: usize = 700;
const SPECIAL: [&str; 3] = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"];
const MERGES: [&str; 3] = ["h e", "Ġ he", "l l"];
const TEMPLATE: &str = "{% for message in messages %}{{ '<|im_start|>' + message['role'] + '\n' + message['content'] + '<|im_end|>' + '\n' }}{% endfor %}{% if add_generation_prompt %}{{ '<|im_start|>assistant\n' }}{% endif %}";

pub(super) fn local() -> LocalModel {
    LocalModel::from_gguf(&gguf(), Format::F32).unwrap()
}

pub(super) fn model() -> Model {
    Model::load(&mut Gguf::parse(&gguf()).unwrap(), Format::F32).unwrap()
}

/// The weights by name, as floats.
pub(super) fn weights() -> Vec<(String, Tensor)> {
    let mut random = ChaCha8Rng::seed_from_u64(20_261_123);
    let mut matrix = |rows: usize, columns: usize| {
        let values: Vec<f32> =
            (0..rows * columns).map(|_| (random.next_u32() >> 8) as f32 / (1 << 24) as f32 - 0.5).collect();
        (Tensor::from_vec(values, (rows, columns), &Device::Cpu).unwrap() * 0.4).unwrap()
    };
    let mut all = vec![("token_embd.weight".to_owned(), matrix(vocabulary().len(), HIDDEN))];
    for layer in 0..LAYERS {
        let shapes = [
            ("attn_q", HIDDEN, HIDDEN),
            ("attn_k", KEY_HEADS * HEAD_SIZE, HIDDEN),
            ("attn_v", KEY_HEADS * HEAD_SIZE, HIDDEN),
            ("attn_output", HIDDEN, HIDDEN),
            ("ffn_gate", FEED, HIDDEN),
            ("ffn_up", FEED, HIDDEN),
            ("ffn_down", HIDDEN, FEED),
        ];
        for (name, rows, columns) in shapes {
            all.push((format!("blk.{layer}.{name}.weight"), matrix(rows, columns)));
        }
        for name in ["attn_norm", "ffn_norm"] {
            all.push((format!("blk.{layer}.{name}.weight"), (matrix(1, HIDDEN).flatten_all().unwrap() + 1.0).unwrap()));
        }
    }
    all.push(("output_norm.weight".to_owned(), (matrix(1, HIDDEN).flatten_all().unwrap() + 1.0).unwrap()));
    all
}

/// Three special tokens, the 256 bytes in GPT-2's spelling, three merged tokens.
fn vocabulary() -> Vec<String> {
    let printable = |byte: u32| matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
    let mut stand_ins = (0x100..).filter_map(char::from_u32);
    let mut byte = |byte: u32| if printable(byte) { char::from_u32(byte) } else { stand_ins.next() };
    let bytes: Vec<String> = (0..256).filter_map(&mut byte).map(String::from).collect();
    let merged = ["he", "Ġhe", "ll"].map(String::from);
    SPECIAL.map(String::from).into_iter().chain(bytes).chain(merged).collect()
}

pub(super) fn gguf() -> Vec<u8> {
    let text = |text: &str| Value::String(text.to_owned());
    let number = |number: usize| Value::U32(u32::try_from(number).unwrap());
    let tokens = vocabulary();
    let kind = |index: usize| Value::I32(if index < SPECIAL.len() { 3 } else { 1 });
    let metadata = [
        ("general.architecture", text("llama")),
        ("llama.block_count", number(LAYERS)),
        ("llama.context_length", number(CONTEXT)),
        ("llama.embedding_length", number(HIDDEN)),
        ("llama.attention.head_count", number(HEADS)),
        ("llama.attention.head_count_kv", number(KEY_HEADS)),
        ("llama.rope.dimension_count", number(HEAD_SIZE)),
        ("llama.rope.freq_base", Value::F32(100_000.0)),
        ("llama.attention.layer_norm_rms_epsilon", Value::F32(1e-5)),
        ("tokenizer.ggml.model", text("gpt2")),
        ("tokenizer.ggml.pre", text("smollm")),
        ("tokenizer.ggml.tokens", Value::Array(tokens.iter().map(|token| text(token)).collect())),
        ("tokenizer.ggml.token_type", Value::Array((0..tokens.len()).map(kind).collect())),
        ("tokenizer.ggml.merges", Value::Array(MERGES.map(text).to_vec())),
        ("tokenizer.ggml.eos_token_id", number(2)),
        ("tokenizer.chat_template", text(TEMPLATE)),
    ];
    let metadata: Vec<(&str, &Value)> = metadata.iter().map(|(key, value)| (*key, value)).collect();
    let weights: Vec<(String, QTensor)> = weights()
        .into_iter()
        .map(|(name, tensor)| (name, QTensor::quantize(&tensor, GgmlDType::F32).unwrap()))
        .collect();
    let tensors: Vec<(&str, &QTensor)> = weights.iter().map(|(name, tensor)| (name.as_str(), tensor)).collect();
    let mut file = Cursor::new(Vec::new());
    gguf_file::write(&mut file, &metadata, &tensors).unwrap();
    file.into_inner()
}
