//! Search spaces: parameter structs whose fields each range over a list of values.

use serde::Serialize;
use serde_json::Value;
use std::collections::BTreeMap;
use std::fmt::{Debug, Display};
use std::str::FromStr;

/// A point of a search space by field name, as caches and bundles store it.
pub type Values = BTreeMap<String, Value>;

/// One field of a parameter struct.
#[derive(Clone, Copy, Debug)]
pub struct AxisInfo {
    /// Name of the field.
    pub name: &'static str,
    /// Its documentation, a line of text for each line.
    pub doc: &'static str,
    /// Its values in search order, as they are displayed.
    pub values: fn() -> Vec<String>,
}

/// A parameter struct; [`params!`](crate::params) implements it.
pub trait Params: Clone + Debug + Display + PartialEq + Serialize + Send + Sync + 'static {
    /// The fields in order.
    const AXES: &'static [AxisInfo];

    /// The point with the given value number on every axis.
    ///
    /// # Panics
    /// If a number is missing or not below the number of values.
    fn point(numbers: &[usize]) -> Self;

    /// The point as stored.
    fn values(&self) -> Values;

    /// Reads a stored point.
    ///
    /// # Errors
    /// If a field is missing, unknown, or not one of its axis's values.
    fn from_values(values: &Values) -> Result<Self, ParamError>;

    /// Points in the search space.
    fn count() -> usize {
        Self::AXES.iter().map(|axis| (axis.values)().len()).product()
    }

    /// Every point, the last field varying fastest.
    fn all() -> impl Iterator<Item = Self> {
        let sizes: Vec<usize> = Self::AXES.iter().map(|axis| (axis.values)().len()).collect();
        (0..Self::count()).map(move |mut number| {
            let mut numbers = vec![0; sizes.len()];
            for (digit, size) in numbers.iter_mut().zip(&sizes).rev() {
                *digit = number % size;
                number /= size;
            }
            Self::point(&numbers)
        })
    }
}

/// A type whose values can form an axis: numbers, `bool`, and the enums of
/// [`choices!`](crate::choices).
pub trait Axis: Copy + PartialEq + Display + FromStr + 'static {
    /// The value as stored.
    fn store(self) -> Value;
}

macro_rules! stored_as_itself {
    ($($ty:ty),*) => {$(
        impl Axis for $ty {
            fn store(self) -> Value {
                Value::from(self)
            }
        }
    )*};
}

stored_as_itself!(u32, u64, i32, i64, bool);

/// Why a stored point cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamError {
    /// A field has no value.
    #[error("the parameter `{0}` is missing")]
    Missing(String),
    /// No field has that name.
    #[error("there is no parameter `{name}`; there are: {known}")]
    Unknown {
        /// The name given.
        name: String,
        /// Every name there is.
        known: String,
    },
    /// The axis does not have that value.
    #[error("the parameter `{name}` cannot be {value}; it is one of {known}")]
    Outside {
        /// The field.
        name: String,
        /// The value given.
        value: String,
        /// The values there are.
        known: String,
    },
}

/// Reads one field; used by [`params!`](crate::params).
///
/// # Errors
/// If it is missing or not one of `known`.
pub fn read_axis<A: Axis>(values: &Values, name: &str, known: &[A]) -> Result<A, ParamError> {
    let value = values.get(name).ok_or_else(|| ParamError::Missing(name.to_owned()))?;
    known.iter().copied().find(|known| known.store() == *value).ok_or_else(|| {
        let known: Vec<String> = known.iter().map(A::to_string).collect();
        let (name, value) = (name.to_owned(), value.to_string());
        ParamError::Outside { name, value, known: known.join(", ") }
    })
}

/// Refuses fields that no axis has; used by [`params!`](crate::params).
///
/// # Errors
/// Names the first such field.
pub fn refuse_unknown(values: &Values, axes: &[AxisInfo]) -> Result<(), ParamError> {
    match values.keys().find(|name| axes.iter().all(|axis| axis.name != *name)) {
        None => Ok(()),
        Some(name) => {
            let known: Vec<&str> = axes.iter().map(|axis| axis.name).collect();
            Err(ParamError::Unknown { name: name.clone(), known: known.join(", ") })
        }
    }
}

/// Defines a parameter struct and its search space:
///
/// ```
/// use kiln_compiler::prelude::*;
///
/// params! {
///     /// How one workgroup covers its part of the result.
///     pub struct Cover {
///         /// Rows per workgroup.
///         rows: [16, 32, 64] as u32,
///         /// Whether to fetch ahead.
///         ahead: [false, true] as bool,
///     }
/// }
///
/// assert_eq!(Cover::all().count(), 6);
/// assert_eq!(Cover { rows: 16, ahead: true }.to_string(), "{ rows: 16, ahead: true }");
/// ```
///
/// Values are literals, or variants of an enum made by [`choices!`](crate::choices). The first
/// field varies slowest.
#[macro_export]
macro_rules! params {
    (
        $(#[$meta:meta])*
        $vis:vis struct $name:ident {
            $($(#[doc = $doc:literal])* $field:ident: [$($value:tt),+ $(,)?] as $ty:ident),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis struct $name {
            $($(#[doc = $doc])* pub $field: $ty),+
        }

        impl $crate::dsl::Params for $name {
            const AXES: &'static [$crate::dsl::AxisInfo] = &[$($crate::dsl::AxisInfo {
                name: ::core::stringify!($field),
                doc: ::core::concat!($($doc, "\n"),*).trim_ascii(),
                values: || {
                    let values: &[$ty] = &$crate::params!(@values $ty $($value),+);
                    values.iter().map(::std::string::ToString::to_string).collect()
                },
            }),+];

            fn point(numbers: &[usize]) -> Self {
                let mut numbers = numbers.iter();
                let mut next =
                    || *numbers.next().expect("a point should have a number for every axis");
                Self { $($field: $crate::params!(@values $ty $($value),+)[next()]),+ }
            }

            fn values(&self) -> $crate::dsl::Values {
                let mut values = $crate::dsl::Values::new();
                $(
                    let value = $crate::dsl::Axis::store(self.$field);
                    values.insert(::core::stringify!($field).into(), value);
                )+
                values
            }

            fn from_values(
                values: &$crate::dsl::Values,
            ) -> ::core::result::Result<Self, $crate::dsl::ParamError> {
                $crate::dsl::refuse_unknown(values, Self::AXES)?;
                ::core::result::Result::Ok(Self {$(
                    $field: $crate::dsl::read_axis(
                        values,
                        ::core::stringify!($field),
                        &$crate::params!(@values $ty $($value),+),
                    )?
                ),+})
            }
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                let fields = [$(
                    ::std::format!("{}: {}", ::core::stringify!($field), self.$field)
                ),+];
                ::core::write!(f, "{{ {} }}", fields.join(", "))
            }
        }

        impl $crate::dsl::serde::Serialize for $name {
            fn serialize<S: $crate::dsl::serde::Serializer>(
                &self,
                serializer: S,
            ) -> ::core::result::Result<S::Ok, S::Error> {
                $crate::dsl::serde::Serialize::serialize(
                    &$crate::dsl::Params::values(self),
                    serializer,
                )
            }
        }

        impl<'de> $crate::dsl::serde::Deserialize<'de> for $name {
            fn deserialize<D: $crate::dsl::serde::Deserializer<'de>>(
                deserializer: D,
            ) -> ::core::result::Result<Self, D::Error> {
                let values = <$crate::dsl::Values as $crate::dsl::serde::Deserialize>::deserialize(
                    deserializer,
                )?;
                $crate::dsl::Params::from_values(&values)
                    .map_err(<D::Error as $crate::dsl::serde::de::Error>::custom)
            }
        }
    };
    (@values u32 $($value:tt),+) => { [$($value),+] };
    (@values u64 $($value:tt),+) => { [$($value),+] };
    (@values i32 $($value:tt),+) => { [$($value),+] };
    (@values i64 $($value:tt),+) => { [$($value),+] };
    (@values bool $($value:tt),+) => { [$($value),+] };
    (@values $ty:ident $($value:ident),+) => { [$($ty::$value),+] };
}

/// Defines an enum whose variants can form an axis, with the text that each is displayed, parsed
/// and stored as:
///
/// ```
/// use kiln_compiler::prelude::*;
///
/// choices! {
///     /// In which numbers products are formed.
///     pub enum Arithmetic {
///         /// 8-bit integers.
///         Iu8 = "iu8",
///         /// Half precision.
///         F16 = "f16",
///     }
/// }
///
/// assert_eq!("iu8".parse(), Ok(Arithmetic::Iu8));
/// ```
#[macro_export]
macro_rules! choices {
    (
        $(#[$meta:meta])*
        $vis:vis enum $name:ident {
            $($(#[$doc:meta])* $variant:ident = $text:literal),+ $(,)?
        }
    ) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        $vis enum $name {
            $($(#[$doc])* $variant),+
        }

        impl ::core::fmt::Display for $name {
            fn fmt(&self, f: &mut ::core::fmt::Formatter<'_>) -> ::core::fmt::Result {
                f.write_str(match self { $(Self::$variant => $text),+ })
            }
        }

        impl ::core::str::FromStr for $name {
            type Err = ::std::string::String;

            fn from_str(text: &str) -> ::core::result::Result<Self, Self::Err> {
                match text {
                    $($text => ::core::result::Result::Ok(Self::$variant),)+
                    _ => ::core::result::Result::Err(::std::format!(
                        "`{text}` is not one of {}",
                        [$($text),+].join(", "),
                    )),
                }
            }
        }

        impl $crate::dsl::Axis for $name {
            fn store(self) -> $crate::dsl::Value {
                $crate::dsl::Value::String(::std::string::ToString::to_string(&self))
            }
        }
    };
}
