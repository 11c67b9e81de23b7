//! Which memory operations of a wave may still be under way.
//!
//! The rules are those of the RDNA3 ISA, chapter "Data dependency resolution", taken at their weakest:
//!
//! * VMEM loads return in the order of issue among themselves (vmcnt), stores among themselves (vscnt), LDS
//!   operations among themselves (lgkmcnt).
//! * Scalar loads and messages count in lgkmcnt and return in any order, so that only lgkmcnt(0) covers them.
//! * Where both kinds share lgkmcnt, an LDS operation is covered by lgkmcnt(n) once more than n LDS operations
//!   were issued from it on: whatever the scalar loads do, at most n of those can be outstanding.
//! * A FLAT access counts in lgkmcnt besides vmcnt or vscnt. It is covered once the counter of the memory that
//!   its lanes go to says so; compilers that know the memory wait for no more.
//! * A store reads its data when it issues; its registers may be written at once.

use super::registers::Registers;

/// How an operation counts in lgkmcnt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Lgkm {
    /// Not at all.
    No,
    /// In order with other LDS operations.
    Ordered,
    /// In no order.
    Unordered,
}

/// Which counters an operation raises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Raises {
    /// Loads, and atomics that return.
    pub vm: bool,
    /// Stores, and atomics that do not return.
    pub vs: bool,
    /// LDS, FLAT, scalar memory, messages.
    pub lgkm: Lgkm,
}

impl Raises {
    pub(super) const NONE: Self = Self { vm: false, vs: false, lgkm: Lgkm::No };
}

/// The counts a wait asks for; `None` where it does not wait for that counter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Wait {
    pub vm: Option<u32>,
    pub vs: Option<u32>,
    pub lgkm: Option<u32>,
}

impl Wait {
    /// The wait with `more` added to each count it asks for.
    pub(super) fn plus(self, more: u32) -> Self {
        let add = |count: Option<u32>| count.map(|count| count.saturating_add(more));
        Self { vm: add(self.vm), vs: add(self.vs), lgkm: add(self.lgkm) }
    }
}

/// One operation that may be under way, with what it still waits for.
#[derive(Debug, Clone)]
pub(super) struct Pending<F> {
    /// Where it was issued.
    pub pc: u64,
    /// The registers it will write.
    pub writes: Registers,
    /// What it does to memory, for whoever asks.
    pub footprints: Vec<F>,
    vm: Option<u64>,
    vs: Option<u64>,
    ordered: Option<u64>,
    unordered: bool,
    /// Of a FLAT access: whether lanes go to LDS, and whether lanes go elsewhere.
    touches: [bool; 2],
}

/// The operations of one wave that may be under way.
#[derive(Debug)]
pub(super) struct Counters<F> {
    pending: Vec<Pending<F>>,
    writes: Registers,
    vm: u64,
    vs: u64,
    ordered: u64,
}

impl<F> Default for Counters<F> {
    fn default() -> Self {
        Self { pending: Vec::new(), writes: Registers::EMPTY, vm: 0, vs: 0, ordered: 0 }
    }
}

impl<F> Counters<F> {
    /// Records an operation at issue.
    pub(super) fn issue(&mut self, pc: u64, raises: Raises, writes: Registers) {
        let number = |count: &mut u64, raised: bool| {
            *count += u64::from(raised);
            raised.then_some(*count)
        };
        let (vm, vs) = (number(&mut self.vm, raises.vm), number(&mut self.vs, raises.vs));
        let ordered = number(&mut self.ordered, raises.lgkm == Lgkm::Ordered);
        let unordered = raises.lgkm == Lgkm::Unordered;
        self.writes = self.writes.or(&writes);
        let touches = [false; 2];
        let footprints = Vec::new();
        self.pending.push(Pending { pc, writes, footprints, vm, vs, ordered, unordered, touches });
    }

    /// Says where lanes of the FLAT access issued last go.
    pub(super) fn touch(&mut self, lds: bool) {
        if let Some(last) = self.pending.last_mut() {
            last.touches[usize::from(!lds)] = true;
        }
    }

    /// Says what the operation issued last does to memory.
    pub(super) fn attach(&mut self, footprint: F) {
        if let Some(last) = self.pending.last_mut() {
            last.footprints.push(footprint);
        }
    }

    /// Removes what a wait proves to be done.
    pub(super) fn wait(&mut self, wait: Wait) {
        let done = |issued: u64, number: Option<u64>, limit: Option<u32>| match (number, limit) {
            (Some(number), Some(limit)) => issued - number >= u64::from(limit),
            _ => false,
        };
        for entry in &mut self.pending {
            if done(self.vm, entry.vm, wait.vm) {
                entry.vm = None;
            }
            if done(self.vs, entry.vs, wait.vs) {
                entry.vs = None;
            }
            if done(self.ordered, entry.ordered, wait.lgkm) {
                entry.ordered = None;
            }
            entry.unordered &= wait.lgkm != Some(0);
        }
        self.pending.retain(Pending::is_open);
        self.writes = self.pending.iter().fold(Registers::EMPTY, |all, e| all.or(&e.writes));
    }

    /// The operation under way, if any, that reading `reads` or writing `writes` must wait for.
    ///
    /// `raises` is what the instruction in question itself raises: a load may overwrite what an earlier load of
    /// the same queue will write, since the two return in order.
    pub(super) fn clash(
        &self,
        reads: &Registers,
        writes: &Registers,
        raises: Raises,
    ) -> Option<&Pending<F>> {
        if !self.writes.meets(reads) && !self.writes.meets(writes) {
            return None;
        }
        self.pending.iter().rev().find(|entry| {
            entry.writes.meets(reads) || (entry.writes.meets(writes) && !entry.precedes(raises))
        })
    }

    /// Every operation that may be under way.
    pub(super) fn pending(&self) -> &[Pending<F>] {
        &self.pending
    }

    /// The wait that would cover `entry`, in assembly.
    pub(super) fn covering(&self, entry: &Pending<F>) -> String {
        let mut waits = Vec::new();
        if let Some(number) = entry.vm {
            waits.push(format!("s_waitcnt vmcnt({})", self.vm - number));
        }
        if let Some(number) = entry.vs {
            waits.push(format!("s_waitcnt_vscnt null, {:#x}", self.vs - number));
        }
        if let Some(number) = entry.ordered {
            waits.push(format!("s_waitcnt lgkmcnt({})", self.ordered - number));
        }
        if entry.unordered {
            waits.push("s_waitcnt lgkmcnt(0)".to_owned());
        }
        waits.join(" and ")
    }
}

impl<F> Pending<F> {
    /// Whether it may still be under way.
    fn is_open(&self) -> bool {
        let (device, lds) = (self.vm.is_some() || self.vs.is_some(), self.ordered.is_some());
        match self.touches {
            [true, false] => lds,
            [false, true] => device,
            _ => device || lds || self.unordered,
        }
    }

    /// Whether an operation that raises `next` is sure to write after this one.
    fn precedes(&self, next: Raises) -> bool {
        let queues = [
            (self.vm.is_some(), next.vm),
            (self.vs.is_some(), next.vs),
            (self.ordered.is_some(), next.lgkm == Lgkm::Ordered),
        ];
        !self.unordered && queues.iter().all(|&(waits, follows)| !waits || follows)
    }
}

#[cfg(test)]
mod tests {
    use super::super::registers::Half;
    use super::*;

    const LOAD: Raises = Raises { vm: true, ..Raises::NONE };
    const STORE: Raises = Raises { vs: true, ..Raises::NONE };
    const LDS: Raises = Raises { lgkm: Lgkm::Ordered, ..Raises::NONE };
    const SCALAR: Raises = Raises { lgkm: Lgkm::Unordered, ..Raises::NONE };
    const FLAT: Raises = Raises { vm: true, vs: false, lgkm: Lgkm::Ordered };

    fn v(register: u32) -> Registers {
        let mut set = Registers::EMPTY;
        set.add_vector(register, Half::Both);
        set
    }

    /// Issues one operation for each register from 0 on, waits, and says which registers are still pending.
    fn left(operations: &[Raises], wait: Wait) -> Vec<u32> {
        let mut counters = Counters::<()>::default();
        for (register, &raises) in (0..).zip(operations) {
            counters.issue(u64::from(register), raises, v(register));
        }
        counters.wait(wait);
        (0..operations.len() as u32)
            .filter(|&r| counters.clash(&v(r), &Registers::EMPTY, Raises::NONE).is_some())
            .collect()
    }

    fn lgkm(count: u32) -> Wait {
        Wait { lgkm: Some(count), ..Wait::default() }
    }

    #[test]
    fn loads_of_one_queue_return_in_order() {
        let wait = |n| Wait { vm: Some(n), ..Wait::default() };
        assert_eq!(left(&[LOAD, LOAD, LOAD], wait(1)), [2]);
        assert_eq!(left(&[LOAD, STORE, LOAD], wait(1)), [1, 2]);
        assert_eq!(left(&[LOAD, LOAD], wait(2)), [0, 1]);
        assert_eq!(left(&[LDS, LDS, LDS], lgkm(2)), [1, 2]);
    }

    #[test]
    fn only_zero_covers_scalar_loads() {
        assert_eq!(left(&[SCALAR, SCALAR], lgkm(1)), [0, 1]);
        assert_eq!(left(&[SCALAR, SCALAR], lgkm(0)), []);
    }

    #[test]
    fn scalar_loads_do_not_help_lds_operations_to_be_done() {
        assert_eq!(left(&[LDS, SCALAR], lgkm(1)), [0, 1]);
        assert_eq!(left(&[LDS, LDS, SCALAR], lgkm(1)), [1, 2]);
    }

    #[test]
    fn a_flat_load_needs_both_counters() {
        assert_eq!(left(&[FLAT], lgkm(0)), [0]);
        assert_eq!(left(&[FLAT], Wait { vm: Some(0), ..Wait::default() }), [0]);
        assert_eq!(left(&[FLAT], Wait { vm: Some(0), lgkm: Some(0), vs: None }), []);
    }

    #[test]
    fn a_flat_load_from_one_memory_needs_the_counter_of_that() {
        for (lds, wait) in [(true, lgkm(0)), (false, Wait { vm: Some(0), ..Wait::default() })] {
            let mut counters = Counters::<()>::default();
            counters.issue(0, FLAT, v(0));
            counters.touch(lds);
            counters.wait(wait);
            assert!(counters.pending().is_empty());
        }
    }

    #[test]
    fn overwriting_is_safe_only_from_the_same_queue() {
        let mut counters = Counters::<()>::default();
        counters.issue(8, LOAD, v(3));
        let clash = |raises| counters.clash(&Registers::EMPTY, &v(3), raises).is_some();
        assert!(clash(Raises::NONE) && clash(LDS) && clash(STORE));
        assert!(!clash(LOAD));
    }

    #[test]
    fn the_wait_that_is_missing_counts_what_came_later() {
        let mut counters = Counters::<()>::default();
        counters.issue(0, LOAD, v(0));
        counters.issue(4, LOAD, v(1));
        counters.issue(8, SCALAR, v(2));
        let fixes: Vec<_> = counters.pending().iter().map(|p| counters.covering(p)).collect();
        assert_eq!(fixes, ["s_waitcnt vmcnt(1)", "s_waitcnt vmcnt(0)", "s_waitcnt lgkmcnt(0)"]);
    }
}
