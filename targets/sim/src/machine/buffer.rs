//! Buffers: accesses through a descriptor that checks their range (RDNA3 ISA, "Buffer Addressing").

use super::Wave;
use super::element::{Element, Part};
use super::fault::Stop;
use super::global;
use super::lanes::{LANES, Lanes};
use super::lds::{registers, source_registers, store_registers};
use super::observer::{MemoryEvent, Observer, Space, Touch};
use super::step::{Source, Step};
use super::vector_memory::{Transfer, atomic_operands};
use crate::isa::MemBits;
use crate::memory::View;

/// When an access is out of range: the `OOB_SELECT` field.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Check {
    /// The index is, or the offset is beyond the stride.
    Structured,
    /// The index is.
    Index,
    /// There are no records.
    Empty,
    /// The byte is.
    Raw,
}

/// A buffer descriptor (V#).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Descriptor {
    pub base: u64,
    stride: u64,
    records: u64,
    /// Bytes that stay together when lanes are interleaved; zero if they are not.
    element: u64,
    /// Lanes that are interleaved.
    index_stride: u64,
    adds_lane: bool,
    check: Check,
}

impl Descriptor {
    /// The descriptor in four scalar registers.
    pub(super) fn read(wave: &Wave, first: u8) -> Self {
        let word = |i: u8| wave.sgprs[usize::from(first.wrapping_add(i) & 127)];
        let words = [word(0), word(1), word(2), word(3)];
        Self::decode(words)
    }

    fn decode([low, high, records, bits]: [u32; 4]) -> Self {
        Self {
            base: u64::from(low) | u64::from(high & 0xffff) << 32,
            stride: u64::from(high >> 16 & 0x3fff),
            records: u64::from(records),
            element: [0, 4, 8, 16][(high >> 30) as usize],
            index_stride: [8, 16, 32, 64][(bits >> 21 & 3) as usize],
            adds_lane: bits >> 23 & 1 == 1,
            check: [Check::Structured, Check::Index, Check::Empty, Check::Raw]
                [(bits >> 28 & 3) as usize],
        }
    }

    /// Its bytes, as scalar loads see it.
    pub(super) fn bytes(&self) -> u64 {
        self.records * self.stride.max(1)
    }

    /// Where `offset` within record `index` is, counted from the base, scalar offset aside.
    fn place(&self, index: u64, offset: u64) -> u64 {
        if self.element == 0 {
            return index * self.stride + offset;
        }
        let (block, within) = (index / self.index_stride, index % self.index_stride);
        let (part, rest) = (offset / self.element, offset % self.element);
        (block * self.stride + part * self.element) * self.index_stride
            + within * self.element
            + rest
    }

    /// Whether `size` bytes at `offset` of record `index` may be touched.
    fn allows(&self, indexed: bool, index: u64, offset: u64, size: u64, scalar: u64) -> bool {
        match self.check {
            Check::Structured if self.stride != 0 => {
                index < self.records && (!indexed || offset + size <= self.stride)
            }
            Check::Index => index < self.records,
            Check::Empty => self.records != 0,
            Check::Raw if self.element != 0 && self.stride != 0 => {
                index < self.records / self.stride && offset + size <= self.stride
            }
            Check::Structured | Check::Raw => {
                self.place(index, offset) + size <= self.records.saturating_sub(scalar)
            }
        }
    }
}

/// Executes an access. Words that are out of range read as zero and are not written; atomics are all or
/// nothing.
pub(super) fn run<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    kind: Transfer,
    view: &View,
    observer: &mut O,
) -> Result<(), Stop> {
    let Source::Scalar(first) = s.src[1] else { return Ok(()) };
    let access = Access {
        buffer: Descriptor::read(wave, first),
        lanes: lanes(wave, s, &Descriptor::read(wave, first)),
        scalar: u64::from(wave.scalar32(s.src[2])),
        indexed: s.inst.bits.has(MemBits::IDXEN) || Descriptor::read(wave, first).adds_lane,
    };
    match kind {
        Transfer::Atomic { operation, bytes, returns } => {
            let (mask, addresses) = access.part(wave.exec(), 0, bytes);
            tell(wave, view, observer, Touch::Atomic { returns }, mask, &addresses, bytes);
            let (a, b) = atomic_operands(wave, s, 3, bytes);
            let old = global::update(view, (operation, bytes), mask, &addresses, [&a, &b])?;
            if returns {
                store_registers(wave, s.dst, &old, bytes as usize / 4);
            }
            Ok(())
        }
        Transfer::Load(element) => load(wave, s, element, &access, view, observer),
        Transfer::Store(element) => store(wave, s, element, &access, view, observer),
    }
}

/// Record and offset of a lane.
type Spot = (u64, u64);

struct Access {
    buffer: Descriptor,
    lanes: [Spot; LANES],
    scalar: u64,
    indexed: bool,
}

impl Access {
    /// The lanes of `exec` whose `size` bytes at `extra` are in range, and their addresses.
    fn part(&self, exec: u32, extra: u64, size: u32) -> (u32, [u64; LANES]) {
        let Self { buffer, lanes, scalar, indexed } = self;
        let allowed = Lanes::mask_of(|i| {
            let (index, offset) = lanes[i];
            buffer.allows(*indexed, index, offset + extra, u64::from(size), *scalar)
        });
        let addresses = lanes.map(|(index, offset)| {
            buffer.base.wrapping_add(*scalar).wrapping_add(buffer.place(index, offset + extra))
        });
        (exec & allowed, addresses)
    }

    /// Whether the words of a lane lie together, so that they can move at once.
    fn together(&self, exec: u32, size: u32) -> Option<(u32, [u64; LANES])> {
        let swizzled = self.buffer.element != 0;
        let (mask, addresses) = self.part(exec, 0, size);
        (!swizzled && mask == exec).then_some((mask, addresses))
    }
}

fn lanes(wave: &Wave, s: &Step, buffer: &Descriptor) -> [Spot; LANES] {
    let (by_index, by_offset) = (s.inst.bits.has(MemBits::IDXEN), s.inst.bits.has(MemBits::OFFEN));
    let first = registers(wave, s.address_register(), 2);
    let (indices, offsets) = match (by_index, by_offset) {
        (true, true) => (first[0], first[1]),
        (true, false) => (first[0], Lanes::ZERO),
        (false, true) => (Lanes::ZERO, first[0]),
        (false, false) => (Lanes::ZERO, Lanes::ZERO),
    };
    std::array::from_fn(|lane| {
        let added = if buffer.adds_lane { lane as u64 } else { 0 };
        let offset = u64::from(offsets.0[lane]) + u64::from(s.inst.imm as u32 & 0xfff);
        (u64::from(indices.0[lane]) + added, offset)
    })
}

fn tell<O: Observer>(
    wave: &Wave,
    view: &View,
    observer: &mut O,
    touch: Touch,
    lanes: u32,
    addresses: &[u64; LANES],
    size: u32,
) {
    if O::ACTIVE && lanes != 0 {
        let (space, constant) = (Space::Global, view.is_constant(lanes, addresses, size));
        observer.memory(wave, &MemoryEvent { space, touch, lanes, addresses, size, constant });
    }
}

const WORD: Element = Element { bytes: 4, signed: false, part: Part::Whole };

fn load<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    element: Element,
    access: &Access,
    view: &View,
    observer: &mut O,
) -> Result<(), Stop> {
    let (exec, count) = (wave.exec(), element.registers());
    if let Some((mask, addresses)) = access.together(exec, element.bytes) {
        tell(wave, view, observer, Touch::Load, mask, &addresses, element.bytes);
        return global::load(view, element, mask, &addresses, wave.registers_mut(s.dst, count));
    }
    let piece = if element.bytes < 4 { element } else { WORD };
    let old = registers(wave, s.dst, count);
    let mut data = old;
    for (i, lanes) in data.iter_mut().take(count).enumerate() {
        let (mask, addresses) = access.part(exec, 4 * i as u64, piece.bytes);
        tell(wave, view, observer, Touch::Load, mask, &addresses, piece.bytes);
        let mut word = [Lanes::ZERO; 4];
        word[0] = Lanes::from_fn(|lane| piece.extend(0, old[i].0[lane]));
        global::load(view, piece, mask, &addresses, &mut word)?;
        *lanes = word[0];
    }
    store_registers(wave, s.dst, &data, count);
    Ok(())
}

fn store<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    element: Element,
    access: &Access,
    view: &View,
    observer: &mut O,
) -> Result<(), Stop> {
    let (exec, count) = (wave.exec(), element.registers());
    let data = source_registers(wave, s, 3, count);
    if let Some((mask, addresses)) = access.together(exec, element.bytes) {
        tell(wave, view, observer, Touch::Store, mask, &addresses, element.bytes);
        return global::store(view, element, mask, &addresses, &data);
    }
    let piece = if element.bytes < 4 { element } else { WORD };
    for (i, lanes) in data.iter().take(count).enumerate() {
        let (mask, addresses) = access.part(exec, 4 * i as u64, piece.bytes);
        tell(wave, view, observer, Touch::Store, mask, &addresses, piece.bytes);
        let mut word = [Lanes::ZERO; 4];
        word[0] = *lanes;
        global::store(view, piece, mask, &addresses, &word)?;
    }
    Ok(())
}

impl Step {
    /// The first register of the address, if there is one.
    fn address_register(&self) -> u8 {
        match self.src[0] {
            Source::Vector(n) => n,
            _ => 0,
        }
    }
}
