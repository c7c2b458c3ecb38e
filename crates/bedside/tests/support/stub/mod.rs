//! A chat endpoint on loopback that misbehaves on demand and keeps a ledger of every request.
//!
//! Raw sockets and no framework, because a framework would refuse to break its own rules.

mod act;
mod ledger;
mod misbehaviour;
mod reply;
mod request;

use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};

pub use ledger::{Entry, Ledger};
pub use misbehaviour::{ALL, Deed, Fate, Says};
pub use reply::label;

use act::Hand;
use request::{Incoming, Want};

/// What a request meets, by the number of its item and how often that item was asked before.
pub type Script = Arc<dyn Fn(u64, usize) -> Deed + Send + Sync>;

/// The endpoint. It ends with the test.
pub struct Provider {
    /// For `OPENAI_BASE_URL`.
    pub address: String,
    socket: SocketAddr,
    state: Arc<State>,
}

struct State {
    ledger: Mutex<Ledger>,
    script: Mutex<Script>,
    /// Repeat every header of the request, in several encodings, in everything that is answered.
    echo: bool,
    closed: AtomicBool,
}

impl Provider {
    /// An endpoint that follows a script.
    pub fn start(script: impl Fn(u64, usize) -> Deed + Send + Sync + 'static) -> Self {
        Self::with(Arc::new(script), false)
    }

    /// The same, repeating what it was sent, keys included, in all that it answers.
    pub fn echoing(script: impl Fn(u64, usize) -> Deed + Send + Sync + 'static) -> Self {
        Self::with(Arc::new(script), true)
    }

    fn with(script: Script, echo: bool) -> Self {
        let state = Arc::new(State {
            ledger: Mutex::default(),
            script: Mutex::new(script),
            echo,
            closed: AtomicBool::new(false),
        });
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let socket = listener.local_addr().expect("an address");
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // Dropping the listener is what refuses connections from now on.
                if shared.closed.load(Ordering::SeqCst) {
                    return;
                }
                let state = Arc::clone(&shared);
                std::thread::spawn(move || serve(stream, &state));
            }
        });
        Self { address: format!("http://{socket}/v1"), socket, state }
    }

    /// Refuses every connection from now on.
    pub fn close(&self) {
        self.state.closed.store(true, Ordering::SeqCst);
        // Wakes the listener, which then ends; a second try that is refused says that it has.
        while TcpStream::connect(self.socket).is_ok() {
            std::thread::yield_now();
        }
    }

    /// Follows another script from now on.
    pub fn follow(&self, script: impl Fn(u64, usize) -> Deed + Send + Sync + 'static) {
        *self.state.script.lock().expect("the script") = Arc::new(script);
    }

    /// Every request so far, in order of arrival.
    pub fn ledger(&self) -> MutexGuard<'_, Ledger> {
        self.state.ledger.lock().expect("the ledger")
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        self.close();
    }
}

/// Whether any redirect to another host was ever followed.
pub fn a_redirect_was_followed() -> bool {
    FOLLOWED.load(Ordering::SeqCst)
}

static FOLLOWED: AtomicBool = AtomicBool::new(false);
static ELSEWHERE: OnceLock<String> = OnceLock::new();

/// Another host by its name, where redirects point. It only notices whether anybody comes.
fn elsewhere() -> &'static str {
    ELSEWHERE.get_or_init(|| {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let port = listener.local_addr().expect("an address").port();
        std::thread::spawn(move || {
            for _ in listener.incoming() {
                FOLLOWED.store(true, Ordering::SeqCst);
            }
        });
        format!("http://localhost:{port}/v1")
    })
}

fn serve(stream: TcpStream, state: &State) {
    let _ = stream.set_nodelay(true);
    let mut incoming = Incoming::new(stream);
    // Looked at before it is taken from the socket, because some misbehaviours never take it.
    while let Some(seen) = incoming.look() {
        let (deed, number) = {
            let mut ledger = state.ledger.lock().expect("the ledger");
            let asked = ledger.asked(seen.case);
            let script = Arc::clone(&state.script.lock().expect("the script"));
            let deed = script(seen.case, asked);
            (deed, ledger.enter(seen.case, deed, seen.digest))
        };
        let want = match deed {
            Deed::ResetUnread => Want::Nothing,
            Deed::ResetRead => Want::AllButTheLastByte,
            _ => Want::All,
        };
        if !incoming.take(want, &seen) {
            return;
        }
        let hand = Hand { case: seen.case, head: state.echo.then_some(seen.head.as_str()), elsewhere: elsewhere() };
        if !hand.act(deed, incoming.stream()) {
            return;
        }
        state.ledger.lock().expect("the ledger").done(number);
    }
}
