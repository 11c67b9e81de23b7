//! Where a wave goes next.

use super::Wave;
use super::fault::{Cause, Stop};
use super::step::Step;

/// Changes of the program counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Jump {
    Always,
    IfScc(bool),
    IfVccZero(bool),
    IfExecZero(bool),
    /// To the address in the source, or after the instruction and there.
    Set,
    Swap,
    Call,
    /// Conditions of a debugger, which is not there.
    Never,
    Trap,
}

/// The jump that a mnemonic names.
pub(super) fn find(name: &str) -> Option<Jump> {
    Some(match name {
        "s_branch" => Jump::Always,
        "s_cbranch_scc0" => Jump::IfScc(false),
        "s_cbranch_scc1" => Jump::IfScc(true),
        "s_cbranch_vccz" => Jump::IfVccZero(true),
        "s_cbranch_vccnz" => Jump::IfVccZero(false),
        "s_cbranch_execz" => Jump::IfExecZero(true),
        "s_cbranch_execnz" => Jump::IfExecZero(false),
        "s_setpc_b64" => Jump::Set,
        "s_swappc_b64" => Jump::Swap,
        "s_call_b64" => Jump::Call,
        "s_trap" => Jump::Trap,
        name if name.starts_with("s_cbranch_cdbg") => Jump::Never,
        _ => return None,
    })
}

/// The address at which the wave goes on.
pub(super) fn next(wave: &mut Wave, step: &Step, jump: Jump) -> Result<u64, Stop> {
    let after = step.pc.wrapping_add(u64::from(step.inst.size));
    let target = step.inst.branch_target(step.pc);
    let taken = match jump {
        Jump::Always => true,
        Jump::IfScc(value) => wave.scc == value,
        Jump::IfVccZero(zero) => (wave.vcc() == 0) == zero,
        Jump::IfExecZero(zero) => (wave.exec() == 0) == zero,
        Jump::Never => false,
        Jump::Set => return Ok(wave.scalar64(step.src[0])),
        Jump::Swap => {
            let target = wave.scalar64(step.src[0]);
            link(wave, step, after);
            return Ok(target);
        }
        Jump::Call => {
            link(wave, step, after);
            true
        }
        Jump::Trap => return Err(Cause::Trap(step.inst.imm as u8).into()),
    };
    Ok(if taken { target } else { after })
}

fn link(wave: &mut Wave, step: &Step, after: u64) {
    wave.set_sgpr(usize::from(step.sdst), after as u32);
    wave.set_sgpr(usize::from(step.sdst) + 1, (after >> 32) as u32);
}
