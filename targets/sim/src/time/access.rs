//! What one access of a wave costs its unit: LDS bank cycles, cache lines, sectors.

/// Lanes of a wave.
const LANES: usize = 32;

/// The lanes of one access.
#[derive(Debug, Clone, Copy)]
pub(super) struct Access<'a> {
    /// The lanes that take part.
    pub(super) lanes: u32,
    /// The first byte of each.
    pub(super) addresses: &'a [u64; LANES],
    /// Bytes per lane.
    pub(super) size: u32,
}

/// The banks of an LDS while the lanes of one access are served; kept, so that it is not cleared for
/// every access.
#[derive(Debug)]
pub(super) struct Banks {
    /// Words that each bank delivers.
    words: [[u64; KNOWN]; MOST_BANKS],
    /// How many.
    counts: [u8; MOST_BANKS],
    /// Number of banks.
    banks: usize,
}

/// Most banks of an LDS.
const MOST_BANKS: usize = 64;

/// Words of a bank that are told from each other; more of them are taken for different ones.
const KNOWN: usize = 8;

impl Banks {
    /// An LDS of that many banks of four bytes.
    pub(super) fn new(banks: usize) -> Self {
        let banks = banks.clamp(1, MOST_BANKS);
        Self { words: [[0; KNOWN]; MOST_BANKS], counts: [0; MOST_BANKS], banks }
    }

    /// Clocks that an access keeps the LDS. Each clock serves as many lanes as fill the banks; lanes
    /// that want different words of one bank take turns (ISA ch. 12).
    pub(super) fn cycles(&mut self, access: &Access<'_>) -> u32 {
        let words = access.size.div_ceil(4).max(1) as usize;
        let together = (self.banks / words).max(1);
        let passes = (0..LANES).step_by(together);
        passes.map(|from| self.pass(access, from, together, words)).sum::<u32>().max(1)
    }

    /// Clocks of `together` lanes from `from` on: the most words that one bank has to deliver.
    fn pass(&mut self, access: &Access<'_>, from: usize, together: usize, words: usize) -> u32 {
        self.counts.fill(0);
        let mut most = 0;
        let lanes = from..LANES.min(from + together);
        for lane in lanes.filter(|lane| access.lanes >> lane & 1 == 1) {
            for word in 0..words as u64 {
                let word = access.addresses[lane] / 4 + word;
                let bank = word as usize % self.banks;
                let (known, count) = (&mut self.words[bank], &mut self.counts[bank]);
                let held = usize::from(*count);
                if !known[..held.min(KNOWN)].contains(&word) {
                    known[held % KNOWN] = word;
                    *count += 1;
                    most = most.max(*count);
                }
            }
        }
        most.into()
    }
}

impl Access<'_> {
    /// Calls `with` for every different block of `bytes` bytes that the access touches.
    pub(super) fn blocks(&self, bytes: u64, mut with: impl FnMut(u64)) -> u32 {
        let mut seen = [0u64; 2 * LANES];
        let mut count = 0;
        for lane in (0..LANES).filter(|lane| self.lanes >> lane & 1 == 1) {
            let first = self.addresses[lane] / bytes;
            let last = (self.addresses[lane] + u64::from(self.size.max(1)) - 1) / bytes;
            for block in [first, last] {
                let known = &seen[..count];
                if known.last() != Some(&block) && !known.contains(&block) {
                    seen[count] = block;
                    count += 1;
                    with(block);
                }
            }
        }
        count as u32
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cycles(size: u32, address: impl Fn(u64) -> u64) -> u32 {
        let addresses = std::array::from_fn(|lane| address(lane as u64));
        Banks::new(32).cycles(&Access { lanes: u32::MAX, addresses: &addresses, size })
    }

    #[test]
    fn consecutive_words_take_one_clock_for_each_word_of_a_lane() {
        assert_eq!(cycles(4, |lane| 4 * lane), 1);
        assert_eq!(cycles(8, |lane| 8 * lane), 2);
        assert_eq!(cycles(16, |lane| 16 * lane), 4);
    }

    #[test]
    fn lanes_that_read_the_same_word_do_not_wait_for_each_other() {
        assert_eq!(cycles(4, |_| 64), 1);
        assert_eq!(cycles(1, |lane| lane), 1);
    }

    #[test]
    fn words_of_one_bank_take_turns() {
        assert_eq!(cycles(4, |lane| 8 * lane), 2);
        assert_eq!(cycles(4, |lane| 128 * lane), 32);
        assert_eq!(cycles(16, |lane| 128 * lane), 32);
    }

    #[test]
    fn blocks_are_counted_once() {
        let addresses = std::array::from_fn(|lane| 100 + 4 * lane as u64);
        let mut lines = Vec::new();
        let access = Access { lanes: u32::MAX, addresses: &addresses, size: 4 };
        assert_eq!(access.blocks(128, |line| lines.push(line)), 2);
        assert_eq!(lines, [0, 1]);
        let none = Access { lanes: 0, addresses: &addresses, size: 4 };
        assert_eq!(none.blocks(128, |_| panic!("there is no lane")), 0);
    }
}
