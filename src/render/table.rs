//! The one model of a table. What builds it knows reports, what prints it knows only tables.

/// A table.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Table {
    /// What it shows, for those who cannot see it.
    pub caption: String,
    /// One per column.
    pub headings: Vec<Heading>,
    /// The rows, each as long as the headings. The first cell names its row.
    pub rows: Vec<Vec<Cell>>,
    /// Rows that stay below all others, such as TOTAL.
    pub totals: Vec<Vec<Cell>>,
}

/// The head of a column.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Heading {
    /// What the column shows.
    pub title: String,
    /// Unit of its values, if the title does not say.
    pub unit: Option<&'static str>,
    /// What its cells hold.
    pub kind: Kind,
    /// Machine-readable name of the column, if programs read the table.
    pub key: Option<String>,
}

/// What the cells of a column hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// The keys of details.
    Key,
    /// Names, such as labels.
    Text,
    /// Texts of any length, such as error messages.
    Message,
    /// Short text that stays on one line, such as a moment.
    Line,
    /// Numbers.
    Number,
    /// Values with their units, such as those before and after.
    Values,
    /// A word or a few that judge.
    Verdict,
}

/// Which way a column's cells lean in a terminal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Alignment {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// A cell.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Cell {
    /// What it says, not escaped; `None` if undefined, such as the throughput of a single instant.
    pub text: Option<String>,
    /// What it means.
    pub tone: Option<Tone>,
}

/// What a cell means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Tone {
    /// Failed, or significantly worse.
    Bad,
    /// Passed, or significantly better.
    Good,
    /// Not decided.
    Open,
}

impl Heading {
    /// The head of a column of this kind.
    pub fn new(title: impl Into<String>, kind: Kind) -> Self {
        Heading {
            title: title.into(),
            unit: None,
            kind,
            key: None,
        }
    }

    /// The head of a column of numbers.
    pub fn number(title: impl Into<String>) -> Self {
        Heading::new(title, Kind::Number)
    }

    /// The head of a column of times in milliseconds.
    pub fn ms(title: impl Into<String>) -> Self {
        Heading::number(title).with_unit("ms")
    }

    /// The same with a unit.
    pub fn with_unit(self, unit: &'static str) -> Self {
        Heading {
            unit: Some(unit),
            ..self
        }
    }
}

impl Kind {
    /// Which way cells lean.
    pub fn alignment(self) -> Alignment {
        match self {
            Kind::Number => Alignment::Right,
            _ => Alignment::Left,
        }
    }
}

impl Cell {
    /// A cell that says this.
    pub fn new(text: impl ToString) -> Self {
        Cell {
            text: Some(text.to_string()),
            tone: None,
        }
    }

    /// A cell that says this, or that it is undefined.
    pub fn maybe(text: Option<impl ToString>) -> Self {
        Cell {
            text: text.map(|text| text.to_string()),
            tone: None,
        }
    }

    /// The same with a meaning.
    pub fn with_tone(self, tone: impl Into<Option<Tone>>) -> Self {
        Cell {
            tone: tone.into(),
            ..self
        }
    }
}
