//! Executes host kernels.
#![allow(unsafe_code, reason = "emitted code can only be called through its C interface")]

use kiln_targets::Target;
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::kernels::Sketch;
use crate::emit::{Options, emit};
use crate::lane::ArgKind;
use crate::object::link;

type Entry = unsafe extern "C" fn(*const u8, *mut u8, u32, u32, u32);

/// A value passed for an argument.
pub(super) enum Given<'b> {
    /// A buffer; what the kernel writes is seen afterwards.
    Buffer(&'b mut [u8]),
    /// A dim.
    Dim(i32),
    /// A scalar.
    Scalar(f32),
}

/// The host targets that this machine can execute.
pub(super) fn host_targets() -> Vec<&'static str> {
    let names = ["x86-64-v3", "x86-64-v4", "x86-64-v4-novnni"];
    names
        .into_iter()
        .filter(|name| Target::builtin(name).unwrap().host_supports().is_ok())
        .collect()
}

/// Emits, links, loads and calls a kernel for workgroup `block`.
pub(super) fn run(sketch: Sketch, given: &mut [Given], block: [u32; 3]) -> String {
    let (kernel, target) = sketch.finish("kernel");
    let options = Options { dump: true, ..Options::default() };
    let emitted = emit(&kernel, &target, &options).unwrap_or_else(|error| panic!("{error}"));
    let shared = link(&[&emitted.object], &target).unwrap_or_else(|error| panic!("{error}"));
    let file = tempfile::Builder::new().suffix(".so").tempfile().unwrap();
    std::fs::write(file.path(), shared).unwrap();
    let mut kernarg = vec![0u8; kernel.kernarg_bytes as usize];
    assert_eq!(kernel.args.len(), given.len());
    let mut buffers: Vec<Aligned> = vec![];
    for (arg, value) in kernel.args.iter().zip(given.iter()) {
        let at = arg.offset as usize;
        match (value, arg.kind) {
            (Given::Dim(dim), ArgKind::Dim) => {
                kernarg[at..at + 4].copy_from_slice(&dim.to_le_bytes());
            }
            (Given::Scalar(scalar), ArgKind::Scalar) => {
                kernarg[at..at + 4].copy_from_slice(&scalar.to_le_bytes());
            }
            (Given::Buffer(buffer), _) => {
                buffers.push(Aligned::holding(buffer));
                let address = buffers.last_mut().unwrap().0.as_mut_ptr() as u64;
                kernarg[at..at + 8].copy_from_slice(&address.to_le_bytes());
            }
            _ => panic!("`{}` is given another kind of value", arg.name),
        }
    }
    let mut scratch = Aligned::holding(&vec![0xcc; kernel.local_bytes() as usize]);
    // SAFETY: the object was linked from the kernel and has no initialisers.
    let library = unsafe { Library::open(Some(file.path()), RTLD_NOW | RTLD_LOCAL) }.unwrap();
    // SAFETY: the kernel has this interface by the ABI of hosts.
    let entry = unsafe { library.get::<Entry>(b"kernel") }.unwrap();
    let scratch = scratch.0.as_mut_ptr().cast::<u8>();
    // SAFETY: the kernarg block, the scratch memory and the buffers it names are alive, aligned
    // and as large as the accesses that the test's kernel makes.
    unsafe { entry(kernarg.as_ptr(), scratch, block[0], block[1], block[2]) };
    let mut written = buffers.iter();
    for value in given {
        if let Given::Buffer(buffer) = value {
            written.next().unwrap().read(buffer);
        }
    }
    emitted.assembly
}

/// A cache line.
#[derive(Clone, Copy)]
#[repr(align(64))]
struct Line([u8; 64]);

/// A copy of a buffer in whole cache lines.
struct Aligned(Vec<Line>);

impl Aligned {
    fn holding(buffer: &[u8]) -> Aligned {
        let mut lines = vec![Line([0; 64]); buffer.len().div_ceil(64)];
        for (line, chunk) in lines.iter_mut().zip(buffer.chunks(64)) {
            line.0[..chunk.len()].copy_from_slice(chunk);
        }
        Aligned(lines)
    }

    fn read(&self, buffer: &mut [u8]) {
        for (line, chunk) in self.0.iter().zip(buffer.chunks_mut(64)) {
            chunk.copy_from_slice(&line.0[..chunk.len()]);
        }
    }
}

/// The bytes of a list of numbers.
pub(super) fn bytes<T: Copy, const N: usize>(of: &[T], to: impl Fn(T) -> [u8; N]) -> Vec<u8> {
    of.iter().flat_map(|value| to(*value)).collect()
}

/// The `f32` numbers of a buffer.
pub(super) fn floats(buffer: &[u8]) -> Vec<f32> {
    buffer.chunks(4).map(|word| f32::from_le_bytes(word.try_into().unwrap())).collect()
}

/// The words of a buffer.
pub(super) fn words(buffer: &[u8]) -> Vec<u32> {
    buffer.chunks(4).map(|word| u32::from_le_bytes(word.try_into().unwrap())).collect()
}
