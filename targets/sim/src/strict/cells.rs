//! Who touched which byte, since when.
//!
//! Memory is watched in pages of [`PAGE`] bytes. A page has a cell for each dword until something touches less than
//! a dword of it, and a cell for each byte from then on, so that neighbouring bytes never answer for each other.
//!
//! An *epoch* is the stretch between two barriers. Within one, waves are not ordered:
//!
//! * A wave may touch what it touched before, in any order.
//! * Two waves clash if one of them writes, unless both accesses are atomic.
//! * In device memory a plain read and an atomic do not clash: a loop of compare-and-swap begins with a plain
//!   read, and checks it.
//! * With a barrier between them, a read in device memory still misses a write unless the caches were invalidated
//!   after it.
//! * Writing the value that is already there is no clash: waves may write one value together.

/// Bytes of a page.
pub(super) const PAGE: usize = 1024;

/// One access of one wave.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Actor {
    /// Wave within its workgroup.
    pub wave: u32,
    /// Epoch, from 1.
    pub epoch: u32,
    /// Address of the instruction.
    pub pc: u32,
    /// Whether the access is atomic, or ordered after others by an atomic.
    pub atomic: bool,
    /// Whether the memory is shared with other workgroups.
    pub device: bool,
    /// The epoch from which on the caches that the access goes through hold nothing that was there before; 0 if that
    /// does not matter.
    pub fresh: u32,
}

/// What an access clashes with.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Clash {
    /// Address of the earlier instruction.
    pub pc: u32,
    /// A wave that executed it.
    pub wave: u32,
    /// Whether it wrote.
    pub wrote: bool,
    /// Whether it was issued before the last barrier and not waited for there.
    pub late: bool,
    /// Whether a barrier is between the two, but a cache may still hold what was there before.
    pub stale: bool,
}

/// One side of a cell: the accesses of the latest epoch in which there were any.
#[derive(Debug, Clone, Copy, Default)]
struct Side {
    epoch: u32,
    waves: u32,
    pc: u32,
    flags: u8,
}

/// An access of the latest epoch was not atomic.
const PLAIN: u8 = 1;
/// An access of any epoch was not atomic.
const EVER_PLAIN: u8 = 2;
/// An access outlasted the barrier before the epoch.
const LATE: u8 = 4;

/// The history of a dword or a byte.
#[derive(Debug, Clone, Copy, Default)]
struct Cell {
    write: Side,
    read: Side,
    value: u32,
}

/// The history of [`PAGE`] bytes.
#[derive(Debug)]
pub(super) struct Page {
    cells: Vec<Cell>,
    bytewise: bool,
}

/// What a cell's group did in all its epochs, for comparison with other groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Summary {
    /// Offset of the first byte in the page, and bytes.
    pub offset: u32,
    pub bytes: u32,
    /// The latest read that was not atomic, by address of its instruction.
    pub read: Option<u32>,
    /// The latest write: its instruction, whether every write was atomic, and the value.
    pub write: Option<(u32, bool, u32)>,
}

impl Default for Page {
    fn default() -> Self {
        Self { cells: vec![Cell::default(); PAGE / 4], bytewise: false }
    }
}

impl Page {
    /// Records a read of `bytes` at `offset`; the bytes are within the page.
    pub(super) fn read(&mut self, offset: usize, bytes: usize, actor: Actor) -> Option<Clash> {
        let (first, count) = self.cells_of(offset, bytes);
        let mut clash = None;
        for cell in self.cells.iter_mut().skip(first).take(count) {
            clash = clash.or(cell.read(actor));
        }
        clash
    }

    /// Records a write of `bytes` at `offset`, of which `data` is the content.
    pub(super) fn write(
        &mut self,
        offset: usize,
        bytes: usize,
        data: &[u8],
        actor: Actor,
    ) -> Option<Clash> {
        let (first, count) = self.cells_of(offset, bytes);
        let width = if self.bytewise { 1 } else { 4 };
        let mut clash = None;
        let values =
            data.chunks(width).map(|c| c.iter().rev().fold(0, |v, b| v << 8 | u32::from(*b)));
        for (cell, value) in self.cells.iter_mut().skip(first).take(count).zip(values) {
            clash = clash.or(cell.write(value, actor));
        }
        clash
    }

    /// Carries an access of `wave` into `epoch`, because nothing waited for it at the barrier before.
    pub(super) fn outlast(
        &mut self,
        offset: usize,
        bytes: usize,
        wrote: bool,
        wave: u32,
        epoch: u32,
    ) {
        let (first, count) = self.cells_of(offset, bytes);
        for cell in self.cells.iter_mut().skip(first).take(count) {
            let side = if wrote { &mut cell.write } else { &mut cell.read };
            if side.waves >> wave & 1 == 1 && side.epoch + 1 == epoch {
                (side.epoch, side.waves) = (epoch, 1 << wave);
                side.flags |= LATE;
            }
        }
    }

    /// What was done to each cell that was touched at all.
    pub(super) fn summary(&self) -> impl Iterator<Item = Summary> + '_ {
        let bytes = if self.bytewise { 1 } else { 4 };
        self.cells.iter().enumerate().filter_map(move |(at, cell)| {
            let read = (cell.read.flags & EVER_PLAIN != 0).then_some(cell.read.pc);
            let atomic = cell.write.flags & EVER_PLAIN == 0;
            let write = (cell.write.epoch != 0).then_some((cell.write.pc, atomic, cell.value));
            (read.is_some() || write.is_some()).then_some(Summary {
                offset: at as u32 * bytes,
                bytes,
                read,
                write,
            })
        })
    }

    /// The cells of a range, after making them as small as the range needs.
    fn cells_of(&mut self, offset: usize, bytes: usize) -> (usize, usize) {
        if !self.bytewise && !(offset | bytes).is_multiple_of(4) {
            self.cells = (0..PAGE).map(|byte| self.cells[byte / 4].byte(byte % 4)).collect();
            self.bytewise = true;
        }
        if self.bytewise { (offset, bytes) } else { (offset / 4, bytes / 4) }
    }
}

impl Cell {
    fn byte(mut self, index: usize) -> Self {
        self.value = self.value >> (8 * index) & 0xff;
        self
    }

    fn read(&mut self, actor: Actor) -> Option<Clash> {
        let checked = actor.device && self.write.flags & PLAIN == 0;
        let clash = self.write.clash(actor, true);
        let clash = clash.filter(|_| !self.write.includes(actor) && !checked);
        self.read.record(actor);
        clash.or(self.stale(actor))
    }

    fn write(&mut self, value: u32, actor: Actor) -> Option<Clash> {
        let changes = actor.atomic || self.write.epoch == 0 || self.value != value;
        let clash = match changes {
            true => self.write.clash(actor, true).or(self.overtaken(actor)),
            false => None,
        };
        if changes && self.write.epoch == actor.epoch && !actor.atomic {
            self.write.waves = 0;
        }
        self.write.record(actor);
        self.value = value;
        clash
    }

    /// The earlier write that a read may miss because its cache still holds what was there before.
    fn stale(&self, actor: Actor) -> Option<Clash> {
        let Side { epoch, waves, pc, .. } = self.write;
        let others = waves & !(1 << actor.wave);
        let missed = epoch != 0 && epoch < actor.epoch && epoch >= actor.fresh;
        (actor.fresh != 0 && missed && others == waves && others != 0).then(|| Clash {
            pc,
            wave: others.trailing_zeros(),
            wrote: true,
            late: false,
            stale: true,
        })
    }

    /// The earlier read that a write clashes with.
    fn overtaken(&self, actor: Actor) -> Option<Clash> {
        let checked = actor.device && actor.atomic;
        if checked { None } else { self.read.clash(actor, false) }
    }
}

impl Side {
    fn includes(&self, actor: Actor) -> bool {
        self.epoch == actor.epoch && self.waves >> actor.wave & 1 == 1
    }

    fn clash(&self, actor: Actor, wrote: bool) -> Option<Clash> {
        let others = self.waves & !(1 << actor.wave);
        let both_atomic = actor.atomic && self.flags & PLAIN == 0;
        if self.epoch != actor.epoch || others == 0 || both_atomic {
            return None;
        }
        let (wave, late) = (others.trailing_zeros(), self.flags & LATE != 0);
        Some(Clash { pc: self.pc, wave, wrote, late, stale: false })
    }

    fn record(&mut self, actor: Actor) {
        if self.epoch != actor.epoch {
            (self.epoch, self.waves) = (actor.epoch, 0);
            self.flags &= EVER_PLAIN;
        }
        self.waves |= 1 << actor.wave;
        self.pc = actor.pc;
        if !actor.atomic {
            self.flags |= PLAIN | EVER_PLAIN;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(wave: u32, epoch: u32) -> Actor {
        Actor { wave, epoch, pc: 100 * wave + epoch, atomic: false, device: false, fresh: 0 }
    }

    fn atomically(wave: u32, epoch: u32) -> Actor {
        Actor { atomic: true, ..by(wave, epoch) }
    }

    #[test]
    fn a_barrier_orders_a_write_and_a_read() {
        let mut page = Page::default();
        assert_eq!(page.write(8, 4, &[1, 2, 3, 4], by(0, 1)), None);
        assert_eq!(page.read(8, 4, by(1, 2)), None);
        assert_eq!(page.write(8, 4, &[0; 4], by(2, 3)), None);
    }

    #[test]
    fn without_a_barrier_they_clash_both_ways() {
        let mut page = Page::default();
        page.write(8, 4, &[1, 2, 3, 4], by(0, 1));
        let clash = page.read(8, 4, by(1, 1)).unwrap();
        assert_eq!((clash.pc, clash.wave, clash.wrote), (1, 0, true));
        page.read(16, 4, by(0, 1));
        page.read(16, 4, by(1, 1));
        let clash = page.write(16, 4, &[1; 4], by(1, 1)).unwrap();
        assert_eq!((clash.wave, clash.wrote), (0, false));
    }

    #[test]
    fn a_wave_never_clashes_with_itself() {
        let mut page = Page::default();
        for value in 0..3 {
            assert_eq!(page.write(0, 4, &[value; 4], by(3, 1)), None);
            assert_eq!(page.read(0, 4, by(3, 1)), None);
        }
    }

    #[test]
    fn waves_may_write_one_value_together_and_read_it_back() {
        let mut page = Page::default();
        for wave in 0..4 {
            assert_eq!(page.write(0, 4, &[7; 4], by(wave, 1)), None);
            assert_eq!(page.read(0, 4, by(wave, 1)), None);
        }
        assert!(page.read(0, 4, by(5, 1)).is_some());
        assert!(page.write(0, 4, &[8; 4], by(0, 1)).is_some());
    }

    #[test]
    fn atomics_clash_only_with_plain_accesses() {
        let mut page = Page::default();
        page.write(0, 4, &[1; 4], atomically(0, 1));
        assert_eq!(page.write(0, 4, &[2; 4], atomically(1, 1)), None);
        assert!(page.read(0, 4, by(2, 1)).is_some());
    }

    #[test]
    fn atomics_do_not_clash_with_plain_accesses_before_a_barrier() {
        let mut page = Page::default();
        page.write(0, 4, &[0; 4], by(0, 1));
        assert_eq!(page.write(0, 4, &[1; 4], atomically(0, 2)), None);
        assert_eq!(page.write(0, 4, &[2; 4], atomically(1, 2)), None);
    }

    #[test]
    fn a_plain_read_before_a_compare_and_swap_is_fine_in_device_memory() {
        let device = |actor: Actor| Actor { device: true, ..actor };
        let mut page = Page::default();
        page.write(0, 4, &[1; 4], device(atomically(0, 1)));
        assert_eq!(page.read(0, 4, device(by(1, 1))), None);
        assert_eq!(page.write(0, 4, &[2; 4], device(atomically(2, 1))), None);
        assert!(page.write(0, 4, &[3; 4], device(by(3, 1))).is_some());
    }

    #[test]
    fn neighbouring_bytes_do_not_answer_for_each_other() {
        let mut page = Page::default();
        page.write(4, 2, &[1, 1], by(0, 1));
        assert_eq!(page.write(6, 2, &[2, 2], by(1, 1)), None);
        assert_eq!(page.read(6, 2, by(1, 1)), None);
        assert!(page.read(4, 4, by(1, 1)).is_some());
    }

    #[test]
    fn a_write_that_nobody_waited_for_outlasts_the_barrier() {
        let mut page = Page::default();
        page.write(0, 4, &[1; 4], by(0, 1));
        page.outlast(0, 4, true, 0, 2);
        let clash = page.read(0, 4, by(1, 2)).unwrap();
        assert!(clash.late && clash.wrote);
        assert_eq!(page.read(0, 4, by(1, 3)), None);
    }

    #[test]
    fn a_cache_that_was_not_invalidated_after_a_write_is_stale() {
        let reads = |epoch, fresh| {
            let mut page = Page::default();
            page.write(0, 4, &[1; 4], by(0, 2));
            page.read(0, 4, Actor { fresh, ..by(1, epoch) })
        };
        assert!(reads(3, 2).unwrap().stale);
        assert_eq!((reads(3, 3), reads(5, 4)), (None, None));
        let mut page = Page::default();
        page.write(0, 4, &[1; 4], by(1, 2));
        assert_eq!(page.read(0, 4, Actor { fresh: 1, ..by(1, 3) }), None);
    }

    #[test]
    fn a_summary_names_what_was_touched() {
        let mut page = Page::default();
        page.read(0, 4, by(0, 1));
        page.write(1020, 4, &[5, 0, 0, 0], atomically(1, 2));
        let all: Vec<_> = page.summary().collect();
        let read = Summary { offset: 0, bytes: 4, read: Some(1), write: None };
        let write = Summary { offset: 1020, bytes: 4, read: None, write: Some((102, true, 5)) };
        assert_eq!(all, [read, write]);
    }
}
