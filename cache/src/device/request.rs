//! What the tuner asks of the process that owns the device.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::Fill;

/// One request; each is answered by exactly one [`Response`](super::Response).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Request {
    /// Opens the conversation; answered with `Info`.
    Hello {
        /// The asking side's protocol version.
        protocol: u32,
    },
    /// Loads a linked code object; answered with `Ok`.
    LoadObject {
        /// Id by which launches refer to it.
        id: u32,
        /// Absolute path of the object.
        path: PathBuf,
    },
    /// Unloads a code object; answered with `Ok`.
    UnloadObject {
        /// Id given when it was loaded.
        id: u32,
    },
    /// Makes a buffer; answered with `Ok`.
    Alloc(Buffer),
    /// Copies a part of a buffer out; answered with `Data` or, into a file, with `Ok`.
    Read {
        /// The buffer.
        id: u32,
        /// Which of its copies.
        copy: u32,
        /// First byte.
        offset: u64,
        /// Number of bytes.
        bytes: u64,
        /// Where they go.
        into: ReadTarget,
    },
    /// Compares the guard bytes around every copy of a buffer with their pattern; answered with
    /// `Ok` or an error of kind `RedZone` that names the first damaged byte.
    CheckRedZones {
        /// The buffer.
        id: u32,
    },
    /// Frees a buffer; answered with `Ok`.
    Free {
        /// The buffer.
        id: u32,
    },
    /// Launches once and waits; answered with `Ok`.
    Launch(LaunchSpec),
    /// Times launches round robin; answered with `Samples`.
    Time(Timing),
    /// Times the worker's fixed reference work; answered with `Figure` in microseconds.
    Canary,
    /// Measures the read bandwidth of memory beyond every cache; answered with `Figure` in bytes
    /// per second.
    BandwidthProbe {
        /// Threads to read with; 0 means all. Ignored by devices without threads.
        threads: u32,
    },
    /// Measures a peak rate of arithmetic; answered with `Figure` in operations per second, a
    /// multiply-add counting as two.
    PeakProbe {
        /// The arithmetic.
        peak: Peak,
        /// Threads to compute with; 0 means all. Ignored by devices without threads.
        threads: u32,
    },
    /// Ends the worker; answered with `Ok` first.
    Shutdown,
}

/// The arithmetic of a peak probe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Peak {
    /// 8-bit integer products summed by fours into 32 bits.
    Dot4I8,
    /// 32-bit float multiply-adds.
    FmaF32,
    /// 16-bit float matrix products.
    MatrixF16,
    /// 8-bit integer matrix products.
    MatrixI8,
    /// 4-bit integer matrix products.
    MatrixI4,
}

/// A buffer to make.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Buffer {
    /// Id by which launches refer to it.
    pub id: u32,
    /// Size of one copy in bytes.
    pub bytes: u64,
    /// Contents of each copy.
    pub fill: Fill,
    /// Number of equal copies, at least 1; timing rotates through them to keep operands cold.
    pub copies: u32,
    /// Guard bytes before and after each copy; a multiple of 256, 0 for none.
    pub red_zone: u32,
}

/// Where the bytes of a read go.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ReadTarget {
    /// Into the response; for at most 1 MiB.
    Inline,
    /// Into a new file at this absolute path.
    File(PathBuf),
}

/// A pointer to be written into an argument block.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Relocation {
    /// Byte offset of the 8-byte pointer in the argument block.
    pub at: u32,
    /// The buffer it points to.
    pub buffer: u32,
    /// Bytes added to the buffer's start.
    pub plus: u64,
}

/// One launch.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchSpec {
    /// The code object.
    pub object: u32,
    /// Symbol of the kernel in it.
    pub symbol: String,
    /// Workgroups along x, y and z.
    pub grid: [u32; 3],
    /// Threads of a workgroup.
    pub threads: u32,
    /// Local memory of a workgroup, in bytes.
    pub lds_bytes: u32,
    /// The argument block; pointers are zero until relocated.
    #[serde(with = "hex")]
    pub kernarg: Vec<u8>,
    /// The pointers in it.
    pub relocations: Vec<Relocation>,
}

/// Launches to be timed against each other: one sample of each per round.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Timing {
    /// The launches.
    pub launches: Vec<LaunchSpec>,
    /// Rounds, and so samples of each launch.
    pub samples: u32,
    /// Repeats a launch within a sample until the sample is at least this long, in microseconds.
    pub min_sample_us: f64,
    /// What is kept cold.
    pub cold: Cold,
    /// Host threads to run on; 0 means all. Ignored by devices without threads.
    pub threads: u32,
}

/// Which operands are cold at each launch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cold {
    /// Buffers whose copies are used in turn, one per launch.
    pub rotate: Vec<u32>,
}
