//! What every driver does, over TCP: each test runs with each of them.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "helpers of tests fail like tests")]

#[path = "drivers/lending.rs"]
mod lending;

use std::io::{ErrorKind, Read as _, Write as _};
use std::net::{Ipv4Addr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use socket::wire::frame::Header;
use socket::wire::raw::RawFrame;
use socket::wire::{
    Abort, CloseCode, ConnectionSettings, Counts, End, Message, MessageKind, OpCode, Outgoing, Role, Summary,
    Time,
};
use socket::{Arrival, Control, Endpoint, Group, Key, Mailbox, Reactor, Socket};

const KEY: [u8; 4] = [0x37, 0xfa, 0x21, 0x3d];
/// Anything takes at most so long.
const PATIENCE: Duration = Duration::from_secs(20);

type Boxed = Box<dyn Endpoint + Send>;

/// An endpoint that reports its end.
struct Reporting {
    endpoint: Boxed,
    report: mpsc::Sender<(End, Counts, usize)>,
}

/// One connection on one driver, and the far end of it.
struct Case {
    client: TcpStream,
    ended: mpsc::Receiver<(End, Counts, usize)>,
    stop: Option<Box<dyn FnOnce()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Clone, Copy, Debug)]
enum Driver {
    Reactor,
    Tokio,
}

/// Runs `test` with a connection of each driver that has such an endpoint.
fn with_each(endpoint: impl Fn() -> Boxed, test: impl Fn(&mut Case)) {
    for driver in [Driver::Reactor, Driver::Tokio] {
        test(&mut Case::start(driver, endpoint()));
    }
}

impl Case {
    fn start(driver: Driver, endpoint: Boxed) -> Case {
        Case::start_with(driver, endpoint, ConnectionSettings::default())
    }

    fn start_with(driver: Driver, endpoint: Boxed, settings: ConnectionSettings) -> Case {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
        let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
        client.set_read_timeout(Some(PATIENCE)).unwrap();
        client.set_write_timeout(Some(PATIENCE)).unwrap();
        client.set_nodelay(true).unwrap();
        let (stream, _) = listener.accept().unwrap();
        stream.set_nonblocking(true).unwrap();
        let (report, ended) = mpsc::channel();
        let endpoint = Reporting { endpoint, report };
        let settings = Arc::new(settings);
        // What came with the handshake.
        let early = frame(OpCode::Ping, b"early");
        let (stop, thread): (Box<dyn FnOnce()>, _) = match driver {
            Driver::Reactor => {
                let (reactor, run) = Reactor::new().unwrap();
                let thread = std::thread::spawn(move || run.run().unwrap());
                let early = early.into();
                let (role, compression) = (Role::Server, None);
                reactor.add(Arrival { stream, role, early, compression, settings, endpoint });
                reactor.wake();
                (Box::new(move || reactor.end()), thread)
            }
            Driver::Tokio => {
                let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
                let thread = std::thread::spawn(move || {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    runtime.block_on(async {
                        let stream = tokio::net::TcpStream::from_std(stream).unwrap();
                        let socket = Socket::new(stream, &early, Role::Server, None, settings, endpoint)
                            .with_reset(|stream| stream.set_zero_linger().unwrap());
                        tokio::select! {
                            _ = socket => {}
                            _ = stopped => {}
                        }
                    });
                });
                (Box::new(move || _ = stop.send(())), thread)
            }
        };
        let mut case = Case { client, ended, stop: Some(stop), thread: Some(thread) };
        assert_eq!(case.frame(), (OpCode::Pong as u8, b"early".to_vec()));
        case
    }

    fn send(&mut self, bytes: &[u8]) {
        self.client.write_all(bytes).unwrap();
    }

    fn frame(&mut self) -> (u8, Vec<u8>) {
        read_frame(&mut self.client)
    }

    fn expect_message(&mut self, payload: &[u8]) {
        let (opcode, got) = self.frame();
        assert_eq!((opcode, got.len()), (OpCode::Binary as u8, payload.len()));
        assert!(got == payload);
    }

    fn ended(&self) -> (End, Counts, usize) {
        self.ended.recv_timeout(PATIENCE).expect("it has ended and was told so")
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop();
        }
        let ended = self.thread.take().map(JoinHandle::join);
        assert!(std::thread::panicking() || ended.is_some_and(|ended| ended.is_ok()));
    }
}

impl Endpoint for Reporting {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        self.endpoint.message(message, out);
    }

    fn control(&mut self, control: Control<'_>, out: &mut Outgoing<'_>) {
        self.endpoint.control(control, out);
    }

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, out: &mut Outgoing<'_>) {
        self.endpoint.opened(mailbox, out);
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.woken(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.drained(out);
    }

    fn deadline(&self) -> Option<Time> {
        self.endpoint.deadline()
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.endpoint.timeout(out);
    }

    fn ready(&self) -> bool {
        self.endpoint.ready()
    }

    fn closed(&mut self, summary: &Summary) {
        // Nobody may be interested.
        let _ = self.report.send((summary.end, summary.counts, summary.unsent));
    }
}

fn read_frame(client: &mut TcpStream) -> (u8, Vec<u8>) {
    let mut head = vec![0; 2];
    client.read_exact(&mut head).unwrap();
    let (header, _) = loop {
        match Header::read(&head) {
            Ok(read) => break read,
            Err(len) => {
                let have = head.len();
                head.resize(len, 0);
                client.read_exact(&mut head[have..]).unwrap();
            }
        }
    };
    let mut payload = vec![0; usize::try_from(header.len).unwrap()];
    client.read_exact(&mut payload).unwrap();
    (header.opcode, payload)
}

/// Hands a new connection to the reactor, which is still to be woken for it; gives the far end.
fn arrive<E: Endpoint + Send + 'static>(
    reactor: &Reactor<E>,
    listener: &TcpListener,
    endpoint: E,
) -> TcpStream {
    let client = TcpStream::connect(listener.local_addr().unwrap()).unwrap();
    client.set_read_timeout(Some(PATIENCE)).unwrap();
    let (stream, _) = listener.accept().unwrap();
    stream.set_nonblocking(true).unwrap();
    let (early, settings) = (bytes::Bytes::new(), Arc::default());
    reactor.add(Arrival { stream, role: Role::Server, early, compression: None, settings, endpoint });
    client
}

fn frame(opcode: OpCode, payload: &[u8]) -> Vec<u8> {
    RawFrame::new(opcode, payload).masked(KEY).to_bytes()
}

struct Echo;

impl Endpoint for Echo {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        out.echo(&message).expect("room for an echo");
    }
}

#[test]
fn messages_of_every_length_come_back_and_a_close_is_answered() {
    with_each(
        || Box::new(Echo),
        |case| {
            for len in [0, 1, 125, 126, 65_535, 65_536, 300_000, 3 << 20] {
                let payload: Vec<u8> = (0..len).map(|at| (at * 7) as u8).collect();
                // A message may be larger than what the system holds in both directions.
                let (bytes, mut writer) = (frame(OpCode::Binary, &payload), case.client.try_clone().unwrap());
                let writing = std::thread::spawn(move || writer.write_all(&bytes).unwrap());
                case.expect_message(&payload);
                writing.join().unwrap();
            }
            case.send(&frame(OpCode::Close, b"\x03\xe8bye"));
            assert_eq!(case.frame(), (OpCode::Close as u8, b"\x03\xe8bye".to_vec()));
            assert_eq!(case.client.read(&mut [0]).unwrap(), 0);
            case.client.shutdown(std::net::Shutdown::Both).unwrap();
            let (end, counts, unsent) = case.ended();
            assert_eq!((end, counts.messages_in, counts.messages_out, unsent), (End::PeerClosed, 8, 8, 0));
            assert_eq!(counts.payload_in, counts.payload_out);
        },
    );
}

#[test]
fn over_plain_tcp_a_clean_end_waits_for_nobody() {
    let never = Duration::from_secs(24 * 3600);
    let settings = || ConnectionSettings { close_timeout: never, close_limit: never, ..Default::default() };
    // This end's Close is the first, or the second.
    for first in [&b"bye"[..], b""] {
        let endpoint = Box::new(SaysGoodbye);
        let mut case = Case::start_with(Driver::Reactor, endpoint, settings());
        if !first.is_empty() {
            case.send(&frame(OpCode::Text, first));
            assert_eq!(case.frame(), (OpCode::Close as u8, b"\x03\xe8".to_vec()));
        }
        case.send(&frame(OpCode::Close, b"\x03\xe8"));
        let (end, ..) = case.ended();
        assert_eq!(end, if first.is_empty() { End::PeerClosed } else { End::Finished });
        if first.is_empty() {
            assert_eq!(case.frame(), (OpCode::Close as u8, b"\x03\xe8".to_vec()));
        }
        assert_eq!(case.client.read(&mut [0]).unwrap(), 0, "and not a reset");
    }
}

/// Closes when it is spoken to.
struct SaysGoodbye;

impl Endpoint for SaysGoodbye {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        out.close(Some((CloseCode::NORMAL, "")), End::Finished).unwrap();
    }
}

#[test]
fn many_small_messages_come_back_in_order() {
    with_each(
        || Box::new(Echo),
        |case| {
            let batch: Vec<u8> =
                (0..5000_u32).flat_map(|number| frame(OpCode::Binary, &number.to_be_bytes())).collect();
            let mut writer = case.client.try_clone().unwrap();
            let writing = std::thread::spawn(move || writer.write_all(&batch).unwrap());
            for number in 0..5000_u32 {
                case.expect_message(&number.to_be_bytes());
            }
            writing.join().unwrap();
        },
    );
}

#[test]
fn a_peer_that_goes_without_a_word_is_noticed() {
    with_each(
        || Box::new(Echo),
        |case| {
            case.client.shutdown(std::net::Shutdown::Write).unwrap();
            assert_eq!(case.ended().0, End::ReceiveFailed);
        },
    );
}

/// Sends what other threads put into its box.
struct Posted {
    letters: Arc<Mutex<Vec<Vec<u8>>>>,
    give: mpsc::Sender<Mailbox>,
}

impl Endpoint for Posted {
    fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {}

    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
        self.give.send(mailbox()).unwrap();
    }

    fn woken(&mut self, out: &mut Outgoing<'_>) {
        for letter in self.letters.lock().unwrap().drain(..) {
            out.send(MessageKind::Binary, &letter).unwrap();
        }
    }
}

#[test]
fn a_mailbox_wakes_a_connection_from_any_thread() {
    let letters = Arc::new(Mutex::new(Vec::new()));
    let (give, given) = mpsc::channel();
    let endpoint = {
        let letters = Arc::clone(&letters);
        move || Box::new(Posted { letters: Arc::clone(&letters), give: give.clone() }) as Boxed
    };
    with_each(endpoint, |case| {
        let mailbox = given.recv_timeout(PATIENCE).unwrap();
        for number in 0..100_u32 {
            let (letters, mailbox) = (Arc::clone(&letters), mailbox.clone());
            let sender = std::thread::spawn(move || {
                letters.lock().unwrap().push(number.to_be_bytes().to_vec());
                mailbox.wake();
                mailbox.wake();
            });
            case.expect_message(&number.to_be_bytes());
            sender.join().unwrap();
        }
        // Woken after its end, nothing happens.
        case.client.shutdown(std::net::Shutdown::Both).unwrap();
        case.ended();
        mailbox.wake();
    });
}

/// Sends a number each time its deadline comes.
struct Ticking {
    next: Option<Time>,
    count: u8,
}

impl Endpoint for Ticking {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        self.next = Some(out.now() + Duration::from_millis(20));
    }

    fn deadline(&self) -> Option<Time> {
        self.next
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        out.send(MessageKind::Binary, &[self.count]).unwrap();
        self.count += 1;
        self.next = (self.count < 5).then(|| out.now() + Duration::from_millis(20));
    }
}

#[test]
fn an_endpoint_has_a_deadline_of_its_own() {
    with_each(
        || Box::new(Ticking { next: None, count: 0 }),
        |case| {
            case.send(&frame(OpCode::Text, b"go"));
            for count in 0..5 {
                case.expect_message(&[count]);
            }
        },
    );
}

/// Echoes; and behind the first message reads nothing until its deadline.
struct Late {
    due: Option<Time>,
    begun: bool,
    /// How it holds back: by pausing, or by not being ready.
    pauses: bool,
}

impl Endpoint for Late {
    fn message(&mut self, message: Message<'_>, out: &mut Outgoing<'_>) {
        out.send(MessageKind::Binary, message.payload).unwrap();
        if !std::mem::replace(&mut self.begun, true) {
            self.due = Some(out.now() + Duration::from_millis(300));
            out.pause(self.pauses);
        }
    }

    fn deadline(&self) -> Option<Time> {
        self.due
    }

    fn timeout(&mut self, out: &mut Outgoing<'_>) {
        self.due = None;
        out.pause(false);
    }

    fn ready(&self) -> bool {
        self.pauses || self.due.is_none()
    }
}

#[test]
fn what_came_while_nothing_was_read_is_read_once_a_deadline_lets_it() {
    // No other deadline comes to its help.
    let settings = ConnectionSettings { ping_interval: None, ..ConnectionSettings::default() };
    for driver in [Driver::Reactor, Driver::Tokio] {
        for pauses in [true, false] {
            let endpoint = Box::new(Late { due: None, begun: false, pauses });
            let mut case = Case::start_with(driver, endpoint, settings.clone());
            for text in [b"first", b"later"] {
                case.send(&frame(OpCode::Text, text));
                case.expect_message(text);
            }
        }
    }
}

/// Asks to be told of room that it has no need of.
struct Curious {
    asked: bool,
}

impl Endpoint for Curious {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        out.send(MessageKind::Binary, b"first").unwrap();
        out.wait_for_room();
        self.asked = true;
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        if std::mem::take(&mut self.asked) {
            out.send(MessageKind::Binary, b"once it was out").unwrap();
        }
    }
}

#[test]
fn who_waits_for_room_is_told_also_where_all_goes_out_at_once() {
    with_each(
        || Box::new(Curious { asked: false }),
        |case| {
            case.send(&frame(OpCode::Text, b"go"));
            case.expect_message(b"first");
            case.expect_message(b"once it was out");
        },
    );
}

/// Sends more than the queue holds, as it drains.
struct Pouring(u32);

const POURED: u32 = 500;

impl Pouring {
    fn pour(&mut self, out: &mut Outgoing<'_>) {
        while self.0 < POURED && out.send(MessageKind::Binary, &[self.0 as u8; 20_000]).is_ok() {
            self.0 += 1;
        }
    }
}

impl Endpoint for Pouring {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        self.pour(out);
    }

    fn drained(&mut self, out: &mut Outgoing<'_>) {
        self.pour(out);
    }
}

#[test]
fn who_was_refused_for_want_of_room_is_told_when_there_is_room() {
    with_each(
        || Box::new(Pouring(0)),
        |case| {
            case.send(&frame(OpCode::Text, b"go"));
            for number in 0..POURED {
                case.expect_message(&[number as u8; 20_000]);
            }
        },
    );
}

struct Leaving(Abort);

impl Endpoint for Leaving {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        out.abort(self.0, End::Finished, "the test wants it");
    }
}

#[test]
fn a_connection_can_be_cut_in_order_or_with_a_reset() {
    for how in [Abort::Fin, Abort::Reset] {
        with_each(
            || Box::new(Leaving(how)),
            |case| {
                case.send(&frame(OpCode::Text, b"go"));
                assert_eq!(case.ended().0, End::Finished);
                let read = case.client.read(&mut [0]).map_err(|error| error.kind());
                assert_eq!(read, if how == Abort::Fin { Ok(0) } else { Err(ErrorKind::ConnectionReset) });
            },
        );
    }
}

struct Refusing;

impl Endpoint for Refusing {
    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        out.close(Some((CloseCode(4001), "why")), End::Finished).unwrap();
    }
}

#[test]
fn a_close_of_ones_own_waits_for_its_answer() {
    with_each(
        || Box::new(Refusing),
        |case| {
            case.send(&frame(OpCode::Text, b"go"));
            assert_eq!(case.frame(), (OpCode::Close as u8, b"\x0f\xa1why".to_vec()));
            case.send(&[frame(OpCode::Text, b"late"), frame(OpCode::Close, b"\x0f\xa1")].concat());
            assert_eq!(case.client.read(&mut [0]).unwrap(), 0);
            case.client.shutdown(std::net::Shutdown::Both).unwrap();
            let (end, counts, _) = case.ended();
            assert_eq!((end, counts.messages_in), (End::Finished, 1));
        },
    );
}

/// Wakes all of its kind when it is spoken to for the first time, which take their time, and tells later how many were.
struct Crowd {
    all: Arc<Mutex<Vec<Mailbox>>>,
    woken: Arc<AtomicUsize>,
    begun: mpsc::Sender<()>,
}

impl Endpoint for Crowd {
    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
        self.all.lock().unwrap().push(mailbox());
    }

    fn woken(&mut self, _: &mut Outgoing<'_>) {
        self.woken.fetch_add(1, Ordering::Relaxed);
        // Nobody waits for any but the first.
        let _ = self.begun.send(());
        std::thread::sleep(Duration::from_millis(5));
    }

    fn message(&mut self, _: Message<'_>, out: &mut Outgoing<'_>) {
        self.all.lock().unwrap().drain(..).for_each(|mailbox| mailbox.wake());
        let woken = self.woken.load(Ordering::Relaxed);
        out.send(MessageKind::Text, woken.to_string().as_bytes()).unwrap();
    }
}

#[test]
fn a_crowd_that_is_woken_does_not_hold_up_the_rest_of_the_reactor() {
    const CROWD: usize = 200;
    let (reactor, run) = Reactor::new().unwrap();
    let thread = std::thread::spawn(move || run.run().unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (all, woken, (begin, begun)) = (Arc::default(), Arc::default(), mpsc::channel());
    let mut clients: Vec<_> = (0..CROWD)
        .map(|_| {
            let (all, woken) = (Arc::clone(&all), Arc::clone(&woken));
            arrive(&reactor, &listener, Crowd { all, woken, begun: begin.clone() })
        })
        .collect();
    reactor.wake();
    let woken_before = |client: &mut TcpStream| -> usize {
        String::from_utf8(read_frame(client).1).unwrap().parse().unwrap()
    };
    let speak = |client: &mut TcpStream| client.write_all(&frame(OpCode::Text, b"wake up")).unwrap();
    let [first, second, ..] = clients.as_mut_slice() else { panic!("there are many") };
    speak(first);
    assert_eq!(woken_before(first), 0);
    begun.recv_timeout(PATIENCE).unwrap();
    speak(second);
    assert!((1..CROWD).contains(&woken_before(second)), "it had its turn while others were woken");
    drop(clients);
    reactor.end();
    thread.join().unwrap();
}

/// One of a group, which tells when it is there and whenever it is woken, and wakes the others when it is spoken to.
struct OneOfMany {
    number: usize,
    group: Arc<Mutex<Group>>,
    key: Option<Key>,
    woken: mpsc::Sender<usize>,
}

impl Endpoint for OneOfMany {
    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
        self.key = Some(self.group.lock().unwrap().enter(mailbox()));
        self.woken.send(self.number).unwrap();
    }

    fn woken(&mut self, _: &mut Outgoing<'_>) {
        self.woken.send(self.number).unwrap();
    }

    fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {
        self.group.lock().unwrap().wake_others(self.key.unwrap());
    }
}

impl Drop for OneOfMany {
    fn drop(&mut self) {
        self.group.lock().unwrap().leave(self.key.unwrap());
    }
}

#[test]
fn a_group_wakes_all_but_one_on_whatever_reactor_and_none_that_left() {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let runs = [Reactor::new().unwrap(), Reactor::new().unwrap()];
    let [(reactor, thread), (other, other_thread)] =
        runs.map(|(reactor, run)| (reactor, std::thread::spawn(move || run.run().unwrap())));
    let (group, (give, woken)) = (Arc::new(Mutex::new(Group::default())), mpsc::channel());
    let mut clients: Vec<_> = (0..4)
        .map(|number| {
            // The last one is elsewhere.
            let reactor = if number < 3 { &reactor } else { &other };
            let (group, woken) = (Arc::clone(&group), give.clone());
            let client = arrive(reactor, &listener, OneOfMany { number, group, key: None, woken });
            reactor.wake();
            client
        })
        .collect();
    let told = |count: usize| {
        let mut all: Vec<_> = (0..count).map(|_| woken.recv_timeout(PATIENCE).unwrap()).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(told(4), [0, 1, 2, 3]);
    let mut speaker = clients.swap_remove(1);
    let mut speak = || speaker.write_all(&frame(OpCode::Text, b"wake up")).unwrap();
    speak();
    assert_eq!(told(3), [0, 2, 3]);
    drop(clients.swap_remove(0));
    while reactor.len() == 3 {
        std::thread::yield_now();
    }
    speak();
    assert_eq!(told(2), [2, 3]);
    assert!(group.lock().unwrap().wake_one());
    told(1);
    reactor.end();
    other.end();
    thread.join().unwrap();
    other_thread.join().unwrap();
    assert!(!group.lock().unwrap().wake_one(), "all have left");
}

/// Wakes the others when it is spoken to, the last one as the next, and each writes down that it had its turn.
struct InOrder {
    number: usize,
    others: Arc<Mutex<Vec<Mailbox>>>,
    order: mpsc::Sender<usize>,
}

impl Endpoint for InOrder {
    fn opened(&mut self, mailbox: &dyn Fn() -> Mailbox, _: &mut Outgoing<'_>) {
        self.others.lock().unwrap().push(mailbox());
    }

    fn woken(&mut self, _: &mut Outgoing<'_>) {
        self.order.send(self.number).unwrap();
    }

    fn message(&mut self, _: Message<'_>, _: &mut Outgoing<'_>) {
        let others = self.others.lock().unwrap();
        let [_, others @ .., last] = &others[..] else { panic!("there are some") };
        others.iter().for_each(Mailbox::wake);
        last.wake_next();
        last.wake();
    }
}

#[test]
fn who_is_woken_as_the_next_comes_before_those_who_were_woken_earlier_and_once() {
    let (reactor, run) = Reactor::new().unwrap();
    let thread = std::thread::spawn(move || run.run().unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let (others, (order, had)) = (Arc::default(), mpsc::channel());
    let mut clients: Vec<_> = (0..5)
        .map(|number| {
            let (others, order) = (Arc::clone(&others), order.clone());
            arrive(&reactor, &listener, InOrder { number, others, order })
        })
        .collect();
    reactor.wake();
    for _ in 0..2 {
        clients[0].write_all(&frame(OpCode::Text, b"wake up")).unwrap();
        let order: Vec<_> = (0..4).map(|_| had.recv_timeout(PATIENCE).unwrap()).collect();
        assert_eq!(order, [4, 1, 2, 3]);
    }
    drop(clients);
    reactor.end();
    thread.join().unwrap();
    assert_eq!(had.try_iter().count(), 0);
}

#[test]
fn the_reactor_reaches_all_its_connections_and_tells_them_to_leave_one_by_one() {
    let (reactor, run) = Reactor::new().unwrap();
    let thread = std::thread::spawn(move || run.run().unwrap());
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).unwrap();
    let add = || {
        let client = arrive(&reactor, &listener, Echo);
        reactor.wake();
        client
    };
    let mut clients: Vec<_> = (0..3).map(|_| add()).collect();
    let (seen, all) = mpsc::channel();
    reactor.each(move |_, counts| seen.send(*counts).unwrap());
    assert_eq!(all.iter().collect::<Vec<_>>(), [Counts::default(); 3]);
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    for told in 0..3 {
        assert!(runtime.block_on(reactor.tell_next()), "{told}");
    }
    assert!(!runtime.block_on(reactor.tell_next()));
    // Who comes later is told at once.
    clients.push(add());
    assert_eq!(reactor.len(), 4);
    for client in &mut clients {
        let mut close = [0; 4];
        client.read_exact(&mut close).unwrap();
        assert_eq!(close[2..], 1012_u16.to_be_bytes());
    }
    drop(clients);
    runtime.block_on(reactor.emptied());
    reactor.end();
    thread.join().unwrap();
}
