//! Attention over a paged cache of keys and values.
//!
//! * [`RopeKv`] normalises and rotates queries and keys, and puts keys and values into the cache.
//! * [`Prefill`] attends with many rows of a sequence at once.
//! * [`Split`] and [`Merge`] attend with few rows over a long past: every workgroup takes a part
//!   of the past that begins at a multiple of a fixed length, and the parts are put together.
//!
//! Law of the cache: the row of (page, head, offset) is `(page * kv_heads + head) * page_size +
//! offset`, and nothing that a sequence does not own ever reaches its result, whatever bits are
//! there.

mod flash;
mod merge;
mod prefill;
mod reference;
mod rope_kv;
mod segments;
mod sight;
mod split;

pub use flash::Cover;
pub use merge::{Gather, Merge};
pub use prefill::Prefill;
pub use rope_kv::{RopeKv, Rows};
pub use sight::Sight;
pub use split::Split;

use kiln_compiler::prelude::*;
use kiln_targets::Backend;

/// Sizes and number types of an attention layer, the same for all operations around its cache.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layer {
    /// Number type of activations.
    pub act: DType,
    /// Number type of the cache.
    pub kv: DType,
    /// Heads of queries.
    pub heads: u32,
    /// Heads of keys and values, each shared by `heads / kv_heads` query heads.
    pub kv_heads: u32,
    /// Elements of a head, a power of two.
    pub head: u32,
    /// Tokens of a page, a power of two.
    pub page: u32,
    /// Whether each head's query is followed by a gate.
    pub gated: bool,
    /// Which keys a row sees.
    pub sight: Sight,
}

impl Layer {
    /// The layer, if its sizes are such that kernels can cover it.
    ///
    /// # Errors
    /// Which size is wrong.
    pub fn checked(self) -> Result<Layer, String> {
        let Layer { heads, kv_heads, head, page, .. } = self;
        if kv_heads == 0 || !heads.is_multiple_of(kv_heads) || heads == 0 {
            return Err(format!("{heads} heads do not share {kv_heads} heads of keys evenly"));
        }
        if !head.is_power_of_two() || !(16..=512).contains(&head) {
            return Err(format!("a head of {head} is none of 16, 32, .. 512"));
        }
        if !page.is_power_of_two() || !(16..=4096).contains(&page) {
            return Err(format!("a page of {page} tokens is none of 16, 32, .. 4096"));
        }
        let sized = u64::from(heads + kv_heads) * u64::from(head) < 1 << 20;
        let float = self.act.is_float() && self.kv.is_float();
        if sized && float { Ok(self) } else { Err("an attention layer is of floats".into()) }
    }

    /// Columns of `qkv`: queries (each with its gate), keys, values.
    pub fn columns(&self) -> u32 {
        self.keys_at() + 2 * self.kv_heads * self.head
    }

    /// Column where a head's query begins.
    fn query_at<'k>(&self, head: Index<'k>) -> Index<'k> {
        head * (self.head << u32::from(self.gated))
    }

    /// Column where the keys begin.
    fn keys_at(&self) -> u32 {
        (self.heads * self.head) << u32::from(self.gated)
    }

    /// Number type in which the result of a part of a past is kept. It is a mean of values, and
    /// so neither larger than they are nor better known.
    fn part(&self) -> DType {
        if self.act == F32 { F32 } else { self.kv }
    }

    /// Query heads that share a head of keys.
    fn group(&self) -> u32 {
        self.heads / self.kv_heads
    }

    /// Declares the cache, `c` tokens long.
    fn cache(&self, signature: Signature, target: &Target, role: Role) -> Signature {
        let rows = format!("{}*c", self.kv_heads);
        let cols = self.head.to_string();
        let mut signature = signature.multiple_of("c", self.page);
        for (name, order) in ["keys", "values"].into_iter().zip(self.orders(target)) {
            let extents = [rows.as_str(), cols.as_str()];
            signature = match role {
                Role::InOut => signature.inout(name, self.kv, extents),
                _ => signature.input(name, self.kv, extents),
            };
            signature = signature.order(name, order);
        }
        signature
    }

    /// Memory orders of keys and values. Where a matrix atom takes sixteen numbers of a lane at
    /// once, a block of sixteen tokens and sixteen elements lies in memory as the atom wants it:
    /// keys element by element, values token by token.
    fn orders(&self, target: &Target) -> [&'static str; 2] {
        match target.backend {
            Backend::AmdGpu if self.kv != F32 => {
                ["k0 k1 k2 k3 n0 n1 n2 n3", "n0 n1 n2 n3 k0 k1 k2 k3"]
            }
            _ => ["", ""],
        }
    }
}

/// Who uses the cache.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    Input,
    InOut,
}
