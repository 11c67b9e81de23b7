//! Recipes: a tiled operation with its search space, its limits and its definition of right.

use super::{Host, Kernel, Params, Signature};
use crate::diagnose::Diagnostics;
use crate::tile::{Program, verify};
use kiln_targets::Target;
use std::collections::BTreeMap;

/// A kernel family. `build` is run once for each point of the search space and records a program;
/// Rust control flow is then build time, [`Kernel::fold`] and [`Kernel::when`] are run time.
pub trait Recipe {
    /// One point of the search space; see [`params!`](crate::params).
    type Params: Params;

    /// Name of the family.
    fn name(&self) -> &'static str;

    /// Dims, arguments and memory orders of the kernel built for a point.
    fn signature(&self, params: &Self::Params, target: &Target) -> Signature;

    /// Whether the algorithm admits this point, with the reason if not. Limits of registers and
    /// memory are the compiler's to state.
    ///
    /// # Errors
    /// The reason, see [`require!`](crate::require).
    fn admits(&self, params: &Self::Params, target: &Target) -> Verdict;

    /// Records the kernel.
    fn build(&self, k: &Kernel, params: &Self::Params);

    /// Computes every output from the inputs with plain loops: the definition of right.
    fn reference(&self, host: &mut Host);

    /// Dims whose positions do not know each other, such as rows of tokens and of weights of a linear
    /// layer, and rows of a table that are taken by number: what is computed at one of them is the same
    /// however many others there are. A problem of real size may then be checked through a small one
    /// that it repeats. Where there are none, all rows belong together, as those of a text do.
    fn independent(&self) -> &'static [&'static str] {
        &[]
    }

    /// Makes sizes that were picked one by one fit each other, where the inputs demand it: a cache
    /// that holds all rows, a segment for every row. Checks ask; a model's sizes fit already.
    fn fit(&self, dims: &mut Sizes) {
        let _ = dims;
    }

    /// The whole numbers of an input that has structure (segments, page tables, places), row by
    /// row, for sizes that fit each other; `None` for an input that may hold anything.
    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        let _ = (input, dims, pick);
        None
    }

    /// The largest magnitude that checks give an input's floats, where the operation means numbers
    /// that are bounded, such as the parts of unit vectors; larger ones are scaled down together.
    fn limit(&self, input: &str) -> Option<f64> {
        let _ = input;
        None
    }

    /// Names the order in which the kernel built for a point computes a row.
    ///
    /// Equal names are a promise: kernels of one operation that have the same name for a target, and
    /// the same formats of inputs, give a row of `m` the same bits, whatever the other rows are and
    /// however many. Unless a recipe knows better, only the point itself is of its order.
    fn order(&self, params: &Self::Params, _target: &Target) -> String {
        format!("{} {params}", self.name())
    }

    /// Whether a point is there for its accuracy alone: a finer form of others that computes more
    /// slowly. It is compiled where none of the others is accurate enough.
    fn is_spare(&self, _params: &Self::Params, _target: &Target) -> bool {
        false
    }

    /// Whether the reference, run on magnitudes, adds up what every pass of a loop contributes.
    /// Otherwise a tolerance counts the roundings of as many passes as the longest axis has
    /// elements, which is far too many where passes are rows that damp each other's errors.
    fn counts_passes(&self) -> bool {
        false
    }

    /// A point that `admits` accepts on every target, good without any search.
    fn default_params(&self, target: &Target) -> Self::Params;
}

/// Values of the dims of a signature, by name.
pub type Sizes = BTreeMap<String, u64>;

/// Which of the possible contents of a structured input are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pick {
    /// What a model issues most at these sizes: the contents that kernels are timed with.
    Typical,
    /// Contents that try the kernel, drawn with a seed.
    Seeded(u64),
}

/// Whether a point is worth compiling.
pub type Verdict = Result<(), Reject>;

/// Why a point is not worth compiling.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Reject {
    /// The reason without its numbers, under which rejects are counted.
    pub template: String,
    /// The reason.
    pub detail: String,
}

impl From<kiln_targets::Reject> for Reject {
    fn from(reject: kiln_targets::Reject) -> Reject {
        Reject { template: reject.0.clone(), detail: reject.0 }
    }
}

/// Rejects a point unless a condition holds: `require!(p.rows % m == 0, "rows come in {}s", m)`.
///
/// The reason is a format string; rejects are counted under the string as written.
#[macro_export]
macro_rules! require {
    ($condition:expr, $reason:literal $(, $number:expr)* $(,)?) => {
        if !$condition {
            return ::core::result::Result::Err($crate::dsl::Reject {
                template: ::std::string::String::from($reason),
                detail: ::std::format!($reason $(, $number)*),
            });
        }
    };
}

/// Records a recipe at a point for a target.
///
/// # Errors
/// Every mistake in the signature and the body.
pub fn build<R: Recipe + ?Sized>(
    recipe: &R,
    params: &R::Params,
    target: &Target,
) -> Result<Program, Diagnostics> {
    let kernel = Kernel::new(recipe.signature(params, target), target);
    recipe.build(&kernel, params);
    let recorded = kernel.finish().and_then(|program| verify(&program).map(|()| program));
    let building = || format!("{} {params} for {}", recipe.name(), target.name);
    recorded.map_err(|all| Diagnostics { building: building(), all })
}
