//! What is dear to work out, and asked for again.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

/// A few values by their keys: those asked for last. Others are worked out again, so that many
/// callers who each see something else cannot fill the memory.
#[derive(Debug)]
pub(crate) struct Kept<K, T> {
    most: usize,
    values: Mutex<VecDeque<(K, Arc<T>)>>,
    /// Held while a value is worked out: whoever asks for the same one meanwhile waits for it.
    working: Mutex<()>,
}

impl<K: PartialEq, T> Kept<K, T> {
    /// Keeps `most` values.
    pub(crate) fn new(most: usize) -> Self {
        Self {
            most,
            values: Mutex::default(),
            working: Mutex::default(),
        }
    }

    /// The value of a key, worked out where it is not kept. Blocks meanwhile.
    ///
    /// # Errors
    /// Those of `work`; nothing is kept then.
    pub(crate) fn get<E>(&self, key: K, work: impl FnOnce() -> Result<T, E>) -> Result<Arc<T>, E> {
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let _one_at_a_time = lock(&self.working);
        if let Some(known) = self.known(&key) {
            return Ok(known);
        }
        let value = Arc::new(work()?);
        let mut values = lock(&self.values);
        values.truncate(self.most - 1);
        values.push_front((key, value.clone()));
        Ok(value)
    }

    /// The value of a key, where it is kept.
    pub(crate) fn known(&self, key: &K) -> Option<Arc<T>> {
        let mut values = lock(&self.values);
        let at = values.iter().position(|(known, _)| known == key)?;
        let found = values.remove(at)?;
        let value = found.1.clone();
        values.push_front(found);
        Some(value)
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    // What it guards is whole at any time, also when somebody panicked with it.
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_asked_for_last_is_kept() {
        let kept = Kept::new(2);
        let mut worked = Vec::new();
        for key in [1, 2, 1, 3, 1, 2] {
            let value = kept.get(key, || {
                worked.push(key);
                Ok::<_, ()>(key * 10)
            });
            assert_eq!(value.as_deref(), Ok(&(key * 10)));
        }
        assert_eq!(worked, [1, 2, 3, 2]);
        assert_eq!(kept.get(9, || Err(())), Err(()));
        assert_eq!(kept.get(9, || Ok::<_, ()>(1)).as_deref(), Ok(&1));
    }
}
