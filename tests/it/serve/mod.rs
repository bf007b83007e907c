//! The server as a process: started, called over real sockets, stopped.

mod lifecycle;
mod robustness;
pub mod server;
mod watching;
