//! Linear equations in rational numbers: no rounding, so no care about how it adds up.

use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;

/// Solves `matrix * solution = right` exactly, by Gauss and Jordan; the inverse comes with it. `None` if
/// the matrix is singular.
pub(super) fn solve(
    matrix: &[Vec<BigRational>],
    right: &[BigRational],
) -> Option<(Vec<BigRational>, Vec<Vec<BigRational>>)> {
    let size = matrix.len();
    let unit = |row: usize| {
        (0..size).map(move |column| if row == column { One::one() } else { Zero::zero() })
    };
    let mut rows: Vec<Vec<BigRational>> = matrix
        .iter()
        .zip(right)
        .enumerate()
        .map(|(place, (row, right))| {
            row.iter().cloned().chain(unit(place)).chain([right.clone()]).collect()
        })
        .collect();
    for column in 0..size {
        let pivot = (column..size).find(|row| !rows[*row][column].is_zero())?;
        rows.swap(column, pivot);
        let scale = rows[column][column].clone();
        rows[column].iter_mut().for_each(|entry| *entry /= &scale);
        let leading = rows[column].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != column) {
            let factor = row[column].clone();
            if !factor.is_zero() {
                row.iter_mut().zip(&leading).for_each(|(entry, by)| *entry -= &factor * by);
            }
        }
    }
    let solution = rows.iter().map(|row| row[2 * size].clone()).collect();
    let inverse = rows.into_iter().map(|row| row[size..2 * size].to_vec()).collect();
    Some((solution, inverse))
}

/// The square root of what is not negative.
pub(super) fn root(square: &BigRational) -> Option<f64> {
    if square.is_negative() { None } else { square.to_f64().map(libm::sqrt) }
}

/// A decimal number as a fraction.
pub(super) fn exact(number: Decimal) -> BigRational {
    BigRational::new(number.mantissa().into(), BigInt::from(10).pow(number.scale()))
}
