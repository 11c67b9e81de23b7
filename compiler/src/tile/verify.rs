//! Checks every law of tile IR on a whole program, wherever it came from.
//!
//! * Names are unique, numbers refer to what exists, sizes are positive, waves powers of two.
//! * Every value is defined once, before use, in its own region or one around it, and has the type
//!   that its operands determine.
//! * A loop's parameters, starting values, next values and results agree in number and type.
//! * What is read is an input, what is written an output, and every output is written.

mod header;
mod operands;
#[cfg(test)]
mod tests;
pub(crate) mod typing;

use super::print::line;
use super::{Id, Op, Program, Region, Role, Type};
use crate::diagnose::{Diagnostic, Location};

/// Checks a program.
///
/// # Errors
/// Everything that is wrong with it, in program order.
pub fn verify(program: &Program) -> Result<(), Vec<Diagnostic>> {
    let mut mistakes = header::mistakes(program);
    if mistakes.is_empty() {
        let mut walk = Walk::new(program);
        walk.region(&program.body, &[]);
        walk.outputs();
        mistakes = walk.mistakes;
    }
    if mistakes.is_empty() { Ok(()) } else { Err(mistakes) }
}

/// Goes through the regions in program order.
struct Walk<'p> {
    program: &'p Program,
    /// Whether a value was ever defined.
    defined: Vec<bool>,
    /// Whether a value can be used here.
    visible: Vec<bool>,
    written: Vec<bool>,
    mistakes: Vec<Diagnostic>,
}

impl<'p> Walk<'p> {
    fn new(program: &'p Program) -> Walk<'p> {
        let none = vec![false; program.nodes.len()];
        let written = vec![false; program.parts.len()];
        Walk { program, defined: none.clone(), visible: none, written, mistakes: Vec::new() }
    }

    /// Checks a region that is entered with parameters of these types.
    fn region(&mut self, region: &Region, params: &[Type]) {
        if region.params.len() != params.len() {
            let (has, needs) = (region.params.len(), params.len());
            self.complain(None, format!("a region has {has} parameters and is given {needs}"));
            return;
        }
        for (id, ty) in region.params.iter().zip(params) {
            if self.define(*id) {
                let node = self.program.node(*id);
                if node.op != Op::Bound || node.ty != *ty {
                    self.complain(Some(*id), format!("a region's parameter should be {ty}"));
                }
                self.visible[id.0 as usize] = true;
            }
        }
        for id in &region.values {
            if self.define(*id) {
                self.value(*id);
                self.visible[id.0 as usize] = true;
            }
        }
    }

    /// Ends a region: its values are used no more.
    fn leave(&mut self, region: &Region) {
        for id in region.params.iter().chain(&region.values) {
            if let Some(visible) = self.visible.get_mut(id.0 as usize) {
                *visible = false;
            }
        }
    }

    fn define(&mut self, id: Id) -> bool {
        match self.defined.get_mut(id.0 as usize) {
            Some(defined) if !*defined => {
                *defined = true;
                true
            }
            Some(_) => {
                self.complain(Some(id), "the value is defined twice");
                false
            }
            None => {
                self.complain(None, format!("value {} does not exist", id.0));
                false
            }
        }
    }

    fn value(&mut self, id: Id) {
        let node = self.program.node(id);
        if !self.usable(id, &node.op.operands()) {
            return;
        }
        match typing::type_of(self.program, &node.op, node.ty) {
            _ if node.op == Op::Bound => {
                self.complain(Some(id), "only a loop's region has such parameters");
            }
            Err(mistake) => self.explain(id, mistake),
            Ok(ty) if ty != node.ty => {
                self.complain(Some(id), format!("the value is {ty}, and said to be {}", node.ty));
            }
            Ok(_) => self.act(id),
        }
    }

    /// Effects and regions of a well-typed value.
    fn act(&mut self, id: Id) {
        match &self.program.node(id).op {
            Op::Store { arg, .. } => self.written[*arg as usize] = true,
            Op::When { body, .. } => {
                self.region(body, &[]);
                if !body.yields.is_empty() {
                    self.complain(Some(id), "a condition's region yields nothing");
                }
                self.leave(body);
            }
            Op::Fold { init, body, .. } => {
                let carried: Vec<Type> = init.iter().map(|id| self.program.ty(*id)).collect();
                let params: Vec<Type> = [Type::Index].into_iter().chain(carried.clone()).collect();
                self.region(body, &params);
                self.yields(id, body, &carried);
                self.leave(body);
            }
            _ => {}
        }
    }

    fn yields(&mut self, fold: Id, body: &Region, carried: &[Type]) {
        let (has, needs) = (body.yields.len(), carried.len());
        if has != needs {
            let message = format!("the loop starts with {needs} values and continues with {has}");
            self.complain(Some(fold), message);
        } else if self.usable(fold, &body.yields) {
            for (number, (id, before)) in body.yields.iter().zip(carried).enumerate() {
                let after = self.program.ty(*id);
                if after != *before {
                    let change = format!("starts as {before} and becomes {after}");
                    self.complain(Some(fold), format!("carried value {number} {change}"));
                }
            }
        }
    }

    /// Whether all of `ids` can be used here; complains about `user` if not.
    fn usable(&mut self, user: Id, ids: &[Id]) -> bool {
        let visible = |id: &&Id| self.visible.get(id.0 as usize).copied().unwrap_or(false);
        if ids.iter().filter(visible).count() == ids.len() {
            return true;
        }
        self.complain(Some(user), "a value is used that is not defined here");
        false
    }

    fn outputs(&mut self) {
        for (part, written) in self.program.parts.iter().zip(self.written.clone()) {
            if part.role != Role::Input && !written {
                self.complain(None, format!("`{}` is never written", part.name));
            }
        }
    }

    fn complain(&mut self, id: Option<Id>, message: impl Into<String>) {
        let mistake = Diagnostic::new(Location::UNKNOWN, message);
        match id {
            Some(id) => self.explain(id, mistake),
            None => self.mistakes.push(mistake),
        }
    }

    /// Adds the value's line to a mistake.
    fn explain(&mut self, id: Id, mistake: Diagnostic) {
        let location = self.program.node(id).location;
        let mistake = Diagnostic { location, ..mistake };
        self.mistakes.push(mistake.note(format!("in `{}`", line(self.program, id))));
    }
}
