//! From a path to a model's sizes.

use std::path::Path;

use kiln_cache::model::{ConfigFile, DrafterConfig, ModelConfig};

use super::{DrafterChoice, DrafterShapes, ModelShapes};
use crate::Result;

/// Reads a model directory or its `config.json`.
///
/// # Errors
/// One line that names the file and the field: a file that cannot be read or is not a
/// configuration, a field that is missing or makes no sense, a kind of model or quantisation that
/// is not supported.
pub fn load(path: &Path, drafter: &DrafterChoice) -> Result<ModelShapes> {
    let file = ConfigFile::open(path)?;
    let config = ModelConfig::of(&file)?;
    let mut shapes = ModelShapes::of(&config, name(file.path()), file.digest());
    shapes.drafter = match drafter {
        DrafterChoice::None => None,
        DrafterChoice::Published => Some(DrafterShapes::published(&shapes)),
        DrafterChoice::Config(path) => {
            Some(DrafterShapes::of(&DrafterConfig::open(path, &config)?, &shapes))
        }
    };
    Ok(shapes)
}

/// The name of the directory that holds the configuration, or else of the family.
fn name(config: &Path) -> String {
    let whole = config.canonicalize().unwrap_or_else(|_| config.to_path_buf());
    let directory = whole.parent().and_then(Path::file_name);
    directory.map_or_else(|| "qwen3_5".into(), |name| name.to_string_lossy().into_owned())
}
