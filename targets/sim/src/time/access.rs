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

impl Access<'_> {
    /// Clocks that the access keeps an LDS of `banks` banks of four bytes. Each clock serves as many
    /// lanes as fill the banks; lanes that want different words of one bank take turns (ISA ch. 12).
    pub(super) fn bank_cycles(&self, banks: usize) -> u32 {
        let words = self.size.div_ceil(4).max(1) as usize;
        let together = (banks / words).max(1);
        let cycles: usize =
            (0..LANES).step_by(together).map(|from| self.pass(from, together, words, banks)).sum();
        cycles.max(1) as u32
    }

    /// Clocks of `together` lanes from `from` on: the most words that one bank has to deliver.
    fn pass(&self, from: usize, together: usize, words: usize, banks: usize) -> usize {
        let mut seen = [[0u64; 8]; 64];
        let mut counts = [0usize; 64];
        let banks = banks.clamp(1, counts.len());
        for lane in (from..LANES.min(from + together)).filter(|lane| self.lanes >> lane & 1 == 1) {
            for word in 0..words as u64 {
                let word = self.addresses[lane] / 4 + word;
                let bank = word as usize % banks;
                let known = &mut seen[bank];
                let count = &mut counts[bank];
                if !known[..(*count).min(8)].contains(&word) {
                    known[*count % 8] = word;
                    *count += 1;
                }
            }
        }
        counts.into_iter().max().unwrap_or(0)
    }

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
        Access { lanes: u32::MAX, addresses: &addresses, size }.bank_cycles(32)
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
