//! Number formats: the parts a tensor is stored in, as data rows.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{DType, Error, Order};

/// The arithmetic by which a format represents real numbers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum Scheme {
    /// One element for each value, of the part's dtype. One part: `values`.
    Plain,
    /// Unsigned nibbles in groups along the columns: `(quants - zeros) * scales`; see
    /// [`AwqTensor`](crate::AwqTensor). Parts: `quants`, `scales` and, if asymmetric, `zeros`.
    GroupedNibbles {
        /// Columns that share a scale and a zero point.
        group: usize,
        /// Whether zero points are stored; otherwise each is 8.
        asymmetric: bool,
    },
    /// Signed bytes in blocks along the columns: `quants * scales`; see
    /// [`Q8Tensor`](crate::Q8Tensor). Parts: `quants` or `hi` and `lo`, then `scales`, `sums`.
    Blocks {
        /// Columns that share a scale.
        block: usize,
        /// Whether each byte `q` is stored as two nibbles, `q = 16 * hi + lo`.
        planes: bool,
    },
    /// Signed bytes with one scale for each row: `quants * scales`; see
    /// [`Q8Tensor`](crate::Q8Tensor). Parts: `quants`, `scales`.
    Rows,
}

/// One stored matrix of a format.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Part {
    /// Name, unique in the format.
    pub name: String,
    /// Element types allowed, the default first.
    pub dtypes: Vec<DType>,
    /// Logical rows and columns for each row and column of this part.
    pub divisor: [usize; 2],
    /// Default memory order: the checkpoint's, for weights.
    pub order: Order,
}

impl Part {
    /// The default element type.
    pub fn dtype(&self) -> DType {
        self.dtypes[0]
    }

    /// Rows and columns of this part for a tensor of the logical shape.
    pub fn shape(&self, shape: [usize; 2]) -> [usize; 2] {
        [0, 1].map(|axis| shape[axis].div_ceil(self.divisor[axis]))
    }

    /// Bytes of this part in its default dtype and order.
    pub fn bytes(&self, shape: [usize; 2]) -> usize {
        self.order.bytes(self.shape(shape), self.dtype())
    }
}

/// Columns of a row that has one scale, at most: what such a scale's divisor is.
const MOST_COLUMNS: usize = 1 << 20;

/// How a logical matrix is stored: a scheme and its parts.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Format {
    /// Unique name.
    pub name: String,
    /// The arithmetic.
    pub scheme: Scheme,
    /// What is stored, in the order in which kernels take their arguments.
    #[serde(rename = "part")]
    pub parts: Vec<Part>,
}

impl Format {
    /// The built-in format of that name.
    ///
    /// # Errors
    /// If there is none; the message lists the names there are.
    pub fn builtin(name: &str) -> Result<&'static Self, Error> {
        let known = || Self::builtins().iter().map(|format| format.name.as_str());
        let found = Self::builtins().iter().find(|format| format.name == name);
        found.ok_or_else(|| Error::unknown("format", name, known()))
    }

    /// Every built-in format, in file order.
    pub fn builtins() -> &'static [Self] {
        static TABLE: LazyLock<Vec<Format>> = LazyLock::new(|| {
            Format::parse_table(include_str!("../formats.toml"))
                .expect("the built-in format table should be valid")
        });
        &TABLE
    }

    /// Reads a table of formats and checks every row.
    ///
    /// # Errors
    /// If the text is not such a table, or a row's parts do not suit its scheme.
    pub fn parse_table(text: &str) -> Result<Vec<Self>, Error> {
        let table: Table =
            toml::from_str(text).map_err(|e| Error::row("formats.toml", e.to_string()))?;
        for (at, format) in table.format.iter().enumerate() {
            let place = || format!("formats.toml, format `{}`", format.name);
            format.check().map_err(|why| Error::row(place(), why))?;
            if table.format[..at].iter().any(|earlier| earlier.name == format.name) {
                return Err(Error::row(place(), "the name is used twice"));
            }
        }
        Ok(table.format)
    }

    /// The part of that name.
    ///
    /// # Errors
    /// If there is none; the message lists the names there are.
    pub fn part(&self, name: &str) -> Result<&Part, Error> {
        let known = || self.parts.iter().map(|part| part.name.as_str());
        let found = self.parts.iter().find(|part| part.name == name);
        found.ok_or_else(|| Error::unknown("part", name, known()))
    }

    /// Bytes of a tensor of the logical shape, all parts in their default dtypes and orders.
    pub fn bytes(&self, shape: [usize; 2]) -> usize {
        self.parts.iter().map(|part| part.bytes(shape)).sum()
    }

    fn check(&self) -> Result<(), String> {
        for part in &self.parts {
            if part.dtypes.is_empty() || part.divisor.contains(&0) {
                return Err(format!("part `{}` needs a dtype and divisors above 0", part.name));
            }
        }
        let stored: Vec<(&str, DType, [usize; 2])> = self
            .parts
            .iter()
            .map(|part| (part.name.as_str(), part.dtype(), part.divisor))
            .collect();
        let fits = match self.scheme {
            Scheme::Plain => matches!(*stored, [("values", _, [1, 1])]),
            Scheme::GroupedNibbles { group, asymmetric } => {
                stored == grouped_parts(group, asymmetric)
            }
            Scheme::Blocks { block, planes } => {
                block % 32 == 0 && stored == block_parts(block, planes)
            }
            Scheme::Rows => {
                let scales = ("scales", DType::F32, [1, MOST_COLUMNS]);
                stored == [("quants", DType::I8, [1, 1]), scales]
            }
        };
        if fits { Ok(()) } else { Err("the parts do not suit the scheme".to_owned()) }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    format: Vec<Format>,
}

fn grouped_parts(group: usize, asymmetric: bool) -> Vec<(&'static str, DType, [usize; 2])> {
    let mut parts = vec![("quants", DType::U4, [1, 1]), ("scales", DType::BF16, [1, group])];
    if asymmetric {
        parts.push(("zeros", DType::U4, [1, group]));
    }
    parts
}

fn block_parts(block: usize, planes: bool) -> Vec<(&'static str, DType, [usize; 2])> {
    let mut parts = if planes {
        vec![("hi", DType::I4, [1, 1]), ("lo", DType::U4, [1, 1])]
    } else {
        vec![("quants", DType::I8, [1, 1])]
    };
    parts.extend([("scales", DType::F32, [1, block]), ("sums", DType::F32, [1, 32])]);
    parts
}
