//! The walls of the house: which layer uses which, and what no file may say. The table is that of `docs/architecture.md`.
use std::fs;
use std::path::{Path, PathBuf};

/// A layer, and those that it may use.
const MAY_USE: [(&str, &[&str]); 10] = [
    ("domain", &[]),
    ("app", &["domain"]),
    ("keymap", &["app", "domain"]),
    ("ui", &["app", "domain", "keymap"]),
    ("config", &["domain", "keymap"]),
    ("store", &["domain"]),
    ("stream", &["domain", "store::ports", "store::error"]),
    (
        "runtime",
        &["domain", "app", "keymap", "ui", "config", "store", "stream"],
    ),
    ("cli", &["config", "runtime", "store", "stream", "domain"]),
    ("histories", &["domain", "store", "stream"]),
];

/// What single files may use beyond their layer: the verb without a name opens the screen, and so puts its parts together.
const EXCEPTIONS: [(&str, &[&str]); 4] = [
    ("cli/till.rs", &["app", "keymap", "ui"]),
    ("cli/watch.rs", &["ui"]),
    ("cli/looks.rs", &["ui"]),
    ("cli/mod.rs", &["ui"]),
];

/// Libraries of terminals, tasks, databases and brokers: not for what is pure.
const IMPURE: [&str; 6] = ["ratatui", "crossterm", "tokio", "rusqlite", "mysql_async", "rskafka"];

/// Tables whose rows are written once.
const WRITTEN_ONCE: [&str; 7] = [
    "fact_sale",
    "fact_payment",
    "stock_movement",
    "sale_outbox",
    "sale",
    "till_event",
    "alert_note",
];

/// Words by which a statement passes over a row that is there already, or over a fault.
const OVERWRITING: [&str; 7] = [
    "ON DUPLICATE",
    "ON CONFLICT",
    "INSERT IGNORE",
    "INSERT OR ",
    "UPDATE IGNORE",
    "UPDATE OR ",
    "REPLACE INTO",
];

/// A file of the house without its comments.
struct File {
    /// From `src/` or `sql/` on.
    path: String,
    code: String,
}

impl File {
    fn layer(&self) -> &str {
        self.path.split('/').next().unwrap_or_default().trim_end_matches(".rs")
    }
}

fn files(root: &str, ending: &str, comment: &str) -> Vec<File> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(root);
    let mut found = Vec::new();
    let mut folders = vec![root.clone()];
    while let Some(folder) = folders.pop() {
        let entries: Vec<PathBuf> = fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()).collect();
        for path in entries {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|is| is == ending) {
                let text = fs::read_to_string(&path).unwrap();
                let code: Vec<_> = text
                    .lines()
                    .filter(|line| !line.trim_start().starts_with(comment))
                    .collect();
                found.push(File {
                    path: path.strip_prefix(&root).unwrap().to_str().unwrap().replace('\\', "/"),
                    code: code.join("\n"),
                });
            }
        }
    }
    assert!(!found.is_empty(), "nothing under {}", root.display());
    found.sort_by(|a, b| a.path.cmp(&b.path));
    found
}

fn sources() -> Vec<File> {
    files("src", "rs", "//")
}

/// Every path that begins with `crate::`, up to the second name in it; those in braces one by one.
fn paths(code: &str) -> Vec<String> {
    let is_name = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    let mut found = Vec::new();
    for (at, _) in code.match_indices("crate::") {
        let rest = &code[at + "crate::".len()..];
        if let Some(list) = rest.strip_prefix('{') {
            let mut depth = 0;
            let list = list
                .split(|c: char| {
                    depth += i32::from(c == '{') - i32::from(c == '}');
                    depth < 0
                })
                .next()
                .unwrap();
            found.extend(list.split(',').map(|name| name.trim().to_owned()));
        } else {
            found.push(rest.chars().take_while(|c| is_name(*c)).collect());
        }
    }
    found
}

/// Whether a path leads into one of these modules.
fn leads_into(path: &str, modules: &[&str]) -> bool {
    let into = |module: &&str| {
        path.strip_prefix(module)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
    };
    modules.iter().any(into)
}

#[test]
fn a_layer_uses_only_those_that_it_may() {
    let layers = MAY_USE.map(|(layer, _)| layer);
    let mut wrong = Vec::new();
    let mut seen = 0;
    for file in sources() {
        let Some((layer, may_use)) = MAY_USE.iter().find(|(layer, _)| *layer == file.layer()) else {
            assert!(
                ["lib.rs", "main.rs"].contains(&file.path.as_str()),
                "no layer: {}",
                file.path
            );
            continue;
        };
        let beyond = EXCEPTIONS
            .iter()
            .find(|(path, _)| *path == file.path)
            .map_or(&[][..], |(_, more)| more);
        for path in paths(&file.code) {
            // Anything else at the root is a macro, and those live with their layer.
            if !leads_into(&path, &layers) {
                continue;
            }
            seen += 1;
            if !leads_into(&path, &[*layer]) && !leads_into(&path, may_use) && !leads_into(&path, beyond) {
                wrong.push(format!("{} uses {path}", file.path));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(seen > 100, "the paths are no longer found: {seen}");
}

#[test]
fn the_table_of_the_layers_is_the_one_in_the_documentation() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md")).unwrap();
    for (layer, _) in MAY_USE {
        assert!(
            text.contains(&format!("| `{layer}` |")),
            "{layer} is not in docs/architecture.md"
        );
    }
}

#[test]
fn the_pure_layers_name_no_library_of_terminals_tasks_databases_or_brokers() {
    for file in sources() {
        if ["app", "domain"].contains(&file.layer()) {
            for library in IMPURE {
                assert!(!file.code.contains(library), "{} names {library}", file.path);
            }
        }
    }
}

/// A retry that finds its own row must see it: a verb that passes over it would hide a sale written twice, or lost.
#[test]
fn no_statement_passes_over_a_fact_that_is_there() {
    let is_named = |text: &str, table: &str| {
        let ways = [
            format!("INTO {table} "),
            format!("INTO {table}("),
            format!("\"{table}\""),
        ];
        ways.iter().any(|way| text.contains(way))
    };
    for file in sources() {
        // The one helper that makes such statements for whatever table it is given; its callers are looked at below.
        if file.path == "store/star/bulk.rs" {
            continue;
        }
        for line in file
            .code
            .lines()
            .filter(|line| OVERWRITING.iter().any(|verb| line.contains(verb)))
        {
            let others = [
                "series", "meta", "draft", "kept", "figure", "place", "seen", "total", "aside",
            ];
            assert!(
                others.iter().any(|table| is_named(line, table)),
                "{}: {}",
                file.path,
                line.trim()
            );
        }
        if file.code.to_lowercase().contains("overwriting") {
            for table in WRITTEN_ONCE {
                assert!(
                    !is_named(&file.code, table),
                    "{} overwrites and names {table}",
                    file.path
                );
            }
        }
    }
    for file in files("sql", "sql", "--") {
        for verb in OVERWRITING {
            assert!(!file.code.contains(verb), "sql/{}: {verb}", file.path);
        }
    }
}

#[test]
fn no_statement_changes_or_deletes_a_fact() {
    for file in sources() {
        for table in [
            "fact_sale",
            "fact_payment",
            "stock_movement",
            "till_event",
            "alert_note",
        ] {
            for verb in ["UPDATE", "DELETE FROM"] {
                let statement = format!("{verb} {table}");
                assert!(!file.code.contains(&statement), "{}: {statement}", file.path);
            }
        }
    }
}

#[test]
fn each_fault_of_the_older_tracker_has_tests_of_the_names_in_the_map() {
    let code: String = files("tests", "rs", "//")
        .into_iter()
        .chain(sources())
        .map(|file| file.code)
        .collect();
    let map = include_str!("older_tracker.rs");
    let rows: Vec<&str> = map
        .lines()
        .filter_map(|line| line.strip_prefix("//! | "))
        .skip(2)
        .collect();
    assert!(!rows.is_empty());
    for row in rows {
        let quoted = row.split('|').nth(1).unwrap_or_default().split('`').skip(1).step_by(2);
        let names: Vec<&str> = quoted.filter_map(|name| name.rsplit("::").next()).collect();
        assert!(!names.is_empty(), "no test: {row}");
        for name in names {
            assert!(code.contains(&format!("fn {name}(")), "there is no test {name}: {row}");
        }
    }
}
