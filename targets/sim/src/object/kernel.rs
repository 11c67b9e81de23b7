//! What a launch must know of a kernel.

use super::Descriptor;

/// One kernel of a code object.
#[derive(Clone, Debug)]
pub struct KernelInfo {
    /// Name of the function, as launches name it.
    pub name: String,
    /// Name of the descriptor's symbol.
    pub symbol: String,
    /// Address of the descriptor, counted from the start of the image.
    pub descriptor_address: u64,
    /// The descriptor.
    pub descriptor: Descriptor,
    /// Address of the first instruction, counted from the start of the image.
    pub entry: u64,
    /// Arguments, hidden ones included, in order.
    pub args: Vec<Arg>,
    /// Bytes of the kernarg segment.
    pub kernarg_size: u32,
    /// Alignment of the kernarg segment in bytes.
    pub kernarg_align: u32,
    /// Static local memory in bytes.
    pub group_segment: u32,
    /// Private memory of a lane in bytes.
    pub private_segment: u32,
    /// Most work-items of a workgroup.
    pub max_flat_workgroup_size: u32,
    /// The only workgroup size that the kernel was compiled for.
    pub required_workgroup_size: Option<[u32; 3]>,
    /// Whether the kernel was compiled for grids without partial workgroups.
    pub uniform_workgroup_size: bool,
    /// Vector registers that the kernel uses.
    pub vgprs: u32,
    /// Scalar registers that the kernel uses, VCC included.
    pub sgprs: u32,
    /// Whether waves have 32 lanes.
    pub wave32: bool,
}

/// One argument of a kernel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Arg {
    /// Its name in the source; empty if unknown.
    pub name: String,
    /// Byte offset in the kernarg segment.
    pub offset: u32,
    /// Size in bytes.
    pub size: u32,
    /// What it is.
    pub kind: ArgKind,
}

macro_rules! arg_kinds {
    ($($(#[$doc:meta])* $kind:ident $text:literal,)*) => {
        /// What an argument is: the `.value_kind` of the metadata.
        #[derive(Clone, Debug, PartialEq, Eq)]
        pub enum ArgKind {
            $($(#[$doc])* $kind,)*
            /// A kind that has no meaning here; hidden ones are left zero.
            Other(String),
        }

        impl ArgKind {
            pub(super) fn from_metadata(text: &str) -> ArgKind {
                match text {
                    $($text => ArgKind::$kind,)*
                    _ => ArgKind::Other(text.to_owned()),
                }
            }

            /// The name in the metadata.
            #[must_use]
            pub fn name(&self) -> &str {
                match self {
                    $(ArgKind::$kind => $text,)*
                    ArgKind::Other(name) => name,
                }
            }
        }
    };
}

arg_kinds! {
    /// Copied into the kernarg segment.
    ByValue "by_value",
    /// Address of device memory.
    GlobalBuffer "global_buffer",
    /// Offset of dynamically sized local memory.
    DynamicSharedPointer "dynamic_shared_pointer",
    /// Number of workgroups along x, 32 bits.
    HiddenBlockCountX "hidden_block_count_x",
    /// Number of workgroups along y, 32 bits.
    HiddenBlockCountY "hidden_block_count_y",
    /// Number of workgroups along z, 32 bits.
    HiddenBlockCountZ "hidden_block_count_z",
    /// Work-items of a full workgroup along x, 16 bits.
    HiddenGroupSizeX "hidden_group_size_x",
    /// Work-items of a full workgroup along y, 16 bits.
    HiddenGroupSizeY "hidden_group_size_y",
    /// Work-items of a full workgroup along z, 16 bits.
    HiddenGroupSizeZ "hidden_group_size_z",
    /// Work-items of the partial workgroup along x, 16 bits; 0 if there is none.
    HiddenRemainderX "hidden_remainder_x",
    /// Work-items of the partial workgroup along y, 16 bits; 0 if there is none.
    HiddenRemainderY "hidden_remainder_y",
    /// Work-items of the partial workgroup along z, 16 bits; 0 if there is none.
    HiddenRemainderZ "hidden_remainder_z",
    /// Offset of the grid along x, 64 bits.
    HiddenGlobalOffsetX "hidden_global_offset_x",
    /// Offset of the grid along y, 64 bits.
    HiddenGlobalOffsetY "hidden_global_offset_y",
    /// Offset of the grid along z, 64 bits.
    HiddenGlobalOffsetZ "hidden_global_offset_z",
    /// Axes of the grid, 16 bits.
    HiddenGridDims "hidden_grid_dims",
    /// Bytes of dynamically sized local memory, 32 bits.
    HiddenDynamicLdsSize "hidden_dynamic_lds_size",
    /// Upper half of the flat addresses of private memory, 32 bits.
    HiddenPrivateBase "hidden_private_base",
    /// Upper half of the flat addresses of local memory, 32 bits.
    HiddenSharedBase "hidden_shared_base",
    /// Nothing.
    HiddenNone "hidden_none",
}
