//! Bytes that several waves, or several workgroups of one launch, touch.

use std::collections::hash_map::Entry;

use super::cells::{Actor, Clash, PAGE, Page, Summary};
use super::known::ByNumber;

/// The histories of the bytes that one workgroup touches, by page.
#[derive(Debug, Default)]
pub(super) struct Touched {
    pages: Vec<(u64, Page)>,
    places: ByNumber<usize>,
    /// The place of the page touched last.
    last: usize,
    limit: usize,
    refused: ByNumber<()>,
}

/// Pages that are counted as not watched; beyond, one more makes no difference.
const MOST_REFUSED: usize = 1 << 16;

impl Touched {
    /// Watches at most `limit` pages; what lies beyond is counted.
    pub(super) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Records a read.
    pub(super) fn read(&mut self, address: u64, size: u32, actor: Actor) -> Option<Clash> {
        let mut clash = None;
        for (page, offset, bytes) in pieces(address, size) {
            if let Some(page) = self.page(page) {
                clash = clash.or(page.read(offset, bytes, actor));
            }
        }
        clash
    }

    /// Records a write of `data`.
    pub(super) fn write(&mut self, address: u64, data: &[u8], actor: Actor) -> Option<Clash> {
        let (mut clash, mut at) = (None, 0);
        for (page, offset, bytes) in pieces(address, data.len() as u32) {
            if let Some(page) = self.page(page) {
                clash = clash.or(page.write(offset, bytes, &data[at..at + bytes], actor));
            }
            at += bytes;
        }
        clash
    }

    /// Carries an access that nothing waited for at a barrier into the next epoch.
    pub(super) fn outlast(&mut self, address: u64, size: u32, wrote: bool, wave: u32, epoch: u32) {
        for (page, offset, bytes) in pieces(address, size) {
            if let Some(&place) = self.places.get(&page) {
                self.pages[place].1.outlast(offset, bytes, wrote, wave, epoch);
            }
        }
    }

    /// Pages that were touched and not watched.
    pub(super) fn refused(&self) -> u64 {
        self.refused.len() as u64
    }

    #[inline]
    fn page(&mut self, number: u64) -> Option<&mut Page> {
        if self.pages.get(self.last).is_none_or(|(last, _)| *last != number) {
            let room = self.pages.len() < self.limit;
            self.last = match self.places.entry(number) {
                Entry::Occupied(place) => *place.get(),
                Entry::Vacant(place) if room => {
                    self.pages.push((number, Page::default()));
                    *place.insert(self.pages.len() - 1)
                }
                Entry::Vacant(_) => {
                    if self.refused.len() < MOST_REFUSED {
                        self.refused.insert(number, ());
                    }
                    return None;
                }
            };
        }
        self.pages.get_mut(self.last).map(|(_, page)| page)
    }
}

/// The parts of a range by page: its number, the first offset in it, and bytes.
fn pieces(address: u64, size: u32) -> impl Iterator<Item = (u64, usize, usize)> {
    let (mut at, end) = (address, address.saturating_add(u64::from(size)));
    std::iter::from_fn(move || {
        let offset = at as usize % PAGE;
        let bytes = (PAGE - offset).min((end - at) as usize);
        let piece = (bytes > 0).then_some((at / PAGE as u64, offset, bytes));
        at += bytes as u64;
        piece
    })
}

/// Who touched the bytes of a launch, workgroup by workgroup.
#[derive(Debug, Default)]
pub(super) struct Launch {
    pages: ByNumber<Owners>,
}

/// Two workgroups that touched the same bytes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Meeting {
    /// The first byte concerned.
    pub address: u64,
    /// The instruction of the workgroup that came last to the record.
    pub pc: u32,
    pub wrote: bool,
    /// The instruction of the other workgroup.
    pub other_pc: u32,
    pub other_wrote: bool,
    /// The other workgroup's number in the launch, if only one is concerned.
    pub other: Option<u32>,
}

/// Who read a cell: 0 nobody, [`MANY`], or a workgroup's number plus one.
#[derive(Debug, Clone, Copy, Default)]
struct Reader {
    group: u32,
    pc: u32,
}

/// Who wrote a cell, counted like readers.
#[derive(Debug, Clone, Copy, Default)]
struct Writer {
    group: u32,
    pc: u32,
    value: u32,
    atomic: bool,
}

const MANY: u32 = u32::MAX;

/// Who touched the cells of a page; each list is empty as long as nobody did.
#[derive(Debug)]
struct Owners {
    bytes: u32,
    readers: Vec<Reader>,
    writers: Vec<Writer>,
}

impl Launch {
    /// Adds what a workgroup did, and says where it met others.
    pub(super) fn merge(
        &mut self,
        group: u32,
        touched: &Touched,
        limit: usize,
    ) -> (Vec<Meeting>, u64) {
        let (mut meetings, mut refused) = (Vec::new(), 0);
        for &(number, ref page) in &touched.pages {
            let room = self.pages.len() < limit;
            let owners = match self.pages.entry(number) {
                Entry::Occupied(owners) => owners.into_mut(),
                Entry::Vacant(place) if room => place.insert(Owners::new()),
                Entry::Vacant(_) => {
                    refused += 1;
                    continue;
                }
            };
            let start = number * PAGE as u64;
            for summary in page.summary() {
                owners.add(group, start, summary, &mut meetings);
            }
        }
        (meetings, refused)
    }
}

impl Owners {
    fn new() -> Self {
        Self { bytes: 4, readers: Vec::new(), writers: Vec::new() }
    }

    fn add(&mut self, group: u32, start: u64, summary: Summary, meetings: &mut Vec<Meeting>) {
        if summary.bytes < self.bytes {
            self.split();
        }
        let first = (summary.offset / self.bytes) as usize;
        let count = (summary.bytes / self.bytes) as usize;
        for index in 0..count {
            let mut part = summary;
            if let Some((_, _, value)) = part.write.as_mut().filter(|_| count > 1) {
                *value = *value >> (8 * index) & 0xff;
            }
            let at = first + index;
            if let Some(mut meeting) = self.meeting(at, group + 1, part) {
                meeting.address = start + at as u64 * u64::from(self.bytes);
                meetings.push(meeting);
            }
            self.record(at, group + 1, part);
        }
    }

    /// Goes from dwords to bytes.
    fn split(&mut self) {
        let readers = std::mem::take(&mut self.readers);
        self.readers = readers.iter().flat_map(|reader| [*reader; 4]).collect();
        let byte =
            |writer: &Writer, i: u32| Writer { value: writer.value >> (8 * i) & 0xff, ..*writer };
        let writers = std::mem::take(&mut self.writers);
        self.writers = writers.iter().flat_map(|w| [0, 1, 2, 3].map(|i| byte(w, i))).collect();
        self.bytes = 1;
    }

    fn record(&mut self, at: usize, me: u32, summary: Summary) {
        let cells = PAGE / self.bytes as usize;
        let joined = |group: u32| if group == 0 || group == me { me } else { MANY };
        if let Some(pc) = summary.read.filter(|_| !checks_itself(summary)) {
            self.readers.resize(cells, Reader::default());
            let group = joined(self.readers[at].group);
            self.readers[at] = Reader { group, pc };
        }
        if let Some((pc, atomic, value)) = summary.write {
            self.writers.resize(cells, Writer::default());
            let before = self.writers[at];
            let atomic = atomic && (before.group == 0 || before.atomic);
            self.writers[at] = Writer { group: joined(before.group), pc, value, atomic };
        }
    }

    fn meeting(&self, at: usize, me: u32, summary: Summary) -> Option<Meeting> {
        let met = |group: u32| group != 0 && group != me;
        let other = |group: u32| (group != MANY).then(|| group - 1);
        let writer = self.writers.get(at).copied().unwrap_or_default();
        let reader = self.readers.get(at).copied().unwrap_or_default();
        let meeting = |pc, wrote, other_pc, other_wrote, group| {
            Some(Meeting { address: 0, pc, wrote, other_pc, other_wrote, other: other(group) })
        };
        if let Some((pc, atomic, value)) = summary.write {
            let atomics = atomic && writer.atomic;
            let differ = !atomics && (atomic || writer.atomic || value != writer.value);
            if met(writer.group) && differ {
                return meeting(pc, true, writer.pc, true, writer.group);
            }
            if met(reader.group) {
                return meeting(pc, true, reader.pc, false, reader.group);
            }
        }
        let checked = checks_itself(summary) && writer.atomic;
        let pc = summary.read.filter(|_| met(writer.group) && !checked)?;
        meeting(pc, false, writer.pc, true, writer.group)
    }
}

/// Whether a workgroup reads and then changes the bytes by atomics only, as a loop of compare-and-swap does.
fn checks_itself(summary: Summary) -> bool {
    summary.write.is_some_and(|(_, atomic, _)| atomic)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn by(wave: u32, pc: u32) -> Actor {
        Actor { wave, epoch: 1, pc, atomic: false, device: true, fresh: 0 }
    }

    /// Merges groups, each given as its accesses `(address, value to write or none to read)`.
    fn meetings(groups: &[&[(u64, Option<u8>)]]) -> Vec<Meeting> {
        let (mut launch, mut all) = (Launch::default(), Vec::new());
        for (group, accesses) in (0..).zip(groups) {
            let mut touched = Touched::new(100);
            for &(address, value) in *accesses {
                match value {
                    None => touched.read(address, 4, by(0, group)),
                    Some(value) => touched.write(address, &[value; 4], by(0, group)),
                };
            }
            all.extend(launch.merge(group, &touched, 100).0);
        }
        all
    }

    #[test]
    fn groups_may_share_what_they_only_read_and_write_apart() {
        assert_eq!(meetings(&[&[(0, None), (8, Some(1))], &[(0, None), (12, Some(2))]]), []);
    }

    #[test]
    fn a_group_may_read_and_write_its_own() {
        assert_eq!(meetings(&[&[(0, None), (0, Some(1))], &[(4, None), (4, Some(1))]]), []);
    }

    #[test]
    fn groups_meet_where_one_writes_what_another_reads() {
        let met = meetings(&[&[(2048, None)], &[(2048, Some(1))]]);
        assert_eq!(met.len(), 1);
        assert_eq!((met[0].address, met[0].wrote, met[0].other), (2048, true, Some(0)));
        assert_eq!(meetings(&[&[(0, Some(1))], &[(0, None)]]).len(), 1);
    }

    #[test]
    fn groups_may_write_the_same_value() {
        assert_eq!(meetings(&[&[(0, Some(1))], &[(0, Some(1))]]), []);
        assert_eq!(meetings(&[&[(0, Some(1))], &[(0, Some(2))]]).len(), 1);
    }

    #[test]
    fn accesses_over_a_page_boundary_are_cut() {
        let cut: Vec<_> = pieces(1020, 8).collect();
        assert_eq!(cut, [(0, 1020, 4), (1, 0, 4)]);
    }

    #[test]
    fn pages_beyond_the_limit_are_counted() {
        let mut touched = Touched::new(1);
        touched.read(0, 4, by(0, 0));
        touched.read(5000, 4, by(0, 0));
        touched.read(5004, 4, by(0, 0));
        assert_eq!(touched.refused(), 1);
    }
}
