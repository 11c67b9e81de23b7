//! What the device says of itself: one table of facts behind both layouts of `hipDeviceProp_t`
//! and behind the numbers of `hipDeviceAttribute_t`.
//!
//! Facts come from the target file; what that file does not say (memory clock, textures, PCI)
//! is zero in a structure and an unknown attribute otherwise.

use kiln_targets::Target;

use crate::error::{Error, Result};

/// One fact about the device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fact {
    Name,
    Arch,
    GlobalMemory,
    SharedPerBlock,
    SharedPerProcessor,
    ConstantMemory,
    Registers,
    WarpSize,
    ThreadsPerBlock,
    ThreadsPerProcessor,
    BlocksPerProcessor,
    BlockDims,
    BlockDim,
    GridDims,
    GridDimX,
    GridDimYz,
    ClockKhz,
    WallClockKhz,
    Major,
    Minor,
    Processors,
    PhysicalProcessors,
    L2Cache,
    MaxVgprs,
    Pitch,
    Yes,
    No,
}

/// What a fact says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Figure {
    /// A C string in a field of 256 bytes.
    Text(String),
    /// A `size_t`.
    Size(u64),
    /// An `int`.
    Int(u32),
    /// An `int[3]`.
    Dims([u32; 3]),
}

/// Most threads of a block along one axis, and most blocks of a grid along x and along y or z.
const BLOCK_DIM: u32 = 1024;
const GRID_X: u32 = i32::MAX as u32;
const GRID_YZ: u32 = u16::MAX as u32;
/// Ticks of the constant clock behind `wall_clock64()`: 100 MHz on every gfx11 (ISA, S_MEMREALTIME).
const WALL_CLOCK_KHZ: u32 = 100_000;

/// The device as HIP describes it.
#[derive(Debug)]
pub(crate) struct Properties {
    target: Target,
    memory: u64,
}

impl Properties {
    /// A device of that target with so many bytes of memory.
    pub(crate) fn new(target: Target, memory: u64) -> Self {
        Self { target, memory }
    }

    /// The chip.
    pub(crate) fn target(&self) -> &Target {
        &self.target
    }

    /// The device's name, for people.
    pub(crate) fn name(&self) -> String {
        format!("{} (Kiln simulator)", self.target.description)
    }

    /// Bytes of device memory.
    pub(crate) fn memory(&self) -> u64 {
        self.memory
    }

    /// What HIP counts as multiprocessors: work-group processors.
    pub(crate) fn processors(&self) -> u32 {
        let timing = &self.target.timing;
        timing.simds().unwrap_or(self.target.simds_per_wgp) / self.target.simds_per_wgp
    }

    /// What a fact says of this device.
    pub(crate) fn figure(&self, fact: Fact) -> Figure {
        let target = &self.target;
        let lanes = target.lanes;
        let waves = target.max_waves_per_simd * target.simds_per_wgp;
        let [major, minor] = version(&target.cpu);
        match fact {
            Fact::Name => Figure::Text(self.name()),
            Fact::Arch => Figure::Text(target.cpu.clone()),
            Fact::GlobalMemory => Figure::Size(self.memory),
            Fact::SharedPerBlock => Figure::Size(target.lds_bytes_per_group.into()),
            Fact::SharedPerProcessor => Figure::Size(target.lds_bytes_per_wgp.into()),
            Fact::ConstantMemory | Fact::Pitch => Figure::Size(GRID_X.into()),
            Fact::Registers => Figure::Int(target.vgprs_per_simd * target.simds_per_wgp * lanes),
            Fact::WarpSize => Figure::Int(lanes),
            Fact::ThreadsPerBlock => Figure::Int(target.max_waves_per_group * lanes),
            Fact::ThreadsPerProcessor => Figure::Int(waves * lanes),
            Fact::BlocksPerProcessor => Figure::Int(waves),
            Fact::BlockDims => Figure::Dims([BLOCK_DIM; 3]),
            Fact::BlockDim => Figure::Int(BLOCK_DIM),
            Fact::GridDims => Figure::Dims([GRID_X, GRID_YZ, GRID_YZ]),
            Fact::GridDimX => Figure::Int(GRID_X),
            Fact::GridDimYz => Figure::Int(GRID_YZ),
            Fact::ClockKhz => {
                Figure::Int((target.timing.clock_ghz.unwrap_or(0.0) * 1e6).round() as u32)
            }
            Fact::WallClockKhz => Figure::Int(WALL_CLOCK_KHZ),
            Fact::Major => Figure::Int(major),
            Fact::Minor => Figure::Int(minor),
            Fact::Processors => Figure::Int(self.processors()),
            Fact::PhysicalProcessors => Figure::Int(target.timing.compute_units.unwrap_or(0)),
            Fact::L2Cache => Figure::Int(target.timing.l2_bytes.unwrap_or(0) as u32),
            Fact::MaxVgprs => Figure::Int(target.max_vgprs),
            Fact::Yes => Figure::Int(1),
            Fact::No => Figure::Int(0),
        }
    }

    /// The value of an attribute, by its number in `hipDeviceAttribute_t`.
    ///
    /// # Errors
    /// If the number is not an attribute that the target file answers.
    pub(crate) fn attribute(&self, number: i32) -> Result<i32> {
        let row = ATTRIBUTES.iter().find(|(known, _)| *known == number);
        let (_, fact) = row.ok_or(Error::InvalidValue)?;
        match self.figure(*fact) {
            Figure::Int(value) => Ok(value as i32),
            // Sizes beyond an int are cut at the largest int, as the real runtime does.
            Figure::Size(value) => Ok(value.min(i32::MAX as u64) as i32),
            Figure::Text(_) | Figure::Dims(_) => Err(Error::InvalidValue),
        }
    }

    /// The bytes of a property structure.
    pub(crate) fn structure(&self, layout: &Layout) -> Vec<u8> {
        let mut bytes = vec![0; layout.size];
        for (offset, fact) in layout.fields {
            let figure = match self.figure(*fact) {
                Figure::Text(text) => text.into_bytes(),
                Figure::Size(size) => size.to_le_bytes().to_vec(),
                Figure::Int(value) => value.to_le_bytes().to_vec(),
                Figure::Dims(dims) => dims.iter().flat_map(|dim| dim.to_le_bytes()).collect(),
            };
            bytes[*offset..*offset + figure.len()].copy_from_slice(&figure);
        }
        bytes
    }
}

/// Major and minor version in a chip's name: the digits before the last two, and the last but one.
fn version(cpu: &str) -> [u32; 2] {
    let digits = cpu.trim_start_matches(|c: char| !c.is_ascii_digit());
    let split = digits.len().saturating_sub(2);
    let number = |text: Option<&str>| text.and_then(|text| u32::from_str_radix(text, 16).ok());
    let major = digits.get(..split).and_then(|text| text.parse().ok());
    [major.unwrap_or(0), number(digits.get(split..split + 1)).unwrap_or(0)]
}

/// A structure: its size and where its fields lie. Fields not listed are zero.
#[derive(Debug)]
pub(crate) struct Layout {
    pub(crate) size: usize,
    fields: &'static [(usize, Fact)],
}

/// `hipDeviceProp_tR0600`, the structure since ROCm 6.0.
pub(crate) const R0600: Layout = Layout {
    size: 1472,
    fields: &[
        (0, Fact::Name),
        (288, Fact::GlobalMemory),
        (296, Fact::SharedPerBlock),
        (304, Fact::Registers),
        (308, Fact::WarpSize),
        (312, Fact::Pitch),
        (320, Fact::ThreadsPerBlock),
        (324, Fact::BlockDims),
        (336, Fact::GridDims),
        (348, Fact::ClockKhz),
        (352, Fact::ConstantMemory),
        (360, Fact::Major),
        (364, Fact::Minor),
        (388, Fact::Processors),
        (396, Fact::Yes), // integrated
        (400, Fact::Yes), // canMapHostMemory
        (576, Fact::Yes), // concurrentKernels
        (604, Fact::Yes), // unifiedAddressing
        (616, Fact::L2Cache),
        (624, Fact::ThreadsPerProcessor),
        (640, Fact::SharedPerProcessor),
        (648, Fact::Registers), // of a multiprocessor
        (652, Fact::Yes),       // managedMemory
        (676, Fact::Yes),       // concurrentManagedAccess
        (684, Fact::Yes),       // canUseHostPointerForRegisteredMem
        (708, Fact::Yes),       // directManagedMemAccessFromHost
        (712, Fact::BlocksPerProcessor),
        (728, Fact::Yes), // hostRegisterSupported
        (1160, Fact::Arch),
        (1416, Fact::SharedPerProcessor),
        (1424, Fact::WallClockKhz),
        (1464, Fact::Yes), // isLargeBar
    ],
};

/// `hipDeviceProp_tR0000`, the structure before ROCm 6.0, which keeps the plain symbol's name.
pub(crate) const R0000: Layout = Layout {
    size: 792,
    fields: &[
        (0, Fact::Name),
        (256, Fact::GlobalMemory),
        (264, Fact::SharedPerBlock),
        (272, Fact::Registers),
        (276, Fact::WarpSize),
        (280, Fact::ThreadsPerBlock),
        (284, Fact::BlockDims),
        (296, Fact::GridDims),
        (308, Fact::ClockKhz),
        (320, Fact::ConstantMemory),
        (328, Fact::Major),
        (332, Fact::Minor),
        (336, Fact::Processors),
        (340, Fact::L2Cache),
        (344, Fact::ThreadsPerProcessor),
        (352, Fact::WallClockKhz),
        (360, Fact::Yes), // concurrentKernels
        (376, Fact::SharedPerProcessor),
        (388, Fact::Yes), // canMapHostMemory
        (396, Fact::Arch),
        (652, Fact::Yes), // integrated
        (712, Fact::Pitch),
        (764, Fact::Yes), // isLargeBar
        (772, Fact::Yes), // managedMemory
        (776, Fact::Yes), // directManagedMemAccessFromHost
        (780, Fact::Yes), // concurrentManagedAccess
    ],
};

/// Numbers of `hipDeviceAttribute_t` that the target file answers.
const ATTRIBUTES: &[(i32, Fact)] = &[
    (0, Fact::No),  // EccEnabled
    (2, Fact::No),  // AsyncEngineCount: copies run where they were asked for
    (3, Fact::Yes), // CanMapHostMemory
    (4, Fact::Yes), // CanUseHostPointerForRegisteredMem
    (5, Fact::ClockKhz),
    (6, Fact::No),   // ComputeMode: the default
    (7, Fact::No),   // ComputePreemptionSupported
    (8, Fact::Yes),  // ConcurrentKernels
    (9, Fact::Yes),  // ConcurrentManagedAccess
    (10, Fact::No),  // CooperativeLaunch
    (11, Fact::No),  // CooperativeMultiDeviceLaunch
    (13, Fact::Yes), // DirectManagedMemAccessFromHost
    (16, Fact::Yes), // Integrated
    (17, Fact::No),  // IsMultiGpuBoard
    (18, Fact::No),  // KernelExecTimeout
    (19, Fact::L2Cache),
    (23, Fact::Major),
    (24, Fact::Yes), // ManagedMemory
    (25, Fact::BlocksPerProcessor),
    (26, Fact::BlockDim),
    (27, Fact::BlockDim),
    (28, Fact::BlockDim),
    (29, Fact::GridDimX),
    (30, Fact::GridDimYz),
    (31, Fact::GridDimYz),
    (56, Fact::ThreadsPerBlock),
    (57, Fact::ThreadsPerProcessor),
    (58, Fact::Pitch),
    (61, Fact::Minor),
    (63, Fact::Processors),
    (65, Fact::No), // PageableMemoryAccess: kernels reach allocated and registered memory only
    (66, Fact::No), // PageableMemoryAccessUsesHostPageTables
    (71, Fact::Registers),
    (72, Fact::Registers),
    (74, Fact::SharedPerBlock),
    (76, Fact::SharedPerProcessor),
    (78, Fact::No), // StreamPrioritiesSupported
    (83, Fact::ConstantMemory),
    (84, Fact::GlobalMemory),
    (85, Fact::Yes), // UnifiedAddressing
    (87, Fact::WarpSize),
    (88, Fact::No),               // MemoryPoolsSupported
    (89, Fact::No),               // VirtualMemoryManagementSupported
    (90, Fact::Yes),              // HostRegisterSupported
    (10_000, Fact::WallClockKhz), // ClockInstructionRate
    (10_002, Fact::SharedPerProcessor),
    (10_011, Fact::Yes), // IsLargeBar
    (10_014, Fact::No),  // ImageSupport
    (10_015, Fact::PhysicalProcessors),
    (10_016, Fact::Yes), // FineGrainSupport
    (10_017, Fact::WallClockKhz),
    (10_019, Fact::MaxVgprs),
];

#[cfg(test)]
mod tests {
    use std::mem::{offset_of, size_of};

    use hip_sys::hipDeviceProp_tR0600 as Declared;

    use super::*;

    fn properties() -> Properties {
        Properties::new(Target::builtin("gfx1151").unwrap(), 96 << 30)
    }

    #[test]
    fn fields_lie_where_the_bindings_declare_them() {
        assert_eq!(R0600.size, size_of::<Declared>());
        let declared = [
            (offset_of!(Declared, name), Fact::Name),
            (offset_of!(Declared, totalGlobalMem), Fact::GlobalMemory),
            (offset_of!(Declared, sharedMemPerBlock), Fact::SharedPerBlock),
            (offset_of!(Declared, regsPerBlock), Fact::Registers),
            (offset_of!(Declared, warpSize), Fact::WarpSize),
            (offset_of!(Declared, memPitch), Fact::Pitch),
            (offset_of!(Declared, maxThreadsPerBlock), Fact::ThreadsPerBlock),
            (offset_of!(Declared, maxThreadsDim), Fact::BlockDims),
            (offset_of!(Declared, maxGridSize), Fact::GridDims),
            (offset_of!(Declared, clockRate), Fact::ClockKhz),
            (offset_of!(Declared, totalConstMem), Fact::ConstantMemory),
            (offset_of!(Declared, major), Fact::Major),
            (offset_of!(Declared, minor), Fact::Minor),
            (offset_of!(Declared, multiProcessorCount), Fact::Processors),
            (offset_of!(Declared, integrated), Fact::Yes),
            (offset_of!(Declared, canMapHostMemory), Fact::Yes),
            (offset_of!(Declared, concurrentKernels), Fact::Yes),
            (offset_of!(Declared, unifiedAddressing), Fact::Yes),
            (offset_of!(Declared, l2CacheSize), Fact::L2Cache),
            (offset_of!(Declared, maxThreadsPerMultiProcessor), Fact::ThreadsPerProcessor),
            (offset_of!(Declared, sharedMemPerMultiprocessor), Fact::SharedPerProcessor),
            (offset_of!(Declared, regsPerMultiprocessor), Fact::Registers),
            (offset_of!(Declared, managedMemory), Fact::Yes),
            (offset_of!(Declared, concurrentManagedAccess), Fact::Yes),
            (offset_of!(Declared, canUseHostPointerForRegisteredMem), Fact::Yes),
            (offset_of!(Declared, directManagedMemAccessFromHost), Fact::Yes),
            (offset_of!(Declared, maxBlocksPerMultiProcessor), Fact::BlocksPerProcessor),
            (offset_of!(Declared, hostRegisterSupported), Fact::Yes),
            (offset_of!(Declared, gcnArchName), Fact::Arch),
            (offset_of!(Declared, maxSharedMemoryPerMultiProcessor), Fact::SharedPerProcessor),
            (offset_of!(Declared, clockInstructionRate), Fact::WallClockKhz),
            (offset_of!(Declared, isLargeBar), Fact::Yes),
        ];
        assert_eq!(R0600.fields, declared);
    }

    #[test]
    fn attributes_have_the_numbers_of_the_bindings_and_the_figures_of_the_chip() {
        let properties = properties();
        let expected = [
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeMultiprocessorCount, 20),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributePhysicalMultiProcessorCount, 40),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeWarpSize, 32),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeMaxThreadsPerBlock, 1024),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeMaxSharedMemoryPerBlock, 65536),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeComputeCapabilityMajor, 11),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeComputeCapabilityMinor, 5),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeIntegrated, 1),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeManagedMemory, 1),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeClockRate, 2_900_000),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeL2CacheSize, 2 << 20),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeTotalGlobalMem, i32::MAX),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributePageableMemoryAccess, 0),
            (hip_sys::hipDeviceAttribute_t_hipDeviceAttributeWallClockRate, 100_000),
        ];
        for (number, value) in expected {
            assert_eq!(properties.attribute(number as i32), Ok(value), "{number}");
        }
        for unknown in [-1, 43, 9999, 12_345] {
            assert_eq!(properties.attribute(unknown), Err(Error::InvalidValue));
        }
    }

    #[test]
    fn both_structures_tell_the_same_chip() {
        let properties = properties();
        let [new, old] = [&R0600, &R0000].map(|layout| properties.structure(layout));
        let word =
            |bytes: &[u8], at: usize| u32::from_le_bytes(bytes[at..at + 4].try_into().unwrap());
        assert_eq!([word(&new, 388), word(&old, 336)], [20, 20]);
        assert_eq!([word(&new, 308), word(&old, 276)], [32, 32]);
        assert_eq!([&new[1160..1168], &old[396..404]], [b"gfx1151\0"; 2]);
    }

    #[test]
    fn versions_are_read_from_the_names_of_chips() {
        assert_eq!(version("gfx1151"), [11, 5]);
        assert_eq!(version("gfx1100"), [11, 0]);
        assert_eq!(version("gfx90a"), [9, 0]);
        assert_eq!(version(""), [0, 0]);
    }
}
