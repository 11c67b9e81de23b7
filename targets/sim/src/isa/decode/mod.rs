//! From words to instructions.

mod check;
mod memory;
mod scalar;
mod vector;

use super::info::Format;
use super::inst::{Inst, MemBits, Mods};
use super::operand::{Inline, Operand, Special};
use super::table::{OPS, ROWS};
use super::{DecodeError, Op};

/// Decodes the instruction that starts with `words[0]` and stands at `pc`.
///
/// More words than the instruction has may be given; the longest has three.
///
/// # Errors
/// If the words are no instruction: an unknown opcode, a reserved value of a field, or an end of the
/// words before that of the instruction.
pub fn decode(words: &[u32], pc: u64) -> Result<Inst, DecodeError> {
    Words(words).inst().and_then(check::check).map_err(|reason| DecodeError::new(pc, words, reason))
}

pub(super) use check::selects_halves;
pub(super) use scalar::has_no_immediate;

/// A reason why words are no instruction.
type Reason = &'static str;

const UNKNOWN: Reason = "unknown opcode";
const SHORT: Reason = "the code ends within the instruction";

/// The words from the start of an instruction.
#[derive(Clone, Copy)]
struct Words<'w>(&'w [u32]);

impl Words<'_> {
    fn word(self, index: usize) -> Result<u32, Reason> {
        self.0.get(index).copied().ok_or(SHORT)
    }

    fn inst(self) -> Result<Inst, Reason> {
        let word = self.word(0)?;
        match word >> 23 {
            0x17d => return self.sop1(word),
            0x17e => return self.sopc(word),
            0x17f => return self.sopp(word),
            _ => {}
        }
        match word >> 24 {
            0xcc => return self.vop3p(word),
            0x7c | 0x7d => return self.vopc(word),
            0x7e | 0x7f => return self.vop1(word),
            0x00..=0x7b => return self.vop2(word),
            0x80..=0xaf => return self.sop2(word),
            0xb0..=0xbf => return self.sopk(word),
            _ => {}
        }
        match word >> 26 {
            0x32 => self.vopd(word),
            0x35 => self.vop3(word),
            0x36 => self.ds(word),
            0x37 => self.flat(word),
            0x38 => self.mubuf(word),
            0x3a => self.mtbuf(word),
            0x3d => self.smem(word),
            _ => Err("unknown encoding"),
        }
    }
}

/// An instruction with nothing but an operation.
fn plain(op: Op, format: Format, size: u8) -> Inst {
    Inst {
        op,
        format,
        size,
        dst: Operand::None,
        sdst: Operand::None,
        src: [Operand::None; 4],
        literal: 0,
        imm: 0,
        mods: Mods::default(),
        bits: MemBits::default(),
        buffer_format: 0,
        dpp: None,
        dual: None,
    }
}

/// Bits `low..low + count` of a word.
const fn field(word: u32, low: u32, count: u32) -> u32 {
    (word >> low) & ((1 << count) - 1)
}

/// The lowest `count` bits of a word as a signed number.
const fn signed(word: u32, count: u32) -> i32 {
    ((word << (32 - count)) as i32) >> (32 - count)
}

/// A source of nine bits, or of eight if scalar.
fn source(code: u32) -> Result<Operand, Reason> {
    Ok(match code {
        0..=127 => Operand::Sgpr(code as u8),
        128..=192 => Operand::Int((code - 128) as i8),
        193..=208 => Operand::Int((192 - code as i32) as i8),
        235 => Operand::Special(Special::SharedBase),
        236 => Operand::Special(Special::SharedLimit),
        237 => Operand::Special(Special::PrivateBase),
        238 => Operand::Special(Special::PrivateLimit),
        240..=248 => Operand::Float(Inline::ALL[(code - 240) as usize]),
        251 => Operand::Special(Special::Vccz),
        252 => Operand::Special(Special::Execz),
        253 => Operand::Special(Special::Scc),
        255 => Operand::Literal,
        256..=511 => Operand::Vgpr((code - 256) as u8),
        _ => return Err("reserved source operand"),
    })
}

/// The operations of one encoding, by their number.
const fn index<const N: usize>(format: Format) -> [Option<Op>; N] {
    let mut table = [None; N];
    let mut row = 0;
    while row < ROWS.len() {
        if ROWS[row].format as u8 == format as u8 {
            table[ROWS[row].code as usize] = Some(OPS[row]);
        }
        row += 1;
    }
    table
}

fn find(table: &[Option<Op>], code: u32) -> Result<Op, Reason> {
    table.get(code as usize).copied().flatten().ok_or(UNKNOWN)
}
