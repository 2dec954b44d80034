//! The calls that build it.

use proc_macro2::{Ident, Span, TokenStream};
use quote::quote;

use crate::parse::{Attribute, Element, If, Node, Nodes, Otherwise, Value};

/// Attributes that are there or not.
const FLAGS: [&str; 15] = [
    "allowfullscreen",
    "async",
    "autofocus",
    "controls",
    "default",
    "disabled",
    "hidden",
    "ismap",
    "loop",
    "multiple",
    "muted",
    "open",
    "readonly",
    "required",
    "selected",
];

pub(crate) fn root(nodes: &Nodes) -> TokenStream {
    let markup = markup();
    let body = all(nodes);
    quote! {{
        #[allow(unused_mut)]
        let mut #markup = ::page::markup::Markup::new();
        #body
        #markup.finish()
    }}
}

/// The builder's name, which no value can use.
fn markup() -> Ident {
    Ident::new("markup", Span::mixed_site())
}

fn all(nodes: &Nodes) -> TokenStream {
    nodes.0.iter().map(node).collect()
}

fn node(node: &Node) -> TokenStream {
    let markup = markup();
    match node {
        Node::Element(one) => element(one),
        Node::Fragment(nodes) => {
            let body = all(nodes);
            quote! { #markup.begin(); #body #markup.end(); }
        }
        Node::Value(value) => quote! { ::page::markup::Put::put({ #value }, &mut #markup); },
        Node::If(one) => {
            let body = branches(one);
            quote! { #markup.begin(); #body #markup.end(); }
        }
        Node::For(one) => {
            let (pattern, iterator, body) = (&one.pattern, &one.iterator, all(&one.body));
            quote! { #markup.begin(); for #pattern in #iterator { #body } #markup.end(); }
        }
    }
}

fn branches(one: &If) -> TokenStream {
    let (condition, then) = (&one.condition, all(&one.then));
    let otherwise = match one.otherwise.as_deref() {
        None => return quote! { if #condition { #then } },
        Some(Otherwise::If(next)) => branches(next),
        Some(Otherwise::Nodes(nodes)) => {
            let nodes = all(nodes);
            quote! {{ #nodes }}
        }
    };
    quote! { if #condition { #then } else #otherwise }
}

fn element(element: &Element) -> TokenStream {
    let markup = markup();
    let tag = element.name.to_string();
    let is_field = tag == "input" || tag == "textarea";
    let (mut fixed, mut names, mut values) = (Vec::new(), Vec::new(), TokenStream::new());
    let mut fixed_names = Vec::new();
    let (mut marks, mut listeners) = (TokenStream::new(), TokenStream::new());
    for Attribute { name, ident, value } in &element.attributes {
        match (name.as_str(), value) {
            ("ref", Value::Open(value)) => marks.extend(quote! { #markup.reference({ #value }); }),
            ("key", Value::Open(value)) => marks.extend(quote! { #markup.key({ #value }.into()); }),
            ("key", Value::Fixed(value)) => marks.extend(quote! { #markup.key(#value.into()); }),
            ("value", Value::Open(value)) if is_field => {
                marks.extend(quote! { #markup.value(::page::markup::Set::value({ #value })); });
            }
            ("value", Value::Fixed(value)) if is_field => {
                marks.extend(quote! { #markup.value(::page::markup::Set::value(#value)); });
            }
            ("checked", Value::Open(value)) if is_field => {
                marks.extend(quote! { #markup.checked({ #value }); });
            }
            (event, Value::Open(value)) if event.starts_with("on") => {
                listeners
                    .extend(quote! { #markup.on(::yew::html::#ident::Wrapper::__macro_new({ #value })); });
            }
            (name, Value::Open(value)) if FLAGS.contains(&name) => {
                names.push(name);
                values.extend(quote! { #markup.flag(#name, { #value }); });
            }
            (name, Value::Open(value)) => {
                names.push(name);
                values.extend(quote! { ::page::markup::Set::set({ #value }, &mut #markup); });
            }
            (name, Value::Fixed(value)) => {
                fixed_names.push(name);
                fixed.push(value);
            }
        }
    }
    let children = all(&element.children);
    fixed_names.extend(names);
    quote! {
        #markup.open(&::page::markup::Shape { tag: #tag, names: &[#(#fixed_names),*], fixed: &[#(#fixed),*] });
        #marks
        #values
        #listeners
        #children
        #markup.close();
    }
}
