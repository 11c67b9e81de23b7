//! The local data share: memory that a workgroup has to itself, and exchange between lanes.

use super::Wave;
use super::atomic::Atomic;
use super::element::{Data, Element};
use super::fault::{Cause, Stop};
use super::lanes::{LANES, Lanes, active};
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

/// The words of one workgroup.
#[derive(Debug)]
pub(super) struct Lds {
    words: Vec<u32>,
    size: u32,
}

impl Lds {
    /// Zeros for `size` bytes.
    pub(super) fn new(size: u32) -> Self {
        Self { words: vec![0; size.div_ceil(4) as usize], size }
    }

    pub(super) fn size(&self) -> u32 {
        self.size
    }

    /// Zeros again.
    pub(super) fn clear(&mut self) {
        self.words.fill(0);
    }

    #[inline(always)]
    pub(super) fn check(&self, address: u32, size: u32) -> Result<(), Cause> {
        if size <= self.size && address <= self.size - size {
            return Ok(());
        }
        Err(Cause::Lds { address: u64::from(address), size, limit: self.size })
    }

    /// The four bytes at an address whose bytes are there, as far as they are.
    #[inline(always)]
    fn word(&self, address: u32) -> u32 {
        let at = (address / 4) as usize;
        let low = self.words.get(at).copied().unwrap_or(0);
        if address.is_multiple_of(4) {
            return low;
        }
        let high = self.words.get(at + 1).copied().unwrap_or(0);
        ((u64::from(low) | u64::from(high) << 32) >> (8 * (address % 4))) as u32
    }

    #[inline(always)]
    fn set(&mut self, address: u32, value: u32, bytes: u32) {
        let at = (address / 4) as usize;
        if address.is_multiple_of(4) && bytes == 4 {
            if let Some(word) = self.words.get_mut(at) {
                *word = value;
            }
            return;
        }
        let shift = 8 * (address % 4);
        let mask = (u64::from(u32::MAX) >> (32 - 8 * bytes)) << shift;
        let shifted = u64::from(value) << shift;
        for (word, part) in self.words.iter_mut().skip(at).zip([0, 32]) {
            let mask = (mask >> part) as u32;
            *word = *word & !mask | (shifted >> part) as u32 & mask;
        }
    }

    /// Loads an element for each lane of `mask` into registers.
    #[inline(always)]
    pub(super) fn load(
        &self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        match element.bytes {
            4 => self.load_words::<1>(mask, addresses, out),
            8 => self.load_words::<2>(mask, addresses, out),
            12 => self.load_words::<3>(mask, addresses, out),
            16 => self.load_words::<4>(mask, addresses, out),
            _ => self.load_small(element, mask, addresses, out),
        }
    }

    #[inline(always)]
    fn load_words<const N: usize>(
        &self,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        let Some(out) = out.first_chunk_mut::<N>() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, 4 * N as u32).map_err(|cause| Stop::of_lane(lane, cause))?;
            match self.words.get((address / 4) as usize..).and_then(|w| w.first_chunk::<N>()) {
                Some(words) if address.is_multiple_of(4) => {
                    for i in 0..N {
                        out[i].0[lane] = words[i];
                    }
                }
                _ => {
                    for i in 0..N {
                        out[i].0[lane] = self.word(address + 4 * i as u32);
                    }
                }
            }
        }
        Ok(())
    }

    fn load_small(
        &self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        out: &mut [Lanes],
    ) -> Result<(), Stop> {
        let Some(out) = out.first_mut() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, element.bytes).map_err(|cause| Stop::of_lane(lane, cause))?;
            out.0[lane] = element.extend(self.word(address), out.0[lane]);
        }
        Ok(())
    }

    /// Stores an element for each lane of `mask`.
    #[inline(always)]
    pub(super) fn store(
        &mut self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        match element.bytes {
            4 => self.store_words::<1>(mask, addresses, data),
            8 => self.store_words::<2>(mask, addresses, data),
            12 => self.store_words::<3>(mask, addresses, data),
            16 => self.store_words::<4>(mask, addresses, data),
            _ => self.store_small(element, mask, addresses, data),
        }
    }

    #[inline(always)]
    fn store_words<const N: usize>(
        &mut self,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        let Some(data) = data.first_chunk::<N>() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, 4 * N as u32).map_err(|cause| Stop::of_lane(lane, cause))?;
            let words = self.words.get_mut((address / 4) as usize..);
            match words.and_then(|words| words.first_chunk_mut::<N>()) {
                Some(words) if address.is_multiple_of(4) => {
                    for i in 0..N {
                        words[i] = data[i].0[lane];
                    }
                }
                _ => {
                    for (i, lanes) in data.iter().enumerate() {
                        self.set(address + 4 * i as u32, lanes.0[lane], 4);
                    }
                }
            }
        }
        Ok(())
    }

    fn store_small(
        &mut self,
        element: Element,
        mask: u32,
        addresses: &[u32; LANES],
        data: &[Lanes],
    ) -> Result<(), Stop> {
        let Some(data) = data.first() else { return Ok(()) };
        for lane in active(mask) {
            let address = addresses[lane];
            self.check(address, element.bytes).map_err(|cause| Stop::of_lane(lane, cause))?;
            self.set(address, element.stored(data.0[lane]), element.bytes);
        }
        Ok(())
    }

    /// Updates 4 or 8 bytes for each lane of `mask`, lowest lane first, and gives what was there.
    pub(super) fn update(
        &mut self,
        (operation, bytes): (Atomic, u32),
        mask: u32,
        addresses: &[u32; LANES],
        operands: [&[u64; LANES]; 2],
    ) -> Result<Data, Stop> {
        let mut old_values = [Lanes::ZERO; 4];
        for lane in active(mask) {
            let address = addresses[lane];
            let of_lane = |cause| Stop::of_lane(lane, cause);
            self.check(address, bytes).map_err(of_lane)?;
            if !address.is_multiple_of(bytes) {
                return Err(of_lane(Cause::Misaligned {
                    address: u64::from(address),
                    alignment: bytes,
                }));
            }
            let (a, b) = (operands[0][lane], operands[1][lane]);
            let low = self.word(address);
            old_values[0].0[lane] = low;
            if bytes == 4 {
                self.set(address, operation.apply32(low, a as u32, b as u32), 4);
                continue;
            }
            let high = self.word(address + 4);
            old_values[1].0[lane] = high;
            let new = operation.apply64(u64::from(low) | u64::from(high) << 32, a, b);
            self.set(address, new as u32, 4);
            self.set(address + 4, (new >> 32) as u32, 4);
        }
        Ok(old_values)
    }
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
        LdsOp::Swizzle => swizzle(wave, s),
        LdsOp::Permute => permute(wave, s),
        LdsOp::BackwardPermute => backward_permute(wave, s),
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
            &MemoryEvent { space: Space::Lds, touch, lanes, addresses: &addresses, size },
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

/// Exchange by the pattern in the offset: any of each four lanes, or a mask of and, or and xor of 32; with
/// the top bits set, a rotation or a Fourier order (RDNA3.5 ISA, `DS_SWIZZLE_B32`). Inactive sources read
/// as zero.
fn swizzle(wave: &mut Wave, s: &Step) {
    let pattern = s.inst.imm as u32 & 0xffff;
    let from = |lane: u32| match pattern {
        p if p >= 0xe000 => fourier(lane, p & 0x1f),
        p if p >= 0xc000 => {
            let (mask, amount, left) = (p & 0x1f, p >> 5 & 0x1f, p >> 10 & 1 == 0);
            let moved = if left { lane.wrapping_add(amount) } else { lane.wrapping_sub(amount) };
            lane & mask | moved & !mask & 0x1f
        }
        p if p & 0x8000 != 0 => lane & !3 | p >> (2 * (lane & 3)) & 3,
        p => (lane & p & 0x1f | p >> 5 & 0x1f) ^ p >> 10 & 0x1f,
    };
    let (source, exec) = (wave.value(s, 0, false), wave.exec());
    let out = Lanes::from_fn(|lane| {
        let from = from(lane as u32) as usize % LANES;
        if exec >> from & 1 == 1 { source.0[from] } else { 0 }
    });
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// The lane in bit-reversed order within blocks of 32, 16, 8, 4 or 2 lanes; the leading ones of the five
/// bits of `mask` keep as many of the lane's leading bits.
fn fourier(lane: u32, mask: u32) -> u32 {
    let kept = (mask << 27).leading_ones().min(5);
    let block = 0x1f >> kept;
    let reversed = (lane & block).reverse_bits() >> (27 + kept);
    if block == 0 { lane } else { lane & !block | reversed }
}

/// Each active lane sends its value to the lane that its address names; the highest sender wins. Lanes that
/// nobody sends to read zero.
fn permute(wave: &mut Wave, s: &Step) {
    let (address, value) = (lane_addresses(wave, s), wave.value(s, 1, false));
    let exec = wave.exec();
    let mut out = Lanes::ZERO;
    for lane in active(exec) {
        out.0[address[lane]] = value.0[lane];
    }
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// Each active lane reads the value of the lane that its address names; of inactive lanes it is zero.
fn backward_permute(wave: &mut Wave, s: &Step) {
    let (address, value) = (lane_addresses(wave, s), wave.value(s, 1, false));
    let exec = wave.exec();
    let out = Lanes::from_fn(|lane| {
        let from = address[lane];
        if exec >> from & 1 == 1 { value.0[from] } else { 0 }
    });
    wave.vgprs[usize::from(s.dst)].blend(&out, exec);
}

/// Lanes by their address in bytes, modulo the wave.
fn lane_addresses(wave: &Wave, s: &Step) -> [usize; LANES] {
    let offset = s.inst.imm as u32 & 0xffff;
    wave.value(s, 0, false).0.map(|address| (address.wrapping_add(offset) / 4) as usize % LANES)
}
