//! A TCP proxy for faults: it holds back, delays, cuts and refuses, from the moment that a test says so.
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

/// No wait for a condition is longer.
const PATIENCE: Duration = Duration::from_secs(20);

/// What happens to bytes of one direction.
#[derive(Debug, Clone, Copy, Default)]
struct Way {
    /// They wait in the proxy. Those that came stay there even if their sender has left.
    held: bool,
    /// A piece that has these bytes waits there, and what its sender sends after it.
    held_from: Option<&'static [u8]>,
    /// How long each piece stays.
    delay: Duration,
    /// The most bytes of a piece; 0: as many as came.
    largest: usize,
    /// The connections that were made under another number are closed in this direction alone.
    closed: u32,
}

impl Way {
    fn holds(&self, piece: &[u8]) -> bool {
        let has = |words: &[u8]| piece.windows(words.len()).any(|part| part == words);
        self.held || self.held_from.is_some_and(has)
    }

    fn release(&mut self) {
        self.held = false;
        self.held_from = None;
    }
}

#[derive(Debug, Clone, Default)]
struct Rules {
    to_server: Way,
    to_client: Way,
    /// New connections are closed at once.
    refusing: bool,
    /// Connections made under another number are closed.
    cuts: u32,
}

/// What the proxy has seen.
#[derive(Debug, Clone, Copy, Default)]
struct Seen {
    /// Connections accepted.
    connections: u32,
    /// Pieces that a held way keeps back now.
    waiting: u32,
}

/// A proxy before one server; it ends with the test's runtime.
pub struct Proxy {
    address: SocketAddr,
    rules: watch::Sender<Rules>,
    seen: watch::Sender<Seen>,
}

impl Proxy {
    /// A proxy that passes everything on to `server`.
    pub async fn before(server: &(String, u16)) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let rules = watch::Sender::new(Rules::default());
        let seen = watch::Sender::new(Seen::default());
        spawn(serve(listener, server.clone(), rules.clone(), seen.clone()));
        Self { address, rules, seen }
    }

    /// Where clients connect.
    pub fn address(&self) -> (String, u16) {
        (self.address.ip().to_string(), self.address.port())
    }

    /// From now on what clients send is kept back, until [`Proxy::release`]: a COMMIT that is delivered late.
    pub fn hold_requests(&self) {
        self.rules.send_modify(|rules| rules.to_server.held = true);
    }

    /// From now on a piece with these bytes is kept back, and what its connection sends after it.
    pub fn hold_requests_from(&self, words: &'static [u8]) {
        self.rules.send_modify(|rules| rules.to_server.held_from = Some(words));
    }

    /// From now on what the server answers is kept back: it is done, and nobody hears of it.
    pub fn hold_answers(&self) {
        self.rules.send_modify(|rules| rules.to_client.held = true);
    }

    /// Delivers what was kept back, also what a client sent that has left since.
    pub fn release(&self) {
        self.rules.send_modify(|rules| {
            rules.to_server.release();
            rules.to_client.release();
        });
    }

    /// Delivers what clients sent; what is kept back of the server's answers stays.
    pub fn release_requests(&self) {
        self.rules.send_modify(|rules| rules.to_server.release());
    }

    /// From now on each piece takes this long, in each direction.
    pub fn delay(&self, delay: Duration) {
        self.rules.send_modify(|rules| {
            rules.to_server.delay = delay;
            rules.to_client.delay = delay;
        });
    }

    /// From now on a piece has at most so many bytes, in each direction; with a delay it is a slow line. 0 is as they come.
    pub fn pieces_of(&self, largest: usize) {
        self.rules.send_modify(|rules| {
            rules.to_server.largest = largest;
            rules.to_client.largest = largest;
        });
    }

    /// Closes every open connection in one direction: clients hear no more, and what they send still arrives.
    pub fn close_answers(&self) {
        self.rules.send_modify(|rules| rules.to_client.closed += 1);
    }

    /// Closes every open connection, on both sides.
    pub fn cut(&self) {
        self.rules.send_modify(|rules| rules.cuts += 1);
    }

    /// From now on new connections are closed at once; open ones are not touched.
    pub fn refuse(&self) {
        self.rules.send_modify(|rules| rules.refusing = true);
    }

    /// Takes new connections again.
    pub fn accept(&self) {
        self.rules.send_modify(|rules| rules.refusing = false);
    }

    /// Connections that clients have made so far.
    pub fn connections(&self) -> u32 {
        self.seen.borrow().connections
    }

    /// Waits until a held way keeps something back.
    pub async fn something_waits(&self) {
        let mut seen = self.seen.subscribe();
        let waits = seen.wait_for(|seen| seen.waiting > 0);
        timeout(PATIENCE, waits)
            .await
            .expect("nothing came to the proxy")
            .unwrap();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "the proxy stands for other machines, not for a part of the till"
)]
fn spawn(work: impl Future<Output = ()> + Send + 'static) {
    tokio::spawn(work);
}

async fn serve(listener: TcpListener, server: (String, u16), rules: watch::Sender<Rules>, seen: watch::Sender<Seen>) {
    while let Ok((client, _)) = listener.accept().await {
        seen.send_modify(|seen| seen.connections += 1);
        if rules.borrow().refusing {
            continue;
        }
        let server = server.clone();
        let (rules, seen) = (rules.subscribe(), seen.clone());
        spawn(async move {
            if let Ok(server) = TcpStream::connect(server).await {
                pass(client, server, rules, seen).await;
            }
        });
    }
}

/// Passes bytes both ways until both have ended, or the connection is cut.
async fn pass(client: TcpStream, server: TcpStream, rules: watch::Receiver<Rules>, seen: watch::Sender<Seen>) {
    let made_under = rules.borrow().cuts;
    let mut cut = rules.clone();
    let seen = Arc::new(seen);
    let _ = client.set_nodelay(true);
    let _ = server.set_nodelay(true);
    let (from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let requests = pump(
        from_client,
        to_server,
        rules.clone(),
        |rules| rules.to_server,
        Arc::clone(&seen),
    );
    let answers = pump(from_server, to_client, rules, |rules| rules.to_client, seen);
    tokio::select! {
        _ = async { tokio::join!(requests, answers) } => {}
        _ = cut.wait_for(|rules| rules.cuts != made_under) => {}
    }
}

async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut rules: watch::Receiver<Rules>,
    way: fn(&Rules) -> Way,
    seen: Arc<watch::Sender<Seen>>,
) {
    let mut piece = vec![0; 64 * 1024];
    let made_under = way(&rules.borrow()).closed;
    let mut closing = rules.clone();
    loop {
        let largest = match way(&rules.borrow()).largest {
            0 => piece.len(),
            largest => largest.min(piece.len()),
        };
        let read = async { from.read(&mut piece[..largest]).await.unwrap_or(0) };
        let length = tokio::select! {
            length = read => length,
            _ = closing.wait_for(|rules| way(rules).closed != made_under) => 0,
        };
        if length == 0 {
            // The other side learns that this one has left; its own answers still pass.
            let _ = to.shutdown().await;
            return;
        }
        let now = way(&rules.borrow());
        if now.holds(&piece[..length]) {
            seen.send_modify(|seen| seen.waiting += 1);
            let released = rules
                .wait_for(|rules| !way(rules).holds(&piece[..length]))
                .await
                .is_ok();
            seen.send_modify(|seen| seen.waiting -= 1);
            if !released {
                return;
            }
        }
        sleep(now.delay).await;
        if to.write_all(&piece[..length]).await.is_err() {
            return;
        }
    }
}
