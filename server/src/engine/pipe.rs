//! Tokens on their way from the engine to a reader.
//!
//! Putting a token in wakes nobody: the engine first hands over everything that a step has made, and
//! then wakes the readers, one after the other. A reader that is woken for itself would take the
//! processor from the engine that still has tokens for the others.

use std::collections::VecDeque;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};

use super::job::Token;

/// A queue of bounded length with one reader.
#[derive(Debug)]
pub(super) struct Pipe {
    room: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    tokens: VecDeque<Token>,
    /// Nothing more comes.
    over: bool,
    /// Whether there are tokens of which the reader was not told.
    news: bool,
    /// The reader, where it waits.
    reader: Option<Waker>,
}

impl Pipe {
    /// Has room for so many tokens.
    pub(super) fn new(room: usize) -> Self {
        Self { room, state: Mutex::default() }
    }

    /// Puts a token in. One that comes after the end is dropped.
    ///
    /// # Errors
    /// The token, where there is no room for it.
    pub(super) fn put(&self, token: Token) -> Result<(), Token> {
        let mut state = self.state();
        if state.over {
            return Ok(());
        }
        if state.tokens.len() >= self.room {
            return Err(token);
        }
        state.tokens.push_back(token);
        state.news = true;
        Ok(())
    }

    /// Whether a token can be put in.
    pub(super) fn has_room(&self) -> bool {
        let state = self.state();
        state.over || state.tokens.len() < self.room
    }

    /// Tells the reader of what was put in since it was told last.
    pub(super) fn wake(&self) {
        let mut state = self.state();
        let reader = if std::mem::take(&mut state.news) { state.reader.take() } else { None };
        drop(state);
        if let Some(reader) = reader {
            reader.wake();
        }
    }

    /// Nothing more comes after what is in it.
    pub(super) fn end(&self) {
        let mut state = self.state();
        (state.over, state.news) = (true, true);
        drop(state);
        self.wake();
    }

    /// Appends at most so many tokens to a list; `false` after the last one.
    pub(super) fn poll(
        &self,
        context: &mut Context<'_>,
        list: &mut Vec<Token>,
        most: usize,
    ) -> Poll<bool> {
        let mut state = self.state();
        if state.tokens.is_empty() && !state.over {
            state.news = false;
            let mine = context.waker();
            match &mut state.reader {
                Some(reader) => reader.clone_from(mine),
                none => *none = Some(mine.clone()),
            }
            return Poll::Pending;
        }
        let count = most.min(state.tokens.len());
        list.extend(state.tokens.drain(..count));
        Poll::Ready(count > 0)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicUsize, Ordering};
    use std::task::Wake;

    use super::*;

    #[derive(Default)]
    struct Bell(AtomicUsize);

    impl Wake for Bell {
        fn wake(self: Arc<Self>) {
            self.0.fetch_add(1, Ordering::Relaxed);
        }
    }

    fn token(id: u32) -> Token {
        Token { id, logprobs: None }
    }

    /// What a reader gets, and whether there is an end to it.
    fn read(pipe: &Pipe, bell: &Arc<Bell>, most: usize) -> Poll<Vec<u32>> {
        let waker = Waker::from(Arc::clone(bell));
        let mut list = Vec::new();
        pipe.poll(&mut Context::from_waker(&waker), &mut list, most).map(|more| {
            assert_eq!(more, !list.is_empty());
            list.iter().map(|token| token.id).collect()
        })
    }

    #[test]
    fn a_reader_is_woken_once_for_all_that_came_and_gets_it_in_order() {
        let (pipe, bell) = (Pipe::new(3), Arc::<Bell>::default());
        let rung = || bell.0.load(Ordering::Relaxed);
        assert_eq!(read(&pipe, &bell, 9), Poll::Pending);
        (0..3).for_each(|id| pipe.put(token(id)).unwrap());
        assert!(!pipe.has_room() && pipe.put(token(3)).is_err() && rung() == 0);
        pipe.wake();
        pipe.wake();
        assert_eq!(rung(), 1);
        assert_eq!(read(&pipe, &bell, 2), Poll::Ready(vec![0, 1]));
        assert!(pipe.has_room());
        assert_eq!(read(&pipe, &bell, 2), Poll::Ready(vec![2]));
        assert_eq!(read(&pipe, &bell, 2), Poll::Pending);
        // Nothing is new.
        pipe.wake();
        assert_eq!(rung(), 1);
        pipe.put(token(4)).unwrap();
        pipe.end();
        assert_eq!(rung(), 2);
        pipe.put(token(5)).unwrap();
        assert_eq!(read(&pipe, &bell, 2), Poll::Ready(vec![4]));
        assert_eq!(read(&pipe, &bell, 2), Poll::Ready(vec![]));
    }
}
