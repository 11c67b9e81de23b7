//! The tables with which requests are timed: times depend on them as on dims.

use kiln_cache::hash::{Digest, KeyBuilder};
use kiln_compiler::dsl::Pick;

use super::{Contender, Request};

/// Adds to a key what the inputs with structure hold; nothing where there are none.
pub(super) fn keyed(key: KeyBuilder, contender: &Contender<'_>, request: &Request) -> KeyBuilder {
    match digest(contender, request) {
        Some(digest) => key.field("tables", digest),
        None => key,
    }
}

fn digest(contender: &Contender<'_>, request: &Request) -> Option<Digest> {
    let recipe = contender.point.spec.recipe().ok()?;
    let dims = request.dims();
    let mut held = Vec::new();
    for part in &contender.point.program.parts {
        if let Some(integers) = recipe.integers(&part.name, &dims, Pick::Typical) {
            held.extend(part.name.as_bytes());
            held.extend((integers.len() as u64).to_le_bytes());
            held.extend(integers.iter().flat_map(|of| of.to_le_bytes()));
        }
    }
    (!held.is_empty()).then(|| Digest::of(&held))
}
