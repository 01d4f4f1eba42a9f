//! The walk over the schema: a type asks a [`Table`] for its keys and goes on after mistakes.

mod field;
mod list;
mod names;
mod scalar;
mod suggest;
mod table;
mod value;

pub use field::Field;
pub use list::List;
pub use scalar::Scalar;
pub use table::{FromConfig, Table};
pub use value::{Mistake, Value};
