//! The device's state, which every call takes turns with.

use std::env;
use std::sync::{LazyLock, Mutex, PoisonError};

use kiln_targets::{Backend, Target};

use crate::error::{Error, Result};
use crate::graph::{Graphs, Work};
use crate::handles::Handles;
use crate::memory::{self, Memory};
use crate::module::{Function, Limits, Module};
use crate::properties::Properties;
use crate::report;
use crate::stream::{Capture, Event, Streams};

/// The chip that is simulated where `KILN_SIM_TARGET` does not name one.
const DEFAULT_TARGET: &str = "gfx1151";

/// Everything that handles name, and what the device is.
#[derive(Debug)]
pub(crate) struct Runtime {
    pub(crate) properties: Properties,
    pub(crate) memory: Memory,
    pub(crate) streams: Streams,
    pub(crate) events: Handles<Event>,
    pub(crate) graphs: Graphs,
    modules: Handles<Module>,
    functions: Handles<Function>,
    /// Whether kernels run under the sanitizer.
    strict: bool,
    /// What a kernel did wrong; the device does nothing more until it is reset.
    fault: Option<Error>,
}

static RUNTIME: LazyLock<Option<Mutex<Runtime>>> = LazyLock::new(|| match Runtime::from_env() {
    Ok(runtime) => Some(Mutex::new(runtime)),
    Err(why) => {
        report::say(&why);
        None
    }
});

/// Lets one call use the device.
///
/// # Errors
/// If there is none, or as the call.
pub(crate) fn with<T>(work: impl FnOnce(&mut Runtime) -> Result<T>) -> Result<T> {
    let runtime = RUNTIME.as_ref().ok_or(Error::NoDevice)?;
    work(&mut runtime.lock().unwrap_or_else(PoisonError::into_inner))
}

/// What a kernel did wrong, until the device is reset.
pub(crate) fn fault() -> Option<Error> {
    with(|runtime| Ok(runtime.fault)).ok().flatten()
}

impl Runtime {
    fn from_env() -> std::result::Result<Self, String> {
        let name = env::var("KILN_SIM_TARGET").unwrap_or_else(|_| DEFAULT_TARGET.to_owned());
        let target = Target::builtin(&name).map_err(|error| format!("KILN_SIM_TARGET: {error}"))?;
        if target.backend != Backend::AmdGpu {
            return Err(format!("KILN_SIM_TARGET: {name} is not a GPU; name one that is"));
        }
        let strict = env::var("KILN_SIM_STRICT").map_or(true, |value| value != "0");
        Ok(Self::new(target, strict))
    }

    fn new(target: Target, strict: bool) -> Self {
        Self {
            properties: Properties::new(target, memory::total()),
            memory: Memory::default(),
            streams: Streams::default(),
            events: Handles::default(),
            graphs: Graphs::default(),
            modules: Handles::default(),
            functions: Handles::default(),
            strict,
            fault: None,
        }
    }

    /// Forgets everything that was made, a fault included.
    pub(crate) fn reset(&mut self) {
        let target = self.properties.target().clone();
        *self = Self::new(target, self.strict);
    }

    /// Whether the device still works.
    ///
    /// # Errors
    /// If a kernel has faulted.
    pub(crate) fn usable(&self) -> Result {
        self.fault.map_or(Ok(()), Err)
    }

    /// That everything submitted is done, and done well.
    ///
    /// # Errors
    /// If a kernel has faulted, or a stream is captured and so has nothing to wait for.
    pub(crate) fn settled(&self) -> Result {
        self.usable()?;
        if self.streams.is_capturing() { Err(Error::StreamCaptureUnsupported) } else { Ok(()) }
    }

    /// The same for one stream.
    ///
    /// # Errors
    /// As [`Runtime::settled`], or if the stream is unknown.
    pub(crate) fn stream_settled(&self, stream: usize) -> Result {
        self.usable()?;
        match self.streams.get(stream)?.capture {
            None => Ok(()),
            Some(_) => Err(Error::StreamCaptureUnsupported),
        }
    }

    /// Does work, or records it where the stream is captured.
    ///
    /// # Errors
    /// If the stream is unknown or the work cannot be done.
    pub(crate) fn submit(&mut self, stream: usize, work: Work) -> Result {
        self.usable()?;
        if let Some(part) = self.streams.get(stream)?.capture {
            return self.graphs.add(part.graph, &[], work).map(drop);
        }
        let microseconds = self.perform(&work)?;
        self.streams.advance(stream, microseconds).map(drop)
    }

    /// Does work; the microseconds that the device would take.
    fn perform(&mut self, work: &Work) -> Result<f64> {
        match work {
            Work::Nothing => Ok(0.0),
            Work::Copy { to, from, bytes: 0, .. } if to.is_null() || from.is_null() => Ok(0.0),
            Work::Copy { to, from, bytes, kind } => {
                let [to_device, from_device] = match kind {
                    0 | 4 => [false, false],
                    1 => [true, false],
                    2 => [false, true],
                    3 => [true, true],
                    _ => return Err(Error::InvalidMemcpyDirection),
                };
                self.memory.check(*to, *bytes, to_device)?;
                self.memory.check(*from, *bytes, from_device)?;
                to.copy_from(*from, *bytes)?;
                Ok(self.moving(2 * *bytes as u64))
            }
            Work::Fill { to, pattern, times } => {
                let bytes = pattern.bytes().len() * times;
                self.memory.check(*to, bytes, true)?;
                to.fill(pattern.bytes(), *times)?;
                Ok(self.moving(bytes as u64))
            }
            Work::Kernel(launch) => {
                let target = self.properties.target();
                // A clock that no event can read need not advance.
                let watched = self.events.values().any(Event::keeps_time);
                let time = watched.then(|| launch.microseconds(target, &self.memory.space()));
                let done = launch.run(self.strict.then_some(target));
                if let Err(error) = done
                    && error.is_fault()
                {
                    self.fault = Some(error);
                }
                done.map(|()| time.unwrap_or(0.0))
            }
        }
    }

    /// Microseconds in which memory moves so many bytes, after the cost of a launch.
    fn moving(&self, bytes: u64) -> f64 {
        let timing = &self.properties.target().timing;
        let transfer = timing.dram_gbps.map_or(0.0, |rate| bytes as f64 / (rate * 1e3));
        timing.launch_us.unwrap_or(0.0) + transfer
    }

    /// Loads a code object.
    ///
    /// # Errors
    /// If it is not one for this device.
    pub(crate) fn load(&mut self, object: &[u8]) -> Result<usize> {
        self.usable()?;
        let module = Module::load(object, self.properties.target(), &mut self.memory)?;
        Ok(self.modules.insert(module))
    }

    /// Unloads a module; its functions become unknown.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn unload(&mut self, module: usize) -> Result {
        let gone = self.modules.remove(module)?;
        self.functions.retain(|function| !function.is_of(&gone));
        gone.unload(&mut self.memory)
    }

    /// The module of a handle.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn module(&self, module: usize) -> Result<&Module> {
        self.modules.get(module)
    }

    /// A handle of a kernel.
    ///
    /// # Errors
    /// If the module is unknown, or has no such kernel.
    pub(crate) fn find_function(&mut self, module: usize, name: &str) -> Result<usize> {
        let function = self.modules.get(module)?.function(name).ok_or(Error::NotFound)?;
        Ok(self.functions.insert(function))
    }

    /// The kernel of a handle.
    ///
    /// # Errors
    /// If it is unknown.
    pub(crate) fn function(&self, function: usize) -> Result<&Function> {
        self.functions.get(function)
    }

    /// What launches may ask for.
    pub(crate) fn limits(&self) -> Limits {
        Limits::of(self.properties.target())
    }

    /// Reads a stream's clock into an event.
    ///
    /// # Errors
    /// If one of them is unknown.
    pub(crate) fn record_event(&mut self, event: usize, stream: usize) -> Result {
        self.usable()?;
        let capture = self.streams.get(stream)?.capture.map(|part| part.graph);
        let at = self.streams.ready(stream)?;
        let event = self.events.get_mut(event)?;
        event.capture = capture;
        event.at = if capture.is_some() { None } else { Some(at) };
        Ok(())
    }

    /// Lets a stream wait for an event. An event of a capture takes the stream into it.
    ///
    /// # Errors
    /// If one of them is unknown, or the stream is in another capture.
    pub(crate) fn wait_event(&mut self, stream: usize, event: usize) -> Result {
        self.usable()?;
        let (at, graph) = self.events.get(event).map(|event| (event.at, event.capture))?;
        let waiting = self.streams.get_mut(stream)?;
        match (graph, waiting.capture) {
            (None, _) => self.streams.wait(stream, at.unwrap_or(0.0)),
            (Some(graph), None) => {
                waiting.capture = Some(Capture { graph, origin: false });
                Ok(())
            }
            (Some(graph), Some(part)) if part.graph == graph => Ok(()),
            (Some(_), Some(_)) => Err(Error::StreamCaptureUnmatched),
        }
    }

    /// Records what is submitted to a stream from now on.
    ///
    /// # Errors
    /// If the stream is unknown, the null stream, or captured already.
    pub(crate) fn begin_capture(&mut self, stream: usize) -> Result {
        self.usable()?;
        if self.streams.is_null(stream) {
            return Err(Error::StreamCaptureUnsupported);
        }
        if self.streams.get(stream)?.capture.is_some() {
            return Err(Error::IllegalState);
        }
        let graph = self.graphs.create();
        self.streams.get_mut(stream)?.capture = Some(Capture { graph, origin: true });
        Ok(())
    }

    /// Ends a capture in the stream in which it began; the graph of what was recorded.
    ///
    /// # Errors
    /// If the stream is unknown, or no capture began in it.
    pub(crate) fn end_capture(&mut self, stream: usize) -> Result<usize> {
        match self.streams.get(stream)?.capture {
            None => Err(Error::IllegalState),
            Some(Capture { origin: false, .. }) => Err(Error::StreamCaptureUnmatched),
            Some(Capture { graph, .. }) => {
                self.streams.end_capture(graph);
                for event in self.events.values_mut() {
                    event.capture = event.capture.filter(|of| *of != graph);
                }
                Ok(graph)
            }
        }
    }
}
