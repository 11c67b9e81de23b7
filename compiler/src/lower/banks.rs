//! Bank conflicts of a lowered kernel in workgroup memory.
//!
//! Each compute unit reaches workgroup memory through its own banks, one word of each in a clock.
//! An access takes as many clocks as its bytes need at full width (on gfx11: 32 lanes a clock for
//! up to 4 bytes a lane, 16 for 8, 8 for 16); within the lanes of one clock, every further word of
//! the same bank costs another one, while lanes that want the same word share it.
//!
//! Addresses are not guessed from layouts: the integer code that computes them is executed for
//! every lane of every wave. What is common to all lanes of a wave (the stage, the buffer) only
//! rotates the banks and is left out.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::fmt;

use kiln_targets::{Backend, Target};

use crate::diagnose::Location;
use crate::lane::{Address, Binary, Block, Const, Inst, LaneKernel, Op, Space, Value};

/// The accesses of a kernel to workgroup memory, in program order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BankReport {
    /// One for each load and store in the code, however often it is executed.
    pub accesses: Vec<BankAccess>,
}

/// One access of a wave.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct BankAccess {
    /// The recipe line that caused it.
    pub location: Location,
    /// Whether it writes.
    pub store: bool,
    /// Bytes of a lane.
    pub bytes: u32,
    /// Clocks for a wave, the worst one; none if an address depends on data.
    pub cycles: Option<u32>,
    /// Clocks without conflicts.
    pub ideal: u32,
}

impl BankAccess {
    /// Clocks lost to conflicts; an access with unknown addresses counts none.
    pub fn conflicts(&self) -> u32 {
        self.cycles.map_or(0, |cycles| cycles - self.ideal)
    }
}

impl BankReport {
    /// Evaluates every access of a kernel; a host has no banks and hence no accesses.
    pub fn of(kernel: &LaneKernel, target: &Target) -> BankReport {
        let mut report = BankReport::default();
        if target.backend == Backend::AmdGpu {
            let mut code = Code { kernel, defined: HashMap::new(), accesses: Vec::new() };
            code.collect(&kernel.body);
            let banks = Banks::of(target);
            let evaluate = |access: &Found<'_>| code.evaluate(access, &banks);
            report.accesses = code.accesses.iter().map(evaluate).collect();
        }
        report
    }

    /// Clocks lost to conflicts, every access counted once.
    pub fn conflicts(&self) -> u32 {
        self.accesses.iter().map(BankAccess::conflicts).sum()
    }
}

impl fmt::Display for BankReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rows: BTreeMap<&BankAccess, u32> = BTreeMap::new();
        for access in &self.accesses {
            *rows.entry(access).or_insert(0) += 1;
        }
        let place = |access: &BankAccess| access.location.to_string();
        let width = rows.keys().map(|access| place(access).len()).max().unwrap_or(0).max(4);
        let head = "access  count  bytes  cycles  ideal  conflicts";
        writeln!(f, "{:width$}  {head}", "line")?;
        for (access, count) in rows {
            let name = if access.store { "store" } else { "load" };
            let cycles = access.cycles.map_or("?".to_owned(), |cycles| cycles.to_string());
            writeln!(
                f,
                "{:width$}  {name:6}  {count:>5}  {:>5}  {cycles:>6}  {:>5}  {:>9}",
                place(access),
                access.bytes,
                access.ideal,
                access.conflicts() * count,
            )?;
        }
        writeln!(f, "conflicts: {}", self.conflicts())
    }
}

/// The banks that one wave reaches.
struct Banks {
    count: u32,
    bytes: u32,
}

impl Banks {
    fn of(target: &Target) -> Banks {
        let units = target.simds_per_wgp / target.timing.simds_per_cu;
        Banks { count: target.lds_banks / units, bytes: target.lds_bank_bytes }
    }

    /// Lanes served in one clock.
    fn lanes_per_clock(&self, width: u32) -> usize {
        (self.count / width.div_ceil(self.bytes)).max(1) as usize
    }

    /// Clocks for an access of `width` bytes at the given address of every lane.
    fn cycles(&self, lanes: &[u32], width: u32) -> u32 {
        let clock = |lanes: &[u32]| {
            let mut words: BTreeMap<u32, BTreeSet<u32>> = BTreeMap::new();
            for lane in lanes {
                for word in lane / self.bytes..(lane + width).div_ceil(self.bytes) {
                    words.entry(word % self.count).or_default().insert(word);
                }
            }
            words.values().map(|words| words.len() as u32).max().unwrap_or(0)
        };
        lanes.chunks(self.lanes_per_clock(width)).map(clock).sum()
    }
}

/// A load or store of workgroup memory.
struct Found<'k> {
    address: &'k Address,
    bytes: u32,
    store: bool,
    location: Location,
}

/// The code of a kernel by value.
struct Code<'k> {
    kernel: &'k LaneKernel,
    defined: HashMap<Value, &'k Op>,
    accesses: Vec<Found<'k>>,
}

impl<'k> Code<'k> {
    fn collect(&mut self, block: &'k Block) {
        for inst in &block.insts {
            if let [result] = inst.results[..] {
                self.defined.insert(result, &inst.op);
            }
            match &inst.op {
                Op::Loop { body, .. } => self.collect(body),
                Op::If { then, .. } => self.collect(then),
                Op::Load { address, .. } => self.access(inst, address, inst.results[0], false),
                Op::Store { address, value, .. } => self.access(inst, address, *value, true),
                _ => {}
            }
        }
    }

    fn access(&mut self, inst: &Inst, address: &'k Address, value: Value, store: bool) {
        if matches!(address.space, Space::Local(_)) {
            let ty = self.kernel.ty(value);
            let bytes = (ty.count * ty.elt_bits()).div_ceil(8);
            self.accesses.push(Found { address, bytes, store, location: inst.location });
        }
    }

    fn evaluate(&self, access: &Found<'_>, banks: &Banks) -> BankAccess {
        let lanes = self.kernel.lanes as usize;
        let cycles = |wave: u32| {
            let offsets = match access.address.lane {
                Some(lane) => Run { code: self, wave, known: HashMap::new() }.value(lane)?,
                None => vec![0],
            };
            let at = |lane: usize| {
                let offset = offsets[lane % offsets.len()] + i64::from(access.address.offset);
                offset as u32
            };
            let addresses: Vec<u32> = (0..lanes).map(at).collect();
            Some(banks.cycles(&addresses, access.bytes))
        };
        let cycles: Option<Vec<u32>> = (0..self.kernel.waves).map(cycles).collect();
        BankAccess {
            location: access.location,
            store: access.store,
            bytes: access.bytes,
            cycles: cycles.and_then(|cycles| cycles.into_iter().max()),
            ideal: lanes.div_ceil(banks.lanes_per_clock(access.bytes)) as u32,
        }
    }
}

/// The evaluation of integers in one wave.
struct Run<'k> {
    code: &'k Code<'k>,
    wave: u32,
    known: HashMap<Value, Option<Vec<i64>>>,
}

impl Run<'_> {
    /// The value in every lane, or once if it is the same in all; none if it depends on data.
    fn value(&mut self, value: Value) -> Option<Vec<i64>> {
        if let Some(known) = self.known.get(&value) {
            return known.clone();
        }
        let result = self.code.defined.get(&value).copied().and_then(|op| self.op(op));
        self.known.insert(value, result.clone());
        result
    }

    fn op(&mut self, op: &Op) -> Option<Vec<i64>> {
        match op {
            Op::Const(Const::Int(value)) => Some(vec![*value]),
            Op::LaneId => Some((0..i64::from(self.code.kernel.lanes)).collect()),
            Op::WaveId => Some(vec![self.wave.into()]),
            Op::Splat(of) => self.value(*of),
            Op::Binary(op, a, b) => {
                let (a, b) = (self.value(*a)?, self.value(*b)?);
                let place = |i: usize| integer(*op, a[i % a.len()], b[i % b.len()]);
                (0..a.len().max(b.len())).map(place).collect()
            }
            _ => None,
        }
    }
}

/// An operation on 32-bit integers, as addresses use them.
fn integer(op: Binary, a: i64, b: i64) -> Option<i64> {
    let (x, y) = (a as i32, b as i32);
    let result = match op {
        Binary::Add => x.wrapping_add(y),
        Binary::Sub => x.wrapping_sub(y),
        Binary::Mul => x.wrapping_mul(y),
        Binary::And => x & y,
        Binary::Or => x | y,
        Binary::Xor => x ^ y,
        Binary::Shl => x.checked_shl(y as u32)?,
        Binary::Shr => (x as u32).checked_shr(y as u32)? as i32,
        Binary::Sar => x.checked_shr(y as u32)?,
        Binary::Min => x.min(y),
        Binary::Max => x.max(y),
        Binary::Div | Binary::Rem => return None,
    };
    Some(result.into())
}

#[cfg(test)]
mod tests {
    use super::Banks;
    use kiln_targets::Target;

    fn cycles(width: u32, address: impl Fn(u32) -> u32) -> u32 {
        let banks = Banks::of(&Target::builtin("gfx1151").unwrap());
        banks.cycles(&(0..32).map(address).collect::<Vec<u32>>(), width)
    }

    #[test]
    fn neighbouring_lanes_take_as_many_clocks_as_their_bytes_need() {
        for (width, clocks) in [(1, 1), (2, 1), (4, 1), (8, 2), (16, 4)] {
            assert_eq!(cycles(width, |lane| lane * width), clocks, "{width} bytes");
        }
    }

    #[test]
    fn lanes_that_want_the_same_word_share_it() {
        assert_eq!(cycles(4, |_| 64), 1);
        assert_eq!(cycles(4, |lane| lane % 16 * 4), 1);
        assert_eq!(cycles(16, |_| 64), 4);
    }

    #[test]
    fn words_of_one_bank_follow_each_other() {
        assert_eq!(cycles(4, |lane| lane * 128), 32);
        assert_eq!(cycles(4, |lane| lane * 8), 2);
        assert_eq!(cycles(16, |lane| lane * 128), 32);
        assert_eq!(cycles(16, |lane| lane * 144), 4);
        assert_eq!(cycles(8, |lane| lane * 16), 4);
    }
}
