//! One request off a socket: first looked at, then taken, so that a connection can be reset with the request still unread.

use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::io::Read as _;
use std::net::TcpStream;
use std::time::Duration;

/// Requests of these tests are under 2 KiB.
const LARGEST: usize = 64 << 10;

/// A connection from a client.
pub struct Incoming {
    stream: TcpStream,
}

/// A request that has arrived whole and still lies in the socket.
pub struct Seen {
    /// Number of the item, from `Case 17: …` in the prompt.
    pub case: u64,
    /// Tells bodies apart.
    pub digest: u64,
    /// The head as sent, keys included.
    pub head: String,
    /// Bytes of head and body.
    pub length: usize,
}

/// How much of a request is taken from the socket. Closing with bytes unread makes the kernel send a reset.
#[derive(Clone, Copy)]
pub enum Want {
    All,
    AllButTheLastByte,
    Nothing,
}

impl Incoming {
    pub const fn new(stream: TcpStream) -> Self {
        Self { stream }
    }

    pub const fn stream(&self) -> &TcpStream {
        &self.stream
    }

    /// Waits for a whole request. `None` when the client has gone.
    pub fn look(&self) -> Option<Seen> {
        let mut buffer = vec![0; LARGEST];
        loop {
            let arrived = self.stream.peek(&mut buffer).ok().filter(|arrived| *arrived > 0)?;
            if let Some(seen) = whole(&buffer[..arrived]) {
                return Some(seen);
            }
            assert!(arrived < LARGEST, "a request of these tests fits");
            // Peeking again would give the same bytes at once; the rest is on its way.
            std::thread::sleep(Duration::from_millis(1));
        }
    }

    /// Takes a request from the socket. False when the client has gone.
    pub fn take(&mut self, want: Want, seen: &Seen) -> bool {
        let length = match want {
            Want::All => seen.length,
            Want::AllButTheLastByte => seen.length - 1,
            Want::Nothing => 0,
        };
        self.stream.read_exact(&mut vec![0; length]).is_ok()
    }
}

fn whole(bytes: &[u8]) -> Option<Seen> {
    let end = bytes.windows(4).position(|window| window == b"\r\n\r\n")? + 4;
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let announced = head
        .lines()
        .filter_map(|line| line.split_once(':'))
        .find(|(name, _)| name.eq_ignore_ascii_case("content-length"))
        .map_or(0, |(_, value)| value.trim().parse().expect("a length"));
    let body = bytes.get(end..end + announced)?;
    let mut hasher = DefaultHasher::new();
    body.hash(&mut hasher);
    Some(Seen { case: case(body), digest: hasher.finish(), head, length: end + announced })
}

fn case(body: &[u8]) -> u64 {
    let text = String::from_utf8_lossy(body);
    let from = text.find("Case ").expect("the item's number is in the prompt") + "Case ".len();
    let digits: String = text[from..].chars().take_while(char::is_ascii_digit).collect();
    digits.parse().expect("a number")
}
