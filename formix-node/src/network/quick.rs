//! One call each, for trying things out.

use formix_proto::id::ComputationId;

use super::{FormixNetwork, NetworkError};
use crate::report::Report;

/// A network with so many nodes, whose light nodes answer at random.
pub async fn quick_network(heavy: usize, light: usize) -> Result<FormixNetwork, NetworkError> {
    FormixNetwork::builder().heavy(heavy).light(light).start().await
}

/// Asks a question with every default, and waits for its end.
pub async fn quick_computation(
    network: &FormixNetwork,
    prompt: &str,
) -> Result<(ComputationId, Report), NetworkError> {
    let id = network.propose(prompt).send().await?;
    Ok((id, network.wait(id).await?))
}
