//! One entry in full.

use wasm_bindgen_futures::JsFuture;
use yew::prelude::*;

use super::icons::{Icon, Picture};
use crate::model::close;
use crate::model::format::{hex_dump, size, time_of_day};
use crate::model::journal::{Body, Entry, Kind};

#[derive(PartialEq, Properties)]
pub(super) struct DetailProps {
    pub(super) entry: Entry,
    pub(super) on_close: Callback<()>,
}

#[component]
pub(super) fn Detail(props: &DetailProps) -> Html {
    let entry = &props.entry;
    let text = use_memo(entry.body.clone(), |body| match body {
        Body::Text(text) => AttrValue::from(text.clone()),
        Body::Binary(bytes) => hex_dump(bytes).into(),
    });
    let copied = use_state_eq(|| None::<bool>);
    {
        let copied = copied.setter();
        use_effect_with(entry.body.clone(), move |_| copied.set(None));
    }
    let copy = {
        let (text, copied) = (text.clone(), copied.setter());
        move |_: MouseEvent| copy(text.clone(), copied.clone())
    };
    let kind = match entry.body {
        Body::Text(_) => "text",
        Body::Binary(_) => "binary",
    };
    let explanation = match (entry.delivery, entry.close_code) {
        (Some(delivery), _) => delivery.sentence().map(str::to_owned),
        (None, Some(code)) => {
            let meaning = close::explain(code);
            Some(format!("{code}, {}: {}", meaning.name, meaning.sentence))
        }
        (None, None) => None,
    };
    let is_message = matches!(entry.kind, Kind::Sent | Kind::Response);
    html! {
        <aside class="detail" aria-label="Selected entry" data-kind={entry.kind.slug()}>
            <header class="detail-header">
                <span class="entry-label">{entry.label()}</span>
                <span class="detail-time">{time_of_day(entry.local_millis)}</span>
                if is_message {
                    <span class="detail-size">{format!("{}, {kind}", size(entry.body.len() as u64))}</span>
                }
                <span class="detail-actions">
                    <button
                        class="button icon-button small"
                        type="button"
                        title="Copy"
                        aria-label="Copy"
                        data-testid="copy"
                        onclick={copy}
                    >
                        <Picture icon={Icon::Copy} />
                    </button>
                    <button
                        class="button icon-button small"
                        type="button"
                        title="Close"
                        aria-label="Close details"
                        data-testid="detail-close"
                        onclick={props.on_close.reform(|_| ())}
                    >
                        <Picture icon={Icon::Close} />
                    </button>
                </span>
            </header>
            if let Some(explanation) = explanation {
                <p class="detail-explanation">{explanation}</p>
            }
            <p class="detail-copied" role="status">
                { match *copied {
                    Some(true) => "Copied",
                    Some(false) => "The browser did not allow copying",
                    None => "",
                } }
            </p>
            <pre class={classes!("detail-body", kind)} data-testid="detail" tabindex="0">{(*text).clone()}</pre>
        </aside>
    }
}

/// Copies and says whether it worked.
fn copy(text: std::rc::Rc<AttrValue>, copied: UseStateSetter<Option<bool>>) {
    let Some(window) = web_sys::window() else { return };
    #[expect(
        clippy::disallowed_methods,
        reason = "ends with the browser's answer, and a setter outlives its component"
    )]
    wasm_bindgen_futures::spawn_local(async move {
        // Pages not served from https or this machine have no clipboard at all.
        let allowed = window.is_secure_context();
        let result = allowed.then(|| JsFuture::from(window.navigator().clipboard().write_text(&text)));
        copied.set(Some(match result {
            Some(result) => result.await.is_ok(),
            None => false,
        }));
    });
}
