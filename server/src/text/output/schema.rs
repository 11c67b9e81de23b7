//! Values of calls, which are written as text, in the types that a tool's schema gives them.

use serde_json::{Map, Number, Value};

use super::super::conversation::Tool;

/// Schemas are followed this deep through references and alternatives.
const DEEPEST: usize = 16;

/// The types of JSON that a schema allows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Types {
    string: bool,
    null: bool,
    integer: bool,
    number: bool,
    boolean: bool,
    object: bool,
    array: bool,
}

/// The schema of one parameter of a tool.
#[derive(Clone, Copy, Debug)]
pub(in crate::text) struct Parameter<'t> {
    /// The whole schema of the arguments, to which references point.
    root: &'t Value,
    schema: &'t Value,
    types: Types,
}

impl<'t> Parameter<'t> {
    /// The one of this name; what a schema says of parameters that it does not list holds for all of them.
    pub(in crate::text) fn of(tool: Option<&'t Tool>, name: &str) -> Self {
        let root = tool.map_or(&Value::Null, |tool| &tool.parameters);
        let whole = resolve(root, root);
        let listed = whole["properties"].get(name);
        Self::at(root, listed.unwrap_or(&whole["additionalProperties"]))
    }

    /// One with this schema, which stands somewhere in `root`.
    pub(in crate::text) fn at(root: &'t Value, schema: &'t Value) -> Self {
        let mut types = Types::default();
        collect(root, schema, &mut types, DEEPEST);
        Self { root, schema, types }
    }

    /// Whether the text is a string whatever it is, so that it can be passed on as it comes.
    pub(in crate::text) fn is_text(&self) -> bool {
        self.types == Types::default() || self.types == Types { string: true, ..Types::default() }
    }

    /// Whether any text is a value.
    pub(in crate::text) fn allows_text(&self) -> bool {
        self.is_text() || self.types.string
    }

    /// The value that a text means. Types are tried from the narrowest to the widest; what fits
    /// none of them is JSON if it can be, and else a string.
    pub(in crate::text) fn value(&self, text: &str) -> Value {
        if self.is_text() {
            return text.into();
        }
        let trimmed = text.trim();
        let types = self.types;
        let scalar = (types.null && trimmed.eq_ignore_ascii_case("null"))
            .then_some(Value::Null)
            .or_else(|| integer(trimmed).filter(|_| types.integer || types.number))
            .or_else(|| number(trimmed).filter(|_| types.number))
            .or_else(|| whole(trimmed).filter(|_| types.integer))
            .or_else(|| boolean(trimmed).filter(|_| types.boolean));
        let nested = || {
            let value: Value = serde_json::from_str(trimmed).ok()?;
            let fits = (value.is_object() && types.object) || (value.is_array() && types.array);
            fits.then(|| self.nested(value))
        };
        if let Some(value) = scalar.or_else(nested) {
            return value;
        }
        let other = || serde_json::from_str(trimmed).ok().filter(|_| !types.string);
        other().unwrap_or_else(|| text.into())
    }

    /// A value of JSON, with strings inside it in the types that their schemas give them.
    fn nested(&self, value: Value) -> Value {
        match value {
            Value::String(text) if !self.types.string => self.value(&text),
            Value::Array(list) => {
                let items = Self::at(self.root, &resolve(self.root, self.schema)["items"]);
                list.into_iter().map(|value| items.nested(value)).collect()
            }
            Value::Object(map) => {
                let properties = &resolve(self.root, self.schema)["properties"];
                let entries = map.into_iter().map(|(name, value)| {
                    let value = Self::at(self.root, &properties[&name]).nested(value);
                    (name, value)
                });
                Value::Object(entries.collect::<Map<_, _>>())
            }
            other => other,
        }
    }
}

/// A schema behind its reference, if it is a reference within the whole schema.
pub(in crate::text) fn resolve<'t>(root: &'t Value, schema: &'t Value) -> &'t Value {
    let mut at = schema;
    for _ in 0..DEEPEST {
        let target = at["$ref"].as_str().and_then(|name| root.pointer(name.strip_prefix('#')?));
        match target {
            Some(target) => at = target,
            None => break,
        }
    }
    at
}

fn collect(root: &Value, schema: &Value, types: &mut Types, depth: usize) {
    if depth == 0 {
        return;
    }
    let schema = resolve(root, schema);
    let named = match &schema["type"] {
        Value::Array(names) => names.iter().filter_map(Value::as_str).collect(),
        one => one.as_str().map_or_else(Vec::new, |name| vec![name]),
    };
    let has = |key: &str| schema.get(key).is_some();
    types.object |= named.contains(&"object") || has("properties");
    types.array |= named.contains(&"array") || has("items");
    types.string |= named.contains(&"string");
    types.null |= named.contains(&"null");
    types.integer |= named.contains(&"integer");
    types.number |= named.contains(&"number");
    types.boolean |= named.contains(&"boolean");
    let listed = schema["enum"].as_array().map_or(&[][..], Vec::as_slice);
    for value in listed.iter().chain(schema.get("const")).filter(|_| named.is_empty()) {
        match value {
            Value::Null => types.null = true,
            Value::Bool(_) => types.boolean = true,
            Value::Number(number) if number.is_f64() => types.number = true,
            Value::Number(_) => types.integer = true,
            Value::String(_) => types.string = true,
            Value::Array(_) => types.array = true,
            Value::Object(_) => types.object = true,
        }
    }
    for key in ["anyOf", "oneOf", "allOf"] {
        for inner in schema[key].as_array().map_or(&[][..], Vec::as_slice) {
            collect(root, inner, types, depth - 1);
        }
    }
}

fn integer(text: &str) -> Option<Value> {
    text.parse::<i64>().map(Value::from).or_else(|_| text.parse::<u64>().map(Value::from)).ok()
}

/// A number that is finite; one without a fraction is an integer.
fn number(text: &str) -> Option<Value> {
    let number: f64 = text.parse().ok()?;
    whole(text).or_else(|| Number::from_f64(number).map(Value::Number))
}

/// A number without a fraction, however it is written.
fn whole(text: &str) -> Option<Value> {
    const EXACT: f64 = 9_007_199_254_740_992.0;
    let number: f64 = text.parse().ok()?;
    let exact = number.fract() == 0.0 && number.abs() <= EXACT;
    #[allow(clippy::cast_possible_truncation, reason = "a whole number below 2^53 is exact")]
    exact.then_some(Value::from(number as i64))
}

fn boolean(text: &str) -> Option<Value> {
    let is = |word: &str| text.eq_ignore_ascii_case(word);
    if is("true") || is("1") {
        return Some(true.into());
    }
    (is("false") || is("0")).then(|| false.into())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn value(schema: Value, text: &str) -> Value {
        let parameters = json!({ "properties": { "p": schema }, "$defs": {
            "count": { "type": "integer" }, "loop": { "$ref": "#/$defs/loop" },
            "tree": { "type": "object", "properties": {
                "left": { "$ref": "#/$defs/tree" }, "n": { "type": "number" } } },
        } });
        let tool = Tool { name: "t".into(), description: None, parameters, strict: false };
        Parameter::of(Some(&tool), "p").value(text)
    }

    #[test]
    fn texts_get_the_types_of_their_schemas() {
        let cases = [
            (json!({ "type": "string" }), "5", json!("5")),
            (json!({ "type": "string" }), "null", json!("null")),
            (json!({}), "5", json!("5")),
            (json!({ "type": "integer" }), "5", json!(5)),
            (json!({ "type": "integer" }), " -5 ", json!(-5)),
            (json!({ "type": "integer" }), "18446744073709551615", json!(18446744073709551615u64)),
            (json!({ "type": "integer" }), "5.0", json!(5)),
            (json!({ "type": "integer" }), "5.5", json!(5.5)),
            (json!({ "type": "integer" }), "five", json!("five")),
            (json!({ "type": "integer" }), "", json!("")),
            (json!({ "type": "number" }), "5.0", json!(5)),
            (json!({ "type": "number" }), "5.25", json!(5.25)),
            (json!({ "type": "number" }), "1e-7", json!(1e-7)),
            (json!({ "type": "number" }), "nan", json!("nan")),
            (json!({ "type": "number" }), "inf", json!("inf")),
            (json!({ "type": "boolean" }), "True", json!(true)),
            (json!({ "type": "boolean" }), "0", json!(false)),
            (json!({ "type": "boolean" }), "yes", json!("yes")),
            (json!({ "type": "null" }), "NULL", json!(null)),
            (json!({ "type": "object" }), "{\"a\": [1, true]}", json!({ "a": [1, true] })),
            (json!({ "type": "object" }), "[1]", json!([1])),
            (json!({ "type": "array" }), "[1, \"é\"]", json!([1, "é"])),
            (json!({ "type": "array" }), "[1, ", json!("[1, ")),
            (json!({ "type": ["string", "null"] }), "null", json!(null)),
            (json!({ "type": ["string", "null"] }), "5", json!("5")),
            (json!({ "type": ["integer", "string"] }), "5", json!(5)),
            (json!({ "type": ["integer", "string"] }), " x", json!(" x")),
            (json!({ "anyOf": [{ "type": "integer" }, { "type": "null" }] }), "7", json!(7)),
            (
                json!({ "oneOf": [{ "type": "boolean" }, { "type": "string" }] }),
                "TRUE",
                json!(true),
            ),
            (json!({ "allOf": [{ "type": "integer" }] }), "7", json!(7)),
            (json!({ "enum": [1, 2, "three"] }), "2", json!(2)),
            (json!({ "enum": [1, 2, "three"] }), "three", json!("three")),
            (json!({ "const": true }), "true", json!(true)),
            (json!({ "$ref": "#/$defs/count" }), "7", json!(7)),
            (json!({ "$ref": "#/$defs/loop" }), "7", json!("7")),
            (json!({ "$ref": "#/$defs/none" }), "7", json!("7")),
            (
                json!({ "$ref": "#/$defs/tree" }),
                "{\"left\": {\"n\": \"2.5\", \"m\": \"1\"}}",
                json!({ "left": { "n": 2.5, "m": "1" } }),
            ),
            (
                json!({ "type": "array", "items": { "type": "integer" } }),
                "[\"1\", 2]",
                json!([1, 2]),
            ),
        ];
        for (schema, text, expect) in cases {
            assert_eq!(value(schema.clone(), text), expect, "{schema} {text:?}");
        }
    }

    #[test]
    fn parameters_that_are_not_listed_have_the_type_that_the_others_have() {
        let tool = |parameters: Value| Tool {
            name: "t".into(),
            description: None,
            parameters,
            strict: false,
        };
        let map = tool(json!({ "$ref": "#/$defs/all", "$defs": { "all": {
            "properties": { "p": { "type": "string" } },
            "additionalProperties": { "type": "integer" } } } }));
        let value = |tool: &Tool, name: &str| Parameter::of(Some(tool), name).value("5");
        assert_eq!([value(&map, "p"), value(&map, "q")], [json!("5"), json!(5)]);
        for others in [json!(true), json!(false), json!(null)] {
            assert_eq!(value(&tool(json!({ "additionalProperties": others })), "q"), json!("5"));
        }
    }

    #[test]
    fn only_strings_pass_as_they_come() {
        let text = |schema: Value| Parameter::at(&Value::Null, &schema).is_text();
        assert!(text(json!({ "type": "string" })) && text(json!({})) && text(json!(null)));
        assert!(text(json!({ "enum": ["a", "b"] })));
        assert!(!text(json!({ "type": ["string", "null"] })) && !text(json!({ "type": "object" })));
    }
}
