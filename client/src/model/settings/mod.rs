//! The settings of a connection, as they are written in a form and as the link takes them.

mod config;
mod durations;
pub mod rules;
mod written;

use workbench::connection::TransportKind;
use workbench::draft::{Draft, Fault};
use workbench::profile::{
    Answer, CodesError, HeaderError, Heartbeat, Options, Reconnect, Relay, Switch, format_codes,
    format_headers, parse_codes, parse_headers,
};

pub use self::config::{keep_for_new, to_config};
pub use self::durations::{format_duration, parse_duration};
use self::rules::RuleForm;
pub use self::written::written;

use super::fault;
use crate::texts::composer::Composer;
use crate::texts::fill;
use crate::texts::settings::Settings;

/// What counts as the answer to a heartbeat, without its words.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerKind {
    /// The heartbeat itself coming back.
    Echo,
    /// A text.
    Exact,
    /// A text that contains something.
    Contains,
    /// A JSON object with a member.
    Json,
    /// Any message.
    Any,
    /// None.
    None,
}

/// A field of the form that can be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Field {
    /// The heartbeat's payload.
    Payload,
    /// The text that answers it.
    Answer,
    /// The JSON member that answers it.
    AnswerName,
    /// How long to be silent before one is sent.
    Interval,
    /// How long the answer may take.
    Deadline,
    /// The shortest delay before a retry.
    MinDelay,
    /// The longest.
    MaxDelay,
    /// How many attempts may fail.
    Attempts,
    /// Codes after which not to retry.
    StopCodes,
    /// One of the opening messages.
    Opening(usize),
    /// Header fields.
    Headers,
    /// Certificates of authorities, or the one that is shown.
    Pem,
    /// The key of the one that is shown.
    Key,
    /// The proxy.
    Proxy,
    /// What it is shown.
    ProxyAuthorization,
    /// The size of fragments.
    Fragment,
}

/// The settings as written. Fields that are not in use are kept, and not checked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Form {
    /// Whether there is a heartbeat.
    pub heartbeat: bool,
    /// What is sent.
    pub payload: Draft,
    /// What answers it.
    pub answer: AnswerKind,
    /// The words of the answer.
    pub answer_text: String,
    /// The member that has them.
    pub answer_name: String,
    /// Of silence, before one is sent.
    pub interval: String,
    /// For the answer.
    pub deadline: String,
    /// Whether messages put a heartbeat off.
    pub even_when_busy: bool,
    /// Whether a missed one ends the connection.
    pub reconnect_when_missed: bool,
    /// Whether to reconnect.
    pub reconnect: bool,
    /// The shortest delay.
    pub min_delay: String,
    /// The longest delay.
    pub max_delay: String,
    /// Attempts in a row; empty for no end.
    pub attempts: String,
    /// As a list.
    pub stop_codes: String,
    /// What begins each connection.
    pub opening: Vec<Draft>,
    /// What is answered.
    pub answers: Vec<RuleForm>,
    /// What carries the messages.
    pub transport: TransportKind,
    /// What only a relay can do, but for what is a text here.
    pub relay: Relay,
    /// Its header fields, a line each.
    pub headers: String,
    /// Into how many bytes it cuts what is sent; empty for whole.
    pub fragment: String,
}

/// Everything that is wrong, each with its field.
pub type Problems = Vec<(Field, String)>;

impl Form {
    /// The form that says what is set. `sends` is whether there are heartbeats where that is not said.
    pub fn new(options: &Options, sends: bool) -> Form {
        let Options { heartbeat, reconnect, opening, answers, transport, relay } = options;
        let (answer, answer_name, answer_text) = match &heartbeat.answer {
            Answer::Echo => (AnswerKind::Echo, "", ""),
            Answer::Exact(text) => (AnswerKind::Exact, "", text.as_str()),
            Answer::Contains(text) => (AnswerKind::Contains, "", text.as_str()),
            Answer::JsonField { name, value } => (AnswerKind::Json, name.as_str(), value.as_str()),
            Answer::AnyMessage => (AnswerKind::Any, "", ""),
            Answer::None => (AnswerKind::None, "", ""),
        };
        Form {
            heartbeat: heartbeat.enabled.is_on(sends),
            payload: heartbeat.payload.clone(),
            answer,
            answer_text: answer_text.to_owned(),
            answer_name: answer_name.to_owned(),
            interval: format_duration(heartbeat.interval_millis),
            deadline: format_duration(heartbeat.deadline_millis),
            even_when_busy: heartbeat.even_when_busy,
            reconnect_when_missed: heartbeat.reconnect_when_missed,
            reconnect: reconnect.enabled,
            min_delay: format_duration(reconnect.min_delay_millis),
            max_delay: format_duration(reconnect.max_delay_millis),
            attempts: reconnect.max_attempts.map(|attempts| attempts.to_string()).unwrap_or_default(),
            stop_codes: format_codes(&reconnect.stop_codes),
            opening: opening.clone(),
            answers: answers.iter().map(RuleForm::new).collect(),
            transport: *transport,
            headers: format_headers(&relay.headers),
            fragment: relay.fragment.map(|bytes| bytes.to_string()).unwrap_or_default(),
            relay: relay.clone(),
        }
    }

    /// What the form sets, and everything that is wrong. A field that is wrong sets nothing: what is set in `present`
    /// stays. A message that `check` cannot make is set all the same, since a variable it needs may be given a value
    /// later; connecting says so again.
    pub fn read(
        &self,
        present: &Options,
        sends: bool,
        check: impl Fn(&Draft) -> Result<(), Fault>,
        t: &Settings,
        faults: &Composer,
    ) -> (Options, Problems) {
        let mut problems = Problems::new();
        let mut options = Options {
            heartbeat: Heartbeat {
                // Only who changes it has made a choice.
                enabled: match present.heartbeat.enabled {
                    present if present.is_on(sends) == self.heartbeat => present,
                    _ => Switch::from(self.heartbeat),
                },
                even_when_busy: self.even_when_busy,
                reconnect_when_missed: self.reconnect_when_missed,
                ..present.heartbeat.clone()
            },
            reconnect: Reconnect { enabled: self.reconnect, ..present.reconnect.clone() },
            opening: self.opening.clone(),
            answers: self
                .answers
                .iter()
                .enumerate()
                .map(|(at, form)| form.read(present.answers.get(at)))
                .collect(),
            transport: self.transport,
            relay: Relay {
                headers: present.relay.headers.clone(),
                fragment: present.relay.fragment,
                ..self.relay.clone()
            },
        };
        let mut draft = |field, draft: &Draft| {
            if let Err(fault) = check(draft) {
                problems.push((field, fault::sentence(&fault, &draft.text, faults)));
            }
        };
        if self.heartbeat {
            draft(Field::Payload, &self.payload);
        }
        for (index, opening) in self.opening.iter().enumerate() {
            draft(Field::Opening(index), opening);
        }
        self.read_heartbeat(&mut options.heartbeat, &mut problems, t);
        self.read_reconnect(&mut options.reconnect, &mut problems, t);
        self.read_relay(&mut options.relay, &present.relay, &mut problems, t);
        (options, problems)
    }

    fn read_heartbeat(&self, heartbeat: &mut Heartbeat, problems: &mut Problems, t: &Settings) {
        if !self.payload.text.is_empty() {
            heartbeat.payload = self.payload.clone();
        } else if self.heartbeat {
            problems.push((Field::Payload, t.payload_empty.to_owned()));
        }
        match self.answer(t) {
            Ok(answer) => heartbeat.answer = answer,
            Err(problem) if self.heartbeat => problems.push(problem),
            Err(_) => {}
        }
        set_duration(&mut heartbeat.interval_millis, Field::Interval, &self.interval, problems, t);
        set_duration(&mut heartbeat.deadline_millis, Field::Deadline, &self.deadline, problems, t);
    }

    fn read_reconnect(&self, reconnect: &mut Reconnect, problems: &mut Problems, t: &Settings) {
        let before = (reconnect.min_delay_millis, reconnect.max_delay_millis);
        set_duration(&mut reconnect.min_delay_millis, Field::MinDelay, &self.min_delay, problems, t);
        set_duration(&mut reconnect.max_delay_millis, Field::MaxDelay, &self.max_delay, problems, t);
        if reconnect.min_delay_millis > reconnect.max_delay_millis {
            (reconnect.min_delay_millis, reconnect.max_delay_millis) = before;
            problems.push((Field::MaxDelay, t.max_delay_wrong.to_owned()));
        }
        match self.attempts.trim() {
            "" => reconnect.max_attempts = None,
            text => match text.parse::<u32>() {
                Ok(attempts @ 1..) => reconnect.max_attempts = Some(attempts),
                _ => problems.push((Field::Attempts, t.attempts_wrong.to_owned())),
            },
        }
        match parse_codes(&self.stop_codes) {
            Ok(codes) => reconnect.stop_codes = codes,
            Err(CodesError::NotACode(part)) => {
                problems.push((Field::StopCodes, fill(t.codes_wrong, &[&part])));
            }
            Err(CodesError::Backwards(part)) => {
                problems.push((Field::StopCodes, fill(t.codes_backwards, &[&part])));
            }
        }
    }

    fn read_relay(&self, relay: &mut Relay, present: &Relay, problems: &mut Problems, t: &Settings) {
        let mut wrong = |field, sentence: String| problems.push((field, sentence));
        match parse_headers(&self.headers) {
            Ok(headers) => relay.headers = headers,
            Err(HeaderError::Form(line)) => wrong(Field::Headers, fill(t.header_wrong, &[&line])),
            Err(HeaderError::Own(name)) => wrong(Field::Headers, fill(t.header_own, &[&name])),
        }
        if relay.certificate.is_empty() != relay.key.is_empty() {
            wrong(Field::Key, t.key_missing.to_owned());
            (relay.certificate, relay.key) = (present.certificate.clone(), present.key.clone());
        }
        let is_proxy = relay.proxy.to_ascii_lowercase().starts_with("http://");
        if !relay.proxy.is_empty() && !is_proxy && !relay.proxy.starts_with("{{") {
            wrong(Field::Proxy, t.proxy_wrong.to_owned());
            relay.proxy.clone_from(&present.proxy);
        }
        match self.fragment.trim() {
            "" => relay.fragment = None,
            text => match text.parse() {
                Ok(bytes @ 1_u64..) => relay.fragment = Some(bytes),
                _ => wrong(Field::Fragment, t.fragment_wrong.to_owned()),
            },
        }
    }

    fn answer(&self, t: &Settings) -> Result<Answer, (Field, String)> {
        let text = self.answer_text.clone();
        let needs_text = matches!(self.answer, AnswerKind::Exact | AnswerKind::Contains);
        if needs_text && text.is_empty() {
            return Err((Field::Answer, t.answer_empty.to_owned()));
        }
        if self.answer == AnswerKind::Json && self.answer_name.is_empty() {
            return Err((Field::AnswerName, t.answer_name_empty.to_owned()));
        }
        Ok(match self.answer {
            AnswerKind::Echo => Answer::Echo,
            AnswerKind::Exact => Answer::Exact(text),
            AnswerKind::Contains => Answer::Contains(text),
            AnswerKind::Json => Answer::JsonField { name: self.answer_name.clone(), value: text },
            AnswerKind::Any => Answer::AnyMessage,
            AnswerKind::None => Answer::None,
        })
    }
}

/// Sets a length of time, or says what is wrong with it.
fn set_duration(place: &mut u64, field: Field, text: &str, problems: &mut Problems, t: &Settings) {
    match parse_duration(text) {
        Some(millis) => *place = millis,
        None => problems.push((field, fill(t.duration_wrong, &[&text.trim()]))),
    }
}

#[cfg(test)]
mod tests {
    use workbench::view::Format;

    use super::*;

    const T: &Settings = &Settings::EN;
    const FAULTS: &Composer = &Composer::EN;

    fn check(draft: &Draft) -> Result<(), Fault> {
        draft.prepare(None::<&mut workbench::template::Values<'_, fn() -> u64>>).map(drop)
    }

    fn read(form: &Form) -> (Options, Vec<Field>) {
        let (options, problems) = form.read(&Options::default(), true, check, T, FAULTS);
        (options, problems.into_iter().map(|(field, _)| field).collect())
    }

    #[test]
    fn a_form_says_what_is_set() {
        let mut options = Options::default();
        assert_eq!(read(&Form::new(&options, true)), (options.clone(), vec![]));
        options.heartbeat = Heartbeat {
            enabled: Switch::Off,
            payload: Draft { format: Format::Hex, text: "00 ff".to_owned() },
            answer: Answer::JsonField { name: "type".to_owned(), value: "pong".to_owned() },
            interval_millis: 1_500,
            deadline_millis: 90_000,
            even_when_busy: true,
            reconnect_when_missed: false,
        };
        options.reconnect = Reconnect {
            enabled: false,
            min_delay_millis: 10,
            max_delay_millis: 86_400_000,
            max_attempts: Some(7),
            stop_codes: vec![1000..=1000, 4000..=4010],
        };
        options.opening = vec![Draft { format: Format::Json, text: "[]".to_owned() }];
        assert_eq!(read(&Form::new(&options, true)), (options.clone(), vec![]));
        for answer in [
            Answer::Exact("a".to_owned()),
            Answer::Contains("b".to_owned()),
            Answer::AnyMessage,
            Answer::None,
        ] {
            options.heartbeat.answer = answer;
            assert_eq!(read(&Form::new(&options, true)), (options.clone(), vec![]));
        }
    }

    #[test]
    fn what_only_a_relay_can_do_is_read_line_by_line() {
        let mut form = Form::new(&Options::default(), true);
        form.headers = "Authorization: Bearer {{token}}\nOrigin: null".to_owned();
        form.fragment = " 16 ".to_owned();
        form.relay.proxy = "http://p:3128".to_owned();
        form.relay.accept_invalid = true;
        let (options, wrong) = read(&form);
        assert_eq!((wrong, options.relay.headers.len(), options.relay.fragment), (vec![], 2, Some(16)));
        assert_eq!(Form::new(&options, true), form_with(&options, &form));
        form.headers = "Host: x".to_owned();
        form.fragment = "0".to_owned();
        form.relay.key = "PEM".to_owned();
        form.relay.proxy = "p:3128".to_owned();
        let (options, wrong) = read(&form);
        assert_eq!(wrong, [Field::Headers, Field::Key, Field::Proxy, Field::Fragment]);
        let expected = Relay { accept_invalid: true, fragment: Some(16), ..Relay::default() };
        assert_eq!(options.relay, Relay { fragment: None, ..expected });
    }

    /// The form of what is set, with what stands in it in other words.
    fn form_with(options: &Options, form: &Form) -> Form {
        Form { relay: options.relay.clone(), fragment: form.fragment.trim().to_owned(), ..form.clone() }
    }

    #[test]
    fn everything_wrong_is_said_at_once() {
        let mut form = Form::new(&Options::default(), true);
        form.interval = "soon".to_owned();
        form.deadline = "0".to_owned();
        form.min_delay = "2 min".to_owned();
        form.attempts = "0".to_owned();
        form.stop_codes = "4999-4000".to_owned();
        form.payload = Draft { format: Format::Json, text: "{".to_owned() };
        form.answer = AnswerKind::Contains;
        form.opening = vec![Draft::default(), Draft { format: Format::Hex, text: "0".to_owned() }];
        form.reconnect = false;
        let (options, wrong) = read(&form);
        assert_eq!(
            wrong,
            [
                Field::Payload,
                Field::Opening(1),
                Field::Answer,
                Field::Interval,
                Field::Deadline,
                Field::MaxDelay,
                Field::Attempts,
                Field::StopCodes,
            ]
        );
        // What is wrong sets nothing, messages excepted; what is right is set.
        let mut expected = Options { opening: form.opening.clone(), ..Options::default() };
        expected.heartbeat.payload = form.payload;
        expected.reconnect.enabled = false;
        assert_eq!(options, expected);
    }

    #[test]
    fn only_who_changes_the_heartbeat_has_chosen() {
        for sends in [true, false] {
            let mut form = Form::new(&Options::default(), sends);
            let read =
                |form: &Form| form.read(&Options::default(), sends, check, T, FAULTS).0.heartbeat.enabled;
            assert_eq!(form.heartbeat, sends);
            form.interval = "1 s".to_owned();
            assert_eq!(read(&form), Switch::Auto);
            form.heartbeat = !sends;
            assert_eq!(read(&form), Switch::from(!sends));
        }
    }

    #[test]
    fn what_is_not_in_use_is_not_checked() {
        let mut form = Form::new(&Options::default(), true);
        form.payload.text.clear();
        form.answer = AnswerKind::Json;
        assert_eq!(read(&form).1, [Field::Payload, Field::AnswerName]);
        form.heartbeat = false;
        assert_eq!(read(&form).1, []);
    }
}
