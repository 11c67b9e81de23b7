//! Text of lane IR, one instruction a line.
//!
//! * `%n : type = op operands` defines values; nested blocks are indented and end in `}`.
//! * `i32` is the type of a uniform number, `i32x4` of four numbers in every lane; `pred` is a
//!   truth value.
//! * A comment at the end of a line names the recipe line, where it differs from the line above.
//! * Equal kernels print equally.

use std::fmt::{self, Write as _};

use super::{Address, ArgKind, Block, Const, Elt, Inst, LaneKernel, Op, Pattern, Space, Ty, Value};
use crate::diagnose::Location;

/// The text of a whole kernel.
pub fn print(kernel: &LaneKernel) -> String {
    let mut printer = Printer { text: String::new(), kernel, location: Location::UNKNOWN };
    printer.kernel();
    printer.text
}

/// The first line of an instruction, without nested blocks; never panics on malformed IR.
pub(super) fn line(kernel: &LaneKernel, inst: &Inst) -> String {
    let mut text = String::new();
    if let [first, ..] = inst.results[..] {
        let types: Vec<String> = inst.results.iter().map(|v| type_of(kernel, *v)).collect();
        let same = types.iter().all(|ty| *ty == types[0]);
        let types = if same { type_of(kernel, first) } else { types.join(", ") };
        text.push_str(&format!("{} : {types} = ", list(&inst.results)));
    }
    text.push_str(&Shown(&inst.op).to_string());
    text
}

struct Printer<'k> {
    text: String,
    kernel: &'k LaneKernel,
    location: Location,
}

impl Printer<'_> {
    fn kernel(&mut self) {
        let LaneKernel { name, lanes, waves, args, kernarg_bytes, locals, body, .. } = self.kernel;
        self.line(0, &format!("kernel {name}: {lanes} lanes, {waves} waves"));
        self.line(0, &format!("kernarg {kernarg_bytes} bytes"));
        for (index, arg) in args.iter().enumerate() {
            let kind = kind(arg.kind);
            self.line(1, &format!("arg {index}: {kind} {} at {}", arg.name, arg.offset));
        }
        self.line(0, &format!("local {} bytes", self.kernel.local_bytes()));
        for (index, local) in locals.iter().enumerate() {
            let (name, bytes, offset) = (&local.name, local.bytes, local.offset);
            self.line(1, &format!("local {index}: {name}, {bytes} bytes at {offset}"));
        }
        self.line(0, "{");
        self.block(body, 1);
        self.line(0, "}");
    }

    fn block(&mut self, block: &Block, depth: usize) {
        for inst in &block.insts {
            let mut text = line(self.kernel, inst);
            if inst.location != self.location {
                self.location = inst.location;
                text.push_str(&format!("  ; {}", inst.location));
            }
            self.line(depth, &text);
            self.nested(&inst.op, depth);
        }
    }

    fn nested(&mut self, op: &Op, depth: usize) {
        match op {
            Op::Loop { body, yields, .. } => {
                self.block(body, depth + 1);
                if !yields.is_empty() {
                    self.line(depth + 1, &format!("yield {}", list(yields)));
                }
                self.line(depth, "}");
            }
            Op::If { then, .. } => {
                self.block(then, depth + 1);
                self.line(depth, "}");
            }
            _ => {}
        }
    }

    fn line(&mut self, depth: usize, text: &str) {
        let indent = 2 * depth;
        writeln!(self.text, "{:indent$}{text}", "").expect("a string should take any text");
    }
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "%{}", self.0)
    }
}

impl fmt::Display for Ty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.elt {
            Elt::Num(dtype) => f.write_str(dtype.name())?,
            Elt::I64 => f.write_str("i64")?,
            Elt::Pred => f.write_str("pred")?,
        }
        if self.uniform { Ok(()) } else { write!(f, "x{}", self.count) }
    }
}

impl fmt::Display for Const {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Const::Int(value) => write!(f, "{value}"),
            Const::Float(value) => write!(f, "{value:?}"),
            Const::Pred(value) => write!(f, "{value}"),
        }
    }
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.space {
            Space::Global(index) => write!(f, "global {index} [")?,
            Space::Local(index) => write!(f, "local {index} [")?,
        }
        for value in self.base.iter().chain(&self.lane) {
            write!(f, "{value} + ")?;
        }
        write!(f, "{}] align {} ", self.offset, self.align)?;
        match self.pattern {
            Pattern::Broadcast => f.write_str("broadcast"),
            Pattern::Contiguous => f.write_str("contiguous"),
            Pattern::Periodic { period } => write!(f, "periodic {period}"),
            Pattern::Repeated { repeat } => write!(f, "repeated {repeat}"),
            Pattern::Scattered => f.write_str("scattered"),
        }
    }
}

/// An op as text, without what it defines and without nested blocks.
struct Shown<'o>(&'o Op);

impl fmt::Display for Shown<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0 {
            Op::Const(value) => write!(f, "const {value}"),
            Op::BlockId(axis) => write!(f, "block_id {axis}"),
            Op::WaveId => f.write_str("wave_id"),
            Op::LaneId => f.write_str("lane_id"),
            Op::Param(index) => write!(f, "param {index}"),
            Op::Unary(op, a) => write!(f, "{} {a}", name(op)),
            Op::Binary(op, a, b) => write!(f, "{} {a}, {b}", name(op)),
            Op::Fma(a, b, c) => write!(f, "fma {a}, {b}, {c}"),
            Op::Compare(op, a, b) => write!(f, "compare_{} {a}, {b}", name(op)),
            Op::Select(c, a, b) => write!(f, "select {c}, {a}, {b}"),
            Op::Cast(a) => write!(f, "cast {a}"),
            Op::Splat(a) => write!(f, "splat {a}"),
            Op::Extract { of, start } => write!(f, "extract {of} from {start}"),
            Op::Concat(parts) => write!(f, "concat {}", list(parts)),
            Op::Bitcast(a) => write!(f, "bitcast {a}"),
            Op::LaneXor { of, mask } => write!(f, "lane_xor {of}, {mask}"),
            Op::FirstLane(a) => write!(f, "first_lane {a}"),
            Op::Barrier => f.write_str("barrier"),
            Op::ScheduleFence => f.write_str("schedule_fence"),
            Op::Prefetch(address) => write!(f, "prefetch {address}"),
            Op::If { condition, .. } => write!(f, "if {condition} {{"),
            Op::Load { .. } | Op::Store { .. } => self.access(f),
            Op::Mma { .. } => self.mma(f),
            Op::Loop { .. } => self.head(f),
        }
    }
}

impl Shown<'_> {
    fn access(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let guard = match self.0 {
            Op::Load { address, guard } => {
                write!(f, "load {address}")?;
                guard
            }
            Op::Store { address, value, guard } => {
                write!(f, "store {value} to {address}")?;
                guard
            }
            _ => return Ok(()),
        };
        guard.iter().try_for_each(|guard| write!(f, " if {guard}"))
    }

    fn mma(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Op::Mma { atom, a, b, c, a_signed, b_signed } = self.0 else { return Ok(()) };
        let sign = |signed: &bool| if *signed { "signed" } else { "unsigned" };
        write!(f, "mma {atom} {} {a}, {} {b}, {c}", sign(a_signed), sign(b_signed))
    }

    fn head(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Op::Loop { lower, upper, step, induction, init, carried, .. } = self.0 else {
            return Ok(());
        };
        write!(f, "loop {induction} in {lower} .. {upper} step {step}")?;
        if !carried.is_empty() || !init.is_empty() {
            write!(f, " carry {} = {}", list(carried), list(init))?;
        }
        f.write_str(" {")
    }
}

fn type_of(kernel: &LaneKernel, value: Value) -> String {
    kernel.types.get(value.0 as usize).map_or("?".to_owned(), Ty::to_string)
}

fn list(values: &[Value]) -> String {
    let values: Vec<String> = values.iter().map(Value::to_string).collect();
    values.join(", ")
}

/// `RoundEven` as `round_even`: the variants of the operator enums are their own names.
fn name(op: &impl fmt::Debug) -> String {
    let mut name = String::new();
    for letter in format!("{op:?}").chars() {
        if letter.is_ascii_uppercase() && !name.is_empty() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn kind(kind: ArgKind) -> &'static str {
    match kind {
        ArgKind::Input => "input",
        ArgKind::Output => "output",
        ArgKind::InOut => "inout",
        ArgKind::Dim => "dim",
        ArgKind::Scalar => "scalar",
    }
}
