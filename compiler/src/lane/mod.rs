//! Lane IR: what one wave executes, after every decision has been made.
//!
//! Laws of this level:
//! * A kernel is a single-program-many-lanes program. A *lane value* holds, in every lane of the
//!   wave, `count` elements of one type; elements narrower than 32 bits are packed into 32-bit
//!   registers, lowest element in the lowest bits. A *uniform value* is one number for the wave.
//! * On gfx11 a lane is a hardware lane. On a host CPU a wave is one SIMD register per 32-bit
//!   register, and a lane is one of its 32-bit elements.
//! * Control flow is structured ([`Op::Loop`], [`Op::If`]) and uniform across the workgroup, so a
//!   barrier can never diverge.
//! * Nothing is decided below this level: emission translates op by op.
//! * Every value is defined once, before its uses, in its own or an enclosing block.

mod build;
pub mod execute;
mod print;
mod verify;

pub use build::Builder;
pub use print::print;
pub use verify::verify;

use crate::diagnose::Location;
use kiln_targets::DType;

/// Identifies a value of a [`LaneKernel`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Value(pub u32);

/// What an element of a value is: a number of some type, or a truth value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Elt {
    /// A number.
    Num(DType),
    /// A 64-bit integer: byte offsets into buffers; uniform only.
    I64,
    /// A truth value; one per element, never packed.
    Pred,
}

/// The type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ty {
    /// Element type.
    pub elt: Elt,
    /// Elements per lane (1 for uniform values).
    pub count: u32,
    /// One number for the whole wave instead of one per lane.
    pub uniform: bool,
}

impl Ty {
    /// A lane type of `count` elements of `dtype` in every lane.
    pub fn lane(dtype: DType, count: u32) -> Ty {
        Ty { elt: Elt::Num(dtype), count, uniform: false }
    }

    /// A lane type of `count` truth values in every lane.
    pub fn lane_pred(count: u32) -> Ty {
        Ty { elt: Elt::Pred, count, uniform: false }
    }

    /// A uniform number.
    pub fn uniform(elt: Elt) -> Ty {
        Ty { elt, count: 1, uniform: true }
    }

    /// Bits of one element (1 for a truth value).
    pub fn elt_bits(&self) -> u32 {
        match self.elt {
            Elt::Num(dtype) => dtype.bits(),
            Elt::I64 => 64,
            Elt::Pred => 1,
        }
    }

    /// 32-bit registers per lane that a lane value of this type takes.
    pub fn registers(&self) -> u32 {
        match self.elt {
            Elt::Pred => self.count,
            _ => (self.count * self.elt_bits()).div_ceil(32),
        }
    }
}

/// A constant; floats are given by their value, integers sign- or zero-extended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Const {
    /// An integer of the value's type (also the bits of packed registers when the type is I32).
    Int(i64),
    /// A float of the value's type.
    Float(f64),
    /// A truth value.
    Pred(bool),
}

/// Operations on one operand, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Unary {
    /// Negation.
    Neg,
    /// Absolute value.
    Abs,
    /// 2 to the power of the operand (f32).
    Exp2,
    /// Base-2 logarithm (f32).
    Log2,
    /// Reciprocal square root, correctly rounded within 2 ulp (f32).
    Rsqrt,
    /// Reciprocal within 2 ulp (f32).
    Recip,
    /// Round to the nearest integer, ties to even (floats).
    RoundEven,
    /// Bitwise or logical complement.
    Not,
}

/// Operations on two operands of the same type, element by element.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Binary {
    /// Sum, rounded; it is never contracted with a product, which [`Op::Fma`] is for.
    Add,
    /// Difference, rounded as for `Add`.
    Sub,
    /// Product.
    Mul,
    /// Quotient (floats: correctly rounded; integers: truncated, unsigned for uniform indices).
    Div,
    /// Remainder of `Div` (integers).
    Rem,
    /// Minimum; for floats a NaN operand yields the other one.
    Min,
    /// Maximum; for floats a NaN operand yields the other one.
    Max,
    /// Bitwise and; also of truth values.
    And,
    /// Bitwise or; also of truth values.
    Or,
    /// Bitwise exclusive or.
    Xor,
    /// Shift left by the second operand.
    Shl,
    /// Logical shift right by the second operand.
    Shr,
    /// Arithmetic shift right by the second operand.
    Sar,
}

/// Comparisons; integers are compared as signed numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Compare {
    /// Equal.
    Eq,
    /// Not equal.
    Ne,
    /// Less than.
    Lt,
    /// At most.
    Le,
    /// Greater than.
    Gt,
    /// At least.
    Ge,
}

impl Compare {
    /// Whether the comparison holds; of floats only `Ne` holds for a NaN.
    pub(crate) fn holds<T: PartialOrd>(self, x: T, y: T) -> bool {
        match self {
            Compare::Eq => x == y,
            Compare::Ne => x != y,
            Compare::Lt => x < y,
            Compare::Le => x <= y,
            Compare::Gt => x > y,
            Compare::Ge => x >= y,
        }
    }
}

/// Where an access goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Space {
    /// Kernel argument number `.0` (a buffer in global memory).
    Global(u32),
    /// Workgroup-local buffer number `.0` (LDS on a GPU, scratch memory on a host).
    Local(u32),
}

/// How the addresses of one access vary over the lanes of a wave. Emission relies on it for
/// hosts (vector instead of gathered accesses); on a GPU it is informative.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Pattern {
    /// All lanes access the same address; `Address::lane` is absent.
    Broadcast,
    /// Lane `l` accesses `l * width` bytes after lane 0, where `width` is the bytes per lane.
    Contiguous,
    /// Lane `l` accesses `(l % period) * width` bytes after lane 0.
    Periodic {
        /// Lanes after which addresses repeat, a power of two.
        period: u32,
    },
    /// Lane `l` accesses `(l / repeat) * width` bytes after lane 0.
    Repeated {
        /// Neighbouring lanes that share an address, a power of two.
        repeat: u32,
    },
    /// Anything else.
    Scattered,
}

/// Address of an access: `space + base + lane + offset`, in bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Address {
    /// Buffer.
    pub space: Space,
    /// Uniform byte offset: I64 for global, I32 for local space.
    pub base: Option<Value>,
    /// Per-lane byte offset, an I32 lane value of count 1, never negative.
    pub lane: Option<Value>,
    /// Constant byte offset.
    pub offset: i32,
    /// Guaranteed alignment of every lane's address, in bytes.
    pub align: u32,
    /// Variation over lanes.
    pub pattern: Pattern,
}

/// A sequence of instructions.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Block {
    /// In execution order.
    pub insts: Vec<Inst>,
}

/// One instruction: an op, the values it defines and where the author wrote its cause.
#[derive(Clone, Debug, PartialEq)]
pub struct Inst {
    /// What is done.
    pub op: Op,
    /// Values defined (none, one, or one per loop-carried value).
    pub results: Vec<Value>,
    /// The recipe line that led to it.
    pub location: Location,
}

/// The operations of lane IR.
#[derive(Clone, Debug, PartialEq)]
pub enum Op {
    /// A constant; a lane type gives every element the same value.
    Const(Const),
    /// Workgroup index along axis 0, 1 or 2 (uniform I32).
    BlockId(u32),
    /// Index of the wave in its workgroup (uniform I32).
    WaveId,
    /// Index of the lane in its wave (lane I32, count 1).
    LaneId,
    /// Dim or scalar argument number `.0` of the kernel (uniform I32 or F32).
    Param(u32),
    /// Element-wise operation.
    Unary(Unary, Value),
    /// Element-wise operation on two values of equal type (for shifts: equal type too).
    Binary(Binary, Value, Value),
    /// `a * b + c`, fused, for floats; uniform or lane.
    Fma(Value, Value, Value),
    /// Element-wise comparison; yields truth values of the same count and uniformity.
    Compare(Compare, Value, Value),
    /// `condition ? a : b`, element-wise; the condition has the count of `a` or is uniform.
    Select(Value, Value, Value),
    /// Number conversion to the result's type: int to float, float to int (toward zero,
    /// saturating, NaN to 0), float to float (ties to even), int to int (sign- or zero-extended by
    /// the source's signedness, or truncated). U4/I4 to I8/U8 and wider keep element order.
    Cast(Value),
    /// Uniform value to every element of a lane type.
    Splat(Value),
    /// Elements `start .. start + count(result)` of a lane value.
    Extract {
        /// The value read.
        of: Value,
        /// First element.
        start: u32,
    },
    /// Concatenation of lane values of one element type, in order.
    Concat(Vec<Value>),
    /// The same register bits under another lane type of equal register count.
    Bitcast(Value),
    /// Load of the result's type; where the guard (uniform or one lane truth value) is false the
    /// result is zero and memory is not touched.
    Load {
        /// From where.
        address: Address,
        /// Condition, if any.
        guard: Option<Value>,
    },
    /// Store of a lane value, under a guard as for `Load`.
    Store {
        /// To where.
        address: Address,
        /// What.
        value: Value,
        /// Condition, if any.
        guard: Option<Value>,
    },
    /// Asks for the memory at lane 0's address to be cached; never faults.
    Prefetch(Address),
    /// The value of lane `lane ^ mask` (all elements).
    LaneXor {
        /// The value exchanged.
        of: Value,
        /// Lane mask, below the wave size.
        mask: u32,
    },
    /// The value of lane 0 as a uniform number (count 1).
    FirstLane(Value),
    /// One matrix atom: `c + a * b` with operands laid out as the target's atom row says.
    /// `a` and `b` are packed lane values of the row's operand size.
    Mma {
        /// Name of the atom in the target.
        atom: String,
        /// Left operand, (m, k).
        a: Value,
        /// Right operand, (k, n).
        b: Value,
        /// Accumulator, (m, n).
        c: Value,
        /// Left operand holds signed integers.
        a_signed: bool,
        /// Right operand holds signed integers.
        b_signed: bool,
    },
    /// All waves of the workgroup have arrived and their local-memory accesses are visible;
    /// global loads in flight stay in flight. Absent on targets with one wave per workgroup.
    Barrier,
    /// Keeps the emitted code's memory operations from moving across this point.
    ScheduleFence,
    /// `for induction in (lower..upper).step_by(step)`; carried values start as `init`, are
    /// `carried` inside, and become `yields` after each pass. Results: the final carried values.
    Loop {
        /// First value of the induction variable (uniform I32).
        lower: Value,
        /// End, exclusive (uniform I32).
        upper: Value,
        /// Increment, positive.
        step: u32,
        /// Induction variable (uniform I32), defined by the loop.
        induction: Value,
        /// Initial carried values.
        init: Vec<Value>,
        /// Carried values inside, defined by the loop.
        carried: Vec<Value>,
        /// The body.
        body: Block,
        /// Values carried to the next pass.
        yields: Vec<Value>,
    },
    /// Executes `then` where the uniform truth value holds; defines nothing outside.
    If {
        /// Uniform truth value.
        condition: Value,
        /// Body.
        then: Block,
    },
}

/// What a kernel argument is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ArgKind {
    /// 8-byte pointer to a buffer the kernel only reads; never aliases a written buffer.
    Input,
    /// 8-byte pointer to a buffer the kernel writes; nothing else aliases it.
    Output,
    /// 8-byte pointer to a buffer the kernel reads and writes.
    InOut,
    /// A 32-bit signed dim.
    Dim,
    /// A 32-bit float.
    Scalar,
}

/// A kernel argument at its place in the kernarg block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Arg {
    /// Name in the signature, parts as `w.scales`.
    pub name: String,
    /// Kind.
    pub kind: ArgKind,
    /// Byte offset in the kernarg block.
    pub offset: u32,
}

/// A workgroup-local buffer. Buffers that are in use at different times may lie over each other;
/// barriers lie between their uses.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Local {
    /// Name for reports.
    pub name: String,
    /// Size in bytes.
    pub bytes: u32,
    /// Byte offset in the workgroup's local memory, a multiple of 64.
    pub offset: u32,
}

/// A whole kernel, ready for emission.
#[derive(Clone, Debug, PartialEq)]
pub struct LaneKernel {
    /// Symbol.
    pub name: String,
    /// Lanes per wave.
    pub lanes: u32,
    /// Waves per workgroup.
    pub waves: u32,
    /// Arguments in kernarg order.
    pub args: Vec<Arg>,
    /// Bytes of the kernarg block.
    pub kernarg_bytes: u32,
    /// Workgroup-local buffers.
    pub locals: Vec<Local>,
    /// Type of every value.
    pub types: Vec<Ty>,
    /// The program.
    pub body: Block,
}

impl LaneKernel {
    /// Type of a value.
    pub fn ty(&self, value: Value) -> Ty {
        self.types[value.0 as usize]
    }

    /// Bytes of local memory of one workgroup.
    pub fn local_bytes(&self) -> u32 {
        self.locals.iter().map(|local| local.offset + local.bytes).max().unwrap_or(0)
    }
}
