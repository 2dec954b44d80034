//! Which function and which piece of data goes into which module.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::ops::Range;

use anyhow::{Result, ensure};

use super::links::{Links, Node};
use super::module::Module;

/// What the names of functions begin with that a part of the page is entered by; the part's name follows, and behind
/// another `_` what tells its functions apart.
const ENTRY: &str = "chunk_";

/// Shorter pieces of data stay: to put each into its place takes as much.
const MIN_BYTES: usize = 16;

/// Pieces of data are aligned: between two of them are up to so many bytes that are nobody's.
const MAX_PADDING: usize = 15;

/// What a part takes out of the page's module.
#[derive(Default)]
pub(super) struct Part {
    pub(super) name: String,
    /// Its functions, by their index in the page's module.
    pub(super) functions: HashSet<u32>,
    /// Those of them that the page calls.
    pub(super) entries: Vec<u32>,
    /// Its data, as addresses.
    pub(super) data: Vec<Range<u32>>,
}

/// Finds what each part takes: what can be reached from its entries, and neither from the page without calling an entry
/// nor from another part. `linked` says what can be reached, `module` is what is left of it behind wasm-bindgen.
pub(super) fn find(links: &Links, linked: &Module<'_>, module: &Module<'_>) -> Result<Vec<Part>> {
    let by_name: HashMap<&str, Node> =
        links.names.iter().enumerate().filter_map(|(node, name)| Some((name.as_deref()?, node))).collect();
    let mut entries: BTreeMap<&str, Vec<Node>> = BTreeMap::new();
    for (name, node) in &by_name {
        if let Some(part) = part_of(name) {
            entries.entry(part).or_default().push(*node);
        }
    }
    ensure!(!entries.is_empty(), "no function of the page begins with `{ENTRY}`");
    let is_entry: HashSet<Node> = entries.values().flatten().copied().collect();

    let of_page = reach(links, roots(links, linked, module, &by_name)?, &is_entry);
    let mut owners: HashMap<Node, Option<usize>> = HashMap::new();
    for (part, entries) in entries.values().enumerate() {
        let foreign = is_entry.iter().copied().filter(|node| !entries.contains(node)).collect();
        for node in reach(links, entries.clone(), &foreign) {
            if !of_page.contains(&node) || entries.contains(&node) {
                owners.entry(node).and_modify(|owner| *owner = None).or_insert(Some(part));
            }
        }
    }

    let mut parts: Vec<Part> =
        entries.keys().map(|name| Part { name: (*name).to_owned(), ..Part::default() }).collect();
    for (index, name) in &module.names {
        let Some(node) = by_name.get(name.as_str()) else { continue };
        if let Some(Some(part)) = owners.get(node) {
            ensure!(module.body(*index).is_some(), "{name} is imported");
            parts[*part].functions.insert(*index);
            if is_entry.contains(node) {
                parts[*part].entries.push(*index);
            }
        }
    }
    for part in &mut parts {
        part.entries.sort_unstable();
    }
    share_data(links, module, &owners, &mut parts);
    Ok(parts)
}

/// The part that a function of this name is an entry of.
fn part_of(name: &str) -> Option<&str> {
    // Behind the last `::` is the hash of the name.
    let (path, _) = name.rsplit_once("::h")?;
    let (_, function) = path.rsplit_once("::")?;
    function.strip_prefix(ENTRY)?.split('_').next()
}

/// What stays in the page's module whatever calls it: what JavaScript calls, what wasm-bindgen has put in and what that
/// calls.
fn roots(
    links: &Links,
    linked: &Module<'_>,
    module: &Module<'_>,
    by_name: &HashMap<&str, Node>,
) -> Result<Vec<Node>> {
    let node = |index: u32| by_name.get(module.names.get(&index)?.as_str()).copied();
    let mut roots = links.roots.clone();
    roots.extend(module.exported().filter_map(node));
    roots.extend(linked.start.map(|index| index as Node));
    let first = module.imported as u32;
    for index in first..module.functions.len() as u32 {
        if node(index).is_none() {
            roots.extend(module.callees(index)?.into_iter().filter_map(node));
        }
    }
    // A function without a name of its own in one of the modules can't be followed from one to the other.
    roots.extend((0..links.functions).filter(|node| links.names[*node].is_none()));
    Ok(roots)
}

/// All that can be reached without going through `closed`.
fn reach(links: &Links, from: Vec<Node>, closed: &HashSet<Node>) -> HashSet<Node> {
    let mut reached = HashSet::new();
    let mut next = from;
    while let Some(node) = next.pop() {
        if !closed.contains(&node) && reached.insert(node) {
            next.extend(&links.edges[node]);
        }
    }
    reached
}

/// Gives parts the data that only they refer to.
fn share_data(links: &Links, module: &Module<'_>, owners: &HashMap<Node, Option<usize>>, parts: &mut [Part]) {
    #[derive(Clone, Copy, PartialEq)]
    enum Owner {
        Nobody,
        Page,
        Part(usize),
    }
    for (address, content) in &module.data {
        let mut bytes = vec![Owner::Nobody; content.len()];
        for (piece, node) in links.data.iter().zip(links.functions..) {
            let owner = match owners.get(&node) {
                Some(Some(part)) => Owner::Part(*part),
                _ => Owner::Page,
            };
            let place = |at: u32| (at.saturating_sub(*address) as usize).min(bytes.len());
            let (start, end) = (place(piece.start), place(piece.end));
            for byte in &mut bytes[start..end] {
                let is_free = *byte == Owner::Nobody || *byte == owner;
                *byte = if is_free { owner } else { Owner::Page };
            }
        }
        let mut runs: Vec<(Owner, Range<usize>)> = Vec::new();
        for (at, owner) in bytes.into_iter().enumerate() {
            match runs.last_mut() {
                Some((last, run)) if *last == owner => run.end = at + 1,
                _ => runs.push((owner, at..at + 1)),
            }
        }
        let mut taken: Vec<(usize, Range<usize>)> = Vec::new();
        for (index, (owner, run)) in runs.iter().enumerate() {
            let Owner::Part(part) = *owner else { continue };
            let padding = index.checked_sub(1).map(|before| &runs[before]);
            match (taken.last_mut(), padding) {
                (Some((last, whole)), Some((Owner::Nobody, gap)))
                    if *last == part && whole.end == gap.start && gap.len() <= MAX_PADDING =>
                {
                    whole.end = run.end;
                }
                _ => taken.push((part, run.clone())),
            }
        }
        for (part, run) in taken.into_iter().filter(|(_, run)| run.len() >= MIN_BYTES) {
            parts[part].data.push(address + run.start as u32..address + run.end as u32);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::part_of;

    #[test]
    fn a_part_is_entered_by_its_name() {
        assert_eq!(part_of("client::views::sheets::chunk_sheets::h0123456789abcdef"), Some("sheets"));
        assert_eq!(part_of("client::views::hold::chunk_sheets_hold::h0123456789abcdef"), Some("sheets"));
        assert_eq!(part_of("client::views::hold::chunk_sheets::{{closure}}::h0123456789abcdef"), None);
        assert_eq!(part_of("client::views::hold::chunks::h0123456789abcdef"), None);
    }
}
