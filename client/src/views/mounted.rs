//! What the page's own server has under names: targets that clients are carried to, and recordings that are played back.
//!
//! `data-testid`: `mounted-item` (one, with `data-url`) with `mounted-connect` and, where it was made or uploaded,
//! `mounted-delete`; `via-name`, `via-target`, `via-header`, `via-tls` (shows `via-roots`,
//! `via-certificate`, `via-key`, `via-invalid`), `via-do`; `replay-file` (the file field); `mounted-failed`.

use std::rc::Rc;

use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::{File, HtmlInputElement};
use workbench::json::{self, Value};
use workbench::view::Payload;
use yew::prelude::*;

use crate::model::visible;
use crate::running::fetching;
use crate::running::session::Draft;
use crate::running::workspace::Workspace;
use crate::texts::settings::Settings;
use crate::texts::{fill, plural};
use crate::views::block::block;
use crate::views::fields::{AreaRow, SwitchRow};
use crate::views::hooks::use_effect_on;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// The largest file that the server takes, in bytes.
const MAX_BYTES: f64 = 16.0 * 1024.0 * 1024.0;

#[derive(PartialEq)]
pub(super) struct Mounted {
    pub(super) workspace: Workspace,
    pub(super) on_close: Callback<()>,
}

/// A target or a recording, as the server tells of it.
#[derive(Clone, Debug, PartialEq)]
struct Entry {
    /// Below `/ws/`.
    path: String,
    /// Below `api/`.
    api: String,
    /// Where it leads, or what is in it.
    what: String,
    /// Whether it can be forgotten.
    removable: bool,
    /// What it plays back was asked for with this subprotocol.
    protocol: String,
}

block!(Mounted, use_mounted);

#[hook]
fn use_mounted(props: &Mounted) -> Html {
    let t = &use_texts().settings;
    let entries = use_state_eq(|| Rc::new(Vec::<Entry>::new()));
    let failure = use_state_eq(String::new);
    let round = use_state_eq(|| 0_u32);
    {
        let entries = entries.setter();
        use_effect_on(*round, move |_| {
            #[expect(clippy::disallowed_methods, reason = "it ends with the answers or with its patience")]
            spawn_local(async move {
                let (vias, replays) = (fetching::text("api/vias").await, fetching::text("api/replays").await);
                let vias = vias.map(|answer| read(&answer, "vias", via)).unwrap_or_default();
                let replays = replays.map(|answer| read(&answer, "replays", |of| replay(of, t)));
                entries.set(Rc::new([vias, replays.unwrap_or_default()].concat()));
            });
        });
    }
    // Has the server change something, and asks what there is then.
    let tell = {
        let (failure, round) = (failure.setter(), round);
        Callback::from(move |(method, address, body): (&'static str, String, Option<Payload>)| {
            let (failure, round) = (failure.clone(), round.clone());
            fetching::ask(method, address, body, move |said| {
                failure.set(said.err().map_or(String::new(), |said| explained(&said, t)));
                round.set(*round + 1);
            });
        })
    };
    let (name, target, header) = (use_node_ref(), use_node_ref(), use_node_ref());
    let tls = use_state_eq(Tls::default);
    let mount = {
        let (name, target, header, tell) = (name.clone(), target.clone(), header.clone(), tell.clone());
        let tls = tls.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            let header = written(&header);
            let (header, value) = header.split_once(':').unwrap_or((&header, ""));
            let pair = format!("[{},{}]", json::quote(header), json::quote(value.trim()));
            let pair = if header.is_empty() { "" } else { &pair };
            let url = json::quote(&written(&target));
            let body = format!("{{\"url\":{url},\"headers\":[{pair}]{}}}", tls.member());
            tell.emit(("POST", format!("api/vias/{}", encoded(&written(&name))), Some(Payload::Text(body))));
        }
    };
    let upload = {
        let (tell, failure) = (tell.clone(), failure.setter());
        move |event: Event| {
            let field = event.target_dyn_into::<HtmlInputElement>();
            let file = field.as_ref().and_then(|field| field.files()?.get(0));
            if let Some(field) = field {
                // The same file may be chosen again.
                field.set_value("");
            }
            let Some(file) = file else { return };
            if file.size() > MAX_BYTES {
                return failure.set(fill(t.mounted_too_large, &[&file.name()]));
            }
            let address = format!("api/replays/{}", encoded(&name_of(&file)));
            let (tell, failure) = (tell.clone(), failure.clone());
            #[expect(clippy::disallowed_methods, reason = "it ends with the file")]
            spawn_local(async move {
                match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
                    Some(text) => tell.emit(("POST", address, Some(Payload::Text(text)))),
                    None => failure.set(fill(t.mounted_unreadable, &[&file.name()])),
                }
            });
        }
    };
    let connect = |entry: &Entry| {
        let (workspace, on_close, entry) = (props.workspace.clone(), props.on_close.clone(), entry.clone());
        move |_: MouseEvent| {
            let address = format!("{}/{}", workspace.page().endpoint(), entry.path);
            let tab = workspace
                .add(Some(Draft { address: address.into(), protocols: entry.protocol.as_str().into() }));
            workspace.rename(tab.id, &entry.path);
            on_close.emit(());
            tab.session.connect();
        }
    };
    let delete = |entry: &Entry| {
        let (tell, address) = (tell.clone(), format!("api/{}", entry.api));
        move |_: MouseEvent| tell.emit(("DELETE", address.clone(), None))
    };
    html! {
        <section class="mounted" aria-label={t.mounted}>
            <h3>{t.mounted}</h3>
            <p class="setting-hint">{t.mounted_intro}</p>
            <ul class="watch-list">
                for entry in entries.iter() {
                    <li class="watch-item" key={entry.api.clone()} data-testid="mounted-item" data-url={entry.path.clone()}>
                        <p class="watch-path">
                            <code>{format!("/ws/{}", entry.path)}</code>{" "}
                            <span class="mounted-what">{visible::foreign(&entry.what)}</span>
                        </p>
                        <span class="mounted-do">
                            if entry.removable {
                                <button
                                    class="button small"
                                    type="button"
                                    data-testid="mounted-delete"
                                    aria-label={fill(t.mounted_delete_name, &[&entry.path])}
                                    onclick={delete(entry)}
                                >
                                    {t.mounted_delete}
                                </button>
                            }
                            <button
                                class="button small"
                                type="button"
                                data-testid="mounted-connect"
                                aria-label={fill(t.mounted_connect_name, &[&entry.path])}
                                onclick={connect(entry)}
                            >
                                {t.mounted_connect}
                            </button>
                        </span>
                    </li>
                }
            </ul>
            if !failure.is_empty() {
                <p class="mounted-failed" role="alert" data-testid="mounted-failed">{visible::foreign(&failure)}</p>
            }
            <form class="mounted-form" onsubmit={mount}>
                <input
                    class="field"
                    ref={name}
                    required=true
                    maxlength="64"
                    pattern="[A-Za-z0-9._\\-]+"
                    placeholder={t.mounted_name}
                    aria-label={t.mounted_name}
                    title={t.mounted_name_hint}
                    data-testid="via-name"
                />
                <input
                    class="field"
                    ref={target}
                    required=true
                    placeholder="wss://api.example.com/feed"
                    aria-label={t.mounted_target}
                    data-testid="via-target"
                />
                <input
                    class="field"
                    ref={header}
                    placeholder="Origin: https://example.com"
                    aria-label={t.mounted_header}
                    title={t.mounted_header}
                    data-testid="via-header"
                />
                {tls_fields(&tls, t)}
                <button class="button small" type="submit" data-testid="via-do">{t.mounted_mount}</button>
                <label class="button small">
                    {t.mounted_upload}
                    <input
                        class="visually-hidden"
                        type="file"
                        accept=".jsonl,.ndjson,.har,.json"
                        data-testid="replay-file"
                        onchange={upload}
                    />
                </label>
            </form>
        </section>
    }
}

/// Whom the target is trusted as, and as whom it is spoken to.
#[derive(Clone, Debug, Default, PartialEq)]
struct Tls {
    roots: String,
    certificate: String,
    key: String,
    accept_invalid: bool,
}

impl Tls {
    /// The member of what the server is told, behind others; nothing where nothing was entered.
    fn member(&self) -> String {
        if *self == Tls::default() {
            return String::new();
        }
        let texts = [("roots", &self.roots), ("certificate", &self.certificate), ("key", &self.key)];
        let texts = texts.iter().filter(|(_, pem)| !pem.trim().is_empty());
        let texts: String = texts.map(|(name, pem)| format!("\"{name}\":{},", json::quote(pem))).collect();
        format!(",\"tls\":{{{texts}\"acceptInvalid\":{}}}", self.accept_invalid)
    }
}

fn tls_fields(tls: &UseStateHandle<Tls>, t: &'static Settings) -> Html {
    let change = |change: fn(&mut Tls, String)| {
        let tls = tls.clone();
        Callback::from(move |written: String| {
            let mut changed = (*tls).clone();
            change(&mut changed, written);
            tls.set(changed);
        })
    };
    let area = |name: &'static str, label: &'static str, hint: &'static str, value: &str, on_input| {
        let (label, hint, value) = (label.into(), hint.into(), value.to_owned().into());
        AreaRow { name: name.into(), label, hint, value, on_input, ..AreaRow::default() }.view()
    };
    html! {
        <details class="mounted-tls">
            <summary data-testid="via-tls">{t.mounted_tls}</summary>
            {area("via-roots", t.roots, t.roots_hint, &tls.roots, change(|tls, pem| tls.roots = pem))}
            {area("via-certificate", t.certificate, t.certificate_hint, &tls.certificate, change(|tls, pem| tls.certificate = pem))}
            {area("via-key", t.key, t.mounted_key_hint, &tls.key, change(|tls, pem| tls.key = pem))}
            {SwitchRow {
                name: "via-invalid".into(),
                label: t.accept_invalid.into(),
                hint: t.accept_invalid_hint.into(),
                checked: tls.accept_invalid,
                on_change: {
                    let tls = tls.clone();
                    Callback::from(move |accept_invalid| tls.set(Tls { accept_invalid, ..(*tls).clone() }))
                },
            }.view()}
        </details>
    }
}

fn written(field: &NodeRef) -> String {
    field.cast::<HtmlInputElement>().map_or(String::new(), |field| field.value().trim().to_owned())
}

fn encoded(name: &str) -> String {
    js_sys::encode_uri_component(name).into()
}

/// What a file is called without its ending, in the signs that a name may have.
fn name_of(file: &File) -> String {
    let name = file.name();
    let stem = name.rsplit_once('.').map_or(&*name, |(stem, _)| stem);
    let sign = |sign: char| if sign.is_ascii_alphanumeric() || "._-".contains(sign) { sign } else { '-' };
    stem.chars().map(sign).take(64).collect()
}

fn explained(said: &str, t: &'static Settings) -> String {
    if said.is_empty() { t.mounted_failed.to_owned() } else { said.trim_end().to_owned() }
}

fn read(answer: &str, list: &str, entry: impl Fn(&Value<'_>) -> Option<Entry>) -> Vec<Entry> {
    let Ok(answer) = Value::parse(answer) else { return Vec::new() };
    answer.get(list).map(|list| list.items().iter().filter_map(entry).collect()).unwrap_or_default()
}

fn text<'v>(of: &'v Value<'_>, name: &str) -> Option<&'v str> {
    of.get(name).and_then(Value::as_str)
}

fn via(of: &Value<'_>) -> Option<Entry> {
    let name = text(of, "name")?;
    Some(Entry {
        path: format!("via/{name}"),
        api: format!("vias/{name}"),
        what: format!("→ {}", text(of, "target")?),
        removable: of.get("made").and_then(Value::as_bool)?,
        protocol: String::new(),
    })
}

fn replay(of: &Value<'_>, t: &'static Settings) -> Option<Entry> {
    let name = text(of, "name")?;
    let connections = of.get("connections")?.items();
    let messages: u64 = connections.iter().filter_map(|of| of.get("messages").and_then(Value::as_u64)).sum();
    Some(Entry {
        path: format!("replay/{name}"),
        api: format!("replays/{name}"),
        what: plural(t.mounted_messages, messages),
        removable: of.get("uploaded").and_then(Value::as_bool)?,
        protocol: connections.first().and_then(|of| text(of, "protocol")).unwrap_or_default().to_owned(),
    })
}
