//! Checks `--columns` against the known columns.

use crate::error::{Error, Result};
use crate::percentile::Percentile;
use crate::render::columns::{self, Column};
use crate::suggest::did_you_mean;

/// Returns the keys of the requested columns, the label first; `None` without `--columns`.
///
/// # Errors
///
/// If a key is unknown or given twice, or belongs to a percentile that is not computed.
pub fn parse(asked: Option<&[String]>, percentiles: &[Percentile]) -> Result<Option<Vec<String>>> {
    let Some(asked) = asked else { return Ok(None) };
    let known: Vec<String> = columns::known(percentiles)
        .iter()
        .map(Column::key)
        .collect();
    let mut keys = vec!["label".to_owned()];
    for asked in asked {
        let percentile = percentile(asked);
        let key = percentile.map_or_else(|| asked.trim().to_owned(), Percentile::key);
        if !known.contains(&key) {
            let why = match percentile {
                Some(percentile) => not_computed(asked, percentile, percentiles),
                None => unknown(&key, &known),
            };
            return Err(Error::Usage(format!("--columns: {why}")));
        }
        if key == "label" {
            continue;
        }
        if keys.contains(&key) {
            return Err(Error::Usage(format!("--columns: `{key}` is given twice")));
        }
        keys.push(key);
    }
    Ok(Some(keys))
}

/// Parses a key such as `p99.9`.
fn percentile(key: &str) -> Option<Percentile> {
    match key.trim() {
        "median" => Some(Percentile::MEDIAN),
        key => key.strip_prefix('p')?.parse().ok(),
    }
}

fn not_computed(key: &str, percentile: Percentile, computed: &[Percentile]) -> String {
    let mut all: Vec<Percentile> = computed.iter().copied().chain([percentile]).collect();
    all.sort_by(|a, b| a.percent().total_cmp(&b.percent()));
    let all: Vec<String> = all.iter().map(Percentile::to_string).collect();
    format!(
        "`{key}` is not among the percentiles: add --percentiles {}",
        all.join(",")
    )
}

fn unknown(key: &str, known: &[String]) -> String {
    let hint = did_you_mean(key, known.iter().map(String::as_str));
    format!(
        "there is no `{key}`{hint}: the keys are {}",
        known.join(", ")
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(list: &str) -> Result<Option<Vec<String>>, String> {
        let asked: Vec<String> = list.split(',').map(str::to_owned).collect();
        parse(Some(&asked), &Percentile::DEFAULTS).map_err(|error| error.to_string())
    }

    #[test]
    fn the_label_comes_first() {
        let keys = |list| parsed(list).unwrap().unwrap().join(" ");
        assert_eq!(keys("goodput,samples"), "label goodput samples");
        assert_eq!(keys("p90, label,p50"), "label p90 median");
        assert_eq!(keys("label"), "label");
        assert_eq!(parse(None, &Percentile::DEFAULTS).unwrap(), None);
    }

    #[test]
    fn mistakes_are_explained() {
        assert_eq!(
            parsed("samples,p75").unwrap_err(),
            "--columns: `p75` is not among the percentiles: add --percentiles 50,75,90,95,99"
        );
        assert_eq!(
            parsed("max,min,max").unwrap_err(),
            "--columns: `max` is given twice"
        );
        insta::assert_snapshot!(parsed("troughput").unwrap_err());
        insta::assert_snapshot!(parsed("").unwrap_err());
    }
}
