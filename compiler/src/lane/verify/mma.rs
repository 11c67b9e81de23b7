//! Laws of matrix atoms.

use kiln_targets::{Atom, DType, Operand, Role};

use super::{Law, Verifier, require};
use crate::lane::{Elt, Op, Ty, Value};

impl Verifier<'_> {
    pub(super) fn mma(&self, op: &Op, result: Ty) -> Law {
        let Op::Mma { atom, a, b, c, a_signed, b_signed } = op else { return Ok(()) };
        let row = self.atom(atom)?;
        require(row.lanes() == self.kernel.lanes, || {
            format!("atom `{atom}` takes waves of {} lanes", row.lanes())
        })?;
        self.factor(&row.a, Role::A, *a, *a_signed)?;
        self.factor(&row.b, Role::B, *b, *b_signed)?;
        self.accumulator(&row.c, self.ty(*c))?;
        let ty = self.ty(*c);
        require(result == ty, || format!("yields {result}, but accumulates {ty}"))
    }

    fn atom(&self, name: &str) -> Result<&Atom, String> {
        let row = self.target.atoms.iter().find(|atom| atom.name == name);
        row.ok_or_else(|| format!("target {} has no atom `{name}`", self.target.name))
    }

    fn factor(&self, row: &Operand, role: Role, value: Value, signed: bool) -> Law {
        let (ty, name) = (self.ty(value), role.name());
        let full = ty.count * ty.elt_bits() == 32 * row.dwords;
        require(!ty.uniform && ty.elt != Elt::Pred && full, || {
            format!("operand {name} is {ty}, should fill {} registers", row.dwords)
        })?;
        let Elt::Num(dtype) = ty.elt else { return Ok(()) };
        require(dtype == DType::I32 || row.dtypes.contains(&dtype), || {
            format!("operand {name} cannot hold {dtype}")
        })?;
        let integer = row.dtypes.iter().all(|dtype| dtype.is_integer());
        require(!integer || row.dtypes.iter().any(|d| d.is_signed() == signed), || {
            format!("operand {name} cannot be {}", if signed { "signed" } else { "unsigned" })
        })?;
        let packed = dtype == DType::I32 || !integer;
        require(packed || dtype.is_signed() == signed, || {
            format!("operand {name} holds {dtype}, against its declared sign")
        })
    }

    fn accumulator(&self, row: &Operand, ty: Ty) -> Law {
        let known = matches!(ty.elt, Elt::Num(dtype) if row.dtypes.contains(&dtype));
        require(known && !ty.uniform && ty.registers() == row.dwords, || {
            let names: Vec<&str> = row.dtypes.iter().map(|dtype| dtype.name()).collect();
            format!("accumulates {ty}, should be {}x{}", names.join(" or "), row.dwords)
        })
    }
}
