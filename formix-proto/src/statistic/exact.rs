//! Linear equations in rational numbers: no rounding, so no care about how it adds up.

use alloc::vec::Vec;

use num_bigint::BigInt;
use num_rational::BigRational;
use num_traits::{One, Signed, ToPrimitive, Zero};
use rust_decimal::Decimal;

/// Solves `matrix * solution = right` exactly; the inverse comes with it. `None` if the matrix is singular.
///
/// Fraction-free elimination (Bareiss 1968, after Jordan): every entry stays a minor of the matrix, so it
/// grows with its size and not twice as long in each step, and there is no common factor to look for.
pub(super) fn solve(
    matrix: &[Vec<BigInt>],
    right: &[BigInt],
) -> Option<(Vec<BigRational>, Vec<Vec<BigRational>>)> {
    let size = matrix.len();
    let unit = |row: usize| (0..size).map(move |column| BigInt::from(u8::from(row == column)));
    let mut rows: Vec<Vec<BigInt>> = matrix
        .iter()
        .zip(right)
        .enumerate()
        .map(|(place, (row, right))| {
            row.iter().cloned().chain(unit(place)).chain([right.clone()]).collect()
        })
        .collect();
    let mut divisor = BigInt::one();
    for column in 0..size {
        let pivot = (column..size).find(|row| !rows[*row][column].is_zero())?;
        rows.swap(column, pivot);
        let leading = rows[column].clone();
        for (_, row) in rows.iter_mut().enumerate().filter(|(place, _)| *place != column) {
            let factor = row[column].clone();
            for (entry, by) in row.iter_mut().zip(&leading) {
                // This division leaves no remainder.
                *entry = (&*entry * &leading[column] - &factor * by) / &divisor;
            }
        }
        divisor = leading[column].clone();
    }
    let fraction = |entry: &BigInt| BigRational::new(entry.clone(), divisor.clone());
    let solution = rows.iter().map(|row| fraction(&row[2 * size])).collect();
    let inverse = rows.iter().map(|row| row[size..2 * size].iter().map(fraction).collect());
    Some((solution, inverse.collect()))
}

/// The nearest double, if there is one.
pub(super) fn double(number: &BigRational) -> Option<f64> {
    number.to_f64().filter(|double| double.is_finite())
}

/// The square root of what is not negative.
pub(super) fn root(square: &BigRational) -> Option<f64> {
    if square.is_negative() { None } else { double(square).map(libm::sqrt) }
}

/// A decimal number as a fraction.
pub(super) fn exact(number: Decimal) -> BigRational {
    BigRational::new(number.mantissa().into(), BigInt::from(10).pow(number.scale()))
}
