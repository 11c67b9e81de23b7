//! Any bytes are a code object or an error.
#![no_main]

use kiln_sim::isa::Program;
use kiln_sim::object::CodeObject;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let Ok(object) = CodeObject::parse(bytes) else { return };
    for kernel in object.kernels() {
        assert!(object.code().any(|code| code.contains(&(kernel.entry as usize))));
        let _ = kernel.descriptor.user_sgprs().map(|register| register.count()).sum::<u32>();
    }
    // A forged size may ask for an image of the largest size; the fuzzer's time is for small ones.
    if object.image().len() <= 1 << 16 {
        let image = object.image_at(0x7f00_0000_0000);
        for code in object.code() {
            let _ = Program::new(code.start as u64, &image[code]);
        }
    }
});
