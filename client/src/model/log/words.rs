//! What an entry says, in the language of the page. It is made when it is drawn: the log holds data.

use std::borrow::Cow;

use workbench::entry::{Body, Entry, Fact, What};

use crate::model::format::countdown;
use crate::texts::close_codes;
use crate::texts::common::Common;
use crate::texts::{fill, form, plural, texts};

/// The sentence of an entry that reports something; `None` where its body says it all.
pub fn sentence(fact: Fact, code: u16, body: &str, t: &Common) -> Option<String> {
    let how = match fact.what {
        What::Said => return None,
        What::Opened if fact.count > 1 => {
            return Some(fill(t.log_connected_attempt, &[&body, &fact.millis, &fact.count]));
        }
        // A file may know no more than that it opened.
        What::Opened if fact.millis == 0 => return Some(body.to_owned()),
        What::Opened => return Some(fill(t.log_connected, &[&body, &fact.millis])),
        What::Unreachable => return Some(fill(t.log_failed, &[&t.could_not_connect, &body])),
        What::NoAnswer => return Some(fill(t.log_failed, &[&t.no_answer, &body])),
        What::Refused if body.is_empty() => return Some(t.browser_refused.to_owned()),
        What::Refused => return Some(format!("{} · {body}", t.browser_refused)),
        What::Unrelayed if body.is_empty() => return Some(t.could_not_connect.to_owned()),
        What::Unrelayed => return Some(fill(t.log_unrelayed, &[&body])),
        What::RelaySays if body.is_empty() => return Some(t.log_relay_gone.to_owned()),
        What::RelaySays => return Some(fill(t.log_relay, &[&body])),
        What::Overflow => return Some(t.log_overflow.to_owned()),
        What::Silent => return Some(fill(t.log_heartbeat_missed, &[&countdown(fact.millis)])),
        What::Unseen => return Some(plural(form(t.log_unseen, fact.count), fact.count)),
        What::FateUnknown => return Some(plural(form(t.log_unknown, fact.count), fact.count)),
        What::ClosedByServer => t.how_by_server,
        What::Lost => t.how_lost,
        What::ClosedHere => t.how_by_user,
        What::Unconfirmed => t.how_close_timeout,
        What::Unanswered => t.how_heartbeat,
        What::PageLeft => t.how_page_hidden,
        What::Replaced => t.how_replaced,
        What::Broken => t.how_transport,
    };
    let name = close_codes::explain(code).name;
    Some(fill(t.log_closed, &[&code_and_reason(code, body), &name, &how, &countdown(fact.millis)]))
}

/// What the row of an entry says if that is text.
pub fn text<'a>(entry: &Entry<'a>) -> Option<Cow<'a, str>> {
    let Body::Text(body) = entry.body else { return None };
    Some(sentence(entry.fact, entry.code, body, &texts().common).map_or(Cow::Borrowed(body), Cow::Owned))
}

/// The same for filter and search.
pub fn searched(entry: &Entry<'_>) -> String {
    text(entry).unwrap_or_default().into_owned()
}

/// `4001 why`, or only the code.
pub fn code_and_reason(code: u16, reason: &str) -> String {
    if reason.is_empty() { code.to_string() } else { format!("{code} {reason}") }
}
