//! Doing it, on the socket.

use std::io::{self, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use serde_json::json;

use super::misbehaviour::Deed;
use super::reply::{completion, error, gzip, http, label};
use crate::support::forms;

const JSON: &str = "content-type: application/json\r\n";
/// Slower than a plain answer, and far below every time limit of these tests.
const SLOWLY: Duration = Duration::from_millis(60);

/// Who answers one request.
pub struct Hand<'a> {
    pub case: u64,
    /// The head to repeat, when the endpoint repeats what it was sent.
    pub head: Option<&'a str>,
    pub elsewhere: &'a str,
}

impl Hand<'_> {
    /// Answers, or does not. True when the connection may carry another request.
    pub fn act(&self, deed: Deed, stream: &TcpStream) -> bool {
        // An error means that the client has left, which is its right.
        self.perform(deed, stream).unwrap_or(false)
    }

    #[expect(clippy::too_many_lines, reason = "a table: one arm for each misbehaviour")]
    fn perform(&self, deed: Deed, stream: &TcpStream) -> io::Result<bool> {
        let mut to = stream;
        let right = completion(&self.said(), "stop");
        let right = right.as_bytes();
        match deed {
            Deed::Answer => self.whole(to, "200 OK", JSON, right),
            Deed::AnswerSlowly => {
                std::thread::sleep(SLOWLY);
                self.whole(to, "200 OK", JSON, right)
            }
            Deed::AnswerInDrops => {
                let bytes = http("200 OK", &self.headers(JSON), right);
                for drop in bytes.chunks(bytes.len().div_ceil(12)) {
                    to.write_all(drop)?;
                    std::thread::sleep(SLOWLY / 12);
                }
                Ok(true)
            }
            Deed::AnswerInChunks => self.chunked(to, right, true),
            Deed::AnswerAfterEarlyHints => {
                to.write_all(
                    b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </x>; rel=preload\r\n\r\n",
                )?;
                self.whole(to, "200 OK", JSON, right)
            }
            Deed::AnswerAsOldHttp => {
                to.write_all(format!("HTTP/1.0 200 OK\r\n{}\r\n", self.headers(JSON)).as_bytes())?;
                to.write_all(right)?;
                Ok(false)
            }
            Deed::AnswerAsPlainText => self.whole(to, "200 OK", "content-type: text/plain\r\n", right),
            Deed::AnswerThenClose => self.whole(to, "200 OK", JSON, right).map(|_| false),
            Deed::AnswerThenGarbage => {
                let mut bytes = http("200 OK", &self.headers(JSON), right);
                bytes.extend(b"and something more that nobody asked for");
                to.write_all(&bytes)?;
                Ok(false)
            }
            Deed::AnswerGzipped => self.whole(to, "200 OK", &format!("{JSON}content-encoding: gzip\r\n"), &gzip(right)),
            Deed::AnswerWithKeysTwice => {
                let text = String::from_utf8_lossy(right).replacen('{', "{\"id\":\"first\",\"choices\":[],", 1);
                self.whole(to, "200 OK", JSON, text.as_bytes())
            }
            Deed::RateLimited => self.refuse(to, "429 Too Many Requests", "", "rate_limit_exceeded"),
            Deed::RateLimitedForSeconds => {
                self.refuse(to, "429 Too Many Requests", "retry-after: 1\r\n", "rate_limit_exceeded")
            }
            Deed::RateLimitedUntilDate => self.refuse(
                to,
                "429 Too Many Requests",
                "date: Tue, 24 Nov 2026 10:00:00 GMT\r\nretry-after: Tue, 24 Nov 2026 10:00:01 GMT\r\n",
                "rate_limit_exceeded",
            ),
            Deed::RateLimitedInsideSuccess => {
                self.whole(to, "200 OK", JSON, self.error("rate_limit_error", "rate_limit_exceeded").as_bytes())
            }
            Deed::GatewayTimeout => self.refuse(to, "504 Gateway Timeout", "", "gateway_timeout"),
            Deed::ServerError => self.refuse(to, "500 Internal Server Error", "", "server_error"),
            Deed::BadGateway => self.whole(
                to,
                "502 Bad Gateway",
                "content-type: text/html\r\n",
                b"<html><h1>502 Bad Gateway</h1></html>",
            ),
            Deed::Unavailable => self.refuse(to, "503 Service Unavailable", "retry-after: 0\r\n", "unavailable"),
            Deed::Overloaded => self.refuse(to, "529 Overloaded", "", "overloaded_error"),
            Deed::Hang => {
                gone(stream);
                Ok(false)
            }
            Deed::EndlessDrip => {
                to.write_all(
                    format!("HTTP/1.1 200 OK\r\n{}content-length: 100000\r\n\r\n", self.headers(JSON)).as_bytes(),
                )?;
                loop {
                    to.write_all(b" ")?;
                    std::thread::sleep(Duration::from_millis(20));
                }
            }
            Deed::CloseWithoutReply | Deed::ResetRead | Deed::ResetUnread => Ok(false),
            Deed::HalfHead => {
                to.write_all(b"HTTP/1.1 200 OK\r\ncontent-ty")?;
                Ok(false)
            }
            Deed::HalfBody => {
                let bytes = http("200 OK", &self.headers(JSON), right);
                to.write_all(&bytes[..bytes.len() - right.len() / 2])?;
                Ok(false)
            }
            Deed::ChunksCut => self.chunked(to, right, false),
            Deed::GarbageHead => {
                to.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n")?;
                Ok(false)
            }
            Deed::OtherJson => self.whole(to, "200 OK", JSON, br#"{"object":"list","data":[]}"#),
            Deed::ErrorInsideSuccess => {
                self.whole(to, "200 OK", JSON, self.error("internal_error", "internal_error").as_bytes())
            }
            Deed::EmptyBody => self.whole(to, "200 OK", JSON, b""),
            Deed::NoContent => {
                to.write_all(format!("HTTP/1.1 204 No Content\r\n{}\r\n", self.headers("")).as_bytes())?;
                Ok(true)
            }
            Deed::TruncatedJson => self.whole(to, "200 OK", JSON, &right[..right.len() - 20]),
            Deed::HugeBody => self.huge(to),
            Deed::DeepJson => self.whole(to, "200 OK", JSON, "[".repeat(100_000).as_bytes()),
            Deed::WebPage => {
                let page = format!("<!doctype html><title>Sign in</title><script>alert(1)</script>{}", self.repeated());
                self.whole(to, "200 OK", "content-type: text/html\r\n", page.as_bytes())
            }
            Deed::FalseGzip => self.whole(to, "200 OK", &format!("{JSON}content-encoding: gzip\r\n"), right),
            Deed::InvalidUtf8 => {
                let mut bytes = right.to_vec();
                let at = bytes.windows(6).position(|window| window == b"Answer").expect("the answer");
                bytes[at] = 0xff;
                self.whole(to, "200 OK", JSON, &bytes)
            }
            Deed::ContextTooLong => self.refuse(to, "400 Bad Request", "", "context_length_exceeded"),
            Deed::FilteredBefore => self.refuse(to, "400 Bad Request", "", "content_filter"),
            Deed::FilteredWithin => self.whole(to, "200 OK", JSON, completion("", "content_filter").as_bytes()),
            Deed::TokenLimit => {
                self.whole(to, "200 OK", JSON, completion("I would say that the ans", "length").as_bytes())
            }
            Deed::Refusal => {
                let message = json!({"role": "assistant", "content": null, "refusal": format!("I cannot help. {}", self.repeated())});
                let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "stop"}]});
                self.whole(to, "200 OK", JSON, body.to_string().as_bytes())
            }
            Deed::ToolNotOffered => {
                let call = json!({"id": "c", "type": "function", "function": {"name": "look", "arguments": "{}"}});
                let message = json!({"role": "assistant", "content": null, "tool_calls": [call]});
                let body = json!({"choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}]});
                self.whole(to, "200 OK", JSON, body.to_string().as_bytes())
            }
            Deed::EmptyAnswer => self.whole(to, "200 OK", JSON, completion("", "stop").as_bytes()),
            Deed::BadParameter => self.refuse(to, "422 Unprocessable Entity", "", "invalid_request_error"),
            Deed::KeyEchoed => self.refuse(to, "400 Bad Request", "", "invalid_header"),
            Deed::WrongKey => self.refuse(to, "401 Unauthorized", "", "invalid_api_key"),
            Deed::Forbidden => self.refuse(to, "403 Forbidden", "", "forbidden"),
            Deed::UnknownModel => self.refuse(to, "404 Not Found", "", "model_not_found"),
            Deed::QuotaUsedUp => self.refuse(to, "429 Too Many Requests", "", "insufficient_quota"),
            Deed::RedirectHere => self.whole(to, "302 Found", "location: /v1/elsewhere\r\n", b""),
            Deed::RedirectElsewhere => {
                let location = format!("location: {}/chat/completions\r\n", self.elsewhere);
                self.whole(to, "307 Temporary Redirect", &location, b"")
            }
        }
    }

    fn whole(&self, mut to: &TcpStream, status: &str, headers: &str, body: &[u8]) -> io::Result<bool> {
        to.write_all(&http(status, &self.headers(headers), &self.with_escapes(body)))?;
        Ok(true)
    }

    fn refuse(&self, to: &TcpStream, status: &str, headers: &str, code: &str) -> io::Result<bool> {
        self.whole(to, status, &format!("{JSON}{headers}"), self.error(code, code).as_bytes())
    }

    fn error(&self, kind: &str, code: &str) -> String {
        error(&format!("no: {code} {}", self.repeated()), kind, code)
    }

    fn said(&self) -> String {
        format!("Answer: {}{}", label(self.case), self.repeated())
    }

    fn headers(&self, headers: &str) -> String {
        match self.head {
            None => headers.to_owned(),
            // One line, or it would be no header.
            Some(_) => format!("{headers}x-echo: {}\r\n", self.repeated().replace(['\r', '\n'], " ")),
        }
    }

    /// What was sent, in every form in which a server might repeat it.
    fn repeated(&self) -> String {
        self.head.map(|head| format!("\n{}", forms::repeated(head))).unwrap_or_default()
    }

    /// The same body with some of what is repeated written as JSON escapes, which a client undoes when it reads the JSON.
    fn with_escapes(&self, body: &[u8]) -> Vec<u8> {
        let (Some(head), Ok(text)) = (self.head, std::str::from_utf8(body)) else { return body.to_vec() };
        forms::values(head)
            .fold(text.to_owned(), |text, value| {
                text.replacen(&forms::escaped(value).replace('\\', "\\\\"), &forms::escaped(value), 1)
            })
            .into_bytes()
    }

    fn chunked(&self, mut to: &TcpStream, body: &[u8], to_the_end: bool) -> io::Result<bool> {
        to.write_all(
            format!("HTTP/1.1 200 OK\r\n{}transfer-encoding: chunked\r\n\r\n", self.headers(JSON)).as_bytes(),
        )?;
        for chunk in body.chunks(31) {
            to.write_all(&[format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat())?;
        }
        if to_the_end {
            to.write_all(b"0\r\n\r\n")?;
        }
        Ok(to_the_end)
    }

    /// An answer without end, until the client has had enough. It must have, long before this gives up.
    fn huge(&self, mut to: &TcpStream) -> io::Result<bool> {
        let head = format!("HTTP/1.1 200 OK\r\n{}transfer-encoding: chunked\r\n\r\n", self.headers(JSON));
        to.write_all(head.as_bytes())?;
        let block = [b"100000\r\n".as_slice(), &vec![b' '; 1 << 20], b"\r\n"].concat();
        for _ in 0..bedside_core::limits::REPLY_BYTES >> 20 {
            to.write_all(&block)?;
        }
        for _ in 0..64 {
            to.write_all(&block)?;
        }
        Ok(false)
    }
}

/// Waits until the client has gone.
fn gone(stream: &TcpStream) {
    let mut byte = [0];
    let _ = stream.peek(&mut byte);
}
