//! The scalar ALU: what each operation computes, by its mnemonic.
//!
//! Sources arrive as 64-bit values, of which 32-bit operations use the low half; results are cut to the width
//! of the destination. Semantics are those of the RDNA3.5 ISA document, chapter 16.

/// An operation of up to two sources that may also set SCC through `$w`.
macro_rules! scalar {
    (|$w:ident, $a:ident, $b:ident| $e:expr) => {{
        fn run($w: &mut $crate::machine::Wave, s: &$crate::machine::step::Step) {
            let ($a, $b) = ($w.scalar(s, 0), $w.scalar(s, 1));
            let result: u64 = $e;
            $w.put_scalar(s, result);
        }
        run as $crate::machine::step::Exec
    }};
}

/// The same where SCC says whether the result, cut to 32 or 64 bits, is not zero.
macro_rules! nonzero {
    (32, |$a:ident, $b:ident| $e:expr) => {
        scalar!(|w, a, b| {
            let ($a, $b) = (a as u32, b as u32);
            let result: u32 = $e;
            w.scc = result != 0;
            u64::from(result)
        })
    };
    (64, |$a:ident, $b:ident| $e:expr) => {
        scalar!(|w, $a, $b| {
            let result: u64 = $e;
            w.scc = result != 0;
            result
        })
    };
}

/// A comparison that sets SCC.
macro_rules! compare {
    (|$a:ident, $b:ident| $e:expr) => {{
        fn run(w: &mut $crate::machine::Wave, s: &$crate::machine::step::Step) {
            let ($a, $b) = (w.scalar(s, 0), w.scalar(s, 1));
            w.scc = $e;
        }
        run as $crate::machine::step::Exec
    }};
}

mod bits;
mod float;
mod int;
mod mask;
mod system;

use super::Wave;
use super::step::{Exec, Source, Step};

pub(super) use system::message;

/// The function that executes a scalar operation on registers, if there is one.
pub(super) fn find(name: &str) -> Option<Exec> {
    int::find(name)
        .or_else(|| bits::find(name))
        .or_else(|| mask::find(name))
        .or_else(|| float::find(name))
        .or_else(|| system::find(name))
}

impl Wave {
    /// A source, as wide as its type says.
    #[inline(always)]
    fn scalar(&self, s: &Step, index: usize) -> u64 {
        if s.src_ty[index].dwords() >= 2 {
            self.scalar64(s.src[index])
        } else {
            u64::from(self.scalar32(s.src[index]))
        }
    }

    /// Writes the destination, as wide as its type says.
    #[inline(always)]
    fn put_scalar(&mut self, s: &Step, value: u64) {
        let first = usize::from(s.sdst);
        self.set_sgpr(first, value as u32);
        if s.dst_ty.dwords() >= 2 && first != super::wave::NULL {
            self.set_sgpr(first + 1, (value >> 32) as u32);
        }
    }

    /// What the destination holds.
    fn destination(&self, s: &Step) -> u64 {
        let source = Source::Scalar(s.sdst);
        if s.dst_ty.dwords() >= 2 {
            self.scalar64(source)
        } else {
            u64::from(self.scalar32(source))
        }
    }
}
