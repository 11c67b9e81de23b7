//! Measured kernels as a table of comma-separated values.

use std::collections::BTreeMap;

use crate::{Error, Result};

/// One measured kernel.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Row {
    /// Name of the kernel.
    pub id: String,
    /// File with its code, without folders and extension.
    pub file: String,
    /// Rows, columns and depth of the product.
    pub shape: [u64; 3],
    /// Rows or depth of each group; empty for a single product.
    pub groups: Vec<u64>,
    /// Measured time in milliseconds, where the table has one.
    pub runtime_ms: Option<f64>,
    /// Rows and columns of a tile.
    pub tile: [u64; 2],
    /// Workgroups along the depth.
    pub split_k: u64,
    /// Bits of an operand.
    pub bits: u64,
    /// Columns that share a scale; none where a channel does.
    pub scale: Option<u64>,
    /// Whether the product has a gate beside it, and so twice the columns.
    pub gated: bool,
    /// What is left out together when the fit is judged.
    pub family: String,
    /// Kernels for the same work, of which one would be chosen.
    pub sweep: String,
}

/// Reads a table. Columns are found by name; the order does not matter, and columns that are not
/// needed are passed over.
///
/// # Errors
/// If a column is missing or a value cannot be read; the message names the line.
pub fn read(text: &str) -> Result<Vec<Row>> {
    let mut lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
    let (_, head) = lines.next().ok_or_else(|| invalid(1, "the table is empty"))?;
    let columns: BTreeMap<String, usize> =
        fields(head).into_iter().enumerate().map(|(at, name)| (name, at)).collect();
    let rows = lines.map(|(at, line)| Line { columns: &columns, cells: fields(line), at: at + 1 });
    rows.map(|line| line.row()).collect()
}

struct Line<'a> {
    columns: &'a BTreeMap<String, usize>,
    cells: Vec<String>,
    at: usize,
}

impl Line<'_> {
    fn row(&self) -> Result<Row> {
        let asm = self.text("asm")?;
        let file = asm.rsplit('/').next().unwrap_or(asm);
        let file = file.strip_suffix(".s").or(file.strip_suffix(".hsaco")).unwrap_or(file);
        let id = self.text("kernel_id")?;
        Ok(Row {
            id: id.to_owned(),
            file: file.to_owned(),
            shape: [self.number("m")?, self.number("n")?, self.number("k")?],
            groups: self.groups()?,
            runtime_ms: self.runtime()?,
            tile: [self.positive("bm")?, self.positive("bn")?],
            split_k: self.positive("split_k")?,
            bits: match self.text("dtype")? {
                "int4" => 4,
                "int8" => 8,
                other => return Err(self.bad("dtype", other)),
            },
            scale: match self.text("scale")? {
                "pc" => None,
                text => {
                    let size = text.strip_prefix("sc").and_then(|size| size.parse().ok());
                    Some(size.filter(|size| *size > 0).ok_or_else(|| self.bad("scale", text))?)
                }
            },
            gated: self.optional("epilogue") == Some("swiglu"),
            family: self.optional("split_family").unwrap_or(id).to_owned(),
            sweep: self.optional("sweep").unwrap_or(id).to_owned(),
        })
    }

    fn runtime(&self) -> Result<Option<f64>> {
        let Some(text) = self.optional("runtime_ms") else { return Ok(None) };
        let time = text.parse::<f64>().ok().filter(|time| time.is_finite() && *time > 0.0);
        time.map(Some).ok_or_else(|| self.bad("runtime_ms", text))
    }

    fn groups(&self) -> Result<Vec<u64>> {
        let text = self.optional("group_sizes").unwrap_or("");
        let sizes = text.split([' ', ';', '[', ']']).filter(|size| !size.is_empty());
        sizes.map(|size| size.trim().parse().map_err(|_| self.bad("group_sizes", text))).collect()
    }

    fn optional(&self, column: &str) -> Option<&str> {
        let cell = self.cells.get(*self.columns.get(column)?)?;
        (!cell.is_empty()).then_some(cell.as_str())
    }

    fn text(&self, column: &str) -> Result<&str> {
        self.optional(column)
            .ok_or_else(|| invalid(self.at, &format!("there is nothing in column `{column}`")))
    }

    fn number(&self, column: &str) -> Result<u64> {
        let text = self.text(column)?;
        text.parse().map_err(|_| self.bad(column, text))
    }

    fn positive(&self, column: &str) -> Result<u64> {
        match self.number(column)? {
            0 => Err(self.bad(column, "0")),
            number => Ok(number),
        }
    }

    fn bad(&self, column: &str, text: &str) -> Error {
        invalid(self.at, &format!("`{text}` cannot be a value of column `{column}`"))
    }
}

fn invalid(line: usize, why: &str) -> Error {
    Error::invalid("--data", format!("line {line}: {why}"))
}

/// The cells of a line; a cell in double quotes may hold commas.
fn fields(line: &str) -> Vec<String> {
    let (mut cells, mut cell, mut quoted) = (Vec::new(), String::new(), false);
    for character in line.trim_end_matches('\r').chars() {
        match character {
            '"' => quoted = !quoted,
            ',' if !quoted => cells.push(std::mem::take(&mut cell)),
            other => cell.push(other),
        }
    }
    cells.push(cell);
    cells.into_iter().map(|cell| cell.trim().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEAD: &str = "kernel_id,asm,m,n,k,group_sizes,runtime_ms,bm,bn,split_k,dtype,scale";

    #[test]
    fn rows_are_read_by_the_names_of_columns() {
        let text = format!("{HEAD}\na,x/y/a.s,64,128,256,\"9 1\",1.5,16,32,2,int4,sc256\n");
        let rows = read(&text).unwrap();
        assert_eq!(rows.len(), 1);
        let row = &rows[0];
        assert_eq!((row.file.as_str(), row.shape), ("a", [64, 128, 256]));
        assert_eq!((row.groups.as_slice(), row.runtime_ms), (&[9, 1][..], Some(1.5)));
        assert_eq!((row.bits, row.scale, row.split_k), (4, Some(256), 2));
        assert_eq!((row.family.as_str(), row.sweep.as_str()), ("a", "a"));
    }

    #[test]
    fn a_time_may_be_missing_but_not_be_nonsense() {
        let row = |time: &str| read(&format!("{HEAD}\na,a.s,64,128,256,,{time},16,32,1,int8,pc\n"));
        assert_eq!(row("").unwrap()[0].runtime_ms, None);
        for time in ["fast", "-1", "nan", "0"] {
            let error = row(time).unwrap_err().to_string();
            assert!(error.contains("line 2") && error.contains("runtime_ms"), "{error}");
        }
    }

    #[test]
    fn a_missing_column_is_named() {
        let error = read("kernel_id,asm\na,a.s\n").unwrap_err().to_string();
        assert!(error.contains("`m`"), "{error}");
        assert!(read("").is_err());
    }
}
