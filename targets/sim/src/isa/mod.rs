//! gfx11 machine code: encoding tables, decoded instructions, and their text in LLVM's syntax.
