//! What the URL of a game asks for.

use crate::fault::{Label, Parameter, PlanError, nearest, shown};

/// The one parameter beside those of faults.
pub const PARAMETER: &str = "arena";

/// The arena of those who ask for none.
const MAIN: &str = "main";
const ALLOWED: &str = "1 to 64 letters, digits, dots, dashes and underscores";

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
        let mut asked = None;
        let mut rest = Vec::new();
        for part in query.split('&').filter(|part| !part.is_empty()) {
            let Some((name, value)) = form_urlencoded::parse(part.as_bytes()).next() else { continue };
            if name == PARAMETER {
                if asked.replace(value.into_owned()).is_some() {
                    return Err(PlanError::Twice { name: PARAMETER });
                }
                continue;
            }
            if Parameter::named(&name).is_none()
                && let Some(meant) = nearest(&name, std::iter::once(PARAMETER))
            {
                return Err(PlanError::Misspelt { name: shown(&name), meant });
            }
            rest.push(part);
        }
        let name = asked.as_deref().unwrap_or(MAIN);
        let wrong = || PlanError::Value { name: PARAMETER, value: shown(name), allowed: ALLOWED };
        Ok((Self { arena: Label::parse(name).ok_or_else(wrong)? }, rest.join("&")))
    }
}
