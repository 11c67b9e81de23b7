//! A bundle on a device: every kernel resolved, every request answered.

use std::collections::BTreeMap;
use std::path::Path;

use kiln_cache::bundle::Bundle;
use kiln_cache::vocabulary::{Dims, KernelEntry, Operation, Rule, Table};
use kiln_targets::Target;

use crate::device::{Device, KernelId, Launch, ObjectId, Operands};
use crate::{Error, Result};

/// The kernels of a bundle, loaded onto a device.
#[derive(Debug)]
pub struct LaunchTable {
    bundle: Bundle,
    objects: Vec<ObjectId>,
    kernels: BTreeMap<String, KernelId>,
}

/// The kernel that answers a request.
#[derive(Clone, Debug)]
pub struct Choice<'t> {
    /// The rule that matched.
    pub rule: &'t Rule,
    /// What the bundle says of the kernel.
    pub entry: &'t KernelEntry,
    /// The kernel on the device.
    pub kernel: KernelId,
    /// The dims of the request, fixed and free.
    pub dims: Dims,
}

impl Choice<'_> {
    /// The launch that answers the request with these operands.
    ///
    /// # Errors
    /// If an operand is missing.
    pub fn launch(&self, operands: &Operands) -> Result<Launch> {
        Launch::of(self.entry, self.kernel, &self.dims, operands)
    }
}

impl LaunchTable {
    /// Opens a bundle and loads it.
    ///
    /// # Errors
    /// As [`Bundle::open`] and [`LaunchTable::load`].
    pub fn open(path: impl AsRef<Path>, device: &mut dyn Device) -> Result<Self> {
        Self::load(Bundle::open(path)?, device)
    }

    /// Loads every code object onto the device and looks every kernel up.
    ///
    /// # Errors
    /// If the device does not execute the bundle's target, an object fails its checksum or does
    /// not load, or a symbol is missing. Nothing stays loaded then.
    pub fn load(bundle: Bundle, device: &mut dyn Device) -> Result<Self> {
        let name = &bundle.manifest().target;
        let target =
            Target::builtin(name).map_err(|error| Error::Unsupported(error.to_string()))?;
        device.supports(&target)?;
        let mut table = Self { bundle, objects: Vec::new(), kernels: BTreeMap::new() };
        match table.fill(device) {
            Ok(()) => Ok(table),
            Err(error) => {
                table.unload(device)?;
                Err(error)
            }
        }
    }

    fn fill(&mut self, device: &mut dyn Device) -> Result<()> {
        for index in 0..self.bundle.object_count() {
            self.objects.push(device.load_object(self.bundle.object(index as u32)?)?);
        }
        for entry in self.bundle.kernels() {
            let object = self.objects[entry.object as usize];
            let kernel = device.kernel(object, &entry.symbol)?;
            self.kernels.insert(entry.name.clone(), kernel);
        }
        Ok(())
    }

    /// Unloads every code object.
    ///
    /// # Errors
    /// If the device is not the one that the bundle was loaded onto.
    pub fn unload(self, device: &mut dyn Device) -> Result<()> {
        self.objects.into_iter().try_for_each(|object| device.unload_object(object))
    }

    /// The bundle.
    pub fn bundle(&self) -> &Bundle {
        &self.bundle
    }

    /// The decision table of an operation.
    ///
    /// # Errors
    /// If the bundle has none.
    pub fn table(&self, operation: &Operation) -> Result<&Table> {
        self.bundle.table(operation).ok_or_else(|| {
            Error::request(format!(
                "the bundle does not cover {operation}; tune it for the model that asks for it"
            ))
        })
    }

    /// The kernel that a rule of one of the tables names.
    pub(crate) fn entry(&self, name: &str) -> (&KernelEntry, KernelId) {
        let entry = self.bundle.kernel(name);
        let entry = entry.expect("an open bundle's rules should have kernels");
        (entry, self.kernels[&entry.name])
    }

    /// The kernel that answers a request; `free` are the dims that the operation leaves open.
    ///
    /// # Errors
    /// If the bundle has no table for the operation, or the dims contradict it.
    pub fn select(&self, operation: &Operation, free: &Dims) -> Result<Choice<'_>> {
        let rule = self.table(operation)?.select(free);
        let (entry, kernel) = self.entry(&rule.kernel);
        let dims = operation.with_dims(free)?;
        Ok(Choice { rule, entry, kernel, dims })
    }
}
