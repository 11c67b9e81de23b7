//! The machine-readable part of a bundle, and the rules its items owe each other.

use serde::{Deserialize, Serialize};

use super::header::OBJECT_ALIGNMENT;
use crate::hash::Digest;
use crate::vocabulary::{Dims, KernelEntry, Rule, Table};
use crate::{Error, Result};

/// One code object in the file.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ObjectEntry {
    /// Bytes from the first object; a multiple of [`OBJECT_ALIGNMENT`].
    pub offset: u64,
    /// Size in bytes.
    pub bytes: u64,
    /// Digest of the bytes.
    pub sha256: Digest,
}

/// A request that the bundle was asked to cover, and the rule that covers it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Covered {
    /// Position of the operation's table.
    pub table: u32,
    /// The free dims of the request.
    pub dims: Dims,
    /// Position of the covering rule in the table.
    pub rule: u32,
}

/// Kernels, objects, tables and coverage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Catalogue {
    pub(super) kernels: Vec<KernelEntry>,
    pub(super) objects: Vec<ObjectEntry>,
    pub(super) tables: Vec<Table>,
    pub(super) coverage: Vec<Covered>,
}

impl Catalogue {
    /// The kernel called `name`.
    pub(super) fn kernel(&self, name: &str) -> Option<&KernelEntry> {
        let found = self.kernels.binary_search_by(|kernel| kernel.name.as_str().cmp(name));
        found.ok().map(|index| &self.kernels[index])
    }

    /// Bytes from the first object to the end of the last.
    pub(super) fn object_bytes(&self) -> u64 {
        self.objects.last().map_or(0, |last| last.offset.saturating_add(last.bytes))
    }

    /// Checks every rule that items of the catalogue owe each other.
    pub(super) fn validate(&self) -> Result<()> {
        self.validate_objects()?;
        self.validate_kernels()?;
        self.validate_tables()?;
        self.validate_coverage()
    }

    /// Aligned, in order, apart from each other.
    fn validate_objects(&self) -> Result<()> {
        let mut expected = 0u64;
        for (index, object) in self.objects.iter().enumerate() {
            let end = object.offset.checked_add(object.bytes).filter(|_| object.bytes > 0);
            let next = end.and_then(|end| end.checked_next_multiple_of(OBJECT_ALIGNMENT));
            match next {
                Some(next) if object.offset == expected => expected = next,
                _ => {
                    let why = "it is empty or not where the objects before it end";
                    return Err(Error::invalid(format!("code object {index}"), why));
                }
            }
        }
        Ok(())
    }

    fn validate_kernels(&self) -> Result<()> {
        let mut previous = None;
        for kernel in &self.kernels {
            kernel.validate()?;
            let fail = |why: &str| Err(Error::invalid(format!("kernel {}", kernel.name), why));
            if previous >= Some(&kernel.name) {
                return fail("the name is used twice or out of order");
            }
            if kernel.object as usize >= self.objects.len() {
                return fail("its code object does not exist");
            }
            previous = Some(&kernel.name);
        }
        Ok(())
    }

    fn validate_tables(&self) -> Result<()> {
        let mut previous = None;
        for table in &self.tables {
            let operation = table.operation();
            if previous >= Some(operation) {
                let what = format!("table of {operation}");
                return Err(Error::invalid(what, "it appears twice or out of order"));
            }
            previous = Some(operation);
            for rule in table.rules() {
                self.validate_launch(table, rule, &rule.dims)?;
            }
        }
        Ok(())
    }

    /// Each request once, in order, covered by the rule that the table would select.
    fn validate_coverage(&self) -> Result<()> {
        let mut previous = None;
        for covered in &self.coverage {
            let Some(table) = self.tables.get(covered.table as usize) else {
                return Err(Error::invalid("coverage", "it refers to a table that does not exist"));
            };
            let position = table.position(&covered.dims);
            let request = (covered.table, &covered.dims);
            if previous >= Some(request) || position != covered.rule as usize {
                let why = "it is out of order or names another rule than the table selects";
                return Err(Error::invalid(format!("coverage of {}", table.operation()), why));
            }
            previous = Some(request);
            self.validate_launch(table, &table.rules()[position], &covered.dims)?;
        }
        Ok(())
    }

    /// The rule's kernel exists, and the dims answer everything its launch asks for.
    fn validate_launch(&self, table: &Table, rule: &Rule, dims: &Dims) -> Result<()> {
        let fail = |why: String| {
            Err(Error::invalid(format!("rule '{}' of {}", rule.when, table.operation()), why))
        };
        let Some(kernel) = self.kernel(&rule.kernel) else {
            return fail(format!("its kernel {} does not exist", rule.kernel));
        };
        let dims = table.operation().with_dims(dims)?;
        if let Some(missing) = kernel.dims().into_iter().find(|dim| !dims.contains_key(*dim)) {
            return fail(format!("kernel {} needs dim {missing}, not given", kernel.name));
        }
        match kernel.launch(&dims) {
            Ok(_) => Ok(()),
            Err(error) => fail(format!("kernel {} cannot be launched: {error}", kernel.name)),
        }
    }
}
