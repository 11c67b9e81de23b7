//! Laws 1, 2 and 3: which crate may depend on which.
//!
//! * Normal and build dependencies count, optional ones too; what a crate uses in its own tests
//!   does not reach a binary and is free.
//! * `kiln-tests` may see everything, and nothing may see it.

use std::collections::{BTreeMap, BTreeSet};

use crate::Violation;
use crate::workspace::{Metadata, Node, Package};

/// Every arrow between rooms that law 2 allows: a crate, and what it may depend on.
pub const ALLOWED: &[(&str, &[&str])] = &[
    ("kiln-targets", &[]),
    ("kiln-sim", &["kiln-targets"]),
    ("kiln-hip-sim", &["kiln-sim", "kiln-targets"]),
    ("kiln-cache", &[]),
    ("kiln-compiler", &["kiln-targets"]),
    ("kiln-recipes", &["kiln-compiler", "kiln-targets"]),
    ("kiln-tuner", &["kiln-cache", "kiln-compiler", "kiln-recipes", "kiln-sim", "kiln-targets"]),
    ("kiln-runtime", &["kiln-cache", "kiln-sim", "kiln-targets"]),
    ("kiln-server", &["kiln-cache", "kiln-runtime", "kiln-sim", "kiln-targets"]),
];

/// The crate that may see every room.
const OBSERVER: &str = "kiln-tests";

/// What serves, and so must not carry a compiler.
pub const SERVING: &[&str] = &["kiln-runtime", "kiln-server"];

/// What the serving crates must not reach, directly or through others.
pub const TUNING: &[&str] = &[
    "kiln-compiler",
    "kiln-recipes",
    "kiln-tuner",
    "inkwell",
    "llvm-sys",
    "melior",
    "mlir-sys",
    "tblgen",
];

/// Law 1: every way in which a serving crate reaches a crate of the tuning side.
pub fn serving_without_compiler(metadata: &Metadata) -> Vec<Violation> {
    let names: BTreeMap<&str, &str> =
        metadata.packages.iter().map(|p| (p.id.as_str(), p.name.as_str())).collect();
    let mut violations = Vec::new();
    for package in metadata.members().filter(|p| SERVING.contains(&p.name.as_str())) {
        for id in closure(metadata, &package.id) {
            let name = names.get(id).copied().unwrap_or(id);
            if TUNING.contains(&name) {
                violations.push(Violation::new(&package.name, format!("depends on {name}")));
            }
        }
    }
    violations
}

/// Everything that `start` depends on in the resolved graph, itself excluded.
fn closure<'m>(metadata: &'m Metadata, start: &'m str) -> BTreeSet<&'m str> {
    let nodes: BTreeMap<&str, &Node> =
        metadata.resolve.nodes.iter().map(|n| (n.id.as_str(), n)).collect();
    let (mut seen, mut open) = (BTreeSet::new(), vec![start]);
    while let Some(id) = open.pop() {
        for edge in nodes.get(id).map_or(&[][..], |n| &n.deps) {
            let shipped = edge.dep_kinds.iter().any(|k| is_shipped(k.kind.as_deref()));
            if shipped && seen.insert(edge.pkg.as_str()) {
                open.push(&edge.pkg);
            }
        }
    }
    seen
}

fn is_shipped(kind: Option<&str>) -> bool {
    kind != Some("dev")
}

/// Law 3: every room besides `allowed` that both the tuner and the server are built from.
pub fn shared_rooms(metadata: &Metadata, allowed: &[&str]) -> Vec<Violation> {
    let reach = |name: &str| {
        let start = metadata.members().find(|p| p.name == name);
        start.map(|p| closure(metadata, &p.id)).unwrap_or_default()
    };
    let (tuning, serving) = (reach("kiln-tuner"), reach("kiln-server"));
    let both = metadata.members().filter(|p| {
        let id = p.id.as_str();
        tuning.contains(id) && serving.contains(id) && !allowed.contains(&p.name.as_str())
    });
    both.map(|p| Violation::new(&p.name, "is on both sides of the bundle")).collect()
}

/// Law 2: every arrow between rooms that [`ALLOWED`] lacks.
pub fn only_allowed_arrows(metadata: &Metadata) -> Vec<Violation> {
    let rooms: BTreeSet<&str> = metadata.members().map(|p| p.name.as_str()).collect();
    let mut violations = Vec::new();
    for package in metadata.members().filter(|p| p.name != OBSERVER) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(name, _)| *name == package.name) else {
            let what = "is a room that the table of arrows does not list";
            violations.push(Violation::new(&package.name, what));
            continue;
        };
        for name in shipped_dependencies(package) {
            if rooms.contains(name) && !allowed.contains(&name) {
                let what = format!("must not depend on {name}");
                violations.push(Violation::new(&package.name, what));
            }
        }
    }
    violations
}

fn shipped_dependencies(package: &Package) -> BTreeSet<&str> {
    let shipped = package.dependencies.iter().filter(|d| is_shipped(d.kind.as_deref()));
    shipped.map(|d| d.name.as_str()).collect()
}
