//! The server as a process: started, spoken to over real sockets, stopped.
#![cfg(unix)]
#![allow(clippy::unwrap_used)]

mod lifecycle;
mod robustness;
mod server;
mod watching;
