//! From decided families to a bundle.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use kiln_cache::bundle::{BundleWriter, Manifest, Model as ModelName};
use kiln_cache::hash::Digest;
use kiln_compiler::compile::compiler_identity;
use kiln_compiler::object::link;
use kiln_targets::Target;

use super::artifacts::Compiler;
use super::{Contender, Family, entry};
use crate::decide::{Pick, table};
use crate::model::ModelShapes;
use crate::{Error, Result};

/// A family with its winners.
#[derive(Clone, Debug)]
pub struct Decided<'p> {
    /// The family.
    pub family: &'p Family,
    /// The kernels that some request is answered with.
    pub kernels: Vec<Contender<'p>>,
    /// The answer to each request, in the order of requests.
    pub picks: Vec<Pick>,
}

/// What surrounds the kernels.
#[derive(Debug)]
pub struct Frame<'a> {
    /// The model.
    pub model: &'a ModelShapes,
    /// The target.
    pub target: &'a Target,
    /// Noise floor of the session, where something was timed.
    pub noise_floor: Option<f64>,
    /// Fingerprint of the device, where there was one.
    pub device: BTreeMap<String, String>,
    /// Rates that shares of the roofline refer to.
    pub peaks: BTreeMap<String, f64>,
}

/// Links the winners into one code object and writes the bundle; its digest.
///
/// # Errors
/// If an object vanished, the linker refuses, or the file cannot be written.
pub fn pack(
    decided: &[Decided<'_>],
    frame: &Frame<'_>,
    compiler: &Compiler<'_>,
    out: &Path,
) -> Result<Digest> {
    let mut kernels: BTreeMap<&str, &Contender<'_>> = BTreeMap::new();
    for contender in decided.iter().flat_map(|of| &of.kernels) {
        let twin = kernels.insert(&contender.point.spec.symbol, contender);
        if twin.is_some_and(|twin| twin.point.digest != contender.point.digest) {
            let why = "two different kernels have this name, by a collision of their digests";
            return Err(Error::invalid(&contender.point.spec.symbol, why));
        }
    }
    let objects = kernels.values().map(|of| compiler.object(&of.code));
    let objects = objects.collect::<Result<Vec<_>>>()?;
    let slices: Vec<&[u8]> = objects.iter().map(Vec::as_slice).collect();
    let linked = link(&slices, frame.target)
        .map_err(|error| Error::invalid("code object of the bundle", error.to_string()))?;
    let mut writer = BundleWriter::new(manifest(frame));
    let object = writer.object(linked);
    for contender in kernels.values() {
        writer.kernel(entry(contender.point, &contender.code, frame.target, object)?);
    }
    for of in decided {
        let operations: BTreeSet<_> =
            of.family.requests.iter().map(|request| &request.operation).collect();
        for operation in operations {
            let own = of.family.requests.iter().zip(&of.picks);
            let own = own.filter(|(request, _)| request.operation == *operation);
            let picks: Vec<Pick> = own.map(|(_, pick)| pick.clone()).collect();
            writer.table(table(operation, &picks)?);
        }
        for request in &of.family.requests {
            writer.request(request.operation.clone(), request.arriving());
        }
    }
    Ok(writer.write(out)?)
}

fn manifest(frame: &Frame<'_>) -> Manifest {
    let toolchain = [("kiln", env!("CARGO_PKG_VERSION").to_owned()), ("llvm", compiler_identity())];
    Manifest {
        target: frame.target.name.clone(),
        noise_floor: frame.noise_floor,
        model: ModelName { name: frame.model.name.clone(), config_hash: frame.model.config_hash },
        device: frame.device.clone(),
        toolchain: toolchain.map(|(name, version)| (name.to_owned(), version)).into(),
        peaks: frame.peaks.clone(),
    }
}
