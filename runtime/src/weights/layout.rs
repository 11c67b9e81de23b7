//! How a kernel wants a weight in memory.

use kiln_cache::vocabulary::ArgKind;
use kiln_targets::{DType, Format, Order, Part};

use crate::{Error, Result};

/// How an argument's array lies in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Layout {
    /// The number format of the operand.
    pub format: &'static Format,
    /// The part of the format that the array holds.
    pub part: &'static Part,
    /// Element type; nibbles count as such, however many the kernel loads at once.
    pub dtype: DType,
    /// How elements follow one another.
    pub order: Order,
}

impl Layout {
    /// The layout that a kernel declares for an argument.
    ///
    /// # Errors
    /// If the argument is no buffer, or its format, part or order is unknown.
    pub fn of(kind: &ArgKind) -> Result<Self> {
        let ArgKind::Buffer { format, part, dtype, order, .. } = kind else {
            return Err(Error::request("the argument is not a buffer"));
        };
        let fail = |error: kiln_targets::Error| Error::request(error.to_string());
        let format = Format::builtin(format).map_err(fail)?;
        let part = format.part(part).map_err(fail)?;
        let stored = part.dtypes.iter().find(|stored| stored.name() == dtype.name()).copied();
        let order = match order.as_str() {
            "row_major" => Order::row_major(),
            text => Order::parse(text).map_err(fail)?,
        };
        Ok(Self { format, part, dtype: stored.unwrap_or(part.dtype()), order })
    }

    /// Bytes of the array for an operand of the logical shape.
    pub fn bytes(&self, shape: [usize; 2]) -> u64 {
        self.order.bytes(self.part.shape(shape), self.dtype) as u64
    }
}
