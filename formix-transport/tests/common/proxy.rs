//! A bad link to a node: a UDP proxy on loopback that drops, repeats, delays and reorders datagrams, or
//! cuts the link. What it does depends only on a seed.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use formix_sim::random::Stream;
use tokio::net::UdpSocket;
use tokio::task::AbortHandle;

/// How datagrams are treated, in percent of them.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Weather {
    /// These are dropped.
    pub(crate) loss: u64,
    /// These arrive twice.
    pub(crate) twice: u64,
    /// These arrive late, so that others overtake them.
    pub(crate) late: u64,
    /// The maximum delay of a late datagram.
    pub(crate) max_delay: Duration,
}

/// How datagrams were treated so far.
#[derive(Debug, Default)]
pub(crate) struct Toll {
    pub(crate) lost: AtomicU64,
    pub(crate) repeated: AtomicU64,
    pub(crate) delayed: AtomicU64,
    pub(crate) cut: AtomicU64,
}

/// A datagram on its way to the node, as whoever watches the wire sees it.
#[derive(Debug, Clone, Copy)]
#[allow(dead_code, reason = "every test uses its own part of this")]
pub(crate) struct Seen {
    pub(crate) at: Instant,
    pub(crate) sender: SocketAddr,
    pub(crate) length: usize,
}

/// Stands in front of one node until it is dropped.
pub(crate) struct Proxy {
    way: Arc<Way>,
    address: SocketAddr,
    task: AbortHandle,
}

/// Both directions.
struct Way {
    weather: Weather,
    draw: Mutex<Stream>,
    is_cut: AtomicBool,
    toll: Toll,
    seen: Mutex<Vec<Seen>>,
}

#[allow(dead_code, reason = "every test uses its own part of this")]
impl Proxy {
    /// Stands in front of the node at `node`.
    pub(crate) async fn start(node: SocketAddr, weather: Weather, seed: u64) -> Self {
        let front = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
        let address = front.local_addr().unwrap();
        let draw = Mutex::new(Stream::new(seed, "weather"));
        let (is_cut, toll) = (AtomicBool::new(false), Toll::default());
        let way = Arc::new(Way { weather, draw, is_cut, toll, seen: Mutex::default() });
        let task = tokio::spawn(inward(front, node, way.clone())).abort_handle();
        Self { way, address, task }
    }

    /// Where to reach the node.
    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }

    /// Cuts the link, or restores it.
    pub(crate) fn cut(&self, is_cut: bool) {
        self.way.is_cut.store(is_cut, Ordering::Relaxed);
    }

    /// What was on its way to the node since it was looked at last.
    pub(crate) fn seen(&self) -> Vec<Seen> {
        std::mem::take(&mut *self.way.seen.lock().unwrap())
    }

    /// How datagrams were treated so far.
    pub(crate) fn toll(&self) -> &Toll {
        &self.way.toll
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Way {
    /// The delays of the copies of a datagram: none, one or two.
    fn fates(&self) -> Vec<Duration> {
        let mut draw = self.draw.lock().unwrap();
        let mut happens = |percent, count: &AtomicU64| {
            let happens = draw.chance(percent);
            count.fetch_add(u64::from(happens), Ordering::Relaxed);
            happens
        };
        if self.is_cut.load(Ordering::Relaxed) {
            self.toll.cut.fetch_add(1, Ordering::Relaxed);
            return Vec::new();
        }
        if happens(self.weather.loss, &self.toll.lost) {
            return Vec::new();
        }
        let copies = if happens(self.weather.twice, &self.toll.repeated) { 2 } else { 1 };
        let late: Vec<_> =
            (0..copies).map(|_| happens(self.weather.late, &self.toll.delayed)).collect();
        let max = self.weather.max_delay.as_micros().try_into().unwrap();
        let delay = |late| if late { 1 + draw.below(max) } else { 0 };
        late.into_iter().map(delay).map(Duration::from_micros).collect()
    }

    /// Forwards a datagram, with the copies and delays that the weather gives it. `to` is `None` for the connected peer.
    async fn pass(&self, bytes: &[u8], from: &Arc<UdpSocket>, to: Option<SocketAddr>) {
        for delay in self.fates() {
            let (from, bytes) = (from.clone(), bytes.to_vec());
            let go = async move {
                // Fails if the node is gone, which the tests notice elsewhere.
                let _ = match to {
                    Some(to) => from.send_to(&bytes, to).await,
                    None => from.send(&bytes).await,
                };
            };
            if delay.is_zero() {
                go.await;
            } else {
                tokio::spawn(async move {
                    tokio::time::sleep(delay).await;
                    go.await;
                });
            }
        }
    }
}

/// Datagrams for the node; each sender gets a socket of its own towards it.
async fn inward(front: Arc<UdpSocket>, node: SocketAddr, way: Arc<Way>) {
    let (mut backs, mut bytes) = (HashMap::new(), vec![0; 1 << 16]);
    let mut tasks = tokio::task::JoinSet::new();
    loop {
        let Ok((length, sender)) = front.recv_from(&mut bytes).await else { continue };
        way.seen.lock().unwrap().push(Seen { at: Instant::now(), sender, length });
        let back = match backs.entry(sender) {
            Entry::Occupied(back) => back.into_mut(),
            Entry::Vacant(place) => {
                let back = Arc::new(UdpSocket::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap());
                back.connect(node).await.unwrap();
                tasks.spawn(outward(back.clone(), front.clone(), sender, way.clone()));
                place.insert(back)
            }
        };
        way.pass(&bytes[..length], back, None).await;
    }
}

/// Datagrams of the node for one sender.
async fn outward(back: Arc<UdpSocket>, front: Arc<UdpSocket>, sender: SocketAddr, way: Arc<Way>) {
    let mut bytes = vec![0; 1 << 16];
    loop {
        let Ok(length) = back.recv(&mut bytes).await else { continue };
        way.pass(&bytes[..length], &front, Some(sender)).await;
    }
}
