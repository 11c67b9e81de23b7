//! Engines that fail, and those that take their place.

use super::*;
use crate::engine::Rebuild;

fn bounds(rebuild: Rebuild) -> Bounds {
    Bounds { step: Duration::from_millis(50), rebuild, ..Bounds::default() }
}

/// A job that runs and one that waits for its slot.
async fn two(bench: &Bench) -> (Answer, Answer) {
    let mut running = bench.engine.submit(endless(100_000)).unwrap();
    let waiting = bench.engine.submit(endless(5)).unwrap();
    next(&mut running).await;
    (running, waiting)
}

/// The rest of an answer that fails.
async fn failure(answer: &mut Answer) -> String {
    while !next(answer).await.is_empty() {}
    match answer.outcome() {
        Outcome::Failed(why) => why,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mistake_ends_who_runs_and_who_waits_is_served_by_the_next_engine() {
    for rebuild in [Rebuild::AfterMistakes, Rebuild::Always] {
        let bench = bench("slots=1,decode=1000", bounds(rebuild));
        let (mut running, mut waiting) = two(&bench).await;
        bench.controls.mistaken.store(true, Ordering::Release);
        assert_eq!(failure(&mut running).await, "the engine failed");
        assert_eq!(all(&mut waiting).await.len(), 5);
        until(|| bench.engine.health() == Health::Well).await;
        assert_eq!(bench.metrics.rebuilds.get(), 1);
        until_idle(&bench).await;
        assert!(balanced(&bench));
    }
}

#[tokio::test]
async fn what_the_process_cannot_get_rid_of_ends_the_engine_for_good() {
    for (rebuild, fatal) in [(Rebuild::Never, false), (Rebuild::AfterMistakes, true)] {
        let bench = bench("slots=1,decode=1000", bounds(rebuild));
        let (mut running, mut waiting) = two(&bench).await;
        let fault = if fatal { &bench.controls.broken } else { &bench.controls.mistaken };
        fault.store(true, Ordering::Release);
        failure(&mut running).await;
        assert!(failure(&mut waiting).await.contains("started anew"));
        until(|| bench.engine.health() == Health::Dead).await;
        assert!(matches!(bench.engine.submit(endless(5)), Err(Refusal::Closed(_))));
        assert_eq!((bench.engine.load(), bench.metrics.rebuilds.get()), ((0, 0), 0));
        assert!(balanced(&bench));
    }
}

#[tokio::test]
async fn a_step_that_does_not_end_is_left_alone_and_changes_nothing_when_it_does() {
    let bench = bench("slots=1,decode=1000", bounds(Rebuild::Always));
    assert!(!bench.engine.replace_stuck(), "nothing is stuck");
    let (mut running, mut waiting) = two(&bench).await;
    let holders = Arc::strong_count(&bench.controls);
    bench.controls.stalled.store(true, Ordering::Release);
    until(|| matches!(bench.engine.health(), Health::Stuck(_))).await;
    assert!(bench.engine.replace_stuck() && !bench.engine.replace_stuck());
    assert_eq!(failure(&mut running).await, "the engine does not answer");
    // The one that hangs still has what it held.
    until(|| Arc::strong_count(&bench.controls) == holders + 1).await;
    bench.controls.stalled.store(false, Ordering::Release);
    assert_eq!(all(&mut waiting).await.len(), 5);
    until(|| Arc::strong_count(&bench.controls) == holders).await;
    assert_eq!(bench.engine.health(), Health::Well);
    assert_eq!(all(&mut bench.engine.submit(endless(7)).unwrap()).await.len(), 7);
    until_idle(&bench).await;
    assert!(balanced(&bench));
}

#[tokio::test]
async fn a_step_is_not_left_alone_where_the_device_would_hang_with_it() {
    let bench = bench("slots=1,decode=1000", bounds(Rebuild::AfterMistakes));
    let _jobs = two(&bench).await;
    bench.controls.stalled.store(true, Ordering::Release);
    until(|| matches!(bench.engine.health(), Health::Stuck(_))).await;
    assert!(!bench.engine.replace_stuck());
    bench.controls.stalled.store(false, Ordering::Release);
    until(|| bench.engine.health() == Health::Well).await;
}

#[tokio::test]
async fn an_engine_that_cannot_be_made_is_tried_again_and_nobody_waits_for_it() {
    let bench = bench("slots=1,decode=1000", bounds(Rebuild::Always));
    let (mut running, mut waiting) = two(&bench).await;
    bench.controls.unmade.store(true, Ordering::Release);
    bench.controls.mistaken.store(true, Ordering::Release);
    failure(&mut running).await;
    failure(&mut waiting).await;
    assert_eq!(bench.engine.health(), Health::Rebuilding);
    let Err(Refusal::Closed(why)) = bench.engine.submit(endless(1)) else { panic!() };
    assert!(why.contains("made anew"), "{why}");
    bench.controls.unmade.store(false, Ordering::Release);
    until(|| bench.engine.health() == Health::Well).await;
    assert_eq!(all(&mut bench.engine.submit(endless(5)).unwrap()).await.len(), 5);
    until_idle(&bench).await;
    assert!(balanced(&bench));
}
