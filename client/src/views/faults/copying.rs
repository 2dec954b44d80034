//! The address that asks for faults, in the forms that other clients take.

use wasm_bindgen_futures::{JsFuture, spawn_local};
use workbench::snippet::Snippet;
use yew::prelude::*;

use crate::views::block::block;
use crate::views::fields::select;
use crate::views::lang::use_texts;
use crate::views::markup::html;

/// The address for other clients.
#[derive(PartialEq)]
pub(super) struct Copying {
    pub(super) address: AttrValue,
}

block!(Copying, use_copying);

#[hook]
fn use_copying(props: &Copying) -> Html {
    let t = &use_texts().settings;
    let snippet = use_state_eq(Snippet::default);
    let text = AttrValue::from(snippet.write(&props.address));
    // What was copied, and whether the browser let it be.
    let copied = use_state_eq(|| None::<(AttrValue, bool)>);
    let choices: Vec<_> = Snippet::ALL.iter().map(|known| (known.name(), known.name().into())).collect();
    let on_choice = {
        let snippet = snippet.setter();
        Callback::from(move |name: String| {
            snippet.set(Snippet::ALL.into_iter().find(|known| known.name() == name).unwrap_or_default());
        })
    };
    let copy = {
        let (text, copied) = (text.clone(), copied.setter());
        move |_: MouseEvent| {
            let (text, copied) = (text.clone(), copied.clone());
            #[expect(clippy::disallowed_methods, reason = "it ends with the browser's answer")]
            spawn_local(async move {
                let window = web_sys::window().filter(web_sys::Window::is_secure_context);
                let written = window.map(|window| window.navigator().clipboard().write_text(&text));
                let is_copied = match written {
                    Some(written) => JsFuture::from(written).await.is_ok(),
                    None => false,
                };
                copied.set(Some((text, is_copied)));
            });
        }
    };
    let said = copied.as_ref().filter(|(what, _)| *what == text).map(|(_, is_copied)| match is_copied {
        true => t.faults_copied,
        false => t.faults_not_copied,
    });
    html! {
        <>
            <pre class="faults-address" tabindex="0" data-testid="faults-address">{text}</pre>
            <div class="faults-copying">
                <label class="setting-label" for="faults-as">{t.faults_as}</label>
                {select(&"faults-as".into(), &choices, snippet.name(), on_choice, None, None)}
                <button class="button" type="button" data-testid="faults-copy" onclick={copy}>{t.faults_copy}</button>
                <span class="setting-hint" role="status">{said}</span>
            </div>
        </>
    }
}
