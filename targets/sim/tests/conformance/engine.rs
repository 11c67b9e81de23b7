//! The only place that speaks to the simulator.

/// A loaded object.
pub(crate) struct Session;

impl Session {
    pub(crate) fn load(_object: &[u8]) -> Session {
        Session
    }
    pub(crate) fn allocate(&self, _bytes: usize) -> u64 {
        4096
    }
    pub(crate) fn free(&self, _base: u64) {}
    pub(crate) fn write(&self, _address: u64, _bytes: &[u8]) {}
    pub(crate) fn read(&self, _address: u64, bytes: usize) -> Vec<u8> {
        vec![0; bytes]
    }
    pub(crate) fn launch(
        &self,
        _kernel: &str,
        _grid: [u32; 3],
        _block: [u32; 3],
        _kernarg: &[u8],
    ) -> Result<Vec<u64>, String> {
        Err("nothing runs".to_owned())
    }
}
