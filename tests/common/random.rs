//! Small numbers from a seed, the same ones on every machine.

/// Small numbers from a seed (SplitMix64): the same ones on every machine.
#[derive(Debug, Clone)]
pub(crate) struct Rng(u64);

impl Rng {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed)
    }
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }
    /// A number below `bound`.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }
}

/// The seed of a test's random choices: fixed, or what `ICN_TEST_SEED` says. Said aloud, so that a failure
/// shows it.
pub(crate) fn seed() -> u64 {
    let seed = std::env::var("ICN_TEST_SEED").ok().and_then(|text| text.parse().ok()).unwrap_or(20_260_302);
    println!("ICN_TEST_SEED={seed}");
    seed
}
