//! Chooses the block that a run replaces, and never one of another platform.

use super::content::{self, Shown};
use super::origin::Origin;
use super::{Block, key_of};
use crate::report::bounded;

/// Maximum length of a key that is made of a platform's, in characters.
const MAX_LETTERS: usize = 100;

/// The block that a run wants.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Wanted {
    /// The key of the block.
    pub key: String,
    /// Whether the user gave the key. It then says which block is meant if the platforms are unknown.
    pub is_key_given: bool,
    /// The run.
    pub origin: Origin,
    /// The keys that earlier versions made for this run.
    pub former_keys: Vec<String>,
    /// What earlier versions called its platforms.
    pub former_names: Vec<String>,
    /// This machine. Earlier versions took it for the platform if none was named.
    pub this_machine: Option<String>,
}

/// Why a block must not be replaced.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: the block `{key}` is of {of}, {reason}")]
pub struct Conflict {
    line: usize,
    key: String,
    of: String,
    reason: String,
}

/// The place of a run's block.
#[derive(Debug, PartialEq, Eq)]
pub enum Choice<'b> {
    /// Replace this block.
    Replace(&'b Block),
    /// Add a block.
    Add,
}

/// Makes a key of a platform's: two platforms with long names have two keys.
pub fn key_of_platform(platform: &str) -> String {
    let long = key_of(platform, usize::MAX);
    // The hash of a shortened key is hexadecimal: it needs no replacement.
    bounded(&long, MAX_LETTERS)
}

/// Chooses the block that a run replaces: the one with its key, or one that an earlier version named
/// otherwise.
///
/// # Errors
///
/// If the block shows another platform, or it is unknown whether it does.
pub fn choose<'b>(blocks: &'b [Block], wanted: &Wanted) -> Result<Choice<'b>, Conflict> {
    if let Some(block) = blocks.iter().find(|block| block.key == wanted.key) {
        return match reason(block, wanted) {
            None => Ok(Choice::Replace(block)),
            Some(reason) => Err(Conflict {
                line: block.line,
                key: block.key.clone(),
                of: name(block),
                reason: reason + &advice(blocks, block, wanted),
            }),
        };
    }
    if wanted.is_key_given || wanted.origin.platforms.is_empty() {
        return Ok(Choice::Add);
    }
    let is_former = |block: &&Block| {
        block.origin.is_none()
            && wanted.former_keys.contains(&block.key)
            && content::shown(&block.content) != Shown::Nothing
            && reason(block, wanted).is_none()
    };
    let former = blocks.iter().find(is_former);
    Ok(former.map_or(Choice::Add, Choice::Replace))
}

/// Names what a block shows; empty if unknown.
pub fn name(block: &Block) -> String {
    let platforms = match (&block.origin, content::shown(&block.content)) {
        (Some(origin), _) => return origin.name(),
        (None, Shown::Run { key, .. }) => vec![key],
        (None, Shown::Comparison(names)) => names,
        (None, Shown::Nothing) => Vec::new(),
    };
    let origin = Origin {
        platforms,
        ..Origin::default()
    };
    origin.name()
}

/// Returns why a block must not be replaced; `None` if it may be.
fn reason(block: &Block, wanted: &Wanted) -> Option<String> {
    match &block.origin {
        Some(origin) => reason_of_origin(origin, wanted),
        None => reason_of_content(&content::shown(&block.content), wanted),
    }
}

fn reason_of_origin(origin: &Origin, wanted: &Wanted) -> Option<String> {
    let run = &wanted.origin;
    if !origin.platforms.is_empty() {
        let is_kept = |platform: &String| run.platforms.contains(platform);
        return (!origin.platforms.iter().all(is_kept)).then(|| another(run));
    }
    // The block names no platform. Only the same file is known to be of the same one.
    let results = origin.results.as_ref()?;
    let is_known = wanted.is_key_given || !run.platforms.is_empty();
    match &run.results {
        Some(own) if is_known || (own == results && own != STDIN) => None,
        Some(own) if own == STDIN => Some(
            "and standard input does not say whether this run is of the same platform".to_owned(),
        ),
        Some(own) => Some(format!("and this run is of {own}")),
        None => None,
    }
}

/// The results' path if they are read from standard input.
const STDIN: &str = "-";

fn reason_of_content(shown: &Shown, wanted: &Wanted) -> Option<String> {
    let run = &wanted.origin;
    let is_of_run =
        |name: &String| run.platforms.contains(name) || wanted.former_names.contains(name);
    let is_same = match shown {
        Shown::Nothing => true,
        Shown::Run { key, unversioned } => {
            let is_guess =
                run.platforms.is_empty() && wanted.this_machine.as_ref() == Some(unversioned);
            is_of_run(key) || is_of_run(unversioned) || is_guess
        }
        // The names may be those of runs without a platform.
        Shown::Comparison(names) => run.platforms.is_empty() || names.iter().all(is_of_run),
    };
    (!is_same).then(|| another(run))
}

fn another(run: &Origin) -> String {
    match run.platforms.is_empty() {
        true => "and this run names no platform".to_owned(),
        false => format!("and this run is of {}", run.name()),
    }
}

/// Says what to do instead, with a key that no block has.
fn advice(blocks: &[Block], block: &Block, wanted: &Wanted) -> String {
    let is_free = |key: &String| !key.is_empty() && !blocks.iter().any(|block| block.key == *key);
    let own = match &wanted.origin.platforms[..] {
        [platform] => key_of_platform(platform),
        _ => wanted.key.clone(),
    };
    let numbered = (2..).map(|number| format!("{}-{number}", wanted.key));
    let key = [own].into_iter().chain(numbered).find(is_free);
    let key = key.unwrap_or_default();
    let is_unnamed = |origin: &Origin| origin.platforms.is_empty();
    match is_unnamed(&wanted.origin) {
        true if block.origin.as_ref().is_some_and(is_unnamed) => format!(
            ": replace it with --key {}, or give this run a block of its own with --key {key}",
            block.key
        ),
        true => format!(
            ": name it with --platform or --server, or give it a block of its own with --key {key}"
        ),
        false => format!(": give it a block of its own with --key {key}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::readme_block::blocks;

    fn named(platforms: &[&str]) -> Wanted {
        let platforms: Vec<String> = platforms.iter().map(|name| (*name).to_owned()).collect();
        Wanted {
            key: platforms
                .first()
                .map_or("x".to_owned(), |name| key_of_platform(name)),
            origin: Origin {
                platforms,
                ..Origin::default()
            },
            ..Wanted::default()
        }
    }

    fn unnamed(results: &str) -> Wanted {
        Wanted {
            key: "results".to_owned(),
            origin: Origin {
                results: Some(results.to_owned()),
                ..Origin::default()
            },
            this_machine: Some("EPYC (2 threads), Debian".to_owned()),
            ..Wanted::default()
        }
    }

    fn with_key(key: &str, wanted: Wanted) -> Wanted {
        Wanted {
            key: key.to_owned(),
            is_key_given: true,
            ..wanted
        }
    }

    /// The key of the block that is replaced, "added", or the conflict.
    fn chosen(file: &str, wanted: &Wanted) -> String {
        match choose(&blocks(file.as_bytes()).unwrap(), wanted) {
            Ok(Choice::Replace(block)) => block.key.clone(),
            Ok(Choice::Add) => "added".to_owned(),
            Err(conflict) => conflict.to_string(),
        }
    }

    fn block(key: &str, inside: &str) -> String {
        format!("<!-- perfkit:begin {key} -->\n{inside}\n<!-- perfkit:end {key} -->\n")
    }

    fn older(key: &str, platform: &str) -> String {
        let table = format!("\n|  | **Details** |\n|---|---|\n| **Platform** | {platform} |\n");
        block(key, &table)
    }

    #[test]
    fn a_block_of_another_platform_is_never_replaced() {
        let file = block("Pi-5", &named(&["Pi 5"]).origin.comment());
        assert_eq!(chosen(&file, &named(&["Pi 5"])), "Pi-5");
        assert_eq!(chosen(&file, &named(&["Pi 4"])), "added");
        // The keys are the same, the platforms are not.
        assert_eq!(
            chosen(&file, &named(&["Pi 5+"])),
            "line 1: the block `Pi-5` is of Pi 5, and this run is of Pi 5+: give it a block of its own \
             with --key Pi-5-2"
        );
        assert_eq!(
            chosen(&file, &with_key("Pi-5", named(&["Pi 4"]))),
            "line 1: the block `Pi-5` is of Pi 5, and this run is of Pi 4: give it a block of its own \
             with --key Pi-4"
        );
        assert_eq!(
            chosen(&file, &with_key("Pi-5", unnamed("results.jtl"))),
            "line 1: the block `Pi-5` is of Pi 5, and this run names no platform: name it with \
             --platform or --server, or give it a block of its own with --key Pi-5-2"
        );
        assert_eq!(chosen(&file, &with_key("other", named(&["Pi 5"]))), "added");
    }

    #[test]
    fn a_run_without_a_platform_is_known_by_its_file() {
        let file = block("results", &unnamed("results.jtl").origin.comment());
        assert_eq!(chosen(&file, &unnamed("results.jtl")), "results");
        let elsewhere = "line 1: the block `results` is of results.jtl, and this run is of \
                         ../results.jtl: replace it with --key results, or give this run a block of \
                         its own with --key results-2";
        assert_eq!(chosen(&file, &unnamed("../results.jtl")), elsewhere);
        assert_eq!(
            chosen(&file, &with_key("results", unnamed("../results.jtl"))),
            "results"
        );
        assert_eq!(
            chosen(&file, &with_key("results", named(&["Pi 5"]))),
            "results"
        );
        let stdin = block("results", &unnamed("-").origin.comment());
        assert!(chosen(&stdin, &unnamed("-")).contains("standard input does not say whether"));
        assert_eq!(
            chosen(&stdin, &with_key("results", unnamed("-"))),
            "results"
        );
    }

    #[test]
    fn blocks_of_earlier_versions_are_found() {
        // A key that was made of the platform's name or the file's only.
        let former = |wanted: Wanted| Wanted {
            former_keys: vec!["Pi-5".to_owned(), "results".to_owned()],
            ..wanted
        };
        let file = older("Pi-5", "Pi 5");
        assert_eq!(chosen(&file, &former(named(&["Pi 5"]))), "Pi-5");
        assert_eq!(
            chosen(&file, &former(named(&["Pi 5, Server=nginx"]))),
            "added"
        );
        let file = older("results", "EPYC (2 threads), Debian 12, Linux 6.1");
        let server = former(named(&["EPYC (2 threads), Debian"]));
        assert_eq!(chosen(&file, &server), "results");
        assert_eq!(chosen(&file, &former(named(&["Pi 5"]))), "added");
        // The platform was a guess: the machine that analysed.
        assert_eq!(chosen(&file, &unnamed("m1/results.jtl")), "results");
        assert!(
            chosen(&older("results", "Pi 5"), &unnamed("results.jtl")).contains("is of Pi 5, ")
        );
        // Nothing says what the block shows.
        for inside in ["", "\nold\n", "| a | b |"] {
            let file = block("pi", inside);
            assert_eq!(chosen(&file, &with_key("pi", named(&["Pi 5"]))), "pi");
        }
        let file = block("Pi-5", "\nold\n");
        assert_eq!(
            chosen(&file, &former(named(&["Pi 5, Server=nginx"]))),
            "added"
        );
    }

    #[test]
    fn a_comparison_loses_no_platform() {
        let comparison = |platforms: &[&str]| with_key("comparison", named(platforms));
        let file = block("comparison", &named(&["Pi 4", "Pi 5"]).origin.comment());
        assert_eq!(
            chosen(&file, &comparison(&["Pi 5", "Pi 4", "laptop"])),
            "comparison"
        );
        assert_eq!(
            chosen(&file, &comparison(&["Pi 5", "laptop"])),
            "line 1: the block `comparison` is of Pi 4 and Pi 5, and this run is of Pi 5 and laptop: \
             give it a block of its own with --key comparison-2"
        );
        let of_files = block("comparison", &comparison(&[]).origin.comment());
        assert_eq!(chosen(&of_files, &comparison(&[])), "comparison");
        // Of an earlier version.
        let table = "\n| **Label** | **Platform** |\n|---|---|\n| a | Pi 4 |\n| a | Pi 5 |\n";
        let file = block("comparison", table);
        assert_eq!(chosen(&file, &comparison(&["Pi 4", "Pi 5"])), "comparison");
        assert!(chosen(&file, &comparison(&["laptop"])).contains("is of Pi 4 and Pi 5"));
        assert_eq!(chosen(&file, &comparison(&[])), "comparison");
    }

    #[test]
    fn keys_of_long_names_differ() {
        let key = |end: &str| key_of_platform(&("a-".repeat(80) + end));
        assert_ne!(key("x"), key("y"));
        assert!(key("x").chars().count() <= MAX_LETTERS && !key("x").contains("--"));
        assert_eq!(
            key_of_platform("Pi 5, 8 GB, Server=nginx"),
            "Pi-5-8-GB-Server-nginx"
        );
    }
}
