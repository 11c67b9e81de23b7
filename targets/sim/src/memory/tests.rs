//! What an address space promises, seen from outside.

use std::sync::Arc;

use super::*;

fn space(size: u64, storage: Storage) -> (Memory, u64) {
    let memory = Memory::new();
    let base = memory.allocate("x", size, Access::ReadWrite, storage).unwrap();
    (memory, base)
}

#[test]
fn bytes_come_back_at_every_alignment_and_across_pages() {
    for storage in [Storage::Dense, Storage::Sparse] {
        let (memory, base) = space(3 * PAGE as u64, storage);
        for offset in (0..9).chain(PAGE as u64 - 9..PAGE as u64 + 9) {
            let bytes: Vec<u8> = (0..11).map(|i: u8| i.wrapping_add(offset as u8)).collect();
            memory.write(base + offset, &bytes).unwrap();
            let mut back = vec![0; 11];
            memory.read(base + offset, &mut back).unwrap();
            assert_eq!(back, bytes, "{storage:?} at {offset}");
        }
    }
}

#[test]
fn a_write_leaves_the_bytes_beside_it() {
    let (memory, base) = space(16, Storage::Dense);
    memory.write(base, &[0xff; 16]).unwrap();
    memory.write(base + 3, &[1, 2]).unwrap();
    let mut back = [0; 8];
    memory.read(base, &mut back).unwrap();
    assert_eq!(back, [0xff, 0xff, 0xff, 1, 2, 0xff, 0xff, 0xff]);
}

#[test]
fn untouched_pages_read_as_zeros_and_are_not_made() {
    let sparse = Arc::new(Sparse::new(1 << 30));
    let memory = Memory::new();
    memory.register("s", 0x10_0000, 1 << 30, Access::ReadWrite, sparse.clone()).unwrap();
    let mut bytes = [7; 64];
    memory.read(0x10_0000 + (1 << 29), &mut bytes).unwrap();
    assert_eq!(bytes, [0; 64]);
    assert_eq!(sparse.touched(), 0);
    memory.write(0x10_0000 + (1 << 29), &[1]).unwrap();
    assert_eq!(sparse.touched(), 1);
}

#[test]
fn an_access_past_the_end_names_the_allocation() {
    let (memory, base) = space(10, Storage::Dense);
    let error = memory.read(base + 8, &mut [0; 4]).unwrap_err();
    assert_eq!(error.problem, Problem::PastTheEnd);
    let text = error.to_string();
    assert!(text.contains("byte 8 of `x` (10 bytes"), "{text}");
}

#[test]
fn a_wild_access_names_the_nearest_allocation() {
    let memory = Memory::new();
    assert_eq!(memory.read(64, &mut [0]).unwrap_err().nearest, None);
    let first = memory.allocate("first", 100, Access::ReadWrite, Storage::Dense).unwrap();
    let second = memory.allocate("second", 100, Access::ReadWrite, Storage::Dense).unwrap();
    assert!(second - first > GUARD);
    let near = |address| memory.read(address, &mut [0]).unwrap_err().nearest.unwrap().name;
    assert_eq!(near(first + 100), "first");
    assert_eq!(near(second - 1), "second");
    assert_eq!(near(0), "first");
    assert_eq!(near(u64::MAX), "second");
}

#[test]
fn lanes_touch_constants_only_if_all_of_their_bytes_may_only_be_read() {
    let memory = Memory::new();
    let constant = memory.allocate("w", 256, Access::Read, Storage::Dense).unwrap();
    let other = memory.allocate("y", 256, Access::ReadWrite, Storage::Dense).unwrap();
    let view = memory.view();
    let mut addresses: [u64; 32] = std::array::from_fn(|lane| constant + 8 * lane as u64);
    assert!(view.is_constant(u32::MAX, &addresses, 8));
    // The last lane runs past the end; without it all is well.
    assert!(!view.is_constant(u32::MAX, &addresses, 12));
    assert!(view.is_constant(u32::MAX >> 1, &addresses, 12));
    addresses[7] = other;
    assert!(!view.is_constant(u32::MAX, &addresses, 8));
    assert!(view.is_constant(!(1 << 7), &addresses, 8));
    assert!(!view.is_constant(1 << 7, &addresses, 8));
    assert!(!view.is_constant(0, &addresses, 8));
}

#[test]
fn kernels_cannot_write_what_they_may_only_read_and_hosts_can() {
    let memory = Memory::new();
    let base = memory.allocate("code", 8, Access::Read, Storage::Dense).unwrap();
    memory.write(base, &[1]).unwrap();
    let view = memory.view();
    assert_eq!(view.write(base, &[2]).unwrap_err().problem, Problem::ReadOnly);
    assert_eq!(view.update32(base, |x| x).unwrap_err().problem, Problem::ReadOnly);
    assert_eq!(view.run(base, 4, true).unwrap_err().problem, Problem::ReadOnly);
}

#[test]
fn updates_ask_for_their_alignment() {
    let (memory, base) = space(64, Storage::Dense);
    let view = memory.view();
    let problem = view.update32(base + 2, |x| x).unwrap_err().problem;
    assert_eq!(problem, Problem::Misaligned { alignment: 4 });
    let problem = view.update64(base + 4, |x| x).unwrap_err().problem;
    assert_eq!(problem, Problem::Misaligned { alignment: 8 });
}

#[test]
fn updates_from_several_threads_all_count() {
    let (memory, base) = space(64, Storage::Sparse);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| {
                let view = memory.view();
                for _ in 0..1000 {
                    view.update32(base, |x| x + 1).unwrap();
                    view.update64(base + 8, |x| x + (1 << 31)).unwrap();
                }
            });
        }
    });
    let mut bytes = [0; 16];
    memory.read(base, &mut bytes).unwrap();
    assert_eq!(u32::from_le_bytes(bytes[..4].try_into().unwrap()), 4000);
    assert_eq!(u64::from_le_bytes(bytes[8..].try_into().unwrap()), 4000 << 31);
}

#[test]
fn allocations_never_meet() {
    let memory = Memory::new();
    let place = |base, size| {
        memory.register("r", base, size, Access::ReadWrite, Arc::new(Dense::new(size)))
    };
    place(100, 50).unwrap();
    assert!(matches!(place(149, 1), Err(AllocationError::Overlap { .. })));
    assert!(matches!(place(90, 20), Err(AllocationError::Overlap { .. })));
    place(150, 1).unwrap();
    place(99, 1).unwrap();
    assert!(matches!(place(u64::MAX - 3, 8), Err(AllocationError::Size { .. })));
    assert!(matches!(place(0, 0), Err(AllocationError::Size { .. })));
}

#[test]
fn a_base_may_lie_inside_a_word() {
    let memory = Memory::new();
    memory.register("odd", 0x1003, 6, Access::ReadWrite, Arc::new(Dense::new(9))).unwrap();
    memory.write(0x1003, &[1, 2, 3, 4, 5, 6]).unwrap();
    let mut bytes = [0; 6];
    memory.read(0x1003, &mut bytes).unwrap();
    assert_eq!(bytes, [1, 2, 3, 4, 5, 6]);
    assert!(memory.read(0x1002, &mut [0]).is_err());
    assert!(memory.read(0x1009, &mut [0]).is_err());
    let view = memory.view();
    let run = view.run(0x1004, 4, false).unwrap();
    assert!(run.covers(0x1005, 4) && !run.covers(0x1006, 4) && !run.covers(0x1003, 1));
}

#[test]
fn a_view_keeps_what_is_freed_later() {
    let (memory, base) = space(8, Storage::Dense);
    memory.write(base, &[9]).unwrap();
    let view = memory.view();
    memory.free(base).unwrap();
    let mut byte = [0];
    view.read(base, &mut byte).unwrap();
    assert_eq!(byte, [9]);
    assert!(memory.read(base, &mut byte).is_err());
    assert_eq!(memory.free(base), Err(AllocationError::NotAllocated { base }));
}
