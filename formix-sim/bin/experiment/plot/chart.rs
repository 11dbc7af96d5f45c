//! From lines to an SVG.

use std::io;

use plotters::coord::Shift;
use plotters::coord::combinators::BindKeyPoints;
use plotters::coord::ranged1d::{AsRangedCoord, Ranged, ValueFormatter};
use plotters::prelude::*;

use super::line::Line;

/// A plot could not be drawn.
pub(crate) type DrawError = DrawingAreaErrorKind<io::Error>;

/// What is around the lines.
pub(super) struct Frame {
    pub(super) title: &'static str,
    pub(super) subtitle: String,
    pub(super) x: &'static str,
    pub(super) y: &'static str,
    /// Which axes are logarithmic: x, y.
    pub(super) log: (bool, bool),
}

const SIZE: (u32, u32) = (860, 520);
const FONT: &str = "sans-serif";
const GRAY: RGBColor = RGBColor(90, 90, 90);
/// Those of Okabe and Ito (2008), which people who see colours differently can tell apart.
const COLOURS: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(0, 0, 0),
];

/// How wide the space for the names of the lines is.
const KEY: u32 = 210;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

/// Draws the lines.
pub(super) fn draw(frame: &Frame, lines: &[Line]) -> Result<String, DrawError> {
    let mut svg = String::new();
    {
        let root = SVGBackend::with_string(&mut svg, SIZE).into_drawing_area();
        root.fill(&WHITE)?;
        let area = root.margin(12, 0, 0, 0).titled(frame.title, (FONT, 20))?;
        let subtitle = (FONT, 13).into_font().color(&GRAY);
        let mut area = area.titled(&frame.subtitle, subtitle)?;
        if lines.len() > 1 {
            let (left, right) = area.split_horizontally(SIZE.0 - KEY);
            key(&right, lines)?;
            area = left;
        }
        let (x, y) = bounds(frame, lines);
        let ticks = || places(lines);
        match frame.log {
            (true, true) => {
                fill(&area, frame, lines, x.log_scale().with_key_points(ticks()), y.log_scale())?;
            }
            (true, false) => fill(&area, frame, lines, x.log_scale().with_key_points(ticks()), y)?,
            (false, _) => fill(&area, frame, lines, x, y)?,
        }
        root.present()?;
    }
    Ok(svg)
}

/// Names the lines, beside them.
fn key(area: &Area<'_>, lines: &[Line]) -> Result<(), DrawError> {
    let style = (FONT, 13).into_font();
    for (line, (colour, y)) in lines.iter().zip(COLOURS.iter().cycle().zip((24..).step_by(22))) {
        area.draw(&PathElement::new([(4, y), (26, y)], colour.stroke_width(2)))?;
        area.draw(&Circle::new((15, y), 3, colour.filled()))?;
        area.draw(&Text::new(line.name.clone(), (34, y - 6), style.clone()))?;
    }
    Ok(())
}

/// Where the points are, each once.
fn places(lines: &[Line]) -> Vec<f64> {
    let mut places: Vec<_> =
        lines.iter().flat_map(|line| &line.points).map(|point| point.at).collect();
    places.sort_by(f64::total_cmp);
    places.dedup();
    places
}

/// From where to where the axes go: to zero, or around what there is if they cannot.
fn bounds(frame: &Frame, lines: &[Line]) -> (core::ops::Range<f64>, core::ops::Range<f64>) {
    let points = || lines.iter().flat_map(|line| &line.points);
    let (left, right) = ends(points().map(|point| point.at));
    let (least, _) = ends(points().map(|point| point.min));
    let (_, most) = ends(points().map(|point| point.max));
    let x = if frame.log.0 { left * 0.8..right * 1.25 } else { 0.0..right * 1.05 };
    let y = if frame.log.1 { least * 0.7..most * 1.5 } else { 0.0..most.max(1.0) * 1.1 };
    (x, y)
}

fn ends(values: impl Iterator<Item = f64>) -> (f64, f64) {
    values.fold((f64::INFINITY, f64::NEG_INFINITY), |(least, most), value| {
        (least.min(value), most.max(value))
    })
}

fn fill<X, Y>(
    area: &Area<'_>,
    frame: &Frame,
    lines: &[Line],
    x: impl AsRangedCoord<CoordDescType = X, Value = f64>,
    y: impl AsRangedCoord<CoordDescType = Y, Value = f64>,
) -> Result<(), DrawError>
where
    X: Ranged<ValueType = f64> + ValueFormatter<f64>,
    Y: Ranged<ValueType = f64> + ValueFormatter<f64>,
{
    let mut builder = ChartBuilder::on(area);
    let builder = builder.margin(14).margin_right(24).x_label_area_size(48).y_label_area_size(76);
    let mut chart = builder.build_cartesian_2d(x, y)?;
    chart
        .configure_mesh()
        .x_desc(frame.x)
        .y_desc(frame.y)
        .axis_desc_style((FONT, 15))
        .label_style((FONT, 13))
        .light_line_style(TRANSPARENT)
        .bold_line_style(BLACK.mix(0.12))
        .x_labels(8)
        .y_labels(8)
        .x_label_formatter(&|value| number(*value))
        .y_label_formatter(&|value| number(*value))
        .draw()?;
    for (line, colour) in lines.iter().zip(COLOURS.iter().cycle()) {
        let up = line.points.iter().map(|point| (point.at, point.min));
        let down = line.points.iter().rev().map(|point| (point.at, point.max));
        let band = Polygon::new(up.chain(down).collect::<Vec<_>>(), colour.mix(0.16));
        chart.draw_series([band])?;
        let middle = || line.points.iter().map(|point| (point.at, point.median));
        chart.draw_series(LineSeries::new(middle(), colour.stroke_width(2)))?;
        chart.draw_series(middle().map(|at| Circle::new(at, 3, colour.filled())))?;
    }
    Ok(())
}

/// 0.25, 12, 2.5k, 10k, 1M.
fn number(value: f64) -> String {
    let (scaled, unit) = match value.abs() {
        size if size >= 1e9 => (value / 1e9, "G"),
        size if size >= 1e6 => (value / 1e6, "M"),
        size if size >= 1e3 => (value / 1e3, "k"),
        _ => (value, ""),
    };
    // At most three digits after the point, none of them a last zero.
    format!("{}{unit}", (scaled * 1_000.0).round() / 1_000.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let values = [0.0, 0.25, 12.0, 999.0, 2_500.0, 10_000.0, 1e6, 1.25e9];
        let texts = ["0", "0.25", "12", "999", "2.5k", "10k", "1M", "1.25G"];
        assert_eq!(values.map(number), texts);
    }
}
