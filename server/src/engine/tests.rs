//! Jobs against the fake backend.

mod rebuilding;

use std::future::poll_fn;
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use kiln_runtime::sample::Sampling;

use super::fake::{Controls, Fake, Spec};
use super::*;
use crate::metrics::Metrics;
use crate::text::fixture;

/// An engine with its controls.
struct Bench {
    engine: Engine,
    controls: Arc<Controls>,
    metrics: Arc<Metrics>,
}

fn bench(spec: &str, bounds: Bounds) -> Bench {
    let spec: Spec = spec.parse().unwrap();
    let controls = Arc::new(spec.controls());
    let metrics = Arc::new(Metrics::new("m"));
    let told = Arc::clone(&controls);
    let engine = Engine::start(spec.capacity, bounds, Arc::clone(&metrics), move || {
        Fake::make(&fixture::tokenizer(), spec.capacity, &told)
    });
    while engine.health() == Health::Loading {
        std::thread::yield_now();
    }
    Bench { engine, controls, metrics }
}

fn job(text: &str, most: usize) -> Job {
    let tokenizer = fixture::tokenizer();
    let prompt = tokenizer.encode(text);
    let stops = tokenizer.special("<|im_end|>").into_iter().collect();
    Job { prompt, most, stops, ..Job::default() }
}

/// Endless words.
fn endless(most: usize) -> Job {
    Job { stops: Vec::new(), ..job("go on", most) }
}

async fn next(answer: &mut Answer) -> Vec<Token> {
    let mut tokens = Vec::new();
    poll_fn(|context| answer.poll_tokens(context, &mut tokens)).await;
    answer.count(tokens.len() as u64);
    tokens
}

async fn all(answer: &mut Answer) -> Vec<u32> {
    let mut ids = Vec::new();
    loop {
        let tokens = next(answer).await;
        if tokens.is_empty() {
            return ids;
        }
        ids.extend(tokens.iter().map(|token| token.id));
    }
}

/// Waits for what has to become true.
async fn until(holds: impl Fn() -> bool) {
    while !holds() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

async fn until_idle(bench: &Bench) {
    until(|| bench.engine.load() == (0, 0) && bench.engine.live() == 0).await;
}

/// Admitted = finished + aborted + failed.
fn balanced(bench: &Bench) -> bool {
    bench.metrics.admitted.get() == bench.metrics.endings().iter().sum::<u64>()
}

#[tokio::test]
async fn an_answer_ends_by_its_stop_token_or_by_its_length() {
    let bench = bench("slots=2", Bounds::default());
    let mut answer = bench.engine.submit(job("echo: one two", 100)).unwrap();
    let ids = all(&mut answer).await;
    assert_eq!(fixture::tokenizer().decode(&ids, true), "one two");
    assert!(matches!(answer.outcome(), Outcome::Finished(Ended::Stop(_))));
    let mut answer = bench.engine.submit(endless(7)).unwrap();
    assert_eq!(all(&mut answer).await.len(), 7);
    assert_eq!(answer.outcome(), Outcome::Finished(Ended::Length));
    until_idle(&bench).await;
    assert_eq!(bench.metrics.endings(), [0, 0, 1, 1]);
    assert_eq!(bench.metrics.generation_tokens.get(), ids.len() as u64 + 1 + 7);
}

#[tokio::test]
async fn the_same_seed_gives_the_same_tokens_whoever_else_is_computed() {
    let bench = bench("slots=3", Bounds::default());
    let seeded = |seed| {
        let sampling = Sampling { temperature: 1.0, seed, ..Sampling::default() };
        Job { sampling, ..endless(40) }
    };
    let alone = all(&mut bench.engine.submit(seeded(1)).unwrap()).await;
    let mut crowd: Vec<Answer> =
        (1..4).map(|seed| bench.engine.submit(seeded(seed)).unwrap()).collect();
    assert_eq!(all(&mut crowd[0]).await, alone);
    assert_ne!(all(&mut crowd[1]).await, alone);
}

#[tokio::test]
async fn a_dropped_answer_frees_its_slot_in_every_phase() {
    let bench = bench("slots=1,prefill=100000,decode=500", Bounds::default());
    let running = bench.engine.submit(endless(100_000)).unwrap();
    let waiting = bench.engine.submit(endless(100_000)).unwrap();
    until(|| bench.engine.load() == (1, 1)).await;
    drop(waiting);
    assert_eq!(bench.engine.load(), (1, 0));
    let steps = bench.engine.steps();
    drop(running);
    until_idle(&bench).await;
    assert!(bench.engine.steps() <= steps + 2, "{} steps after {steps}", bench.engine.steps());
    // While its prompt is read: a hundred seconds long.
    let mut long = endless(10);
    long.prompt = vec![long.prompt[0]; 200_000];
    bench.controls.prefill.store(2000, Ordering::Relaxed);
    let reading = bench.engine.submit(long).unwrap();
    until(|| bench.engine.load() == (1, 0)).await;
    drop(reading);
    until_idle(&bench).await;
    assert_eq!(bench.metrics.endings(), [3, 0, 0, 0]);
    assert!(balanced(&bench));
}

#[tokio::test]
async fn a_full_queue_refuses_with_a_time_to_wait_and_numbers() {
    let bounds = Bounds { waiting: 2, ..Bounds::default() };
    let bench = bench("slots=1,decode=100", bounds);
    let _running = bench.engine.submit(endless(100_000)).unwrap();
    until(|| bench.engine.load() == (1, 0)).await;
    let _waiting: Vec<Answer> = (0..2).map(|_| bench.engine.submit(endless(9)).unwrap()).collect();
    let Err(Refusal::Busy { why, after }) = bench.engine.submit(endless(9)) else { panic!() };
    assert!(why.contains('2') && (1..=60).contains(&after), "{why} {after}");
}

#[tokio::test]
async fn what_can_never_be_computed_is_refused_with_both_numbers() {
    let bench = bench("slots=1,context=64,cached=64", Bounds::default());
    for (prompt, most, told) in [(64, 1, "64"), (60, 5, "60 tokens and the answer may have 5")] {
        let refused = bench.engine.submit(Job { prompt: vec![1; prompt], most, ..Job::default() });
        let Err(Refusal::TooLong(why)) = refused else { panic!() };
        assert!(why.contains(told), "{why}");
    }
    assert!(matches!(bench.engine.submit(Job::default()), Err(Refusal::TooLong(_))));
    // Without a wish the answer has what is left.
    let mut answer = bench
        .engine
        .submit(Job { prompt: vec![1; 60], most: usize::MAX, ..Job::default() })
        .unwrap();
    assert_eq!(all(&mut answer).await.len(), 4);
}

#[tokio::test]
async fn short_requests_do_not_stand_behind_long_ones_and_long_ones_do_not_starve() {
    let bench = bench("slots=1,decode=1000", Bounds::default());
    let first = bench.engine.submit(endless(100_000)).unwrap();
    until(|| bench.engine.load() == (1, 0)).await;
    let long = |length| Job { prompt: vec![1; length], ..endless(1) };
    let mut waiting: Vec<Answer> = [900, 800, 10, 20]
        .into_iter()
        .map(|length| bench.engine.submit(long(length)).unwrap())
        .collect();
    drop(first);
    let order = Arc::new(std::sync::Mutex::new(Vec::new()));
    let mut tasks = Vec::new();
    for (at, mut answer) in waiting.drain(..).enumerate() {
        let order = Arc::clone(&order);
        tasks.push(tokio::spawn(async move {
            all(&mut answer).await;
            order.lock().unwrap().push(at);
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    // The first submission took the oldest's turn; then the shortest, the oldest, the shortest.
    assert_eq!(*order.lock().unwrap(), [2, 0, 3, 1]);
}

#[tokio::test]
async fn a_slow_reader_holds_up_nobody_and_is_given_up() {
    let bounds = Bounds { stall: Duration::from_millis(300), ..Bounds::default() };
    let bench = bench("slots=2", bounds);
    let slow = bench.engine.submit(endless(100_000)).unwrap();
    let mut fast = bench.engine.submit(endless(2000)).unwrap();
    assert_eq!(all(&mut fast).await.len(), 2000);
    until_idle(&bench).await;
    assert_eq!(slow.outcome(), Outcome::Aborted);
    assert!(balanced(&bench));
}

#[tokio::test]
async fn a_reader_that_comes_back_in_time_misses_nothing() {
    let bench = bench("slots=1", Bounds::default());
    let mut answer = bench.engine.submit(endless(3000)).unwrap();
    tokio::time::sleep(Duration::from_millis(50)).await;
    let late = all(&mut answer).await;
    let prompt = all(&mut bench.engine.submit(endless(3000)).unwrap()).await;
    assert_eq!(late, prompt);
}

#[tokio::test]
async fn a_step_that_does_not_end_is_noticed_and_the_engine_recovers_when_it_does() {
    let bounds = Bounds { step: Duration::from_millis(50), ..Bounds::default() };
    let bench = bench("slots=1,decode=1000", bounds);
    let mut answer = bench.engine.submit(endless(50)).unwrap();
    next(&mut answer).await;
    bench.controls.stalled.store(true, Ordering::Release);
    until(|| matches!(bench.engine.health(), Health::Stuck(_))).await;
    assert!(matches!(bench.engine.submit(endless(1)), Err(Refusal::Closed(_))));
    bench.engine.fail_all("stuck");
    while !next(&mut answer).await.is_empty() {}
    assert_eq!(answer.outcome(), Outcome::Failed("stuck".into()));
    bench.controls.stalled.store(false, Ordering::Release);
    until(|| bench.engine.health() == Health::Well).await;
    assert_eq!(all(&mut bench.engine.submit(endless(5)).unwrap()).await.len(), 5);
    until_idle(&bench).await;
    assert!(balanced(&bench));
}

#[tokio::test]
async fn a_failed_step_fails_who_runs_and_nobody_else() {
    let bench = bench("slots=1,decode=1000", Bounds::default());
    let mut running = bench.engine.submit(endless(100_000)).unwrap();
    let mut waiting = bench.engine.submit(endless(5)).unwrap();
    next(&mut running).await;
    bench.controls.failing.store(true, Ordering::Release);
    all(&mut running).await;
    assert!(matches!(running.outcome(), Outcome::Failed(_)));
    assert_eq!(all(&mut waiting).await.len(), 5);
    assert_eq!(bench.engine.health(), Health::Well);
    bench.controls.broken.store(true, Ordering::Release);
    let mut last = bench.engine.submit(endless(5)).unwrap();
    all(&mut last).await;
    assert!(matches!(last.outcome(), Outcome::Failed(_)));
    until(|| bench.engine.health() == Health::Dead).await;
    assert!(matches!(bench.engine.submit(endless(5)), Err(Refusal::Closed(_))));
    assert!(balanced(&bench));
}

#[tokio::test]
async fn whatever_clients_do_every_job_ends_exactly_once() {
    let bounds = Bounds { waiting: 16, ..Bounds::default() };
    let bench = bench("slots=4,decode=20000", bounds);
    let started = Instant::now();
    let mut tasks = Vec::new();
    for at in 0..200u64 {
        let engine = bench.engine.clone();
        tasks.push(tokio::spawn(async move {
            tokio::time::sleep(Duration::from_micros(at * 131 % 40_000)).await;
            let Ok(mut answer) = engine.submit(endless(1 + (at * 37 % 400) as usize)) else {
                return;
            };
            match at % 3 {
                0 => drop(all(&mut answer).await),
                1 => drop(next(&mut answer).await),
                _ => tokio::time::sleep(Duration::from_micros(at * 57 % 9000)).await,
            }
            if at % 5 == 0 {
                answer.satisfy();
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    until_idle(&bench).await;
    assert!(balanced(&bench), "{:?} {:?}", bench.metrics.admitted, bench.metrics.endings());
    assert!(bench.metrics.admitted.get() > 0 && started.elapsed() > Duration::ZERO);
    assert_eq!(bench.engine.live(), 0);
}
