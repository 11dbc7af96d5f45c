//! One module a rule of the protocol. Every test fails when its rule is taken out of the code.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "helpers of tests may fail as tests do"
)]

#[path = "../support/mod.rs"]
mod support;

mod announcements;
mod clock;
mod committees;
mod early_close;
mod proposals;
mod r10_length;
mod r11_secrecy;
mod r12_bounds;
mod r12_floods;
mod r12_places;
mod r12_records;
mod r13_time;
mod r1_standing;
mod r2_content;
mod r3_contribution;
mod r4_parts;
mod r4_threshold;
mod r5_roster;
mod r6_partials;
mod r7_durable;
mod r8_ends;
mod r8_light;
mod r9_terminal;
mod recovery;
