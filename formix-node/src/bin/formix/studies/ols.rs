//! Ordinary least squares, computed openly: from all rows, by orthogonal columns.
//!
//! Checks the private result, so it shares no code with it.

/// Fits `response = b0 + b1 x1 + ...` by the modified Gram-Schmidt process (Björck 1967).
///
/// Each row is a response and its columns. Returns the intercept and the slopes.
pub(crate) fn fit(rows: &[Vec<f64>]) -> Vec<f64> {
    let response: Vec<f64> = rows.iter().map(|row| row[0]).collect();
    let width = rows.first().map_or(0, Vec::len);
    let column = |place: usize| -> Vec<f64> {
        rows.iter().map(|row| if place == 0 { 1.0 } else { row[place] }).collect()
    };
    let mut columns: Vec<Vec<f64>> = (0..width).map(column).collect();
    let mut rest = response;
    let mut upper = vec![vec![0.0; width]; width];
    let mut right = vec![0.0; width];
    for place in 0..width {
        let norm = dot(&columns[place], &columns[place]).sqrt();
        upper[place][place] = norm;
        columns[place].iter_mut().for_each(|entry| *entry /= norm);
        let unit = columns[place].clone();
        for other in place + 1..width {
            upper[place][other] = dot(&unit, &columns[other]);
            subtract(&mut columns[other], upper[place][other], &unit);
        }
        right[place] = dot(&unit, &rest);
        subtract(&mut rest, right[place], &unit);
    }
    for place in (0..width).rev() {
        let known: f64 = (place + 1..width).map(|other| upper[place][other] * right[other]).sum();
        right[place] = (right[place] - known) / upper[place][place];
    }
    right
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

fn subtract(from: &mut [f64], times: f64, other: &[f64]) {
    from.iter_mut().zip(other).for_each(|(entry, other)| *entry -= times * other);
}

#[cfg(test)]
mod tests {
    use super::fit;

    #[test]
    fn a_plane_is_found() {
        let rows: Vec<_> = [(1.0, 2.0), (3.0, -1.0), (0.5, 4.0), (-2.0, 1.0)]
            .iter()
            .map(|(x, y)| vec![7.0 - 2.0 * x + 0.5 * y, *x, *y])
            .collect();
        for (found, expected) in fit(&rows).iter().zip([7.0, -2.0, 0.5]) {
            assert!((found - expected).abs() < 1e-12, "{found}");
        }
    }
}
