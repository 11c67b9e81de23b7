//! Accesses of one workgroup to memory: who touches what, and what of it is unknown.

use crate::isa::{Format, Inst, Operand};
use crate::machine::{GroupInfo, MemoryEvent, Space, Touch, Wave};

use super::cells::{Actor, Clash};
use super::counters::Pending;
use super::definedness::{Bytes, Destination, Misuse, Origin, load, store};
use super::facts::Facts;
use super::group::{Followed, misused, quoted};
use super::kind::Kind;
use super::known::Known;
use super::log::{Log, Spot};
use super::registers::{Half, Registers};
use super::sanitizer::Options;
use super::shared::Touched;

const LANES: usize = 32;

/// The bytes that an operation under way touches, kept because a barrier does not wait for it.
#[derive(Debug, Clone)]
pub(super) struct Footprint {
    space: Space,
    lanes: u32,
    addresses: [u64; LANES],
    size: u32,
    reads: bool,
    writes: bool,
}

/// The memory that one workgroup can reach.
#[derive(Debug, Default)]
pub(super) struct Memory {
    lds: Touched,
    global: Touched,
    lds_unknown: Bytes,
    /// By wave; lane after lane.
    scratch_unknown: Vec<Bytes>,
    scratch: usize,
    kernarg: u64,
    kernarg_size: u64,
    epoch: u32,
    /// What addresses of instructions are counted from, so that they fit 32 bits.
    base: u64,
    races: bool,
    /// Whether the waves are spread over two first-level caches.
    wgp_mode: bool,
    /// Whether there is more than one wave.
    several: bool,
}

impl Memory {
    /// A workgroup begins.
    pub(super) fn begin(&mut self, group: &GroupInfo<'_>, options: Options) {
        *self = Self {
            lds: Touched::new(usize::MAX),
            global: Touched::new(options.group_pages),
            lds_unknown: Bytes::new(group.lds as usize),
            scratch_unknown: Vec::new(),
            scratch: group.scratch as usize,
            kernarg: group.kernarg,
            kernarg_size: u64::from(group.kernarg_size),
            epoch: 1,
            base: 0,
            races: options.memory_races,
            wgp_mode: group.wgp_mode,
            several: group.waves > 1,
        };
    }

    /// Device memory that the workgroup touched.
    pub(super) fn touched(&self) -> &Touched {
        &self.global
    }

    /// The stretch between barriers that the workgroup is in, from 1.
    pub(super) fn epoch(&self) -> u32 {
        self.epoch
    }

    /// The address of an instruction from its short form.
    pub(super) fn full(&self, pc: u32) -> u64 {
        self.base.wrapping_add(u64::from(pc))
    }

    fn short(&mut self, pc: u64) -> u32 {
        if self.base == 0 {
            self.base = pc.saturating_sub(1 << 31);
        }
        pc.wrapping_sub(self.base) as u32
    }

    /// Every wave has come to a barrier: a new epoch begins, and what nobody waited for reaches into it.
    pub(super) fn barrier<'p>(
        &mut self,
        waves: impl Iterator<Item = (u32, &'p [Pending<Footprint>])>,
    ) {
        self.epoch += 1;
        for (wave, pending) in waves {
            for footprint in pending.iter().flat_map(|p| &p.footprints) {
                self.outlast(wave, footprint);
            }
        }
    }

    fn outlast(&mut self, wave: u32, footprint: &Footprint) {
        let Footprint { space, size, addresses, .. } = *footprint;
        let touched = if space == Space::Lds { &mut self.lds } else { &mut self.global };
        for lane in lanes(footprint.lanes) {
            for (wrote, _) in
                [(true, footprint.writes), (false, footprint.reads)].iter().filter(|s| s.1)
            {
                touched.outlast(addresses[lane], size, *wrote, wave, self.epoch);
            }
        }
    }

    /// Whether an access that nobody waits for at a barrier can meet one after it: in LDS it can; on its way to device
    /// memory only if another compute unit takes another way.
    fn can_outlast(&self, space: Space) -> bool {
        match space {
            Space::Lds => self.several,
            Space::Global => self.several && self.races && self.wgp_mode,
            Space::Scalar | Space::Scratch => false,
        }
    }

    /// One access of one wave.
    pub(super) fn access(
        &mut self,
        wave: &Wave,
        followed: &mut Followed,
        facts: &Facts,
        event: &MemoryEvent<'_>,
        known: &Known,
        log: &mut Log,
    ) {
        let spot = Spot { pc: facts.pc, inst: &facts.inst, wave: wave.index(), lanes: 0 };
        let transfer = Transfer::new(facts, followed.accesses, event);
        if facts.inst.format == Format::Flat {
            followed.counters.touch(event.space == Space::Lds);
        }
        self.definedness(wave, followed, &transfer, event, spot, log);
        // What no kernel may write has no races, whoever reads it.
        if event.space == Space::Scratch || event.constant {
            return;
        }
        if event.space == Space::Lds || self.races {
            self.race(wave, followed, facts, &transfer, event, spot, known, log);
        }
        if self.can_outlast(event.space) {
            let reads = event.touch != Touch::Store;
            let writes = event.touch != Touch::Load;
            let (lanes, size, addresses) = (event.lanes, event.size, *event.addresses);
            let space = event.space;
            followed.counters.attach(Footprint { space, lanes, addresses, size, reads, writes });
        }
    }

    fn definedness(
        &mut self,
        wave: &Wave,
        followed: &mut Followed,
        transfer: &Transfer,
        event: &MemoryEvent<'_>,
        spot: Spot<'_>,
        log: &mut Log,
    ) {
        match event.space {
            Space::Scalar => self.kernarg(followed, transfer, event, spot, log),
            Space::Global => {
                if let Some(misuse) = transfer.unknown_data(followed, event) {
                    misused(misuse, spot, log);
                }
            }
            Space::Lds => {
                let unknown = std::mem::take(&mut self.lds_unknown);
                self.lds_unknown = transfer.through(followed, event, unknown, |_| 0, Origin::Lds);
            }
            Space::Scratch => {
                let (wave, size) = (wave.index() as usize, self.scratch);
                while self.scratch_unknown.len() <= wave {
                    self.scratch_unknown.push(Bytes::default());
                }
                let mut unknown = std::mem::take(&mut self.scratch_unknown[wave]);
                if unknown.is_empty() {
                    unknown = Bytes::new(size * LANES);
                }
                let start = |lane: usize| lane * size;
                self.scratch_unknown[wave] =
                    transfer.through(followed, event, unknown, start, Origin::Scratch);
            }
        }
    }

    /// Scalar loads beyond the arguments: what begins there is wrong, what only ends there is unknown, because
    /// compilers widen aligned loads.
    fn kernarg(
        &self,
        followed: &mut Followed,
        transfer: &Transfer,
        event: &MemoryEvent<'_>,
        spot: Spot<'_>,
        log: &mut Log,
    ) {
        let offset = event.addresses[0].wrapping_sub(self.kernarg);
        let (size, end) = (u64::from(event.size), self.kernarg_size);
        if offset >= end.next_multiple_of(64).max(64) || offset + size <= end {
            return;
        }
        if offset >= end {
            log.add(Kind::Kernarg, spot, 0, || {
                let what =
                    format!("{size} bytes are read at byte {offset} of {end} bytes of arguments");
                (what, "declare the argument, or correct the offset".to_owned())
            });
            return;
        }
        let Some(Operand::Sgpr(first)) = transfer.register else { return };
        for word in 0..(size / 4) as u32 {
            let at = offset + u64::from(word) * 4;
            if at >= end {
                followed.shadow.forget_scalar(u32::from(first) + word, Origin::Kernarg(at as u32));
            }
        }
    }

    #[expect(
        clippy::too_many_arguments,
        reason = "an access concerns the wave, its instruction and the group"
    )]
    fn race(
        &mut self,
        wave: &Wave,
        followed: &mut Followed,
        facts: &Facts,
        transfer: &Transfer,
        event: &MemoryEvent<'_>,
        spot: Spot<'_>,
        known: &Known,
        log: &mut Log,
    ) {
        let atomic = matches!(event.touch, Touch::Atomic { .. });
        let global = event.space != Space::Lds;
        let ordered = global && (followed.acquired || facts.coherent);
        let pc = self.short(spot.pc);
        let (epoch, atomic) = (self.epoch, atomic || ordered);
        let fresh = match event.space {
            Space::Scalar => followed.fresh_scalar,
            Space::Global if self.wgp_mode && !facts.coherent => followed.fresh,
            _ => 0,
        };
        let actor = Actor { wave: wave.index(), epoch, pc, atomic, device: global, fresh };
        let touched = if global { &mut self.global } else { &mut self.lds };
        let mut first = None;
        for lane in lanes(event.lanes) {
            let address = event.addresses[lane];
            let clash = match event.touch {
                Touch::Load => touched.read(address, event.size, actor),
                Touch::Store | Touch::Atomic { .. } => {
                    let data = transfer.data(wave, lane, event.size);
                    touched.write(address, &data[..event.size.min(16) as usize], actor)
                }
            };
            if let Some(clash) = clash {
                let (lanes, _, _) = first.get_or_insert((0, address, clash));
                *lanes |= 1_u32 << lane;
            }
        }
        followed.acquired |= global && event.touch == (Touch::Atomic { returns: true });
        if let Some((lanes, address, clash)) = first {
            let spot = Spot { lanes, ..spot };
            let other = quoted(known, log.entry, self.full(clash.pc));
            raced(event, address, clash, &other, spot, log);
        }
    }
}

/// Reports two waves of a workgroup that touch one byte.
fn raced(
    event: &MemoryEvent<'_>,
    address: u64,
    clash: Clash,
    other: &str,
    spot: Spot<'_>,
    log: &mut Log,
) {
    let (kind, memory, wait) = match event.space {
        Space::Lds => (Kind::LdsRace, "LDS", "s_waitcnt lgkmcnt(0)"),
        _ => (Kind::GlobalRace, "memory", "s_waitcnt vmcnt(0) and s_waitcnt_vscnt null, 0x0"),
    };
    let verb = |wrote: bool| if wrote { "written" } else { "read" };
    let here = verb(event.touch != Touch::Load);
    let (there, wave) = (verb(clash.wrote), clash.wave);
    let flags = u64::from(clash.wrote) << 2 | u64::from(clash.late) << 1 | u64::from(clash.stale);
    let detail = u64::from(clash.pc) << 3 | flags;
    let invalidate = match event.space {
        Space::Scalar => "use a vector load: the scalar cache does not see stores",
        _ => "put buffer_gl0_inv after the s_barrier",
    };
    log.add(kind, spot, detail, || {
        let both = format!(
            "byte {address:#x} of {memory} is {here} here and {there} by wave {wave} at {other}"
        );
        match clash {
            Clash { stale: true, .. } => (
                format!("{both}; there is a barrier between, but this wave's cache may hold the old value"),
                invalidate.to_owned(),
            ),
            Clash { late: true, .. } => (
                format!("{both}, which nothing waited for before the barrier"),
                format!("put {wait} before the s_barrier that follows the other access"),
            ),
            _ => (
                format!("{both}, with no barrier between the two"),
                format!("put {wait} and s_barrier between the two"),
            ),
        }
    });
}

/// Between which registers and memory an access moves data.
struct Transfer {
    /// First register of the destination of a load, or of an atomic that returns.
    register: Option<Operand>,
    /// First register of what is stored.
    stored: Option<u32>,
    stores: Half,
    loads: Half,
    signed: bool,
}

impl Transfer {
    /// The `count`-th access of an instruction. Two-address LDS operations make two, each with data of its own.
    fn new(facts: &Facts, count: u32, event: &MemoryEvent<'_>) -> Self {
        let inst: &Inst = &facts.inst;
        let lds = inst.format == Format::Ds;
        let slot = match inst.format {
            Format::Mubuf | Format::Mtbuf => 3,
            Format::Ds => 1 + count.min(1) as usize,
            _ => 1,
        };
        let stored = match inst.src[slot] {
            Operand::Vgpr(first) if event.touch != Touch::Load => Some(u32::from(first)),
            _ => None,
        };
        let step = if lds { count * event.size.div_ceil(4) } else { 0 };
        let register = match inst.dst {
            Operand::Vgpr(first) => Some(Operand::Vgpr(first.saturating_add(step as u8))),
            Operand::Sgpr(first) => Some(Operand::Sgpr(first)),
            _ => None,
        };
        Self { register, stored, stores: facts.stores, loads: facts.loads, signed: facts.signed }
    }

    /// What one lane stores.
    fn data(&self, wave: &Wave, lane: usize, size: u32) -> [u8; 16] {
        let mut data = [0; 16];
        let Some(first) = self.stored else { return data };
        for (word, bytes) in data.chunks_exact_mut(4).enumerate().take(size.div_ceil(4) as usize) {
            let value = wave.vgpr((first as usize + word).min(255) as u8)[lane];
            let shift = if self.stores == Half::High { 16 } else { 0 };
            bytes.copy_from_slice(&(value >> shift).to_le_bytes());
        }
        data
    }

    /// Unknown data on its way to device memory, which is taken for known from there on.
    fn unknown_data(&self, followed: &Followed, event: &MemoryEvent<'_>) -> Option<Misuse> {
        let first = self.stored?;
        if !followed.shadow.unknown().meets(&words(first, event.size)) {
            return None;
        }
        let unknown =
            |lane: &usize| store(&followed.shadow, first, event.size, self.stores, *lane) != 0;
        let lanes = lanes(event.lanes).filter(unknown).fold(0, |mask, lane| mask | 1 << lane);
        let origin = followed.shadow.origin_of(first, event.size.div_ceil(4), lanes)?;
        Some(Misuse { role: "what is stored to memory", origin, lanes })
    }

    /// Moves unknown bits between registers and memory of which each byte is followed.
    fn through(
        &self,
        followed: &mut Followed,
        event: &MemoryEvent<'_>,
        mut memory: Bytes,
        start: impl Fn(usize) -> usize,
        origin: fn(u32) -> Origin,
    ) -> Bytes {
        let size = event.size as usize;
        let place = |lane: usize| start(lane).saturating_add(event.addresses[lane] as usize);
        if let (Some(Operand::Vgpr(register)), true) = (self.register, event.touch != Touch::Store)
        {
            let (mut unknown, mut from) = ([0; LANES], None);
            for lane in lanes(event.lanes) {
                unknown[lane] = memory.get(place(lane), size);
                if unknown[lane] != 0 && from.is_none() {
                    let byte = unknown[lane].trailing_zeros() / 8;
                    from = Some(origin(event.addresses[lane] as u32 + byte));
                }
            }
            let (size, half, signed) = (event.size, self.loads, self.signed);
            let register = u32::from(register);
            if from.is_some() || followed.shadow.unknown().meets(&words(register, size)) {
                let to = Destination { register, size, half, signed };
                load(&mut followed.shadow, to, event.lanes, &unknown, from);
            }
        }
        let Some(first) = self.stored else { return memory };
        let any = followed.shadow.unknown().meets(&words(first, event.size));
        for lane in lanes(event.lanes) {
            let mut unknown = 0;
            if any {
                unknown = store(&followed.shadow, first, event.size, self.stores, lane);
            }
            if event.touch != Touch::Store {
                unknown |= memory.get(place(lane), size);
            }
            memory.set(place(lane), size, unknown);
        }
        memory
    }
}

fn words(first: u32, size: u32) -> Registers {
    let mut set = Registers::EMPTY;
    set.add_vectors(first, size.div_ceil(4));
    set
}

fn lanes(mask: u32) -> impl Iterator<Item = usize> {
    (0..LANES).filter(move |lane| mask >> lane & 1 == 1)
}
