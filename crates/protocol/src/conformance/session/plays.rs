//! The script of each case.

use std::time::Duration;

use super::script::{EPOCH, Expected, MEMORY, OTHER, Script, lost, welcome};
use crate::session::{GAP, Position, Reason, SUPERSEDED, WINDOW, Welcome};

const HALF_A_SECOND: Duration = Duration::from_millis(500);

/// What a hello has to say.
fn that() -> Expected {
    Expected::default()
}

fn begin() -> Script {
    Script::default().hello()
}

pub(super) fn unknown() -> Script {
    let you = r#""you":"d1ce4f5a6b7c8d9e","session":"0a1b2c3d4e5f6071""#;
    begin()
        .raw(&format!(
            r#"{{"weather":{{"sunny":[true]}},"type":"welcome","epoch":"{EPOCH}","offset":0,"head":1,"memory":4,{you},"seq":0,"region":"eu"}}"#
        ))
        .raw(r#"{"type":"weather","offset":7,"seq":9,"data":null}"#)
        .raw_message(
            r#"{"type":"message","offset":1,"at":1732640000000,"data":"one","color":"red","thread":{"offset":9}}"#,
            "one",
        )
        .raw(r#"{"type":"weather"}"#)
        .published()
        .raw(r#"{"type":"ack","from":1,"to":2,"took":[12,"ms"]}"#)
        .cut()
        .hello_with(that().known(2))
        .welcome_back(1, 2)
        .pause()
}

pub(super) fn hello() -> Script {
    Script::default()
        .hello_with(that().nowhere().memory(0).known(0).sent(0))
        .wait(HALF_A_SECOND)
        .welcome_at(0)
        .exchanged()
        .pause()
}

pub(super) fn resume() -> Script {
    begin()
        .welcome_at(0)
        .messages(1, &["one", "two", "three"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 3).memory(MEMORY).known(5).sent(5))
        .welcome_back(3, 5)
        .messages(4, &["four"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 4).memory(MEMORY).known(6).sent(6))
        .welcome_back(4, 6)
        .pause()
}

pub(super) fn resend() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .ack(1, 1)
        .cut()
        .hello_with(that().known(1).sent(3))
        .welcome_back(0, 2)
        .published()
        .pause()
        .ack(3, 3)
        .pause()
}

pub(super) fn refused_meanwhile() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .ack(1, 1)
        .cut()
        .hello_with(that().known(1).sent(2))
        .welcome(Welcome { seq: Some(2), refused: vec![2], ..welcome(0) })
        .pause()
        .messages(1, &["one"])
        .exchanged()
        .cut()
        .hello_with(that().known(3).sent(3))
        .welcome_back(1, 3)
        .pause()
}

pub(super) fn unknown_fate() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .cut()
        .hello_with(that().known(0).sent(2))
        .welcome(Welcome { seq: None, memory: MEMORY + 1, ..welcome(0) })
        .wait(HALF_A_SECOND)
        .messages(1, &["one"])
        .exchanged()
        .cut()
        .hello_with(that().memory(MEMORY + 1).known(3).sent(3))
        .welcome(Welcome { seq: Some(3), memory: MEMORY + 1, ..welcome(1) })
        .pause()
}

pub(super) fn history() -> Script {
    begin()
        .welcome_at(3)
        .messages(4, &["four"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 4))
        .welcome(Welcome { lost: lost(5, Some(31)), seq: Some(1), head: 32, ..welcome(31) })
        .messages(32, &["thirty-two"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 32))
        .welcome(Welcome { lost: lost(33, Some(60)), seq: Some(2), head: 61, ..welcome(60) })
        .messages(61, &["sixty-one"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 61))
        .welcome_back(61, 3)
        .pause()
}

pub(super) fn epoch() -> Script {
    let begun = |offset, seq| {
        let position = Position { epoch: OTHER, offset };
        Welcome { position, head: 2, memory: 1, seq: Some(seq), ..welcome(0) }
    };
    begin()
        .welcome_at(5)
        .messages(6, &["six"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 6))
        .welcome(Welcome { lost: lost(7, None), ..begun(0, 1) })
        .messages(1, &["one", "two"])
        .exchanged()
        .cut()
        .hello_with(that().at(OTHER, 2).memory(1))
        .welcome(begun(2, 3))
        .pause()
}

pub(super) fn copied() -> Script {
    begin().welcome_back(0, 9).left(None).gone()
}

pub(super) fn replayed() -> Script {
    begin()
        .welcome_at(0)
        .messages(1, &["one", "two", "three"])
        .exchanged()
        .passed_over(2)
        .passed_over(3)
        .pause()
        .cut()
        .hello()
        .welcome(Welcome { head: 4, seq: Some(3), ..welcome(1) })
        .passed_over(2)
        .passed_over(3)
        .messages(4, &["four"])
        .exchanged()
        .passed_over(2)
        .cut()
        .hello_with(that().at(EPOCH, 4))
        .welcome_back(4, 4)
        .pause()
}

pub(super) fn gap() -> Script {
    begin()
        .welcome_at(0)
        .messages(1, &["one"])
        .exchanged()
        .passed_over(3)
        // Of a connection that is given up.
        .passed_over(4)
        .left(Some(GAP))
        .hello_with(that().at(EPOCH, 1))
        .welcome(Welcome { head: 4, seq: Some(1), ..welcome(1) })
        .messages(2, &["two", "three", "four"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 4))
        .welcome_back(4, 4)
        .pause()
}

pub(super) fn gap_again() -> Script {
    begin()
        .welcome_at(0)
        .messages(1, &["one"])
        .exchanged()
        .passed_over(3)
        .left(Some(GAP))
        .hello()
        .welcome(Welcome { head: 4, seq: Some(1), ..welcome(1) })
        .messages(3, &["three", "four"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 4))
        .welcome_back(4, 3)
        .pause()
}

pub(super) fn window() -> Script {
    begin()
        .welcome_at(0)
        .published_up_to(WINDOW)
        .wait(HALF_A_SECOND)
        .ack(1, WINDOW / 2)
        .published()
        .ack(WINDOW / 2 + 1, WINDOW + 6)
        .pause()
}

pub(super) fn refused() -> Script {
    let retry = Duration::from_secs(2);
    begin()
        .welcome_at(0)
        .published()
        .ack(1, 1)
        .may_repeat("mine 2", retry)
        .refuse(2, Reason::Rate(2000))
        .refuse(3, Reason::Invalid)
        .raw_both(
            r#"{"type":"refused","seq":4,"reason":"weather","error":"it rains"}"#,
            b"\x14\x04\x09\x00\x08it rains",
        )
        .wait(retry + HALF_A_SECOND)
        .messages(1, &["one"])
        .exchanged()
        .pause()
}

pub(super) fn answer_gap() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .ack(1, 1)
        .ack(1, 1)
        .pause()
        .ack(3, 3)
        .left(Some(GAP))
        .hello_with(that().known(1).sent(3))
        .welcome_back(0, 3)
        .pause()
}

pub(super) fn ack_for_nothing() -> Script {
    begin()
        .welcome_at(0)
        .ack(1, 1)
        .pause()
        .messages(1, &["one"])
        .published()
        .cut()
        .hello_with(that().known(0).sent(1))
        .welcome_back(1, 1)
        .pause()
}

pub(super) fn come_back() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .own(1, 1, "mine 1")
        .pause()
        .cut()
        .hello_with(that().known(0).sent(1))
        .welcome_back(1, 1)
        .pause()
}

pub(super) fn no_welcome() -> Script {
    begin().left(Some(GAP)).hello().welcome_at(0).messages(1, &["one"]).exchanged()
}

pub(super) fn no_answer() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .left(Some(GAP))
        .hello_with(that().known(0).sent(1))
        .welcome_back(0, 1)
        .pause()
}

pub(super) fn ping() -> Script {
    begin().welcome_at(0).ping(true).ping(true).messages(1, &["one"]).exchanged()
}

pub(super) fn silence() -> Script {
    begin().welcome_at(0).ping(false).left(Some(GAP)).hello().welcome_at(0).messages(1, &["one"]).exchanged()
}

pub(super) fn jump() -> Script {
    begin()
        .welcome_at(4)
        .messages(5, &["five"])
        .exchanged()
        .jump(EPOCH, 9, lost(6, Some(9)))
        .messages(10, &["ten"])
        .exchanged()
        .cut()
        .hello_with(that().at(EPOCH, 10))
        .welcome_back(10, 2)
        .pause()
}

pub(super) fn jump_epoch() -> Script {
    let position = Position { epoch: OTHER, offset: 1 };
    begin()
        .welcome_at(4)
        .published()
        .jump(OTHER, 0, lost(5, None))
        .pause()
        .messages(1, &["one"])
        .published()
        .ack(2, 2)
        .cut()
        .hello_with(that().at(OTHER, 1).memory(1).known(2).sent(2))
        .welcome(Welcome { position, head: 1, memory: 1, seq: Some(2), ..welcome(0) })
        .pause()
}

pub(super) fn error() -> Script {
    begin()
        .welcome_at(0)
        .published()
        .error()
        .pause()
        .cut()
        .hello_with(that().known(0).sent(1))
        .welcome_back(0, 1)
        .pause()
}

pub(super) fn stops() -> Script {
    begin()
        .welcome_at(0)
        .messages(1, &["one"])
        .exchanged()
        .close(1012)
        .hello()
        .close(1013)
        .hello()
        .welcome_back(1, 1)
        .close(1001)
        .hello()
        .cut()
        .hello()
        .welcome_back(1, 1)
        .messages(2, &["two"])
        .exchanged()
}

pub(super) fn misused() -> Script {
    begin()
        .welcome_at(0)
        .close(4400)
        .hello()
        .welcome_at(0)
        .close(4999)
        .hello()
        .welcome_at(0)
        .messages(1, &["one"])
        .exchanged()
}

pub(super) fn superseded() -> Script {
    begin().welcome_at(0).messages(1, &["one"]).exchanged().close(SUPERSEDED).gone()
}
