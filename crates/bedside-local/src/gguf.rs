//! Reads the weights file: its metadata as typed values, its tensors by name.

use std::io::Cursor;

use candle_core::Device;
use candle_core::quantized::QTensor;
use candle_core::quantized::gguf_file::{Content, Value};

use crate::error::{Error, Result};

/// A GGUF file in memory. Lengths in the file are checked against its size by candle before anything is allocated.
pub(crate) struct Gguf<'a> {
    pub(crate) content: Content,
    bytes: Cursor<&'a [u8]>,
}

impl<'a> Gguf<'a> {
    pub(crate) fn parse(bytes: &'a [u8]) -> Result<Self> {
        let mut bytes = Cursor::new(bytes);
        let content = Content::read(&mut bytes).map_err(|error| Error::Malformed(error.to_string()))?;
        Ok(Self { content, bytes })
    }

    pub(crate) fn tensor(&mut self, name: &str) -> Result<QTensor> {
        self.content
            .tensor(&mut self.bytes, name, &Device::Cpu)
            .map_err(|error| Error::Malformed(format!("tensor `{name}`: {error}")))
    }

    pub(crate) fn text(&self, key: &str) -> Result<&str> {
        match self.value(key)? {
            Value::String(text) => Ok(text),
            _ => Err(wrong_type(key, "a string")),
        }
    }

    pub(crate) fn whole(&self, key: &str) -> Result<usize> {
        let number = self.value(key)?.to_u64().map_err(|_| wrong_type(key, "a whole number"))?;
        usize::try_from(number).map_err(|_| wrong_type(key, "a number that fits in memory"))
    }

    pub(crate) fn real(&self, key: &str) -> Result<f32> {
        self.value(key)?.to_f32().map_err(|_| wrong_type(key, "a 32-bit float"))
    }

    fn value(&self, key: &str) -> Result<&Value> {
        self.content.metadata.get(key).ok_or_else(|| Error::Malformed(format!("no `{key}` in the metadata")))
    }
}

fn wrong_type(key: &str, wanted: &str) -> Error {
    Error::Malformed(format!("`{key}` is not {wanted}"))
}
