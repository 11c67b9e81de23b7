//! A thousand clients that leave, while others stay.

use std::io::Read;
use std::net::TcpStream;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use serde_json::{Value, json};

use super::client::Event;
use super::{Server, server};
use crate::metrics::resident;

/// Clients that leave, and the threads that are they.
const LEAVING: usize = 1000;
const THREADS: usize = 8;
/// Streams that are read to their ends.
const STAYING: usize = 8;

fn staying(number: usize) -> Value {
    let messages = json!([{"role": "user", "content": format!("count:200 {number}")}]);
    json!({"messages": messages, "seed": number, "temperature": 1, "stream": true})
}

fn leaving(random: &mut ChaCha8Rng) -> (&'static str, Value) {
    let words = "word ".repeat(random.random_range(1..4000));
    let stream = random.random_bool(0.7);
    let messages = json!([{"role": "user", "content": format!("count:100000 {words}")}]);
    let paths = ["/v1/chat/completions", "/v1/messages", "/v1/responses"];
    let body = json!({
        "messages": messages, "input": words, "stream": stream, "max_tokens": 20_000,
        "max_output_tokens": 20_000, "ignore_eos": true,
    });
    (paths[random.random_range(0..paths.len())], body)
}

/// Asks, listens for a while and goes.
fn leave(server: &Server, random: &mut ChaCha8Rng, longest: u64) {
    let (path, body) = leaving(random);
    let mut stream: TcpStream = server.open(path, &body);
    let until = Instant::now() + Duration::from_millis(random.random_range(0..longest));
    stream.set_read_timeout(Some(Duration::from_millis(20))).unwrap();
    let listens = random.random_bool(0.8);
    while Instant::now() < until {
        match listens {
            // A time-out is no news.
            true => drop(stream.read(&mut [0; 4096])),
            false => std::thread::sleep(Duration::from_millis(20)),
        }
    }
}

fn text(events: &[Event]) -> String {
    let texts = events.iter().map(|(_, chunk)| {
        let delta = &chunk["choices"][0]["delta"];
        let of = |name: &str| delta[name].as_str().unwrap_or_default().to_owned();
        of("reasoning") + &of("content")
    });
    texts.collect()
}

#[test]
#[ignore = "takes ten minutes, or the seconds that KILN_SOAK_SECONDS says"]
fn a_thousand_clients_that_leave_change_nothing_for_those_that_stay() {
    let seconds: u64 =
        std::env::var("KILN_SOAK_SECONDS").ok().and_then(|text| text.parse().ok()).unwrap_or(600);
    let server = server("slots=32,prefill=50000,decode=400");
    let path = "/v1/chat/completions";
    let alone: Vec<String> =
        (0..STAYING).map(|at| text(&server.post(path, &staying(at)).events())).collect();
    // On average half of the longest time passes before a client leaves.
    let longest = seconds * 2000 * THREADS as u64 / LEAVING as u64;
    let (left, over) = (AtomicUsize::new(0), AtomicBool::new(false));
    let half = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for (at, alone) in alone.iter().enumerate() {
            let (server, over) = (&server, &over);
            scope.spawn(move || {
                while !over.load(Ordering::Relaxed) {
                    assert_eq!(&text(&server.post(path, &staying(at)).events()), alone);
                }
            });
        }
        let leavers: Vec<_> = (0..THREADS)
            .map(|at| {
                let (server, left, half) = (&server, &left, &half);
                scope.spawn(move || {
                    let mut random = ChaCha8Rng::seed_from_u64(at as u64);
                    while left.fetch_add(1, Ordering::Relaxed) < LEAVING {
                        leave(server, &mut random, longest);
                        let halfway = left.load(Ordering::Relaxed) >= LEAVING / 2;
                        if halfway && half.load(Ordering::Relaxed) == 0 {
                            half.store(resident().unwrap_or(0) as usize, Ordering::Relaxed);
                        }
                    }
                })
            })
            .collect();
        for leaver in leavers {
            leaver.join().unwrap();
        }
        over.store(true, Ordering::Relaxed);
    });
    server.settle();
    let (half, all) = (half.into_inner() as f64, resident().unwrap_or(0) as f64);
    println!("memory: {:.1} MiB half-way, {:.1} MiB at the end", half / 1048576.0, all / 1048576.0);
    assert!(all <= half * 1.02, "memory grew from {half} to {all} bytes");
}
