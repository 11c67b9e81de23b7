//! Vector memory operations: addresses of the lanes, and the memory that each goes to.

use super::Wave;
use super::atomic::Atomic;
use super::buffer;
use super::element::{Element, Part};
use super::fault::Stop;
use super::global;
use super::lanes::{LANES, Lanes};
use super::lds::{operand, source_registers};
use super::local::Lds;
use super::lower::{PRIVATE_APERTURE, SHARED_APERTURE};
use super::observer::{MemoryEvent, Observer, Space, Touch};
use super::scratch::Scratch;
use super::step::Step;
use crate::isa::{Inst, Operand};
use crate::memory::View;

pub(super) use super::buffer::Descriptor;

/// How the lanes' addresses are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// 64-bit addresses of any memory.
    Flat,
    /// Addresses of device memory, or offsets from a scalar base.
    Global,
    /// The lane's number times four from a scalar base.
    ByLane,
    /// Offsets in private memory.
    Scratch,
    /// Through a buffer descriptor.
    Buffer,
}

/// What happens there.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Transfer {
    Load(Element),
    Store(Element),
    Atomic { operation: Atomic, bytes: u32, returns: bool },
}

impl Transfer {
    /// Bytes that a lane touches.
    pub(super) fn bytes(self) -> u32 {
        match self {
            Self::Load(element) | Self::Store(element) => element.bytes,
            Self::Atomic { bytes, .. } => bytes,
        }
    }

    fn touch(self) -> Touch {
        match self {
            Self::Load(_) => Touch::Load,
            Self::Store(_) => Touch::Store,
            Self::Atomic { returns, .. } => Touch::Atomic { returns },
        }
    }
}

/// A vector memory operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct VectorOp {
    pub place: Place,
    pub transfer: Transfer,
}

/// The operation that a mnemonic names; formatted buffers are not among them.
pub(super) fn find(name: &str, inst: &Inst) -> Option<VectorOp> {
    let (place, rest) = name.split_once('_')?;
    let place = match place {
        "flat" => Place::Flat,
        "global" => Place::Global,
        "scratch" => Place::Scratch,
        "buffer" => Place::Buffer,
        _ => return None,
    };
    let word = Element { bytes: 4, signed: false, part: Part::Whole };
    let transfer = match rest {
        "load_addtid_b32" => {
            return Some(VectorOp { place: Place::ByLane, transfer: Transfer::Load(word) });
        }
        "store_addtid_b32" => {
            return Some(VectorOp { place: Place::ByLane, transfer: Transfer::Store(word) });
        }
        _ => {
            if let Some(rest) = rest.strip_prefix("load_") {
                Transfer::Load(Element::parse(rest)?)
            } else if let Some(rest) = rest.strip_prefix("store_") {
                Transfer::Store(Element::parse(rest)?)
            } else {
                let (operation, bytes) = Atomic::parse(rest.strip_prefix("atomic_")?)?;
                Transfer::Atomic { operation, bytes, returns: inst.dst != Operand::None }
            }
        }
    };
    Some(VectorOp { place, transfer })
}

/// The memories that an operation may go to.
pub(super) struct Memories<'a> {
    pub view: &'a View,
    pub lds: &'a mut Lds,
    pub scratch: &'a mut Scratch,
}

/// Executes an operation.
pub(super) fn run<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    op: VectorOp,
    memories: &mut Memories<'_>,
    observer: &mut O,
) -> Result<(), Stop> {
    let exec = wave.exec();
    if exec == 0 {
        return Ok(());
    }
    match op.place {
        Place::Buffer => buffer::run(wave, s, op.transfer, memories.view, observer),
        Place::Scratch => {
            let addresses = scratch_addresses(wave, s);
            transfer(wave, s, op.transfer, Target::scratch(exec, &addresses), memories, observer)
        }
        Place::Global | Place::ByLane => {
            let addresses = global_addresses(wave, s, op.place);
            transfer(wave, s, op.transfer, Target::global(exec, &addresses), memories, observer)
        }
        Place::Flat => flat(wave, s, op.transfer, memories, observer),
    }
}

/// Lanes that go to one memory.
#[derive(Clone, Copy)]
struct Target<'a> {
    space: Space,
    lanes: u32,
    addresses: &'a [u64; LANES],
}

impl<'a> Target<'a> {
    fn global(lanes: u32, addresses: &'a [u64; LANES]) -> Self {
        Self { space: Space::Global, lanes, addresses }
    }

    fn scratch(lanes: u32, addresses: &'a [u64; LANES]) -> Self {
        Self { space: Space::Scratch, lanes, addresses }
    }
}

/// Sends each lane to the memory that its address belongs to.
fn flat<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    kind: Transfer,
    memories: &mut Memories<'_>,
    observer: &mut O,
) -> Result<(), Stop> {
    let addresses = global_addresses(wave, s, Place::Flat);
    let exec = wave.exec();
    let within =
        |aperture: u32| exec & Lanes::mask_of(|lane| (addresses[lane] >> 32) as u32 == aperture);
    let (shared, private) = (within(SHARED_APERTURE), within(PRIVATE_APERTURE));
    let offsets = addresses.map(|address| address & 0xffff_ffff);
    let targets = [
        Target::global(exec & !shared & !private, &addresses),
        Target { space: Space::Lds, lanes: shared, addresses: &offsets },
        Target::scratch(private, &offsets),
    ];
    for target in targets.into_iter().filter(|target| target.lanes != 0) {
        transfer(wave, s, kind, target, memories, observer)?;
    }
    Ok(())
}

/// Moves the data of the target's lanes.
#[inline(always)]
fn transfer<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    kind: Transfer,
    target: Target<'_>,
    memories: &mut Memories<'_>,
    observer: &mut O,
) -> Result<(), Stop> {
    let Target { space, lanes, addresses } = target;
    if O::ACTIVE {
        let (touch, size) = (kind.touch(), kind.bytes());
        let constant = space == Space::Global && memories.view.is_constant(lanes, addresses, size);
        observer.memory(wave, &MemoryEvent { space, touch, lanes, addresses, size, constant });
    }
    let Memories { view, lds, scratch } = memories;
    let offsets = || addresses.map(|address| address as u32);
    match kind {
        Transfer::Load(element) => {
            let out = wave.registers_mut(s.dst, element.registers());
            match space {
                Space::Lds => lds.load(element, lanes, &offsets(), out)?,
                Space::Scratch => scratch.load(element, lanes, addresses, out)?,
                _ => global::load(view, element, lanes, addresses, out)?,
            }
        }
        Transfer::Store(element) => {
            let data = wave.source(s, 1);
            match space {
                Space::Lds => lds.store(element, lanes, &offsets(), data)?,
                Space::Scratch => scratch.store(element, lanes, addresses, data)?,
                _ => global::store(view, element, lanes, addresses, data)?,
            }
        }
        Transfer::Atomic { operation, bytes, returns } => {
            let (a, b) = atomic_operands(wave, s, 1, bytes);
            let (what, operands) = ((operation, bytes), [&a, &b]);
            let old = match space {
                Space::Lds => lds.update(what, lanes, &offsets(), operands)?,
                Space::Scratch => scratch.update(what, lanes, addresses, operands)?,
                _ => global::update(view, what, lanes, addresses, operands)?,
            };
            if returns {
                for (i, lanes_of) in old.iter().take(bytes as usize / 4).enumerate() {
                    wave.vgprs[usize::from(s.dst.wrapping_add(i as u8))].blend(lanes_of, lanes);
                }
            }
        }
    }
    Ok(())
}

/// The new value, and after it in the same registers the one to compare with.
pub(super) fn atomic_operands(
    wave: &Wave,
    s: &Step,
    index: usize,
    bytes: u32,
) -> ([u64; LANES], [u64; LANES]) {
    if bytes == 4 {
        let data = source_registers(wave, s, index, 2);
        return (data[0].0.map(u64::from), data[1].0.map(u64::from));
    }
    let first = operand(wave, s, index, 8);
    let data = source_registers(wave, s, index, 4);
    let second =
        std::array::from_fn(|lane| u64::from(data[2].0[lane]) | u64::from(data[3].0[lane]) << 32);
    (first, second)
}

fn global_addresses(wave: &Wave, s: &Step, place: Place) -> [u64; LANES] {
    let offset = s.inst.imm as i64;
    if s.inst.src[2] == Operand::None || place == Place::Flat {
        let base = wave.value64(s, 0, false);
        return base.map(|address| address.wrapping_add_signed(offset));
    }
    let base = wave.scalar64(s.src[2]).wrapping_add_signed(offset);
    if place == Place::ByLane {
        return std::array::from_fn(|lane| base.wrapping_add(4 * lane as u64));
    }
    let offsets = wave.value(s, 0, false);
    offsets.0.map(|offset| base.wrapping_add(u64::from(offset)))
}

fn scratch_addresses(wave: &Wave, s: &Step) -> [u64; LANES] {
    let base = wave.scalar32(s.src[2]).wrapping_add(s.inst.imm as u32);
    let offsets = wave.value(s, 0, false);
    offsets.0.map(|offset| u64::from(base.wrapping_add(offset)))
}
