//! The person's own placeholders.
//!
//! `data-testid`: `variable` (one each, `data-name`) with `variable-insert` and `variable-remove`;
//! `variable-name`, `variable-value`, `variable-add`.

use workbench::template::{Variables, is_name};
use yew::prelude::*;

use crate::actions::editor::Editor;
use crate::lasting::storage::Key;
use crate::lasting::variables;
use crate::texts::fill;
use crate::views::fields::input_value;
use crate::views::hooks::use_stored;
use crate::views::icons::{Icon, picture};
use crate::views::lang::{use_said, use_texts};

#[derive(PartialEq, Properties)]
pub(super) struct VariablesFormProps {
    pub(super) editor: Editor,
}

#[component]
pub(super) fn VariablesForm(props: &VariablesFormProps) -> Html {
    let t = &use_texts().composer;
    let known = use_state_eq(variables::variables);
    let name = use_state_eq(String::new);
    let value = use_state_eq(String::new);
    let problem = use_said::<&'static str>();
    let store = {
        let (known, problem, editor) = (known.setter(), problem.setter(), props.editor.clone());
        move |change: &dyn Fn(&mut Variables)| {
            let stored = variables::change(change);
            problem.set(stored.is_err().then_some(t.storage_refused));
            known.set(variables::variables());
            editor.check();
        }
    };
    {
        let known = known.setter();
        use_stored(&[Key::VARIABLES], move || known.set(variables::variables()));
    }
    let add = {
        let (name, value, problem, store) = (name.clone(), value.clone(), problem.setter(), store.clone());
        move |event: SubmitEvent| {
            event.prevent_default();
            let trimmed = name.trim();
            if !is_name(trimmed) {
                problem.set(Some(t.variable_name_wrong));
                return;
            }
            store(&|all| drop(all.insert(trimmed.to_owned(), (*value).clone())));
            name.set(String::new());
            value.set(String::new());
        }
    };
    let on_name = {
        let (name, problem) = (name.setter(), problem.setter());
        move |event: InputEvent| {
            name.set(input_value(&event));
            problem.set(None);
        }
    };
    let on_value = {
        let value = value.setter();
        move |event: InputEvent| value.set(input_value(&event))
    };
    let is_known = known.contains_key(name.trim());
    html! {
        <section class="drawer-section">
            <h3 class="drawer-title">{t.variables}</h3>
            <ul class="placeholders">
                for (known, value) in known.iter() {
                    <li key={known.clone()} data-testid="variable" data-name={known.clone()}>
                        <button
                            class="placeholder"
                            type="button"
                            title={fill(t.placeholder_insert, &[known])}
                            data-testid="variable-insert"
                            onclick={
                                let (editor, written) = (props.editor.clone(), format!("{{{{{known}}}}}"));
                                move |_: MouseEvent| editor.insert(&written)
                            }
                        >
                            <code>{format!("{{{{{known}}}}}")}</code>
                        </button>
                        <span class="variable-value">{value}</span>
                        <button
                            class="button icon-button small"
                            type="button"
                            title={fill(t.variable_remove, &[known])}
                            aria-label={fill(t.variable_remove, &[known])}
                            data-testid="variable-remove"
                            onclick={
                                let (store, known) = (store.clone(), known.clone());
                                move |_: MouseEvent| {
                                    store(&|all| drop(all.remove(&known)));
                                }
                            }
                        >
                            {picture(Icon::Close)}
                        </button>
                    </li>
                }
            </ul>
            <form class="drawer-form" onsubmit={add}>
                <label class="drawer-label short">
                    <span>{t.variable_name}</span>
                    <input
                        class="field"
                        type="text"
                        data-testid="variable-name"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        value={(*name).clone()}
                        oninput={on_name}
                    />
                </label>
                <label class="drawer-label">
                    <span>{t.variable_value}</span>
                    <input
                        class="field"
                        type="text"
                        data-testid="variable-value"
                        autocomplete="off"
                        autocapitalize="off"
                        spellcheck="false"
                        value={(*value).clone()}
                        oninput={on_value}
                    />
                </label>
                <button class="button" type="submit" data-testid="variable-add">
                    {if is_known { t.variable_set } else { t.variable_add }}
                </button>
                if let Some(problem) = *problem {
                    <p class="drawer-problem" role="alert">{problem}</p>
                } else {
                    <p class="drawer-hint">{t.variable_kept}</p>
                }
            </form>
        </section>
    }
}
