//! A set-associative cache that forgets least recently used lines first.

/// A cache of one workgroup's lines which other workgroups use as well.
#[derive(Debug, Clone)]
pub(super) struct Cache {
    /// The lines of each set, the most recently used last; 0 is no line.
    sets: Vec<u64>,
    ways: usize,
    /// Sets that took a line since the others had their turn.
    taken: Vec<u32>,
    /// Lines that each of the taken ones stands for among the others.
    others: f64,
    debt: f64,
    strangers: u64,
}

/// Line numbers of other workgroups, which nobody asks for.
const STRANGERS: u64 = 1 << 62;

/// Lines taken after which the others have their turn at the latest.
const TURN: usize = 64;

impl Cache {
    /// An empty cache of `lines` lines; for each line that it takes, other workgroups bring `others`
    /// lines of their own.
    pub(super) fn new(lines: usize, ways: usize, others: f64) -> Self {
        let ways = ways.max(1);
        let sets = (lines / ways).max(1);
        Self {
            sets: vec![0; sets * ways],
            ways,
            taken: Vec::new(),
            others: others.max(0.0),
            debt: 0.0,
            strangers: STRANGERS,
        }
    }

    /// Asks for a line and says whether it was there; takes it if not.
    pub(super) fn ask(&mut self, line: u64) -> bool {
        let set = (line % (self.sets.len() / self.ways) as u64) as usize;
        let lines = &mut self.sets[set * self.ways..(set + 1) * self.ways];
        // Line 0 stands for an empty place.
        let line = line + 1;
        if let Some(at) = lines.iter().position(|known| *known == line) {
            lines[at..].rotate_left(1);
            return true;
        }
        lines.rotate_left(1);
        lines[self.ways - 1] = line;
        if self.others > 0.0 {
            self.taken.push(set as u32);
            if self.taken.len() >= TURN {
                self.turn();
            }
        }
        false
    }

    /// Lets the other workgroups do what this one did since their last turn: they walk through
    /// memory with the same strides, and so through the same sets.
    pub(super) fn turn(&mut self) {
        for set in std::mem::take(&mut self.taken) {
            self.debt += self.others;
            while self.debt >= 1.0 {
                self.debt -= 1.0;
                self.strangers += 1;
                let at = set as usize * self.ways;
                let lines = &mut self.sets[at..at + self.ways];
                lines.rotate_left(1);
                lines[self.ways - 1] = self.strangers;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_there_until_its_set_is_full_of_newer_ones() {
        let mut cache = Cache::new(16, 2, 0.0);
        assert!(!cache.ask(0));
        assert!(!cache.ask(8));
        assert!(cache.ask(0), "two lines fit the set");
        assert!(!cache.ask(16), "the third takes the place of line 8");
        assert!(cache.ask(0));
        assert!(!cache.ask(8));
    }

    #[test]
    fn strides_of_a_power_of_two_use_few_sets() {
        let hits = |stride: u64| {
            let mut cache = Cache::new(256, 4, 0.0);
            (0..64).for_each(|row| assert!(!cache.ask(row * stride)));
            (0..64).filter(|row| cache.ask(row * stride)).count()
        };
        assert_eq!(hits(1), 64);
        assert_eq!(hits(16), 0);
    }

    #[test]
    fn others_push_lines_out() {
        let mut alone = Cache::new(256, 4, 0.0);
        let mut shared = Cache::new(256, 4, 7.0);
        for cache in [&mut alone, &mut shared] {
            (0..64).for_each(|line| assert!(!cache.ask(line)));
        }
        assert_eq!((0..64).filter(|line| alone.ask(*line)).count(), 64);
        assert_eq!((0..64).filter(|line| shared.ask(*line)).count(), 0);
    }
}
