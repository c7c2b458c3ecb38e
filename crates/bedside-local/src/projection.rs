//! A weight matrix in the format it is kept in, and its two uses: multiply by it, look up its rows.

use std::sync::Arc;

use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};

/// How weights are kept in memory. Only [`Format::F32`] is used to answer; the others are what it was measured against
/// (docs/design/002-embedded-model.md), and remain so that the measurement can be made again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Format {
    /// 32-bit floats: the file's numbers exactly, and exact arithmetic on them.
    #[default]
    F32,
    /// 16-bit floats, activations too.
    F16,
    /// bfloat16 blocks, activations too.
    Bf16,
    /// The 4-bit blocks made 8-bit blocks at load; activations are rounded to 8 bits.
    Q8,
    /// [`Format::Q8`] for single positions; for prompts each matrix is unpacked to 32-bit floats as it is needed.
    Q8Unpacked,
    /// The blocks of the file as they are; activations are rounded to 8 bits.
    Q4,
}

/// A matrix of `[outputs, inputs]`.
pub(crate) enum Projection {
    /// Floats, and the type that activations take to be multiplied by them.
    Dense(Tensor, DType),
    /// Blocks, and the number of rows from which they are unpacked first.
    Blocks(Arc<QTensor>, usize),
}

impl Projection {
    pub(crate) fn new(weights: QTensor, format: Format) -> Result<Self> {
        let floats = |dtype: DType| Ok(Self::Dense(weights.dequantize(&Device::Cpu)?.to_dtype(dtype)?, dtype));
        match format {
            Format::F32 => floats(DType::F32),
            Format::F16 => floats(DType::F16),
            Format::Bf16 => Ok(Self::Blocks(requantised(weights, GgmlDType::BF16)?, usize::MAX)),
            Format::Q8 => Ok(Self::Blocks(requantised(weights, GgmlDType::Q8_0)?, usize::MAX)),
            Format::Q8Unpacked => Ok(Self::Blocks(requantised(weights, GgmlDType::Q8_0)?, 16)),
            Format::Q4 => Ok(Self::Blocks(Arc::new(weights), usize::MAX)),
        }
    }

    /// The rows of `tokens`, `[tokens, inputs]`.
    pub(crate) fn rows(&self, tokens: &[u32]) -> Result<Tensor> {
        let tokens = Tensor::new(tokens, &Device::Cpu)?;
        match self {
            Self::Dense(weights, _) => weights.index_select(&tokens, 0)?.to_dtype(DType::F32),
            Self::Blocks(weights, _) => weights.embedding(&tokens),
        }
    }
}

impl Module for Projection {
    fn forward(&self, states: &Tensor) -> Result<Tensor> {
        match self {
            Self::Dense(weights, dtype) => states.to_dtype(*dtype)?.matmul(&weights.t()?)?.to_dtype(DType::F32),
            Self::Blocks(weights, unpack_from) if states.dim(0)? >= *unpack_from => {
                states.matmul(&weights.dequantize(&Device::Cpu)?.t()?)
            }
            Self::Blocks(weights, _) => states.apply_op1_no_bwd(weights.as_ref()),
        }
    }
}

fn requantised(weights: QTensor, to: GgmlDType) -> Result<Arc<QTensor>> {
    if weights.dtype() == to {
        return Ok(Arc::new(weights));
    }
    QTensor::quantize(&weights.dequantize(&Device::Cpu)?, to).map(Arc::new)
}
