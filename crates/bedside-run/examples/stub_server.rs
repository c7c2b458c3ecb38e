//! A chat endpoint on loopback that answers at once: the other end of `bench/engine.py`. Prints its address.
//!
//! `cargo run --release -p bedside-run --example stub_server`

use std::io::Write as _;

use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};

#[tokio::main(flavor = "current_thread")]
async fn main() -> std::io::Result<()> {
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    writeln!(std::io::stdout(), "http://{}/v1", listener.local_addr()?)?;
    loop {
        let (stream, _) = listener.accept().await?;
        tokio::spawn(async move { serve(stream).await.ok() });
    }
}

async fn serve(mut stream: TcpStream) -> std::io::Result<()> {
    const BODY: &str = r#"{"id":"x","object":"chat.completion","choices":[{"index":0,"finish_reason":"stop","message":{"role":"assistant","content":"ANSWER: B"}}],"usage":{"prompt_tokens":180,"completion_tokens":3}}"#;
    let reply =
        format!("HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{BODY}", BODY.len());
    let mut buffer = Vec::with_capacity(64 << 10);
    loop {
        // A whole request: its head, then as many bytes as the head announces.
        let end = loop {
            if let Some(head) = buffer.windows(4).position(|window| window == b"\r\n\r\n") {
                let length = String::from_utf8_lossy(&buffer[..head])
                    .lines()
                    .find_map(|line| {
                        line.to_ascii_lowercase()
                            .strip_prefix("content-length:")
                            .and_then(|value| value.trim().parse::<usize>().ok())
                    })
                    .unwrap_or(0);
                if buffer.len() >= head + 4 + length {
                    break head + 4 + length;
                }
            }
            if stream.read_buf(&mut buffer).await? == 0 {
                return Ok(());
            }
        };
        buffer.drain(..end);
        stream.write_all(reply.as_bytes()).await?;
    }
}
