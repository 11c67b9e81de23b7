//! A GPU through HIP.
//!
//! This directory is the only place that names HIP. What it relies on:
//! - the runtime library is found at run time, and the bindings give the types of its functions;
//! - addresses are those of live allocations, looked up in the same call, and every copy stays
//!   inside its allocation;
//! - kernels are Kiln's own, checked before they were packed; one that faults anyway may take the
//!   process along, or leaves the device lost.

use std::collections::BTreeMap;
use std::ffi::{CStr, CString, c_char, c_int, c_uint, c_void};
use std::mem::MaybeUninit;
use std::path::{Path, PathBuf};
use std::ptr::null_mut;
use std::rc::{Rc, Weak};
use std::time::Duration;
use std::{env, fmt};

use hip_sys::{
    hipDeviceProp_tR0600, hipError_t, hipEvent_t, hipFunction_attribute, hipFunction_t,
    hipMemcpyKind, hipModule_t, hipStream_t,
};
use kiln_cache::device::Peak;
use kiln_targets::{Backend, Target};
use libloading::os::unix::{Library, RTLD_LOCAL, RTLD_NOW};

use super::handles::Handles;
use super::lent::Lent;
use super::{BufferId, Description, Device, KernelId, Launch, ObjectId, Pointer, elf};
use crate::{Error, Result};

/// Path of the library, for tests and unusual installations.
const LIBRARY: &str = "KILN_HIP_LIBRARY";
/// Names of the library, the newest first; a machine without the development package has only
/// those with a number.
const NAMES: [&str; 3] = ["libamdhip64.so.7", "libamdhip64.so.6", "libamdhip64.so"];
/// Where ROCm installs itself.
const ROCM: &str = "/opt/rocm";
/// Memory that the bandwidth probe reads, and as much again that it writes: beyond every cache.
const PROBE_BYTES: usize = 256 << 20;
/// Bytes that the canary copies.
const CANARY_BYTES: usize = 16 << 20;
/// Times that a probe runs; the fastest counts.
const RUNS: usize = 3;

/// Declares the functions that are used; that each has the type of the bindings is checked when
/// this file is compiled.
macro_rules! api {
    ($($name:ident($($argument:ty),*);)*) => {
        /// The functions of a loaded library.
        #[allow(non_snake_case, reason = "the names are HIP's")]
        struct Api {
            $($name: unsafe extern "C" fn($($argument),*) -> hipError_t,)*
            hipGetErrorName: unsafe extern "C" fn(hipError_t) -> *const c_char,
            _library: Library,
        }

        impl Api {
            fn look_up(library: Library) -> std::result::Result<Self, libloading::Error> {
                $(let _: unsafe extern "C" fn($($argument),*) -> hipError_t = hip_sys::$name;)*
                // SAFETY: each symbol is a function of the type that the bindings declare for it.
                unsafe {
                    Ok(Self {
                        $($name: *library.get(concat!(stringify!($name), "\0").as_bytes())?,)*
                        hipGetErrorName: *library.get(b"hipGetErrorName\0")?,
                        _library: library,
                    })
                }
            }
        }
    };
}

api! {
    hipInit(c_uint);
    hipGetDeviceCount(*mut c_int);
    hipGetDevicePropertiesR0600(*mut hipDeviceProp_tR0600, c_int);
    hipDriverGetVersion(*mut c_int);
    hipRuntimeGetVersion(*mut c_int);
    hipMalloc(*mut *mut c_void, usize);
    hipHostRegister(*mut c_void, usize, c_uint);
    hipHostUnregister(*mut c_void);
    hipHostGetDevicePointer(*mut *mut c_void, *mut c_void, c_uint);
    hipFree(*mut c_void);
    hipMemcpy(*mut c_void, *const c_void, usize, hipMemcpyKind);
    hipMemcpyAsync(*mut c_void, *const c_void, usize, hipMemcpyKind, hipStream_t);
    hipMemset(*mut c_void, c_int, usize);
    hipModuleLoadData(*mut hipModule_t, *const c_void);
    hipModuleUnload(hipModule_t);
    hipModuleGetFunction(*mut hipFunction_t, hipModule_t, *const c_char);
    hipFuncGetAttribute(*mut c_int, hipFunction_attribute, hipFunction_t);
    hipModuleLaunchKernel(
        hipFunction_t, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, c_uint, hipStream_t,
        *mut *mut c_void, *mut *mut c_void
    );
    hipEventCreate(*mut hipEvent_t);
    hipEventRecord(hipEvent_t, hipStream_t);
    hipEventSynchronize(hipEvent_t);
    hipEventElapsedTime(*mut f32, hipEvent_t, hipEvent_t);
}

/// Calls a function of the library and turns its code into an error that says what was tried.
macro_rules! call {
    ($api:expr, $what:expr, $name:ident($($argument:expr),* $(,)?)) => {{
        let api: &Api = &$api;
        // SAFETY: pointers are to live local variables or null, handles and addresses come from the
        // same library and are alive, and sizes were checked against the allocation.
        let code = unsafe { (api.$name)($($argument),*) };
        api.check(code, $what)
    }};
}

// Declared here, where it sees the macro.
mod memory;

use memory::{Memory, Registered};

impl Api {
    /// Opens the first library that there is.
    fn open(candidates: Vec<PathBuf>) -> Result<Self> {
        let mut reason = None;
        for path in candidates {
            // SAFETY: loading runs the initialisers of the ROCm runtime, which is what is asked for.
            let opened = unsafe { Library::open(Some(&path), RTLD_NOW | RTLD_LOCAL) };
            match opened.and_then(Self::look_up) {
                Ok(api) => return Ok(api),
                Err(error) if path.is_file() => reason = Some(error.to_string()),
                Err(_) => {}
            }
        }
        let reason = reason.map_or_else(String::new, |reason| format!(" ({reason})"));
        Err(Error::Unsupported(format!(
            "no HIP runtime is installed here{reason}; install ROCm's hip-runtime-amd, or set \
             {LIBRARY} to the path of a libamdhip64.so"
        )))
    }

    fn check(&self, code: hipError_t, what: &str) -> Result<()> {
        use hip_sys as hip;
        if code == hip::hipError_t_hipSuccess {
            return Ok(());
        }
        let message = format!("{what}: {}", self.name(code));
        Err(match code {
            hip::hipError_t_hipErrorIllegalAddress
            | hip::hipError_t_hipErrorLaunchFailure
            | hip::hipError_t_hipErrorLaunchTimeOut
            | hip::hipError_t_hipErrorECCNotCorrectable
            | hip::hipError_t_hipErrorContextIsDestroyed => Error::Lost(message),
            hip::hipError_t_hipErrorInvalidImage
            | hip::hipError_t_hipErrorNoBinaryForGpu
            | hip::hipError_t_hipErrorInvalidKernelFile
            | hip::hipError_t_hipErrorSharedObjectInitFailed => Error::Load(message),
            _ => Error::Launch(message),
        })
    }

    fn name(&self, code: hipError_t) -> String {
        // SAFETY: the function takes any code and returns a string of the library or null.
        let name = unsafe { (self.hipGetErrorName)(code) };
        if name.is_null() {
            return format!("HIP error {code}");
        }
        // SAFETY: the string is not null, ends in zero, and lives as long as the library.
        unsafe { CStr::from_ptr(name) }.to_string_lossy().into_owned()
    }
}

impl fmt::Debug for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the HIP runtime")
    }
}

/// Where the library may be: where the user says, else where ROCm or the system keep it.
fn candidates() -> Vec<PathBuf> {
    if let Some(path) = env::var_os(LIBRARY) {
        return vec![path.into()];
    }
    let places = ["ROCM_PATH", "HIP_PATH"].into_iter().filter_map(env::var_os).map(PathBuf::from);
    let inside = |place: PathBuf| NAMES.map(|name| place.join("lib").join(name));
    let system = NAMES.map(PathBuf::from);
    places.flat_map(inside).chain(system).chain(inside(ROCM.into())).collect()
}

/// The first GPU that HIP lists.
#[derive(Debug)]
pub struct HipDevice {
    api: Rc<Api>,
    description: Description,
    /// The chip, as `gfx1151`.
    chip: String,
    objects: Handles<Rc<Module>>,
    kernels: Handles<Kernel>,
    buffers: Handles<Memory>,
    events: [hipEvent_t; 2],
    probe: Option<[Memory; 2]>,
    /// Whether it shares its memory with the host, and its driver takes pages of files.
    integrated: bool,
    /// Pages that buffers are part of.
    registered: Vec<Weak<Registered>>,
}

impl HipDevice {
    /// The first GPU of this machine.
    ///
    /// # Errors
    /// If there is no HIP runtime or no GPU that it can use.
    pub fn new() -> Result<Self> {
        Self::through(Api::open(candidates())?)
    }

    /// The first GPU that a library of that path finds.
    ///
    /// # Errors
    /// As [`HipDevice::new`].
    pub fn with_library(path: &Path) -> Result<Self> {
        Self::through(Api::open(vec![path.to_path_buf()])?)
    }

    fn through(api: Api) -> Result<Self> {
        let api = Rc::new(api);
        let none = |error: Error| Error::Unsupported(format!("HIP finds no usable GPU: {error}"));
        let mut count = 0;
        call!(api, "hipInit", hipInit(0)).map_err(none)?;
        call!(api, "hipGetDeviceCount", hipGetDeviceCount(&mut count)).map_err(none)?;
        if count == 0 {
            return Err(Error::Unsupported("HIP finds no GPU in this machine".to_owned()));
        }
        let properties = properties(&api).map_err(none)?;
        let mut events = [null_mut(); 2];
        for event in &mut events {
            call!(api, "hipEventCreate", hipEventCreate(event))?;
        }
        let chip = text(&properties.gcnArchName);
        // What follows the chip's name are its settings, such as `:xnack-`.
        let chip = chip.split(':').next().unwrap_or_default().to_owned();
        Ok(Self {
            description: describe(&api, &properties)?,
            api,
            chip,
            objects: Handles::new("code object"),
            kernels: Handles::new("kernel"),
            buffers: Handles::new("buffer"),
            events,
            probe: None,
            integrated: properties.integrated != 0,
            registered: Vec::new(),
        })
    }

    /// Starts one launch on the null stream; `block` is its argument block.
    fn start(&self, launch: &Launch, block: &mut [u8]) -> Result<()> {
        let kernel = self.kernels.get(launch.kernel.0)?;
        let [x, y, z] = launch.grid;
        let lds = launch.lds_bytes.saturating_sub(kernel.static_lds);
        let mut size = block.len();
        // Tags of HIP's list: the block follows, its size follows, the end.
        let tag = |number: usize| null_mut::<c_void>().wrapping_byte_add(number);
        let (start, length) = (block.as_mut_ptr().cast(), (&raw mut size).cast());
        let mut extra = [tag(1), start, tag(2), length, tag(3)];
        let (function, stream, list) = (kernel.function, null_mut(), null_mut());
        let what = "hipModuleLaunchKernel";
        call!(
            self.api,
            what,
            hipModuleLaunchKernel(
                function,
                x,
                y,
                z,
                launch.threads,
                1,
                1,
                lds,
                stream,
                list,
                extra.as_mut_ptr()
            )
        )
    }

    /// Time between two points in the null stream.
    fn between(&self, work: impl FnOnce() -> Result<()>) -> Result<Duration> {
        let [start, stop] = self.events;
        let mut milliseconds = 0.0f32;
        call!(self.api, "hipEventRecord", hipEventRecord(start, null_mut()))?;
        work()?;
        call!(self.api, "hipEventRecord", hipEventRecord(stop, null_mut()))?;
        call!(self.api, "hipEventSynchronize", hipEventSynchronize(stop))?;
        let elapsed = &mut milliseconds;
        call!(self.api, "hipEventElapsedTime", hipEventElapsedTime(elapsed, start, stop))?;
        Ok(Duration::from_secs_f64(f64::from(milliseconds.max(0.0)) / 1e3))
    }

    /// The fastest of some copies within device memory.
    fn copy(&mut self, bytes: usize) -> Result<Duration> {
        if self.probe.is_none() {
            let memory = || Memory::new(&self.api, PROBE_BYTES, 0);
            self.probe = Some([memory()?, memory()?]);
        }
        let [to, from] = self.probe.as_ref().expect("the probe's memory was just made");
        let kind = hip_sys::hipMemcpyKind_hipMemcpyDeviceToDevice;
        let copy = || {
            let (to, from) = (to.start(), from.start());
            call!(self.api, "hipMemcpyAsync", hipMemcpyAsync(to, from, bytes, kind, null_mut()))
        };
        let times: Result<Vec<Duration>> = (0..RUNS).map(|_| self.between(copy)).collect();
        Ok(times?.into_iter().min().unwrap_or_default())
    }
}

impl Device for HipDevice {
    fn describe(&self) -> &Description {
        &self.description
    }

    fn supports(&self, target: &Target) -> Result<()> {
        if target.backend == Backend::AmdGpu && target.cpu == self.chip {
            return Ok(());
        }
        let (chip, name) = (&self.chip, &target.name);
        Err(Error::Unsupported(format!("this GPU is a {chip}, which does not run code for {name}")))
    }

    fn load_object(&mut self, bytes: &[u8]) -> Result<ObjectId> {
        Ok(ObjectId(self.objects.insert(Rc::new(Module::load(&self.api, bytes)?))))
    }

    fn unload_object(&mut self, object: ObjectId) -> Result<()> {
        let module = self.objects.remove(object.0)?;
        self.kernels.retain(|kernel| !Rc::ptr_eq(&kernel.module, &module));
        Ok(())
    }

    fn kernel(&mut self, object: ObjectId, symbol: &str) -> Result<KernelId> {
        let module = Rc::clone(self.objects.get(object.0)?);
        Ok(KernelId(self.kernels.insert(Kernel::of(module, symbol)?)))
    }

    fn alloc(&mut self, bytes: u64, red_zone: u32) -> Result<BufferId> {
        let too_large = || Error::OutOfMemory { wanted: bytes, available: 0 };
        let bytes = usize::try_from(bytes).map_err(|_| too_large())?;
        Ok(BufferId(self.buffers.insert(Memory::new(&self.api, bytes, red_zone as usize)?)))
    }

    /// Where host and device share their memory, the pages are registered once and read where they
    /// lie. A driver that does not take pages of a file gets copies.
    fn lend(&mut self, lent: &Lent) -> Result<BufferId> {
        if !self.integrated {
            return lent.copied(self);
        }
        let mut known = self.registered.iter().filter_map(Weak::upgrade);
        let registered = match known.find(|known| known.is_of(lent)) {
            Some(registered) => registered,
            None => {
                let Ok(registered) = Registered::new(&self.api, lent).map(Rc::new) else {
                    self.integrated = false;
                    return lent.copied(self);
                };
                self.registered.retain(|known| known.strong_count() > 0);
                self.registered.push(Rc::downgrade(&registered));
                registered
            }
        };
        Ok(BufferId(self.buffers.insert(Memory::lent(registered, lent))))
    }

    fn free(&mut self, buffer: BufferId) -> Result<()> {
        self.buffers.remove(buffer.0).map(drop)
    }

    fn write(&mut self, buffer: BufferId, offset: u64, bytes: &[u8]) -> Result<()> {
        self.buffers.get(buffer.0)?.write(offset, bytes)
    }

    fn read(&self, buffer: BufferId, offset: u64, into: &mut [u8]) -> Result<()> {
        self.buffers.get(buffer.0)?.read(offset, into)
    }

    fn check_red_zones(&self, buffer: BufferId) -> Result<()> {
        self.buffers.get(buffer.0)?.check_red_zones()
    }

    fn use_threads(&mut self, _threads: u32) -> Result<()> {
        Ok(())
    }

    fn time(&mut self, sequence: &[&Launch]) -> Result<Duration> {
        let block = |launch: &&Launch| {
            launch.workgroups()?;
            let mut block = Vec::new();
            launch.arguments.resolve(|pointer| address(&self.buffers, pointer), &mut block)?;
            Ok(block)
        };
        let mut blocks = sequence.iter().map(block).collect::<Result<Vec<_>>>()?;
        self.between(|| {
            let mut launches = sequence.iter().zip(&mut blocks);
            launches.try_for_each(|(launch, block)| self.start(launch, block))
        })
    }

    /// In one go, so that the host prepares a launch while the one before it runs.
    fn run(&mut self, sequence: &[Launch]) -> Result<()> {
        if sequence.is_empty() {
            return Ok(());
        }
        let sequence: Vec<&Launch> = sequence.iter().collect();
        self.time(&sequence).map(|_| ())
    }

    fn canary(&mut self) -> Result<Duration> {
        self.copy(CANARY_BYTES)
    }

    /// A copy reads and writes every byte once; both count.
    fn bandwidth(&mut self) -> Result<f64> {
        Ok(2.0 * PROBE_BYTES as f64 / self.copy(PROBE_BYTES)?.as_secs_f64())
    }

    fn peak(&mut self, arithmetic: Peak) -> Result<f64> {
        let why = format!("the peak of {arithmetic:?} is not measured on a GPU");
        Err(Error::Unsupported(why))
    }
}

/// A loaded code object.
#[derive(Debug)]
struct Module {
    api: Rc<Api>,
    handle: hipModule_t,
}

impl Module {
    fn load(api: &Rc<Api>, bytes: &[u8]) -> Result<Self> {
        // The library finds the end of the object by its headers alone.
        elf::check_shared_object(bytes, elf::AMDGPU).map_err(Error::Load)?;
        let mut handle = null_mut();
        let what = "hipModuleLoadData";
        let loaded = call!(api, what, hipModuleLoadData(&mut handle, bytes.as_ptr().cast()));
        loaded.map_err(|error| Error::Load(error.to_string()))?;
        Ok(Self { api: Rc::clone(api), handle })
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        // A device that is lost cannot unload, and nothing else can go wrong.
        let _ = call!(self.api, "hipModuleUnload", hipModuleUnload(self.handle));
    }
}

/// A kernel of a module that it keeps loaded.
#[derive(Debug)]
struct Kernel {
    module: Rc<Module>,
    function: hipFunction_t,
    static_lds: u32,
}

impl Kernel {
    fn of(module: Rc<Module>, symbol: &str) -> Result<Self> {
        let missing = || Error::Load(format!("it has no symbol '{}'", symbol.escape_debug()));
        let name = CString::new(symbol).map_err(|_| missing())?;
        let (mut function, mut lds, handle) = (null_mut(), 0, module.handle);
        let found = &mut function;
        let what = "hipModuleGetFunction";
        call!(module.api, what, hipModuleGetFunction(found, handle, name.as_ptr()))
            .map_err(|_| missing())?;
        let attribute = hip_sys::hipFunction_attribute_HIP_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES;
        let what = "hipFuncGetAttribute";
        call!(module.api, what, hipFuncGetAttribute(&mut lds, attribute, function))?;
        Ok(Self { module, function, static_lds: lds.max(0) as u32 })
    }
}

/// The address of a place in a buffer.
fn address(buffers: &Handles<Memory>, pointer: Pointer) -> Result<u64> {
    let memory = buffers.get(pointer.buffer.0)?;
    pointer.inside(memory.len())?;
    Ok(memory.address() + pointer.plus)
}

fn properties(api: &Api) -> Result<hipDeviceProp_tR0600> {
    let mut properties = MaybeUninit::zeroed();
    let what = "hipGetDeviceProperties";
    call!(*api, what, hipGetDevicePropertiesR0600(properties.as_mut_ptr(), 0))?;
    // SAFETY: the structure holds numbers and addresses, for which zero is a value as well.
    Ok(unsafe { properties.assume_init() })
}

/// How the name of a device ends that is simulated behind the HIP API.
const SIMULATED: &str = "(Kiln simulator)";

fn describe(api: &Api, of: &hipDeviceProp_tR0600) -> Result<Description> {
    let (mut driver, mut runtime) = (0, 0);
    call!(*api, "hipDriverGetVersion", hipDriverGetVersion(&mut driver))?;
    call!(*api, "hipRuntimeGetVersion", hipRuntimeGetVersion(&mut runtime))?;
    let fingerprint = [
        ("chip", text(&of.gcnArchName)),
        ("clock_mhz", (of.clockRate / 1000).to_string()),
        ("driver", driver.to_string()),
        ("memory_gib", (of.totalGlobalMem as u64).div_ceil(1 << 30).to_string()),
        ("multiprocessors", of.multiProcessorCount.to_string()),
        ("name", text(&of.name)),
        ("runtime", runtime.to_string()),
    ];
    let mut fingerprint: BTreeMap<String, String> =
        fingerprint.map(|(key, value)| (key.to_owned(), value)).into();
    // Kiln's own HIP library says so in the device's name; its times are a model's.
    let modelled = text(&of.name).ends_with(SIMULATED);
    if modelled {
        fingerprint.insert("simulator".to_owned(), env!("CARGO_PKG_VERSION").to_owned());
    }
    Ok(Description {
        name: text(&of.name),
        backend: "hip",
        fingerprint,
        threads: 1,
        cache_bytes: cache_bytes(of),
        modelled,
    })
}

/// The last cache before memory: the one on the memory's side, which HIP does not know of, where the
/// chip's file lists one.
fn cache_bytes(of: &hipDeviceProp_tR0600) -> u64 {
    let arch = text(&of.gcnArchName);
    let chip = arch.split(':').next().unwrap_or_default();
    let listed = Target::builtin(chip).ok().and_then(|target| target.timing.mall_bytes);
    listed.unwrap_or(0).max(of.l2CacheSize.max(0) as u64)
}

/// The characters before the first zero.
fn text(characters: &[c_char]) -> String {
    let bytes = characters.iter().take_while(|c| **c != 0).map(|c| *c as u8);
    String::from_utf8_lossy(&bytes.collect::<Vec<u8>>()).into_owned()
}
