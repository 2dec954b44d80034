//! Closing with a code and reason of the person's choice.
//!
//! `data-testid`: `closing-code`, `closing-reason`, `closing-left`, `closing-close`, `closing-problem`.

use yew::prelude::*;

use crate::model::closing::{ClosingFault, check};
use crate::running::session::Session;
use crate::texts::fill;
use crate::views::fields::input_value;
use crate::views::hooks::use_selected;
use crate::views::lang::use_texts;

#[derive(PartialEq, Properties)]
pub(super) struct ClosingFormProps {
    pub(super) session: Session,
}

#[component]
pub(super) fn ClosingForm(props: &ClosingFormProps) -> Html {
    let t = &use_texts().composer;
    let code = use_state_eq(|| "1000".to_owned());
    let reason = use_state_eq(String::new);
    let is_final = use_selected(&props.session, |view| view.link.phase.is_final());
    let checked = check(&code, &reason);
    let submit = {
        let (session, checked) = (props.session.clone(), checked.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            if let Ok(request) = &checked {
                // Checked by the same rules.
                let _ = session.close(request.clone());
            }
        }
    };
    let on_code = {
        let code = code.setter();
        move |event: InputEvent| code.set(input_value(&event))
    };
    let on_reason = {
        let reason = reason.setter();
        move |event: InputEvent| reason.set(input_value(&event))
    };
    let left_id = format!("closing-left-{}", props.session.id().0);
    let problem = match checked {
        Err(ClosingFault::Code) => Some(t.closing_code_wrong),
        Err(ClosingFault::Reason) => Some(t.closing_reason_long),
        Ok(_) if *is_final => Some(t.closing_none),
        Ok(_) => None,
    };
    html! {
        <section class="drawer-section">
            <h3 class="drawer-title">{t.closing}</h3>
            <form class="drawer-form" onsubmit={submit}>
                <label class="drawer-label short">
                    <span>{t.closing_code}</span>
                    <input
                        class="field"
                        type="text"
                        inputmode="numeric"
                        data-testid="closing-code"
                        aria-invalid={(checked == Err(ClosingFault::Code)).to_string()}
                        value={(*code).clone()}
                        oninput={on_code}
                    />
                </label>
                <label class="drawer-label">
                    <span>{t.closing_reason}</span>
                    <input
                        class="field"
                        type="text"
                        data-testid="closing-reason"
                        placeholder={t.closing_reason_hint}
                        autocomplete="off"
                        aria-describedby={left_id.clone()}
                        aria-invalid={(checked == Err(ClosingFault::Reason)).to_string()}
                        value={(*reason).clone()}
                        oninput={on_reason}
                    />
                </label>
                <button class="button" type="submit" data-testid="closing-close" disabled={problem.is_some()}>
                    {t.closing_close}
                </button>
                <p class="drawer-hint" id={left_id} data-testid="closing-left">
                    {fill(t.closing_left, &[&reason.len()])}
                </p>
                <p class="drawer-problem" role="status" data-testid="closing-problem">{problem.unwrap_or_default()}</p>
            </form>
        </section>
    }
}
