//! What has been lowered so far, by block nesting.

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use crate::lane::Value;
use crate::layout::Layout;
use crate::tile::Id;

/// A layout by number; equal layouts have equal numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct LayoutId(u32);

/// One chunk of a window of a tile in a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct ChunkKey {
    /// The tile.
    pub(super) id: Id,
    /// First row and column of the window.
    pub(super) at: [u32; 2],
    /// Layout of the window.
    pub(super) layout: LayoutId,
    /// Number of the chunk, or of an access of a load.
    pub(super) number: u32,
    /// Whether `number` counts accesses instead of chunks.
    pub(super) access: bool,
}

/// Lowered values of the open blocks, innermost last.
#[derive(Debug)]
pub(super) struct Scopes {
    layouts: Vec<Rc<Layout>>,
    numbers: HashMap<Rc<Layout>, LayoutId>,
    open: Vec<Scope>,
}

#[derive(Debug, Default)]
struct Scope {
    indices: HashMap<Id, Value>,
    chunks: HashMap<ChunkKey, Value>,
    /// Values that outer scopes must not answer for, because an index is bound anew.
    hidden: Option<Rc<HashSet<Id>>>,
}

impl Default for Scopes {
    fn default() -> Scopes {
        let open = vec![Scope::default()];
        Scopes { layouts: Vec::new(), numbers: HashMap::new(), open }
    }
}

impl Scopes {
    /// The number of a layout.
    pub(super) fn intern(&mut self, layout: Layout) -> LayoutId {
        if let Some(id) = self.numbers.get(&layout) {
            return *id;
        }
        let id = LayoutId(self.layouts.len() as u32);
        let layout = Rc::new(layout);
        self.layouts.push(Rc::clone(&layout));
        self.numbers.insert(layout, id);
        id
    }

    /// The layout of a number.
    pub(super) fn layout(&self, id: LayoutId) -> Rc<Layout> {
        Rc::clone(&self.layouts[id.0 as usize])
    }

    /// Opens a block.
    pub(super) fn open(&mut self) {
        self.open.push(Scope::default());
    }

    /// Opens a block in which the given values are made anew.
    pub(super) fn open_hiding(&mut self, hidden: Rc<HashSet<Id>>) {
        self.open.push(Scope { hidden: Some(hidden), ..Scope::default() });
    }

    /// Closes the innermost block.
    pub(super) fn close(&mut self) {
        self.open.pop();
    }

    /// The value of an index, if it has one.
    pub(super) fn index(&self, id: Id) -> Option<Value> {
        self.find(id, |scope| scope.indices.get(&id).copied())
    }

    /// Gives an index its value.
    pub(super) fn bind_index(&mut self, id: Id, value: Value) {
        self.innermost().indices.insert(id, value);
    }

    /// The value of a chunk, if it has been made.
    pub(super) fn chunk(&self, key: ChunkKey) -> Option<Value> {
        self.find(key.id, |scope| scope.chunks.get(&key).copied())
    }

    /// Remembers a chunk.
    pub(super) fn bind_chunk(&mut self, key: ChunkKey, value: Value) {
        self.innermost().chunks.insert(key, value);
    }

    fn innermost(&mut self) -> &mut Scope {
        self.open.last_mut().expect("a scope should be open")
    }

    fn find(&self, id: Id, get: impl Fn(&Scope) -> Option<Value>) -> Option<Value> {
        for scope in self.open.iter().rev() {
            if let Some(value) = get(scope) {
                return Some(value);
            }
            if scope.hidden.as_ref().is_some_and(|hidden| hidden.contains(&id)) {
                return None;
            }
        }
        None
    }
}
