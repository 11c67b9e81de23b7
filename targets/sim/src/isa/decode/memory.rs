//! DS, FLAT, SCRATCH, GLOBAL, MUBUF and MTBUF.

use super::{Reason, Words, field, find, index, plain, signed, source};
use crate::isa::info::{Format, Ty, Unit};
use crate::isa::{Inst, MemBits, Op, Operand};

static DS: [Option<Op>; 256] = index(Format::Ds);
static FLAT: [Option<Op>; 128] = index(Format::Flat);
static SCRATCH: [Option<Op>; 128] = index(Format::Scratch);
static GLOBAL: [Option<Op>; 128] = index(Format::Global);
static MUBUF: [Option<Op>; 256] = index(Format::Mubuf);
static MTBUF: [Option<Op>; 16] = index(Format::Mtbuf);

impl Words<'_> {
    pub(super) fn ds(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        let mut inst = plain(find(&DS, field(word, 18, 8))?, Format::Ds, 8);
        let info = inst.info();
        inst.imm = field(word, 0, 16) as i32;
        inst.bits.set(MemBits::GDS, field(word, 17, 1));
        if info.dst[0] != Ty::None {
            inst.dst = vgpr(field(high, 24, 8));
        }
        for slot in 0..3 {
            if info.src[slot] != Ty::None {
                inst.src[slot] = vgpr(field(high, 8 * slot as u32, 8));
            }
        }
        Ok(inst)
    }

    pub(super) fn flat(self, word: u32) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        let (table, format) = match field(word, 16, 2) {
            0 => (&FLAT, Format::Flat),
            1 => (&SCRATCH, Format::Scratch),
            2 => (&GLOBAL, Format::Global),
            _ => return Err("reserved memory segment"),
        };
        let mut inst = plain(find(table, field(word, 18, 7))?, format, 8);
        let info = inst.info();
        inst.imm = signed(word, 13);
        inst.bits.set(MemBits::DLC, field(word, 13, 1));
        inst.bits.set(MemBits::GLC, field(word, 14, 1));
        inst.bits.set(MemBits::SLC, field(word, 15, 1));
        if returns(&inst) {
            inst.dst = vgpr(field(high, 24, 8));
        }
        let has_address = format != Format::Scratch || field(high, 23, 1) == 1;
        if info.src[0] != Ty::None && has_address {
            inst.src[0] = vgpr(field(high, 0, 8));
        }
        if info.src[1] != Ty::None {
            inst.src[1] = vgpr(field(high, 8, 8));
        }
        let saddr = field(high, 16, 7);
        if info.src[2] != Ty::None && saddr != 124 {
            inst.src[2] = source(saddr)?;
        }
        Ok(inst)
    }

    pub(super) fn mubuf(self, word: u32) -> Result<Inst, Reason> {
        let inst = plain(find(&MUBUF, field(word, 18, 8))?, Format::Mubuf, 8);
        self.buffer(word, inst)
    }

    pub(super) fn mtbuf(self, word: u32) -> Result<Inst, Reason> {
        let mut inst = plain(find(&MTBUF, field(word, 15, 4))?, Format::Mtbuf, 8);
        inst.buffer_format = field(word, 19, 7) as u8;
        self.buffer(word, inst)
    }

    fn buffer(self, word: u32, mut inst: Inst) -> Result<Inst, Reason> {
        let high = self.word(1)?;
        if inst.op.unit() == Unit::Cache {
            return Ok(inst);
        }
        let info = inst.info();
        inst.imm = field(word, 0, 12) as i32;
        inst.bits.set(MemBits::SLC, field(word, 12, 1));
        inst.bits.set(MemBits::DLC, field(word, 13, 1));
        inst.bits.set(MemBits::GLC, field(word, 14, 1));
        inst.bits.set(MemBits::TFE, field(high, 21, 1));
        inst.bits.set(MemBits::OFFEN, field(high, 22, 1));
        inst.bits.set(MemBits::IDXEN, field(high, 23, 1));
        let data = vgpr(field(high, 8, 8));
        if returns(&inst) {
            inst.dst = data;
        }
        if info.src[3] != Ty::None {
            inst.src[3] = data;
        }
        if field(high, 22, 2) != 0 {
            inst.src[0] = vgpr(field(high, 0, 8));
        }
        inst.src[1] = source(field(high, 16, 5) * 4)?;
        inst.src[2] = source(field(high, 24, 8))?;
        Ok(inst)
    }
}

/// Whether the instruction writes a register: atomics do only if they return the old value.
fn returns(inst: &Inst) -> bool {
    let unit = inst.op.unit();
    let atomic = matches!(unit, Unit::FlatAtomic | Unit::GlobalAtomic | Unit::BufferAtomic);
    inst.info().dst[0] != Ty::None && (!atomic || inst.bits.has(MemBits::GLC))
}

fn vgpr(code: u32) -> Operand {
    Operand::Vgpr(code as u8)
}
