//! The server as a process: started, called over real sockets, stopped.

mod addresses;
mod lifecycle;
mod protocol;
mod robustness;
pub mod server;
mod smuggling;
mod stopping;
mod streams;
mod watching;
