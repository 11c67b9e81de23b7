//! What the code of a GPU kernel says.

use kiln_targets::DType;

use super::kernels::Sketch;
use crate::lane::{ArgKind, Space, Ty};

#[test]
fn an_elementwise_kernel_loads_with_a_scalar_base() {
    let mut s = Sketch::new("gfx1151", &[ArgKind::Input, ArgKind::Output]);
    let from = s.contiguous(Space::Global(0), 16);
    let x = s.b.load(from, None, Ty::lane(DType::F32, 4));
    let y = s.b.binary(crate::lane::Binary::Add, x, x);
    let to = s.contiguous(Space::Global(1), 16);
    s.b.store(to, y, None);
    let out = s.emit("double");
    assert!(out.assembly.contains("global_load_b128 v[0:3], v4, s[0:1]"), "{}", out.assembly);
    assert!(out.assembly.contains("global_store_b128 v4, v[0:3], s[2:3]"), "{}", out.assembly);
}
