//! The search in the log.

use workbench::entry::EntryId;
use workbench::filter::{Filter, PatternError, TextMatch};
use workbench::find::{Find, Hit};
use workbench::store::Store;

use super::List;

/// What a search is for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The text, or a pattern between slashes.
    pub text: String,
    /// Upper and lower case differ.
    pub case_sensitive: bool,
}

/// How a search stands.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Found {
    /// Hits so far.
    pub count: usize,
    /// The number of the present hit, from 1.
    pub ordinal: Option<usize>,
    /// Everything has been searched.
    pub done: bool,
    /// The pattern is wrong, and why.
    pub error: Option<PatternError>,
}

/// A search at work.
#[derive(Debug)]
pub(super) struct Search {
    query: Query,
    pub(super) pattern: Result<TextMatch, PatternError>,
    pub(super) find: Option<Find>,
    /// Go on in this direction as soon as there is a hit.
    pending: Option<bool>,
}

impl Search {
    /// Looks for the same among what another filter keeps.
    pub(super) fn begin_again(&mut self, filter: &Filter, store: &Store) {
        if let (Ok(pattern), Some(find)) = (&self.pattern, &mut self.find) {
            *find = Find::new(pattern.clone(), filter, store);
        }
    }
}

impl List {
    /// What the search is for; `None` while there is none.
    pub fn search_query(&self) -> Option<&Query> {
        self.search.as_ref().map(|search| &search.query)
    }

    /// How the search stands.
    pub fn found(&self, store: &Store) -> Found {
        match &self.search {
            Some(Search { pattern: Err(error), .. }) => Found { error: Some(*error), ..Found::default() },
            Some(Search { find: Some(find), .. }) => Found {
                count: find.count(),
                ordinal: find.ordinal(),
                done: find.progress(store).done,
                error: None,
            },
            _ => Found::default(),
        }
    }

    /// Whether the search stands at this entry.
    pub fn is_hit(&self, id: EntryId) -> bool {
        let find = self.search.as_ref().and_then(|search| search.find.as_ref());
        find.is_some_and(|find| find.current() == Some(id))
    }

    /// Starts, changes or (with `None`) ends the search.
    pub fn set_search(&mut self, query: Option<Query>, store: &Store) {
        if self.search.as_ref().map(|search| &search.query) == query.as_ref() {
            return;
        }
        self.search = query.map(|query| {
            let pattern = pattern(&query);
            let find = match &pattern {
                Ok(pattern) if !query.text.is_empty() => {
                    Some(Find::new(pattern.clone(), self.index.filter(), store))
                }
                _ => None,
            };
            // The hit nearest to the end is where the eye is.
            Search { pending: find.is_some().then_some(false), query, pattern, find }
        });
    }

    /// Goes to the next or the previous hit, now or as soon as one is found.
    pub fn search_on(&mut self, forward: bool, store: &Store) {
        self.search_from(self.selection.focus(&self.rows(store)), forward, store);
    }

    fn search_from(&mut self, from: Option<EntryId>, forward: bool, store: &Store) {
        let Some(Search { find: Some(find), pending, .. }) = &mut self.search else { return };
        let hit = if forward { find.next(store, from) } else { find.previous(store, from) };
        *pending = (hit == Hit::Searching).then_some(forward);
        if let Hit::At(id) = hit {
            self.selection.select(id);
            self.show(id, store);
        }
    }

    pub(super) fn search_further(&mut self, store: &Store, more: &mut impl FnMut() -> bool) -> bool {
        let Some(Search { find: Some(find), pending, .. }) = &mut self.search else { return true };
        // The filter comes first: a hit can only be shown once its row is there.
        let done = self.progress.done && find.step_while(store, more).done;
        if let Some(forward) = *pending
            && (done || find.count() > 0)
        {
            // A hit that still is one while the person types on is not left.
            let focus = self.selection.focus(&self.rows(store));
            self.search_from(focus.map(|id| if forward { id } else { id + 1 }), forward, store);
        }
        done
    }
}

/// `/pattern/` is a regular expression; everything else is looked for as it is.
fn pattern(query: &Query) -> Result<TextMatch, PatternError> {
    match query.text.strip_prefix('/').and_then(|rest| rest.strip_suffix('/')) {
        Some(pattern) if !pattern.is_empty() => TextMatch::regex(pattern, query.case_sensitive),
        _ => Ok(TextMatch::text(&query.text, query.case_sensitive)),
    }
}
