//! What a dispatch sets up before the first instruction: arguments, packet, initial registers.

use super::Wave;
use super::fault::LaunchError;
use super::lanes::LANES;
use super::launch::Launch;
use super::lower::{PRIVATE_APERTURE, SHARED_APERTURE};
use super::observer::Initial;
use super::wave::{EXEC, NULL};
use crate::memory::{Access, AllocationError, Memory, Storage};
use crate::object::{KernelInfo, UserSgpr};

/// Bytes of a dispatch packet (HSA, "AQL kernel dispatch packet").
const PACKET: usize = 64;

/// Runtimes hand out memory for arguments in multiples of this, and compilers rely on it when they load more
/// words than the arguments have.
const KERNARG_GRANULE: usize = 64;

/// Bytes of a queue that kernels may look at, and where its apertures are (ROCm, `amd_queue_t`).
const QUEUE: usize = 256;
const QUEUE_SHARED_APERTURE: usize = 0x40;
const QUEUE_PRIVATE_APERTURE: usize = 0x44;

/// The memory of one dispatch, freed with it.
#[derive(Debug)]
pub(super) struct Dispatch<'a> {
    memory: &'a Memory,
    kernel: &'a KernelInfo,
    block: [u32; 3],
    pub entry: u64,
    pub kernarg: u64,
    pub kernarg_size: u32,
    packet: u64,
    queue: u64,
}

impl<'a> Dispatch<'a> {
    /// Places arguments, packet and queue.
    pub(super) fn new(
        memory: &'a Memory,
        base: u64,
        kernel: &'a KernelInfo,
        launch: &Launch,
    ) -> Result<Self, LaunchError> {
        let size = launch.kernarg.len().max(kernel.kernarg_size as usize).max(16);
        if size > super::kernarg::LARGEST {
            let problem = format!("{size} bytes of arguments");
            return Err(LaunchError::Shape { kernel: kernel.name.clone(), problem });
        }
        let mut arguments = launch.kernarg.clone();
        arguments.resize(size.next_multiple_of(KERNARG_GRANULE), 0);
        let kernarg = place(memory, "arguments", &arguments)?;
        let descriptor = base.wrapping_add(kernel.descriptor_address);
        let packet =
            place(memory, "dispatch packet", &packet(kernel, launch, descriptor, kernarg))?;
        let mut queue = [0; QUEUE];
        queue[QUEUE_SHARED_APERTURE..][..4].copy_from_slice(&SHARED_APERTURE.to_le_bytes());
        queue[QUEUE_PRIVATE_APERTURE..][..4].copy_from_slice(&PRIVATE_APERTURE.to_le_bytes());
        let queue = place(memory, "queue", &queue)?;
        let entry = base.wrapping_add(kernel.entry);
        let (block, kernarg_size) = (launch.block, size as u32);
        Ok(Self { memory, kernel, block, entry, kernarg, kernarg_size, packet, queue })
    }

    /// Sets the registers of wave `index` of workgroup `id`.
    pub(super) fn start(&self, wave: &mut Wave, id: [u32; 3]) -> Initial {
        wave.pc = self.entry;
        let sgprs = self.scalar_registers(wave, id);
        let items: u32 = self.block.iter().product();
        let first = wave.index() * LANES as u32;
        let [x, y, _] = self.block;
        wave.vgprs[0].0 = std::array::from_fn(|lane| {
            let item = first + lane as u32;
            (item % x) | ((item / x % y) << 10) | (item / x / y) << 20
        });
        let lanes = items.saturating_sub(first).min(LANES as u32);
        wave.sgprs[EXEC] = u32::MAX.checked_shr(LANES as u32 - lanes).unwrap_or(0);
        Initial { sgprs, vgprs: 1 }
    }

    /// User registers, workgroup ids and workgroup information, in the order of the ABI.
    fn scalar_registers(&self, wave: &mut Wave, id: [u32; 3]) -> u32 {
        let descriptor = &self.kernel.descriptor;
        let mut next = 0;
        let mut push = |wave: &mut Wave, values: &[u32]| {
            for value in values {
                if next < NULL {
                    wave.sgprs[next] = *value;
                    next += 1;
                }
            }
            next
        };
        for register in descriptor.user_sgprs() {
            let value = match register {
                UserSgpr::DispatchPointer => self.packet,
                UserSgpr::QueuePointer => self.queue,
                UserSgpr::KernargPointer => self.kernarg,
                UserSgpr::PrivateSegmentSize => u64::from(self.kernel.private_segment),
                _ => 0,
            };
            let words = [value as u32, (value >> 32) as u32, 0, 0];
            push(wave, &words[..register.count() as usize]);
        }
        while push(wave, &[]) < descriptor.user_sgpr_count() as usize {
            push(wave, &[0]);
        }
        for (axis, wanted) in descriptor.workgroup_ids().into_iter().enumerate() {
            push(wave, if wanted { &id[axis..=axis] } else { &[] });
        }
        if descriptor.workgroup_info() {
            push(wave, &[0]);
        }
        push(wave, &[]) as u32
    }

    /// What the MODE register starts as.
    pub(super) fn mode(&self) -> u32 {
        let descriptor = &self.kernel.descriptor;
        u32::from(descriptor.float_mode())
            | u32::from(descriptor.dx10_clamp()) << 8
            | u32::from(descriptor.ieee()) << 9
    }
}

impl Drop for Dispatch<'_> {
    fn drop(&mut self) {
        for base in [self.kernarg, self.packet, self.queue] {
            // A host that freed them under the dispatch leaves nothing to free.
            let _ = self.memory.free(base);
        }
    }
}

fn place(memory: &Memory, name: &str, bytes: &[u8]) -> Result<u64, AllocationError> {
    let base = memory.allocate(name, bytes.len() as u64, Access::Read, Storage::Dense)?;
    // The allocation has just been made for these bytes.
    let _ = memory.write(base, bytes);
    Ok(base)
}

fn packet(kernel: &KernelInfo, launch: &Launch, descriptor: u64, kernarg: u64) -> [u8; PACKET] {
    let mut packet = [0; PACKET];
    let mut put = |at: usize, bytes: &[u8]| packet[at..at + bytes.len()].copy_from_slice(bytes);
    // Type: kernel dispatch; three dimensions.
    put(0, &2u16.to_le_bytes());
    put(2, &3u16.to_le_bytes());
    for axis in 0..3 {
        put(4 + 2 * axis, &(launch.block[axis] as u16).to_le_bytes());
        let items = launch.grid[axis].wrapping_mul(launch.block[axis]);
        put(12 + 4 * axis, &items.to_le_bytes());
    }
    put(24, &kernel.private_segment.to_le_bytes());
    put(28, &kernel.group_segment.wrapping_add(launch.dynamic_lds).to_le_bytes());
    put(32, &descriptor.to_le_bytes());
    put(40, &kernarg.to_le_bytes());
    packet
}
