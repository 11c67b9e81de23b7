//! One weight of the model, as the checkpoint stores it.

use std::path::Path;

use kiln_targets::{DType, Format, Order};

use super::shard::Tensor;
use crate::{Error, Result};

/// A weight in a checkpoint. Matrices are `[out, in]`.
#[derive(Clone, Copy, Debug)]
pub enum Weight<'c> {
    /// One float for each element: F32, F16 or BF16.
    Plain(Tensor<'c>),
    /// Nibbles in groups along the columns.
    Packed(Packed<'c>),
    /// Bytes with a scale for each row: quantised when the checkpoint was opened.
    Rows(Rows<'c>),
}

/// The tensors of a linear layer that was quantised to bytes.
#[derive(Clone, Copy, Debug)]
pub struct Rows<'c> {
    pub(super) format: &'static Format,
    pub(super) quants: Tensor<'c>,
    pub(super) scales: Tensor<'c>,
}

/// The tensors of a packed linear layer: compressed-tensors, `pack-quantized`.
#[derive(Clone, Copy, Debug)]
pub struct Packed<'c> {
    pub(super) format: &'static Format,
    pub(super) shape: [usize; 2],
    pub(super) quants: Tensor<'c>,
    pub(super) scales: Tensor<'c>,
    pub(super) zeros: Option<Tensor<'c>>,
}

/// One array of a weight: a matrix in the checkpoint's memory order.
#[derive(Clone, Debug)]
pub struct Source<'c> {
    /// The tensor that holds it.
    pub tensor: Tensor<'c>,
    /// Element type.
    pub dtype: DType,
    /// How its elements follow one another.
    pub order: Order,
    /// Rows and columns.
    pub shape: [usize; 2],
}

impl<'c> Weight<'c> {
    /// Logical rows and columns. A vector is one row; further axes count as columns.
    pub fn shape(&self) -> [usize; 2] {
        match self {
            Self::Plain(tensor) => match tensor.shape() {
                [] => [1, 1],
                [columns] => [1, *columns],
                [rows, rest @ ..] => [*rows, rest.iter().product()],
            },
            Self::Packed(packed) => packed.shape,
            Self::Rows(rows) => [rows.quants.shape()[0], rows.quants.shape()[1..].iter().product()],
        }
    }

    /// Name of the number format in which it is stored: `bf16`, `awq_g32_asym`.
    pub fn format(&self) -> &'static str {
        match self {
            Self::Plain(tensor) => tensor.element().float().map_or("none", DType::name),
            Self::Packed(packed) => &packed.format.name,
            Self::Rows(rows) => &rows.format.name,
        }
    }

    /// Name of its tensor, or of the one with its nibbles.
    pub fn name(&self) -> &'c str {
        self.main().name()
    }

    /// The file of that tensor.
    pub fn path(&self) -> &'c Path {
        self.main().path()
    }

    /// What tells it from other weights, and from itself after its file was changed: the file's stamp,
    /// its name and its format.
    pub(super) fn identity(&self) -> String {
        format!("{} of {} as {}", self.name(), self.main().shard().stamp(), self.format())
    }

    /// Bytes in the checkpoint.
    pub fn bytes(&self) -> u64 {
        self.tensors().map(|tensor| tensor.size() as u64).sum()
    }

    /// The array of a part of its format: `values` of plain weights; `quants`, `scales` and
    /// `zeros` of packed ones.
    ///
    /// # Errors
    /// If the weight has no such part; the message names tensor and file.
    pub fn part(&self, part: &str) -> Result<Source<'c>> {
        match self {
            Self::Plain(tensor) if part == "values" => Ok(Source {
                tensor: *tensor,
                dtype: tensor.element().float().unwrap_or(DType::F32),
                order: Order::row_major(),
                shape: self.shape(),
            }),
            Self::Plain(_) => Err(self.fail(format!("it is not packed and so has no {part}"))),
            Self::Packed(packed) => packed.part(part).ok_or_else(|| self.without(part)),
            Self::Rows(rows) => rows.part(part, self.shape()).ok_or_else(|| self.without(part)),
        }
    }

    fn without(&self, part: &str) -> Error {
        self.fail(format!("it is stored as {} and has no {part}", self.format()))
    }

    /// An error at this weight.
    pub(super) fn fail(&self, why: impl Into<String>) -> Error {
        Error::model(self.path(), super::header::tensor(self.name()), why)
    }

    fn main(&self) -> Tensor<'c> {
        match self {
            Self::Plain(tensor) => *tensor,
            Self::Packed(packed) => packed.quants,
            Self::Rows(rows) => rows.quants,
        }
    }

    fn tensors(&self) -> impl Iterator<Item = Tensor<'c>> {
        let rest = match self {
            Self::Plain(_) => [None, None],
            Self::Packed(packed) => [Some(packed.scales), packed.zeros],
            Self::Rows(rows) => [Some(rows.scales), None],
        };
        [Some(self.main())].into_iter().chain(rest).flatten()
    }
}

impl<'c> Rows<'c> {
    fn part(&self, name: &str, shape: [usize; 2]) -> Option<Source<'c>> {
        let tensor = match name {
            "quants" => self.quants,
            "scales" => self.scales,
            _ => return None,
        };
        let part = self.format.part(name).ok()?;
        let order = part.order.clone();
        Some(Source { tensor, dtype: part.dtype(), order, shape: part.shape(shape) })
    }
}

impl<'c> Packed<'c> {
    fn part(&self, name: &str) -> Option<Source<'c>> {
        let tensor = match name {
            "quants" => self.quants,
            "scales" => self.scales,
            "zeros" => self.zeros?,
            _ => return None,
        };
        let part = self.format.part(name).ok()?;
        let dtype = tensor.element().float().unwrap_or(part.dtype());
        Some(Source { tensor, dtype, order: part.order.clone(), shape: part.shape(self.shape) })
    }
}
