//! Arguments of a kernel as the command line writes them.

use std::path::PathBuf;
use std::str::FromStr;

use anyhow::{Context, bail};
use half::{bf16, f16};

use super::npy::{Array, Dtype};

/// One argument.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Argument {
    /// A buffer.
    Buffer(Buffer),
    /// The bytes of a number.
    Number(Vec<u8>),
}

/// A buffer: what is in it, and where it goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Buffer {
    /// As it was written on the command line, for messages.
    pub(super) name: String,
    /// The file that it is filled from; zeros where there is none.
    from: Option<PathBuf>,
    /// Shape and type where there is no file.
    made: Option<(Vec<usize>, Dtype)>,
    /// The file that it is written to; a buffer without one may only be read.
    pub(super) to: Option<PathBuf>,
}

impl Buffer {
    /// What is in the buffer at first.
    pub(super) fn contents(&self) -> anyhow::Result<Array> {
        match (&self.from, &self.made) {
            (Some(path), _) => Array::read(path),
            (None, Some((shape, dtype))) => Array::zeros(shape.clone(), *dtype),
            (None, None) => bail!("{} has neither a file nor a shape", self.name),
        }
    }
}

impl FromStr for Argument {
    type Err = anyhow::Error;

    fn from_str(text: &str) -> anyhow::Result<Self> {
        let (kind, rest) = text.split_once(':').unwrap_or((text, ""));
        let parsed = match kind {
            "in" | "inout" | "out" => buffer(kind, rest, text).map(Self::Buffer),
            "null" if rest.is_empty() => Ok(Self::Number(vec![0; 8])),
            _ => number(kind, rest).map(Self::Number),
        };
        parsed.with_context(|| format!("argument '{text}'"))
    }
}

fn buffer(kind: &str, rest: &str, text: &str) -> anyhow::Result<Buffer> {
    let parts: Vec<&str> = rest.split(':').collect();
    let file = |at: usize| Some(PathBuf::from(parts[at]));
    let name = text.to_owned();
    match (kind, &parts[..]) {
        (_, ["", ..]) => bail!("it names no file"),
        ("in", [_]) => Ok(Buffer { name, from: file(0), made: None, to: None }),
        ("inout", [_]) => Ok(Buffer { name, from: file(0), made: None, to: file(0) }),
        ("inout", [_, _]) => Ok(Buffer { name, from: file(0), made: None, to: file(1) }),
        ("out", [_, shape, dtype]) => {
            let extents = shape.split('x').map(|extent| extent.parse::<usize>());
            let shape = extents.collect::<Result<Vec<_>, _>>();
            let shape = shape.context("a shape is written as in 64x32")?;
            Ok(Buffer { name, from: None, made: Some((shape, Dtype::named(dtype)?)), to: file(0) })
        }
        _ => bail!("buffers are in:FILE, out:FILE:SHAPE:TYPE, inout:FILE or inout:FILE:FILE"),
    }
}

/// The bytes of a number of a type.
fn number(kind: &str, text: &str) -> anyhow::Result<Vec<u8>> {
    macro_rules! bytes {
        ($type:ty) => {
            text.parse::<$type>()
                .with_context(|| format!("'{text}' is not of type {kind}"))?
                .to_le_bytes()
                .to_vec()
        };
    }
    Ok(match kind {
        "i8" => bytes!(i8),
        "i16" => bytes!(i16),
        "i32" => bytes!(i32),
        "i64" => bytes!(i64),
        "u8" => bytes!(u8),
        "u16" => bytes!(u16),
        "u32" => bytes!(u32),
        "u64" => bytes!(u64),
        "f16" => bytes!(f16),
        "bf16" => bytes!(bf16),
        "f32" => bytes!(f32),
        "f64" => bytes!(f64),
        _ => bail!("it is neither a buffer (in, out, inout), a number such as i32:7, nor null"),
    })
}

/// Three extents, of which the last ones may be left out: `64`, `64,2` or `64,2,1`.
pub(crate) fn extents(text: &str) -> Result<[u32; 3], String> {
    let parts: Vec<&str> = text.split(',').collect();
    let mut extents = [1; 3];
    if parts.len() > 3 {
        return Err("at most three numbers".to_owned());
    }
    for (extent, part) in extents.iter_mut().zip(parts) {
        *extent = part.trim().parse().map_err(|_| format!("'{part}' is not a number"))?;
        if *extent == 0 {
            return Err("an extent of 0 is no work".to_owned());
        }
    }
    Ok(extents)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> Argument {
        text.parse().unwrap()
    }

    #[test]
    fn numbers_become_their_bytes() {
        assert_eq!(parsed("i32:-2"), Argument::Number(vec![0xfe, 0xff, 0xff, 0xff]));
        assert_eq!(parsed("f16:1"), Argument::Number(vec![0, 0x3c]));
        assert_eq!(parsed("bf16:1"), Argument::Number(vec![0x80, 0x3f]));
        assert_eq!(parsed("u8:255"), Argument::Number(vec![255]));
        assert_eq!(parsed("null"), Argument::Number(vec![0; 8]));
    }

    #[test]
    fn buffers_know_where_they_come_from_and_go_to() {
        let Argument::Buffer(out) = parsed("out:y.npy:4x8:f16") else { panic!() };
        let contents = out.contents().unwrap();
        assert_eq!((contents.shape, contents.bytes.len()), (vec![4, 8], 64));
        assert_eq!(out.to, Some("y.npy".into()));
        let Argument::Buffer(both) = parsed("inout:a.npy:b.npy") else { panic!() };
        assert_eq!((both.from, both.to), (Some("a.npy".into()), Some("b.npy".into())));
        let Argument::Buffer(input) = parsed("in:a.npy") else { panic!() };
        assert_eq!(input.to, None);
    }

    #[test]
    fn what_makes_no_sense_is_named() {
        for text in
            ["i32:x", "u8:256", "i32", "q4:1", "in:", "out:y.npy", "out:y.npy:4x:f32", "", "in:a:b"]
        {
            let error = format!("{:#}", text.parse::<Argument>().unwrap_err());
            assert!(error.starts_with(&format!("argument '{text}': ")), "{error}");
        }
    }

    #[test]
    fn extents_default_to_one() {
        assert_eq!(extents("64"), Ok([64, 1, 1]));
        assert_eq!(extents("64, 2"), Ok([64, 2, 1]));
        for wrong in ["", "0", "1,2,3,4", "1,x"] {
            assert!(extents(wrong).is_err(), "{wrong}");
        }
    }
}
