//! What is said, as values and as bytes; and an arena's rules about who is in it.

use super::*;
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

fn name() -> impl Strategy<Value = Name> {
    "[a-zé😀][a-z é]{0,13}[a-z]".prop_map(|name| Name::new(&name).unwrap())
}

fn token() -> impl Strategy<Value = Token> {
    (1..=u128::MAX).prop_map(Token)
}

fn wish() -> impl Strategy<Value = Wish> {
    prop_oneof![Just(Wish::Watch), Just(Wish::Play)]
}

fn input() -> impl Strategy<Value = Input> {
    (option::of(0..16u8), any::<bool>()).prop_map(|(direction, dash)| Input::new(direction, dash))
}

fn client_message() -> impl Strategy<Value = ClientMessage> {
    let hello = (wish(), option::of(token()), name())
        .prop_map(|(wish, token, name)| ClientMessage::Hello(Hello { wish, token, name }));
    let inputs = (8..=u32::MAX, vec(input(), 1..=8))
        .prop_map(|(last, inputs)| ClientMessage::Inputs(Inputs { last, inputs }));
    prop_oneof![
        hello,
        inputs,
        (any::<u64>(), any::<u32>()).prop_map(|(number, seen)| ClientMessage::Ping(Ping { number, seen })),
        wish().prop_map(ClientMessage::Wish),
    ]
}

fn body() -> impl Strategy<Value = Body> {
    let place = (RADIUS..=WIDTH - RADIUS, RADIUS..=HEIGHT - RADIUS);
    let speed = (-MAX_SPEED..=MAX_SPEED, -MAX_SPEED..=MAX_SPEED);
    (place, speed, 0..=60u8).prop_map(|((x, y), (vx, vy), rest)| Body { x, y, vx, vy, rest })
}

fn snapshot() -> impl Strategy<Value = Snapshot> {
    let player = option::of((body(), any::<u16>(), any::<u8>(), any::<u16>()));
    let spark = (0..COLUMNS, 0..ROWS, any::<bool>());
    let spark = spark.prop_map(|(column, row, golden)| Spark { column, row, golden });
    (any::<u32>(), vec(player, 0..=SEATS), vec(spark, 0..=MAX_SPARKS)).prop_map(|(tick, players, sparks)| {
        let players = players.into_iter().zip(0u8..).filter_map(|(player, slot)| {
            let (body, done, waiting, score) = player?;
            Some(PlayerState { slot, body, done, waiting, score })
        });
        Snapshot { tick, players: players.collect(), sparks }
    })
}

fn server_message() -> impl Strategy<Value = ServerMessage> {
    let standing = prop_oneof![
        Just(Standing::Watching),
        any::<u8>().prop_map(Standing::InLine),
        (0..8u8).prop_map(Standing::Playing)
    ];
    let why = prop_oneof![Just(Why::Wished), Just(Why::Idle)];
    let seat = (any::<u32>(), standing, why, option::of(token()), any::<u32>()).prop_map(
        |(tick, standing, why, token, received)| {
            ServerMessage::Seat(Seat { tick, standing, why, token, received })
        },
    );
    let seated = (0..8u8, any::<bool>(), name()).prop_map(|(slot, away, name)| Seated { slot, away, name });
    let champion = (any::<u16>(), name()).prop_map(|(score, name)| Champion { score, name });
    let roster = (vec(seated, 0..=SEATS), any::<u16>(), option::of(champion)).prop_map(
        |(players, watchers, champion)| ServerMessage::Roster(Roster { players, watchers, champion }),
    );
    prop_oneof![
        seat,
        snapshot().prop_map(ServerMessage::Snapshot),
        roster,
        any::<u64>().prop_map(ServerMessage::Pong)
    ]
}

/// Bytes that begin like a message now and then.
fn bytes() -> impl Strategy<Value = Vec<u8>> {
    let first = prop_oneof![0x41..=0x44u8, 0x51..=0x54u8, any::<u8>()];
    (first, option::of(Just(VERSION)), vec(any::<u8>(), 0..300))
        .prop_map(|(first, version, rest)| std::iter::once(first).chain(version).chain(rest).collect())
}

proptest! {
    #[test]
    fn what_is_written_is_read(client in client_message(), server in server_message()) {
        prop_assert_eq!(ClientMessage::read(&client.to_bytes()), Ok(client.clone()));
        prop_assert_eq!(ServerMessage::read(&server.to_bytes()), Ok(server.clone()));
        // Neither with something missing, nor with something behind it.
        for bytes in [client.to_bytes(), server.to_bytes()] {
            for cut in [&bytes[..bytes.len() - 1], &[&bytes[..], &[0]].concat()] {
                prop_assert!(ClientMessage::read(cut).is_err() && ServerMessage::read(cut).is_err());
            }
        }
    }

    #[test]
    fn any_bytes_are_a_message_or_an_error(bytes in bytes()) {
        if let Ok(message) = ClientMessage::read(&bytes) {
            prop_assert_eq!(message.to_bytes(), bytes.clone());
        }
        let _ = ServerMessage::read(&bytes);
    }

    #[test]
    fn whatever_clients_say_and_servers_answer_both_go_on(
        said in vec((client_message(), 0..3usize), 0..60),
        heard in vec(prop_oneof![server_message().prop_map(|message| message.to_bytes()), bytes()], 0..60),
    ) {
        let mut arena = arena();
        let members = [0, 1, 2].map(|_| arena.join(hello("x", Wish::Play, None)).unwrap());
        let mut client = Client::new(Name::default(), Wish::Play, None);
        client.connected(Duration::ZERO);
        for (number, (message, from)) in said.into_iter().enumerate() {
            prop_assert!(arena.receive(members[from], message).is_ok());
            if number % 3 == 0 {
                arena.tick();
            }
            let snapshot = ServerMessage::Snapshot(arena.snapshot());
            prop_assert_eq!(ServerMessage::read(&snapshot.to_bytes()), Ok(snapshot));
        }
        for (bytes, number) in heard.iter().zip(0..) {
            let now = TICK * number;
            let _ = client.receive(bytes, now);
            client.advance(now);
            let (scene, figures) = (client.scene(now), client.figures(now));
            prop_assert!(scene.pucks.iter().all(|puck| puck.x.is_finite() && puck.y.is_finite()));
            prop_assert!(figures.pending <= 64 && figures.worst_correction.is_finite());
            while let Some(message) = client.poll_send() {
                prop_assert!(ClientMessage::read(&message).is_ok());
            }
        }
    }
}

fn arena() -> Arena {
    let mut next = 0;
    Arena::new(1, move || {
        next += 1;
        Token(next)
    })
}

fn hello(name: &str, wish: Wish, token: Option<Token>) -> Hello {
    Hello { wish, token, name: Name::new(name).unwrap() }
}

fn seat(arena: &mut Arena, member: MemberId) -> Seat {
    // By then it is said in any case.
    for _ in 0..80 {
        arena.tick();
    }
    match arena.take_news(member) {
        Some(News::Seat(seat)) => seat,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_bytes_are_those_of_the_document() {
    let document = include_str!("../../../../docs/game-protocol.md");
    let examples = [
        ClientMessage::Hello(hello("Ann", Wish::Play, None)).to_bytes(),
        ClientMessage::Inputs(Inputs {
            last: 258,
            inputs: vec![Input::new(Some(0), false), Input::new(Some(4), true)],
        })
        .to_bytes(),
        ServerMessage::Snapshot(Snapshot {
            tick: 66_051,
            players: vec![PlayerState {
                slot: 2,
                body: Body { x: 20_480, y: 5_000, vx: 270, vy: -16, rest: 60 },
                done: 258,
                waiting: 1,
                score: 17,
            }],
            sparks: vec![Spark { column: 79, row: 44, golden: true }],
        })
        .to_bytes(),
    ];
    for example in examples {
        let hex: Vec<_> = example.iter().map(|byte| format!("{byte:02x}")).collect();
        assert!(document.contains(&hex.join(" ")), "{}", hex.join(" "));
    }
}

#[test]
fn a_snapshot_of_a_full_arena_is_small() {
    let player = |slot| PlayerState { slot, ..PlayerState::default() };
    let spark = Spark { column: 0, row: 0, golden: false };
    let full = Snapshot { tick: 0, players: (0..8).map(player).collect(), sparks: vec![spark; MAX_SPARKS] };
    // With four bytes of a frame's head, 40 times a second.
    let bytes_per_second = (ServerMessage::Snapshot(full).to_bytes().len() + 4) * 40;
    assert_eq!(bytes_per_second, 7_800);
}

#[test]
fn names_are_short_and_plain() {
    assert_eq!(Name::new("  Ann B "), Name::new("Ann B"));
    assert_eq!(Name::new("é".repeat(16).as_str()).unwrap().as_str().len(), 32);
    assert_eq!(Name::new(&"x".repeat(17)), Err(NameError::Long));
    for name in ["a\nb", "\u{0}", "\u{7f}"] {
        assert_eq!(Name::new(&format!("a{name}b")), Err(NameError::Control));
    }
}

#[test]
fn who_finds_no_seat_stands_in_line_and_gets_the_next_one() {
    let mut arena = arena();
    let players: Vec<_> = (0..8).map(|_| arena.join(hello("p", Wish::Play, None)).unwrap()).collect();
    let first = arena.join(hello("first", Wish::Play, None)).unwrap();
    let second = arena.join(hello("second", Wish::Play, None)).unwrap();
    let watcher = arena.join(hello("watcher", Wish::Watch, None)).unwrap();
    assert_eq!(seat(&mut arena, players[7]).standing, Standing::Playing(7));
    assert_eq!(seat(&mut arena, first).standing, Standing::InLine(1));
    assert_eq!(seat(&mut arena, second).standing, Standing::InLine(2));
    assert_eq!(seat(&mut arena, watcher).standing, Standing::Watching);
    assert_eq!(seat(&mut arena, watcher).token, None);
    assert_eq!((arena.roster().1.players.len(), arena.roster().1.watchers), (8, 3));

    arena.receive(players[3], ClientMessage::Wish(Wish::Watch)).unwrap();
    assert_eq!(seat(&mut arena, first).standing, Standing::Playing(3));
    assert_eq!(seat(&mut arena, second).standing, Standing::InLine(1));
    // Whose connection is gone keeps its seat for 15 seconds, 600 ticks.
    arena.leave(players[5]);
    assert_eq!(seat(&mut arena, second).standing, Standing::InLine(1));
    assert!(arena.roster().1.players[5].away);
    for _ in 80..600 {
        arena.tick();
    }
    assert_eq!(seat(&mut arena, second).standing, Standing::Playing(5));
}

#[test]
fn who_does_nothing_for_a_minute_gets_up() {
    let mut arena = arena();
    let member = arena.join(hello("idle", Wish::Play, None)).unwrap();
    for tick in 1..2_400 {
        let inputs = Inputs { last: tick, inputs: vec![Input::NONE] };
        arena.receive(member, ClientMessage::Inputs(inputs)).unwrap();
        arena.tick();
    }
    assert_eq!(arena.snapshot().players.len(), 1);
    arena.tick();
    let Seat { standing, why, token, .. } = seat(&mut arena, member);
    assert_eq!((standing, why, token), (Standing::Watching, Why::Idle, None));
    arena.receive(member, ClientMessage::Wish(Wish::Play)).unwrap();
    assert_eq!(seat(&mut arena, member).standing, Standing::Playing(0));
    arena.leave(member);
    assert!(!arena.is_empty(), "the seat is kept");
    for _ in 0..600 {
        arena.tick();
    }
    assert!(arena.is_empty());
}

#[test]
fn a_token_gives_back_its_seat_and_ends_the_older_connection() {
    let mut arena = arena();
    let before = arena.join(hello("Ann", Wish::Play, None)).unwrap();
    let Seat { token, .. } = seat(&mut arena, before);
    let after = arena.join(hello("Ann", Wish::Play, token)).unwrap();
    assert_eq!(arena.take_news(before), Some(News::Superseded));
    assert_eq!(
        arena.receive(before, ClientMessage::Ping(Ping { number: 1, seen: 0 })),
        Ok(None),
        "it has no say any more"
    );
    arena.leave(before);
    let Seat { standing, token: still, .. } = seat(&mut arena, after);
    assert_eq!((standing, still), (Standing::Playing(0), token));
    // Another's guess gives nothing but a seat of its own.
    let other = arena.join(hello("Eve", Wish::Play, Some(Token(99)))).unwrap();
    assert_eq!(seat(&mut arena, other).standing, Standing::Playing(1));
}

#[test]
fn an_arena_is_bounded_and_so_is_what_each_may_say() {
    let mut arena = arena();
    let members: Vec<_> =
        (0..MAX_MEMBERS).map(|_| arena.join(hello("", Wish::Play, None)).unwrap()).collect();
    assert_eq!(arena.join(hello("", Wish::Watch, None)), Err(ArenaFull));
    let mut answers =
        (0..1_000).map(|number| arena.receive(members[0], ClientMessage::Ping(Ping { number, seen: 0 })));
    assert_eq!(answers.by_ref().take_while(|answer| matches!(answer, Ok(Some(_)))).count(), 160);
    assert_eq!(answers.find(Result::is_err), Some(Err(Misuse::Flood)));
}

#[test]
fn an_arena_is_chosen_and_what_is_left_is_for_faults() {
    let asked = |query| Asked::from_query(query).map(|(asked, rest)| (asked.arena.as_str().to_owned(), rest));
    assert_eq!(asked(""), Ok(("main".to_owned(), String::new())));
    assert_eq!(asked("delay=1s&arena=den-2&seed=3"), Ok(("den-2".to_owned(), "delay=1s&seed=3".to_owned())));
    for (query, error) in [
        (
            "arena=a/b",
            "arena=a/b can't be followed: arena takes 1 to 64 letters, digits, dots, dashes and underscores, but not . or ..",
        ),
        (
            "arena=",
            "arena= can't be followed: arena takes 1 to 64 letters, digits, dots, dashes and underscores, but not . or ..",
        ),
        ("arena=a&arena=b", "arena is there twice, or together with something that says the same"),
        ("arean=a", "arean is no parameter: did you mean arena? (GET /api/faults lists them all)"),
    ] {
        assert_eq!(asked(query).map_err(|error| error.to_string()), Err(error.to_owned()));
    }
}
