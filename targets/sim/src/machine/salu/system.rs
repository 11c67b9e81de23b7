//! Program counter, modes, hardware registers, clocks and messages.

use crate::machine::Wave;
use crate::machine::lower::{PRIVATE_APERTURE, SHARED_APERTURE};
use crate::machine::mode::Mode;
use crate::machine::step::{Action, Exec, Step};

/// Numbers of hardware registers (RDNA3 ISA, "Hardware registers"; LLVM, `AMDGPUAsmUtils`).
const MODE: u32 = 1;
const STATUS: u32 = 2;
const SH_MEM_BASES: u32 = 15;
const HW_ID1: u32 = 23;
const HW_ID2: u32 = 24;
const SHADER_CYCLES: u32 = 29;

/// Cycles that an instruction counts for in the clocks that a kernel can read. They only need to advance.
const CYCLES: u64 = 4;

/// The system operations on registers.
pub(super) fn find(name: &str) -> Option<Exec> {
    Some(match name {
        "s_getpc_b64" => exec!(|w, s| w.put_scalar(s, s.pc.wrapping_add(u64::from(s.inst.size)))),
        "s_round_mode" => exec!(|w, s| {
            let mode = w.mode().with_round(s.inst.imm as u32);
            w.set_mode(mode);
        }),
        "s_denorm_mode" => exec!(|w, s| {
            let mode = w.mode().with_denorm(s.inst.imm as u32);
            w.set_mode(mode);
        }),
        "s_getreg_b32" => exec!(|w, s| {
            let value = w.hardware_register(s);
            w.put_scalar(s, u64::from(value));
        }),
        "s_setreg_b32" | "s_setreg_imm32_b32" => exec!(|w, s| {
            let value = w.scalar(s, 0) as u32;
            w.set_hardware_register(s, value);
        }),
        "s_version" => exec!(|_w, _s| ()),
        _ => return None,
    })
}

/// `s_sendmsg` frees registers or interrupts the host, neither of which a kernel can see. `s_sendmsg_rtn`
/// asks for something: the clock, or what a host without queues does not have, which reads as zero.
pub(in crate::machine) fn message(name: &str, step: &Step) -> Option<Action> {
    const REALTIME: i32 = 131;
    if !name.starts_with("s_sendmsg_rtn") {
        return Some(Action::Nothing);
    }
    Some(Action::Registers(match step.inst.imm & 0xff {
        REALTIME => exec!(|w, s| {
            let ticks = w.executed * CYCLES / 16;
            w.put_scalar(s, ticks);
        }),
        _ => exec!(|w, s| w.put_scalar(s, 0)),
    }))
}

/// The register, first bit and width that an instruction's 16 bits name.
fn field(s: &Step) -> (u32, u32, u32) {
    let bits = s.inst.imm as u32;
    (bits & 0x3f, bits >> 6 & 0x1f, (bits >> 11 & 0x1f) + 1)
}

fn ones(width: u32) -> u32 {
    u32::MAX >> (32 - width)
}

impl Wave {
    /// A field of a hardware register. Those that only a debugger or driver uses read as zero.
    fn hardware_register(&self, s: &Step) -> u32 {
        let (register, first, width) = field(s);
        let value = match register {
            MODE => self.mode_bits(),
            STATUS => {
                let (execz, vccz) = (u32::from(self.exec() == 0), u32::from(self.vcc() == 0));
                u32::from(self.scc) | execz << 9 | vccz << 10 | 1 << 16
            }
            SH_MEM_BASES => SHARED_APERTURE & 0xffff_0000 | PRIVATE_APERTURE >> 16,
            // Wave and SIMD, as if waves were dealt out in turn.
            HW_ID1 => self.index() & 0x1f | (self.index() & 3) << 8,
            HW_ID2 => 0,
            SHADER_CYCLES => (self.executed * CYCLES) as u32 & 0xf_ffff,
            _ => 0,
        };
        value >> first & ones(width)
    }

    /// Replaces a field of MODE; kernels cannot change the other registers.
    fn set_hardware_register(&mut self, s: &Step, value: u32) {
        let (register, first, width) = field(s);
        if register == MODE {
            let mask = ones(width) << first;
            self.set_mode(Mode::new(self.mode_bits() & !mask | value << first & mask));
        }
    }
}
