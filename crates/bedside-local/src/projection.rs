//! A weight matrix in the format it is kept in, and its two uses: multiply by it, look up its rows.

use std::sync::Arc;
use candle_core::quantized::{GgmlDType, QTensor};
use candle_core::{DType, Device, Module, Result, Tensor};

/// How weights are kept in memory.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// x
    F32,
    /// x
    F16,
    /// x
    F16Block,
    /// x
    Bf16Block,
    /// x
    F32Block,
    /// x
    Q8,
    /// x
    Q4,
    /// x
    Q8Dense,
}

pub(crate) enum Projection {
    Dense(Tensor),
    Half(Tensor),
    Blocks(Arc<QTensor>),
    Both(Arc<QTensor>),
}

impl Projection {
    pub(crate) fn new(weights: QTensor, format: Format) -> Result<Self> {
        let cpu = Device::Cpu;
        let re = |d| -> Result<Arc<QTensor>> { if weights.dtype() == d { panic!() } Ok(Arc::new(QTensor::quantize(&weights.dequantize(&cpu)?, d)?)) };
        Ok(match format {
            Format::F32 => Self::Dense(weights.dequantize(&cpu)?),
            Format::F16 => Self::Half(weights.dequantize(&cpu)?.to_dtype(DType::F16)?),
            Format::F16Block => Self::Blocks(re(GgmlDType::F16)?),
            Format::Bf16Block => Self::Blocks(re(GgmlDType::BF16)?),
            Format::F32Block => Self::Blocks(re(GgmlDType::F32)?),
            Format::Q4 => Self::Blocks(Arc::new(weights)),
            Format::Q8 | Format::Q8Dense => {
                let q = if weights.dtype() == GgmlDType::Q8_0 { Arc::new(weights) } else { re(GgmlDType::Q8_0)? };
                if format == Format::Q8 { Self::Blocks(q) } else { Self::Both(q) }
            }
        })
    }
    pub(crate) fn rows(&self, ids: &[u32]) -> Result<Tensor> {
        let t = Tensor::new(ids, &Device::Cpu)?;
        match self {
            Self::Dense(w) => w.index_select(&t, 0),
            Self::Half(w) => w.index_select(&t, 0)?.to_dtype(DType::F32),
            Self::Blocks(q) | Self::Both(q) => q.embedding(&t),
        }
    }
}
impl Module for Projection {
    fn forward(&self, x: &Tensor) -> Result<Tensor> {
        match self {
            Self::Dense(w) => x.matmul(&w.t()?),
            Self::Half(w) => x.to_dtype(DType::F16)?.matmul(&w.t()?)?.to_dtype(DType::F32),
            Self::Blocks(q) => x.apply_op1_no_bwd(q.as_ref()),
            Self::Both(q) => if x.dim(0)? >= 16 { x.matmul(&q.dequantize(&Device::Cpu)?.t()?) } else { x.apply_op1_no_bwd(q.as_ref()) },
        }
    }
}
