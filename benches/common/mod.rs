//! What several benches share: whether they run as a test, medians, the machine's load, and the line that they print.
#![allow(dead_code, reason = "each bench uses its own part")]

/// Whether this is the short form that `cargo test --benches` runs.
pub(crate) fn testing() -> bool {
    !std::env::args().any(|argument| argument == "--bench")
}

pub(crate) fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

pub(crate) fn median(mut of: Vec<f64>) -> f64 {
    of.sort_by(f64::total_cmp);
    of[of.len() / 2]
}

/// How many there are in a time at so many a second, at least one.
pub(crate) fn count(a_second: usize, time: std::time::Duration) -> usize {
    a_second * usize::try_from(time.as_millis()).unwrap_or(0) / 1000 + 1
}

/// Small numbers, the same ones on every machine (xorshift64).
pub(crate) struct Numbers(u64);

impl Numbers {
    pub(crate) const fn new() -> Self {
        Self(0x9e37_79b9_7f4a_7c15)
    }
    pub(crate) fn below(&mut self, bound: u32) -> u32 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        u32::try_from((self.0 >> 32) % u64::from(bound)).unwrap_or(0)
    }
}

/// The load averages, beside which the figures have to be read (proc_loadavg(5)).
pub(crate) fn tell_load() {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    println!("load average before: {}", load.split(' ').take(3).collect::<Vec<_>>().join(" "));
}

/// A rate beside the floor's: `ours / floor`.
pub(crate) fn tell(name: &str, unit: &str, ours: f64, floor: f64) {
    let ratio = ours / floor;
    let digits = if ratio < 0.01 { 6 } else { 3 };
    println!("RATIO name={name} ours={ours:.0} floor={floor:.0} unit={unit} ratio={ratio:.digits$}");
}
