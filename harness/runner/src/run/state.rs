//! The state that a verb keeps from one step of a scenario to the next.
//!
//! Each verb has a private type for its state; the context does not know the verbs.

use std::{
    any::{Any, TypeId},
    collections::HashMap,
    sync::Arc,
};

use parking_lot::Mutex;

/// The states of the verbs of one running scenario, by type.
#[derive(Default)]
pub(super) struct VerbStates(Mutex<HashMap<TypeId, Arc<dyn Any + Send + Sync>>>);

impl VerbStates {
    /// The state of this type; the default value at the first call.
    pub(super) fn of<T: Any + Default + Send + Sync>(&self) -> Arc<T> {
        let mut states = self.0.lock();
        let state = Arc::clone(states.entry(TypeId::of::<T>()).or_insert_with(|| Arc::<T>::default()));
        // The value under a type's id always has that type.
        state.downcast().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_type_has_one_lasting_state() {
        let states = VerbStates::default();
        *states.of::<Mutex<u32>>().lock() += 1;
        states.of::<Mutex<String>>().lock().push('a');
        *states.of::<Mutex<u32>>().lock() += 1;
        assert_eq!(*states.of::<Mutex<u32>>().lock(), 2);
        assert_eq!(*states.of::<Mutex<String>>().lock(), "a");
    }
}
