//! Recipes without their parameter types, for catalogues.

use super::{
    AxisInfo, Host, ParamError, Params, Pick, Recipe, Signature, Sizes, Values, Verdict, build,
};
use crate::diagnose::Diagnostics;
use crate::tile::Program;
use kiln_targets::Target;
use std::fmt::Display;

/// Any recipe; every [`Recipe`] is one.
pub trait AnyRecipe: Send + Sync {
    /// Name of the family.
    fn name(&self) -> &'static str;

    /// The fields of its parameters.
    fn axes(&self) -> &'static [AxisInfo];

    /// Points in its search space.
    fn count(&self) -> usize;

    /// Every point in lexicographic order, made one at a time.
    fn candidates(&self) -> Box<dyn Iterator<Item = Box<dyn Candidate + '_>> + '_>;

    /// The point stored as `values`.
    ///
    /// # Errors
    /// If there is no such point in the search space.
    fn candidate(&self, values: &Values) -> Result<Box<dyn Candidate + '_>, ParamError>;

    /// The point to use where nothing was tuned.
    fn default_candidate(&self, target: &Target) -> Box<dyn Candidate + '_>;

    /// Computes every output from the inputs with plain loops.
    fn reference(&self, host: &mut Host);

    /// Dims whose positions do not know each other; see [`Recipe::independent`].
    fn independent(&self) -> &'static [&'static str];

    /// Makes sizes that were picked one by one fit each other.
    fn fit(&self, dims: &mut Sizes);

    /// The whole numbers of an input that has structure, row by row; `None` for any other.
    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>>;

    /// The largest magnitude that checks give an input's floats, if they are bounded.
    fn limit(&self, input: &str) -> Option<f64>;

    /// Whether the reference, run on magnitudes, adds up what every pass of a loop contributes.
    fn counts_passes(&self) -> bool;
}

/// A recipe at one point; displayed as `{ mmq_x: 48, ... }`.
pub trait Candidate: Display + Send + Sync {
    /// The point as stored.
    fn values(&self) -> Values;

    /// Dims, arguments and memory orders.
    fn signature(&self, target: &Target) -> Signature;

    /// Names the order in which a row is computed; see [`Recipe::order`].
    fn order(&self, target: &Target) -> String;

    /// Whether the point is there for its accuracy alone; see [`Recipe::is_spare`].
    fn is_spare(&self, target: &Target) -> bool;

    /// Whether the algorithm admits the point.
    ///
    /// # Errors
    /// The reason why not.
    fn admits(&self, target: &Target) -> Verdict;

    /// Records the kernel.
    ///
    /// # Errors
    /// Every mistake of the recipe.
    fn build(&self, target: &Target) -> Result<Program, Diagnostics>;
}

struct At<'r, R: Recipe> {
    recipe: &'r R,
    params: R::Params,
}

impl<R: Recipe + Send + Sync> AnyRecipe for R {
    fn name(&self) -> &'static str {
        Recipe::name(self)
    }

    fn axes(&self) -> &'static [AxisInfo] {
        R::Params::AXES
    }

    fn count(&self) -> usize {
        R::Params::count()
    }

    fn candidates(&self) -> Box<dyn Iterator<Item = Box<dyn Candidate + '_>> + '_> {
        Box::new(R::Params::all().map(|params| at(self, params)))
    }

    fn candidate(&self, values: &Values) -> Result<Box<dyn Candidate + '_>, ParamError> {
        R::Params::from_values(values).map(|params| at(self, params))
    }

    fn default_candidate(&self, target: &Target) -> Box<dyn Candidate + '_> {
        at(self, self.default_params(target))
    }

    fn reference(&self, host: &mut Host) {
        Recipe::reference(self, host);
    }

    fn independent(&self) -> &'static [&'static str] {
        Recipe::independent(self)
    }

    fn fit(&self, dims: &mut Sizes) {
        Recipe::fit(self, dims);
    }

    fn integers(&self, input: &str, dims: &Sizes, pick: Pick) -> Option<Vec<i32>> {
        Recipe::integers(self, input, dims, pick)
    }

    fn limit(&self, input: &str) -> Option<f64> {
        Recipe::limit(self, input)
    }

    fn counts_passes(&self) -> bool {
        Recipe::counts_passes(self)
    }
}

fn at<R: Recipe + Send + Sync>(recipe: &R, params: R::Params) -> Box<dyn Candidate + '_> {
    Box::new(At { recipe, params })
}

impl<R: Recipe + Send + Sync> Candidate for At<'_, R> {
    fn values(&self) -> Values {
        self.params.values()
    }

    fn signature(&self, target: &Target) -> Signature {
        self.recipe.signature(&self.params, target)
    }

    fn order(&self, target: &Target) -> String {
        self.recipe.order(&self.params, target)
    }

    fn is_spare(&self, target: &Target) -> bool {
        self.recipe.is_spare(&self.params, target)
    }

    fn admits(&self, target: &Target) -> Verdict {
        self.recipe.admits(&self.params, target)
    }

    fn build(&self, target: &Target) -> Result<Program, Diagnostics> {
        build(self.recipe, &self.params, target)
    }
}

impl<R: Recipe> Display for At<'_, R> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.params.fmt(f)
    }
}
