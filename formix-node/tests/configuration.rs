//! Wrong homes and configuration files: exit status 2, one line of error that names the file and the
//! line, and nothing is changed.

#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test may fail")]

mod support;

use std::fs::{self, File, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::os::unix::net::UnixListener;
use std::path::Path;

use formix_node::home::Home;
use tempfile::TempDir;

use support::command::{Ran, formix};
use support::{Answer, Up};

const LIGHTS: [Answer<'_>; 2] = [Answer::Fixed("11"), Answer::Fixed("20")];

/// Exit status 2, one line on standard error, and no other output.
#[track_caller]
fn refused(ran: Ran, why: &[&str]) {
    let ran = ran.exits(2);
    assert_eq!(ran.stderr.matches('\n').count(), 1, "{}", ran.stderr);
    assert!(ran.stderr.starts_with("formix: "), "{}", ran.stderr);
    for part in why {
        assert!(ran.stderr.contains(part), "no `{part}` in {}", ran.stderr);
    }
    assert_eq!(ran.stdout, "");
}

#[test]
fn a_missing_home_is_named_and_not_created() {
    let scratch = TempDir::new().unwrap();
    let home = scratch.path().join("home");
    for args in [&["status"][..], &["down"], &["propose", "q"], &["show", "01"], &["list"]] {
        let ran = formix(&home, args);
        match args[0] {
            "status" | "down" => refused(ran, &[home.to_str().unwrap(), "formix up"]),
            "propose" => drop(ran.exits(1).says("formix up")),
            "show" => refused(ran, &["no computation 01"]),
            _ => drop(ran.succeeded()),
        }
        assert!(!home.exists(), "{args:?}");
    }
}

/// No network is what is not there; all else that keeps a file from being read is named.
#[test]
fn a_network_that_cannot_be_looked_at_is_not_taken_for_none() {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("file");
    fs::write(&file, "").unwrap();
    refused(formix(&file, &["status"]), &["file/network.toml: Not a directory"]);
    // The superuser may look at everything.
    if !rustix::process::geteuid().is_root() {
        let home = scratch.path().join("home");
        fs::create_dir(&home).unwrap();
        fs::set_permissions(&home, Permissions::from_mode(0o000)).unwrap();
        refused(formix(&home, &["status"]), &["home/network.toml: permission denied", "the user"]);
    }
}

#[test]
fn a_network_file_that_is_wrong_is_refused_with_its_line_and_left_alone() {
    let scratch = TempDir::new().unwrap();
    let file = scratch.path().join("network.toml");
    let node = |name: &str, id: &str| {
        format!("[[node]]\nname = \"{name}\"\nrole = \"light\"\nid = \"{}\"\n", id.repeat(32))
    };
    let at = |address: &str| {
        format!("{}address = \"{address}\"\n", node("a", "01").replace("light", "heavy"))
    };
    let twice = node("a", "01") + &node("a", "02");
    let same_key = node("a", "01") + &node("b", "01");
    for (text, why) in [
        (&b""[..], "no node is enrolled"),
        (b"\n[[node", ":2: "),
        (b"[[node]]\nname = \"a\"", ":1: missing field"),
        (b"\n\n\xff\xfe", ":3: not UTF-8"),
        (
            b"[policy]\nmin_particpants = 1\n",
            ":2: unknown field `min_particpants`, expected one of `min_participants`",
        ),
        (b"[policy]\nmin_participants = -1\n", ":2: invalid value"),
        (b"[policy]\nhorizon = \"soon\"\n", ":2: "),
        (b"[policy]\n\nhorizon = 7\n", ":3: "),
        (b"\0", ":1: "),
        (node("A/../b", "01").as_bytes(), "is not a node's name"),
        (node("a", "0").as_bytes(), ":4: "),
        (node("a", "01").replace("light", "heavy").as_bytes(), "has no address"),
        (at("127.0.0.1:0").as_bytes(), "cannot reach heavy node `a` at 127.0.0.1:0"),
        (at("0.0.0.0:7001").as_bytes(), "cannot reach heavy node `a` at 0.0.0.0:7001"),
        (at("[::]:7001").as_bytes(), "cannot reach heavy node `a` at [::]:7001"),
        (node("a", "01").replace("light", "leight").as_bytes(), ":3: "),
        (twice.as_bytes(), "`a` is enrolled twice"),
        (same_key.as_bytes(), "`b` is enrolled twice"),
    ] {
        fs::write(&file, text).unwrap();
        for args in [&["status"][..], &["up"], &["down"], &["light", "run", "light-1"]] {
            refused(formix(scratch.path(), args), &["network.toml", why]);
        }
        assert_eq!(fs::read(&file).unwrap(), text);
        if why.starts_with(':') {
            let place = format!("{}{}", file.display(), &why[..2]);
            refused(formix(scratch.path(), &["status"]), &[&place]);
        }
    }
}

/// A sparse file takes no space on the disk; reading it whole would take its size in memory.
#[test]
fn a_file_of_a_gigabyte_is_refused_by_its_size() {
    let scratch = TempDir::new().unwrap();
    File::create(scratch.path().join("network.toml")).unwrap().set_len(1 << 30).unwrap();
    refused(formix(scratch.path(), &["status"]), &["network.toml", "1073741824 bytes"]);
}

#[test]
fn a_node_file_that_is_wrong_is_refused_with_its_line() {
    let network = Up::prepare(&LIGHTS);
    let file = network.home().node("light-1").config();
    let right = fs::read_to_string(&file).unwrap();
    let responder =
        |lines: &str| format!("name = \"light-1\"\nrole = \"light\"\n[responder]\n{lines}\n");
    for (text, why) in [
        (String::new(), "node.toml:1: missing field"),
        (right.replace("role", "rolle"), "node.toml:2: unknown field `rolle`"),
        (right.replace("\"light\"", "\"heavy\""), "has no address"),
        (right.replace("\"light\"", "\"proposer\""), "configuration of `light-1`, a proposer node"),
        (right.replace("light-1", "light-2"), "configuration of `light-2`, a light node"),
        (responder("kind = \"magic\""), "node.toml:4: unknown variant"),
        (responder("value = \"1\""), "node.toml:3: missing field `kind`"),
        (responder("kind = \"fixed\"\nvalue = \"1\"\nvalues = 2"), "node.toml:"),
        (responder("kind = \"fixed\"\nvalue = \"NaN\""), "the answer is not a number"),
        (responder("kind = \"command\"\nprogram = \"cat\"\ntime_limit = \"0s\""), "time limit"),
        (responder("kind = \"query\"\ntables = { a = { source = \"none.csv\" } }"), "none.csv"),
        (responder("kind = \"query\"\ntables = { a = {} }"), "needs a `source`"),
        (
            responder("kind = \"query\"\ntables = { a-b = { program = \"cat\" } }"),
            "`a-b` is no name",
        ),
        (responder("kind = \"query\"\nsource = \"a.csv\"\ntables = {}"), "unknown field `source`"),
    ] {
        fs::write(&file, &text).unwrap();
        refused(network.formix(&["light", "run", "light-1"]), &["light-1", why]);
    }
    fs::write(&file, b"name = \"light-1\"\n\xff").unwrap();
    refused(network.formix(&["light", "run", "light-1"]), &["node.toml:2: not UTF-8"]);
    fs::remove_file(&file).unwrap();
    refused(network.formix(&["light", "run", "light-1"]), &["node.toml", "No such file"]);
}

#[test]
fn an_exposed_broken_or_foreign_key_is_refused() {
    let network = Up::prepare(&LIGHTS);
    let [key, other] = ["light-1", "light-2"].map(|name| network.home().node(name).key());
    let run = || network.formix(&["light", "run", "light-1"]);
    let mode = |mode| fs::set_permissions(&key, Permissions::from_mode(mode)).unwrap();
    for open in [0o604, 0o640, 0o660, 0o666, 0o601] {
        mode(open);
        refused(run(), &["key.pem", "chmod 600"]);
    }
    mode(0o600);
    let before = fs::read(&key).unwrap();
    let cut = &before[..before.len() / 2];
    for broken in [&b""[..], b"garbage", b"\xff\xfe", cut] {
        fs::write(&key, broken).unwrap();
        refused(run(), &["key.pem"]);
        assert_eq!(fs::read(&key).unwrap(), broken, "a key is never overwritten");
    }
    fs::write(&key, fs::read(other).unwrap()).unwrap();
    refused(run(), &["enrols another key for `light-1`", "network.toml", "key.pem"]);
}

/// Linux takes 107 bytes for the path of a socket.
#[test]
fn a_home_whose_sockets_would_have_too_long_a_path_is_refused_before_anything_is_made() {
    let scratch = TempDir::new().unwrap();
    let longest = 107 - "/nodes/heavy-1/control.sock".len() - scratch.path().as_os_str().len();
    let long = scratch.path().join("h".repeat(longest));
    refused(formix(&long, &["up"]), &[long.to_str().unwrap(), "would have 108 bytes", "--home"]);
    assert_eq!(fs::read_dir(scratch.path()).unwrap().count(), 0);
    let home = Home::at(scratch.path().join("h".repeat(longest - 1)));
    home.node("heavy-1").make().unwrap();
    UnixListener::bind(home.node("heavy-1").socket()).unwrap();
    home.check_length("heavy-1").unwrap();
    home.check_length("heavy-10").unwrap_err();
}

#[test]
fn a_name_is_not_a_path() {
    let network = Up::prepare(&LIGHTS);
    let before = tree(network.home().path().parent().unwrap());
    for name in ["../../x", "..", "", "/tmp/formix-x", "light-1/../light-2", "light-1/", "LIGHT-1"]
    {
        refused(network.formix(&["light", "run", name]), &["no node is called"]);
    }
    assert_eq!(tree(network.home().path().parent().unwrap()), before);
}

#[test]
fn a_node_runs_only_in_its_own_role() {
    let network = Up::prepare(&LIGHTS);
    for role in ["heavy", "proposer"] {
        refused(network.formix(&[role, "run", "light-1"]), &["node.toml", "`light-1`"]);
    }
}

/// Everything under a directory but logs and locks, by path.
fn tree(directory: &Path) -> Vec<String> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(tree(&path));
        }
        let kept = path.extension().is_none_or(|kind| kind != "log") && !path.ends_with("lock");
        found.extend(kept.then(|| path.display().to_string()));
    }
    found.sort();
    found
}
