//! What atoms compute: reference products, and operands packed into per-lane registers.

/// What happens to an integer result outside `i32`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// Keep the low 32 bits.
    Wrap,
    /// Saturate the sum of accumulator and all products, once. Whether hardware saturates partial
    /// sums as well is undocumented.
    Clamp,
}
