//! A network of processes, one of its heavy nodes behind a bad way: the result is exact.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

#[path = "../../formix-transport/tests/common/proxy.rs"]
mod proxy;
mod support;

use std::sync::atomic::Ordering;
use std::time::Duration;

use formix_node::config::Network;

use proxy::{Proxy, Weather};
use support::{Answer, Up};

const STORM: Weather =
    Weather { loss: 10, twice: 10, late: 20, max_delay: Duration::from_millis(20) };
const ANSWERS: [Answer<'_>; 5] = [
    Answer::Gated,
    Answer::Fixed("11"),
    Answer::Fixed("20"),
    Answer::Fixed("72"),
    Answer::Fixed("0.25"),
];

/// Makes everybody reach a heavy node of a network by way of a proxy, from its next start on.
async fn behind_a_proxy(network: &Up, heavy: &str) -> Proxy {
    let file = network.home().network_file();
    let mut enrolled = Network::load(&file).unwrap();
    let member = enrolled.nodes.iter_mut().find(|member| member.name == heavy).unwrap();
    let proxy = Proxy::start(member.address.unwrap(), STORM, 1).await;
    member.address = Some(proxy.address());
    enrolled.save(&file).unwrap();
    proxy
}

/// L2: the last answer comes while nothing passes at all, and is counted like the others.
#[test]
fn a_heavy_behind_a_bad_way_counts_everybody() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let network = Up::start(&ANSWERS);
    network.kill_everything();
    let proxy = runtime.block_on(behind_a_proxy(&network, "heavy-2"));
    network.up();
    let id = network.propose();
    for heavy in support::COMMITTEE {
        network.holds(heavy, &id, 4);
    }
    let last = network.gate("light-1").asked();
    proxy.cut(true);
    last.answer("1.5");
    for heavy in ["heavy-1", "heavy-3"] {
        network.holds(heavy, &id, 5);
    }
    proxy.cut(false);
    network.completes(&id, "104.75", 5);
    let toll = proxy.toll();
    for count in [&toll.lost, &toll.repeated, &toll.delayed, &toll.cut] {
        assert!(count.load(Ordering::Relaxed) > 0, "{toll:?}");
    }
}
