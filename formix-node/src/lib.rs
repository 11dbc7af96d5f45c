//! formix-node
