//! What the programs of a model need in memory.

use std::collections::BTreeMap;

use kiln_cache::vocabulary::Dims;

use super::arena::{Lifetime, pack};
use super::node::{Bind, Held, Input, Pass};
use super::route::{Array, Program, Route, Step};
use super::sizes::Sizes;
use super::tensor::Tensor;
use crate::operands;
use crate::weights::Layout;
use crate::{Error, Result};

/// An array of a weight: the tensor, and which of its format's arrays it is.
pub(crate) type WeightArray = (Tensor, String);

/// How a kernel wants an array of a weight, and its size in bytes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) layout: Layout,
    pub(crate) bytes: u64,
}

/// Sizes in bytes.
#[derive(Clone, Debug, Default)]
pub(super) struct Needs {
    /// Of the arena that the results of passes share.
    pub(super) arena: u64,
    pub(super) held: BTreeMap<Held, (String, u64)>,
    pub(super) inputs: BTreeMap<Input, u64>,
    pub(super) weights: BTreeMap<WeightArray, Wanted>,
}

/// Offsets of a program's results in the arena.
pub(super) type Offsets = BTreeMap<Array, u64>;

impl Needs {
    /// Collects what every program needs, and places its results.
    ///
    /// # Errors
    /// If two kernels want the same memory in different formats, or a size cannot be computed.
    pub(super) fn of(
        routes: &BTreeMap<Pass, Route<'_>>,
        sizes: &Sizes,
    ) -> Result<(Self, BTreeMap<Pass, Vec<Offsets>>)> {
        let mut needs = Self::default();
        let mut offsets = BTreeMap::new();
        for (pass, route) in routes {
            let programs = route.programs.iter();
            let placed = programs.map(|program| needs.program(*pass, program, sizes));
            offsets.insert(*pass, placed.collect::<Result<Vec<_>>>()?);
        }
        Ok((needs, offsets))
    }

    fn program(&mut self, pass: Pass, program: &Program<'_>, sizes: &Sizes) -> Result<Offsets> {
        let arriving = sizes.largest(pass, program.rows);
        let mut values: BTreeMap<Array, Lifetime> = BTreeMap::new();
        for (at, step) in program.steps.iter().enumerate() {
            let dims = sizes.dims(&step.fixed, &arriving, step.parts);
            for (arg, array) in &step.arrays {
                let bytes = operands::bytes(arg, &dims)?;
                match array.bind {
                    Bind::Value(_) => {
                        let life = values.entry(array.clone());
                        let life = life.or_insert(Lifetime { bytes, first: at, last: at });
                        *life = Lifetime { bytes: life.bytes.max(bytes), last: at, ..*life };
                    }
                    Bind::Held(held) => self.held(held, array, bytes)?,
                    Bind::Input(input) => {
                        let size = self.inputs.entry(input).or_default();
                        *size = (*size).max(bytes);
                    }
                    Bind::Weight(tensor) => self.weight(tensor, step, array, &dims)?,
                }
            }
        }
        let (arrays, lives): (Vec<Array>, Vec<Lifetime>) = values.into_iter().unzip();
        let (offsets, total) = pack(&lives);
        self.arena = self.arena.max(total);
        Ok(arrays.into_iter().zip(offsets).collect())
    }

    fn held(&mut self, held: Held, array: &Array, bytes: u64) -> Result<()> {
        let known = self.held.entry(held).or_insert_with(|| (array.format.clone(), bytes));
        if known.0 != array.format {
            let why =
                format!("{held:?} is {} to one kernel and {} to another", known.0, array.format);
            return Err(Error::request(why));
        }
        known.1 = known.1.max(bytes);
        Ok(())
    }

    fn weight(
        &mut self,
        tensor: Tensor,
        step: &Step<'_>,
        array: &Array,
        dims: &Dims,
    ) -> Result<()> {
        let (arg, _) = step
            .arrays
            .iter()
            .find(|(_, other)| other == array)
            .expect("an array of a step should be among its arrays");
        let wanted = Wanted { layout: Layout::of(&arg.kind)?, bytes: operands::bytes(arg, dims)? };
        let key = (tensor, array.part.clone());
        let known = self.weights.entry(key).or_insert_with(|| wanted.clone());
        if *known != wanted {
            let why = format!("kernel {} wants {tensor:?} in another order", step.entry.name);
            return Err(Error::request(format!("{why}; a bundle should agree on one")));
        }
        Ok(())
    }

    /// Bytes of the arrays that hold keys and values, states, and everything else.
    pub(super) fn kinds(&self) -> [u64; 3] {
        let mut kinds = [0, 0, self.arena + self.inputs.values().sum::<u64>()];
        for (held, (_, bytes)) in &self.held {
            kinds[match held {
                Held::Keys(_) | Held::Values(_) => 0,
                Held::DraftKeys(_) | Held::DraftValues(_) => 0,
                Held::Conv(_) | Held::Delta(_) | Held::Carried => 1,
                _ => 2,
            }] += bytes;
        }
        kinds
    }
}
