//! Faults of the configuration, told by the real binary: exit code 2, and where the fault is.
use std::fs;

use super::support::program::Program;

/// What any verb says of this configuration; it must not do anything with it.
fn refused(text: &str) -> String {
    let till = Program::configured(text);
    let output = till.run("queue --json");
    assert_eq!(output.status.code(), Some(2), "{text}");
    assert!(output.stdout.is_empty(), "{text}");
    assert!(!till.data().exists(), "nothing is begun: {text}");
    String::from_utf8(output.stderr).unwrap()
}

#[test]
fn a_fault_names_file_and_line_and_what_was_meant() {
    for (text, complaint) in [
        (
            "[till]\nid = \"T01\"\noutlte = \"Mirema meds\"\n",
            "rxtill: rxtill.toml:3: unknown key `outlte`: did you mean `outlet`?\n",
        ),
        (
            "\n[mysq]\n",
            "rxtill: rxtill.toml:2: unknown key `mysq`: did you mean `mysql`?\n",
        ),
        (
            "[till]\ncommit_wait_ms = \"soon\"\n",
            "rxtill: rxtill.toml:2: invalid type: string \"soon\", expected u64\n",
        ),
        (
            "[kafka]\n\nrelay = \"maybe\"\n",
            "rxtill: rxtill.toml:3: relay: “maybe” is none of on, off, debezium\n",
        ),
        (
            "[till]\nid = \"till one\"\n",
            "rxtill: rxtill.toml:2: id: “till one” is no till id: 1 to 16 letters, digits, - or _\n",
        ),
        (
            "[mysql]\npassword_file = \"nowhere\"\n",
            "rxtill: rxtill.toml:2: nowhere: No such file or directory (os error 2)\n",
        ),
    ] {
        assert_eq!(refused(text), complaint);
    }
    assert!(refused("[till\n").starts_with("rxtill: rxtill.toml:1: "));
}

#[test]
fn keys_that_cannot_be_bound_keep_the_till_from_opening_and_are_found_by_check() {
    for (binding, complaint) in [
        (
            "fly = \"F9\"",
            "rxtill.toml:3: [keys] no command is called “fly”: the till lists them under `:`",
        ),
        ("pay = \"F99\"", "rxtill.toml:3: [keys] pay: "),
        ("pay = \"F1\"", "rxtill.toml:3: [keys] F1 stands for both "),
        (
            "pay = \"Ctrl+B\"",
            "rxtill.toml:3: [keys] pay: “Ctrl+B” is never bound: tmux",
        ),
        ("pay = \"Alt+p\"", "rxtill.toml:3: [keys] pay: “Alt+p”: no key with Alt"),
        (
            "undo = \"u\"",
            "rxtill.toml:3: [keys] undo: u cannot mean this: where text is typed",
        ),
        (
            "yes = \"Enter\"",
            "rxtill.toml:3: [keys] yes: Enter cannot mean this: every scan ends",
        ),
    ] {
        let till = Program::configured(&format!("[keys]\n\n{binding}\n"));
        let opened = till.run("");
        assert_eq!(opened.status.code(), Some(2), "{binding}");
        let said = String::from_utf8(opened.stderr).unwrap();
        assert!(said.starts_with(&format!("rxtill: {complaint}")), "{said}");
        let (code, found) = till.json("check");
        assert_eq!((code, &found[0]["check"]), (1, &"configuration".into()));
        assert!(found[0]["detail"].as_str().unwrap().starts_with(complaint), "{found}");
    }
}

#[test]
fn a_configuration_that_was_named_must_be_there() {
    let till = Program::embedded();
    for mut command in [till.command("queue --config nowhere.toml"), {
        let mut command = till.command("queue");
        command.env("RXTILL_CONFIG", "nowhere.toml");
        command
    }] {
        let output = command.output().unwrap();
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(said, "rxtill: nowhere.toml: No such file or directory (os error 2)\n");
    }
}

#[test]
fn a_variable_that_is_wrong_is_named() {
    let till = Program::embedded();
    let output = till
        .command("queue")
        .env("RXTILL_TILL_COMMIT_WAIT_MS", "soon")
        .output()
        .unwrap();
    assert_eq!(output.status.code(), Some(2));
    let said = String::from_utf8(output.stderr).unwrap();
    assert_eq!(
        said,
        "rxtill: $RXTILL_TILL_COMMIT_WAIT_MS: “soon” is not a whole number\n"
    );
}

#[test]
fn bad_usage_is_exit_code_2() {
    let till = Program::embedded();
    for arguments in [
        "frobnicate",
        "queue --nonsense",
        "import prices x.csv",
        "verify --till till,one",
    ] {
        assert_eq!(till.run(arguments).status.code(), Some(2), "{arguments}");
    }
}

#[cfg(unix)]
mod secrets {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    #[test]
    fn a_password_that_others_can_read_is_refused_and_never_printed() {
        let till = Program::configured("[mysql]\npassword_file = \"secret\"\n");
        let open = |name: &str, mode| {
            fs::set_permissions(till.folder().join(name), fs::Permissions::from_mode(mode)).unwrap();
        };
        fs::write(till.folder().join("secret"), "hunter2\n").unwrap();
        for mode in [0o644, 0o640, 0o604] {
            open("secret", mode);
            let output = till.run("queue");
            assert_eq!(output.status.code(), Some(2), "{mode:o}");
            let said = String::from_utf8(output.stderr).unwrap();
            assert_eq!(
                said,
                "rxtill: rxtill.toml:2: secret: others can read this password: chmod 600 secret\n"
            );
        }
        open("secret", 0o600);
        assert_eq!(
            till.run("queue").status.code(),
            Some(0),
            "and read by its owner alone it will do"
        );

        fs::write(till.folder().join("rxtill.toml"), "[mysql]\npassword = \"hunter2\"\n").unwrap();
        open("rxtill.toml", 0o644);
        let output = till.run("queue");
        assert_eq!(output.status.code(), Some(2));
        let said = String::from_utf8(output.stderr).unwrap();
        assert!(
            said.contains("rxtill.toml") && said.contains("chmod 600") && !said.contains("hunter2"),
            "{said}"
        );
        // A mistake in the very line is told without the line.
        open("rxtill.toml", 0o600);
        fs::write(till.folder().join("rxtill.toml"), "[mysql]\npassword = \"hunter2\" x\n").unwrap();
        let said = String::from_utf8(till.run("queue").stderr).unwrap();
        assert!(said.contains("rxtill.toml:2") && !said.contains("hunter2"), "{said}");
    }
}
