//! A question that waits for its owner, as lines for a terminal.
//!
//! Whatever a stranger may have written, be it a prompt, a name or a number, stands within a margin that
//! none of our own lines has, so that it cannot be taken for one.

#[cfg(test)]
mod tests;

use std::time::Duration;

use formix_node::consent::{Disclosed, PendingView, Preview};
use formix_proto::query::{Query, Table};
use formix_proto::time::Time;

use crate::text::{quoted, quoted_prose, wrapped};

/// How much of a question is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Detail {
    /// What its owner has to know.
    Short,
    /// The statistic as well, to the last option, edge and domain: everything that its digest covers.
    Full,
}

/// The question at that time, in lines no wider than that.
pub(crate) fn question(
    question: &PendingView,
    now: Time,
    detail: Detail,
    width: usize,
) -> Vec<String> {
    let left = Duration::from_secs(Time(question.deadline).since(now).as_secs());
    let left = humantime::format_duration(left);
    let id = question.comp_id.get(..8).unwrap_or(&question.comp_id);
    let mut lines = vec![format!("{id}      from {}, {left} left to decide", question.proposer)];
    lines.extend(own(question, width));
    lines.push("  Who asks wrote, or chose, all that stands behind a bar:".to_owned());
    let mut says = |what: &str, text: Vec<String>| {
        lines.push(format!("  {what}"));
        lines.extend(text);
    };
    says("asks", quoted_prose(&question.prompt, width));
    if let Some(Query { sql, tables }) = &question.query {
        says("sql", quoted(sql, width));
        says("reads", quoted_prose(&reads(tables), width));
    }
    says("reveals", quoted_prose(&question.reveals, width));
    says("otherwise", quoted_prose(&question.rules, width));
    if detail == Detail::Full {
        says("exactly", quoted(&exactly(question), width));
    }
    lines
}

/// What we say of it: nothing of it is the stranger's.
fn own(question: &PendingView, width: usize) -> Vec<String> {
    let PendingView { min_participants, max_participants, light_nodes, .. } = question;
    let over = format!(
        "a minimum of {min_participants} participants and a maximum of {max_participants}, of {light_nodes} light nodes"
    );
    let mut fields = vec![
        ("status", format!("waiting for you: {}", question.why)),
        ("over", over),
        ("committee", question.committee.join(", ")),
        ("room", question.room.clone()),
        ("digest", question.question.to_string()),
    ];
    fields.extend(question.cautions.iter().map(|caution| ("caution", caution.clone())));
    let name = |name: &str| format!("  {name}");
    fields.iter().flat_map(|(field, text)| wrapped(&name(field), text, width)).collect()
}

/// What the node would answer, and whether it would decline.
pub(crate) fn answer(preview: &Preview, width: usize) -> Vec<String> {
    let Preview { answer, declines, .. } = preview;
    let mut lines = Vec::new();
    if let Some(cells) = answer {
        let shown = |cell: &Option<Disclosed>| match cell {
            Some(text) => text.0.to_string(),
            None => "no value".to_owned(),
        };
        let cells: Vec<_> = cells.iter().map(shown).collect();
        lines.push("your answer".to_owned());
        lines.extend(quoted_prose(&cells.join(", "), width));
    }
    if let Some(reason) = declines {
        lines.push(if answer.is_some() { "but" } else { "no answer" }.to_owned());
        lines.extend(quoted_prose(reason, width));
    }
    lines.push("Nothing was sent: only you see this.".to_owned());
    lines
}

/// `sleep (day, reaction_ms)`
fn reads(tables: &[Table]) -> String {
    let table = |table: &Table| format!("{} ({})", table.name, table.columns.join(", "));
    match tables {
        [] => "no declared table".to_owned(),
        tables => tables.iter().map(table).collect::<Vec<_>>().join(", "),
    }
}

/// The statistic as a question's file has it.
fn exactly(question: &PendingView) -> String {
    let written = toml::to_string(&question.schema);
    written.map_or_else(|error| error.to_string(), |text| text.trim_end().to_owned())
}
