//! The long fault tests, run by `./x soak`: kills, damage, a disk that is full.
//!
//! Everything random has a seed, so that a failure can be repeated.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]
#![allow(clippy::print_stderr, reason = "a soak says how much it did")]

mod common;

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, Instant};

use common::{LAYER, Room, TUNE, text};
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// A part of the tiny model that takes seconds.
fn small() -> String {
    format!("{LAYER},m=2+32,recipe=mmvq_q4")
}

#[test]
#[ignore = "takes minutes; part of the soak"]
fn a_hundred_killed_runs_resume_to_the_same_bundle() {
    const KILLS: usize = 100;
    let room = Room::new();
    let started = Instant::now();
    room.tune("gfx1151", "undisturbed", "other", &small());
    let whole = started.elapsed();
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let (mut kills, mut cache) = (0, 0);
    while kills < KILLS {
        // A cache is used until a run in it came to its end: then there is nothing left to kill.
        let delay = whole.mul_f64(random.random_range(0.0..1.0));
        let name = format!("cache{cache}");
        if room.killed("gfx1151", "a", &name, &small(), delay) {
            kills += 1;
        }
        if random.random_range(0..3) == 0 {
            room.tune("gfx1151", "a", &name, &small());
            assert!(room.bundle("a") == room.bundle("undisturbed"), "after {kills} kills");
            cache += 1;
        }
    }
    room.tune("gfx1151", "a", &format!("cache{cache}"), &small());
    assert!(room.bundle("a") == room.bundle("undisturbed"));
    let took = started.elapsed().as_secs();
    eprintln!("{kills} kills in {} caches, one bundle, {took} s", cache + 1);
}

/// Truncates, flips a bit, overwrites a part with another part or cuts a part out.
fn mutate(path: &Path, random: &mut ChaCha8Rng) {
    let bytes = fs::read(path).unwrap();
    let mut bad = bytes.clone();
    if bytes.is_empty() {
        return;
    }
    let at = random.random_range(0..bytes.len());
    let length = random.random_range(1..=64.min(bytes.len() - at));
    match random.random_range(0..4) {
        0 => bad.truncate(at),
        1 => bad[at] ^= 1 << random.random_range(0..8),
        2 => {
            let from = random.random_range(0..=bytes.len() - length);
            bad[at..at + length].copy_from_slice(&bytes[from..from + length]);
        }
        _ => drop(bad.drain(at..at + length)),
    }
    fs::write(path, bad).unwrap();
}

fn files_below(directory: &Path) -> Vec<PathBuf> {
    let mut files = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        match path.is_dir() {
            true => files.extend(files_below(&path)),
            false => files.push(path),
        }
    }
    files.sort();
    files
}

#[test]
#[ignore = "takes minutes; part of the soak"]
fn two_thousand_mutations_of_cache_and_bundle_end_in_the_same_bundle() {
    const MUTATIONS: usize = 2000;
    const AT_ONCE: usize = 20;
    let room = Room::new();
    let started = Instant::now();
    room.tune("gfx1151", "undisturbed", "cache", &small());
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let (mut refused, mut intact) = (0, 0);
    for round in 0..MUTATIONS / AT_ONCE {
        fs::copy(room.path("undisturbed"), room.path("a")).unwrap();
        mutate(&room.path("a"), &mut random);
        let changed = room.bundle("a") != room.bundle("undisturbed");
        let report = Command::new(TUNE).arg("report").arg(room.path("a")).output().unwrap();
        let said = text(&report);
        match report.status.code() {
            Some(0) => intact += 1,
            Some(2) => refused += usize::from(changed),
            code => panic!("round {round}: {code:?} {said}"),
        }
        assert!(!said.contains("panicked") && said.lines().count() <= 1, "{said}");
        let files = files_below(&room.path("cache"));
        for _ in 1..AT_ONCE {
            mutate(&files[random.random_range(0..files.len())], &mut random);
        }
        room.tune("gfx1151", "a", "cache", &small());
        assert!(room.bundle("a") == room.bundle("undisturbed"), "round {round}");
    }
    let took = started.elapsed().as_secs();
    eprintln!(
        "{MUTATIONS} mutations: {refused} damaged bundles refused, {intact} opened (code is \
         compared when it is used), {} runs rebuilt the same bundle, {took} s",
        MUTATIONS / AT_ONCE
    );
}

#[test]
#[ignore = "mounts a file system in a namespace of its own; part of the soak"]
fn a_file_system_that_fills_up_is_one_clear_line_and_the_run_goes_on_when_there_is_room() {
    let room = Room::new();
    room.tune("gfx1151", "undisturbed", "other", &small());
    fs::create_dir(room.path("disk")).unwrap();
    for kib in [16, 64, 200, 500, 900] {
        // The first run fails, or fits; the second one has room.
        let script = format!(
            "mount -t tmpfs -o size={kib}k tmpfs disk || exit 77
             tune() {{ {TUNE} tune --target gfx1151 --jobs 1 --model tiny --only '{}' \
               --out disk/a --cache disk/cache >/dev/null; }}
             tune 2>first; echo $? >code
             mount -o remount,size=64m disk && tune 2>second && cp disk/a a",
            small()
        );
        let output = Command::new("unshare")
            .args(["--user", "--map-root-user", "--mount", "bash", "-c", &script])
            .current_dir(room.path(""))
            .output();
        let Ok(output) = output else {
            return eprintln!("not tried: there is no `unshare` on this machine");
        };
        if output.status.code() == Some(77) || text(&output).contains("unshare failed") {
            return eprintln!("not tried: this machine lets nobody mount a file system");
        }
        assert!(output.status.success(), "{kib} KiB: {}", text(&output));
        let said = fs::read_to_string(room.path("first")).unwrap();
        let code = fs::read_to_string(room.path("code")).unwrap();
        let last = said.lines().last().unwrap_or_default();
        let clear = last.starts_with("error: ") && last.contains("no space left");
        assert!(code.trim() == "0" || clear, "{kib} KiB: {code} {said}");
        assert!(!said.contains("panicked"), "{said}");
        assert!(room.bundle("a") == room.bundle("undisturbed"), "{kib} KiB");
        eprintln!("{kib} KiB: exit code {}, {last}", code.trim());
    }
}

#[test]
#[ignore = "takes a minute; part of the soak"]
fn tuners_that_share_a_cache_and_are_killed_leave_it_whole() {
    let room = Room::new();
    room.tune("gfx1151", "undisturbed", "other", &small());
    let mut random = ChaCha8Rng::seed_from_u64(3);
    for round in 0..10 {
        let cache = format!("cache{round}");
        let delay = Duration::from_millis(random.random_range(100..1500));
        std::thread::scope(|scope| {
            let run = |bundle: &'static str| {
                let (room, cache) = (&room, &cache);
                scope.spawn(move || room.tune("gfx1151", bundle, cache, &small()))
            };
            let both = [run("a"), run("b")];
            room.killed("gfx1151", "c", &cache, &small(), delay);
            for run in both {
                run.join().unwrap();
            }
        });
        assert!(room.bundle("a") == room.bundle("undisturbed"), "round {round}");
        assert!(room.bundle("b") == room.bundle("undisturbed"), "round {round}");
    }
    eprintln!("10 rounds of three tuners on one cache, one of them killed");
}
