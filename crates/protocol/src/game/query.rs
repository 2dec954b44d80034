//! What the URL of a game asks for.

use crate::fault::{Label, PlanError, shown, take};

/// The one parameter beside those of faults.
pub const PARAMETER: &str = "arena";

/// The arena of those who ask for none.
const MAIN: &str = "main";

/// Which game somebody wants.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Asked {
    /// The name of its arena.
    pub arena: Label,
}

impl Asked {
    /// Takes the parameter out of a query, and gives back the rest of it, which is for faults.
    ///
    /// # Errors
    /// The first thing that is wrong.
    pub fn from_query(query: &str) -> Result<(Self, String), PlanError> {
        let ([asked], rest) = take(query, [PARAMETER])?;
        let name = asked.as_deref().unwrap_or(MAIN);
        let wrong = || PlanError::Value { name: PARAMETER, value: shown(name), allowed: Label::RULE };
        Ok((Self { arena: Label::parse(name).ok_or_else(wrong)? }, rest))
    }
}
