//! formix-sim
