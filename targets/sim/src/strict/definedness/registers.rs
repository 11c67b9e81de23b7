//! Registers with both what is in them and what of it is unknown.

use super::State;
use super::bits::Partial;
use super::shadow::{Origin, Shadow};

pub(super) use crate::strict::registers::SCC;

/// A vector register in one lane, with the one after it if `wide`.
pub(super) fn word(
    shadow: &Shadow,
    state: &impl State,
    register: u8,
    lane: usize,
    wide: bool,
) -> Partial {
    let part = |r: u8| Partial {
        value: u64::from(state.vector(r)[lane]),
        unknown: u64::from(shadow.vector(u32::from(r), lane)),
    };
    join(part(register), wide.then(|| part(register.saturating_add(1))))
}

/// A scalar register, with the one after it if `wide`; zero for NULL.
pub(super) fn scalar_word(
    shadow: &Shadow,
    state: &impl State,
    register: u8,
    wide: bool,
) -> Partial {
    if register == 124 {
        return Partial::known(0);
    }
    let part = |r: u8| Partial {
        value: u64::from(state.scalar(r)),
        unknown: u64::from(shadow.scalar(u32::from(r))),
    };
    join(part(register), wide.then(|| part(register.saturating_add(1))))
}

fn join(low: Partial, high: Option<Partial>) -> Partial {
    low.or(high.unwrap_or_default().left(32))
}

/// SCC as a number.
pub(super) fn scc(shadow: &Shadow, state: &impl State) -> Partial {
    Partial { value: u64::from(state.scc()), unknown: u64::from(shadow.scalar(SCC)) }
}

/// Whether a scalar register is zero, as a number.
pub(super) fn is_zero(shadow: &Shadow, state: &impl State, register: u8) -> Partial {
    let word = scalar_word(shadow, state, register, false);
    Partial { value: u64::from(word.value == 0), unknown: u64::from(!word.zero_is_known()) }
}

/// Where an unknown bit in any of `count` scalar registers comes from.
pub(super) fn scalar_origin(shadow: &Shadow, first: u32, count: u32) -> Option<Origin> {
    (first..first + count).find(|&r| shadow.scalar(r) != 0).map(|r| shadow.scalar_origin(r))
}
