//! Writes SVG and HTML: every text that goes through here is escaped.

use core::fmt::{Display, Write};

/// Markup, being written.
#[derive(Debug, Default)]
pub(super) struct Pen(String);

impl Pen {
    /// What was written.
    pub(super) fn finish(self) -> String {
        self.0
    }

    /// Markup as it is.
    pub(super) fn raw(&mut self, markup: impl Display) {
        let _ = write!(self.0, "{markup}");
    }

    /// An element that holds more markup.
    pub(super) fn element(&mut self, tag: &str, class: &str, inside: impl FnOnce(&mut Self)) {
        let _ = write!(self.0, "<{tag} class=\"{}\">", escape(class));
        inside(self);
        let _ = writeln!(self.0, "</{tag}>");
    }

    /// An element that holds a text.
    pub(super) fn words(&mut self, tag: &str, class: &str, text: impl Display) {
        self.element(tag, class, |pen| pen.raw(escape(&text.to_string())));
    }

    /// What a group of SVG tells when it is pointed at.
    pub(super) fn title(&mut self, text: &str) {
        let _ = write!(self.0, "<title>{}</title>", escape(text));
    }

    /// A straight line.
    pub(super) fn line(&mut self, class: &str, [x1, y1, x2, y2]: [i32; 4]) {
        let ends = format_args!("x1=\"{x1}\" y1=\"{y1}\" x2=\"{x2}\" y2=\"{y2}\"");
        let _ = write!(self.0, "<line class=\"{class}\" {ends}/>");
    }

    /// A rectangle.
    pub(super) fn rect(&mut self, class: &str, [x, y, width, height]: [i32; 4]) {
        let size = format_args!("x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\"");
        let _ = write!(self.0, "<rect class=\"{class}\" {size}/>");
    }

    /// A disc.
    pub(super) fn disc(&mut self, class: &str, [x, y, radius]: [i32; 3]) {
        let _ = write!(self.0, "<circle class=\"{class}\" cx=\"{x}\" cy=\"{y}\" r=\"{radius}\"/>");
    }

    /// A text that begins, is centred or ends at a point, as its class says.
    pub(super) fn text(&mut self, class: &str, [x, y]: [i32; 2], text: &str) {
        let _ =
            write!(self.0, "<text class=\"{class}\" x=\"{x}\" y=\"{y}\">{}</text>", escape(text));
    }

    /// A sign that the picture defines.
    pub(super) fn sign(&mut self, class: &str, name: &str, [x, y]: [i32; 2]) {
        let _ = write!(self.0, "<use class=\"{class}\" href=\"#{name}\" x=\"{x}\" y=\"{y}\"/>");
    }
}

/// A text such that no character of it is markup.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '&' => escaped.push_str("&amp;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            other => escaped.push(other),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_becomes_markup() {
        let mut pen = Pen::default();
        pen.words("p", "\"", "<script>'&");
        assert_eq!(pen.finish(), "<p class=\"&quot;\">&lt;script&gt;&#39;&amp;</p>\n");
    }
}
