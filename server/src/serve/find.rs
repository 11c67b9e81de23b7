//! The bundle that fits a model, where none is named.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::bail;
use kiln_cache::bundle::Bundle;
use kiln_runtime::plan::Serving;
use kiln_targets::{Backend, Target};

use crate::cli::DeviceName;

/// Bundles have this ending.
const ENDING: &str = "kiln";

/// The bundle to serve a model with, and the device for it.
///
/// # Errors
/// If there is none, or several; the message says what to do.
pub(super) fn find(
    model: &Path,
    bundle: Option<&Path>,
    device: Option<DeviceName>,
) -> anyhow::Result<(PathBuf, DeviceName)> {
    if let Some(path) = bundle {
        let bundle = Bundle::open(path)?;
        return Ok((path.to_owned(), device.unwrap_or_else(|| device_of(&bundle))));
    }
    let mut fitting: Vec<(PathBuf, DeviceName)> = Vec::new();
    for path in [model, Path::new(".")].into_iter().flat_map(bundles) {
        // A file that is no bundle is not what is looked for.
        let Ok(bundle) = Bundle::open(&path) else { continue };
        let own = device_of(&bundle);
        let fits = match device {
            None => runs_here(&bundle),
            Some(DeviceName::Sim) => own == DeviceName::Hip,
            Some(device) => own == device,
        };
        let same = |(other, _): &(PathBuf, DeviceName)| {
            other.canonicalize().ok() == path.canonicalize().ok()
        };
        if fits && Serving::of(&bundle, None).is_ok() && !fitting.iter().any(same) {
            fitting.push((path, device.unwrap_or(own)));
        }
    }
    match (fitting.len(), fitting.pop()) {
        (1, Some(found)) => Ok(found),
        (0, _) | (_, None) => bail!("{}", advice(model, device)),
        (_, Some(last)) => {
            fitting.push(last);
            let names: Vec<String> =
                fitting.iter().map(|(path, _)| path.display().to_string()).collect();
            bail!("several bundles fit: {}; name one with --bundle", names.join(", "))
        }
    }
}

/// What to do where there is no bundle.
fn advice(model: &Path, device: Option<DeviceName>) -> String {
    let target = match device {
        Some(DeviceName::Hip | DeviceName::Sim) => "gfx1151",
        _ => Target::native_host_name().unwrap_or("x86-64-v3"),
    };
    let config = model.join("config.json");
    let out = model.join(format!("{target}.{ENDING}"));
    format!(
        "there is no bundle for {} in its directory or in the current one; make one with: kiln \
         tune --target {target} --model {} --out {}",
        model.display(),
        config.display(),
        out.display()
    )
}

fn bundles(directory: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(directory).into_iter().flatten().flatten();
    let paths = entries.map(|entry| entry.path());
    let mut bundles: Vec<PathBuf> =
        paths.filter(|path| path.extension().is_some_and(|ending| ending == ENDING)).collect();
    bundles.sort();
    bundles
}

/// The device that runs a bundle's code.
fn device_of(bundle: &Bundle) -> DeviceName {
    match Target::builtin(&bundle.manifest().target) {
        Ok(target) if target.backend == Backend::Host => DeviceName::Host,
        _ => DeviceName::Hip,
    }
}

fn runs_here(bundle: &Bundle) -> bool {
    let target = Target::builtin(&bundle.manifest().target);
    target.is_ok_and(|target| target.backend != Backend::Host || target.host_supports().is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_there_is_no_bundle_the_command_that_makes_one_is_said() {
        let directory = tempfile::tempdir().unwrap();
        fs::write(directory.path().join("broken.kiln"), "x").unwrap();
        let told = find(directory.path(), None, Some(DeviceName::Host)).unwrap_err().to_string();
        let config = directory.path().join("config.json").display().to_string();
        assert!(told.contains("kiln tune --target x86-64") && told.contains(&config), "{told}");
    }
}
