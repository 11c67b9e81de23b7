//! The kernel descriptor: 64 bytes that tell the hardware how to start a wave (LLVM "User Guide
//! for AMDGPU Backend", kernel descriptor and `compute_pgm_rsrc` for GFX11).

use super::ObjectError;

/// Bytes of a descriptor.
pub(super) const BYTES: usize = 64;

/// A decoded kernel descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Static local memory in bytes.
    pub group_segment: u32,
    /// Private memory of a lane in bytes.
    pub private_segment: u32,
    /// Bytes of the kernarg segment; 0 if the file does not say.
    pub kernarg_size: u32,
    /// Entry point relative to the descriptor's own address.
    pub entry_offset: i64,
    /// `compute_pgm_rsrc1`: registers, float modes.
    pub rsrc1: u32,
    /// `compute_pgm_rsrc2`: user registers, workgroup ids.
    pub rsrc2: u32,
    /// `compute_pgm_rsrc3`: prefetch size.
    pub rsrc3: u32,
    /// `kernel_code_properties`: which user registers are set up, wave32.
    pub properties: u16,
}

/// How floats are rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Round {
    /// To the nearest, ties to even.
    NearestEven,
    /// Towards plus infinity.
    Up,
    /// Towards minus infinity.
    Down,
    /// Towards zero.
    Zero,
}

/// What happens to denormal floats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Denormals {
    /// Denormal operands are kept, not flushed to zero.
    pub keep_inputs: bool,
    /// Denormal results are kept, not flushed to zero.
    pub keep_outputs: bool,
}

/// The user registers that a kernel asks for, in the order in which they are laid out from `s0` on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum UserSgpr {
    /// Descriptor of the private segment, four registers.
    PrivateBuffer,
    /// Address of the dispatch packet, two registers.
    DispatchPointer,
    /// Address of the queue, two registers.
    QueuePointer,
    /// Address of the arguments, two registers.
    KernargPointer,
    /// Number of the dispatch, two registers.
    DispatchId,
    /// Set-up of flat scratch, two registers.
    FlatScratchInit,
    /// Bytes of private memory of a lane, one register.
    PrivateSegmentSize,
}

impl UserSgpr {
    const ALL: [UserSgpr; 7] = [
        UserSgpr::PrivateBuffer,
        UserSgpr::DispatchPointer,
        UserSgpr::QueuePointer,
        UserSgpr::KernargPointer,
        UserSgpr::DispatchId,
        UserSgpr::FlatScratchInit,
        UserSgpr::PrivateSegmentSize,
    ];

    /// Registers that it takes.
    #[must_use]
    pub const fn count(self) -> u32 {
        match self {
            UserSgpr::PrivateBuffer => 4,
            UserSgpr::PrivateSegmentSize => 1,
            _ => 2,
        }
    }
}

impl Descriptor {
    /// Decodes 64 bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn decode(bytes: &[u8]) -> Result<Descriptor, ObjectError> {
        let bytes: &[u8; BYTES] = bytes
            .first_chunk()
            .ok_or_else(|| ObjectError::malformed("a kernel descriptor is cut short"))?;
        let number =
            |at| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let entry = u64::from(number(20)) << 32 | u64::from(number(16));
        Ok(Descriptor {
            group_segment: number(0),
            private_segment: number(4),
            kernarg_size: number(8),
            entry_offset: entry as i64,
            rsrc3: number(44),
            rsrc1: number(48),
            rsrc2: number(52),
            properties: number(56) as u16,
        })
    }

    /// Vector registers that the hardware is asked for; counted in eights in wave32, in fours in
    /// wave64.
    #[must_use]
    pub fn vgprs(&self) -> u32 {
        (bits(self.rsrc1, 0, 6) + 1) * if self.is_wave32() { 8 } else { 4 }
    }

    /// Rounding of f32.
    #[must_use]
    pub fn round_f32(&self) -> Round {
        round(bits(self.rsrc1, 12, 2))
    }

    /// Rounding of f16 and f64.
    #[must_use]
    pub fn round_f16_f64(&self) -> Round {
        round(bits(self.rsrc1, 14, 2))
    }

    /// Denormals of f32.
    #[must_use]
    pub fn denormals_f32(&self) -> Denormals {
        denormals(bits(self.rsrc1, 16, 2))
    }

    /// Denormals of f16 and f64.
    #[must_use]
    pub fn denormals_f16_f64(&self) -> Denormals {
        denormals(bits(self.rsrc1, 18, 2))
    }

    /// The low eight bits of the MODE register at the start: rounding and denormals.
    #[must_use]
    pub fn float_mode(&self) -> u8 {
        bits(self.rsrc1, 12, 8) as u8
    }

    /// Whether `clamp` turns a NaN into zero.
    #[must_use]
    pub fn dx10_clamp(&self) -> bool {
        bits(self.rsrc1, 21, 1) == 1
    }

    /// Whether float operations quiet signalling NaNs as IEEE 754 asks.
    #[must_use]
    pub fn ieee(&self) -> bool {
        bits(self.rsrc1, 23, 1) == 1
    }

    /// Whether f16 overflow gives the largest number instead of infinity.
    #[must_use]
    pub fn f16_overflow(&self) -> bool {
        bits(self.rsrc1, 26, 1) == 1
    }

    /// Whether a workgroup may spread over both compute units of a WGP.
    #[must_use]
    pub fn wgp_mode(&self) -> bool {
        bits(self.rsrc1, 29, 1) == 1
    }

    /// Whether vector memory operations return in order.
    #[must_use]
    pub fn memory_ordered(&self) -> bool {
        bits(self.rsrc1, 30, 1) == 1
    }

    /// Whether private memory is set up.
    #[must_use]
    pub fn has_scratch(&self) -> bool {
        bits(self.rsrc2, 0, 1) == 1
    }

    /// Scalar registers set up before the first instruction, workgroup ids aside.
    #[must_use]
    pub fn user_sgpr_count(&self) -> u32 {
        bits(self.rsrc2, 1, 5)
    }

    /// Which of the workgroup ids x, y and z follow the user registers.
    #[must_use]
    pub fn workgroup_ids(&self) -> [bool; 3] {
        [7, 8, 9].map(|bit| bits(self.rsrc2, bit, 1) == 1)
    }

    /// Whether the workgroup information follows the workgroup ids.
    #[must_use]
    pub fn workgroup_info(&self) -> bool {
        bits(self.rsrc2, 10, 1) == 1
    }

    /// Axes of the work-item id in `v0`: 1 for x, 2 for x and y, 3 for all.
    #[must_use]
    pub fn workitem_axes(&self) -> u32 {
        (bits(self.rsrc2, 11, 2) + 1).min(3)
    }

    /// The user registers that the kernel asks for, in the order of `s0` on.
    pub fn user_sgprs(&self) -> impl Iterator<Item = UserSgpr> + use<> {
        let properties = self.properties;
        let asked = move |(bit, _): &(usize, UserSgpr)| properties >> bit & 1 == 1;
        UserSgpr::ALL.into_iter().enumerate().filter(asked).map(|(_, register)| register)
    }

    /// Whether waves have 32 lanes.
    #[must_use]
    pub fn is_wave32(&self) -> bool {
        self.properties >> 10 & 1 == 1
    }

    /// Whether the stack size is unknown before the call.
    #[must_use]
    pub fn has_dynamic_stack(&self) -> bool {
        self.properties >> 11 & 1 == 1
    }
}

fn bits(word: u32, low: u32, count: u32) -> u32 {
    word >> low & ((1 << count) - 1)
}

fn round(code: u32) -> Round {
    [Round::NearestEven, Round::Up, Round::Down, Round::Zero][code as usize & 3]
}

/// `FLOAT_DENORM_MODE`: 0 flushes both, 1 only results, 2 only operands, 3 neither.
fn denormals(code: u32) -> Denormals {
    Denormals { keep_inputs: code & 1 == 1, keep_outputs: code & 2 == 2 }
}
