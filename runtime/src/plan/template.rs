//! Launches with everything filled in but the dims that arrive with each pass.

use kiln_cache::vocabulary::{ArgKind, Extent, Factor};

use super::node::{Bind, Held, Pass};
use super::route::Step;
use super::sizes::{Arriving, Free, Sizes};
use crate::device::{Arguments, KernelId, Launch, Operands, Pointer};
use crate::plan::route::Array;
use crate::{Error, Result};

/// A launch that waits for its dims.
#[derive(Clone, Debug)]
pub(super) struct Template {
    kernel: KernelId,
    threads: u32,
    lds_bytes: u32,
    grid: [Product; 3],
    arguments: Arguments,
    /// Arriving dims among the arguments.
    dims: Vec<(usize, Free)>,
    /// Where the argument block points to the residual stream, and the bytes of a row of it, where
    /// the pass may begin at any row.
    stream: Option<(usize, u64)>,
}

/// A product of arriving dims, each divided and rounded up, and a constant.
#[derive(Clone, Debug)]
struct Product {
    constant: u64,
    factors: Vec<(Free, u64)>,
}

impl Template {
    /// Fills in a step; `place` says where an array lies.
    ///
    /// # Errors
    /// If an array or dim is missing, or a grid cannot be computed.
    pub(super) fn new(
        pass: Pass,
        step: &Step<'_>,
        sizes: &Sizes,
        place: &dyn Fn(&Array) -> Option<Pointer>,
    ) -> Result<Self> {
        let mut operands = Operands::default();
        let mut stream = None;
        let largest = sizes.largest(pass, 1);
        let dims = sizes.dims(&step.fixed, &largest, step.parts);
        for (arg, array) in &step.arrays {
            let pointer = place(array).ok_or_else(|| {
                let why = format!("kernel {} has no memory for {}", step.entry.name, arg.name);
                Error::request(why)
            })?;
            operands.buffers.insert(arg.name.clone(), pointer);
            if pass == Pass::Head && array.bind == Bind::Held(Held::Hidden) {
                stream = Some((arg.offset as usize, crate::operands::bytes(arg, &dims)?));
            }
        }
        let arriving = |name: &str| match step.fixed.contains_key(name) {
            true => None,
            false => Free::named(name, step.parts),
        };
        let args = step.entry.kernarg.args.iter().filter(|arg| arg.kind == ArgKind::Dim);
        let moving = args.filter_map(|arg| Some((arg.offset as usize, arriving(&arg.name)?)));
        let [x, y, z] = &step.entry.geometry;
        let product = |extent: &Extent| Product::of(extent, &dims, &arriving);
        Ok(Self {
            kernel: step.kernel,
            threads: step.entry.threads,
            lds_bytes: step.entry.lds_bytes,
            grid: [product(x)?, product(y)?, product(z)?],
            arguments: Arguments::lay_out(&step.entry.kernarg, &dims, &operands)?,
            dims: moving.collect(),
            stream,
        })
    }

    /// The launch for these dims; the residual stream begins at row `row`.
    ///
    /// # Errors
    /// If the grid is empty or too large.
    pub(super) fn launch(&self, arriving: &Arriving, row: u64) -> Result<Launch> {
        let mut arguments = self.arguments.clone();
        for (at, dim) in &self.dims {
            arguments.set_dim(*at, arriving.get(*dim))?;
        }
        if let Some((at, bytes)) = self.stream {
            arguments.shift(at, row * bytes);
        }
        let mut grid = [0; 3];
        for (extent, product) in grid.iter_mut().zip(&self.grid) {
            *extent = product.eval(arriving)?;
        }
        let (kernel, threads, lds_bytes) = (self.kernel, self.threads, self.lds_bytes);
        Ok(Launch { kernel, grid, threads, lds_bytes, arguments })
    }
}

impl Product {
    fn of(
        extent: &Extent,
        dims: &kiln_cache::vocabulary::Dims,
        arriving: &dyn Fn(&str) -> Option<Free>,
    ) -> Result<Self> {
        let mut product = Self { constant: 1, factors: Vec::new() };
        for factor in &extent.0 {
            match factor {
                Factor::CeilDiv { dim, by } if arriving(dim).is_some() => {
                    product.factors.extend(arriving(dim).map(|dim| (dim, (*by).max(1))));
                }
                standing => {
                    let one = Extent(vec![standing.clone()]).product(dims)?;
                    product.constant = product.constant.saturating_mul(one);
                }
            }
        }
        Ok(product)
    }

    fn eval(&self, arriving: &Arriving) -> Result<u32> {
        let multiply = |all: u64, (dim, by): &(Free, u64)| {
            all.saturating_mul(arriving.get(*dim).div_ceil(*by))
        };
        let all = self.factors.iter().fold(self.constant, multiply);
        match u32::try_from(all) {
            Ok(extent) if extent > 0 => Ok(extent),
            _ => Err(Error::request(format!("a grid of {all} workgroups is empty or too large"))),
        }
    }
}
