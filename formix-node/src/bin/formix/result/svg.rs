//! Drawings as SVG.

use std::io;

use formix_node::question::Schema;
use formix_proto::statistic::Summary;
use plotters::coord::Shift;
use plotters::prelude::*;

use super::panel::{Mark, Marks, Panel, panels};
use super::rows::rows;
use crate::output::printable;

/// A drawing that could not be made.
pub(crate) type DrawError = DrawingAreaErrorKind<io::Error>;

type Area<'a> = DrawingArea<SVGBackend<'a>, Shift>;

const WIDTH: u32 = 860;
const TITLE: u32 = 60;
/// The height of each drawing.
const HEIGHT: u32 = 420;
const FONT: &str = "sans-serif";
/// Of Okabe and Ito (2008): people who see colours differently can tell it from others.
const COLOUR: RGBColor = RGBColor(0, 114, 178);
/// No more names fit below the marks.
const MOST_NAMES: usize = 26;

/// Draws a result, group below group; `None` if it is a single number.
pub(crate) fn svg(
    title: &str,
    schema: &Schema,
    summary: &Summary,
) -> Result<Option<String>, DrawError> {
    let panels = panels(&rows(&schema.statistic, summary));
    let count = u32::try_from(panels.len()).unwrap_or(u32::MAX);
    if count == 0 {
        return Ok(None);
    }
    let mut svg = String::new();
    {
        let size = (WIDTH, TITLE.saturating_add(HEIGHT.saturating_mul(count)));
        let root = SVGBackend::with_string(&mut svg, size).into_drawing_area();
        root.fill(&WHITE)?;
        let (head, body) = root.split_vertically(TITLE);
        head.titled(&printable(title), (FONT, 20))?;
        for (panel, area) in panels.iter().zip(body.split_evenly((panels.len(), 1))) {
            draw(panel, &area, schema)?;
        }
        root.present()?;
    }
    Ok(Some(svg))
}

fn draw(panel: &Panel, area: &Area<'_>, schema: &Schema) -> Result<(), DrawError> {
    let (Marks::Bars(marks) | Marks::Line(marks) | Marks::Points(marks)) = &panel.marks;
    let caption = panel.group.as_deref().map(|group| printable(&format!("group {group}")));
    let (least, most) = bounds(marks);
    let mut builder = ChartBuilder::on(area);
    builder.margin(14).x_label_area_size(110).y_label_area_size(80);
    if let Some(caption) = caption {
        builder.caption(caption, (FONT, 15));
    }
    let mut chart = builder.build_cartesian_2d(-0.5..marks.len() as f64 - 0.5, least..most)?;
    let names = |at: &f64| name(marks, *at);
    let tilted = (FONT, 12).into_font().transform(FontTransform::Rotate90);
    let mut mesh = chart.configure_mesh();
    mesh.disable_x_mesh().light_line_style(TRANSPARENT).bold_line_style(BLACK.mix(0.12));
    mesh.y_desc(quantity(panel, schema)).label_style((FONT, 12)).x_label_style(tilted);
    mesh.x_labels(marks.len().min(MOST_NAMES)).x_label_formatter(&names).draw()?;
    let at = || marks.iter().enumerate().map(|(place, mark)| (place as f64, mark));
    match &panel.marks {
        Marks::Bars(_) => {
            let bar = |(x, mark): (f64, &Mark)| {
                Rectangle::new([(x - 0.4, 0.0), (x + 0.4, mark.value.double())], COLOUR.filled())
            };
            chart.draw_series(at().map(bar))?;
        }
        Marks::Line(_) => {
            let line = at().map(|(x, mark)| (x, mark.value.double()));
            chart.draw_series([PathElement::new(line.collect::<Vec<_>>(), COLOUR)])?;
        }
        Marks::Points(_) => {
            let point = |(x, mark): (f64, &Mark)| {
                let (y, error) = (mark.value.double(), mark.error.unwrap_or(0.0));
                ErrorBar::new_vertical(x, y - error, y, y + error, COLOUR.filled(), 8)
            };
            chart.draw_series(at().map(point))?;
        }
    }
    Ok(())
}

/// What the marks are a number of.
fn quantity(panel: &Panel, schema: &Schema) -> String {
    match (&panel.marks, &schema.statistic.response) {
        (Marks::Points(_), Some(response)) => {
            printable(&format!("coefficient of {}, with its standard error", response.name))
        }
        _ => panel.quantity.clone(),
    }
}

/// The name of the mark that is there, if one is.
fn name(marks: &[Mark], at: f64) -> String {
    let near = marks.iter().enumerate().find(|(place, _)| (*place as f64 - at).abs() < 1e-6);
    near.map(|(_, mark)| mark.name.clone()).unwrap_or_default()
}

/// From the least to the greatest, with zero and a little room.
fn bounds(marks: &[Mark]) -> (f64, f64) {
    let ends = marks.iter().flat_map(|mark| {
        let (value, error) = (mark.value.double(), mark.error.unwrap_or(0.0));
        [value - error, value + error]
    });
    let (least, most) = ends
        .filter(|end| end.is_finite())
        .fold((0.0_f64, 0.0_f64), |(least, most), end| (least.min(end), most.max(end)));
    let room = if most > least { (most - least) * 0.08 } else { 1.0 };
    (if least < 0.0 { least - room } else { 0.0 }, most + room)
}
