//! Operations of the local data share: on the memory of a workgroup, and exchange between lanes.

use super::Wave;
use super::atomic::Atomic;
use super::element::{Data, Element};
use super::exchange;
use super::fault::Stop;
use super::lanes::{LANES, Lanes};
use super::local::Lds;
use super::observer::{MemoryEvent, Observer, Space, Touch};
use super::step::{Source, Step};
use crate::isa::{Inst, MemBits};

/// What an operation does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LdsOp {
    Load(Element),
    Store(Element),
    /// Two loads of 4 or 8 bytes, at offsets counted in multiples of the number.
    LoadTwo(u32, u32),
    StoreTwo(u32, u32),
    ExchangeTwo(u32, u32),
    Atomic {
        operation: Atomic,
        bytes: u32,
        returns: bool,
    },
    /// At the lane's number times four plus M0.
    LoadByLane,
    StoreByLane,
    /// Adds to or subtracts from a counter the number of active lanes.
    Append,
    Consume,
    Swizzle,
    /// Each lane pushes its value to a lane, or pulls it from one.
    Permute,
    BackwardPermute,
}

/// The operation that a mnemonic names.
pub(super) fn find(name: &str, inst: &Inst) -> Option<LdsOp> {
    let rest = name.strip_prefix("ds_")?;
    if inst.bits.has(MemBits::GDS) {
        return None;
    }
    let two = |rest: &str| -> Option<(u32, u32)> {
        let (stride, rest) = match rest.strip_prefix("stride64_") {
            Some(rest) => (64, rest),
            None => (1, rest),
        };
        let bytes = if rest.ends_with("b64") { 8 } else { 4 };
        Some((bytes, bytes * stride))
    };
    Some(match rest {
        "append" => LdsOp::Append,
        "consume" => LdsOp::Consume,
        "swizzle_b32" => LdsOp::Swizzle,
        "permute_b32" => LdsOp::Permute,
        "bpermute_b32" => LdsOp::BackwardPermute,
        "load_addtid_b32" => LdsOp::LoadByLane,
        "store_addtid_b32" => LdsOp::StoreByLane,
        _ => {
            if let Some(rest) = rest.strip_prefix("load_2addr_") {
                let (bytes, unit) = two(rest)?;
                LdsOp::LoadTwo(bytes, unit)
            } else if let Some(rest) = rest.strip_prefix("store_2addr_") {
                let (bytes, unit) = two(rest)?;
                LdsOp::StoreTwo(bytes, unit)
            } else if let Some(rest) = rest.strip_prefix("storexchg_2addr_") {
                let (bytes, unit) = two(rest)?;
                LdsOp::ExchangeTwo(bytes, unit)
            } else if let Some(rest) = rest.strip_prefix("load_") {
                LdsOp::Load(Element::parse(rest)?)
            } else if let Some(rest) = rest.strip_prefix("store_") {
                LdsOp::Store(Element::parse(rest)?)
            } else {
                let returns = rest.contains("_rtn_");
                let (operation, bytes) = Atomic::parse(&rest.replace("_rtn_", "_"))?;
                LdsOp::Atomic { operation, bytes, returns }
            }
        }
    })
}

/// Executes an operation.
pub(super) fn run<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    op: LdsOp,
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let exec = wave.exec();
    match op {
        LdsOp::Swizzle => exchange::swizzle(wave, s),
        LdsOp::Permute => exchange::permute(wave, s),
        LdsOp::BackwardPermute => exchange::backward_permute(wave, s),
        LdsOp::Append | LdsOp::Consume => return count(wave, s, op, lds, observer),
        _ if exec == 0 => {}
        LdsOp::Load(element) => {
            let addresses = addresses(wave, s, s.inst.imm as u32);
            tell(wave, observer, &addresses, Touch::Load, element.bytes);
            lds.load(element, exec, &addresses, wave.registers_mut(s.dst, element.registers()))?;
        }
        LdsOp::Store(element) => {
            let addresses = addresses(wave, s, s.inst.imm as u32);
            tell(wave, observer, &addresses, Touch::Store, element.bytes);
            lds.store(element, exec, &addresses, wave.source(s, 1))?;
        }
        LdsOp::LoadTwo(bytes, unit) => load_two(wave, s, (bytes, unit), lds, observer)?,
        LdsOp::StoreTwo(bytes, unit) => store_two(wave, s, (bytes, unit), lds, observer)?,
        LdsOp::ExchangeTwo(bytes, unit) => exchange_two(wave, s, (bytes, unit), lds, observer)?,
        LdsOp::Atomic { operation, bytes, returns } => {
            let addresses = addresses(wave, s, s.inst.imm as u32);
            tell(wave, observer, &addresses, Touch::Atomic { returns }, bytes);
            let (a, b) = (operand(wave, s, 1, bytes), operand(wave, s, 2, bytes));
            let old = lds.update((operation, bytes), exec, &addresses, [&a, &b])?;
            if returns {
                store_registers(wave, s.dst, &old, bytes as usize / 4);
            }
        }
        LdsOp::LoadByLane | LdsOp::StoreByLane => by_lane(wave, s, op, lds, observer)?,
    }
    Ok(())
}

const WORD: Element = Element { bytes: 4, signed: false, part: super::element::Part::Whole };
const PAIR: Element = Element { bytes: 8, signed: false, part: super::element::Part::Whole };

fn element_of(bytes: u32) -> Element {
    if bytes == 8 { PAIR } else { WORD }
}

/// The address of each lane: its register plus an offset, in 32 bits.
fn addresses(wave: &Wave, s: &Step, offset: u32) -> [u32; LANES] {
    let base = wave.value(s, 0, false);
    base.0.map(|address| address.wrapping_add(offset & 0xffff))
}

fn two_addresses(wave: &Wave, s: &Step, unit: u32) -> [[u32; LANES]; 2] {
    let base = wave.value(s, 0, false);
    let (first, second) = s.inst.ds_offsets();
    [first, second].map(|offset| base.0.map(|a| a.wrapping_add(u32::from(offset) * unit)))
}

fn tell<O: Observer>(wave: &Wave, o: &mut O, addresses: &[u32; LANES], touch: Touch, size: u32) {
    if O::ACTIVE {
        let addresses = addresses.map(u64::from);
        let lanes = wave.exec();
        o.memory(
            wave,
            &MemoryEvent {
                space: Space::Lds,
                touch,
                lanes,
                addresses: &addresses,
                size,
                constant: false,
            },
        );
    }
}

/// Up to four registers from `first` on.
pub(super) fn registers(wave: &Wave, first: u8, count: usize) -> Data {
    std::array::from_fn(|i| {
        if i < count { wave.vgprs[usize::from(first.wrapping_add(i as u8))] } else { Lanes::ZERO }
    })
}

/// Up to four registers of a source.
pub(super) fn source_registers(wave: &Wave, s: &Step, index: usize, count: usize) -> Data {
    match s.src[index] {
        Source::Vector(first) => registers(wave, first, count),
        _ => [Lanes::ZERO; 4],
    }
}

/// Writes active lanes of up to four registers.
pub(super) fn store_registers(wave: &mut Wave, first: u8, data: &Data, count: usize) {
    let exec = wave.exec();
    for (i, lanes) in data.iter().take(count).enumerate() {
        wave.vgprs[usize::from(first.wrapping_add(i as u8))].blend(lanes, exec);
    }
}

/// An operand of 4 or 8 bytes by lane.
pub(super) fn operand(wave: &Wave, s: &Step, index: usize, bytes: u32) -> [u64; LANES] {
    let data = source_registers(wave, s, index, bytes as usize / 4);
    std::array::from_fn(|lane| u64::from(data[0].0[lane]) | u64::from(data[1].0[lane]) << 32)
}

fn load_two<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    (bytes, unit): (u32, u32),
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let (exec, words) = (wave.exec(), bytes as usize / 4);
    for (i, addresses) in two_addresses(wave, s, unit).iter().enumerate() {
        tell(wave, observer, addresses, Touch::Load, bytes);
        let out = wave.registers_mut(s.dst.wrapping_add((i * words) as u8), words);
        lds.load(element_of(bytes), exec, addresses, out)?;
    }
    Ok(())
}

fn store_two<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    (bytes, unit): (u32, u32),
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let exec = wave.exec();
    for (i, addresses) in two_addresses(wave, s, unit).iter().enumerate() {
        tell(wave, observer, addresses, Touch::Store, bytes);
        lds.store(element_of(bytes), exec, addresses, wave.source(s, 1 + i))?;
    }
    Ok(())
}

fn exchange_two<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    (bytes, unit): (u32, u32),
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let (exec, words) = (wave.exec(), bytes as usize / 4);
    let mut old = [[Lanes::ZERO; 4]; 2];
    for (i, addresses) in two_addresses(wave, s, unit).iter().enumerate() {
        tell(wave, observer, addresses, Touch::Atomic { returns: true }, bytes);
        let new = operand(wave, s, 1 + i, bytes);
        old[i] = lds.update((Atomic::Swap, bytes), exec, addresses, [&new, &new])?;
    }
    for (i, data) in old.iter().enumerate() {
        store_registers(wave, s.dst.wrapping_add((i * words) as u8), data, words);
    }
    Ok(())
}

fn by_lane<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    op: LdsOp,
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let base = (wave.m0() & 0xffff).wrapping_add(s.inst.imm as u32 & 0xffff);
    let addresses = std::array::from_fn(|lane| base + 4 * lane as u32);
    if op == LdsOp::StoreByLane {
        tell(wave, observer, &addresses, Touch::Store, 4);
        return lds.store(WORD, wave.exec(), &addresses, wave.source(s, 1));
    }
    tell(wave, observer, &addresses, Touch::Load, 4);
    let exec = wave.exec();
    lds.load(WORD, exec, &addresses, wave.registers_mut(s.dst, 1))
}

/// One update for the wave: every active lane gets the old counter.
fn count<O: Observer>(
    wave: &mut Wave,
    s: &Step,
    op: LdsOp,
    lds: &mut Lds,
    observer: &mut O,
) -> Result<(), Stop> {
    let lanes = wave.exec().count_ones();
    if lanes == 0 {
        return Ok(());
    }
    let address = (wave.m0() & 0xffff).wrapping_add(s.inst.imm as u32 & 0xffff);
    tell(wave, observer, &[address; LANES], Touch::Atomic { returns: true }, 4);
    let operation = if op == LdsOp::Append { Atomic::Add } else { Atomic::Sub };
    let amount = [u64::from(lanes); LANES];
    let first = wave.exec().trailing_zeros() as usize % LANES;
    let old = lds.update((operation, 4), 1 << first, &[address; LANES], [&amount, &amount])?;
    let data = [Lanes::splat(old[0].0[first]), Lanes::ZERO, Lanes::ZERO, Lanes::ZERO];
    store_registers(wave, s.dst, &data, 1);
    Ok(())
}
