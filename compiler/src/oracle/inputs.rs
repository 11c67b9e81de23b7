//! Everything a launch is given: memory images of all parts, and what the inputs mean.

use super::tensor::{Tensor, absolute};
use super::{Case, Problem};
use crate::dsl::{Argument, Host, Matrix, Signature};
use crate::interpret::{Buffer, Buffers, extent};
use crate::tile::{Extent, Part, Role};
use kiln_targets::{DType, Error, write_element};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What every bit of the padding holds in [`Case::NanInPadding`].
const SET: u8 = 0xff;

/// Numbers by the name of an argument or of a part.
type Matrices = BTreeMap<String, Arc<Matrix>>;

/// The inputs of one call, as memory and as numbers.
#[derive(Clone, Debug)]
pub struct Inputs {
    /// A guarded image of every part; outputs hold a pattern that no kernel writes.
    pub buffers: Buffers,
    values: Matrices,
    magnitudes: Matrices,
    /// Only where they differ from the values.
    originals: Matrices,
    outputs: BTreeMap<String, [usize; 2]>,
    dims: BTreeMap<String, usize>,
}

impl Inputs {
    /// Makes the inputs of a problem for kernels of this signature. Arguments of the same name
    /// get the same numbers in every signature that stores them by the same scheme.
    ///
    /// # Errors
    /// If a dim is missing, or a format cannot hold the case's numbers.
    pub fn generate(signature: &Signature, problem: &Problem) -> Result<Inputs, Error> {
        Inputs::with_structure(signature, problem, &|_| None, &|_| None)
    }

    /// As [`Inputs::generate`], where `integers` has the numbers of inputs with structure by
    /// their names, and `limit` the largest magnitude of inputs of floats that have one.
    ///
    /// # Errors
    /// Also if there are not as many of them as elements.
    pub fn with_structure(
        signature: &Signature,
        problem: &Problem,
        integers: &dyn Fn(&str) -> Option<Vec<i32>>,
        limit: &dyn Fn(&str) -> Option<f64>,
    ) -> Result<Inputs, Error> {
        let dims = signature.dims().iter().map(|name| {
            let size = problem.dims.get(name);
            size.copied().ok_or_else(|| Error::Data(format!("dim `{name}` has no value")))
        });
        let sizes: Vec<i64> =
            dims.map(|size| size.map(|size| size as i64)).collect::<Result<_, _>>()?;
        let named = signature.dims().iter().zip(&sizes);
        let mut inputs = Inputs {
            buffers: Buffers::new(),
            values: BTreeMap::new(),
            magnitudes: BTreeMap::new(),
            originals: BTreeMap::new(),
            outputs: BTreeMap::new(),
            dims: named.map(|(name, size)| (name.clone(), *size as usize)).collect(),
        };
        for argument in signature.arguments() {
            let given = (integers(&argument.name), limit(&argument.name));
            inputs.add(argument, &sizes, problem, given)?;
        }
        Ok(inputs)
    }

    /// What the reference sees: the stored numbers, dequantised.
    pub fn host(&self) -> Host {
        self.host_of(&self.values)
    }

    /// The same with every number replaced by the sum of the magnitudes it is a difference of:
    /// the reference then yields the magnitudes that meet in each output.
    pub fn magnitude_host(&self) -> Host {
        self.host_of(&self.magnitudes).magnitudes_of(self.values.clone())
    }

    /// What the reference sees before activations were quantised, for figures of accuracy; `None`
    /// if none were.
    pub fn original_host(&self) -> Option<Host> {
        let mut inputs = self.values.clone();
        inputs.extend(self.originals.clone());
        (!self.originals.is_empty()).then(|| self.host_of(&inputs))
    }

    fn host_of(&self, inputs: &Matrices) -> Host {
        let host = Host::new(self.dims.clone(), inputs.clone());
        self.outputs.iter().fold(host, |host, (name, extent)| host.with_output(name, *extent))
    }

    fn add(
        &mut self,
        argument: &Argument,
        dims: &[i64],
        problem: &Problem,
        (integers, limit): (Option<Vec<i32>>, Option<f64>),
    ) -> Result<(), Error> {
        let parts: Vec<(&Part, [usize; 2])> =
            argument.parts.iter().map(|part| (part, shape(part.extent, dims))).collect();
        if argument.role != Role::Input {
            let named = parts.iter().map(|(part, shape)| (part.name.clone(), *shape));
            self.outputs.extend(named);
        }
        if argument.role == Role::Output {
            for (part, shape) in parts {
                let bytes = part.order.bytes(shape, part.dtype);
                let empty = vec![untouched(part.dtype); bytes];
                self.buffers.insert(&part.name, Buffer::guarded(&empty));
            }
            return Ok(());
        }
        let logical = shape(argument.extent, dims);
        let below = argument.below.map(|below| extent(below, dims));
        let tensor = match integers {
            Some(integers) => Tensor::structured(argument, logical, integers)?,
            None => Tensor::generate(argument, (logical, below), problem.case, problem.seed)?,
        };
        let tensor = match limit {
            Some(limit) => tensor.within(argument, limit),
            None => tensor,
        };
        self.fill(argument, &parts, tensor, problem.case);
        Ok(())
    }

    /// Puts a tensor into memory, and by its name and those of its parts before the reference.
    fn fill(
        &mut self,
        argument: &Argument,
        parts: &[(&Part, [usize; 2])],
        tensor: Tensor,
        case: Case,
    ) {
        for ((part, shape), stored) in parts.iter().zip(tensor.stored) {
            let padding = match (argument.role, case) {
                (Role::InOut, _) => untouched(part.dtype),
                (_, Case::NanInPadding) => SET,
                _ => 0,
            };
            self.buffers.insert(&part.name, image(part, *shape, &stored, padding));
            // A part of the argument's name would be hidden by the argument itself.
            if part.name != argument.name {
                let stored = Matrix::new(shape[0], shape[1], stored);
                self.magnitudes.insert(part.name.clone(), Arc::new(absolute(&stored)));
                self.values.insert(part.name.clone(), Arc::new(stored));
            }
        }
        let name = || argument.name.clone();
        self.magnitudes.insert(name(), Arc::new(tensor.magnitudes));
        self.values.insert(name(), Arc::new(tensor.values));
        self.originals.extend(tensor.originals.map(|originals| (name(), Arc::new(originals))));
    }
}

/// The byte that fills outputs, and their padding, before a kernel runs: it makes floats NaN and
/// integers a value that no quantisation yields (-128 of i8).
pub(super) fn untouched(dtype: DType) -> u8 {
    match dtype {
        DType::F32 | DType::F16 | DType::BF16 => 0xff,
        DType::U4 | DType::I4 => 0x88,
        DType::I8 | DType::U8 | DType::I16 | DType::I32 => 0x80,
    }
}

fn shape(of: [Extent; 2], dims: &[i64]) -> [usize; 2] {
    of.map(|of| extent(of, dims) as usize)
}

fn image(part: &Part, [rows, cols]: [usize; 2], numbers: &[f64], padding: u8) -> Buffer {
    let mut bytes = vec![padding; part.order.bytes([rows, cols], part.dtype)];
    let [row_at, col_at] = part.order.offsets([rows, cols]);
    let places = row_at.iter().flat_map(|row| col_at.iter().map(move |col| row + col));
    for (number, address) in numbers.iter().zip(places) {
        let bits = match part.dtype.is_float() {
            true => part.dtype.encode(*number as f32),
            false => part.dtype.encode_int(*number as i64),
        };
        write_element(&mut bytes, part.dtype, address, bits);
    }
    Buffer::guarded(&bytes)
}
