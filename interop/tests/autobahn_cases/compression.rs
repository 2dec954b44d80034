//! 12 and 13: permessage-deflate, with data of five kinds and with seven sets of parameters.

use anyhow::ensure;
use fastrand::Rng;
use interop::driver_name;
use interop::probe::{Probe, Received};
use interop::report::Suite;
use interop::settings::{agreed, bits, offer};
use server::Driver;
use wire::MessageKind;
use wire::deflate::{Offer, Params};

use super::LazyServers;

/// Lengths of messages and of fragments; 0: one frame.
const SIZES: [(usize, usize); 18] = [
    (16, 0),
    (64, 0),
    (256, 0),
    (1024, 0),
    (4096, 0),
    (8192, 0),
    (16_384, 0),
    (32_768, 0),
    (65_536, 0),
    (131_072, 0),
    (8192, 256),
    (16_384, 256),
    (32_768, 256),
    (65_536, 256),
    (131_072, 256),
    (131_072, 1024),
    (131_072, 4096),
    (131_072, 32_768),
];

/// Bytes per case, over all its messages. The suite sends a thousand of each.
const BYTES: usize = 1 << 20;

pub(crate) fn add(suite: &mut Suite, driver: Driver, servers: &LazyServers) {
    for (group, (kind, data)) in (1..).zip(data()) {
        for (number, (len, fragment)) in (1..).zip(SIZES) {
            let data = data.clone();
            let servers = servers.clone();
            suite.test(format!("{}::12.{group}.{number}", driver_name(driver)), move || {
                let address = servers.get(driver)?.usual.address;
                let mut probe = Probe::connect(address, "/ws", &[offer()])?;
                converse(&mut probe, agreed(true, true, 15, 15), kind, &data, len, fragment)
            });
        }
    }
    for (group, (offers, params)) in (1..).zip(offers()) {
        for (number, (len, fragment)) in (1..).zip(SIZES) {
            let offers = offers.clone();
            let servers = servers.clone();
            suite.test(format!("{}::13.{group}.{number}", driver_name(driver)), move || {
                let address = servers.get(driver)?.takeover.address;
                let mut probe = Probe::connect(address, "/ws", &offers)?;
                converse(&mut probe, params, MessageKind::Text, &json(), len, fragment)
            });
        }
    }
}

/// What is offered, and what is agreed on where the server leaves the choice to the client.
fn offers() -> Vec<(Vec<Offer>, Option<Params>)> {
    let ask = |alone: bool, window: Option<u8>| Offer {
        server_no_context_takeover: alone,
        server_max_window_bits: window.map(bits),
        ..offer()
    };
    vec![
        (vec![ask(false, None)], agreed(false, false, 15, 15)),
        (vec![ask(true, None)], agreed(true, false, 15, 15)),
        (vec![ask(false, Some(9))], agreed(false, false, 9, 15)),
        (vec![ask(false, Some(15))], agreed(false, false, 15, 15)),
        (vec![ask(true, Some(9))], agreed(true, false, 9, 15)),
        (vec![ask(true, Some(15))], agreed(true, false, 15, 15)),
        (vec![ask(true, Some(9)), ask(true, None), ask(false, None)], agreed(true, false, 9, 15)),
    ]
}

fn converse(
    probe: &mut Probe,
    params: Option<Params>,
    kind: MessageKind,
    data: &[u8],
    len: usize,
    fragment: usize,
) -> anyhow::Result<()> {
    ensure!(probe.params == params, "{:?} agreed, not {params:?}", probe.params);
    let mut source = data.iter().copied().cycle();
    for _ in 0..(BYTES / len).clamp(8, 100) {
        let message: Vec<u8> = source.by_ref().take(len).collect();
        probe.send_deflated(kind, &message, if fragment == 0 { usize::MAX } else { fragment })?;
        probe.expect(&Received::Message(kind, message))?;
    }
    probe.close()
}

/// A large JSON file, a picture, prose, a page, and what is compressed already.
fn data() -> [(MessageKind, Vec<u8>); 5] {
    let mut rng = Rng::with_seed(12);
    let mut grey = 128_i32;
    let picture = (0..256 << 10).map(|_| {
        grey = (grey + rng.i32(-6..=6)).clamp(0, 255);
        grey as u8
    });
    let picture = picture.collect();
    let words =
        ["Habe", "nun", "ach", "Philosophie", "Juristerei", "und", "Medizin", "leider", "auch", "Theologie"];
    let prose = std::iter::repeat_with(|| words[rng.usize(..words.len())].bytes().chain([b' ']));
    let prose = prose.take(40_000).flatten().collect();
    let page =
        (0..6000).flat_map(|row| format!("<tr class=\"r{}\"><td>{row}</td></tr>\n", row % 7).into_bytes());
    let page = page.collect();
    let mut dense = vec![0; 256 << 10];
    Rng::with_seed(13).fill(&mut dense);
    [
        (MessageKind::Text, json()),
        (MessageKind::Binary, picture),
        (MessageKind::Binary, prose),
        (MessageKind::Text, page),
        (MessageKind::Binary, dense),
    ]
}

fn json() -> Vec<u8> {
    let mut rng = Rng::with_seed(11);
    let entry = |id| {
        format!("{{\"id\":{id},\"name\":\"entry {}\",\"value\":{:.3}}},", rng.u32(..1000), rng.f64() * 100.0)
            .into_bytes()
    };
    (0..5000).flat_map(entry).collect()
}
