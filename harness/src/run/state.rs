//! What a verb keeps from one step of a scenario to the next.
//!
//! Each verb has its own type for it, and nobody else sees inside: the context knows no verb.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

/// The state of every verb of one running scenario, by its type.
#[derive(Default)]
pub(super) struct VerbStates(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl VerbStates {
    /// The state of this type, empty when nobody has asked for it before.
    pub(super) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut states = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let state = Arc::clone(states.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default()));
        // What stands under a type's id is of that type: nothing else is ever put there.
        state.downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_state_that_stays() {
        let states = VerbStates::default();
        *states.of::<Mutex<u32>>().lock().unwrap() += 1;
        states.of::<Mutex<String>>().lock().unwrap().push('a');
        *states.of::<Mutex<u32>>().lock().unwrap() += 1;
        assert_eq!(*states.of::<Mutex<u32>>().lock().unwrap(), 2);
        assert_eq!(*states.of::<Mutex<String>>().lock().unwrap(), "a");
    }
}
