//! Matrix atoms: the instructions that multiply small matrices, one data row each.

use std::fmt;
use std::sync::LazyLock;

use serde::Deserialize;

use crate::{BitLayout, DType, Error};

/// Which operand of `c[m,n] += a[m,k] * b[k,n]`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// The left factor, over (m, k).
    A,
    /// The right factor, over (k, n).
    B,
    /// The accumulator and the result, over (m, n).
    C,
}

impl Role {
    /// All three operands.
    pub const ALL: [Self; 3] = [Self::A, Self::B, Self::C];

    /// Letters of the row and column axes.
    pub const fn axes(self) -> [char; 2] {
        match self {
            Self::A => ['m', 'k'],
            Self::B => ['k', 'n'],
            Self::C => ['m', 'n'],
        }
    }

    /// Operand name as in data files.
    pub const fn name(self) -> &'static str {
        match self {
            Self::A => "a",
            Self::B => "b",
            Self::C => "c",
        }
    }
}

/// Extents of an atom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shape {
    /// Rows of `a` and `c`.
    pub m: u32,
    /// Columns of `b` and `c`.
    pub n: u32,
    /// Columns of `a`, rows of `b`.
    pub k: u32,
}

impl Shape {
    /// Rows and columns of one operand.
    pub const fn of(self, role: Role) -> [u32; 2] {
        match role {
            Role::A => [self.m, self.k],
            Role::B => [self.k, self.n],
            Role::C => [self.m, self.n],
        }
    }
}

/// One operand: what it may hold and where each element sits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Operand {
    /// Element types the instruction accepts here. Signedness is part of the type, so an operand
    /// that may be signed or unsigned lists both.
    pub dtypes: Vec<DType>,
    /// 32-bit registers that each lane supplies.
    pub dwords: u32,
    /// Where each element sits; no wave bits.
    pub layout: BitLayout,
}

/// Order and meaning of an intrinsic's arguments.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Arguments {
    /// `(a, b, c) -> d`.
    ABC,
    /// `(i1 a is signed, a, i1 b is signed, b, c, i1 clamp) -> d`; the flags are constants.
    SignedASignedBCClamp,
    /// `(c, b, a) -> d`; wraps.
    CBA,
    /// `(a, b) -> p`, then `d = p + c` with an ordinary vector add; wraps.
    ABThenAddC,
}

impl Arguments {
    /// Whether the instruction can saturate its result instead of wrapping.
    pub const fn can_clamp(self) -> bool {
        matches!(self, Self::SignedASignedBCClamp)
    }
}

/// Names under which compilers know the instruction.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Intrinsic {
    /// Fully mangled LLVM intrinsic.
    pub llvm: String,
    /// MLIR operation that lowers to it, where there is one.
    pub mlir: Option<String>,
}

/// A matrix instruction: `d[m,n] = c[m,n] + sum over k of a[m,k] * b[k,n]`, held by one wave.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Atom {
    /// Unique name.
    pub name: String,
    /// Assembly mnemonic.
    pub instruction: String,
    /// Extents.
    pub shape: Shape,
    /// Left factor, over (m, k).
    pub a: Operand,
    /// Right factor, over (k, n).
    pub b: Operand,
    /// Accumulator and result, over (m, n).
    pub c: Operand,
    /// Compiler names.
    pub intrinsic: Intrinsic,
    /// Argument order of the intrinsic.
    pub arguments: Arguments,
    /// CPU features that must be enabled, without the `+`.
    pub requires: Vec<String>,
}

impl Atom {
    /// The built-in atom of that name.
    ///
    /// # Errors
    /// If there is none; the message lists the names there are.
    pub fn builtin(name: &str) -> Result<&'static Self, Error> {
        let known = || Self::builtins().iter().map(|atom| atom.name.as_str());
        let found = Self::builtins().iter().find(|atom| atom.name == name);
        found.ok_or_else(|| Error::unknown("matrix atom", name, known()))
    }

    /// Every built-in atom, in file order.
    pub fn builtins() -> &'static [Self] {
        static TABLE: LazyLock<Vec<Atom>> = LazyLock::new(|| {
            Atom::parse_table(include_str!("../atoms.toml"))
                .expect("the built-in atom table should be valid")
        });
        &TABLE
    }

    /// Reads a table of atoms and checks every row.
    ///
    /// # Errors
    /// If the text is not such a table, or a row contradicts itself.
    pub fn parse_table(text: &str) -> Result<Vec<Self>, Error> {
        let table: Table =
            toml::from_str(text).map_err(|e| Error::row("atoms.toml", e.to_string()))?;
        let atoms: Vec<Self> =
            table.atom.into_iter().map(AtomRow::checked).collect::<Result<_, _>>()?;
        for (at, atom) in atoms.iter().enumerate() {
            if atoms[..at].iter().any(|earlier| earlier.name == atom.name) {
                return Err(Error::row(place(&atom.name), "the name is used twice"));
            }
        }
        Ok(atoms)
    }

    /// Lanes of the wave that executes the atom.
    pub fn lanes(&self) -> u32 {
        self.c.layout.lanes()
    }

    /// One of the three operands.
    pub fn operand(&self, role: Role) -> &Operand {
        match role {
            Role::A => &self.a,
            Role::B => &self.b,
            Role::C => &self.c,
        }
    }

    /// Whether the atom multiplies `a` by `b` into `c`.
    pub fn accepts(&self, a: DType, b: DType, c: DType) -> bool {
        self.a.dtypes.contains(&a) && self.b.dtypes.contains(&b) && self.c.dtypes.contains(&c)
    }

    /// Multiplications and additions of one execution: `2 * m * n * k`.
    pub const fn operations(&self) -> u64 {
        2 * self.shape.m as u64 * self.shape.n as u64 * self.shape.k as u64
    }

    fn check(&self) -> Result<(), String> {
        for role in Role::ALL {
            self.check_operand(role).map_err(|why| format!("operand {}: {why}", role.name()))?;
        }
        let integer = |role| self.operand(role).dtypes.iter().all(|dtype| dtype.is_integer());
        if Role::ALL.map(integer) != [integer(Role::A); 3] {
            return Err("integer and float operands are mixed".to_owned());
        }
        if self.arguments.can_clamp() && !integer(Role::C) {
            return Err("only integer accumulators can clamp".to_owned());
        }
        Ok(())
    }

    fn check_operand(&self, role: Role) -> Result<(), String> {
        let Operand { dtypes, dwords, layout } = self.operand(role);
        let (held, wanted) = (layout.shape(), self.shape.of(role));
        if held != wanted {
            return Err(format!("the layout spans {held:?}, the shape needs {wanted:?}"));
        }
        if !layout.is_injective_modulo_zero() || !layout.is_surjective() {
            return Err("the layout does not hold every element exactly once".to_owned());
        }
        if role == Role::C && layout.lane.iter().chain(&layout.register).any(|b| *b == [0, 0]) {
            return Err("a result cannot be replicated".to_owned());
        }
        if layout.lanes() != self.lanes() {
            return Err(format!("{} lanes, but c has {}", layout.lanes(), self.lanes()));
        }
        if dtypes.is_empty() {
            return Err("no dtype is allowed".to_owned());
        }
        match dtypes.iter().find(|dtype| layout.registers() * dtype.bits() != 32 * dwords) {
            Some(dtype) => {
                let held = layout.registers();
                Err(format!("{held} elements of {dtype} do not fill {dwords} dwords"))
            }
            None => Ok(()),
        }
    }
}

/// The canonical text of the row, with every fact that affects code.
impl fmt::Display for Atom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Shape { m, n, k } = self.shape;
        write!(f, "{} {} m{m} n{n} k{k}", self.name, self.instruction)?;
        for role in Role::ALL {
            let Operand { dtypes, dwords, layout } = self.operand(role);
            let dtypes: Vec<&str> = dtypes.iter().map(|dtype| dtype.name()).collect();
            let (name, text) = (role.name(), layout.text(role.axes()));
            write!(f, "; {name} {} x{dwords}: {text}", dtypes.join("|"))?;
        }
        let mlir = self.intrinsic.mlir.as_deref().unwrap_or("-");
        write!(f, "; {} {mlir} {:?}", self.intrinsic.llvm, self.arguments)?;
        self.requires.iter().try_for_each(|feature| write!(f, " +{feature}"))
    }
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    atom: Vec<AtomRow>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct AtomRow {
    name: String,
    instruction: String,
    shape: Shape,
    a: OperandRow,
    b: OperandRow,
    c: OperandRow,
    intrinsic: Intrinsic,
    arguments: Arguments,
    #[serde(default)]
    requires: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct OperandRow {
    dtypes: Vec<DType>,
    dwords: u32,
    register: String,
    lane: String,
}

impl AtomRow {
    fn checked(self) -> Result<Atom, Error> {
        let place = place(&self.name);
        let read = |row: OperandRow, role| {
            row.read(role).map_err(|error| Error::row(place.as_str(), error.to_string()))
        };
        let atom = Atom {
            a: read(self.a, Role::A)?,
            b: read(self.b, Role::B)?,
            c: read(self.c, Role::C)?,
            name: self.name,
            instruction: self.instruction,
            shape: self.shape,
            intrinsic: self.intrinsic,
            arguments: self.arguments,
            requires: self.requires,
        };
        atom.check().map_err(|why| Error::row(place, why))?;
        Ok(atom)
    }
}

impl OperandRow {
    fn read(self, role: Role) -> Result<Operand, Error> {
        let layout = BitLayout::parse(role.axes(), &self.register, &self.lane, "")?;
        Ok(Operand { dtypes: self.dtypes, dwords: self.dwords, layout })
    }
}

fn place(atom: &str) -> String {
    format!("atoms.toml, atom `{atom}`")
}
