//! CSV results: blocks of whole records, cut, indexed and parsed.

mod block;
mod columns;
mod cut;
mod default_order;
mod detect;
mod extras;
mod fast_path;
mod given_header;
mod header;
mod index;
mod kinds;
mod layout;
mod lines;
mod numbers;
mod provisional;
pub(super) mod quoted;
mod repair;
mod row;
mod text_columns;
mod timestamp;
mod unknown_layout;
mod unquoted;

pub(super) use self::block::{Block, PADDING};
pub(super) use self::cut::cut;
pub(super) use self::detect::refuse_other_text;
pub(super) use self::extras::ExtraColumns;
pub(super) use self::fast_path::{FastPath, Jmeter5, NoFastPath, Rows, is_jmeter5};
pub use self::given_header::{GivenHeader, HeaderGuess};
pub(super) use self::header::separator_line;
#[doc(hidden)]
pub use self::index::Index;
pub(super) use self::kinds::Kinds;
#[doc(hidden)]
pub use self::layout::Layout;
pub(super) use self::lines::trim_line_end;
pub(super) use self::provisional::{ProvisionalLayouts, is_detectable};
pub(super) use self::quoted::Record;
pub(super) use self::repair::{has_surplus, repair};
pub(super) use self::row::{Rejected, RowParser};
pub(super) use self::timestamp::DateEvidence;
pub use self::timestamp::{DateOrder, DatePattern, EpochUnit, InvalidDatePattern};
#[doc(hidden)]
pub use self::timestamp::{TimestampFormat, TimestampParser};
#[doc(hidden)]
pub use self::unknown_layout::UnknownLayout;
pub(super) use self::unquoted::Unquoted;
