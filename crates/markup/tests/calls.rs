//! What the macro calls, recorded instead of drawn.

// The macro names the crate that the builder is in.
extern crate self as page;

use ::markup::html;

/// Stands where the page has its builder.
pub(crate) mod markup {
    use std::fmt::Debug;

    pub(crate) struct Shape {
        pub(crate) tag: &'static str,
        pub(crate) names: &'static [&'static str],
        pub(crate) fixed: &'static [&'static str],
    }

    pub(crate) struct Markup(String);

    impl Markup {
        pub(crate) fn new() -> Markup {
            Markup(String::new())
        }

        pub(crate) fn open(&mut self, shape: &'static Shape) {
            self.0 += &format!("<{} {:?} {:?}", shape.tag, shape.names, shape.fixed);
        }

        pub(crate) fn key(&mut self, key: String) {
            self.0 += &format!(" key {key}");
        }

        pub(crate) fn value(&mut self, value: String) {
            self.0 += &format!(" value {value}");
        }

        pub(crate) fn flag(&mut self, name: &str, is_set: bool) {
            self.0 += &format!(" {name} {is_set}");
        }

        pub(crate) fn close(&mut self) {
            self.0 += ">";
        }

        pub(crate) fn begin(&mut self) {
            self.0 += "(";
        }

        pub(crate) fn end(&mut self) {
            self.0 += ")";
        }

        pub(crate) fn finish(self) -> String {
            self.0
        }
    }

    pub(crate) trait Put: Debug + Sized {
        fn put(self, markup: &mut Markup) {
            markup.0 += &format!(" {self:?}");
        }
    }

    impl<T: Debug> Put for T {}

    pub(crate) trait Set: Debug + Sized {
        fn set(self, markup: &mut Markup) {
            markup.0 += &format!(" set {self:?}");
        }

        fn value(self) -> String {
            format!("{self:?}")
        }
    }

    impl<T: Debug> Set for T {}
}

#[test]
fn what_is_fixed_is_data_and_what_differs_is_handed_over() {
    let (title, is_off) = ("t", true);
    let made = html! {
        <p title={title} class="a" data-testid="b" disabled={is_off} key={"k"}>{"text"}{1 + 1}</p>
    };
    assert_eq!(
        made,
        r#"<p ["class", "data-testid", "title", "disabled"] ["a", "b"] key k set "t" disabled true "text" 2>"#
    );
    assert_eq!(html! { <input type="text" value={title} /> }, r#"<input ["type"] ["text"] value "t">"#);
    assert_eq!(
        html! { <option value={title} /> },
        r#"<option ["value"] [] set "t">"#,
        "elsewhere it is an attribute"
    );
    assert_eq!(html! { <p {title} /> }, r#"<p ["title"] [] set "t">"#);
}

/// Whether something is there or not, its neighbours keep their places.
#[test]
fn conditions_loops_and_fragments_are_lists_of_their_own() {
    let draw = |number: Option<u32>, is_many: bool| {
        html! {
            <>
                if let Some(number) = number && number > 1 { <b>{number}</b> } else if is_many { {"many"} } else {}
                for item in [1, 2] { {item} }
            </>
        }
    };
    assert_eq!(draw(Some(2), false), "((<b [] [] 2>)( 1 2))");
    assert_eq!(draw(None, true), r#"(( "many")( 1 2))"#);
    assert_eq!(draw(None, false), "(()( 1 2))");
}

#[test]
fn values_may_hold_markup_and_do_not_see_the_builder() {
    let markup = "mine";
    assert_eq!(html! { <p>{html! { <b>{markup}</b> }}</p> }, r#"<p [] [] "<b [] [] \"mine\">">"#);
}
