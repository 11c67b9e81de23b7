//! Graphs: work that is recorded once and done many times.
//!
//! A node depends only on nodes that were there before it, so that the order of creation is an order of
//! execution.

use crate::error::{Error, Result};
use crate::handles::Handles;
use crate::launch::Launch;
use crate::raw::Place;

/// Something that a stream or a graph does.
#[derive(Clone, Debug)]
pub(crate) enum Work {
    /// A kernel.
    Kernel(Launch),
    /// A copy.
    Copy { to: Place, from: Place, bytes: usize, kind: u32 },
    /// A pattern of one, two or four bytes, repeated.
    Fill { to: Place, pattern: Pattern, times: usize },
    /// Nothing: a place for dependencies to meet.
    Nothing,
}

/// A pattern of one, two or four bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Pattern {
    bytes: [u8; 4],
    size: usize,
}

impl Pattern {
    /// The low `size` bytes of a value.
    ///
    /// # Errors
    /// If the size is not 1, 2 or 4.
    pub(crate) fn new(value: u32, size: usize) -> Result<Self> {
        match size {
            1 | 2 | 4 => Ok(Self { bytes: value.to_le_bytes(), size }),
            _ => Err(Error::InvalidValue),
        }
    }

    /// The bytes.
    pub(crate) fn bytes(&self) -> &[u8] {
        &self.bytes[..self.size]
    }
}

impl Work {
    /// `hipGraphNodeType`.
    pub(crate) fn node_type(&self) -> u32 {
        match self {
            Self::Kernel(_) => 0,
            Self::Copy { .. } => 1,
            Self::Fill { .. } => 2,
            Self::Nothing => 5,
        }
    }
}

/// One node of a graph.
#[derive(Debug)]
pub(crate) struct Node {
    graph: usize,
    work: Work,
}

/// All graphs, their nodes, and what was instantiated from them.
#[derive(Debug, Default)]
pub(crate) struct Graphs {
    /// The nodes of each, in order of creation.
    graphs: Handles<Vec<usize>>,
    nodes: Handles<Node>,
    executables: Handles<Vec<Work>>,
}

impl Graphs {
    /// A graph without nodes.
    pub(crate) fn create(&mut self) -> usize {
        self.graphs.insert(Vec::new())
    }

    /// Ends a graph and its nodes; what was instantiated from it stays.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn destroy(&mut self, graph: usize) -> Result {
        self.graphs.remove(graph)?;
        self.nodes.retain(|node| node.graph != graph);
        Ok(())
    }

    /// Adds a node that comes after `dependencies`.
    ///
    /// # Errors
    /// If the graph is unknown, or a dependency is not one of its nodes.
    pub(crate) fn add(
        &mut self,
        graph: usize,
        dependencies: &[usize],
        work: Work,
    ) -> Result<usize> {
        let known = self.graphs.get(graph)?;
        if !dependencies.iter().all(|node| known.contains(node)) {
            return Err(Error::InvalidValue);
        }
        let node = self.nodes.insert(Node { graph, work });
        self.graphs.get_mut(graph)?.push(node);
        Ok(node)
    }

    /// The nodes of a graph.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn nodes(&self, graph: usize) -> Result<&[usize]> {
        self.graphs.get(graph).map(Vec::as_slice)
    }

    /// What a node does.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn work(&self, node: usize) -> Result<&Work> {
        self.nodes.get(node).map(|node| &node.work)
    }

    /// Keeps what a graph does now under a handle of its own.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn instantiate(&mut self, graph: usize) -> Result<usize> {
        let nodes = self.graphs.get(graph)?.iter().map(|node| self.nodes.get(*node));
        let work: Result<Vec<Work>> = nodes.map(|node| Ok(node?.work.clone())).collect();
        Ok(self.executables.insert(work?))
    }

    /// What an instance does, in order.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn executable(&self, handle: usize) -> Result<&[Work]> {
        self.executables.get(handle).map(Vec::as_slice)
    }

    /// Ends an instance.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn destroy_executable(&mut self, handle: usize) -> Result {
        self.executables.remove(handle).map(drop)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instance_keeps_what_the_graph_was() {
        let mut graphs = Graphs::default();
        let graph = graphs.create();
        let first = graphs.add(graph, &[], Work::Nothing).unwrap();
        let fill = |value| Work::Fill {
            to: Place::default(),
            pattern: Pattern::new(value, 2).unwrap(),
            times: 1,
        };
        let second = graphs.add(graph, &[first], fill(7)).unwrap();
        assert_eq!(graphs.add(graph, &[graph], Work::Nothing), Err(Error::InvalidValue));
        let instance = graphs.instantiate(graph).unwrap();
        assert_eq!(graphs.nodes(graph), Ok(&[first, second][..]));
        assert_eq!(graphs.work(second).unwrap().node_type(), 2);
        graphs.destroy(graph).unwrap();
        assert!(graphs.work(second).is_err() && graphs.instantiate(graph).is_err());
        let types = graphs.executable(instance).unwrap().iter().map(Work::node_type);
        assert_eq!(types.collect::<Vec<_>>(), [5, 2]);
        graphs.destroy_executable(instance).unwrap();
        assert!(graphs.executable(instance).is_err());
    }

    #[test]
    fn patterns_have_one_two_or_four_bytes() {
        assert_eq!(Pattern::new(0x0403_0201, 2).unwrap().bytes(), [1, 2]);
        assert_eq!(Pattern::new(1, 3), Err(Error::InvalidValue));
    }
}
