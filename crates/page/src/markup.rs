//! What [`html`] calls: it builds a page's nodes, so that each element costs its view a few calls.

use std::rc::Rc;

/// Yew's `html!` for small modules.
pub use markup::html;
use yew::html::{ImplicitClone, IntoPropValue, NodeRef};
use yew::virtual_dom::listeners::Listeners;
use yew::virtual_dom::{AttributeOrProperty, Attributes, Key, Listener, VList, VNode, VTag, VText};
use yew::{AttrValue, Classes, Html};

/// What is fixed about an element.
pub struct Shape {
    /// The name of its tag.
    pub tag: &'static str,
    /// The names of its attributes.
    pub names: &'static [&'static str],
    /// The values of the first of them.
    pub fixed: &'static [&'static str],
}

/// Builds nodes from the outside in.
pub struct Markup {
    /// What has begun, the innermost last. The first collects what is outermost.
    begun: Vec<Begun>,
}

/// A node that has begun. Without a shape it is a list.
#[derive(Default)]
struct Begun {
    shape: Option<&'static Shape>,
    values: Vec<Option<AttributeOrProperty>>,
    listeners: Vec<Option<Rc<dyn Listener>>>,
    reference: NodeRef,
    key: Option<Key>,
    value: Option<AttrValue>,
    checked: Option<bool>,
    children: Vec<VNode>,
}

impl Default for Markup {
    fn default() -> Self {
        Self::new()
    }
}

impl Markup {
    /// Nothing has begun.
    #[inline(never)]
    pub fn new() -> Markup {
        Markup { begun: vec![Begun::default()] }
    }

    /// Begins an element.
    #[inline(never)]
    pub fn open(&mut self, shape: &'static Shape) {
        let mut begun = Begun { shape: Some(shape), ..Begun::default() };
        begun.values.reserve_exact(shape.names.len());
        begun.values.extend(shape.fixed.iter().map(|value| Some(AttributeOrProperty::Static(value))));
        self.begun.push(begun);
    }

    /// Begins a list.
    #[inline(never)]
    pub fn begin(&mut self) {
        self.begun.push(Begun::default());
    }

    fn last(&mut self) -> &mut Begun {
        // What is outermost is there until the end.
        self.begun.last_mut().expect("something has begun")
    }

    /// Where the element that has begun is to be found.
    #[inline(never)]
    pub fn reference(&mut self, reference: NodeRef) {
        self.last().reference = reference;
    }

    /// Its key among its siblings.
    #[inline(never)]
    pub fn key(&mut self, key: Key) {
        self.last().key = Some(key);
    }

    /// The value of a field.
    #[inline(never)]
    pub fn value(&mut self, value: Option<AttrValue>) {
        self.last().value = value;
    }

    /// Whether a box is checked.
    #[inline(never)]
    pub fn checked(&mut self, checked: bool) {
        self.last().checked = Some(checked);
    }

    /// The value of the next attribute that is not fixed.
    #[inline(never)]
    fn attribute(&mut self, value: Option<AttrValue>) {
        self.last().values.push(value.map(AttributeOrProperty::Attribute));
    }

    #[inline(never)]
    fn attribute_str(&mut self, value: &'static str) {
        self.last().values.push(Some(AttributeOrProperty::Static(value)));
    }

    /// The next attribute is there or not.
    #[inline(never)]
    pub fn flag(&mut self, name: &'static str, is_set: bool) {
        self.last().values.push(is_set.then_some(AttributeOrProperty::Static(name)));
    }

    /// What listens to it.
    #[inline(never)]
    pub fn on(&mut self, listener: Option<Rc<dyn Listener>>) {
        self.last().listeners.push(listener);
    }

    /// Ends an element.
    #[inline(never)]
    pub fn close(&mut self) {
        let node = self.begun.pop().map(Begun::into_node).unwrap_or_default();
        self.node(node);
    }

    /// Ends a list.
    #[inline(never)]
    pub fn end(&mut self) {
        self.close();
    }

    #[inline(never)]
    fn node(&mut self, node: VNode) {
        self.last().children.push(node);
    }

    #[inline(never)]
    fn text(&mut self, text: AttrValue) {
        self.node(VText::new(text).into());
    }

    #[inline(never)]
    fn str(&mut self, text: &str) {
        self.text(AttrValue::from(Rc::<str>::from(text)));
    }

    /// What was built.
    #[inline(never)]
    pub fn finish(mut self) -> Html {
        self.begun.pop().map(|begun| one(begun.children)).unwrap_or_default()
    }
}

/// A single node is not wrapped in a list.
fn one(mut children: Vec<VNode>) -> VNode {
    match children.len() {
        1 => children.pop().unwrap_or_default(),
        0 => VNode::default(),
        _ => list(children),
    }
}

fn list(children: Vec<VNode>) -> VNode {
    VNode::VList(Rc::new(VList::with_children(children, None)))
}

impl Begun {
    fn into_node(self) -> VNode {
        let Some(shape) = self.shape else { return list(self.children) };
        let attributes = Attributes::Dynamic { keys: shape.names, values: self.values.into_boxed_slice() };
        let listeners = match self.listeners.is_empty() {
            true => Listeners::None,
            false => Listeners::Pending(self.listeners.into_boxed_slice()),
        };
        let (reference, key) = (self.reference, self.key);
        let tag = match shape.tag {
            "input" => VTag::__new_input(self.value, self.checked, reference, key, attributes, listeners),
            "textarea" => VTag::__new_textarea(self.value, None, reference, key, attributes, listeners),
            tag => {
                let children = one(self.children);
                VTag::__new_other(AttrValue::Static(tag), reference, key, attributes, listeners, children)
            }
        };
        tag.into()
    }
}

/// What can be the value of an attribute.
pub trait Set: Sized {
    /// `None`: the attribute is not there.
    fn value(self) -> Option<AttrValue>;

    /// Makes it the value of the next attribute.
    fn set(self, markup: &mut Markup) {
        markup.attribute(self.value());
    }
}

impl Set for &'static str {
    fn value(self) -> Option<AttrValue> {
        Some(AttrValue::Static(self))
    }

    fn set(self, markup: &mut Markup) {
        markup.attribute_str(self);
    }
}

impl Set for String {
    fn value(self) -> Option<AttrValue> {
        Some(self.into())
    }
}

impl Set for AttrValue {
    fn value(self) -> Option<AttrValue> {
        Some(self)
    }
}

impl Set for &AttrValue {
    fn value(self) -> Option<AttrValue> {
        Some(self.clone())
    }
}

impl Set for Classes {
    fn value(self) -> Option<AttrValue> {
        self.into_prop_value()
    }
}

impl<T: Set> Set for Option<T> {
    fn value(self) -> Option<AttrValue> {
        self?.value()
    }
}

/// What can stand between tags.
pub trait Put {
    /// Puts it into the node that has begun.
    fn put(self, markup: &mut Markup);
}

impl Put for VNode {
    fn put(self, markup: &mut Markup) {
        markup.node(self);
    }
}

impl Put for usize {
    fn put(self, markup: &mut Markup) {
        self.to_string().put(markup);
    }
}

impl Put for &VNode {
    fn put(self, markup: &mut Markup) {
        markup.node(self.clone());
    }
}

impl Put for &str {
    fn put(self, markup: &mut Markup) {
        markup.str(self);
    }
}

impl Put for &&str {
    fn put(self, markup: &mut Markup) {
        markup.str(self);
    }
}

impl Put for String {
    fn put(self, markup: &mut Markup) {
        markup.text(self.into());
    }
}

impl Put for &String {
    fn put(self, markup: &mut Markup) {
        markup.str(self);
    }
}

impl Put for AttrValue {
    fn put(self, markup: &mut Markup) {
        markup.text(self);
    }
}

impl Put for &AttrValue {
    fn put(self, markup: &mut Markup) {
        markup.text(self.implicit_clone());
    }
}

/// Its place is kept where there is none.
impl<T: Put> Put for Option<T> {
    fn put(self, markup: &mut Markup) {
        match self {
            Some(value) => value.put(markup),
            None => markup.node(VNode::default()),
        }
    }
}

impl<T: Put> Put for Vec<T> {
    fn put(self, markup: &mut Markup) {
        markup.begin();
        self.into_iter().for_each(|value| value.put(markup));
        markup.end();
    }
}
