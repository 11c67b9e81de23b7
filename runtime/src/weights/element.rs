//! Element types as checkpoints name them.

use std::fmt;

use kiln_targets::DType;

/// The element type of a stored tensor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs, reason = "the names are the documentation")]
pub enum Element {
    Bool,
    U8,
    I8,
    F8E5M2,
    F8E4M3,
    U16,
    I16,
    F16,
    Bf16,
    U32,
    I32,
    F32,
    U64,
    I64,
    F64,
}

/// Each type, its name in a header and its size in bytes.
const NAMES: [(Element, &str, usize); 15] = [
    (Element::Bool, "BOOL", 1),
    (Element::U8, "U8", 1),
    (Element::I8, "I8", 1),
    (Element::F8E5M2, "F8_E5M2", 1),
    (Element::F8E4M3, "F8_E4M3", 1),
    (Element::U16, "U16", 2),
    (Element::I16, "I16", 2),
    (Element::F16, "F16", 2),
    (Element::Bf16, "BF16", 2),
    (Element::U32, "U32", 4),
    (Element::I32, "I32", 4),
    (Element::F32, "F32", 4),
    (Element::U64, "U64", 8),
    (Element::I64, "I64", 8),
    (Element::F64, "F64", 8),
];

impl Element {
    /// The type of that name in a header.
    pub fn named(name: &str) -> Option<Self> {
        NAMES.iter().find(|(_, known, _)| *known == name).map(|(element, ..)| *element)
    }

    /// The name in a header.
    pub fn name(self) -> &'static str {
        self.row().1
    }

    /// Size in bytes.
    pub fn bytes(self) -> usize {
        self.row().2
    }

    /// The same type among those that weights are computed with: f32, f16 or bf16.
    pub fn float(self) -> Option<DType> {
        match self {
            Self::F32 => Some(DType::F32),
            Self::F16 => Some(DType::F16),
            Self::Bf16 => Some(DType::BF16),
            _ => None,
        }
    }

    fn row(self) -> (Self, &'static str, usize) {
        NAMES[self as usize]
    }
}

impl fmt::Display for Element {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.name())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_type_is_found_by_its_name() {
        for (element, name, bytes) in NAMES {
            assert_eq!((Element::named(name), element.name()), (Some(element), name));
            assert_eq!(element.bytes(), bytes);
            assert!(element.float().is_none_or(|float| float.bytes(1) == bytes));
        }
        assert_eq!(Element::named("F4"), None);
    }
}
