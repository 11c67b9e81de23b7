//! The kernel descriptor: 64 bytes that tell the hardware how to start a wave (LLVM "User Guide
//! for AMDGPU Backend", kernel descriptor and `compute_pgm_rsrc` for GFX11).

use super::ObjectError;

/// Bytes of a descriptor.
pub(super) const DESCRIPTOR_BYTES: u64 = 64;

/// Vector registers in one unit of the descriptor's count for wave32, on every gfx11 chip; not
/// the granule of allocation.
const ENCODED_VGPRS: u32 = 8;

/// A decoded kernel descriptor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Descriptor {
    /// Static local memory in bytes.
    pub lds_bytes: u32,
    /// Private memory of a lane in bytes.
    pub scratch_bytes: u32,
    /// Bytes of the kernarg segment.
    pub kernarg_bytes: u32,
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

impl Descriptor {
    /// Decodes 64 bytes.
    ///
    /// # Errors
    /// If there are fewer.
    pub fn decode(bytes: &[u8]) -> Result<Descriptor, ObjectError> {
        let word = |at: usize| -> Result<[u8; 4], ObjectError> {
            let found = bytes.get(at..at + 4).and_then(|word| word.try_into().ok());
            found.ok_or_else(|| ObjectError::malformed("a kernel descriptor is cut short"))
        };
        let number = |at| word(at).map(u32::from_le_bytes);
        let [low, high] = [number(16)?, number(20)?].map(u64::from);
        Ok(Descriptor {
            lds_bytes: number(0)?,
            scratch_bytes: number(4)?,
            kernarg_bytes: number(8)?,
            entry_offset: (high << 32 | low) as i64,
            rsrc3: number(44)?,
            rsrc1: number(48)?,
            rsrc2: number(52)?,
            properties: number(56)? as u16,
        })
    }

    /// Vector registers that the hardware is asked for, a multiple of 8.
    pub fn vgprs(&self) -> u32 {
        (bits(self.rsrc1, 0, 6) + 1) * ENCODED_VGPRS
    }

    /// Vector registers asked for by a kernel that uses `used` of them.
    pub fn vgprs_for(used: u32) -> u32 {
        used.max(1).next_multiple_of(ENCODED_VGPRS)
    }

    /// Whether waves have 32 lanes.
    pub fn is_wave32(&self) -> bool {
        self.properties >> 10 & 1 == 1
    }

    /// Whether the stack size is unknown before the call.
    pub fn has_dynamic_stack(&self) -> bool {
        self.properties >> 11 & 1 == 1
    }

    /// Whether private memory is set up.
    pub fn has_scratch(&self) -> bool {
        bits(self.rsrc2, 0, 1) == 1
    }

    /// Scalar registers set up before the first instruction, workgroup ids aside.
    pub fn user_sgprs(&self) -> u32 {
        bits(self.rsrc2, 1, 5)
    }

    /// Whether the kernel gets the address of its arguments.
    pub fn has_kernarg_pointer(&self) -> bool {
        self.properties >> 3 & 1 == 1
    }

    /// Which of the workgroup ids x, y and z the kernel gets.
    pub fn workgroup_ids(&self) -> [bool; 3] {
        [7, 8, 9].map(|bit| bits(self.rsrc2, bit, 1) == 1)
    }

    /// Axes of the work-item id: 1 for x, 2 for x and y, 3 for all.
    pub fn workitem_axes(&self) -> u32 {
        bits(self.rsrc2, 11, 2) + 1
    }

    /// Whether f32 denormals are kept in operands and results.
    pub fn keeps_f32_denormals(&self) -> bool {
        bits(self.rsrc1, 16, 2) == 3
    }

    /// Whether f16 and f64 denormals are kept in operands and results.
    pub fn keeps_f16_denormals(&self) -> bool {
        bits(self.rsrc1, 18, 2) == 3
    }

    /// Whether a workgroup may spread over both compute units of a WGP.
    pub fn is_wgp_mode(&self) -> bool {
        bits(self.rsrc1, 29, 1) == 1
    }
}

fn bits(word: u32, low: u32, count: u32) -> u32 {
    word >> low & ((1 << count) - 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_taken_from_their_bytes_and_bits() {
        let mut bytes = [0u8; 64];
        bytes[0..4].copy_from_slice(&4864u32.to_le_bytes());
        bytes[8..12].copy_from_slice(&40u32.to_le_bytes());
        bytes[16..24].copy_from_slice(&(-256i64).to_le_bytes());
        bytes[48..52].copy_from_slice(&(17u32 | 0xf << 16 | 1 << 29).to_le_bytes());
        bytes[52..56].copy_from_slice(&(2u32 << 1 | 0b101 << 7 | 1 << 11).to_le_bytes());
        bytes[56..58].copy_from_slice(&(1u16 << 10 | 1 << 3).to_le_bytes());
        let read = Descriptor::decode(&bytes).unwrap();
        assert_eq!((read.lds_bytes, read.kernarg_bytes, read.entry_offset), (4864, 40, -256));
        assert_eq!((read.vgprs(), Descriptor::vgprs_for(143)), (144, 144));
        assert!(read.is_wave32() && read.has_kernarg_pointer() && read.is_wgp_mode());
        assert!(read.keeps_f32_denormals() && read.keeps_f16_denormals());
        assert!(!read.has_scratch() && !read.has_dynamic_stack());
        assert_eq!(read.workgroup_ids(), [true, false, true]);
        assert_eq!((read.user_sgprs(), read.workitem_axes()), (2, 2));
        assert!(Descriptor::decode(&bytes[..59]).is_err());
    }
}
