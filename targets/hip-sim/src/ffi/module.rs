//! Modules: loaded code objects, their kernels and variables.

use std::fs;

use super::export;
use crate::error::{Error, Result};
use crate::image;
use crate::raw::{List, Out, Place, Text};
use crate::runtime::with;

/// Most bytes of a file that is loaded.
const LARGEST_FILE: u64 = 1 << 30;

fn load(to: Out<usize>, read: image::Read<'_>) -> Result {
    let cpu = with(|runtime| Ok(runtime.properties.target().cpu.clone()))?;
    let object = image::code_object(read, &cpu)?;
    with(|runtime| to.set(runtime.load(&object)?))
}

fn load_place(to: Out<usize>, place: Place) -> Result {
    if place.is_null() {
        return Err(Error::InvalidValue);
    }
    load(to, &|at, count| place.plus(at).bytes(count))
}

export! {
    fn hipModuleLoad(to: Out<usize>, path: Text) {
        let path = path.get()?;
        let size = fs::metadata(&path).map_err(|_| Error::FileNotFound)?.len();
        if size > LARGEST_FILE {
            return Err(Error::InvalidKernelFile);
        }
        let file = fs::read(&path).map_err(|_| Error::FileNotFound)?;
        load(to, &|at, count| {
            let end = at.checked_add(count).ok_or(Error::InvalidImage)?;
            file.get(at..end).map(<[u8]>::to_vec).ok_or(Error::InvalidImage)
        })
    }

    fn hipModuleLoadData(to: Out<usize>, place: Place) {
        load_place(to, place)
    }

    /// The options are those of a compiler, which a code object does not need any more.
    fn hipModuleLoadDataEx(
        to: Out<usize>,
        place: Place,
        _count: u32,
        _options: List<u32>,
        _values: List<usize>,
    ) {
        load_place(to, place)
    }

    fn hipModuleLoadFatBinary(to: Out<usize>, place: Place) {
        load_place(to, place)
    }

    fn hipModuleUnload(module: usize) {
        with(|runtime| runtime.unload(module))
    }

    fn hipModuleGetFunction(to: Out<usize>, module: usize, name: Text) {
        let name = name.get()?;
        with(|runtime| to.set(runtime.find_function(module, &name)?))
    }

    fn hipModuleGetFunctionCount(to: Out<u32>, module: usize) {
        with(|runtime| to.set(runtime.module(module)?.kernels() as u32))
    }

    fn hipModuleGetGlobal(to: Out<u64>, bytes: Out<usize>, module: usize, name: Text) {
        let name = name.get()?;
        with(|runtime| {
            let (address, size) = runtime.module(module)?.global(&name).ok_or(Error::NotFound)?;
            if !to.is_null() {
                to.set(address)?;
            }
            if bytes.is_null() { Ok(()) } else { bytes.set(size) }
        })
    }

    fn hipFuncGetAttribute(to: Out<i32>, attribute: u32, function: usize) {
        with(|runtime| {
            let limits = runtime.limits();
            to.set(runtime.function(function)?.attribute(attribute, &limits)?)
        })
    }

    /// Kernels may have as much dynamic LDS as the device has without being asked.
    fn hipFuncSetAttribute(function: usize, _attribute: u32, _value: i32) {
        with(|runtime| runtime.function(function).map(drop))
    }
}
