//! Clients that leave at random, while others stay, against `kiln serve` as a process of its own whose
//! allocations are counted.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking")]
#![allow(clippy::print_stdout, reason = "the figures are a result")]

use std::collections::BTreeMap;
use std::io::{Read, Write};
use std::net::{Shutdown, TcpStream};
use std::path::Path;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use kiln_tests::served::Served;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::json;

/// More ask at a time than there are slots, so that some leave the queue.
const SCRIPT: &str = "slots=12,prefill=50000,decode=400";
const CHAT: &str = "/v1/chat/completions";
/// Threads of which each is one client after the other.
const THREADS: usize = 8;
/// Streams that are read to their ends.
const STAYING: usize = 8;

/// When a client leaves.
#[derive(Clone, Copy)]
enum Phase {
    /// Soon after it asked.
    Queue,
    /// While a long prompt is read and nothing is said.
    Prefill,
    /// In the middle of the answer.
    Decode,
    /// After the answer, when it has asked nothing more.
    Idle,
    /// It only says that it will say nothing more, and waits for the server to hang up.
    HalfClosed,
}

const PHASES: [Phase; 5] =
    [Phase::Queue, Phase::Prefill, Phase::Decode, Phase::Idle, Phase::HalfClosed];

/// An API: its path, and what stands in the first event that has text.
const APIS: [(&str, &str); 3] = [
    (CHAT, "\"delta\":{\"reasoning\""),
    ("/v1/messages", "thinking_delta"),
    ("/v1/responses", "reasoning_text.delta"),
];

/// Asks, listens for a while and goes.
fn leave(server: &Served, phase: Phase, random: &mut ChaCha8Rng, longest: Duration) {
    let (path, sign) = *APIS.choose(random).unwrap();
    let until = Instant::now() + longest.mul_f64(random.random());
    let words = match phase {
        Phase::Prefill => 30_000,
        _ => random.random_range(1..400),
    };
    let text = "word ".repeat(words);
    let most = if matches!(phase, Phase::Idle) { 5 } else { 20_000 };
    let streams = matches!(phase, Phase::Decode | Phase::HalfClosed) || random.random();
    let body = json!({
        "messages": [{"role": "user", "content": text}], "input": text, "stream": streams,
        "max_tokens": most, "max_output_tokens": most, "ignore_eos": true,
        // What is remembered is memory that has a bound of its own.
        "store": false,
    });
    let mut stream = server.stay(path, &body);
    match phase {
        Phase::Queue | Phase::Prefill => listen(&mut stream, until),
        Phase::Idle => {
            // The first bytes of an answer that is whole, or of one that is soon over.
            assert!(stream.read(&mut [0; 4096]).unwrap() > 0);
            listen(&mut stream, until);
            if random.random() {
                // Half of a head.
                let _ = stream.write_all(b"GET /health HTTP/1.1\r\nhost:");
            }
        }
        Phase::Decode => {
            wait_for(&mut stream, sign);
            listen(&mut stream, until);
        }
        Phase::HalfClosed => {
            wait_for(&mut stream, sign);
            stream.shutdown(Shutdown::Write).unwrap();
            // Whether the connection is closed or reset, it is over.
            let _ = stream.read_to_end(&mut Vec::new());
        }
    }
    drop(stream);
    std::thread::sleep(until.saturating_duration_since(Instant::now()));
}

/// Reads until a text comes.
fn wait_for(stream: &mut TcpStream, sign: &str) {
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    while !String::from_utf8_lossy(&heard).contains(sign) {
        let count = stream.read(&mut piece).unwrap();
        assert!(count > 0, "{}", String::from_utf8_lossy(&heard));
        heard.extend_from_slice(&piece[..count]);
    }
}

/// Reads whatever comes, for a while.
fn listen(stream: &mut TcpStream, until: Instant) {
    let mut piece = [0; 4096];
    loop {
        let left = until.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return;
        }
        stream.set_read_timeout(Some(left)).unwrap();
        if let Ok(0) = stream.read(&mut piece) {
            return;
        }
    }
}

/// The text of a stream that is read to its end.
fn stay(server: &Served, number: usize) -> String {
    let messages = json!([{"role": "user", "content": format!("count:200 {number}")}]);
    let body = json!({"messages": messages, "seed": number, "temperature": 1, "stream": true});
    let events = server.stream(CHAT, &body);
    assert_eq!(events.last().unwrap().1, "[DONE]");
    let texts = events.iter().map(|(_, chunk)| {
        let delta = &chunk["choices"][0]["delta"];
        let of = |name: &str| delta[name].as_str().unwrap_or_default().to_owned();
        of("reasoning") + &of("content")
    });
    texts.collect()
}

/// Lets so many clients leave, each after `longest` at most, while others stay.
fn soak(server: &Served, leaving: usize, longest: Duration, seed: u64, alone: &[String]) {
    let (left, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for (number, alone) in alone.iter().enumerate() {
            let over = &over;
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(&stay(server, number), alone);
                }
            });
        }
        let leavers: Vec<_> = (0..THREADS as u64)
            .map(|number| {
                let left = &left;
                scope.spawn(move || {
                    let mut random = ChaCha8Rng::seed_from_u64(seed + number);
                    while left.fetch_add(1, Ordering::Relaxed) < leaving {
                        let phase = *PHASES.choose(&mut random).unwrap();
                        leave(server, phase, &mut random, longest);
                    }
                })
            })
            .collect();
        let ended: Vec<_> = leavers.into_iter().map(|leaver| leaver.join()).collect();
        over.store(true, Ordering::Relaxed);
        ended.into_iter().for_each(|ended| ended.unwrap());
    });
}

/// Lets as many clients as there can be leave at a time, all of them in the same phase: what memory
/// the process needs at most, it has had afterwards.
fn warm_up(server: &Served, longest: Duration) {
    for phase in PHASES {
        std::thread::scope(|scope| {
            for number in 0..(THREADS + STAYING) as u64 {
                scope.spawn(move || {
                    let mut random = ChaCha8Rng::seed_from_u64(number);
                    for _ in 0..4 {
                        leave(server, phase, &mut random, longest);
                    }
                });
            }
        });
    }
    settle(server);
}

/// The texts of those that stay, when nobody else asks.
fn alone(server: &Served) -> Vec<String> {
    (0..STAYING).map(|number| stay(server, number)).collect()
}

/// The sum of what stands under a name with a label.
fn sum(numbers: &BTreeMap<String, f64>, name: &str, label: &str) -> f64 {
    let mine = numbers.iter().filter(|(whole, _)| {
        let rest = whole.strip_prefix(name);
        rest.is_some_and(|rest| (rest.is_empty() || rest.starts_with(' ')) && rest.contains(label))
    });
    let values: Vec<f64> = mine.map(|(_, value)| *value).collect();
    assert!(!values.is_empty(), "no {name} with {label:?} in {numbers:?}");
    values.iter().sum()
}

/// Waits until nobody is served, and checks that everything was given back and accounted for. How many have
/// left while their prompt was read, and how many in the middle of an answer.
fn settle(server: &Served) -> (f64, f64) {
    let idle = ["vllm:num_requests_running", "vllm:num_requests_waiting", "kiln:slots_used"];
    let numbers = loop {
        let numbers = server.metrics();
        // The connection that asks is open.
        let open = numbers["kiln:connections"] > 1.0;
        if !open && idle.iter().all(|name| numbers[*name] == 0.0) {
            break numbers;
        }
        std::thread::sleep(Duration::from_millis(5));
    };
    let of = |name: &str| sum(&numbers, name, "");
    assert_eq!(of("vllm:kv_cache_usage_perc"), 0.0);
    let admitted = of("kiln:requests_admitted_total");
    assert_eq!(admitted, of("vllm:request_success_total"));
    assert_eq!(sum(&numbers, "vllm:request_success_total", "\"error\""), 0.0);
    assert_eq!(of("kiln:engine_faults_total"), 0.0);
    let freed = of("kiln:steps_until_freed_count");
    let at_once = sum(&numbers, "kiln:steps_until_freed_bucket", "le=\"1.0\"");
    assert!(freed > 0.0 && at_once == freed, "{at_once} of {freed} within one step");
    let count = |name: &str| of(&format!("vllm:{name}_seconds_count"));
    let (begun, spoke) = (count("request_inference_time"), count("request_prefill_time"));
    let (queue, prefill) = (admitted - begun, begun - spoke);
    let aborted = sum(&numbers, "vllm:request_success_total", "\"abort\"");
    let decode = aborted - queue - prefill;
    println!("left: {queue} in the queue, {prefill} in prefill, {decode} in decode");
    (prefill, decode)
}

/// A server that counts what it allocates.
fn start() -> Served {
    Served::scripted(Path::new(env!("CARGO_BIN_EXE_kiln-counted")), SCRIPT, &[])
}

/// What a server holds when nobody is served: the least that is seen in a while.
fn held(server: &mut Served) -> u64 {
    settle(server);
    let seen = (0..100).map(|_| {
        std::thread::sleep(Duration::from_millis(20));
        server.live()
    });
    let live = seen.min().unwrap();
    println!("allocated at rest: {live} bytes");
    live
}

fn mebibytes(bytes: u64) -> f64 {
    bytes as f64 / 1_048_576.0
}

#[test]
fn clients_that_leave_in_any_phase_free_their_slots_in_a_step_and_change_nothing_for_others() {
    let server = start();
    soak(&server, 100, Duration::from_millis(100), 0, &alone(&server));
    settle(&server);
}

fn median(samples: &[u64]) -> f64 {
    let mut samples = samples.to_vec();
    samples.sort_unstable();
    samples[samples.len() / 2] as f64
}

#[test]
#[ignore = "takes twelve minutes, ten of them the seconds that KILN_SOAK_SECONDS says"]
fn a_thousand_clients_that_leave_in_ten_minutes_leave_no_memory_behind() {
    const LEAVING: usize = 1000;
    const ROUNDS: usize = 10;
    let seconds = std::env::var("KILN_SOAK_SECONDS").ok().and_then(|text| text.parse().ok());
    let seconds: u64 = seconds.unwrap_or(600);
    // On average half of the longest time passes before a client leaves.
    let longest = Duration::from_secs(seconds * 2 * THREADS as u64) / LEAVING as u32;
    let mut server = start();
    let alone = alone(&server);
    warm_up(&server, Duration::from_secs(2));
    // Threads that read long prompts end when they have had nothing to do for ten seconds.
    let rest = || std::thread::sleep(Duration::from_secs(12));
    rest();
    let (mut live, mut resident) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        soak(&server, LEAVING / ROUNDS, longest, (round * THREADS) as u64, &alone);
        rest();
        live.push(held(&mut server));
        resident.push(server.resident());
        println!("memory at rest: {:.2} MiB", mebibytes(resident[round]));
    }
    // Buffers of 64 KiB come and go with connections; what leaks never goes.
    let least = |rounds: &[u64]| rounds.iter().min().copied().unwrap() as f64;
    let (before, after) = (least(&live[..4]), least(&live[ROUNDS - 4..]));
    assert!(after <= before * 1.02, "{before} bytes that are held grew to {after}");
    let (prefill, decode) = settle(&server);
    assert!(prefill > 0.0 && decode > 0.0, "{prefill} in prefill, {decode} in decode");
    let (early, late) = (median(&resident[1..4]), median(&resident[ROUNDS - 3..]));
    assert!(late <= early * 1.02, "memory grew from {early} to {late} bytes");
}
