//! Checks the sources: layers, wording, the length of files, and the public items of the library.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use regex::Regex;

/// The layers, lowest first. A module may import those of its own line and of the lines above it here.
const LAYERS: &[&[&str]] = &[
    &[
        "error",
        "format",
        "percentile",
        "short_names",
        "stderr",
        "text",
        "units",
    ],
    &["apdex", "suggest"],
    &["jtl"],
    &["stats", "select"],
    &["analysed"],
    &["report"],
    &["gate", "compare", "history"],
    &["chart"],
    &["render"],
    &["cli"],
    &["commands"],
];

/// The wings: each with the only layers that it may import, and the only ones that may import it.
const WINGS: &[(&str, &[&str], &[&str])] = &[
    (
        "serve",
        &["error", "format", "stderr", "units"],
        &["cli", "commands"],
    ),
    ("plan", &["error", "format", "units"], &["cli", "commands"]),
];

/// The maximum of lines of code in a file, without blank lines, comments and unit tests.
const MAX_LINES: usize = 500;

/// Words that a native speaker would not write, and what to write instead.
const WORDS: &[(&str, &str)] = &[
    (
        r"\b(MOST|FEWEST|LONGEST|SHORTEST|LARGEST|SMALLEST)_[A-Z]",
        "MAX_ or MIN_",
    ),
    (r"_THERE_(ARE|IS)\b", "a noun, such as PALETTE_SIZE"),
    (
        r"(?i)\bso (many|large|much|long) (as|a |bytes|in|letters|lines|rows|times)\b",
        "that many, as many as",
    ),
    (r"\b(is|are) none\b", "is missing, has no"),
    (r"(?i)\bbut for\b", "except"),
    (r"(?i)\bof which (each|nothing)\b", "each of, none of"),
    (
        r"(?i)\bone an? (block|bucket|column|file|label|line|platform|row|run|series|side|worker)\b",
        "one per",
    ),
    (r"(?i)\bwhat (is|are) no\b", "anything that is not"),
    (
        r"(?i)\bwhat becomes? of\b",
        "what happens to, is accounted for",
    ),
    (r"(?i)\b(tells|told) of\b", "reports, says"),
    (r"(?i)\bno sure (change|verdict)\b", "no significant change"),
    (r"(?i)\bsurely (better|worse)\b", "significantly"),
    (r"(?i)\bwhat (is|was) said\b", "the message, stderr"),
    (
        r"(?i)\b(is|are|was) said (of|on|about|to be)\b",
        "is reported as",
    ),
    (r"(?i)\bfor it (does|has|is)\b", "because it"),
    (r"(?i)\bcosts? (only )?(its|itself|their)\b", "affects only"),
    (
        r"\bfn \w*(_told|_said|_said_to_be|_are_no_\w+|what_is_no\w*|_a_choice)\(",
        "a name that states what holds",
    ),
];

/// The directories with Rust sources.
const RUST: [&str; 6] = [
    "src",
    "tests",
    "examples",
    "benches",
    "fuzz/src",
    "fuzz/fuzz_targets",
];

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The files below a directory with this extension, sorted.
fn files(directory: &str, extension: &str) -> Vec<PathBuf> {
    fn collect(directory: &Path, extension: &str, found: &mut Vec<PathBuf>) {
        for entry in fs::read_dir(directory).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                collect(&path, extension, found);
            } else if path.extension().is_some_and(|own| own == extension) {
                found.push(path);
            }
        }
    }
    let mut found = Vec::new();
    collect(&root().join(directory), extension, &mut found);
    found.sort();
    found
}

/// A path relative to the repository.
fn shown(path: &Path) -> String {
    path.strip_prefix(root()).unwrap().display().to_string()
}

/// The text of a source file before its unit tests.
fn code(path: &Path) -> String {
    let text = fs::read_to_string(path).unwrap();
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    text[..end].to_owned()
}

/// The first module of a source file's path: `jtl` for `src/jtl/csv/row.rs`.
fn layer_of(path: &Path) -> String {
    let inside = path.strip_prefix(root().join("src")).unwrap();
    let first = Path::new(inside.components().next().unwrap().as_os_str());
    first.file_stem().unwrap().to_str().unwrap().to_owned()
}

/// The end of the braces that `text` starts within.
fn closing(text: &str) -> usize {
    let mut depth = 1;
    let end = text.find(|c| {
        depth += i32::from(c == '{') - i32::from(c == '}');
        depth == 0
    });
    end.unwrap_or(text.len())
}

/// The modules of the crate that a source file names outside comments.
fn imports(text: &str) -> BTreeSet<String> {
    let module = Regex::new(r"\bcrate::(\{|\w+)").unwrap();
    let lines = text.lines().map(str::trim_start);
    let lines: Vec<&str> = lines.filter(|line| !line.starts_with("//")).collect();
    let text = lines.join("\n");
    let mut found = BTreeSet::new();
    for captures in module.captures_iter(&text) {
        let start = captures.get(1).unwrap();
        if start.as_str() != "{" {
            found.insert(start.as_str().to_owned());
            continue;
        }
        let mut rest = &text[start.end()..];
        rest = &rest[..closing(rest)];
        while !rest.trim().is_empty() {
            let end = rest.find([',', '{']).unwrap_or(rest.len());
            let name = rest[..end].split("::").next().unwrap().trim();
            found.insert(name.to_owned());
            let nested = rest[end..].strip_prefix('{');
            rest = nested.map_or(&rest[end..], |nested| &nested[closing(nested) + 1..]);
            rest = rest.trim_start().trim_start_matches(',');
        }
    }
    found
}

/// Why a file of `layer` must not import `name`, if it must not.
fn refusal(layer: &str, name: &str) -> Option<String> {
    let rank = |name: &str| LAYERS.iter().position(|line| line.contains(&name));
    if layer == name {
        return None;
    }
    if let Some((_, allowed, _)) = WINGS.iter().find(|(wing, _, _)| *wing == layer) {
        return (!allowed.contains(&name))
            .then(|| format!("{layer} is a wing: it imports {allowed:?}"));
    }
    if let Some((_, _, users)) = WINGS.iter().find(|(wing, _, _)| *wing == name) {
        return (!users.contains(&layer)).then(|| format!("{name} is a wing for {users:?}"));
    }
    match (rank(layer), rank(name)) {
        (Some(own), Some(other)) if other <= own => None,
        (Some(_), Some(_)) => Some(format!("{name} is above {layer}")),
        (None, _) => Some(format!("{layer} is in no layer: add it to LAYERS")),
        (_, None) => Some(format!("{name} is in no layer: add it to LAYERS")),
    }
}

#[test]
fn imports_run_downward() {
    let mut wrong = Vec::new();
    for path in files("src", "rs") {
        let layer = layer_of(&path);
        if ["lib", "main"].contains(&layer.as_str()) {
            continue;
        }
        for name in imports(&code(&path)) {
            if let Some(why) = refusal(&layer, &name) {
                wrong.push(format!("{} imports {name}: {why}", shown(&path)));
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn the_import_test_detects_violations() {
    let text =
        "use crate::{render::{csv, json}, units,};\n// crate::chart\nfn f() { crate::jtl::read() }";
    let names: Vec<String> = imports(text).into_iter().collect();
    assert_eq!(names, ["jtl", "render", "units"]);
    assert!(refusal("jtl", "stats").is_some() && refusal("stats", "jtl").is_none());
    assert!(refusal("serve", "jtl").is_some() && refusal("report", "serve").is_some());
    assert!(refusal("serve", "units").is_none() && refusal("commands", "serve").is_none());
}

#[test]
fn no_banned_words() {
    let words: Vec<(Regex, &str)> = WORDS
        .iter()
        .map(|(pattern, instead)| (Regex::new(pattern).unwrap(), *instead))
        .collect();
    let mut paths = files("docs", "md");
    paths.extend(["README.md", "CHANGELOG.md"].map(|name| root().join(name)));
    for directory in RUST {
        paths.extend(files(directory, "rs"));
    }
    paths.extend(files("scripts", "sh"));
    paths.extend(files("scripts", "py"));
    paths.extend(files("src", "js"));
    let mut found = Vec::new();
    for path in paths {
        let text = fs::read_to_string(&path).unwrap();
        for (word, instead) in &words {
            for word in word.find_iter(&text) {
                let line = text[..word.start()].matches('\n').count() + 1;
                let place = format!("{}:{line}", shown(&path));
                found.push(format!("{place}: `{}`: write {instead}", word.as_str()));
            }
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

#[test]
fn files_are_short() {
    let mut long = Vec::new();
    for path in RUST.iter().flat_map(|directory| files(directory, "rs")) {
        let text = code(&path);
        let lines = text.lines().map(str::trim);
        let count = lines
            .filter(|line| !line.is_empty() && !line.starts_with("//"))
            .count();
        if count > MAX_LINES {
            long.push(format!("{}: {count} lines of code", shown(&path)));
        }
    }
    assert!(long.is_empty(), "{}", long.join("\n"));
}

/// The file of a module declared in the directory `within`.
fn module_file(within: &Path, name: &str) -> PathBuf {
    let file = within.join(format!("{name}.rs"));
    match file.exists() {
        true => file,
        false => within.join(name).join("mod.rs"),
    }
}

/// Collects the public items of a module and its public submodules, by module path.
fn public_items(
    path: &str,
    file: &Path,
    within: &Path,
    found: &mut BTreeMap<String, BTreeSet<String>>,
) {
    fn names(tree: &syn::UseTree, found: &mut BTreeSet<String>) {
        match tree {
            syn::UseTree::Path(path) => names(&path.tree, found),
            syn::UseTree::Name(name) => drop(found.insert(name.ident.to_string())),
            syn::UseTree::Rename(rename) => drop(found.insert(rename.rename.to_string())),
            syn::UseTree::Glob(_) => drop(found.insert("*".to_owned())),
            syn::UseTree::Group(group) => group.items.iter().for_each(|tree| names(tree, found)),
        }
    }
    let is_public = |visibility: &syn::Visibility| matches!(visibility, syn::Visibility::Public(_));
    let parsed = syn::parse_file(&fs::read_to_string(file).unwrap()).unwrap();
    let mut own = BTreeSet::new();
    for item in &parsed.items {
        let (visibility, name) = match item {
            syn::Item::Const(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Enum(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Fn(item) => (&item.vis, item.sig.ident.to_string()),
            syn::Item::Static(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Struct(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Trait(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Type(item) => (&item.vis, item.ident.to_string()),
            syn::Item::Use(item) if is_public(&item.vis) => {
                names(&item.tree, &mut own);
                continue;
            }
            syn::Item::Mod(item) if is_public(&item.vis) => {
                let name = item.ident.to_string();
                let file = module_file(within, &name);
                let path = format!("{path}::{name}");
                public_items(&path, &file, &within.join(&name), found);
                continue;
            }
            _ => continue,
        };
        if is_public(visibility) {
            own.insert(name);
        }
    }
    if !own.is_empty() {
        found.insert(path.to_owned(), own);
    }
}

fn library() -> BTreeMap<String, BTreeSet<String>> {
    let mut found = BTreeMap::new();
    let source = root().join("src");
    public_items("perfkit", &source.join("lib.rs"), &source, &mut found);
    found
}

/// The public interface: a change here is one for users of the library.
#[test]
fn the_library_offers_these_items() {
    let lines = library().into_iter().map(|(path, names)| {
        let names: Vec<String> = names.into_iter().collect();
        format!("{path}: {}", names.join(", "))
    });
    insta::assert_snapshot!(lines.collect::<Vec<_>>().join("\n"));
}

#[test]
fn every_public_item_is_used() {
    let mut places: BTreeMap<String, usize> = BTreeMap::new();
    let word = Regex::new(r"\b[A-Za-z_][A-Za-z0-9_]*\b").unwrap();
    for directory in RUST {
        for path in files(directory, "rs") {
            let text = fs::read_to_string(&path).unwrap();
            // A name that is only declared and re-exported is used nowhere.
            let lines = text.lines().map(str::trim_start);
            let lines =
                lines.filter(|line| !line.starts_with("//") && !line.starts_with("pub use "));
            let text = lines.collect::<Vec<_>>().join("\n");
            for found in word.find_iter(&text) {
                *places.entry(found.as_str().to_owned()).or_default() += 1;
            }
        }
    }
    let items = library().into_values().flatten().filter(|name| name != "*");
    let unused: Vec<String> = items
        .filter(|name| places.get(name).copied().unwrap_or(0) < 2)
        .collect();
    assert!(unused.is_empty(), "used nowhere: {}", unused.join(", "));
}
