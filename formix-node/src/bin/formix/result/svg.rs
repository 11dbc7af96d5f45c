//! Drawings as SVG.

use std::io;

use formix_proto::statistic::{Plot, Schema, Summary};
use plotters::coord::Shift;
use plotters::coord::types::RangedCoordf64;
use plotters::prelude::*;

use super::panel::{Mark, Panel, panels};
use super::sections;
use super::terminal::{beginning, cut};
use crate::text::printable;

/// A drawing that could not be made.
pub(crate) type DrawError = DrawingAreaErrorKind<io::Error>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;
type Builder<'a, 'b, 's> = ChartBuilder<'a, 'b, SVGBackend<'s>>;
type Chart<'a, 's> = ChartContext<'a, SVGBackend<'s>, Cartesian2d<RangedCoordf64, RangedCoordf64>>;

const WIDTH: u32 = 860;
/// No more characters fit above the drawings.
const MAX_TITLE: usize = 90;
/// The height of the title.
const HEAD: u32 = 50;
/// The height of a line's drawing.
const HEIGHT: u32 = 360;
/// The heights of a bar or point, and of what is around them.
const MARK: u32 = 22;
const AROUND: u32 = 110;
/// No drawing is higher.
const HIGHEST: u32 = 4000;
const NAMES: u32 = 210;
const FONT: &str = "sans-serif";
/// Of Okabe and Ito (2008): distinct for people with colour vision deficiency, too.
const COLOUR: RGBColor = RGBColor(0, 114, 178);

/// Draws a result, group below group; `None` if it is a single number.
pub(crate) fn svg(
    title: &str,
    schema: &Schema,
    summary: &Summary,
) -> Result<Option<String>, DrawError> {
    let panels = panels(&sections(schema, summary));
    if panels.is_empty() {
        return Ok(None);
    }
    let mut svg = String::new();
    {
        let size = (WIDTH, panels.iter().map(height).fold(HEAD, u32::saturating_add));
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let mut rest = root.titled(&beginning(&printable(title), MAX_TITLE), (FONT, 20))?;
        for panel in &panels {
            let (area, below) = rest.split_vertically(height(panel));
            draw(panel, &area)?;
            rest = below;
        }
        root.present()?;
    }
    Ok(Some(svg))
}

fn height(panel: &Panel) -> u32 {
    match panel.plot {
        Plot::Line => HEIGHT,
        Plot::Bars | Plot::Ranges | Plot::Points => {
            let marks = u32::try_from(panel.marks.len()).unwrap_or(u32::MAX);
            marks.saturating_mul(MARK).saturating_add(AROUND).min(HIGHEST)
        }
    }
}

fn draw(panel: &Panel, area: &Area<'_>) -> Result<(), DrawError> {
    let mut builder = ChartBuilder::on(area);
    builder.margin(14).margin_right(30).x_label_area_size(44);
    if let Some(group) = &panel.group {
        builder.caption(printable(&format!("group {group}")), (FONT, 15));
    }
    let (marks, axis) = (&panel.marks, printable(&panel.axis));
    match panel.plot {
        Plot::Line => along(&mut builder, marks, &axis),
        Plot::Bars | Plot::Ranges => {
            let bar = |(y, mark): (f64, &Mark)| {
                Rectangle::new([(0.0, y - 0.38), (mark.value.double(), y + 0.38)], COLOUR.filled())
            };
            across(&mut builder, marks, &axis)?.draw_series(numbered(marks).map(bar)).map(drop)
        }
        Plot::Points => {
            let point = |(y, mark): (f64, &Mark)| {
                let (x, error) = (mark.value.double(), mark.error.unwrap_or(0.0));
                ErrorBar::new_horizontal(y, x - error, x, x + error, COLOUR.filled(), 8)
            };
            across(&mut builder, marks, &axis)?.draw_series(numbered(marks).map(point)).map(drop)
        }
    }
}

fn numbered(marks: &[Mark]) -> impl Iterator<Item = (f64, &Mark)> {
    marks.iter().enumerate().map(|(place, mark)| (place as f64, mark))
}

/// A line from left to right, through a value for each position.
fn along(builder: &mut Builder<'_, '_, '_>, marks: &[Mark], axis: &str) -> Result<(), DrawError> {
    let (min, max) = bounds(marks);
    let last = marks.len().max(2) as f64;
    let mut chart = builder.y_label_area_size(80).build_cartesian_2d(1.0..last, min..max)?;
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT).bold_line_style(BLACK.mix(0.12)).label_style((FONT, 12));
    mesh.x_desc("position").y_desc(axis).draw()?;
    let line = (1..).zip(marks).map(|(place, mark)| (f64::from(place), mark.value.double()));
    chart.draw_series([PathElement::new(line.collect::<Vec<_>>(), COLOUR)])?;
    Ok(())
}

/// Room for a bar or a point for each mark, one below the other, beside its name.
fn across<'a, 's>(
    builder: &mut Builder<'a, '_, 's>,
    marks: &[Mark],
    axis: &str,
) -> Result<Chart<'a, 's>, DrawError> {
    let (min, max) = bounds(marks);
    let lowest = marks.len() as f64 - 0.5;
    let mut chart = builder.y_label_area_size(NAMES).build_cartesian_2d(min..max, lowest..-0.5)?;
    let names = |at: &f64| name(marks, *at);
    let mut mesh = chart.configure_mesh();
    mesh.light_line_style(TRANSPARENT).bold_line_style(BLACK.mix(0.12)).label_style((FONT, 12));
    mesh.disable_y_mesh().y_labels(marks.len()).y_label_formatter(&names);
    mesh.x_desc(axis).draw()?;
    Ok(chart)
}

/// The name of the mark that is there, if one is.
fn name(marks: &[Mark], at: f64) -> String {
    let near = marks.iter().enumerate().find(|(place, _)| (*place as f64 - at).abs() < 1e-6);
    near.map(|(_, mark)| cut(&mark.name)).unwrap_or_default()
}

/// From the minimum to the maximum, with zero and a little room.
fn bounds(marks: &[Mark]) -> (f64, f64) {
    let ends = marks.iter().flat_map(|mark| {
        let (value, error) = (mark.value.double(), mark.error.unwrap_or(0.0));
        [value - error, value + error]
    });
    let (min, max) = ends
        .filter(|end| end.is_finite())
        .fold((0.0_f64, 0.0_f64), |(min, max), end| (min.min(end), max.max(end)));
    let room = if max > min { (max - min) * 0.08 } else { 1.0 };
    (if min < 0.0 { min - room } else { 0.0 }, max + room)
}
