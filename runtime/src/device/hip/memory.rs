//! Buffers of a GPU.

use std::ffi::c_void;
use std::fmt;
use std::ptr::null_mut;
use std::rc::Rc;
use std::sync::Arc;

use super::super::guard;
use super::super::lent::{Lent, Pages};
use super::Api;
use crate::{Error, Result};

/// Pages of the process that the GPU reads where they lie.
#[derive(Debug)]
pub(super) struct Registered {
    api: Rc<Api>,
    pages: Held,
    /// Where the process and the GPU see them.
    host: *mut c_void,
    device: *mut c_void,
}

/// What keeps the pages where they are.
struct Held(Pages);

impl Registered {
    /// Registers everything that some bytes are part of.
    pub(super) fn new(api: &Rc<Api>, lent: &Lent) -> Result<Self> {
        let pages = Arc::clone(lent.pages());
        let bytes = pages.as_ref().as_ref();
        let (host, size): (*mut c_void, _) = (bytes.as_ptr().cast_mut().cast(), bytes.len());
        let flags = hip_sys::hipHostRegisterMapped | hip_sys::hipHostRegisterReadOnly;
        call!(api, "hipHostRegister", hipHostRegister(host, size, flags))?;
        // From here on it is dropped whatever fails.
        let mut all = Self { api: Rc::clone(api), pages: Held(pages), host, device: null_mut() };
        let device = &mut all.device;
        call!(api, "hipHostGetDevicePointer", hipHostGetDevicePointer(device, host, 0))?;
        Ok(all)
    }

    /// Whether some bytes are part of it.
    pub(super) fn is_of(&self, lent: &Lent) -> bool {
        Arc::ptr_eq(&self.pages.0, lent.pages())
    }
}

impl fmt::Debug for Held {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} bytes", self.0.as_ref().as_ref().len())
    }
}

impl Drop for Registered {
    fn drop(&mut self) {
        // A device that is lost cannot let go, and nothing else can go wrong.
        let _ = call!(self.api, "hipHostUnregister", hipHostUnregister(self.host));
    }
}

/// Memory that kernels see, between two red zones where it is the GPU's own.
#[derive(Debug)]
pub(super) struct Memory {
    api: Rc<Api>,
    /// The first byte, red zone included.
    start: *mut c_void,
    bytes: usize,
    red_zone: usize,
    /// The pages that it is part of.
    lent: Option<Rc<Registered>>,
}

impl Memory {
    /// Zeros of the GPU's own.
    pub(super) fn new(api: &Rc<Api>, bytes: usize, red_zone: usize) -> Result<Self> {
        let too_large = |_| Error::OutOfMemory { wanted: bytes as u64, available: 0 };
        let mut start = null_mut();
        // An empty buffer has an address too.
        let whole = bytes.saturating_add(2 * red_zone).max(1);
        call!(api, "hipMalloc", hipMalloc(&mut start, whole)).map_err(too_large)?;
        let memory = Self { api: Rc::clone(api), start, bytes, red_zone, lent: None };
        call!(api, "hipMemset", hipMemset(start, 0, whole))?;
        for at in [0, red_zone + bytes] {
            let mut zone = vec![0; red_zone];
            guard::fill(&mut zone, at);
            memory.copy_in(at, &zone)?;
        }
        Ok(memory)
    }

    /// Bytes of pages that are registered.
    pub(super) fn lent(registered: Rc<Registered>, lent: &Lent) -> Self {
        let (api, bytes) = (Rc::clone(&registered.api), lent.as_slice().len());
        let start = registered.device.wrapping_byte_add(lent.start());
        Self { api, start, bytes, red_zone: 0, lent: Some(registered) }
    }

    /// Number of bytes.
    pub(super) fn len(&self) -> u64 {
        self.bytes as u64
    }

    /// Where the GPU sees the first byte.
    pub(super) fn address(&self) -> u64 {
        self.start as u64 + self.red_zone as u64
    }

    /// The first byte, red zone included.
    pub(super) fn start(&self) -> *mut c_void {
        self.start
    }

    pub(super) fn write(&self, offset: u64, bytes: &[u8]) -> Result<()> {
        match self.lent {
            Some(_) => Err(Lent::refuse()),
            None => self.copy_in(self.place(offset, bytes.len())?, bytes),
        }
    }

    pub(super) fn read(&self, offset: u64, into: &mut [u8]) -> Result<()> {
        self.copy_out(self.place(offset, into.len())?, into)
    }

    pub(super) fn check_red_zones(&self) -> Result<()> {
        let (mut before, mut after) = (vec![0; self.red_zone], vec![0; self.red_zone]);
        let end = self.red_zone + self.bytes;
        self.copy_out(0, &mut before)?;
        self.copy_out(end, &mut after)?;
        guard::check((0, &before), (end, &after))
    }

    /// Where bytes of the buffer lie, counted from the first red zone.
    fn place(&self, offset: u64, bytes: usize) -> Result<usize> {
        Ok(self.red_zone + guard::inside(self.bytes as u64, offset, bytes)? as usize)
    }

    fn copy_in(&self, at: usize, bytes: &[u8]) -> Result<()> {
        let (to, from) = (self.start.wrapping_byte_add(at), bytes.as_ptr().cast());
        let kind = hip_sys::hipMemcpyKind_hipMemcpyHostToDevice;
        match bytes.len() {
            0 => Ok(()),
            count => call!(self.api, "hipMemcpy", hipMemcpy(to, from, count, kind)),
        }
    }

    fn copy_out(&self, at: usize, into: &mut [u8]) -> Result<()> {
        let (to, from) = (into.as_mut_ptr().cast(), self.start.wrapping_byte_add(at));
        let kind = hip_sys::hipMemcpyKind_hipMemcpyDeviceToHost;
        match into.len() {
            0 => Ok(()),
            count => call!(self.api, "hipMemcpy", hipMemcpy(to, from, count, kind)),
        }
    }
}

impl Drop for Memory {
    fn drop(&mut self) {
        if self.lent.is_none() {
            // A device that is lost cannot free, and nothing else can go wrong.
            let _ = call!(self.api, "hipFree", hipFree(self.start));
        }
    }
}
