//! Graphs of kernels, copies and fills.

use super::export;
use super::launch::{Dims, Parameters};
use crate::error::{Error, Result};
use crate::graph::{Pattern, Work};
use crate::raw::{List, Out, Place};
use crate::runtime::with;

/// `hipKernelNodeParams`.
#[derive(Clone, Copy)]
#[repr(C)]
struct KernelNode {
    block: Dims,
    extra: List<usize>,
    function: usize,
    grid: Dims,
    parameters: List<Place>,
    lds: u32,
}

/// `hipMemsetParams`.
#[derive(Clone, Copy)]
#[repr(C)]
struct MemsetNode {
    to: Place,
    element_size: u32,
    height: usize,
    pitch: usize,
    value: u32,
    width: usize,
}

fn add(to: Out<usize>, graph: usize, after: List<usize>, count: usize, work: Work) -> Result {
    let after: Result<Vec<usize>> = (0..count).map(|index| after.get(index)).collect();
    let after = after?;
    with(|runtime| to.set(runtime.graphs.add(graph, &after, work)?))
}

fn instantiate(to: Out<usize>, graph: usize) -> Result {
    with(|runtime| to.set(runtime.graphs.instantiate(graph)?))
}

export! {
    fn hipGraphCreate(to: Out<usize>, flags: u32) {
        if flags != 0 {
            return Err(Error::InvalidValue);
        }
        with(|runtime| to.set(runtime.graphs.create()))
    }

    fn hipGraphDestroy(graph: usize) {
        with(|runtime| runtime.graphs.destroy(graph))
    }

    fn hipGraphAddEmptyNode(to: Out<usize>, graph: usize, after: List<usize>, count: usize) {
        add(to, graph, after, count, Work::Nothing)
    }

    fn hipGraphAddKernelNode(
        to: Out<usize>,
        graph: usize,
        after: List<usize>,
        count: usize,
        node: List<KernelNode>,
    ) {
        let node = node.get(0)?;
        let parameters = Parameters { list: node.parameters, extra: node.extra };
        let launch = parameters.launch(node.function, node.grid, node.block, node.lds)?;
        add(to, graph, after, count, Work::Kernel(launch))
    }

    fn hipGraphAddMemcpyNode1D(
        node: Out<usize>,
        graph: usize,
        after: List<usize>,
        count: usize,
        to: Place,
        from: Place,
        bytes: usize,
        kind: u32,
    ) {
        add(node, graph, after, count, Work::Copy { to, from, bytes, kind })
    }

    /// Fills of one row; rows apart from each other are not supported.
    fn hipGraphAddMemsetNode(
        to: Out<usize>,
        graph: usize,
        after: List<usize>,
        count: usize,
        node: List<MemsetNode>,
    ) {
        let node = node.get(0)?;
        let pattern = Pattern::new(node.value, node.element_size as usize)?;
        if node.height > 1 {
            return Err(Error::NotSupported);
        }
        pattern.bytes().len().checked_mul(node.width).ok_or(Error::InvalidValue)?;
        add(to, graph, after, count, Work::Fill { to: node.to, pattern, times: node.width })
    }

    /// Stores as many nodes as there is room for, or their number where no room is given.
    fn hipGraphGetNodes(graph: usize, to: Out<usize>, count: Out<usize>) {
        with(|runtime| {
            let nodes = runtime.graphs.nodes(graph)?;
            if !to.is_null() {
                let room = count.get()?.min(nodes.len());
                nodes[..room].iter().enumerate().try_for_each(|(at, node)| to.at(at).set(*node))?;
            }
            count.set(nodes.len())
        })
    }

    fn hipGraphNodeGetType(node: usize, to: Out<u32>) {
        with(|runtime| to.set(runtime.graphs.work(node)?.node_type()))
    }

    fn hipGraphInstantiate(
        to: Out<usize>,
        graph: usize,
        _error_node: Out<usize>,
        _log: Out<u8>,
        _log_bytes: usize,
    ) {
        instantiate(to, graph)
    }

    fn hipGraphInstantiateWithFlags(to: Out<usize>, graph: usize, _flags: u64) {
        instantiate(to, graph)
    }

    fn hipGraphUpload(executable: usize, stream: usize) {
        with(|runtime| {
            runtime.streams.get(stream)?;
            runtime.graphs.executable(executable).map(drop)
        })
    }

    fn hipGraphLaunch(executable: usize, stream: usize) {
        with(|runtime| {
            let all = runtime.graphs.executable(executable)?.to_vec();
            all.into_iter().try_for_each(|work| runtime.submit(stream, work))
        })
    }

    fn hipGraphExecDestroy(executable: usize) {
        with(|runtime| runtime.graphs.destroy_executable(executable))
    }
}
