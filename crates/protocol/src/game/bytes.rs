//! Messages as bytes. `docs/game-protocol.md` describes them field by field.

use super::body::{Body, HEIGHT, Input, MAX_SPEED, RADIUS, REST, WIDTH};
use super::message::{
    Champion, ClientMessage, Hello, Inputs, MAX_INPUTS, Name, NameError, Ping, PlayerState, Roster, Seat,
    Seated, ServerMessage, Snapshot, Standing, Token, Why, Wish,
};
use super::read::{ReadError, Reader};
use super::world::{COLUMNS, MAX_SPARKS, ROWS, Spark};
use super::{SEATS, VERSION};

const HELLO: u8 = 0x41;
const INPUTS: u8 = 0x42;
const PING: u8 = 0x43;
const WISH: u8 = 0x44;
const SEAT: u8 = 0x51;
const SNAPSHOT: u8 = 0x52;
const ROSTER: u8 = 0x53;
const PONG: u8 = 0x54;

/// Of a spark's second byte: it is golden.
const GOLDEN: u8 = 0x80;
/// Of a player in a roster: its connection is gone, and its seat is kept.
const AWAY: u8 = 1;

impl ClientMessage {
    /// Reads what a client says.
    ///
    /// # Errors
    /// It is nothing that a client may say.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader(bytes);
        let message = match reader.u8()? {
            HELLO => {
                read_version(&mut reader)?;
                let (wish, token) = (read_wish(&mut reader)?, read_token(&mut reader)?);
                Self::Hello(Hello { wish, token, name: read_name(&mut reader)? })
            }
            INPUTS => {
                let last = reader.u32()?;
                let inputs = reader.list(MAX_INPUTS, |reader| {
                    Input::from_byte(reader.u8()?)
                        .ok_or(ReadError::Invalid("an input is a direction from 0 to 16, and 32 for a dash"))
                })?;
                if inputs.is_empty() || (last as usize) < inputs.len() {
                    return Err(ReadError::Invalid("there are 1 to 8 inputs, which count from 1"));
                }
                Self::Inputs(Inputs { last, inputs })
            }
            PING => Self::Ping(Ping { number: reader.u64()?, seen: reader.u32()? }),
            WISH => Self::Wish(read_wish(&mut reader)?),
            other => return Err(ReadError::Unknown(other)),
        };
        reader.end(message)
    }

    /// Writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Hello(Hello { wish, token, name }) => {
                out.extend([HELLO, VERSION, *wish as u8]);
                write_token(*token, &mut out);
                write_name(name, &mut out);
            }
            Self::Inputs(Inputs { last, inputs }) => {
                out.push(INPUTS);
                out.extend(last.to_be_bytes());
                out.push(inputs.len() as u8);
                out.extend(inputs.iter().map(|input| input.to_byte()));
            }
            Self::Ping(Ping { number, seen }) => {
                out.push(PING);
                out.extend(number.to_be_bytes());
                out.extend(seen.to_be_bytes());
            }
            Self::Wish(wish) => out.extend([WISH, *wish as u8]),
        }
        out
    }
}

impl ServerMessage {
    /// Reads what a server says.
    ///
    /// # Errors
    /// It is nothing that a server may say. [`ReadError::Unknown`] is passed over.
    pub fn read(bytes: &[u8]) -> Result<Self, ReadError> {
        let mut reader = Reader(bytes);
        let message = match reader.u8()? {
            SEAT => {
                read_version(&mut reader)?;
                let tick = reader.u32()?;
                let standing = match (reader.u8()?, reader.u8()?) {
                    (0, _) => Standing::Watching,
                    (1, place) => Standing::InLine(place),
                    (2, slot) if usize::from(slot) < SEATS => Standing::Playing(slot),
                    _ => {
                        return Err(ReadError::Invalid(
                            "a standing is 0, 1 or 2, and seats count from 0 to 7",
                        ));
                    }
                };
                let why = if reader.u8()? == 1 { Why::Idle } else { Why::Wished };
                let token = read_token(&mut reader)?;
                Self::Seat(Seat { tick, standing, why, token, received: reader.u32()? })
            }
            SNAPSHOT => {
                let tick = reader.u32()?;
                let players = reader.list(SEATS, PlayerState::read)?;
                if players.windows(2).any(|pair| pair[0].slot >= pair[1].slot) {
                    return Err(ReadError::Invalid("players stand in the order of their seats"));
                }
                let sparks = reader.list(MAX_SPARKS, read_spark)?;
                Self::Snapshot(Snapshot { tick, players, sparks })
            }
            ROSTER => {
                let watchers = reader.u16()?;
                let players = reader.list(SEATS, |reader| {
                    let (slot, flags) = (read_slot(reader)?, reader.u8()?);
                    Ok(Seated { slot, away: flags & AWAY != 0, name: read_name(reader)? })
                })?;
                let champion = reader
                    .list(1, |reader| Ok(Champion { score: reader.u16()?, name: read_name(reader)? }))?;
                Self::Roster(Roster { players, watchers, champion: champion.into_iter().next() })
            }
            PONG => Self::Pong(reader.u64()?),
            other => return Err(ReadError::Unknown(other)),
        };
        reader.end(message)
    }

    /// Writes it.
    #[must_use]
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut out = Vec::new();
        match self {
            Self::Seat(Seat { tick, standing, why, token, received }) => {
                out.extend([SEAT, VERSION]);
                out.extend(tick.to_be_bytes());
                out.extend(match *standing {
                    Standing::Watching => [0, 0],
                    Standing::InLine(place) => [1, place],
                    Standing::Playing(slot) => [2, slot],
                });
                out.push(*why as u8);
                write_token(*token, &mut out);
                out.extend(received.to_be_bytes());
            }
            Self::Snapshot(Snapshot { tick, players, sparks }) => {
                out.push(SNAPSHOT);
                out.extend(tick.to_be_bytes());
                out.push(players.len() as u8);
                players.iter().for_each(|player| player.write(&mut out));
                out.push(sparks.len() as u8);
                for spark in sparks {
                    out.extend([spark.column, spark.row | if spark.golden { GOLDEN } else { 0 }]);
                }
            }
            Self::Roster(Roster { players, watchers, champion }) => {
                out.push(ROSTER);
                out.extend(watchers.to_be_bytes());
                out.push(players.len() as u8);
                for Seated { slot, away, name } in players {
                    out.extend([*slot, if *away { AWAY } else { 0 }]);
                    write_name(name, &mut out);
                }
                out.push(champion.is_some().into());
                if let Some(Champion { score, name }) = champion {
                    out.extend(score.to_be_bytes());
                    write_name(name, &mut out);
                }
            }
            Self::Pong(number) => {
                out.push(PONG);
                out.extend(number.to_be_bytes());
            }
        }
        out
    }
}

impl PlayerState {
    fn read(reader: &mut Reader<'_>) -> Result<Self, ReadError> {
        let slot = read_slot(reader)?;
        let (x, y) = (reader.u16()?.into(), reader.u16()?.into());
        let (vx, vy) = (reader.i16()?.into(), reader.i16()?.into());
        let body = Body { x, y, vx, vy, rest: reader.u8()? };
        let within = (RADIUS..=WIDTH - RADIUS).contains(&x) && (RADIUS..=HEIGHT - RADIUS).contains(&y);
        let slow = [vx, vy].iter().all(|speed| (-MAX_SPEED..=MAX_SPEED).contains(speed));
        if !(within && slow && body.rest <= REST) {
            return Err(ReadError::Invalid("a puck is where or as fast as none can be"));
        }
        Ok(Self { slot, body, done: reader.u16()?, waiting: reader.u8()?, score: reader.u16()? })
    }

    /// Places fit into 16 bits and speeds into 15: no puck is outside the arena or faster than pucks can be.
    fn write(&self, out: &mut Vec<u8>) {
        let Self { slot, body: Body { x, y, vx, vy, rest }, done, waiting, score } = *self;
        out.push(slot);
        for number in [x, y, vx, vy] {
            out.extend((number as i16).to_be_bytes());
        }
        out.push(rest);
        out.extend(done.to_be_bytes());
        out.push(waiting);
        out.extend(score.to_be_bytes());
    }
}

fn read_version(reader: &mut Reader<'_>) -> Result<(), ReadError> {
    match reader.u8()? {
        VERSION => Ok(()),
        other => Err(ReadError::Version(other)),
    }
}

fn read_slot(reader: &mut Reader<'_>) -> Result<u8, ReadError> {
    let slot = reader.u8()?;
    if usize::from(slot) < SEATS { Ok(slot) } else { Err(ReadError::Invalid("seats count from 0 to 7")) }
}

fn read_spark(reader: &mut Reader<'_>) -> Result<Spark, ReadError> {
    let (column, second) = (reader.u8()?, reader.u8()?);
    let (row, golden) = (second & !GOLDEN, second & GOLDEN != 0);
    if column >= COLUMNS || row >= ROWS {
        return Err(ReadError::Invalid("a spark lies outside the arena"));
    }
    Ok(Spark { column, row, golden })
}

fn read_wish(reader: &mut Reader<'_>) -> Result<Wish, ReadError> {
    match reader.u8()? {
        0 => Ok(Wish::Watch),
        1 => Ok(Wish::Play),
        _ => Err(ReadError::Invalid("a wish is 0 to watch or 1 to play")),
    }
}

fn read_token(reader: &mut Reader<'_>) -> Result<Option<Token>, ReadError> {
    Ok(Some(reader.u128()?).filter(|bits| *bits != 0).map(Token))
}

fn write_token(token: Option<Token>, out: &mut Vec<u8>) {
    out.extend(token.map_or(0, |token| token.0).to_be_bytes());
}

fn read_name(reader: &mut Reader<'_>) -> Result<Name, ReadError> {
    let len = reader.u8()?.into();
    let text = std::str::from_utf8(reader.bytes(len)?).map_err(|_| NameError::Control)?;
    Ok(Name::new(text)?)
}

fn write_name(name: &Name, out: &mut Vec<u8>) {
    // At most 16 characters of four bytes.
    out.push(name.as_str().len() as u8);
    out.extend_from_slice(name.as_str().as_bytes());
}
