//! The opcodes of gfx11, one row each.
//!
//! A row reads: name, mnemonic, encoding, opcode within that encoding, unit, types of the
//! destinations, types of the sources, flags. Vector rows of `Vop1`, `Vop2` and `Vopc` have a long
//! form at a fixed distance as well, unless they are `SHORT_ONLY`.
//!
//! The numbers are those of LLVM 22 for gfx1151: every opcode of every encoding was disassembled,
//! and the tests assemble every mnemonic again.

mod ds;
mod flat;
mod mubuf;
mod smem;
mod sop;
mod vop1;
mod vop2;
mod vop3;
mod vop3p;
mod vopc;

use super::info::OpInfo;

macro_rules! define_ops {
    ({} $($op:ident $name:literal $format:ident $code:literal $unit:ident
        [$($dst:ident)*] [$($src:ident)*] ($($flag:ident)*);)*) => {
        /// An operation of gfx11.
        ///
        /// The short and the long encoding of an operation share a name, and so do the halves of a
        /// dual instruction.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        #[repr(u16)]
        pub enum Op {
            $(#[doc = concat!("`", $name, "`")] $op,)*
        }

        /// Every operation, in the order of the table.
        pub(super) const OPS: &[Op] = &[$(Op::$op),*];

        pub(super) static ROWS: &[OpInfo] = &[$(OpInfo::new(
            $name,
            super::Format::$format,
            $code,
            super::Unit::$unit,
            &[$(super::Ty::$dst),*],
            &[$(super::Ty::$src),*],
            &[$(super::info::Flags::$flag),*],
        ),)*];
    };
    ({ $next:ident $($rest:ident)* } $($rows:tt)*) => {
        $next! { define_ops! { $($rest)* } $($rows)* }
    };
}

use ds::ds_rows;
use flat::flat_rows;
use mubuf::mubuf_rows;
use smem::smem_rows;
use sop::sop_rows;
use vop1::vop1_rows;
use vop2::vop2_rows;
use vop3::vop3_rows;
use vop3p::vop3p_rows;
use vopc::vopc_rows;

define_ops! {
    {
        sop_rows smem_rows vop1_rows vop2_rows vopc_rows vop3_rows vop3p_rows ds_rows flat_rows
        mubuf_rows
    }
    VDual "v_dual" Vopd 0x00 Valu [] [] ();
    VDot2accF32Bf16 "v_dot2acc_f32_bf16" Vopd 0x0d Valu [F32] [V2Bf16 V2Bf16] (READS_DST);
}
