//! Answers that are remembered: a bounded number, of bounded size, for a bounded time.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::text::conversation::{Message, Part};

const MOST: usize = 4096;
const BYTES: usize = 64 << 20;
const TIME: Duration = Duration::from_secs(3600);

/// An answer with what it was given to.
#[derive(Clone, Debug)]
pub(crate) struct Stored {
    /// As the client saw it.
    pub(crate) response: Value,
    /// The conversation, the answer included, without instructions.
    pub(crate) messages: Vec<Message>,
    /// The items of the request.
    pub(crate) input: Vec<Value>,
}

/// Remembers answers; the oldest go first.
#[derive(Debug, Default)]
pub(crate) struct Store(Mutex<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_id: BTreeMap<String, (Arc<Stored>, usize)>,
    /// The answer to which an item belongs, by the item's name.
    items: BTreeMap<String, String>,
    /// Names in the order of their time.
    order: VecDeque<(Instant, String)>,
    bytes: usize,
}

impl Store {
    /// Remembers an answer.
    pub(crate) fn insert(&self, id: &str, stored: Stored) {
        let size = size(&stored);
        let mut kept = self.lock();
        kept.forget_old();
        if size > BYTES {
            return;
        }
        kept.bytes += size;
        for item in names(&stored) {
            kept.items.insert(item.to_owned(), id.to_owned());
        }
        kept.by_id.insert(id.to_owned(), (Arc::new(stored), size));
        kept.order.push_back((Instant::now(), id.to_owned()));
        while kept.by_id.len() > MOST || kept.bytes > BYTES {
            kept.forget_first();
        }
    }

    /// An answer that is remembered.
    pub(crate) fn get(&self, id: &str) -> Option<Arc<Stored>> {
        let mut kept = self.lock();
        kept.forget_old();
        kept.by_id.get(id).map(|(stored, _)| Arc::clone(stored))
    }

    /// An item of an answer that is remembered, or of what it was given to.
    pub(crate) fn item(&self, name: &str) -> Option<Value> {
        let mut kept = self.lock();
        kept.forget_old();
        let (stored, _) = kept.by_id.get(kept.items.get(name)?)?;
        items(stored).find(|item| item["id"] == name).cloned()
    }

    /// Forgets an answer; says whether there was one.
    pub(crate) fn remove(&self, id: &str) -> bool {
        let mut kept = self.lock();
        kept.forget_old();
        kept.order.retain(|(_, other)| other != id);
        kept.remove(id)
    }

    fn lock(&self) -> MutexGuard<'_, Kept> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Kept {
    fn forget_old(&mut self) {
        while self.order.front().is_some_and(|(since, _)| since.elapsed() > TIME) {
            self.forget_first();
        }
    }

    fn forget_first(&mut self) {
        if let Some((_, id)) = self.order.pop_front() {
            self.remove(&id);
        }
    }

    fn remove(&mut self, id: &str) -> bool {
        let Some((stored, size)) = self.by_id.remove(id) else { return false };
        for item in names(&stored) {
            // An item that was given again belongs to the later answer.
            if self.items.get(item).is_some_and(|owner| owner == id) {
                self.items.remove(item);
            }
        }
        self.bytes -= size;
        true
    }
}

/// The items of an answer and those that it was given to.
fn items(stored: &Stored) -> impl Iterator<Item = &Value> {
    let written = stored.response["output"].as_array().map(Vec::as_slice).unwrap_or_default();
    written.iter().chain(&stored.input)
}

fn names(stored: &Stored) -> impl Iterator<Item = &str> {
    items(stored).filter_map(|item| item["id"].as_str())
}

/// Memory that an answer takes, about.
fn size(stored: &Stored) -> usize {
    let part = |part: &Part| match part {
        Part::Text(text) => text.len(),
        Part::Picture(_) => 0,
    };
    let message = |message: &Message| {
        let parts: usize = message.parts.iter().map(part).sum();
        let calls: usize =
            message.tool_calls.iter().map(|call| 64 + json_size(&call.arguments)).sum();
        256 + parts + calls + message.reasoning.as_ref().map_or(0, String::len)
    };
    let messages: usize = stored.messages.iter().map(message).sum();
    let values = json_size(&stored.response) + json_size(&stored.input);
    // Values take several times the room of their text.
    messages + 4 * values
}

fn json_size(value: &impl serde::Serialize) -> usize {
    serde_json::to_string(value).map_or(0, |text| text.len())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::text::conversation::Role;

    fn stored(bytes: usize) -> Stored {
        let messages = vec![Message::text(Role::User, "x".repeat(bytes))];
        Stored { response: json!({}), messages, input: Vec::new() }
    }

    #[test]
    fn items_are_found_by_name_as_long_as_an_answer_has_them() {
        let store = Store::default();
        let with = |output: Value, input: Value| Stored {
            response: json!({"output": output}),
            messages: Vec::new(),
            input: input.as_array().unwrap().clone(),
        };
        store.insert("a", with(json!([{"id": "1", "text": "x"}]), json!([{"id": "2"}])));
        store.insert("b", with(json!([{"id": "3"}]), json!([{"id": "1", "text": "x"}])));
        assert_eq!(store.item("1").unwrap()["text"], "x");
        assert!(store.item("2").is_some() && store.item("4").is_none());
        store.remove("a");
        assert!(store.item("1").is_some() && store.item("2").is_none());
        store.remove("b");
        assert!(store.item("1").is_none() && store.lock().items.is_empty());
    }

    #[test]
    fn the_oldest_answers_make_room_by_number_and_by_size() {
        let store = Store::default();
        for at in 0..MOST + 10 {
            store.insert(&at.to_string(), stored(1));
        }
        assert!(store.get("9").is_none() && store.get("10").is_some());
        store.insert("large", stored(BYTES - 1000));
        assert!(store.get("large").is_some() && store.get("4000").is_none());
        store.insert("too large", stored(BYTES + 1));
        assert!(store.get("too large").is_none() && store.get("large").is_some());
        assert!(store.remove("large") && !store.remove("large"));
        let kept = store.lock();
        assert_eq!(kept.by_id.len(), kept.order.len());
        assert_eq!(kept.bytes, kept.by_id.values().map(|(_, size)| size).sum::<usize>());
    }
}
