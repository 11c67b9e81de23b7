//! What the system says about the processor and its memory.

use std::collections::BTreeMap;
use std::fs;
use std::thread;

use super::Description;

/// Cache to assume where the system does not say.
const CACHE_BYTES: u64 = 32 << 20;

/// Describes this machine.
pub(super) fn describe() -> Description {
    let read = |path: &str| fs::read_to_string(path).unwrap_or_default();
    let cpuinfo = read("/proc/cpuinfo");
    let threads = thread::available_parallelism().map_or(1, usize::from) as u32;
    let name = field(&cpuinfo, "model name").unwrap_or("unknown processor").to_owned();
    let cache = cache_bytes();
    let memory = kilobytes(&read("/proc/meminfo"), "MemTotal").unwrap_or(0);
    let kernel = read("/proc/sys/kernel/osrelease").trim().to_owned();
    let pages = read("/sys/kernel/mm/transparent_hugepage/enabled");
    let pages = pages.split(['[', ']']).nth(1).unwrap_or("none").to_owned();
    let fingerprint: BTreeMap<String, String> = [
        ("cache_bytes", cache.unwrap_or(0).to_string()),
        ("huge_pages", pages),
        ("kernel", kernel),
        ("memory_gib", memory.div_ceil(1 << 30).to_string()),
        ("processor", name.clone()),
        ("stepping", stepping(&cpuinfo)),
        ("threads", threads.to_string()),
    ]
    .into_iter()
    .map(|(key, value)| (key.to_owned(), value))
    .collect();
    let cache_bytes = cache.unwrap_or(CACHE_BYTES);
    let backend = "host";
    Description { name, backend, fingerprint, threads, cache_bytes, modelled: false }
}

/// The value of a line `key: 123 kB`, in bytes.
pub(super) fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let number = field(text, key)?.strip_suffix("kB")?.trim_end();
    number.parse::<u64>().ok()?.checked_mul(1024)
}

/// The value of the first line `key : value`.
fn field<'t>(text: &'t str, key: &str) -> Option<&'t str> {
    let mut pairs = text.lines().filter_map(|line| line.split_once(':'));
    pairs.find(|(name, _)| name.trim() == key).map(|(_, value)| value.trim())
}

/// Family, model and stepping: `25/17/1`.
fn stepping(cpuinfo: &str) -> String {
    let parts = ["cpu family", "model", "stepping"].map(|key| field(cpuinfo, key).unwrap_or("?"));
    parts.join("/")
}

/// Size of the largest cache of the first core.
fn cache_bytes() -> Option<u64> {
    let size = |index| {
        let path = format!("/sys/devices/system/cpu/cpu0/cache/index{index}/size");
        cache_size(fs::read_to_string(path).ok()?.trim())
    };
    (0..8).filter_map(size).max()
}

/// `32768K` or `32M` in bytes.
fn cache_size(text: &str) -> Option<u64> {
    let (digits, unit) = match text.strip_suffix('M') {
        Some(digits) => (digits, 1 << 20),
        None => (text.strip_suffix('K')?, 1 << 10),
    };
    digits.parse::<u64>().ok()?.checked_mul(unit)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_the_system_are_read() {
        let text = "MemTotal:       24 kB\nMemAvailable:   12 kB\nHuge: x\n";
        assert_eq!(kilobytes(text, "MemAvailable"), Some(12 << 10));
        assert_eq!(kilobytes(text, "Huge"), None);
        assert_eq!(kilobytes("", "MemTotal"), None);
        assert_eq!(stepping("cpu family\t: 25\nmodel\t\t: 17\nmodel name : x\n"), "25/17/?");
        assert_eq!(
            [cache_size("32K"), cache_size("2M"), cache_size("")],
            [Some(32 << 10), Some(2 << 20), None]
        );
    }

    #[test]
    fn this_machine_is_described_the_same_each_time() {
        let description = describe();
        assert_eq!(description, describe());
        assert!(description.threads >= 1 && !description.name.is_empty());
        assert_eq!(description.fingerprint["threads"], description.threads.to_string());
    }
}
