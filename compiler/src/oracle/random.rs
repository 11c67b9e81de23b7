//! A small seeded generator, so that inputs are the same everywhere and forever.

/// SplitMix64: a counter, mixed.
#[derive(Clone, Debug)]
pub(super) struct Random {
    state: u64,
}

impl Random {
    /// The sequence of a seed and a name; different names give unrelated sequences.
    pub(super) fn new(seed: u64, name: &str) -> Random {
        let mut random = Random { state: seed };
        for byte in name.bytes() {
            random.state ^= u64::from(byte);
            random.state = random.next();
        }
        random
    }

    /// 64 random bits.
    pub(super) fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.state ^ self.state >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    /// Uniform in 0..1.
    pub(super) fn uniform(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1u64 << 53) as f64
    }

    /// Normally distributed with mean 0 and deviation 1.
    pub(super) fn normal(&mut self) -> f64 {
        let radius = (-2.0 * (1.0 - self.uniform()).ln()).sqrt();
        radius * (std::f64::consts::TAU * self.uniform()).cos()
    }

    /// A whole number of a range, ends included.
    pub(super) fn whole(&mut self, (low, high): (i64, i64)) -> i64 {
        low + (self.uniform() * (high - low + 1) as f64) as i64
    }

    /// One of some values.
    pub(super) fn pick<T: Copy>(&mut self, among: &[T]) -> T {
        among[(self.next() % among.len() as u64) as usize]
    }
}
