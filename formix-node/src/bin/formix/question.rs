//! Questions in files: reading them, and explaining them before they are asked.

use std::path::Path;
use std::process::ExitCode;

use formix_node::config::{ConfigError, Network, PolicyConfig};
use formix_node::home::Home;
use formix_node::network::NetworkError;
use formix_node::question::{Explanation, Question, QuestionFile};
use formix_node::words;
use formix_proto::spec::Spec;

use crate::args::{Check, Propose, Terms};
use crate::failure::Failure;
use crate::output::Output;

/// The question that the command line names, checked before anybody is asked.
pub(crate) fn read(args: &Propose, home: &Home) -> Result<Question, Failure> {
    let path = Path::new(&args.asked);
    if !ends_as_a_question(path) {
        return in_words(args);
    }
    if args.terms != Terms::default() {
        let why = format!("{}: its terms are in the file: change them there", path.display());
        return Err(Failure::Usage(why));
    }
    let file = QuestionFile::load(path)?;
    checked(&file, None, home)?;
    Ok(file.question().clone())
}

fn ends_as_a_question(path: &Path) -> bool {
    let endings = ["toml", "json"];
    path.extension().is_some_and(|own| endings.iter().any(|known| own.eq_ignore_ascii_case(known)))
}

/// The question that the command line itself asks. What was meant for the name of a file must not be
/// sent to everybody.
fn in_words(args: &Propose) -> Result<Question, Failure> {
    let asked = &args.asked;
    let is_a_name = !asked.contains(char::is_whitespace) && asked.contains(['/', '.']);
    if is_a_name || Path::new(asked).exists() {
        let why = format!(
            "`{asked}` looks like a file, and a question's file ends in .toml or .json: correct its name, or ask in a sentence"
        );
        return Err(Failure::Usage(why));
    }
    let question = args.terms.question(asked);
    question.map_err(|fault| NetworkError::Question(fault.into()).into())
}

pub(crate) fn check(args: &Check, home: &Home, output: Output) -> Result<ExitCode, Failure> {
    let file = QuestionFile::load(&args.file)?;
    let spec = checked(&file, args.participants, home)?;
    let explanation = Explanation::new(file.question(), &spec);
    for (name, text) in lines(&explanation) {
        output.field(name, &text);
    }
    output.result(&explanation);
    Ok(ExitCode::SUCCESS)
}

/// The terms that the question would have in this home's network, if there is one.
fn checked(file: &QuestionFile, participants: Option<u32>, home: &Home) -> Result<Spec, Failure> {
    let question = file.question();
    let (policy, places) = match Network::load(&home.network_file()) {
        Ok(network) => (network.policy.clone(), question.places(&network)),
        Err(ConfigError::NoNetwork(_)) => {
            let places = question.max_participants.unwrap_or(question.min_participants);
            (PolicyConfig::default(), Ok(places))
        }
        Err(error) => return Err(error.into()),
    };
    let participants = participants.map_or(places, Ok).map_err(NetworkError::Question)?;
    let spec = question.check(&policy.policy(), participants);
    spec.map_err(|fault| file.blame(&fault).into())
}

fn lines(explained: &Explanation) -> Vec<(&'static str, String)> {
    let Explanation { elements, ring, max_participants, bytes, shares, .. } = explained;
    let shares = words::count(*shares);
    let mut lines = vec![
        ("question", explained.question.clone()),
        ("statistic", explained.statistic.clone()),
        ("computes", explained.computes.clone()),
        ("reads", explained.reads.join(", ")),
        ("answer", explained.answer.clone()),
        ("rules", explained.rules.clone()),
        (
            "sends",
            format!(
                "{bytes} bytes from each light node, in {shares} shares of {elements} {} over {ring}, which is large enough for {max_participants} participants",
                if *elements == 1 { "element" } else { "elements" }
            ),
        ),
        ("reveals", explained.reveals.clone()),
        ("room", explained.room.clone()),
        ("exact to", explained.precision.clone()),
    ];
    if explained.reads.is_empty() {
        lines.retain(|(name, _)| *name != "reads");
    }
    lines.extend(explained.unprotected.iter().map(|what| ("not protected", what.clone())));
    lines
}
