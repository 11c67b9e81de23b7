//! What can go wrong with code objects and the programs that make them.

use thiserror::Error;

/// A failure to link, read or disassemble a code object.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ObjectError {
    /// A program of LLVM is not installed.
    #[error(
        "`{program}` was not found ({looked}); install {package}, or set {variable} to its path"
    )]
    MissingTool {
        /// The program.
        program: &'static str,
        /// The Debian package that has it.
        package: &'static str,
        /// The environment variable that names it.
        variable: &'static str,
        /// Where it was looked for.
        looked: String,
    },
    /// A program of LLVM failed.
    #[error("`{program}` failed: {message}")]
    Tool {
        /// The program.
        program: String,
        /// What it or the system said.
        message: String,
    },
    /// A file is not what it should be.
    #[error("malformed code object: {0}")]
    Malformed(String),
    /// A file lacks a symbol.
    #[error("the code object has no function `{0}`")]
    NoSymbol(String),
}

impl ObjectError {
    /// A malformed file, and why.
    pub(crate) fn malformed(why: impl ToString) -> ObjectError {
        ObjectError::Malformed(why.to_string())
    }
}
