//! What a request may hold: one table for each, from which requests are checked and documented.

use serde_json::{Map, Value, json};

use super::error::ApiError;

/// A field of a JSON object. Fields that are not named are ignored; null is the same as nothing.
pub(crate) struct Field {
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) needed: bool,
    pub(crate) says: &'static str,
}

/// What a value has to be.
pub(crate) enum Kind {
    Bool,
    Int(i64, i64),
    Num(f64, f64),
    Text,
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// A list with a least and a most number of elements.
    List(&'static Kind, usize, usize),
    Record(&'static [Field]),
    /// An object with any names.
    Object,
    /// Anything at all.
    Any,
    Either(&'static [Kind]),
}

/// A field that may be left out.
pub(crate) const fn may(name: &'static str, kind: Kind, says: &'static str) -> Field {
    Field { name, kind, needed: false, says }
}

/// A field that must be there.
pub(crate) const fn must(name: &'static str, kind: Kind, says: &'static str) -> Field {
    Field { name, kind, needed: true, says }
}

impl Kind {
    fn check(&self, value: &Value, path: &str) -> Result<(), ApiError> {
        match (self, value) {
            (Self::List(kind, least, most), Value::Array(list)) => {
                if !(*least..=*most).contains(&list.len()) {
                    let found = list.len();
                    let why = format!("{found} elements; expected {least} to {most}");
                    return Err(ApiError::field(path, why));
                }
                let mut each = list.iter().enumerate();
                each.try_for_each(|(at, value)| kind.check(value, &format!("{path}[{at}]")))
            }
            (Self::Record(fields), Value::Object(map)) => check(fields, map, path),
            (Self::Either(kinds), _) => match kinds.iter().find(|kind| kind.fits(value)) {
                Some(kind) => kind.check(value, path),
                None => Err(self.mistake(value, path)),
            },
            _ if self.fits(value) => Ok(()),
            _ => Err(self.mistake(value, path)),
        }
    }

    /// Whether a value looks like this kind, without what lies inside.
    fn fits(&self, value: &Value) -> bool {
        match self {
            Self::Bool => value.is_boolean(),
            Self::Int(least, most) => {
                integer(value).is_some_and(|number| (*least..=*most).contains(&number))
            }
            Self::Num(least, most) => {
                value.as_f64().is_some_and(|number| (*least..=*most).contains(&number))
            }
            Self::Text => value.is_string(),
            Self::Choice(names) => value.as_str().is_some_and(|text| names.contains(&text)),
            Self::List(..) => value.is_array(),
            Self::Record(_) | Self::Object => value.is_object(),
            Self::Any => true,
            Self::Either(kinds) => kinds.iter().any(|kind| kind.fits(value)),
        }
    }

    fn mistake(&self, value: &Value, path: &str) -> ApiError {
        let found = match value {
            Value::Null => "null".to_owned(),
            Value::Bool(_) => "a boolean".to_owned(),
            Value::Number(number) => number.to_string(),
            Value::String(text) if text.chars().count() <= 40 => format!("{text:?}"),
            Value::String(_) => "a text".to_owned(),
            Value::Array(_) => "a list".to_owned(),
            Value::Object(_) => "an object".to_owned(),
        };
        ApiError::field(path, format!("expected {}, found {found}", self.told()))
    }

    fn told(&self) -> String {
        match self {
            Self::Bool => "true or false".into(),
            Self::Int(least, most) => format!("an integer from {least} to {most}"),
            Self::Num(least, most) => format!("a number from {least:?} to {most:?}"),
            Self::Text => "a text".into(),
            Self::Choice(names) => format!("one of {}", names.join(", ")),
            Self::List(..) => "a list".into(),
            Self::Record(_) | Self::Object => "an object".into(),
            Self::Any => "anything".into(),
            Self::Either(kinds) => kinds.iter().map(Self::told).collect::<Vec<_>>().join(" or "),
        }
    }

    /// The kind as a JSON schema.
    pub(crate) fn schema(&self) -> Value {
        match self {
            Self::Bool => json!({"type": "boolean"}),
            Self::Int(least, most) => {
                json!({"type": "integer", "minimum": least, "maximum": most})
            }
            Self::Num(least, most) => json!({"type": "number", "minimum": least, "maximum": most}),
            Self::Text => json!({"type": "string"}),
            Self::Choice(names) => json!({"type": "string", "enum": names}),
            Self::List(kind, least, most) => {
                let items = kind.schema();
                json!({"type": "array", "items": items, "minItems": least, "maxItems": most})
            }
            Self::Record(fields) => schema(fields),
            Self::Object => json!({"type": "object"}),
            Self::Any => json!({}),
            Self::Either(kinds) => {
                json!({"anyOf": kinds.iter().map(Self::schema).collect::<Vec<_>>()})
            }
        }
    }
}

/// Checks an object against its fields; `path` is where it stands, empty for a whole body.
pub(crate) fn check(
    fields: &[Field],
    map: &Map<String, Value>,
    path: &str,
) -> Result<(), ApiError> {
    for field in fields {
        let place = || match path {
            "" => field.name.to_owned(),
            path => format!("{path}.{}", field.name),
        };
        match map.get(field.name) {
            None | Some(Value::Null) if field.needed => {
                return Err(ApiError::field(&place(), "it is missing").coded("missing"));
            }
            None | Some(Value::Null) => {}
            Some(value) => field.kind.check(value, &place())?,
        }
    }
    Ok(())
}

/// The schema of an object with these fields.
pub(crate) fn schema(fields: &[Field]) -> Value {
    let described = fields.iter().map(|field| {
        let mut schema = field.kind.schema();
        if !field.needed && !matches!(field.kind, Kind::Any) {
            schema = json!({"anyOf": [schema, {"type": "null"}]});
        }
        schema["description"] = field.says.into();
        (field.name.to_owned(), schema)
    });
    let properties: Map<String, Value> = described.collect();
    let needed: Vec<&str> = fields.iter().filter(|f| f.needed).map(|f| f.name).collect();
    let mut object = json!({"type": "object", "properties": properties});
    if !needed.is_empty() {
        object["required"] = json!(needed);
    }
    object
}

/// A number without a fraction, however it is written.
pub(crate) fn integer(value: &Value) -> Option<i64> {
    let whole = |number: f64| number.fract() == 0.0 && number.abs() < 9e15;
    value.as_i64().or_else(|| value.as_f64().filter(|n| whole(*n)).map(|number| number as i64))
}

/// A checked object, to be read.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fields<'m>(pub(crate) &'m Map<String, Value>);

impl<'m> Fields<'m> {
    /// A field that is there and not null.
    pub(crate) fn value(self, name: &str) -> Option<&'m Value> {
        self.0.get(name).filter(|value| !value.is_null())
    }

    pub(crate) fn flag(self, name: &str) -> Option<bool> {
        self.value(name)?.as_bool()
    }

    pub(crate) fn int(self, name: &str) -> Option<i64> {
        integer(self.value(name)?)
    }

    /// A number of things.
    pub(crate) fn size(self, name: &str) -> Option<usize> {
        usize::try_from(self.int(name)?).ok()
    }

    pub(crate) fn num(self, name: &str) -> Option<f32> {
        self.value(name)?.as_f64().map(|number| number as f32)
    }

    pub(crate) fn text(self, name: &str) -> Option<&'m str> {
        self.value(name)?.as_str()
    }

    pub(crate) fn list(self, name: &str) -> Option<&'m [Value]> {
        self.value(name)?.as_array().map(Vec::as_slice)
    }

    pub(crate) fn object(self, name: &str) -> Option<Fields<'m>> {
        self.value(name)?.as_object().map(Fields)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const INNER: &[Field] = &[must("k", Kind::Choice(&["a", "b"]), "")];
    const FIELDS: &[Field] = &[
        must("n", Kind::Int(1, 4), ""),
        may("t", Kind::Either(&[Kind::Text, Kind::List(&Kind::Record(INNER), 1, 2)]), ""),
        may("p", Kind::Num(0.0, 1.0), ""),
    ];

    #[test]
    fn mistakes_are_named_with_their_place_and_what_was_expected() {
        for (body, expect) in [
            (json!({"n": 1, "t": "x", "p": null, "else": 3}), None),
            (json!({"n": 2.0, "t": [{"k": "a"}]}), None),
            (json!({}), Some("n: it is missing")),
            (json!({"n": null}), Some("n: it is missing")),
            (json!({"n": 5}), Some("n: expected an integer from 1 to 4, found 5")),
            (json!({"n": 1.5}), Some("n: expected an integer from 1 to 4, found 1.5")),
            (json!({"n": 1, "t": 3}), Some("t: expected a text or a list, found 3")),
            (json!({"n": 1, "t": []}), Some("t: 0 elements; expected 1 to 2")),
            (
                json!({"n": 1, "t": [{"k": "a"}, {"k": "c"}]}),
                Some("t[1].k: expected one of a, b, found \"c\""),
            ),
            (json!({"n": 1, "p": 1.5}), Some("p: expected a number from 0.0 to 1.0, found 1.5")),
        ] {
            let found = check(FIELDS, body.as_object().unwrap(), "");
            assert_eq!(found.err().as_ref().map(ApiError::message), expect);
        }
    }
}
