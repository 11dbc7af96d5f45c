//! Where logs go: `formix.log` for the whole home, `nodes/NAME/node.log` for each node.

use std::cell::RefCell;
use std::io::{self, IsTerminal, Write};
use std::path::Path;
use std::sync::Arc;

use formix_node::home::{Home, HomeError};
use tracing::field::{Field, Visit};
use tracing::level_filters::LevelFilter;
use tracing::span::{Attributes, Id};
use tracing::{Event, Subscriber};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::fmt::MakeWriter;
use tracing_subscriber::layer::{Context, Layer, SubscriberExt};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt;
use tracing_subscriber::{EnvFilter, fmt};

use crate::failure::Failure;
use crate::log_file::LogFile;

/// The target of an event that the command prints on standard error in its own words.
pub(crate) const PRINTED: &str = "formix::printed";

/// For one node in this process: logs to its own file, to the home's, and to standard error.
pub(crate) fn of_one_node(home: &Home, name: &str, level: &str) -> Result<(), Failure> {
    let place = home.node(name);
    place.make()?;
    let own = open(&place.log())?;
    let stderr = (!own.is_stderr()).then(|| {
        let layer = fmt::layer().with_ansi(io::stderr().is_terminal()).with_writer(io::stderr);
        layer.with_filter(filter_fn(|event| event.target() != PRINTED))
    });
    tracing_subscriber::registry()
        .with(filter(level)?)
        .with(stderr)
        .with(fmt::layer().with_ansi(false).with_writer(own))
        .with(fmt::layer().with_ansi(false).with_writer(open(&home.log())?))
        .init();
    Ok(())
}

/// For many nodes in this process: events in a span named `node` also go to that node's file.
pub(crate) fn of_many_nodes(home: &Home, level: &str) -> Result<(), Failure> {
    tracing_subscriber::registry()
        .with(filter(level)?)
        .with(NodeFiles { home: home.clone() })
        .with(fmt::layer().with_ansi(false).with_writer(OfCurrentNode))
        .with(fmt::layer().with_ansi(false).with_writer(open(&home.log())?))
        .init();
    Ok(())
}

/// Refuses a `level` that means nothing.
pub(crate) fn check(level: &str) -> Result<(), Failure> {
    filter(level).map(|_| ())
}

/// A bare word must be a level: the filter itself would take it for the name of a module.
fn filter(level: &str) -> Result<EnvFilter, Failure> {
    let wrong = |what: String| Failure::Usage(format!("--log-level `{level}`: {what}"));
    let is_level = |word: &str| word.contains(['=', '[']) || word.parse::<LevelFilter>().is_ok();
    match level.split(',').find(|word| !is_level(word)) {
        Some(word) => {
            Err(wrong(format!("`{word}` is not a level: use error, warn, info, debug or trace")))
        }
        None => EnvFilter::try_new(level).map_err(|error| wrong(error.to_string())),
    }
}

fn open(path: &Path) -> Result<Arc<LogFile>, HomeError> {
    LogFile::open(path).map(Arc::new)
}

thread_local! {
    static CURRENT: RefCell<Option<Arc<LogFile>>> = const { RefCell::new(None) };
}

/// Opens a node's log with its span, and makes it this thread's current one while the span is entered.
struct NodeFiles {
    home: Home,
}

struct NodeFile(Arc<LogFile>);

impl<S: Subscriber + for<'a> LookupSpan<'a>> Layer<S> for NodeFiles {
    fn on_new_span(&self, attributes: &Attributes<'_>, id: &Id, cx: Context<'_, S>) {
        if attributes.metadata().name() != "node" {
            return;
        }
        let mut name = Name::default();
        attributes.record(&mut name);
        let log = self.home.node(&name.0).log();
        if let (Some(span), Ok(file)) = (cx.span(id), open(&log)) {
            span.extensions_mut().insert(NodeFile(file));
        }
    }

    fn on_enter(&self, id: &Id, cx: Context<'_, S>) {
        let Some(span) = cx.span(id) else { return };
        if let Some(NodeFile(file)) = span.extensions().get() {
            CURRENT.set(Some(Arc::clone(file)));
        }
    }

    fn on_exit(&self, id: &Id, cx: Context<'_, S>) {
        if cx.span(id).is_some_and(|span| span.extensions().get::<NodeFile>().is_some()) {
            CURRENT.set(None);
        }
    }

    fn on_event(&self, _: &Event<'_>, _: Context<'_, S>) {}
}

#[derive(Default)]
struct Name(String);

impl Visit for Name {
    fn record_str(&mut self, field: &Field, value: &str) {
        if field.name() == "name" {
            value.clone_into(&mut self.0);
        }
    }

    fn record_debug(&mut self, _: &Field, _: &dyn std::fmt::Debug) {}
}

/// Writes to the log of the node whose span this thread is in, if any.
struct OfCurrentNode;

struct MaybeFile(Option<Arc<LogFile>>);

impl MakeWriter<'_> for OfCurrentNode {
    type Writer = MaybeFile;

    fn make_writer(&self) -> MaybeFile {
        MaybeFile(CURRENT.with_borrow(Clone::clone))
    }
}

impl Write for MaybeFile {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.as_deref().map_or(Ok(bytes.len()), |mut file| file.write(bytes))
    }

    fn flush(&mut self) -> io::Result<()> {
        self.0.as_deref().map_or(Ok(()), |mut file| file.flush())
    }
}
