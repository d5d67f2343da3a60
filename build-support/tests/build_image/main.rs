//! Images of small libraries: what is packed is what the C says, on every machine that a linker here
//! knows, and what cannot be packed is refused with its reason.

mod machines;
mod refusal;
mod scene;
mod sites;
