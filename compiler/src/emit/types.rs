//! Types of the emitted program: primitives, vectors of them, and typed values.

use kiln_targets::DType;
use melior::Context;
use melior::ir::Type;
use melior::ir::r#type::IntegerType;

use crate::lane::{Elt, Ty};

/// A scalar type of the emitted program.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Prim {
    F32,
    F16,
    BF16,
    I64,
    I32,
    I16,
    I8,
    I4,
    I1,
    /// A pointer into an address space.
    Ptr(u32),
}

impl Prim {
    /// What holds a uniform number of that element type.
    pub(super) fn uniform(elt: Elt) -> Prim {
        match elt {
            Elt::I64 => Prim::I64,
            Elt::Pred => Prim::I1,
            Elt::Num(dtype) => match dtype {
                DType::F32 => Prim::F32,
                DType::F16 => Prim::F16,
                DType::BF16 => Prim::BF16,
                DType::I32 => Prim::I32,
                DType::I16 => Prim::I16,
                DType::I8 | DType::U8 => Prim::I8,
                DType::I4 | DType::U4 => Prim::I4,
            },
        }
    }

    /// What one register of a lane value holds: truth values and `f32` natively, everything else
    /// as 32 packed bits.
    pub(super) fn register(ty: Ty) -> Prim {
        match ty.elt {
            Elt::Pred => Prim::I1,
            Elt::Num(DType::F32) => Prim::F32,
            _ => Prim::I32,
        }
    }

    /// Width in bits; 64 for pointers.
    pub(super) fn bits(self) -> u32 {
        match self {
            Prim::F32 | Prim::I32 => 32,
            Prim::F16 | Prim::BF16 | Prim::I16 => 16,
            Prim::I64 | Prim::Ptr(_) => 64,
            Prim::I8 => 8,
            Prim::I4 => 4,
            Prim::I1 => 1,
        }
    }

    /// Whether this is a floating-point type.
    pub(super) fn is_float(self) -> bool {
        matches!(self, Prim::F32 | Prim::F16 | Prim::BF16)
    }
}

/// A primitive, or a vector of `width` of them where `width` is not zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Form {
    pub(super) prim: Prim,
    pub(super) width: u32,
}

impl Form {
    /// One primitive.
    pub(super) const fn scalar(prim: Prim) -> Form {
        Form { prim, width: 0 }
    }

    /// A vector; the scalar where `width` is zero.
    pub(super) const fn vector(prim: Prim, width: u32) -> Form {
        Form { prim, width }
    }

    /// The same width over another primitive.
    pub(super) const fn of(self, prim: Prim) -> Form {
        Form { prim, ..self }
    }

    /// The type in a context.
    pub(super) fn mlir(self, context: &Context) -> Type<'_> {
        let scalar = match self.prim {
            Prim::F32 => Type::float32(context),
            Prim::F16 => Type::float16(context),
            Prim::BF16 => Type::bfloat16(context),
            Prim::Ptr(space) => melior::dialect::llvm::r#type::pointer(context, space),
            _ => IntegerType::new(context, self.prim.bits()).into(),
        };
        match self.width {
            0 => scalar,
            width => Type::vector(&[width.into()], scalar),
        }
    }

    /// The suffix of an overloaded LLVM intrinsic, such as `v16f32`.
    pub(super) fn mangled(self) -> String {
        let scalar = match self.prim {
            Prim::Ptr(space) => format!("p{space}"),
            Prim::BF16 => "bf16".to_owned(),
            prim if prim.is_float() => format!("f{}", prim.bits()),
            prim => format!("i{}", prim.bits()),
        };
        match self.width {
            0 => scalar,
            width => format!("v{width}{scalar}"),
        }
    }
}

/// A value of the emitted program and its type.
#[derive(Clone, Copy, Debug)]
pub(super) struct Val<'c> {
    pub(super) raw: melior::ir::Value<'c, 'c>,
    pub(super) form: Form,
}
