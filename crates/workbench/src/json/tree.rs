use std::borrow::Cow;
use std::fmt::Write as _;

use jsontext::{JsonError, Scanner, Token, unescape};
use thiserror::Error;

use super::path::push_name;

/// A tree of more nodes than this is better read as text; it takes about 6 MB.
pub const DEFAULT_MAX_NODES: usize = 200_000;

/// A JSON text as foldable rows. It keeps spans, not copies: pass the same text to every call.
///
/// Nodes are numbered in the order of the text, the root is 0. There is no recursion at any depth.
#[derive(Clone, Debug)]
pub struct Tree {
    nodes: Vec<Node>,
    folded: Vec<bool>,
    visible: Vec<u32>,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    token: Token,
    parent: u32,
    depth: u32,
    /// Position among the parent's children.
    index: u32,
    children: u32,
    /// The node after the whole subtree.
    next: u32,
    key: (u32, u32),
    value: (u32, u32),
}

/// Why there is no tree: show the text as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// Not JSON.
    #[error(transparent)]
    Json(#[from] JsonError),
    /// More nodes than allowed, or 4 GiB of text or more.
    #[error("the value has too many parts to show as a tree")]
    TooLarge,
}

/// One visible row of a [`Tree`].
#[derive(Clone, Debug, PartialEq)]
pub struct TreeRow<'t> {
    /// The node, for [`Tree::toggle`] and [`Tree::path`].
    pub node: usize,
    /// Indentation level; the root is 0.
    pub depth: usize,
    /// The member's name, escapes resolved.
    pub key: Option<Cow<'t, str>>,
    /// The position in the array, for items.
    pub index: Option<usize>,
    /// What the value is.
    pub token: Token,
    /// The value as written. For containers the whole of it: show `children` instead.
    pub raw: &'t str,
    /// Number of members or items of a container.
    pub children: usize,
    /// Whether the children are hidden.
    pub folded: bool,
}

impl Tree {
    /// Reads a text, everything unfolded.
    ///
    /// # Errors
    /// The text is not JSON or has more than `max_nodes` values.
    pub fn parse(text: &str, max_nodes: usize) -> Result<Self, TreeError> {
        if u32::try_from(text.len()).is_err() || u32::try_from(max_nodes).is_err() {
            return Err(TreeError::TooLarge);
        }
        let mut nodes: Vec<Node> = Vec::new();
        let mut open: Vec<u32> = Vec::new();
        let mut key = (0, 0);
        let mut scanner = Scanner::default();
        while let Some(event) = scanner.next(text)? {
            let span = (event.start as u32, event.end as u32);
            match event.token {
                Token::Key => key = span,
                Token::ObjectEnd | Token::ArrayEnd => {
                    let next = nodes.len() as u32;
                    if let Some(node) = open.pop().and_then(|node| nodes.get_mut(node as usize)) {
                        node.value.1 = span.1;
                        node.next = next;
                    }
                }
                token => {
                    if nodes.len() == max_nodes {
                        return Err(TreeError::TooLarge);
                    }
                    let id = nodes.len() as u32;
                    let parent = open.last().copied().unwrap_or(0);
                    let mut index = 0;
                    if let Some(parent) = nodes.get_mut(parent as usize) {
                        index = parent.children;
                        parent.children += 1;
                    }
                    let depth = open.len() as u32;
                    nodes.push(Node {
                        token,
                        parent,
                        depth,
                        index,
                        children: 0,
                        next: id + 1,
                        key,
                        value: span,
                    });
                    key = (0, 0);
                    if matches!(token, Token::ObjectStart | Token::ArrayStart) {
                        open.push(id);
                    }
                }
            }
        }
        let folded = vec![false; nodes.len()];
        let mut tree = Self { nodes, folded, visible: Vec::new() };
        tree.refresh();
        Ok(tree)
    }

    /// Number of nodes.
    #[must_use]
    #[expect(clippy::len_without_is_empty, reason = "a tree has at least its root")]
    pub fn len(&self) -> usize {
        self.nodes.len()
    }

    /// Number of rows that are not hidden by a fold.
    #[must_use]
    pub fn visible_len(&self) -> usize {
        self.visible.len()
    }

    /// The row at a position among the visible ones.
    #[must_use]
    pub fn row<'t>(&self, text: &'t str, position: usize) -> Option<TreeRow<'t>> {
        let id = *self.visible.get(position)? as usize;
        let node = &self.nodes[id];
        let has_key = node.key.1 > 0;
        Some(TreeRow {
            node: id,
            depth: node.depth as usize,
            key: has_key.then(|| unescape(&text[node.key.0 as usize..node.key.1 as usize])),
            index: (!has_key && id > 0).then_some(node.index as usize),
            token: node.token,
            raw: self.raw(text, id),
            children: node.children as usize,
            folded: self.folded[id],
        })
    }

    /// Folds or unfolds a container.
    pub fn toggle(&mut self, node: usize) {
        if self.nodes.get(node).is_some_and(|n| n.children > 0) {
            self.folded[node] = !self.folded[node];
            self.refresh();
        }
    }

    /// Folds every container at `depth` or deeper and unfolds the others: 1 leaves the top level open, 0
    /// folds the root, `usize::MAX` unfolds all.
    pub fn fold_from(&mut self, depth: usize) {
        for (folded, node) in self.folded.iter_mut().zip(&self.nodes) {
            *folded = node.children > 0 && node.depth as usize >= depth;
        }
        self.refresh();
    }

    /// The path of a node, as [`super::Path`] reads it: for copying, filtering and plotting.
    #[must_use]
    pub fn path(&self, text: &str, node: usize) -> String {
        let mut chain = Vec::new();
        let mut at = node;
        while at > 0 && at < self.nodes.len() {
            chain.push(at);
            at = self.nodes[at].parent as usize;
        }
        let mut path = "$".to_owned();
        for at in chain.into_iter().rev() {
            let node = &self.nodes[at];
            if node.key.1 > 0 {
                push_name(&mut path, &unescape(&text[node.key.0 as usize..node.key.1 as usize]));
            } else {
                let _ = write!(path, "[{}]", node.index);
            }
        }
        path
    }

    /// The value of a node as written.
    ///
    /// # Panics
    /// If there is no such node.
    #[must_use]
    pub fn raw<'t>(&self, text: &'t str, node: usize) -> &'t str {
        let (start, end) = self.nodes[node].value;
        &text[start as usize..end as usize]
    }

    pub(super) fn token(&self, node: usize) -> Token {
        self.nodes[node].token
    }

    fn refresh(&mut self) {
        self.visible.clear();
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            self.visible.push(at as u32);
            at = if self.folded[at] { node.next as usize } else { at + 1 };
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::json::Path;

    const TEXT: &str = r#"{"id":12345678901234567890,"list":[{"a\"b":1.10},[]],"last":null}"#;

    fn shown(tree: &Tree) -> Vec<String> {
        (0..tree.visible_len())
            .map(|i| {
                let row = tree.row(TEXT, i).unwrap();
                let label =
                    row.key.map(Cow::into_owned).or(row.index.map(|i| i.to_string())).unwrap_or_default();
                let fold = if row.folded { "+" } else { "" };
                format!("{}{label}{fold}", " ".repeat(row.depth))
            })
            .collect()
    }

    #[test]
    fn folds_and_unfolds() {
        let mut tree = Tree::parse(TEXT, 100).unwrap();
        assert_eq!(shown(&tree), ["", " id", " list", "  0", "   a\"b", "  1", " last"]);
        tree.toggle(2);
        assert_eq!(shown(&tree), ["", " id", " list+", " last"]);
        tree.toggle(1);
        assert_eq!(tree.visible_len(), 4);
        tree.fold_from(2);
        assert_eq!(shown(&tree), ["", " id", " list", "  0+", "  1", " last"]);
        tree.fold_from(usize::MAX);
        assert_eq!(tree.visible_len(), 7);
    }

    #[test]
    fn rows_keep_digits_and_paths_lead_back() {
        let tree = Tree::parse(TEXT, 100).unwrap();
        assert_eq!(tree.row(TEXT, 1).unwrap().raw, "12345678901234567890");
        assert_eq!(tree.raw(TEXT, 2), r#"[{"a\"b":1.10},[]]"#);
        assert_eq!(tree.path(TEXT, 4), r#"$.list[0]["a\"b"]"#);
        for node in 0..tree.len() {
            let path = Path::parse(&tree.path(TEXT, node)).unwrap();
            assert_eq!(path.first(TEXT).unwrap().raw, tree.raw(TEXT, node));
        }
    }

    #[test]
    fn large_deep_and_wrong_texts() {
        assert_eq!(Tree::parse("[1,2,3]", 3).unwrap_err(), TreeError::TooLarge);
        assert_eq!(Tree::parse("[1,2,3]", 4).unwrap().len(), 4);
        assert!(matches!(Tree::parse("hello", 4), Err(TreeError::Json(_))));
        let deep = "[".repeat(50_000) + &"]".repeat(50_000);
        let tree = Tree::parse(&deep, DEFAULT_MAX_NODES).unwrap();
        assert_eq!(tree.row(&deep, 49_999).unwrap().depth, 49_999);
    }
}
