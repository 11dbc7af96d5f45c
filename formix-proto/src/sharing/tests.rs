use alloc::format;
use alloc::vec::Vec;

use rand_chacha::ChaCha20Rng;
use rand_core::SeedableRng;

use super::*;
use crate::seat::{MAX_SEATS, MIN_SEATS};

fn bytes(values: &[u32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

fn share(values: &[u32]) -> Share {
    Share::parse(Ring::Z32, &bytes(values)).unwrap()
}

fn partial(values: &[u32]) -> Partial {
    Partial::parse(Ring::Z32, &bytes(values)).unwrap()
}

fn coins() -> ChaCha20Rng {
    ChaCha20Rng::from_seed([7; 32])
}

#[test]
fn addition_wraps_element_by_element() {
    let sum = Partial::sum([&share(&[1, u32::MAX, 0]), &share(&[2, 1, u32::MAX])]).unwrap();
    assert_eq!(sum, partial(&[3, 0, u32::MAX]));
}

#[test]
fn the_shares_of_any_committee_add_up_to_the_answer() {
    for ring in Ring::ALL {
        let mut answer = Encoded::zero(Shape { ring, dimension: 5 });
        answer.set(1, 7).unwrap();
        answer.set(4, u32::MAX.into()).unwrap();
        for seats in MIN_SEATS..=MAX_SEATS {
            let shares = Scheme::Additive.split(&answer, seats, &mut coins()).unwrap();
            assert_eq!(shares.seats(), seats);
            let partials = shares.map(|share| Partial::sum([&share]).unwrap());
            let totals = Scheme::Additive.reconstruct(&partials).unwrap();
            assert!(totals.values().eq(answer.values()), "{ring:?} {seats}");
        }
        for seats in [0, MIN_SEATS - 1, MAX_SEATS + 1] {
            let refused = Scheme::Additive.split(&answer, seats, &mut coins()).map(|_| ());
            assert_eq!(refused, Err(SharingError::Seats(seats)));
        }
    }
}

/// All shares but the last are the coins themselves, whatever the answer.
#[test]
fn without_the_last_share_the_others_do_not_depend_on_the_answer() {
    let shape = Shape { ring: Ring::Z64, dimension: 3 };
    let mut answer = Encoded::zero(shape);
    answer.set(2, 1 << 40).unwrap();
    let split = |answer| Scheme::Additive.split(answer, 4, &mut coins()).unwrap();
    let (one, other) = (split(&answer), split(&Encoded::zero(shape)));
    let same: Vec<_> = one.values().zip(other.values()).map(|(a, b)| a == b).collect();
    assert_eq!(same, [true, true, true, false]);
}

#[test]
fn an_additive_total_needs_every_seat() {
    for seats in MIN_SEATS..=MAX_SEATS {
        assert_eq!(Scheme::Additive.needed(seats), seats);
    }
}

#[test]
fn vectors_of_different_shapes_are_not_combined() {
    let wide = Share::parse(Ring::Z64, &[0; 8]).unwrap();
    for other in [share(&[1]), share(&[1, 2, 3]), wide] {
        assert_eq!(Partial::sum([&share(&[1, 2]), &other]), Err(SharingError::Shape));
    }
    assert_eq!(Partial::sum([]), Err(SharingError::Empty));
}

#[test]
fn an_element_is_set_and_no_other() {
    for ring in Ring::ALL {
        let mut answer = Encoded::zero(Shape { ring, dimension: 3 });
        answer.set(1, 7).unwrap();
        assert_eq!(answer.set(3, 9), Err(SharingError::Element));
        if ring != Ring::Z128 {
            assert_eq!(answer.set(0, 1 << (8 * ring.width())), Err(SharingError::Element));
        }
        assert_eq!(answer.values().collect::<Vec<_>>(), [0, 7, 0], "{ring:?}");
    }
}

#[test]
fn vectors_are_equal_only_in_value_and_shape() {
    assert_ne!(share(&[0]), share(&[0, 0]));
    assert_ne!(share(&[0, 1]), share(&[1, 0]));
    assert_ne!(share(&[0, 0]), Share::parse(Ring::Z64, &[0; 8]).unwrap());
    assert_eq!(share(&[5, 6]), share(&[5, 6]));
}

#[test]
fn the_first_elements_of_a_partial_are_its_counts() {
    let counts = partial(&[8, 9, 10]).counts(2).unwrap();
    assert_eq!(counts.expose(), bytes(&[8, 9]));
    assert_eq!(partial(&[8]).counts(2), Err(SharingError::Shape));
    assert_eq!(partial(&[8]).counts(0), Err(SharingError::Shape));
}

#[test]
fn suppressed_elements_are_zero_and_the_others_as_they_were() {
    let mut some = partial(&[8, 9, 10]);
    some.suppress([0, 2]).unwrap();
    assert_eq!(some, partial(&[0, 9, 0]));
    assert_eq!(some.suppress([3]), Err(SharingError::Element));
}

#[test]
fn printing_shows_the_length_and_no_value() {
    assert_eq!(format!("{:?}", share(&[72, 73])), "Share(<8 bytes redacted>)");
    let answer = Encoded::zero(Shape { ring: Ring::Z32, dimension: 1 });
    assert_eq!(format!("{answer:?}"), "Encoded(<4 bytes redacted>)");
}

#[test]
fn what_is_not_whole_elements_is_no_vector() {
    for ring in Ring::ALL {
        for length in [0, 1, ring.width() - 1, ring.width() + 1] {
            assert_eq!(Share::parse(ring, &[0; 17][..length]), Err(SharingError::Shape));
            let encoded = postcard::to_allocvec(&(ring, &[0_u8; 17][..length])).unwrap();
            assert!(postcard::from_bytes::<Share>(&encoded).is_err(), "{ring:?} {length}");
        }
        let encoded = postcard::to_allocvec(&share(&[1, 2])).unwrap();
        assert_eq!(postcard::from_bytes::<Share>(&encoded), Ok(share(&[1, 2])));
    }
}
