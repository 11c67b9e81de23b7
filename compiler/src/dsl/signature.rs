//! What a kernel is called with: dims, and arguments in declared formats and memory orders.

use crate::diagnose::{Diagnostic, Location};
use crate::tile::{Extent, Part, Role, dtype_constant, is_name, parse_extent};
use kiln_targets::{DType, Format, Order, Scheme};

/// The interface of a kernel. Mistakes in it are reported by the build, with those of the body.
#[derive(Clone, Debug)]
pub struct Signature {
    name: String,
    dims: Vec<String>,
    multiples: Vec<u32>,
    arguments: Vec<Argument>,
    mistakes: Vec<Diagnostic>,
}

/// One argument: a logical matrix stored in the parts of its format.
#[derive(Clone, Debug, PartialEq)]
pub struct Argument {
    /// Name, unique in the signature.
    pub name: String,
    /// How it is stored.
    pub format: Format,
    /// Logical rows and columns.
    pub extent: [Extent; 2],
    /// Whether it is read or written.
    pub role: Role,
    /// Its parts in the format's order, named `w.scales`, or like the argument if there is one.
    pub parts: Vec<Part>,
    /// For integers that are places: the extent that they are below. Checks use such numbers; a
    /// kernel must still stay in bounds whatever it reads.
    pub below: Option<Extent>,
    /// Number of its first part among the parts of the signature.
    pub first_part: usize,
    /// Where it was declared.
    pub location: Location,
}

/// What names a format: a [`Format`], its name, or a number type stored plainly.
pub trait IntoFormat {
    /// The format.
    ///
    /// # Errors
    /// If no format has that name; the message lists the names there are.
    fn into_format(self) -> Result<Format, kiln_targets::Error>;
}

impl IntoFormat for DType {
    fn into_format(self) -> Result<Format, kiln_targets::Error> {
        Format::builtin(self.name()).cloned()
    }
}

impl IntoFormat for &str {
    fn into_format(self) -> Result<Format, kiln_targets::Error> {
        Format::builtin(self).cloned()
    }
}

impl IntoFormat for &Format {
    fn into_format(self) -> Result<Format, kiln_targets::Error> {
        Ok(self.clone())
    }
}

impl Signature {
    /// The signature of a kernel whose run-time dims have these names.
    #[track_caller]
    #[must_use]
    pub fn new<const N: usize>(name: &str, dims: [&str; N]) -> Signature {
        let mut signature = Signature {
            name: name.to_owned(),
            dims: dims.map(str::to_owned).to_vec(),
            multiples: vec![1; N],
            arguments: Vec::new(),
            mistakes: Vec::new(),
        };
        signature.check_name(name);
        for (at, dim) in dims.iter().enumerate() {
            signature.check_name(dim);
            if dims[..at].contains(dim) {
                signature.mistake(format!("the dim `{dim}` is declared twice"), "rename one");
            }
        }
        signature
    }

    /// An argument that is read. Extents are dims with an optional factor and divisor, rounding
    /// up: `"n"`, `"2*n"`, `"k/32"`, `"1"`; a single one counts columns of one row.
    #[track_caller]
    #[must_use]
    pub fn input<const N: usize>(
        self,
        name: &str,
        format: impl IntoFormat,
        extents: [&str; N],
    ) -> Signature {
        self.argument(name, format, &extents, Role::Input)
    }

    /// An argument that is written, every element of it.
    #[track_caller]
    #[must_use]
    pub fn output<const N: usize>(
        self,
        name: &str,
        format: impl IntoFormat,
        extents: [&str; N],
    ) -> Signature {
        self.argument(name, format, &extents, Role::Output)
    }

    /// An argument that is read and written.
    #[track_caller]
    #[must_use]
    pub fn inout<const N: usize>(
        self,
        name: &str,
        format: impl IntoFormat,
        extents: [&str; N],
    ) -> Signature {
        self.argument(name, format, &extents, Role::InOut)
    }

    /// Declares the memory order of a part, lowest address bit first: `"k0 k1 k2 n0 n1"`.
    #[track_caller]
    #[must_use]
    pub fn order(mut self, part: &str, order: &str) -> Signature {
        match Order::parse(order) {
            Ok(order) => self.change(part, |part, _| {
                part.order = order;
                Ok(())
            }),
            Err(error) => self.mistake(error.to_string(), "an order is like \"k0 k1 n0 n1\""),
        }
        self
    }

    /// Chooses one of the number types that the format allows for a part.
    #[track_caller]
    #[must_use]
    pub fn dtype(mut self, part: &str, dtype: DType) -> Signature {
        self.change(part, |part, allowed| {
            part.dtype = dtype;
            if allowed.contains(&dtype) {
                return Ok(());
            }
            let allowed: Vec<String> = allowed.iter().copied().map(dtype_constant).collect();
            Err((
                format!("`{}` cannot be stored as {dtype}", part.name),
                format!("its format allows {}", allowed.join(", ")),
            ))
        });
        self
    }

    /// Says that the whole numbers of the last argument are places below an extent: `"v"`, as of
    /// row numbers of a table.
    #[track_caller]
    #[must_use]
    pub fn below(mut self, extent: &str) -> Signature {
        let parsed = parse_extent(extent, &self.dims);
        match (parsed, self.arguments.last_mut()) {
            (Ok(parsed), Some(argument)) if argument.parts.iter().all(|p| !p.dtype.is_float()) => {
                argument.below = Some(parsed);
            }
            (Ok(_), _) => self.mistake(
                "only an argument of integers counts places",
                "write .below(..) after an argument such as I32",
            ),
            (Err(why), _) => self.mistake(
                format!("`{extent}` is not an extent: {why}"),
                "an extent is like \"n\", \"2*n\", \"k/32\" or \"1\"",
            ),
        }
        self
    }

    /// Promises that a dim is a multiple of a number.
    #[track_caller]
    #[must_use]
    pub fn multiple_of(mut self, dim: &str, multiple: u32) -> Signature {
        match self.dims.iter().position(|known| known == dim) {
            Some(at) if multiple > 0 => self.multiples[at] = multiple,
            Some(_) => self.mistake(format!("`{dim}` is a multiple of 0"), "use at least 1"),
            None => {
                let known = format!("there are: {}", self.dims.join(", "));
                self.mistake(format!("there is no dim `{dim}`"), known);
            }
        }
        self
    }

    /// Name of the kernel, and its symbol.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Names of the run-time dims.
    pub fn dims(&self) -> &[String] {
        &self.dims
    }

    /// A known divisor of each dim.
    pub fn multiples(&self) -> &[u32] {
        &self.multiples
    }

    /// The arguments in declared order.
    pub fn arguments(&self) -> &[Argument] {
        &self.arguments
    }

    /// Parts of all arguments, in ABI order.
    pub fn parts(&self) -> Vec<Part> {
        self.arguments.iter().flat_map(|argument| argument.parts.iter().cloned()).collect()
    }

    pub(super) fn mistakes(&self) -> &[Diagnostic] {
        &self.mistakes
    }

    #[track_caller]
    fn argument(
        mut self,
        name: &str,
        format: impl IntoFormat,
        extents: &[&str],
        role: Role,
    ) -> Signature {
        self.check_name(name);
        if self.arguments.iter().any(|argument| argument.name == name) {
            self.mistake(format!("the argument `{name}` is declared twice"), "rename one");
        }
        let extent = self.extents(name, extents);
        let format = match format.into_format() {
            Ok(format) => format,
            Err(error) => {
                self.mistake(error.to_string(), "name a known format, or a plain number type");
                Format { name: String::new(), scheme: Scheme::Plain, parts: Vec::new() }
            }
        };
        let first_part = self.arguments.iter().map(|argument| argument.parts.len()).sum();
        let parts = stored(name, &format, extent, role);
        let location = Location::caller();
        let name = name.to_owned();
        let below = None;
        self.arguments.push(Argument {
            name,
            format,
            extent,
            role,
            parts,
            below,
            first_part,
            location,
        });
        self
    }

    #[track_caller]
    fn extents(&mut self, name: &str, extents: &[&str]) -> [Extent; 2] {
        let texts = match extents {
            [cols] => ["1", cols],
            [rows, cols] => [*rows, cols],
            _ => {
                let message = format!("`{name}` has {} axes", extents.len());
                self.mistake(message, "an argument is a matrix [rows, columns] or one row");
                ["1", "1"]
            }
        };
        let mut extent = [Extent { dim: None, mul: 1, div: 1 }; 2];
        for (axis, text) in texts.into_iter().enumerate() {
            match parse_extent(text, &self.dims) {
                Ok(parsed) => extent[axis] = parsed,
                Err(why) => self.mistake(
                    format!("`{text}` is not an extent of `{name}`: {why}"),
                    "an extent is like \"n\", \"2*n\", \"k/32\" or \"1\"",
                ),
            }
        }
        extent
    }

    #[track_caller]
    fn change(
        &mut self,
        name: &str,
        change: impl FnOnce(&mut Part, &[DType]) -> Result<(), (String, String)>,
    ) {
        let parts = self.arguments.iter_mut().flat_map(|argument| {
            let allowed = argument.format.parts.iter().map(|part| part.dtypes.as_slice());
            argument.parts.iter_mut().zip(allowed)
        });
        let mut parts: Vec<(&mut Part, &[DType])> = parts.collect();
        let outcome = match parts.iter_mut().find(|(part, _)| part.name == name) {
            Some((part, allowed)) => change(part, allowed),
            None => {
                let known: Vec<&str> = parts.iter().map(|(part, _)| part.name.as_str()).collect();
                let known = format!("there are: {}", known.join(", "));
                Err((format!("there is no part `{name}`"), known))
            }
        };
        if let Err((message, note)) = outcome {
            self.mistake(message, note);
        }
    }

    #[track_caller]
    fn check_name(&mut self, name: &str) {
        if !is_name(name) {
            let message = format!("`{name}` is not a name");
            self.mistake(message, "names consist of letters, digits and underscores");
        }
    }

    #[track_caller]
    fn mistake(&mut self, message: impl Into<String>, note: impl Into<String>) {
        self.mistakes.push(Diagnostic::new(Location::caller(), message).note(note));
    }
}

/// The parts of an argument, each with the extents and default order of its format's row.
fn stored(name: &str, format: &Format, extent: [Extent; 2], role: Role) -> Vec<Part> {
    let alone = format.parts.len() == 1;
    let part = |part: &kiln_targets::Part| Part {
        name: if alone { name.to_owned() } else { format!("{name}.{}", part.name) },
        dtype: part.dtype(),
        extent: [0, 1].map(|axis| {
            let divisor = part.divisor[axis] as u32;
            Extent { div: extent[axis].div.saturating_mul(divisor), ..extent[axis] }
        }),
        order: part.order.clone(),
        role,
    };
    format.parts.iter().map(part).collect()
}
