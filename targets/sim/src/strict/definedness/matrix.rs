//! What a matrix operation leaves known: a row of A meets every column, a column of B every row.

use crate::isa::{Inst, Operand, Ty};

use super::shadow::{LANES, Origin, Shadow};

/// Marks what is unknown in the result of a WMMA.
///
/// Lane `i` and lane `i + 16` hold row `i` of A and column `i` of B; register `r` of C and D holds in lane `l` the
/// element of row `2 r + l / 16` and column `l % 16`.
pub(super) fn multiply(shadow: &mut Shadow, inst: &Inst) {
    let info = inst.info();
    let (rows, row_origin) = lines(shadow, inst.src[0], info.src[0]);
    let (columns, column_origin) = lines(shadow, inst.src[1], info.src[1]);
    let Operand::Vgpr(first) = inst.dst else { return };
    let half = matches!(info.dst[0], Ty::V8F16 | Ty::V8Bf16);
    let bits = match (half, inst.mods.op_sel >> 2 & 1) {
        (false, _) => u32::MAX,
        (true, 0) => 0xffff,
        (true, _) => 0xffff_0000,
    };
    for register in 0..u32::from(info.dst[0].dwords()) {
        let (accumulator, c_origin) = accumulators(shadow, inst.src[2], register, bits);
        let unknown = |lane: usize| {
            let row = 2 * register as usize + lane / 16;
            (rows >> row | columns >> (lane % 16) | accumulator >> lane) & 1 == 1
        };
        let marked: [u32; LANES] = std::array::from_fn(|lane| if unknown(lane) { bits } else { 0 });
        let origin = row_origin.or(column_origin).or(c_origin);
        shadow.set_vector(u32::from(first) + register, u32::MAX, bits, |lane| marked[lane], origin);
    }
}

/// The rows of A, or columns of B, in which anything is unknown.
fn lines(shadow: &Shadow, operand: Operand, ty: Ty) -> (u32, Option<Origin>) {
    let Operand::Vgpr(first) = operand else { return (0, None) };
    let registers = u32::from(first)..u32::from(first) + u32::from(ty.dwords());
    let (mut lanes, mut origin) = (0, None);
    for register in registers {
        let here = shadow.lanes(register, u32::MAX);
        if here != 0 {
            origin = Some(shadow.vector_origin(register));
        }
        lanes |= here;
    }
    ((lanes | lanes >> 16) & 0xffff, origin)
}

/// The lanes in which one register of C is unknown.
fn accumulators(
    shadow: &Shadow,
    operand: Operand,
    register: u32,
    bits: u32,
) -> (u32, Option<Origin>) {
    let Operand::Vgpr(first) = operand else { return (0, None) };
    let register = u32::from(first) + register;
    let lanes = shadow.lanes(register, bits);
    (lanes, (lanes != 0).then(|| shadow.vector_origin(register)))
}
