//! Three-valued logic, in which what is unknown keeps its reasons.

use crate::unknown::Unknown;

/// Whether something holds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Truth {
    True,
    False,
    Unknown(Vec<Unknown>),
}

impl Truth {
    pub(crate) fn not(self) -> Self {
        match self {
            Self::True => Self::False,
            Self::False => Self::True,
            Self::Unknown(why) => Self::Unknown(why),
        }
    }

    /// Holds when all hold; the empty conjunction holds.
    pub(crate) fn all(parts: impl IntoIterator<Item = Self>) -> Self {
        let mut reasons = Vec::new();
        for part in parts {
            match part {
                Self::True => {}
                Self::False => return Self::False,
                Self::Unknown(why) => reasons.extend(why),
            }
        }
        if reasons.is_empty() { Self::True } else { Self::Unknown(reasons) }
    }

    /// Holds when one holds; the empty disjunction does not.
    pub(crate) fn any(parts: impl IntoIterator<Item = Self>) -> Self {
        Self::all(parts.into_iter().map(Self::not)).not()
    }
}

impl From<bool> for Truth {
    fn from(value: bool) -> Self {
        if value { Self::True } else { Self::False }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::Name;

    #[test]
    fn a_known_part_can_decide_despite_an_unknown_one() {
        let name = Name { kind: "K".to_owned(), namespace: "n".to_owned(), name: "x".to_owned() };
        let unknown = || Truth::Unknown(vec![Unknown::new(&name, "f", "w")]);
        assert_eq!(Truth::all([unknown(), Truth::False]), Truth::False);
        assert_eq!(Truth::any([unknown(), Truth::True]), Truth::True);
        assert_eq!(Truth::all([unknown(), Truth::True]), unknown());
        assert_eq!(Truth::any([unknown(), Truth::False]), unknown());
        assert_eq!((Truth::all([]), Truth::any([])), (Truth::True, Truth::False));
    }
}
