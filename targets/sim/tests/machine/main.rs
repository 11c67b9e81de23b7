//! Launches from outside: geometry, registers at the start, barriers, atomics between workgroups, observers,
//! and the errors that a caller gets.

mod kernels;

use std::sync::{Arc, Mutex};

use kernels::object;
use kiln_sim::isa::Inst;
use kiln_sim::machine::{
    Cause, Groups, Launch, LaunchError, Machine, MemoryEvent, Observer, RunStats, Space, Touch,
    Wave, kernarg,
};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_targets::Target;

/// A machine with the kernels of `kernels.c` and a buffer of zeros.
struct Host {
    machine: Machine,
    buffer: u64,
    words: usize,
}

impl Host {
    fn new(words: usize) -> Self {
        let memory = Arc::new(Memory::new());
        let target = Target::builtin("gfx1151").expect("the target should be built in");
        let machine =
            Machine::new(&target, &object(), Arc::clone(&memory)).expect("the object should load");
        let size = 4 * words as u64;
        let buffer = memory
            .allocate("out", size, Access::ReadWrite, Storage::Dense)
            .expect("there should be room");
        Self { machine, buffer, words }
    }

    /// A launch with the buffer and a number as arguments.
    fn launch(&self, kernel: &str, grid: [u32; 3], block: [u32; 3], number: u32) -> Launch {
        let mut kernarg = self.buffer.to_le_bytes().to_vec();
        kernarg.extend(number.to_le_bytes());
        let info = self.machine.kernels().iter().find(|k| k.name == kernel);
        if let Some(info) = info {
            kernarg::fill_hidden(info, grid, block, 0, &mut kernarg);
        }
        Launch::new(kernel, grid, block, kernarg)
    }

    fn run(&self, launch: &Launch) -> Result<RunStats, LaunchError> {
        self.machine.run(launch, |_| ())
    }

    fn out(&self) -> Vec<u32> {
        let mut bytes = vec![0; 4 * self.words];
        self.machine.memory().read(self.buffer, &mut bytes).expect("the buffer should be readable");
        bytes.as_chunks::<4>().0.iter().map(|word| u32::from_le_bytes(*word)).collect()
    }

    fn cause(&self, launch: &Launch) -> (Cause, String) {
        match self.run(launch) {
            Err(LaunchError::Fault(fault)) => (fault.cause.clone(), fault.to_string()),
            other => panic!("not a fault: {other:?}"),
        }
    }
}

#[test]
fn every_work_item_knows_its_place_and_the_grid() {
    let (grid, block) = ([3, 2, 2], [5, 4, 3]);
    let items = 3 * 2 * 2 * 5 * 4 * 3;
    let host = Host::new(items);
    let stats = host.run(&host.launch("places", grid, block, 0)).unwrap();
    assert_eq!((stats.groups, stats.waves), (12, 24));
    let mut expected = vec![0; items];
    for (at, slot) in expected.iter_mut().enumerate() {
        let at = at as u32;
        let (x, y, z) = (at % 15, at / 15 % 8, at / 120);
        // Global x, y and z, and the sizes of the workgroup and of the grid in work-items.
        *slot = x | y << 4 | z << 8 | 5 << 12 | 3 << 16 | 15 << 20;
    }
    assert_eq!(host.out(), expected);
}

#[test]
fn waves_meet_at_barriers_and_share_lds() {
    let host = Host::new(256);
    host.run(&host.launch("reverse", [1, 1, 1], [256, 1, 1], 1000)).unwrap();
    let expected: Vec<u32> = (0..256).rev().map(|i| 1000 + i).collect();
    assert_eq!(host.out(), expected);
}

#[test]
fn waves_may_wait_for_each_other_through_memory() {
    let host = Host::new(64);
    host.run(&host.launch("relay", [1, 1, 1], [64, 1, 1], 0)).unwrap();
    assert_eq!(host.out()[..2], [1, 7]);
}

#[test]
fn atomics_of_all_workgroups_count_on_any_number_of_threads() {
    for threads in [1, 2, 5] {
        let host = Host::new(1);
        let launch = Launch { threads, ..host.launch("count", [40, 1, 1], [96, 1, 1], 3) };
        let stats = host.run(&launch).unwrap();
        assert_eq!(stats.groups, 40);
        assert_eq!(host.out(), [40 * 96 * 3]);
    }
}

#[test]
fn listed_workgroups_run_and_no_others() {
    let host = Host::new(96);
    let groups = Groups::Listed(vec![[2, 0, 0], [0, 0, 0]]);
    let launch = Launch { groups, ..host.launch("fill", [3, 1, 1], [32, 1, 1], 9) };
    assert_eq!(host.run(&launch).unwrap().groups, 2);
    let out = host.out();
    assert!(
        out[..32].iter().chain(&out[64..]).all(|x| *x == 9) && out[32..64].iter().all(|x| *x == 0)
    );
}

#[test]
fn a_machine_in_a_fork_runs_the_same_code_on_memory_of_its_own() {
    let host = Host::new(32);
    let launch = |with| host.launch("fill", [1, 1, 1], [32, 1, 1], with);
    host.run(&launch(3)).unwrap();
    let fork = Arc::new(host.machine.memory().fork());
    let other = host.machine.within(Arc::clone(&fork));
    assert_eq!(other.run(&launch(9), |_| ()).unwrap().groups, 1);
    drop(other);
    let mut word = [0; 4];
    fork.read(host.buffer + 4 * 31, &mut word).unwrap();
    assert_eq!((u32::from_le_bytes(word), host.out()[31]), (9, 3));
    // The code is still there for both.
    host.run(&launch(5)).unwrap();
    host.machine.within(Arc::clone(&fork)).run(&launch(7), |_| ()).unwrap();
    assert_eq!(host.out(), [5; 32]);
}

#[test]
fn private_arrays_and_calls_work() {
    let host = Host::new(64);
    host.run(&host.launch("private_array", [1, 1, 1], [64, 1, 1], 5)).unwrap();
    // Each work-item sorts seven numbers of its own and keeps the fifth.
    let expected: Vec<u32> = (0..64u32)
        .map(|i| {
            let mut numbers: Vec<u32> = (0..7).map(|k| (i * 37 + k * 11) % 101).collect();
            numbers.sort_unstable();
            numbers[5]
        })
        .collect();
    assert_eq!(host.out(), expected);
}

#[test]
fn a_store_beyond_the_buffer_names_kernel_place_and_allocation() {
    let host = Host::new(40);
    let (cause, text) = host.cause(&host.launch("fill", [2, 1, 1], [32, 1, 1], 1));
    assert!(matches!(cause, Cause::Memory(_)));
    for part in ["fill, group (1, 0, 0), wave 0, lane 8", "global_store_b32", "`out` (160 bytes"] {
        assert!(text.contains(part), "{text} lacks {part}");
    }
}

#[test]
fn a_kernel_without_end_uses_up_its_budget() {
    let host = Host::new(1);
    let launch = Launch { budget: 100_000, ..host.launch("endless", [1, 1, 1], [32, 1, 1], 1) };
    assert_eq!(host.cause(&launch).0, Cause::Budget(100_000));
}

#[test]
fn launches_that_cannot_be_say_what_would_do() {
    let host = Host::new(1);
    let text = |launch: &Launch| host.run(launch).unwrap_err().to_string();
    let launch = host.launch("fill", [1, 1, 1], [32, 1, 1], 0);
    assert!(text(&Launch { kernel: "full".into(), ..launch.clone() }).contains("fill"));
    assert!(text(&Launch { block: [2000, 1, 1], ..launch.clone() }).contains("1 to 256"));
    assert!(text(&Launch { block: [0, 1, 1], ..launch.clone() }).contains("0 work-items"));
    assert!(text(&Launch { dynamic_lds: 70_000, ..launch.clone() }).contains("65536"));
    let groups = Groups::Listed(vec![[1, 0, 0]]);
    assert!(text(&Launch { groups, ..launch.clone() }).contains("not in the grid"));
    let nothing = Launch { grid: [0, 5, 5], ..launch };
    assert_eq!(host.run(&nothing).unwrap(), RunStats::default());
}

/// Writes down what it sees.
struct Notes(Arc<Mutex<Vec<String>>>);

impl Notes {
    fn add(&self, text: String) {
        self.0.lock().expect("nobody should have panicked").push(text);
    }
}

impl Observer for Notes {
    fn group_start(&mut self, group: &kiln_sim::machine::GroupInfo<'_>) {
        self.add(format!(
            "group {:?} of {} waves, {} bytes of LDS",
            group.id, group.waves, group.lds
        ));
    }

    fn wave_start(&mut self, wave: &Wave, initial: kiln_sim::machine::Initial) {
        assert_eq!((initial.vgprs, wave.exec()), (1, u32::MAX));
        self.add(format!("wave {}", wave.index()));
    }

    fn issue(&mut self, wave: &Wave, pc: u64, inst: &Inst) {
        assert_eq!(wave.pc(), pc);
        let name = inst.op.name();
        if name.starts_with("ds_") || name == "s_barrier" {
            self.add(format!("{name} by {}", wave.index()));
        }
    }

    fn memory(&mut self, wave: &Wave, event: &MemoryEvent<'_>) {
        if event.space == Space::Lds && event.touch == Touch::Store {
            let (first, last) = (event.addresses[0], event.addresses[31]);
            self.add(format!("{} bytes at {first} to {last} by {}", event.size, wave.index()));
        }
    }

    fn barrier(&mut self, wave: &Wave) {
        self.add(format!("barrier {}", wave.index()));
    }

    fn barrier_released(&mut self) {
        self.add("released".to_owned());
    }

    fn wave_end(&mut self, wave: &Wave) {
        self.add(format!("end {}", wave.index()));
    }

    fn group_end(&mut self) {
        self.add("group ends".to_owned());
    }
}

#[test]
fn an_observer_sees_events_in_the_order_of_execution() {
    let host = Host::new(64);
    let notes = Arc::new(Mutex::new(Vec::new()));
    let launch = host.launch("reverse", [1, 1, 1], [64, 1, 1], 0);
    host.machine.run(&launch, |_| Notes(Arc::clone(&notes))).unwrap();
    let seen = notes.lock().unwrap().join("; ");
    let expected = "group [0, 0, 0] of 2 waves, 1024 bytes of LDS; wave 0; wave 1; \
        ds_store_b32 by 0; 4 bytes at 0 to 124 by 0; s_barrier by 0; barrier 0; \
        ds_store_b32 by 1; 4 bytes at 128 to 252 by 1; s_barrier by 1; barrier 1; released; \
        ds_load_b32 by 0; end 0; ds_load_b32 by 1; end 1; group ends";
    assert_eq!(seen, expected);
}

#[test]
fn memory_that_a_launch_needs_is_given_back() {
    let host = Host::new(64);
    let before = host.machine.memory().view().allocations().len();
    host.run(&host.launch("fill", [2, 1, 1], [32, 1, 1], 4)).unwrap();
    assert_eq!(host.machine.memory().view().allocations().len(), before);
    let memory = Arc::clone(host.machine.memory());
    drop(host);
    assert_eq!(memory.view().allocations().len(), 1);
}
