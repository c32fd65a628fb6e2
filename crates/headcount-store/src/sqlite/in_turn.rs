//! A lock that is given in the order in which it was asked for.
//!
//! A usual mutex may be taken again by whoever just gave it back, before a thread that waits has
//! woken up. Where many orgs are synced at once, one that always has something to write could keep
//! the others waiting that way.

use std::{
    ops::{Deref, DerefMut},
    sync::{Condvar, Mutex, MutexGuard, PoisonError},
};

/// A value that one thread has at a time, first come, first served.
pub(super) struct InTurn<T> {
    turns: Mutex<Turns>,
    passed_on: Condvar,
    value: Mutex<T>,
}

#[derive(Default)]
struct Turns {
    /// Turns given out so far.
    given: u64,
    /// The turn that has the value, or may take it.
    now: u64,
}

/// The value, until it is dropped.
pub(super) struct Turn<'a, T> {
    lock: &'a InTurn<T>,
    value: MutexGuard<'a, T>,
}

impl<T> InTurn<T> {
    pub(super) fn new(value: T) -> Self {
        Self {
            turns: Mutex::default(),
            passed_on: Condvar::new(),
            value: Mutex::new(value),
        }
    }

    /// Waits for all who asked before. A panic of one of them passes the turn on as well.
    pub(super) fn lock(&self) -> Turn<'_, T> {
        let mut turns = self.turns();
        let mine = turns.given;
        turns.given += 1;
        while turns.now != mine {
            turns = self
                .passed_on
                .wait(turns)
                .unwrap_or_else(PoisonError::into_inner);
        }
        drop(turns);
        Turn {
            lock: self,
            value: self.value.lock().unwrap_or_else(PoisonError::into_inner),
        }
    }

    fn turns(&self) -> MutexGuard<'_, Turns> {
        self.turns.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Drop for Turn<'_, T> {
    fn drop(&mut self) {
        self.lock.turns().now += 1;
        self.lock.passed_on.notify_all();
    }
}

impl<T> Deref for Turn<'_, T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.value
    }
}

impl<T> DerefMut for Turn<'_, T> {
    fn deref_mut(&mut self) -> &mut T {
        &mut self.value
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    /// Whoever gives the value back and asks again at once comes after those who wait already.
    #[test]
    fn turns_are_taken_in_the_order_of_asking() {
        let order = InTurn::new(Vec::new());
        let (asked, asks) = mpsc::channel();
        std::thread::scope(|scope| {
            let mut first = order.lock();
            for number in 1..=8 {
                let (order, asked) = (&order, asked.clone());
                scope.spawn(move || {
                    asked.send(()).unwrap();
                    order.lock().push(number);
                });
                asks.recv().unwrap();
                // Asked for means that the turn was given out.
                while order.turns().given != number + 1 {
                    std::thread::yield_now();
                }
            }
            first.push(0);
            drop(first);
            order.lock().push(9);
        });
        assert_eq!(*order.lock(), [0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    }

    #[test]
    fn a_panic_passes_the_turn_on() {
        let lock = InTurn::new(1);
        let panicked = std::thread::scope(|scope| {
            let holder = scope.spawn(|| {
                let _held = lock.lock();
                panic!("while holding it");
            });
            holder.join().is_err()
        });
        assert!(panicked);
        assert_eq!(*lock.lock(), 1);
    }
}
