//! Workgroup memory: what every byte holds, and who touched it since the last barrier.

use crate::diagnose::Location;
use crate::lane::Local;

/// Who makes an access.
#[derive(Clone, Copy, Debug)]
pub(super) struct Site {
    /// Wave in its workgroup.
    pub(super) wave: u32,
    /// Wave among all of the call.
    pub(super) unique: u32,
    /// Number of the access; lanes that execute one instruction together share it.
    pub(super) access: u32,
    /// The recipe line that led to it.
    pub(super) location: Location,
}

#[derive(Clone, Copy)]
struct Byte {
    value: u8,
    /// The buffer through which it was written last, if it was.
    holder: Option<u32>,
    /// Interval, between barriers, of the last write and of the last read.
    written: u32,
    read: u32,
    /// The waves that wrote in the interval of the last write, and the latest of them.
    writers: u32,
    writer: Site,
    /// The waves that read in the interval of the last read, and the line of the latest.
    readers: u32,
    reader: Location,
}

impl Byte {
    /// That a wave may write a value now: no other wave has read, or written but the same value
    /// by the same instruction, and no other lane writes another value by this one.
    fn check_write(
        &self,
        name: &str,
        at: usize,
        value: u8,
        interval: u32,
        site: Site,
    ) -> Result<(), String> {
        let together = self.holder.is_some() && self.writer.access == site.access;
        let other =
            |set: u32, last: u32| if last == interval { set & !(1 << site.wave) } else { 0 };
        let (writers, readers) =
            (other(self.writers, self.written), other(self.readers, self.read));
        if writers != 0 && !(together && self.value == value) {
            let by = writers.trailing_zeros();
            return Err(race(name, at, "written", by, self.writer.location));
        }
        if readers != 0 {
            return Err(race(name, at, "read", readers.trailing_zeros(), self.reader));
        }
        match together && self.value != value {
            true => Err(format!("byte {at} of `{name}` gets different values by two lanes")),
            false => Ok(()),
        }
    }
}

/// The local buffers of one workgroup, which may lie over each other.
pub(super) struct LocalMemory {
    buffers: Vec<Local>,
    bytes: Vec<Byte>,
    interval: u32,
}

impl LocalMemory {
    pub(super) fn new(locals: &[Local]) -> LocalMemory {
        let site = Site { wave: 0, unique: 0, access: 0, location: Location::UNKNOWN };
        let byte = Byte {
            value: 0,
            holder: None,
            written: 0,
            read: 0,
            writers: 0,
            writer: site,
            readers: 0,
            reader: Location::UNKNOWN,
        };
        let end = locals.iter().map(|local| local.offset + local.bytes).max().unwrap_or(0);
        LocalMemory { buffers: locals.to_vec(), bytes: vec![byte; end as usize], interval: 1 }
    }

    /// Forgets all contents, for the next workgroup.
    pub(super) fn clear(&mut self) {
        self.meet();
        self.bytes.iter_mut().for_each(|byte| byte.holder = None);
    }

    /// All waves have met: what they did before is done.
    pub(super) fn meet(&mut self) {
        self.interval += 1;
    }

    pub(super) fn read(
        &mut self,
        buffer: u32,
        at: i64,
        into: &mut [u8],
        site: Site,
    ) -> Result<(), String> {
        let interval = self.interval;
        let Local { name, bytes, offset } = &self.buffers[buffer as usize];
        let start = inside(name, *bytes as usize, at, into.len())?;
        let held = &mut self.bytes[*offset as usize + start..];
        for (at, (byte, to)) in (start..).zip(held.iter_mut().zip(into)) {
            if byte.holder != Some(buffer) {
                return Err(format!("byte {at} of `{name}` was never written"));
            }
            let others = byte.writers & !(1 << site.wave);
            if byte.written == interval && others != 0 {
                let by = others.trailing_zeros();
                return Err(race(name, at, "written", by, byte.writer.location));
            }
            if byte.read != interval {
                (byte.read, byte.readers) = (interval, 0);
            }
            byte.readers |= 1 << site.wave;
            byte.reader = site.location;
            *to = byte.value;
        }
        Ok(())
    }

    pub(super) fn write(
        &mut self,
        buffer: u32,
        at: i64,
        from: &[u8],
        site: Site,
    ) -> Result<(), String> {
        let interval = self.interval;
        let Local { name, bytes, offset } = &self.buffers[buffer as usize];
        let start = inside(name, *bytes as usize, at, from.len())?;
        let held = &mut self.bytes[*offset as usize + start..];
        for (at, (byte, value)) in (start..).zip(held.iter_mut().zip(from)) {
            byte.check_write(name, at, *value, interval, site)?;
            if byte.written != interval {
                (byte.written, byte.writers) = (interval, 0);
            }
            byte.writers |= 1 << site.wave;
            (byte.value, byte.holder, byte.writer) = (*value, Some(buffer), site);
        }
        Ok(())
    }
}

/// The first byte of an access, if all of it is inside.
fn inside(name: &str, size: usize, at: i64, width: usize) -> Result<usize, String> {
    let end = at + width as i64;
    let outside = || format!("bytes {at}..{end} of `{name}`, which has {size}");
    let start = usize::try_from(at).map_err(|_| outside())?;
    if start + width <= size { Ok(start) } else { Err(outside()) }
}

fn race(name: &str, at: usize, done: &str, wave: u32, location: Location) -> String {
    format!("byte {at} of `{name}` is {done} by wave {wave} at {location}, no barrier between")
}
