//! Arguments of `perfkit serve`.

use std::net::IpAddr;

use clap::Args;

/// Arguments of `perfkit serve`.
#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Address to listen on
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDRESS")]
    pub host: IpAddr,
    /// Port to listen on; 0 takes any free one
    #[arg(long, default_value_t = 5000, value_name = "PORT")]
    pub port: u16,
}
