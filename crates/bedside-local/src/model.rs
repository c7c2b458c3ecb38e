//! The one architecture: Llama with grouped key heads, rotary positions, RMS norms and an output that shares the token embedding.

use candle_core::{Device, Module, Tensor};
use candle_nn::ops::{rms_norm, silu};
use candle_nn::rotary_emb::rope_i;

use crate::attention::{LayerCache, attend, causal_mask};
use crate::error::{Error, Result};
use crate::gguf::Gguf;
use crate::limits::PROMPT_CHUNK;
use crate::projection::{Format, Projection};

/// Sizes of the network, from the metadata of its file.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shape {
    pub(crate) layers: usize,
    pub(crate) hidden: usize,
    pub(crate) heads: usize,
    pub(crate) key_heads: usize,
    pub(crate) head_size: usize,
    pub(crate) context: usize,
    norm_epsilon: f32,
    rope_base: f32,
}

impl Shape {
    fn read(gguf: &Gguf) -> Result<Self> {
        let architecture = gguf.text("general.architecture")?;
        if architecture != "llama" {
            return Err(Error::Malformed(format!("architecture `{architecture}`, only `llama` is built in")));
        }
        let shape = Self {
            layers: gguf.whole("llama.block_count")?,
            hidden: gguf.whole("llama.embedding_length")?,
            heads: gguf.whole("llama.attention.head_count")?,
            key_heads: gguf.whole("llama.attention.head_count_kv")?,
            head_size: gguf.whole("llama.rope.dimension_count")?,
            context: gguf.whole("llama.context_length")?,
            norm_epsilon: gguf.real("llama.attention.layer_norm_rms_epsilon")?,
            rope_base: gguf.real("llama.rope.freq_base")?,
        };
        let fits = shape.key_heads > 0
            && shape.heads.is_multiple_of(shape.key_heads)
            && shape.head_size.is_multiple_of(2)
            && shape.heads.checked_mul(shape.head_size) == Some(shape.hidden)
            && (1..=32_768).contains(&shape.context);
        if fits { Ok(shape) } else { Err(Error::Malformed(format!("impossible sizes {shape:?}"))) }
    }
}

struct Layer {
    attention_norm: Tensor,
    query: Projection,
    key: Projection,
    value: Projection,
    output: Projection,
    feed_norm: Tensor,
    gate: Projection,
    up: Projection,
    down: Projection,
}

/// The network. Its weights never change, so any number of [`Cache`]s may use it at once.
pub(crate) struct Model {
    pub(crate) shape: Shape,
    embedding: Projection,
    layers: Vec<Layer>,
    output_norm: Tensor,
    cosines: Tensor,
    sines: Tensor,
}

/// What the network remembers of one sequence.
pub(crate) struct Cache {
    layers: Vec<LayerCache>,
    capacity: usize,
    length: usize,
}

impl Cache {
    /// Positions seen so far.
    pub(crate) fn length(&self) -> usize {
        self.length
    }

    /// Forgets all but the first `length` positions.
    pub(crate) fn truncate(&mut self, length: usize) {
        self.length = self.length.min(length);
    }
}

impl Model {
    pub(crate) fn load(gguf: &mut Gguf, format: Format) -> Result<Self> {
        let shape = Shape::read(gguf)?;
        let layers = (0..shape.layers).map(|index| Layer::load(gguf, index, format)).collect::<Result<_>>()?;
        let (cosines, sines) = rotations(shape)?;
        Ok(Self {
            shape,
            embedding: Projection::new(gguf.tensor("token_embd.weight")?, format)?,
            layers,
            output_norm: vector(gguf, "output_norm.weight")?,
            cosines,
            sines,
        })
    }

    /// An empty memory for up to `capacity` positions.
    pub(crate) fn cache(&self, capacity: usize) -> Result<Cache> {
        let shape = self.shape;
        let capacity = capacity.min(shape.context);
        let layer = || LayerCache::new(shape.key_heads, capacity, shape.head_size);
        let layers = (0..shape.layers).map(|_| layer()).collect::<candle_core::Result<_>>()?;
        Ok(Cache { layers, capacity, length: 0 })
    }

    /// Reads `tokens` after what `cache` holds; returns the logits of the token after the last of them.
    pub(crate) fn next_logits(&self, tokens: &[u32], cache: &mut Cache) -> Result<Vec<f32>> {
        let mut last = None;
        for chunk in tokens.chunks(PROMPT_CHUNK) {
            last = Some(self.hidden(chunk, cache)?);
        }
        let last = last.ok_or_else(|| Error::Malformed("no tokens to read".into()))?;
        let states = last.narrow(0, last.dim(0)? - 1, 1)?;
        Ok(self.logits(&states)?.flatten_all()?.to_vec1()?)
    }

    /// Reads `tokens`; returns the logits after each of them. For a few tokens: each row has a number for every word of the vocabulary.
    pub(crate) fn all_logits(&self, tokens: &[u32], cache: &mut Cache) -> Result<Vec<Vec<f32>>> {
        let states = self.hidden(tokens, cache)?;
        Ok(self.logits(&states)?.to_vec2()?)
    }

    fn logits(&self, states: &Tensor) -> candle_core::Result<Tensor> {
        let states = rms_norm(&states.contiguous()?, &self.output_norm, self.shape.norm_epsilon)?;
        self.embedding.forward(&states)
    }

    /// States of the last layer for `tokens`, `[positions, hidden]`.
    fn hidden(&self, tokens: &[u32], cache: &mut Cache) -> Result<Tensor> {
        let start = cache.length;
        let end = start + tokens.len();
        if end > cache.capacity {
            return Err(Error::Malformed(format!("{end} positions in a memory for {}", cache.capacity)));
        }
        let step = Step {
            shape: self.shape,
            start,
            cosines: self.cosines.narrow(0, start, tokens.len())?,
            sines: self.sines.narrow(0, start, tokens.len())?,
            mask: causal_mask(start, tokens.len())?,
        };
        let mut states = self.embedding.rows(tokens)?;
        for (layer, memory) in self.layers.iter().zip(&cache.layers) {
            states = layer.forward(&states, memory, &step)?;
        }
        cache.length = end;
        Ok(states)
    }
}

/// What all layers of one forward pass share.
struct Step {
    shape: Shape,
    start: usize,
    cosines: Tensor,
    sines: Tensor,
    mask: Option<Tensor>,
}

impl Layer {
    fn load(gguf: &mut Gguf, index: usize, format: Format) -> Result<Self> {
        let mut projection =
            |name: &str| Ok::<_, Error>(Projection::new(gguf.tensor(&format!("blk.{index}.{name}.weight"))?, format)?);
        let query = projection("attn_q")?;
        let key = projection("attn_k")?;
        let value = projection("attn_v")?;
        let output = projection("attn_output")?;
        let gate = projection("ffn_gate")?;
        let up = projection("ffn_up")?;
        let down = projection("ffn_down")?;
        let attention_norm = vector(gguf, &format!("blk.{index}.attn_norm.weight"))?;
        let feed_norm = vector(gguf, &format!("blk.{index}.ffn_norm.weight"))?;
        Ok(Self { attention_norm, query, key, value, output, feed_norm, gate, up, down })
    }

    fn forward(&self, states: &Tensor, memory: &LayerCache, step: &Step) -> candle_core::Result<Tensor> {
        let epsilon = step.shape.norm_epsilon;
        let attended = self.attention(&rms_norm(states, &self.attention_norm, epsilon)?, memory, step)?;
        let states = (states + attended)?;
        let fed = rms_norm(&states, &self.feed_norm, epsilon)?;
        let fed = (silu(&self.gate.forward(&fed)?)? * self.up.forward(&fed)?)?;
        states + self.down.forward(&fed)?
    }

    fn attention(&self, states: &Tensor, memory: &LayerCache, step: &Step) -> candle_core::Result<Tensor> {
        let shape = step.shape;
        let positions = states.dim(0)?;
        let heads = |projected: Tensor, heads: usize| {
            projected.reshape((positions, heads, shape.head_size))?.transpose(0, 1)?.contiguous()
        };
        // GGUF files of this architecture store the pair that is rotated together side by side, hence `rope_i`.
        let rotate = |heads: Tensor| rope_i(&heads.unsqueeze(0)?, &step.cosines, &step.sines)?.squeeze(0);
        let queries = rotate(heads(self.query.forward(states)?, shape.heads)?)?;
        let keys = rotate(heads(self.key.forward(states)?, shape.key_heads)?)?;
        let values = heads(self.value.forward(states)?, shape.key_heads)?;
        let (keys, values) = memory.extend(&keys, &values, step.start)?;
        let mixed = attend(&queries, &keys, &values, step.mask.as_ref())?;
        self.output.forward(&mixed.transpose(0, 1)?.reshape((positions, shape.hidden))?)
    }
}

fn vector(gguf: &mut Gguf, name: &str) -> Result<Tensor> {
    Ok(gguf.tensor(name)?.dequantize(&Device::Cpu)?)
}

/// Cosines and sines of every position, `[context, head size / 2]`. Angles are made in 64 bits: position 8,191 times a frequency needs more than 24.
fn rotations(shape: Shape) -> Result<(Tensor, Tensor)> {
    let half = shape.head_size / 2;
    let angle = |index: usize| {
        let (position, pair) = (index / half, index % half);
        position as f64 * f64::from(shape.rope_base).powf(-2.0 * pair as f64 / shape.head_size as f64)
    };
    #[expect(clippy::cast_possible_truncation, reason = "a cosine lies within the range of f32")]
    let table = |of: fn(f64) -> f64| -> Result<Tensor> {
        let values: Vec<f32> = (0..shape.context * half).map(|index| of(angle(index)) as f32).collect();
        Ok(Tensor::from_vec(values, (shape.context, half), &Device::Cpu)?)
    };
    Ok((table(f64::cos)?, table(f64::sin)?))
}
