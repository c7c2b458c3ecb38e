//! x
#![allow(missing_docs)]
mod attention; mod error; mod gguf; mod limits; mod model; mod projection;
pub use error::*;
pub use projection::Format;
pub fn bench(bytes: &[u8], format: Format, prompt: usize, new: usize) -> Result<(f64,f64,f64,Vec<f32>)> {
    let t = std::time::Instant::now();
    let mut g = gguf::Gguf::parse(bytes)?;
    let m = model::Model::load(&mut g, format)?;
    let load = t.elapsed().as_secs_f64();
    let toks: Vec<u32> = (0..prompt as u32).map(|i| 1000 + i * 7919 % 40000).collect();
    let mut c = m.cache(prompt + new)?;
    m.next_logits(&toks[..8], &mut c)?; c.truncate(0);
    let t = std::time::Instant::now();
    let l = m.next_logits(&toks, &mut c)?;
    let p = t.elapsed().as_secs_f64();
    let t = std::time::Instant::now();
    for i in 0..new { m.next_logits(&toks[i..=i], &mut c)?; }
    Ok((load, prompt as f64 / p, new as f64 / t.elapsed().as_secs_f64(), l))
}
