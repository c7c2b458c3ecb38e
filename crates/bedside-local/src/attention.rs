//! Causal attention with fewer key heads than query heads, and the cache of keys and values that makes a step cost one position.

use candle_core::{DType, Device, Result, Tensor};
use candle_nn::ops::softmax_last_dim;

/// Keys and values of one layer for the positions seen so far, each `[key heads, capacity, head size]`.
pub(crate) struct LayerCache {
    keys: Tensor,
    values: Tensor,
}

impl LayerCache {
    pub(crate) fn new(heads: usize, capacity: usize, head_size: usize) -> Result<Self> {
        let zeros = || Tensor::zeros((heads, capacity, head_size), DType::F32, &Device::Cpu);
        Ok(Self { keys: zeros()?, values: zeros()? })
    }

    /// Writes `keys` and `values` (`[key heads, positions, head size]`) at `start`; returns all up to and with them.
    pub(crate) fn extend(&self, keys: &Tensor, values: &Tensor, start: usize) -> Result<(Tensor, Tensor)> {
        let end = start + keys.dim(1)?;
        self.keys.slice_set(keys, 1, start)?;
        self.values.slice_set(values, 1, start)?;
        Ok((self.keys.narrow(1, 0, end)?, self.values.narrow(1, 0, end)?))
    }
}

/// For each query of `[query heads, positions, head size]` the mean of the values, weighted by its likeness to the keys before it.
///
/// Query heads that share a key head lie next to each other, so a group is one tall matrix and no key is ever copied.
pub(crate) fn attend(queries: &Tensor, keys: &Tensor, values: &Tensor, mask: Option<&Tensor>) -> Result<Tensor> {
    let (heads, positions, head_size) = queries.dims3()?;
    let (key_heads, seen, _) = keys.dims3()?;
    let group = heads / key_heads;
    let together = group * positions;
    let scale = 1.0 / (head_size as f64).sqrt();
    let queries = queries.affine(scale, 0.0)?.reshape((key_heads, together, head_size))?;
    let mut scores = queries.matmul(&keys.t()?)?;
    if let Some(mask) = mask {
        let masked = scores.reshape((heads, positions, seen))?.broadcast_add(mask)?;
        scores = masked.reshape((key_heads, together, seen))?;
    }
    softmax_last_dim(&scores)?.matmul(values)?.reshape((heads, positions, head_size))
}

/// What is added to the scores so that a query at `start + i` sees no key behind it; none is needed for one query.
pub(crate) fn causal_mask(start: usize, positions: usize) -> Result<Option<Tensor>> {
    if positions == 1 {
        return Ok(None);
    }
    let seen = start + positions;
    let mask = (0..positions)
        .flat_map(|query| (0..seen).map(move |key| if key > start + query { f32::NEG_INFINITY } else { 0.0 }))
        .collect();
    Tensor::from_vec(mask, (positions, seen), &Device::Cpu).map(Some)
}
