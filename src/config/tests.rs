use std::collections::HashMap;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use super::raw::RawConfig;
use super::*;
use crate::domain::supervision::RuleName;

const EXAMPLE: &str = include_str!("../../config.example.toml");

fn load(text: &str) -> Result<Config, String> {
    load_with(text, &[])
}

fn load_with(text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let folder = tempfile::tempdir().unwrap();
    load_in(folder.path(), text, variables)
}

/// Complaints without the folder's changing name.
fn load_in(folder: &Path, text: &str, variables: &[(&str, &str)]) -> Result<Config, String> {
    let file = folder.join("rxtill.toml");
    fs::write(&file, text).unwrap();
    let variables: HashMap<_, _> = variables.iter().copied().collect();
    let overrides = Overrides {
        file: Some(file),
        data_dir: Some("data".into()),
        ..Overrides::default()
    };
    let environment = |name: &str| variables.get(name).map(OsString::from);
    Config::load(overrides, &environment)
        .map(|config| Config { file: None, ..config })
        .map_err(|error| error.to_string().replace(&format!("{}/", folder.display()), ""))
}

/// The example with every table in it.
fn whole_example() -> String {
    let lines = EXAMPLE.lines().map(|line| match line.strip_prefix('#') {
        Some(setting) if setting.starts_with(|c: char| c == '[' || c.is_alphabetic()) => setting,
        _ => line,
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn the_example_resolves_to_the_defaults() {
    assert_eq!(load(EXAMPLE).unwrap(), Config::new("data".into()));
    assert_eq!(load("").unwrap(), Config::new("data".into()));
}

#[test]
fn the_example_s_tables_of_servers_resolve_to_the_defaults_too() {
    let servers = Config {
        mysql: Some(Mysql::default()),
        kafka: Some(Kafka::default()),
        ..Config::new("data".into())
    };
    assert_eq!(load(&whole_example()).unwrap(), servers);
    assert_eq!(load("[mysql]\n[kafka]").unwrap(), servers);
}

#[test]
fn the_example_holds_every_key() {
    let raw: RawConfig = toml::from_str(&whole_example()).unwrap();
    assert!(!format!("{raw:?}").contains("None"), "{raw:?}");
}

#[test]
fn the_example_holds_every_number_of_the_alerts() {
    for threshold in Thresholds::ALL {
        let line = format!("\n{} = {}\n", threshold.name, threshold.default);
        assert!(EXAMPLE.contains(&line), "{line}");
    }
}

#[test]
fn rules_are_switched_off_and_their_numbers_changed() {
    let text = "[alerts]\nsound = true\noff = [\"round_numbers\"]\nsplit_sales_minutes = 60\nunusual_price_times = 2.5";
    let alerts = load(text).unwrap().alerts;
    assert!(alerts.sound && !alerts.thresholds.is_on(RuleName::RoundNumbers));
    let changed = (
        alerts.thresholds.split_sales_minutes,
        alerts.thresholds.unusual_price_times,
    );
    assert_eq!(changed, (60.0, 2.5));
    let variables = [
        ("RXTILL_ALERTS_OFF", "cash_share, round_numbers"),
        ("RXTILL_ALERTS_SPLIT_SALES_MINUTES", "90"),
        ("RXTILL_ALERTS_SOUND", "false"),
    ];
    let alerts = load_with(text, &variables).unwrap().alerts;
    assert_eq!((alerts.sound, alerts.thresholds.off.len()), (false, 2));
    assert!((alerts.thresholds.split_sales_minutes - 90.0).abs() < f64::EPSILON);
}

#[test]
fn a_fault_among_the_alerts_names_its_line() {
    for (text, complaint) in [
        (
            "[alerts]\n\nsplit_sale_minutes = 60",
            "rxtill.toml:3: unknown key `split_sale_minutes`: did you mean `split_sales_minutes`?",
        ),
        (
            "[alerts]\noff = [\"round\"]",
            "rxtill.toml:2: off: there is no rule “round”",
        ),
        (
            "[alerts]\nsplit_sales_minutes = 0",
            "rxtill.toml:2: split_sales_minutes: 0 is not from 1 to 1440",
        ),
        (
            "[alerts]\nsplit_sales_minutes = true",
            "rxtill.toml:2: split_sales_minutes: expected a number",
        ),
        (
            "[alerts]\nsound = \"loud\"",
            "rxtill.toml:2: expected a number, true, false, or a list of rules",
        ),
    ] {
        assert_eq!(load(text).unwrap_err(), complaint);
    }
}

#[test]
fn a_typo_names_its_line_and_what_was_meant() {
    assert_eq!(
        load("[till]\nid = \"T01\"\noutlte = \"x\"\n").unwrap_err(),
        "rxtill.toml:3: unknown key `outlte`: did you mean `outlet`?"
    );
    assert_eq!(
        load("\n[mysq]\n").unwrap_err(),
        "rxtill.toml:2: unknown key `mysq`: did you mean `mysql`?"
    );
}

#[test]
fn a_wrong_type_or_value_names_its_line() {
    for (text, complaint) in [
        (
            "[till]\ncommit_wait_ms = \"soon\"",
            "rxtill.toml:2: invalid type: string \"soon\", expected u64",
        ),
        (
            "[till]\n\nid = \"till one\"",
            "rxtill.toml:3: id: “till one” is no till id: 1 to 16 letters, digits, - or _",
        ),
        (
            "[mysql]\nhosts = [\"mysql://db\"]",
            "rxtill.toml:2: hosts: “mysql://db” is no address: write it as name:3306",
        ),
        (
            "[mysql]\ntls = \"on\"",
            "rxtill.toml:2: tls: “on” is none of off, preferred, required, verify-ca, verify-identity",
        ),
        (
            "[kafka]\npartitions = 0",
            "rxtill.toml:2: partitions: 0 is not from 1 to 10000",
        ),
        (
            "[kafka]\ntopic = \"sales\"\naudit_topic = \"pharmacy-sales-totals\"",
            "rxtill.toml:3: audit_topic: “pharmacy-sales-totals” is another topic's name: sales, audit and totals have each their own",
        ),
        ("[kafka]\nsasl = \"plain\"", "rxtill.toml:2: sasl: wants a user"),
        (
            "[scanner]\n\nprefix = \"A~\"",
            "rxtill.toml:3: prefix: must begin with a sign such as ~, which nobody types first",
        ),
        (
            "[scanner]\nprefix = \"~ ~\"",
            "rxtill.toml:2: prefix: at most 8 characters, no space, and no control character but U+0002",
        ),
        (
            "[scanner]\nsuffix = \"enter\"",
            "rxtill.toml:2: suffix: “enter” is none of any, cr, crlf, lf, tab, none",
        ),
    ] {
        assert_eq!(load(text).unwrap_err(), complaint);
    }
    assert!(load("[till\n").unwrap_err().starts_with("rxtill.toml:1: "));
}

#[test]
fn the_environment_wins_over_the_file() {
    let file = "[till]\nid = \"T02\"\n[mysql]\nuser = \"a\"";
    let config = load_with(
        file,
        &[("RXTILL_TILL_ID", "T03"), ("RXTILL_MYSQL_HOSTS", "db1, db2:3307")],
    )
    .unwrap();
    assert_eq!(config.till.id.as_str(), "T03");
    let mysql = config.mysql.unwrap();
    assert_eq!(mysql.till.user, "a");
    let hosts: Vec<_> = mysql.hosts.iter().map(ToString::to_string).collect();
    assert_eq!(hosts, ["db1:3306", "db2:3307"]);
    assert_eq!(
        load_with(file, &[("RXTILL_TILL_COMMIT_WAIT_MS", "soon")]).unwrap_err(),
        "$RXTILL_TILL_COMMIT_WAIT_MS: “soon” is not a whole number"
    );
    let config = load_with("", &[("RXTILL_KAFKA_BROKERS", "k1")]).unwrap();
    assert_eq!(config.kafka.unwrap().brokers.len(), 1);
}

#[test]
fn the_data_folder_stands_beside_the_configuration_and_the_command_line_wins() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rxtill.toml");
    fs::write(&file, "[till]\ndata_dir = \"here\"").unwrap();
    let data_dir = |given: Option<&str>| {
        let overrides = Overrides {
            file: Some(file.clone()),
            data_dir: given.map(Into::into),
            ..Overrides::default()
        };
        Config::load(overrides, &|_| None).unwrap().data_dir
    };
    assert_eq!(data_dir(None), folder.path().join("here"));
    assert_eq!(data_dir(Some("there")), Path::new("there"));
}

#[test]
fn local_leaves_the_servers_out() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("rxtill.toml");
    fs::write(&file, "[mysql]\n[kafka]\n").unwrap();
    let overrides = Overrides {
        file: Some(file),
        local: true,
        data_dir: Some("data".into()),
        log_level: None,
    };
    let hosts = |name: &str| (name == "RXTILL_MYSQL_HOSTS").then(|| "db".into());
    let config = Config::load(overrides, &hosts).unwrap();
    assert_eq!((config.mysql, config.kafka), (None, None));
}

#[test]
fn a_named_file_must_be_there() {
    let overrides = Overrides {
        file: Some("nowhere/rxtill.toml".into()),
        ..Overrides::default()
    };
    let error = Config::load(overrides, &|_| None).unwrap_err().to_string();
    assert!(error.starts_with("nowhere/rxtill.toml: "), "{error}");
}

#[test]
fn keys_are_one_or_more() {
    let config = load("[keys]\npay = \"F10\"\nhelp = [\"F1\", \"?\"]").unwrap();
    let bound: Vec<_> = config
        .keys
        .iter()
        .map(|binding| (binding.command.as_str(), binding.keys.join(" ")))
        .collect();
    assert_eq!(bound, [("help", "F1 ?".to_owned()), ("pay", "F10".to_owned())]);
    assert_eq!(
        load("[keys]\npay = 10").unwrap_err(),
        "rxtill.toml:2: expected a key such as \"F10\", or a list of keys"
    );
}

#[cfg(unix)]
mod secrets {
    use std::os::unix::fs::PermissionsExt as _;

    use super::*;

    fn allow(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn a_file_with_a_secret_that_others_can_read_is_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rxtill.toml");
        let text = "[mysql]\npassword = \"hunter2\"";
        fs::write(&file, text).unwrap();
        for mode in [0o644, 0o640, 0o604] {
            allow(&file, mode);
            let error = load_in(folder.path(), text, &[]).unwrap_err();
            assert!(
                error.starts_with("rxtill.toml: holds [mysql] password, and others can read it: chmod 600"),
                "{error}"
            );
            // Not even where another layer overrides it.
            load_in(folder.path(), text, &[("RXTILL_MYSQL_PASSWORD", "x")]).unwrap_err();
        }
        allow(&file, 0o600);
        let config = load_in(folder.path(), text, &[]).unwrap();
        assert!(!format!("{config:?}").contains("hunter2"));
        let login = config.mysql.unwrap().till;
        assert_eq!(login.password.unwrap().expose(), "hunter2");
    }

    #[test]
    fn a_password_file_stands_beside_the_configuration_and_is_the_owner_s_alone() {
        let folder = tempfile::tempdir().unwrap();
        let secret = folder.path().join("secret");
        fs::write(&secret, "hunter2\n").unwrap();
        allow(&secret, 0o640);
        let text = "[kafka]\nsasl = \"scram-sha-512\"\nuser = \"till\"\npassword_file = \"secret\"";
        let error = load_in(folder.path(), text, &[]).unwrap_err();
        assert!(
            error.starts_with("rxtill.toml:4: secret: others can read this password"),
            "{error}"
        );
        allow(&secret, 0o600);
        let config = load_in(folder.path(), text, &[]).unwrap();
        let sasl = config.kafka.unwrap().sasl.unwrap();
        assert_eq!(sasl.password.expose(), "hunter2");
        let given = [("RXTILL_KAFKA_PASSWORD", "other")];
        let config = load_in(folder.path(), text, &given).unwrap();
        let sasl = config.kafka.unwrap().sasl.unwrap();
        assert_eq!(sasl.password.expose(), "other");
    }

    #[test]
    fn a_secret_is_not_in_the_complaint_about_it() {
        for text in [
            "[mysql]\npassword = 4711",
            "[mysql]\npassword = hunter2",
            "[mysql]\npassword = \"hunter2",
            "[mysql]\npasswort = \"hunter2\"",
        ] {
            let error = load(text).unwrap_err();
            assert!(error.starts_with("rxtill.toml:2: "), "{error}");
            assert!(!error.contains("4711") && !error.contains("hunter2"), "{error}");
        }
    }

    #[test]
    fn watch_s_login_is_the_till_s_unless_it_is_given() {
        let passwords = [("RXTILL_MYSQL_PASSWORD", "a"), ("RXTILL_MYSQL_WATCH_PASSWORD", "b")];
        let mysql = load_with("[mysql]\nuser = \"u\"", &passwords).unwrap().mysql.unwrap();
        assert_eq!(mysql.watch, mysql.till);
        let text = "[mysql]\nuser = \"u\"\nwatch_user = \"w\"";
        let mysql = load_with(text, &passwords).unwrap().mysql.unwrap();
        assert_eq!((&*mysql.watch.user, mysql.watch.password.unwrap().expose()), ("w", "b"));
        assert_eq!(mysql.office, mysql.till);
    }

    #[test]
    fn office_s_login_is_the_till_s_unless_it_is_given() {
        let passwords = [("RXTILL_MYSQL_PASSWORD", "a"), ("RXTILL_MYSQL_OFFICE_PASSWORD", "b")];
        let mysql = load_with("[mysql]\nuser = \"u\"", &passwords).unwrap().mysql.unwrap();
        assert_eq!(mysql.office, mysql.till);
        let text = "[mysql]\nuser = \"u\"\noffice_user = \"o\"";
        let mysql = load_with(text, &passwords).unwrap().mysql.unwrap();
        assert_eq!(mysql.office.user, "o");
        assert_eq!(mysql.office.password.unwrap().expose(), "b");
    }
}
