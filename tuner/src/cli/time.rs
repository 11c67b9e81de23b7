//! `kiln-tune time`: the modelled time of one launch of any code object.

use std::sync::Arc;

use kiln_sim::machine::{Launch, kernarg};
use kiln_sim::memory::{Access, Memory, Storage};
use kiln_sim::object::{ArgKind, CodeObject, KernelInfo};
use kiln_sim::time::{Explanation, estimate};
use kiln_targets::Target;

use super::args::Time;
use super::{Ended, Failure};
use crate::calibrate::read_object;
use crate::progress::Progress;

/// Models one launch and says where its time goes.
pub(super) fn run(arguments: &Time) -> Result<Ended, Failure> {
    let target = Target::builtin(&arguments.target).map_err(Failure::request)?;
    let object = read_object(&arguments.object, &target).map_err(Failure::request)?;
    let kernel = kernel(&object, arguments.kernel.as_deref())?;
    let memory = Arc::new(Memory::new());
    let launch = Launch {
        dynamic_lds: arguments.lds,
        ..Launch::new(
            &kernel.name,
            axes("--grid", &arguments.grid)?,
            axes("--block", &arguments.block)?,
            block(kernel, arguments, &memory)?,
        )
    };
    let estimate = estimate(&target, &object, &launch, &memory).map_err(Failure::work)?;
    if let Some(path) = &arguments.timeline {
        let refuse = |error| Failure::work(format!("cannot write {}: {error}", path.display()));
        std::fs::write(path, estimate.sampled.timeline.svg()).map_err(refuse)?;
    }
    let explanation = Explanation::new(&launch.kernel, &estimate);
    let text = if arguments.json {
        serde_json::to_string_pretty(&explanation).map_err(Failure::work)? + "\n"
    } else {
        explanation.to_string()
    };
    Progress::silent().result(&text).map_err(Failure::work)?;
    Ok(Ended::Well)
}

fn kernel<'a>(object: &'a CodeObject, name: Option<&str>) -> Result<&'a KernelInfo, Failure> {
    let known = object.kernels().iter().map(|kernel| kernel.name.as_str());
    let known = known.collect::<Vec<_>>().join(", ");
    match (name, object.kernels()) {
        (Some(name), _) => object
            .kernel_named(name)
            .ok_or_else(|| Failure::request(format!("--kernel: no `{name}`; there are {known}"))),
        (None, [only]) => Ok(only),
        (None, _) => Err(Failure::request(format!("--kernel: name one of {known}"))),
    }
}

/// `X`, `X,Y` or `X,Y,Z`.
fn axes(flag: &str, text: &str) -> Result<[u32; 3], Failure> {
    let bad = || Failure::request(format!("{flag} {text}: expected X, X,Y or X,Y,Z"));
    let mut axes = [1; 3];
    let parts: Vec<&str> = text.split(',').collect();
    if parts.len() > 3 {
        return Err(bad());
    }
    for (axis, part) in axes.iter_mut().zip(parts) {
        *axis = part.trim().parse().ok().filter(|n| *n > 0).ok_or_else(bad)?;
    }
    Ok(axes)
}

/// The argument block, with memory for every pointer.
fn block(kernel: &KernelInfo, arguments: &Time, memory: &Memory) -> Result<Vec<u8>, Failure> {
    let mut block = vec![0; kernel.kernarg_size as usize];
    let own = |kind: &ArgKind| matches!(kind, ArgKind::ByValue | ArgKind::GlobalBuffer);
    let mut places = kernel.args.iter().filter(|arg| own(&arg.kind));
    for (at, text) in arguments.args.iter().enumerate() {
        let bytes = argument(at, text, memory)?;
        let place = places.next().ok_or_else(|| {
            Failure::request(format!(
                "--args: `{}` does not take {} arguments",
                kernel.name,
                at + 1
            ))
        })?;
        if place.size as usize != bytes.len() {
            return Err(Failure::request(format!(
                "--args {text}: argument {at} of `{}` has {} bytes, not {}",
                kernel.name,
                place.size,
                bytes.len()
            )));
        }
        let from = place.offset as usize;
        if let Some(room) = block.get_mut(from..from + bytes.len()) {
            room.copy_from_slice(&bytes);
        }
    }
    let (grid, group) = (axes("--grid", &arguments.grid)?, axes("--block", &arguments.block)?);
    kernarg::fill_hidden(kernel, grid, group, arguments.lds, &mut block);
    Ok(block)
}

/// One argument: `ptr:BYTES` or a number with its type.
fn argument(at: usize, text: &str, memory: &Memory) -> Result<Vec<u8>, Failure> {
    let bad = || {
        let kinds = "ptr:BYTES, i32:N, u32:N, i64:N, u64:N, f32:X or f64:X";
        Failure::request(format!("--args {text}: expected {kinds}"))
    };
    let (kind, value) = text.split_once(':').ok_or_else(bad)?;
    let bytes = match kind {
        "ptr" => {
            let size = value.parse::<u64>().map_err(|_| bad())?;
            let name = format!("argument {at}");
            let base = memory.allocate(&name, size.max(1), Access::ReadWrite, Storage::Sparse);
            base.map_err(Failure::request)?.to_le_bytes().to_vec()
        }
        "i32" => value.parse::<i32>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        "u32" => value.parse::<u32>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        "i64" => value.parse::<i64>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        "u64" => value.parse::<u64>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        "f32" => value.parse::<f32>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        "f64" => value.parse::<f64>().map_err(|_| bad())?.to_le_bytes().to_vec(),
        _ => return Err(bad()),
    };
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn why(failure: Failure) -> String {
        match failure {
            Failure::Request(why) | Failure::Work(why) => why,
        }
    }

    #[test]
    fn axes_that_are_left_out_are_one() {
        assert_eq!(axes("--grid", "7").map_err(why), Ok([7, 1, 1]));
        assert_eq!(axes("--grid", "7, 2,3").map_err(why), Ok([7, 2, 3]));
        for text in ["", "0", "1,2,3,4", "x"] {
            assert!(axes("--grid", text).map_err(why).is_err(), "{text}");
        }
    }

    #[test]
    fn arguments_carry_their_types() {
        let memory = Memory::new();
        let bytes = |text: &str| argument(0, text, &memory).map_err(why);
        assert_eq!(bytes("i32:-1"), Ok(vec![255; 4]));
        assert_eq!(bytes("f32:1"), Ok(1f32.to_le_bytes().to_vec()));
        assert_eq!(bytes("ptr:64").map(|bytes| bytes.len()), Ok(8));
        for text in ["5", "ptr:x", "i32:1.5", "char:1", "i32:99999999999"] {
            assert!(bytes(text).unwrap_err().contains("expected ptr:BYTES"), "{text}");
        }
    }
}
