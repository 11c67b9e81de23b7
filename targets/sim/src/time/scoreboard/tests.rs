use super::super::demand::Registers;
use super::super::trace::WaveTrace;
use super::*;

const CLOCKS: Clocks = Clocks {
    lds: 64,
    scalar: 200,
    near: 120,
    far: 500,
    barrier: 10,
    jump: 10,
    queue: 32,
    lds_sharing: 4,
    memory_sharing: 2,
};

fn demand(unit: Unit, cycles: u32, latency: u32) -> Demand {
    Demand {
        unit,
        cycles,
        latency,
        counter: match unit {
            Unit::Lds => Some(Counter::Lgkm),
            Unit::Load => Some(Counter::Vm),
            _ => None,
        },
        waits: [ANY; Counter::COUNT],
        reads: Vec::new(),
        writes: Vec::new(),
        bytes: 4,
    }
}

/// A vector instruction that needs the result of the one before.
fn chained() -> Demand {
    let register = vec![Registers { first: 7, count: 1 }];
    Demand { reads: register.clone(), writes: register, ..demand(Unit::Valu, 1, 5) }
}

fn wait(counter: Counter) -> Demand {
    let mut wait = demand(Unit::Wait, 1, 1);
    wait.waits[counter as usize] = 0;
    wait
}

/// Clocks of waves of one workgroup that each follow a path, and what they wait for.
fn follow(code: &[Demand], path: &[u32], waves: usize) -> Run {
    let step = |at: &u32| {
        let cost = u16::from(code[*at as usize].counter.is_some());
        Step { at: *at, cost, reach: Reach::Near }
    };
    let trace = WaveTrace { steps: path.iter().map(step).collect() };
    let path = Excerpt::of(&trace, usize::MAX);
    let waves = vec![Resident { path: &path, group: 0, start: 0 }; waves];
    run(code, CLOCKS, &waves, 100)
}

#[test]
fn independent_instructions_issue_every_clock_and_dependent_ones_wait() {
    let free = follow(&[demand(Unit::Valu, 1, 5)], &[0; 100], 1);
    assert_eq!(free.clocks, 100.0);
    let bound = follow(&[chained()], &[0; 100], 1);
    assert_eq!(bound.clocks, 99.0 * 5.0 + 1.0);
    assert_eq!(bound.causes[Cause::Dependency as usize], 99.0 * 4.0);
}

#[test]
fn other_waves_fill_the_clocks_in_which_one_waits() {
    let five = follow(&[chained()], &[0; 100], 5);
    assert!(five.clocks <= 510.0, "{}", five.clocks);
    let ten = follow(&[chained()], &[0; 100], 10);
    assert!(ten.clocks >= 1000.0 && ten.clocks <= 1020.0, "{}", ten.clocks);
}

#[test]
fn matrix_instructions_keep_the_vector_unit_from_all_waves() {
    let run = follow(&[demand(Unit::Wmma, 32, 36)], &[0; 50], 2);
    assert!((run.clocks - 100.0 * 32.0).abs() <= 32.0, "{}", run.clocks);
    assert!(run.causes[Cause::Matrix as usize] > 1000.0);
}

#[test]
fn data_are_awaited_through_counters_only() {
    let code = [demand(Unit::Load, 1, 1), demand(Unit::Valu, 1, 5), wait(Counter::Vm)];
    let unaware = follow(&code, &[0, 1], 1);
    assert_eq!(unaware.clocks, 2.0);
    let aware = follow(&code, &[0, 2, 1], 1);
    assert!(aware.clocks > 120.0 && aware.clocks < 130.0, "{}", aware.clocks);
    assert!(aware.causes[Cause::MemoryData as usize] > 110.0);
}

#[test]
fn a_barrier_opens_for_all_when_the_last_arrives() {
    let code = [demand(Unit::Valu, 1, 5), demand(Unit::Barrier, 1, 1)];
    let run = follow(&code, &[0, 1, 0], 4);
    let opened: Vec<u64> = run
        .events
        .iter()
        .filter(|event| event.at == 0 && event.issued > 9)
        .map(|e| e.issued)
        .collect();
    assert_eq!(opened.len(), 4, "every wave goes on after the barrier");
    assert!(run.causes[Cause::Barrier as usize] >= 10.0);
}

#[test]
fn accesses_queue_before_a_shared_lds() {
    let run = follow(&[demand(Unit::Lds, 1, 1)], &[0; 200], 1);
    let busy = 200.0 * 4.0 - f64::from(u32::try_from(CLOCKS.queue).unwrap());
    assert!(run.clocks >= busy - 8.0, "{}", run.clocks);
    assert!(run.causes[Cause::LdsBusy as usize] > 0.0);
}

#[test]
fn a_loop_that_is_left_out_takes_the_time_of_one_that_is_not() {
    let code = [chained(), demand(Unit::Valu, 1, 5), demand(Unit::Branch, 1, 1)];
    let path: Vec<u32> = (0..400).flat_map(|_| [0, 1, 0, 2]).collect();
    let steps = path.iter().map(|at| Step { at: *at, cost: 0, reach: Reach::Near }).collect();
    let trace = WaveTrace { steps };
    let time = |budget| {
        let path = Excerpt::of(&trace, budget);
        let waves =
            [0, 1, 2].map(|group| Resident { path: &path, group, start: 40 * group as u64 });
        run(&code, CLOCKS, &waves, 0).clocks
    };
    let (whole, excerpt) = (time(usize::MAX), time(200));
    assert!((excerpt / whole - 1.0).abs() < 0.02, "{excerpt} for {whole}");
}
