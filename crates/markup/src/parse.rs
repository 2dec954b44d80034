//! Markup as it is written.

use proc_macro2::{Ident, TokenStream};
use syn::ext::IdentExt;
use syn::parse::{Parse, ParseStream};
use syn::{Error, Expr, ExprLit, Lit, Pat, Result, Token, braced};

/// What stands side by side.
pub(crate) struct Nodes(pub(crate) Vec<Node>);

pub(crate) enum Node {
    Element(Element),
    /// `<>…</>`.
    Fragment(Nodes),
    /// `{…}`.
    Value(TokenStream),
    If(If),
    For(Box<For>),
}

pub(crate) struct Element {
    pub(crate) name: Ident,
    pub(crate) attributes: Vec<Attribute>,
    pub(crate) children: Nodes,
}

pub(crate) struct Attribute {
    /// The name with its dashes.
    pub(crate) name: String,
    pub(crate) ident: Ident,
    pub(crate) value: Value,
}

pub(crate) enum Value {
    Fixed(String),
    Open(TokenStream),
}

pub(crate) struct If {
    pub(crate) condition: Expr,
    pub(crate) then: Nodes,
    pub(crate) otherwise: Option<Box<Otherwise>>,
}

pub(crate) enum Otherwise {
    If(If),
    Nodes(Nodes),
}

pub(crate) struct For {
    pub(crate) pattern: Pat,
    pub(crate) iterator: Expr,
    pub(crate) body: Nodes,
}

impl Parse for Nodes {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let mut nodes = Vec::new();
        while !(input.is_empty() || input.peek(Token![<]) && input.peek2(Token![/])) {
            nodes.push(input.parse()?);
        }
        Ok(Nodes(nodes))
    }
}

impl Parse for Node {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.peek(Token![if]) {
            return Ok(Node::If(input.parse()?));
        }
        if input.peek(Token![for]) {
            return Ok(Node::For(Box::new(input.parse()?)));
        }
        if input.peek(syn::token::Brace) {
            let content;
            braced!(content in input);
            return Ok(Node::Value(content.parse()?));
        }
        input.parse::<Token![<]>()?;
        if input.peek(Token![>]) {
            input.parse::<Token![>]>()?;
            let children = input.parse()?;
            input.parse::<Token![<]>()?;
            input.parse::<Token![/]>()?;
            input.parse::<Token![>]>()?;
            return Ok(Node::Fragment(children));
        }
        let name = Ident::parse_any(input)?;
        if name.to_string().starts_with(|first: char| first.is_ascii_uppercase()) {
            return Err(Error::new(name.span(), "components are for yew::html!"));
        }
        let mut attributes = Vec::new();
        while !input.peek(Token![>]) && !input.peek(Token![/]) {
            attributes.push(input.parse()?);
        }
        let is_empty = input.parse::<Option<Token![/]>>()?.is_some();
        input.parse::<Token![>]>()?;
        let children = if is_empty { Nodes(Vec::new()) } else { input.parse()? };
        if !is_empty {
            input.parse::<Token![<]>()?;
            input.parse::<Token![/]>()?;
            let end = Ident::parse_any(input)?;
            if end != name {
                return Err(Error::new(end.span(), format!("</{name}> is expected")));
            }
            input.parse::<Token![>]>()?;
        }
        Ok(Node::Element(Element { name, attributes, children }))
    }
}

impl Parse for Attribute {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        // `{name}` is short for `name={name}`.
        if input.peek(syn::token::Brace) {
            let content;
            braced!(content in input);
            let ident: Ident = content.parse()?;
            return Ok(Attribute {
                name: ident.to_string(),
                value: Value::Open(quote::quote!(#ident)),
                ident,
            });
        }
        let ident = Ident::parse_any(input)?;
        let mut name = ident.unraw().to_string();
        while input.peek(Token![-]) {
            input.parse::<Token![-]>()?;
            name = format!("{name}-{}", Ident::parse_any(input)?.unraw());
        }
        input.parse::<Token![=]>()?;
        let value = if input.peek(syn::token::Brace) {
            let content;
            braced!(content in input);
            let tokens: TokenStream = content.parse()?;
            match syn::parse2::<Expr>(tokens.clone()) {
                Ok(Expr::Lit(ExprLit { lit: Lit::Str(text), .. })) => Value::Fixed(text.value()),
                _ => Value::Open(tokens),
            }
        } else {
            match input.parse::<Lit>()? {
                Lit::Str(text) => Value::Fixed(text.value()),
                literal => Value::Open(quote::quote!(#literal)),
            }
        };
        Ok(Attribute { name, ident, value })
    }
}

impl Parse for If {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![if]>()?;
        let condition = Expr::parse_without_eager_brace(input)?;
        let then = in_braces(input)?;
        let otherwise = match input.parse::<Option<Token![else]>>()? {
            None => None,
            Some(_) if input.peek(Token![if]) => Some(Box::new(Otherwise::If(input.parse()?))),
            Some(_) => Some(Box::new(Otherwise::Nodes(in_braces(input)?))),
        };
        Ok(If { condition, then, otherwise })
    }
}

impl Parse for For {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        input.parse::<Token![for]>()?;
        let pattern = Pat::parse_multi_with_leading_vert(input)?;
        input.parse::<Token![in]>()?;
        let iterator = Expr::parse_without_eager_brace(input)?;
        Ok(For { pattern, iterator, body: in_braces(input)? })
    }
}

fn in_braces(input: ParseStream<'_>) -> Result<Nodes> {
    let content;
    braced!(content in input);
    let nodes = content.parse()?;
    match content.is_empty() {
        true => Ok(nodes),
        false => Err(content.error("markup is expected")),
    }
}
