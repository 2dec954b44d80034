//! Messages that one connection of a reactor reads and the one beside it sends, without a copy where it can.

use std::collections::VecDeque;
use std::io::{Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use socket::wire::{Lent, Message, MessageKind, NotSent, OpCode, Outgoing, Role};
use socket::{Arrival, Endpoint, Mailbox, Reactor};
use socket2::SockRef;

use super::{KEY, PATIENCE, RawFrame};

/// One of two connections that pass on what each other's peer says.
struct Neighbour {
    side: usize,
    between: Arc<Between>,
}

#[derive(Default)]
struct Between {
    lanes: Mutex<[Lane; 2]>,
    /// Messages that were sent from where they were lent.
    lent: AtomicUsize,
}

#[derive(Default)]
struct Lane {
    mailbox: Option<Mailbox>,
    items: VecDeque<Item>,
}

enum Item {
    Lent(Lent),
    Kept(MessageKind, Vec<u8>),
}

impl Neighbour {
    fn send(&self, out: &mut Outgoing<'_>) {
        let items = &mut self.between.lanes.lock().unwrap()[self.side].items;
        while let Some(item) = items.front() {
            let sent = match item {
                Item::Lent(lent) => out.send_lent(lent),
                Item::Kept(kind, payload) => out.send(*kind, payload),
            };
            if sent == Err(NotSent::QueueFull) {
                break;
            }
            sent.unwrap();
            if let Some(Item::Lent(_)) = items.pop_front() {
                self.between.lent.fetch_add(1, Ordering::Relaxed);
            }
        }
        for item in items {
            if let Item::Lent(lent) = item {
                *item = Item::Kept(lent.kind(), out.lent_payload(lent).unwrap().to_vec());
            }
        }
    }
}

impl Endpoint for Neighbour {
    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.between.lanes.lock().unwrap()[self.side].mailbox = Some(mailbox());
        out.keep_in_place(true);
        self.send(out);
    }

    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        let lanes = &mut *self.between.lanes.lock().unwrap();
        let [own, other] = [self.side, 1 - self.side].map(|side| lanes[side].mailbox.clone());
        let place = other.as_ref().and_then(|other| own.unwrap().place_beside(other));
        let lent = place.and_then(|place| out.lend(&message, place));
        lanes[1 - self.side].items.push_back(match lent {
            Some(lent) => Item::Lent(lent),
            None => {
                other.iter().for_each(Mailbox::wake);
                Item::Kept(message.kind, message.payload.to_vec())
            }
        });
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.send(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.send(out);
    }
}

/// Two neighbours on one reactor, or on two, and their peers.
fn neighbours(roles: [Role; 2], apart: bool, test: impl FnOnce(&mut [TcpStream; 2], &Between)) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let runs = [Reactor::new().unwrap(), Reactor::new().unwrap()];
    let reactors = runs.map(|(reactor, run)| (reactor, std::thread::spawn(move || run.run().unwrap())));
    let between = Arc::<Between>::default();
    let mut peers = [0, 1].map(|side| {
        let peer = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        peer.set_read_timeout(Some(PATIENCE)).unwrap();
        SockRef::from(&peer).set_recv_buffer_size(64 << 10).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        SockRef::from(&stream).set_send_buffer_size(64 << 10).unwrap();
        let reactor = &reactors[if apart { side } else { 0 }].0;
        let (early, settings) = (bytes::Bytes::new(), Arc::default());
        let endpoint = Neighbour { side, between: Arc::clone(&between) };
        reactor.add(Arrival { stream, role: roles[side], early, compression: None, settings, endpoint });
        reactor.wake();
        peer
    });
    test(&mut peers, &between);
    drop(peers);
    for (reactor, thread) in reactors {
        reactor.end();
        thread.join().unwrap();
    }
}

/// A message as the peer of such an end says it.
fn said(role: Role, payload: &[u8]) -> Vec<u8> {
    let frame = RawFrame::new(OpCode::Binary, payload);
    if role == Role::Server { frame.masked(KEY).to_bytes() } else { frame.to_bytes() }
}

fn message(len: usize) -> Vec<u8> {
    (0..len).map(|at| (at * 31 + len) as u8).collect()
}

/// Reads messages of these lengths as such an end says them.
fn hear(peer: &mut TcpStream, role: Role, lens: &[usize]) {
    for &len in lens {
        let form = match len {
            0..=125 => 2,
            126..=0xffff => 4,
            _ => 10,
        };
        let mut frame = vec![0; form + if role == Role::Client { 4 } else { 0 } + len];
        peer.read_exact(&mut frame).unwrap();
        let expected = RawFrame::new(OpCode::Binary, message(len));
        let key = frame.get(form..form + 4).and_then(|key| key.try_into().ok());
        let expected = match key {
            Some(key) if role == Role::Client => expected.masked(key),
            _ => expected,
        };
        assert_eq!(frame, expected.to_bytes(), "{len} bytes");
    }
}

#[test]
fn a_message_of_any_length_is_passed_on_in_order() {
    // All but one fit what is read at once.
    let lens = [0, 1, 125, 126, 3000, 0xffff, 0x10000, 530_000, 5, 9];
    for (roles, apart) in [
        ([Role::Server, Role::Client], false),
        ([Role::Server, Role::Server], false),
        ([Role::Server, Role::Client], true),
    ] {
        neighbours(roles, apart, |peers, between| {
            // One by one, which is surely read as a whole, and all at once.
            for lens in lens.iter().map(std::slice::from_ref).chain([&lens[..]]) {
                for from in [0, 1] {
                    let bytes: Vec<_> =
                        lens.iter().flat_map(|len| said(roles[from], &message(*len))).collect();
                    let mut speaker = peers[from].try_clone().unwrap();
                    let spoken = std::thread::spawn(move || speaker.write_all(&bytes).unwrap());
                    hear(&mut peers[1 - from], roles[1 - from], lens);
                    spoken.join().unwrap();
                }
            }
            assert_eq!(between.lent.load(Ordering::Relaxed) > 0, !apart, "lent on one thread only");
        });
    }
}

#[test]
fn what_is_lent_to_one_that_can_t_send_it_is_kept() {
    let roles = [Role::Server, Role::Client];
    neighbours(roles, false, |peers, between| {
        let lens: Vec<_> = (0..60).map(|number| number % 7 * 10_000 + number).collect();
        let bytes: Vec<_> = lens.iter().flat_map(|len| said(roles[0], &message(*len))).collect();
        // More than the sockets hold, before anybody reads.
        peers[0].write_all(&bytes).unwrap();
        hear(&mut peers[1], roles[1], &lens);
        assert!(between.lent.load(Ordering::Relaxed) > 0);
    });
}
