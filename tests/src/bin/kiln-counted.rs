//! `kiln` with an allocator that counts. For each line on the standard input, the bytes that are allocated
//! at the moment are a line on the standard output.
//!
//! What the process has of the system's memory says little about a leak: the C library keeps what was
//! freed. What is allocated and not freed says it to the byte.

#![allow(clippy::print_stdout, reason = "the count is what is asked for")]
#![allow(unsafe_code, reason = "an allocator cannot be written without")]

use std::alloc::{GlobalAlloc, Layout, System};
use std::io::stdin;
use std::process::ExitCode;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;

/// Bytes that are allocated and not freed.
static LIVE: AtomicUsize = AtomicUsize::new(0);

#[global_allocator]
static ALLOCATOR: Counted = Counted;

/// The system's allocator.
struct Counted;

impl Counted {
    /// Counts a block if there is one.
    fn taken(block: *mut u8, bytes: usize) -> *mut u8 {
        if !block.is_null() {
            LIVE.fetch_add(bytes, Ordering::Relaxed);
        }
        block
    }
}

// SAFETY: every call is passed on to the system's allocator as it came, and so is its result.
unsafe impl GlobalAlloc for Counted {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // SAFETY: the caller keeps the rules of this function, which are those of the system's.
        Self::taken(unsafe { System.alloc(layout) }, layout.size())
    }

    unsafe fn alloc_zeroed(&self, layout: Layout) -> *mut u8 {
        // SAFETY: as above.
        Self::taken(unsafe { System.alloc_zeroed(layout) }, layout.size())
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        // SAFETY: as above.
        unsafe { System.dealloc(block, layout) };
        LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
    }

    unsafe fn realloc(&self, block: *mut u8, layout: Layout, bytes: usize) -> *mut u8 {
        // SAFETY: as above.
        let moved = unsafe { System.realloc(block, layout, bytes) };
        if !moved.is_null() {
            LIVE.fetch_add(bytes, Ordering::Relaxed);
            LIVE.fetch_sub(layout.size(), Ordering::Relaxed);
        }
        moved
    }
}

fn main() -> ExitCode {
    thread::spawn(|| {
        for _ in stdin().lines().map_while(Result::ok) {
            println!("{}", LIVE.load(Ordering::Relaxed));
        }
    });
    kiln_server::run(std::env::args_os())
}
