//! Arrays in NumPy's `.npy` files: format versions 1 to 3, numbers in little-endian C order.

use std::fmt;
use std::fs;
use std::io::Write;
use std::path::Path;

use anyhow::{Context, bail};
use tempfile::NamedTempFile;

const MAGIC: &[u8] = b"\x93NUMPY";
/// Headers of written files end at a multiple of this.
const ALIGNMENT: usize = 64;

/// The type of an array's elements, as NumPy abbreviates it: `f4`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Dtype {
    /// `f`, `i`, `u` or `b`.
    letter: char,
    /// Bytes of an element.
    pub(super) bytes: usize,
}

/// Names on the command line and in files.
const DTYPES: [(&str, &str); 12] = [
    ("f16", "f2"),
    ("f32", "f4"),
    ("f64", "f8"),
    ("i8", "i1"),
    ("i16", "i2"),
    ("i32", "i4"),
    ("i64", "i8"),
    ("u8", "u1"),
    ("u16", "u2"),
    ("u32", "u4"),
    ("u64", "u8"),
    ("bool", "b1"),
];

impl Dtype {
    /// The type of a name such as `f32`.
    pub(super) fn named(name: &str) -> anyhow::Result<Self> {
        match DTYPES.iter().find(|(known, _)| *known == name) {
            Some((_, code)) => Self::coded(code),
            None => {
                let names: Vec<&str> = DTYPES.iter().map(|(name, _)| *name).collect();
                bail!("unknown type '{name}'; there are {}", names.join(", "))
            }
        }
    }

    /// The type of a code such as `f4`.
    fn coded(code: &str) -> anyhow::Result<Self> {
        let known = DTYPES.iter().any(|(_, known)| *known == code);
        let mut characters = code.chars();
        match (known, characters.next(), characters.as_str().parse()) {
            (true, Some(letter), Ok(bytes)) => Ok(Self { letter, bytes }),
            _ => bail!("elements of type '{code}' are not supported"),
        }
    }

    fn code(self) -> String {
        format!("{}{}", self.letter, self.bytes)
    }
}

impl fmt::Display for Dtype {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let code = self.code();
        let name = DTYPES.iter().find(|(_, known)| *known == code).map(|(name, _)| *name);
        f.write_str(name.unwrap_or(&code))
    }
}

/// An array.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Array {
    pub(super) dtype: Dtype,
    pub(super) shape: Vec<usize>,
    /// The elements, in C order.
    pub(super) bytes: Vec<u8>,
}

impl Array {
    /// An array of zeros.
    pub(super) fn zeros(shape: Vec<usize>, dtype: Dtype) -> anyhow::Result<Self> {
        let bytes = size(&shape, dtype).context("the array is too large")?;
        Ok(Self { dtype, shape, bytes: vec![0; bytes] })
    }

    /// Reads a file.
    pub(super) fn read(path: &Path) -> anyhow::Result<Self> {
        let file = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        Self::parse(&file).with_context(|| format!("{} is not a usable .npy file", path.display()))
    }

    /// Writes a file; it gets its name when it is complete.
    pub(super) fn write(&self, path: &Path) -> anyhow::Result<()> {
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        let write = || {
            let mut file = NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))?;
            file.write_all(&self.header())?;
            file.write_all(&self.bytes)?;
            file.as_file().sync_all()?;
            file.persist(path).map(drop).map_err(|error| error.error)
        };
        write().with_context(|| format!("cannot write {}", path.display()))
    }

    fn parse(file: &[u8]) -> anyhow::Result<Self> {
        let Some(rest) = file.strip_prefix(MAGIC) else { bail!("it does not begin as one") };
        let (length, header_at) = match rest {
            [1, _, low, high, ..] => (usize::from(u16::from_le_bytes([*low, *high])), 4),
            [2 | 3, _, a, b, c, d, ..] => (u32::from_le_bytes([*a, *b, *c, *d]) as usize, 6),
            _ => bail!("its version is unknown"),
        };
        let end = header_at + length;
        let header = rest.get(header_at..end).context("its header is cut off")?;
        let header = std::str::from_utf8(header).context("its header is not text")?;
        let descr = value(header, "descr")?.trim_matches(['\'', '"']);
        let Some(code) = descr.strip_prefix(['<', '|']) else {
            bail!("elements of type '{descr}' are not supported")
        };
        let dtype = Dtype::coded(code)?;
        if value(header, "fortran_order")? != "False" {
            bail!("it is in Fortran order; save it with numpy.ascontiguousarray")
        }
        let shape = shape(value(header, "shape")?)?;
        let bytes = rest[end..].to_vec();
        match size(&shape, dtype) {
            Some(expected) if expected == bytes.len() => Ok(Self { dtype, shape, bytes }),
            _ => bail!("it has {} bytes of elements, which do not fit its shape", bytes.len()),
        }
    }

    fn header(&self) -> Vec<u8> {
        let extents: Vec<String> = self.shape.iter().map(|extent| format!("{extent},")).collect();
        let order = if self.dtype.bytes == 1 { '|' } else { '<' };
        let mut header = format!(
            "{{'descr': '{order}{}', 'fortran_order': False, 'shape': ({}), }}",
            self.dtype.code(),
            extents.join(" ")
        );
        let length = (MAGIC.len() + 4 + header.len() + 1).next_multiple_of(ALIGNMENT);
        let padded = length - MAGIC.len() - 4;
        header.push_str(&" ".repeat(padded - header.len() - 1));
        header.push('\n');
        let prefix = [MAGIC, &[1, 0], &(padded as u16).to_le_bytes()].concat();
        [prefix, header.into_bytes()].concat()
    }
}

/// Bytes of an array; `None` if they are too many.
fn size(shape: &[usize], dtype: Dtype) -> Option<usize> {
    shape.iter().try_fold(dtype.bytes, |size, extent| size.checked_mul(*extent))
}

/// The value of a key in a header, which is the text of a Python dictionary.
fn value<'h>(header: &'h str, key: &str) -> anyhow::Result<&'h str> {
    let missing = || format!("its header has no {key}");
    let at = ['\'', '"'].map(|quote| header.find(&format!("{quote}{key}{quote}")));
    let at = at.into_iter().flatten().next().with_context(missing)?;
    let rest = header[at + key.len() + 2..].trim_start().strip_prefix(':').with_context(missing)?;
    let rest = rest.trim_start();
    let end =
        if rest.starts_with('(') { rest.find(')').map(|at| at + 1) } else { rest.find([',', '}']) };
    Ok(rest[..end.with_context(missing)?].trim())
}

/// `(3, 4)`
fn shape(text: &str) -> anyhow::Result<Vec<usize>> {
    let inner = text.trim_start_matches('(').trim_end_matches(')');
    let extents = inner.split(',').map(str::trim).filter(|extent| !extent.is_empty());
    extents.map(|extent| extent.parse().context("its shape is not made of numbers")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn array(shape: &[usize], name: &str) -> Array {
        let mut array = Array::zeros(shape.to_vec(), Dtype::named(name).unwrap()).unwrap();
        array.bytes.iter_mut().enumerate().for_each(|(at, byte)| *byte = at as u8);
        array
    }

    #[test]
    fn arrays_pass_through_a_file_unchanged() {
        let dir = tempfile::tempdir().unwrap();
        for (shape, name) in [(&[3, 4][..], "f32"), (&[], "i64"), (&[0, 5], "u8"), (&[7], "f16")] {
            let (array, path) = (array(shape, name), dir.path().join(name));
            array.write(&path).unwrap();
            assert_eq!(Array::read(&path).unwrap(), array);
            let header = array.header();
            assert!(header.len().is_multiple_of(ALIGNMENT) && header.ends_with(b"\n"));
        }
    }

    #[test]
    fn files_of_numpy_are_read() {
        // numpy.save of an int16 array [[1, 2, 3]], version 1.0.
        let header = b"{'descr': '<i2', 'fortran_order': False, 'shape': (1, 3), }";
        let file = |header: &[u8], elements: &[u8]| {
            let length = (header.len() as u16).to_le_bytes();
            [MAGIC, &[1, 0], &length, header, elements].concat()
        };
        let read = Array::parse(&file(header, &[1, 0, 2, 0, 3, 0])).unwrap();
        assert_eq!((read.shape, read.dtype.to_string().as_str()), (vec![1, 3], "i16"));
        let refused = |file: &[u8]| format!("{:#}", Array::parse(file).unwrap_err());
        assert!(refused(&file(header, &[1, 0])).contains("do not fit its shape"));
        assert!(refused(&file(b"{'descr': '>i2'}", &[])).contains("'>i2'"));
        assert!(refused(&file(b"{'shape': (1,)}", &[])).contains("no descr"));
        let fortran = b"{'descr': '<i2', 'fortran_order': True, 'shape': (1, 3), }";
        assert!(refused(&file(fortran, &[])).contains("Fortran"));
        assert!(refused(b"PK").contains("begin"));
    }

    #[test]
    fn a_file_cut_anywhere_is_refused() {
        let array = array(&[5], "f32");
        let whole = [array.header(), array.bytes.clone()].concat();
        assert_eq!(Array::parse(&whole).unwrap(), array);
        for cut in 0..whole.len() {
            assert!(Array::parse(&whole[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn arrays_too_large_to_count_are_refused() {
        let f32 = Dtype::named("f32").unwrap();
        assert!(Array::zeros(vec![usize::MAX, 2], f32).is_err());
        assert!(Dtype::named("f8").unwrap_err().to_string().contains("f64"));
    }
}
