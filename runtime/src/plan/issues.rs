//! Every operation that serving a model can ask a bundle for.

use std::collections::BTreeMap;

use kiln_cache::operations::{ActQuant, DECODE_ROWS};
use kiln_cache::vocabulary::{Dtype, Operation};
use kiln_targets::{Format, Scheme};

use super::Serving;
use super::node::{Bind, Node, Pass};
use super::nodes::{Forms, nodes};
use crate::Result;
use crate::model::config::ModelConfig;

/// Numbers of rows with which an operation is asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Asked {
    /// 1 to 32.
    pub few: bool,
    /// More.
    pub many: bool,
}

/// Every operation that the model can issue, and with how many rows.
///
/// # Errors
/// As [`nodes`].
pub fn issues(
    config: &ModelConfig,
    forms: &dyn Forms,
    serving: &Serving,
) -> Result<BTreeMap<Operation, Asked>> {
    let mut all: BTreeMap<Operation, Asked> = BTreeMap::new();
    for pass in Pass::ALL {
        let mut ask = |operation: Operation| {
            let asked = all.entry(operation).or_default();
            asked.few |= pass.least_rows() <= DECODE_ROWS;
            asked.many |= pass.most_rows(u64::MAX) > DECODE_ROWS;
        };
        for node in nodes(config, forms, serving, pass)? {
            quantisations(&node, serving.act).into_iter().for_each(&mut ask);
            ask(node.operation);
        }
    }
    Ok(all)
}

/// What may have to be done to an operation's activations before a kernel takes them.
pub(super) fn quantisations(node: &Node, act: Dtype) -> Vec<Operation> {
    let free = node.operation.name == "linear_q4" && !node.operation.attributes.contains_key("x");
    let k = node.operation.dims.get("k").copied();
    let Some(k) = k.filter(|_| free && matches!(node.bind("x"), Some(Bind::Value(_)))) else {
        return Vec::new();
    };
    let blocks = |format: &&Format| matches!(format.scheme, Scheme::Blocks { .. });
    let names = Format::builtins().iter().filter(blocks).map(|format| format.name.as_str());
    let names = names.chain(["f16"].into_iter().filter(|name| *name != act.name()));
    names.map(|to| ActQuant { from: act, to, k }.operation()).collect()
}

impl Pass {
    /// Most rows of a pass where chunks have so many.
    pub(super) fn most_rows(self, chunk: u64) -> u64 {
        match self {
            Self::Prefill => chunk,
            Self::Context => chunk.max(DECODE_ROWS),
            _ => DECODE_ROWS,
        }
    }

    /// Least rows of a pass.
    pub(super) fn least_rows(self) -> u64 {
        match self {
            Self::Prefill => DECODE_ROWS + 1,
            _ => 1,
        }
    }
}
