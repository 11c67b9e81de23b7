//! The registers of one wave.

use super::lanes::Lanes;
use super::mode::Mode;
use super::step::{Source, Step};

/// Numbers of the scalar registers that have names.
pub(super) const VCC: usize = 106;
pub(super) const NULL: usize = 124;
pub(super) const M0: usize = 125;
pub(super) const EXEC: usize = 126;

/// One wave of 32 lanes: what an [`super::Observer`] may look at.
#[derive(Debug)]
pub struct Wave {
    /// Its number within the workgroup.
    index: u32,
    pub(super) vgprs: Box<[Lanes; 256]>,
    /// By number in the encoding: VCC is 106, M0 125, EXEC 126.
    pub(super) sgprs: [u32; 128],
    pub(super) scc: bool,
    mode: Mode,
    unusual_mode: bool,
    /// Lanes that a special step writes.
    pub(super) mask: u32,
    /// Address of the instruction that runs or comes next.
    pub(super) pc: u64,
    /// Instructions executed.
    pub(super) executed: u64,
}

impl Wave {
    /// A wave whose registers are zero.
    pub(super) fn new(index: u32, mode: u32) -> Self {
        let registers = vec![Lanes::ZERO; 256].into_boxed_slice();
        let vgprs = registers.try_into().unwrap_or_else(|_| Box::new([Lanes::ZERO; 256]));
        let mode = Mode::new(mode);
        Self {
            index,
            vgprs,
            sgprs: [0; 128],
            scc: false,
            mode,
            unusual_mode: mode.is_unusual(),
            mask: 0,
            pc: 0,
            executed: 0,
        }
    }

    /// Zero in all registers, as at the start.
    pub(super) fn reset(&mut self, mode: u32) {
        self.vgprs.fill(Lanes::ZERO);
        self.sgprs = [0; 128];
        self.scc = false;
        self.set_mode(Mode::new(mode));
        self.executed = 0;
    }

    /// Its number within the workgroup.
    pub fn index(&self) -> u32 {
        self.index
    }

    /// Address of the instruction that runs or comes next.
    pub fn pc(&self) -> u64 {
        self.pc
    }

    /// Instructions executed so far.
    pub fn executed(&self) -> u64 {
        self.executed
    }

    /// Active lanes.
    #[inline(always)]
    pub fn exec(&self) -> u32 {
        self.sgprs[EXEC]
    }

    /// The vector condition code.
    pub fn vcc(&self) -> u32 {
        self.sgprs[VCC]
    }

    /// The scalar condition code.
    pub fn scc(&self) -> bool {
        self.scc
    }

    /// The memory register.
    pub fn m0(&self) -> u32 {
        self.sgprs[M0]
    }

    /// The MODE register.
    pub fn mode_bits(&self) -> u32 {
        self.mode.bits()
    }

    /// A vector register by lane.
    pub fn vgpr(&self, register: u8) -> &[u32; 32] {
        &self.vgprs[usize::from(register)].0
    }

    /// A scalar register by its number in the encoding; zero beyond the last.
    pub fn sgpr(&self, register: u8) -> u32 {
        self.sgprs.get(usize::from(register)).copied().unwrap_or(0)
    }

    pub(super) fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether floats are anything but rounded to nearest with all denormals kept.
    pub(super) fn has_unusual_mode(&self) -> bool {
        self.unusual_mode
    }

    pub(super) fn set_mode(&mut self, mode: Mode) {
        self.mode = mode;
        self.unusual_mode = mode.is_unusual();
    }

    /// Whether a step needs the careful path; prepares it if so.
    #[inline(always)]
    pub(super) fn special(&mut self, s: &Step) -> bool {
        let special = s.special | (s.float & self.unusual_mode);
        if special {
            self.mask =
                self.exec() & s.exchange.as_ref().map_or(u32::MAX, |e| e.enabled(self.exec()));
        }
        special
    }

    /// Writes a scalar register; NULL and the high half of EXEC stay zero.
    #[inline(always)]
    pub(super) fn set_sgpr(&mut self, register: usize, value: u32) {
        if register < self.sgprs.len() && register != NULL && register != EXEC + 1 {
            self.sgprs[register] = value;
        }
    }

    /// Writes a mask of lanes, clear where the lane is not written.
    #[inline(always)]
    pub(super) fn set_mask(&mut self, s: &Step, mask: u32, special: bool) {
        let lanes = if special { self.mask } else { self.exec() };
        self.set_sgpr(usize::from(s.sdst), mask & lanes);
    }

    /// A 32-bit scalar source.
    #[inline(always)]
    pub(super) fn scalar32(&self, source: Source) -> u32 {
        match source {
            Source::Scalar(n) => self.sgprs[usize::from(n & 127)],
            Source::Constant(value) => value as u32,
            Source::Vector(n) | Source::VectorHigh(n) => self.first_lane(n),
            Source::Vccz => u32::from(self.vcc() == 0),
            Source::Execz => u32::from(self.exec() == 0),
            Source::Scc => u32::from(self.scc),
        }
    }

    /// A 64-bit scalar source.
    pub(super) fn scalar64(&self, source: Source) -> u64 {
        match source {
            Source::Scalar(n) => {
                let low = self.sgprs[usize::from(n & 127)];
                let high =
                    if usize::from(n) == NULL { 0 } else { self.sgprs[usize::from((n + 1) & 127)] };
                u64::from(low) | u64::from(high) << 32
            }
            Source::Constant(value) => value,
            other => u64::from(self.scalar32(other)),
        }
    }

    /// `count` registers from `first` on, or none if they are not all there.
    #[inline(always)]
    pub(super) fn registers_mut(&mut self, first: u8, count: usize) -> &mut [Lanes] {
        let first = usize::from(first);
        self.vgprs.get_mut(first..first + count).unwrap_or_default()
    }

    /// The registers from the first one of a source on; none if it is no vector register.
    #[inline(always)]
    pub(super) fn source(&self, s: &Step, index: usize) -> &[Lanes] {
        match s.src[index] {
            Source::Vector(first) => self.vgprs.get(usize::from(first)..).unwrap_or_default(),
            _ => &[],
        }
    }

    /// The value that the first active lane has in a vector register.
    pub(super) fn first_lane(&self, register: u8) -> u32 {
        let lane = self.exec().trailing_zeros() % 32;
        self.vgprs[usize::from(register)].0[lane as usize]
    }
}
