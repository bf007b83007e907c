//! The server as a process: started, spoken to over real sockets, stopped.

mod lifecycle;
mod robustness;
pub mod server;
mod watching;
