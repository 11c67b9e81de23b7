//! DS, FLAT, SCRATCH, GLOBAL, MUBUF and MTBUF.

use super::{Reason, Words, field, find, index, plain, signed, source};
use crate::isa::info::{Flags, Format, Ty, Unit};
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
        let mut used = 0;
        if info.dst[0] != Ty::None {
            inst.dst = vgpr(field(high, 24, 8));
            used |= 0xff << 24;
        }
        for slot in 0..3 {
            if info.src[slot] != Ty::None {
                inst.src[slot] = vgpr(field(high, 8 * slot as u32, 8));
                used |= 0xff << (8 * slot);
            }
        }
        if high & !used != 0 {
            return Err("a register of an operation without it");
        }
        if inst.op == Op::DsNop && inst.imm != 0 {
            return Err("an offset of an operation without one");
        }
        if inst.bits.has(MemBits::GDS) != info.flags.has(Flags::GDS) {
            return Err("the wrong data share");
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
        if format == Format::Flat && (inst.imm < 0 || field(high, 16, 7) != 124) {
            return Err("a negative offset or a base of a flat operation");
        }
        if format != Format::Scratch && field(high, 23, 1) != 0 {
            return Err("the address bit of scratch in another operation");
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
            // LLVM and its assembler allow the low half of EXEC where one register is enough.
            let scratch = format == Format::Scratch;
            match inst.src[2] {
                Operand::EXEC_HI => return Err("EXEC as an address"),
                Operand::EXEC_LO if !scratch => return Err("EXEC as an address"),
                _ => {}
            }
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
            let fields = word & !(0xff << 18 | 0x3f << 26) | high;
            return if fields == 0 {
                Ok(inst)
            } else {
                Err("operands of an operation without them")
            };
        }
        if field(high, 21, 1) == 1 {
            return Err("texture fail enable, which only images need");
        }
        let info = inst.info();
        inst.imm = field(word, 0, 12) as i32;
        inst.bits.set(MemBits::SLC, field(word, 12, 1));
        inst.bits.set(MemBits::DLC, field(word, 13, 1));
        inst.bits.set(MemBits::GLC, field(word, 14, 1));
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
        if inst.src[2] == Operand::Literal {
            return Err("a constant after a memory operation");
        }
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
