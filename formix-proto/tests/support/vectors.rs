//! The seats of a committee of three, and vectors with chosen elements.

use formix_proto::seat::Seat;
pub(crate) use formix_testkit::vectors::{counts, partial as sums, share, totals};

/// The seats of a committee of three.
pub(crate) fn seats() -> [Seat; 3] {
    let mut seats = Seat::all(3);
    std::array::from_fn(|_| seats.next().expect("three seats"))
}

/// One value for each seat of a committee of three.
pub(crate) fn per_seat<T>(values: [T; 3]) -> formix_proto::seat::PerSeat<T> {
    values.into()
}
