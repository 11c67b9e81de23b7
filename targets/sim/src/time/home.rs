//! Where workgroups live: how many of them fit one WGP or compute unit, and what limits that.

use kiln_targets::Target;

use crate::object::KernelInfo;

/// What keeps more workgroups from running at the same time on one WGP or compute unit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Limit {
    /// Vector registers.
    Registers,
    /// LDS.
    Lds,
    /// Slots for waves.
    Waves,
    /// The grid has no more.
    Grid,
}

/// Where the workgroups of a launch live: on WGPs, or on compute units for kernels in CU mode.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Home {
    /// How many there are on the device.
    pub(super) count: u32,
    /// SIMDs of each.
    pub(super) simds: u32,
    /// Waves of a workgroup.
    pub(super) waves: u32,
    /// Workgroups that run on it at the same time.
    pub(super) groups: u32,
    /// What limits them.
    pub(super) limit: Limit,
    /// Whether it is a whole WGP.
    pub(super) wgp: bool,
}

impl Home {
    /// The home of a kernel's workgroups; none if not even one fits, or the target does not say how
    /// many compute units there are.
    pub(super) fn of(
        target: &Target,
        kernel: &KernelInfo,
        waves: u32,
        lds: u32,
        total: u64,
    ) -> Option<Self> {
        let wgp = kernel.descriptor.wgp_mode();
        let units = target.timing.compute_units?;
        let per_wgp = (target.simds_per_wgp / target.timing.simds_per_cu).max(1);
        let share = if wgp { 1 } else { per_wgp };
        let (count, simds) = (units / per_wgp * share, target.simds_per_wgp / share);
        if count == 0 || simds == 0 || waves == 0 {
            return None;
        }
        let allotted = kernel.descriptor.vgprs().max(1).next_multiple_of(target.vgpr_granule);
        let by_registers = target.vgprs_per_simd / allotted;
        let slots = by_registers.min(target.max_waves_per_simd) * simds / waves;
        let by_lds = (target.lds_bytes_per_wgp / share).checked_div(lds).unwrap_or(u32::MAX);
        let on_each = u32::try_from(total.div_ceil(u64::from(count))).unwrap_or(u32::MAX).max(1);
        let groups = slots.min(by_lds).min(on_each);
        let limit = if groups == on_each && on_each < slots.min(by_lds) {
            Limit::Grid
        } else if by_lds < slots {
            Limit::Lds
        } else if by_registers < target.max_waves_per_simd {
            Limit::Registers
        } else {
            Limit::Waves
        };
        (groups > 0).then_some(Self { count, simds, waves, groups, limit, wgp })
    }

    /// The same home with that many workgroups.
    pub(super) fn with_groups(self, groups: u32) -> Self {
        Self { groups, ..self }
    }

    /// Waves on each SIMD, on the fullest where they do not divide evenly.
    pub(super) fn waves_per_simd(&self) -> u32 {
        (self.groups * self.waves).div_ceil(self.simds)
    }

    /// Workgroups that run at the same time on the whole device.
    pub(super) fn device(&self) -> u64 {
        u64::from(self.count) * u64::from(self.groups)
    }
}
