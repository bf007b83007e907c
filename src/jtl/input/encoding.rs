//! Encodings of text, given by name or detected from the first bytes of an input.

use std::fmt;
use std::str::FromStr;

use chardetng::{EncodingDetector, Iso2022JpDetection, Utf8Detection};

/// An encoding of text, such as UTF-8 or windows-1252.
///
/// ```
/// use perfkit::jtl::Encoding;
///
/// let encoding: Encoding = "latin1".parse().unwrap();
/// assert_eq!(encoding.to_string(), "windows-1252");
/// assert!("latin9000".parse::<Encoding>().is_err());
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Encoding(&'static encoding_rs::Encoding);

/// The error of parsing text that names no known encoding.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is not an encoding that perfkit knows: use a name such as windows-1252, UTF-16LE, GBK, \
     Big5, Shift_JIS, EUC-KR, windows-1251 or ISO-2022-JP"
)]
pub struct UnknownEncoding(String);

/// Names that Java and Windows use, beside those of the Encoding Standard.
const OTHER_NAMES: [(&str, &str); 9] = [
    ("cp932", "shift_jis"),
    ("ms936", "gbk"),
    ("cp936", "gbk"),
    ("ms949", "euc-kr"),
    ("cp949", "euc-kr"),
    ("ms950", "big5"),
    ("cp950", "big5"),
    ("cp65001", "utf-8"),
    ("latin-1", "windows-1252"),
];

impl FromStr for Encoding {
    type Err = UnknownEncoding;

    /// Parses a name in any case: those of the Encoding Standard, and Windows' code pages.
    fn from_str(name: &str) -> Result<Self, UnknownEncoding> {
        let unknown = || UnknownEncoding(name.to_owned());
        let lower = name.trim().to_ascii_lowercase();
        let other = OTHER_NAMES.iter().find(|(other, _)| *other == lower);
        let standard = other.map_or(lower.as_str(), |(_, standard)| standard);
        let encoding = encoding_rs::Encoding::for_label_no_replacement(standard.as_bytes());
        encoding.map(Encoding).ok_or_else(unknown)
    }
}

impl fmt::Display for Encoding {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.0.name())
    }
}

/// How the encoding of an input is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// It was given, begins the input as a byte-order mark, or is declared by XML.
    Stated,
    /// It was detected.
    Detected,
}

impl Encoding {
    /// UTF-8, which includes ASCII.
    pub const UTF_8: Encoding = Encoding(encoding_rs::UTF_8);

    /// A decoder, which skips the encoding's own byte-order mark.
    pub(super) fn decoder(self) -> encoding_rs::Decoder {
        self.0.new_decoder_with_bom_removal()
    }

    /// The encoding of an input that begins with `start`, of which that may be all. A byte-order mark
    /// decides, then the encoding that was given, then an XML declaration, then the bytes.
    pub(super) fn of(start: &[u8], is_all: bool, given: Option<Encoding>) -> (Encoding, Source) {
        let marked = encoding_rs::Encoding::for_bom(start).map(|(encoding, _)| Encoding(encoding));
        let stated = marked.or(given).or_else(|| declared(start));
        match stated {
            Some(encoding) => (encoding, Source::Stated),
            None => (detect(start, is_all), Source::Detected),
        }
    }
}

/// The encoding that an XML declaration names, unless it is UTF-8 or ASCII, which is true of most
/// files whatever they are, or unknown.
fn declared(start: &[u8]) -> Option<Encoding> {
    const MAX_DECLARATION: usize = 200;
    let start = start.trim_ascii_start();
    let start = &start[..start.len().min(MAX_DECLARATION)];
    let rest = start.strip_prefix(b"<?xml")?;
    let end = memchr::memmem::find(rest, b"?>")?;
    let declaration = rest.get(..end)?;
    let at = memchr::memmem::find(declaration, b"encoding")?;
    let value = declaration
        .get(at + b"encoding".len()..)?
        .trim_ascii_start();
    let value = value.strip_prefix(b"=")?.trim_ascii_start();
    let (&quote, value) = value.split_first()?;
    let name = value.split(|&byte| byte == quote).next()?;
    let name = std::str::from_utf8(name).ok()?;
    let encoding = name.parse().ok()?;
    // The declaration was read as ASCII.
    let is_possible = !is_ascii_name(name) && encoding != Encoding::UTF_8 && !is_utf_16(encoding);
    is_possible.then_some(encoding)
}

/// Whether a name stands for ASCII, which the Encoding Standard takes for windows-1252.
pub(in crate::jtl) fn is_ascii_name(name: &str) -> bool {
    ["US-ASCII", "ASCII"]
        .iter()
        .any(|ascii| ascii.eq_ignore_ascii_case(name))
}

fn is_utf_16(encoding: Encoding) -> bool {
    encoding.0 == encoding_rs::UTF_16LE || encoding.0 == encoding_rs::UTF_16BE
}

/// Detects the encoding of text. What looks like UTF-8 with a few damaged bytes is UTF-8, and so is
/// what does not look like text.
fn detect(start: &[u8], is_all: bool) -> Encoding {
    if let Some(encoding) = detect_utf_16(start) {
        return encoding;
    }
    let Err(error) = std::str::from_utf8(start) else {
        return Encoding::UTF_8;
    };
    let is_cut = error.error_len().is_none() && !is_all;
    if is_cut || is_mostly_utf_8(start) || is_binary(start) {
        return Encoding::UTF_8;
    }
    let mut detector = EncodingDetector::new(Iso2022JpDetection::Deny);
    detector.feed(start, is_all);
    match detector.guess(None, Utf8Detection::Allow) {
        // Guessed from a few letters, and far less likely.
        guess if guess == encoding_rs::ISO_8859_4 => Encoding(encoding_rs::WINDOWS_1252),
        guess => Encoding(guess),
    }
}

/// Detects UTF-16 without a byte-order mark: results begin with ASCII, every other byte of which is 0.
fn detect_utf_16(start: &[u8]) -> Option<Encoding> {
    const MAX_PAIRS: usize = 32;
    let (pairs, _) = start.as_chunks::<2>();
    let pairs = &pairs[..pairs.len().min(MAX_PAIRS)];
    let count = |is_ascii: fn(&[u8; 2]) -> bool| pairs.iter().filter(|pair| is_ascii(pair)).count();
    let are_most = |count: usize| pairs.len() >= 2 && count * 4 >= pairs.len() * 3;
    if are_most(count(|pair| pair[0] != 0 && pair[1] == 0)) {
        Some(Encoding(encoding_rs::UTF_16LE))
    } else if are_most(count(|pair| pair[0] == 0 && pair[1] != 0)) {
        Some(Encoding(encoding_rs::UTF_16BE))
    } else {
        None
    }
}

/// Whether text has more characters of several bytes than it has damaged ones. In other encodings
/// only few bytes happen to form such characters.
fn is_mostly_utf_8(text: &[u8]) -> bool {
    let (mut good, mut bad) = (0_u64, 0_u64);
    for chunk in text.utf8_chunks() {
        good += chunk.valid().chars().filter(|c| !c.is_ascii()).count() as u64;
        bad += u64::from(!chunk.invalid().is_empty());
    }
    good > bad
}

/// Whether more than 1% of the bytes are control characters that text does not have. Blocks of NUL
/// are left out: they stand for parts of a file that were never written.
fn is_binary(bytes: &[u8]) -> bool {
    let is_odd = |byte: &&u8| matches!(byte, 1..=8 | 14..=26 | 28..=31 | 127);
    bytes.iter().filter(is_odd).count() * 100 > bytes.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(start: &[u8]) -> String {
        Encoding::of(start, true, None).0.to_string()
    }

    /// A results file with these labels, in an encoding.
    fn results(labels: &[&str], encoding: &str) -> Vec<u8> {
        let mut text = "timeStamp,elapsed,label,responseCode,success\n".to_owned();
        for label in labels {
            text.push_str(&format!("1700000000000,100,{label},200,true\n"));
        }
        let encoding: Encoding = encoding.parse().unwrap();
        if encoding.0 == encoding_rs::UTF_16LE {
            return text.encode_utf16().flat_map(u16::to_le_bytes).collect();
        }
        if encoding.0 == encoding_rs::UTF_16BE {
            return text.encode_utf16().flat_map(u16::to_be_bytes).collect();
        }
        let (bytes, _, has_unmappable) = encoding.0.encode(&text);
        assert!(!has_unmappable);
        bytes.into_owned()
    }

    #[test]
    fn usual_encodings_are_detected_from_a_few_labels() {
        let chinese = &["登录系统", "查询订单", "提交支付", "首页"][..];
        let traditional = &["登入系統", "查詢訂單", "提交付款", "首頁"][..];
        let japanese = &["ログイン", "商品を検索する", "注文の確認"][..];
        let korean = &["로그인", "상품 검색", "주문 확인"][..];
        let russian = &["Вход", "Поиск товара", "Оформление заказа"][..];
        let polish = &["Wyszukaj książkę", "Złóż zamówienie", "Płatność"][..];
        let french = &["Réq", "Rèq"][..];
        for (labels, encoding) in [
            (french, "windows-1252"),
            (&["Anmelden für Käufer", "Größe wählen"], "windows-1252"),
            (&["Página de inicio", "Búsqueda", "Añadir"], "windows-1252"),
            (chinese, "GBK"),
            (traditional, "Big5"),
            (japanese, "Shift_JIS"),
            (japanese, "EUC-JP"),
            (korean, "EUC-KR"),
            (russian, "windows-1251"),
            (russian, "KOI8-U"),
            (polish, "windows-1250"),
            (chinese, "UTF-16LE"),
            (russian, "UTF-16BE"),
            (polish, "UTF-8"),
            (&["Login"], "UTF-8"),
        ] {
            assert_eq!(of(&results(labels, encoding)), encoding, "{labels:?}");
        }
    }

    #[test]
    fn a_single_label_often_suffices() {
        for (label, encoding) in [
            ("é", "windows-1252"),
            ("naïve", "windows-1252"),
            ("Größe", "windows-1252"),
            ("Ødegård", "windows-1252"),
            ("10 €", "windows-1252"),
            ("首页", "GBK"),
            ("登入", "Big5"),
            ("検索", "Shift_JIS"),
            ("로그인", "EUC-KR"),
            ("Příhlášení", "windows-1250"),
            ("Σύνδεση", "windows-1253"),
            ("Giriş", "windows-1254"),
        ] {
            assert_eq!(of(&results(&[label], encoding)), encoding, "{label}");
        }
    }

    #[test]
    fn a_mark_decides_then_what_was_given_then_what_xml_declares() {
        let latin: Option<Encoding> = Some("latin1".parse().unwrap());
        let given = |start: &[u8]| Encoding::of(start, true, latin).0.to_string();
        assert_eq!(given(b"\xFF\xFEt\0"), "UTF-16LE");
        assert_eq!(given(b"\xEF\xBB\xBFt"), "UTF-8");
        assert_eq!(given("\u{e9}".as_bytes()), "windows-1252");
        let xml = |name: &str| format!("<?xml version=\"1.0\" encoding='{name}'?><a>\u{e9}</a>");
        assert_eq!(given(xml("koi8-r").as_bytes()), "windows-1252");
        assert_eq!(of(xml("KOI8-R").as_bytes()), "KOI8-R");
        for other in ["UTF-8", "us-ascii", "UTF-16", "klingon"] {
            assert_eq!(of(xml(other).as_bytes()), "UTF-8", "{other}");
        }
    }

    #[test]
    fn damaged_utf_8_and_other_bytes_stay_as_they_are() {
        assert_eq!(of(b"Gr\xC3\xB6\xC3\x9Fe, K\xC3\xA4ufer \xFF"), "UTF-8");
        assert_eq!(
            of(b"\x89PNG\r\n\x1A\n\0\0\0\rIHDR\x08\x06\x03\x02"),
            "UTF-8"
        );
        assert_eq!(of(&[0; 100]), "UTF-8");
        assert_eq!(of(b""), "UTF-8");
        // The start of a character may be all there is so far.
        assert_eq!(Encoding::of(b"a\xC3", false, None).0, Encoding::UTF_8);
    }

    #[test]
    fn names_of_windows_and_java_are_known() {
        for (name, encoding) in [
            ("latin-1", "windows-1252"),
            ("ISO-8859-1", "windows-1252"),
            (" Cp1252 ", "windows-1252"),
            ("MS936", "GBK"),
            ("ms932", "Shift_JIS"),
            ("utf-16", "UTF-16LE"),
            ("utf8", "UTF-8"),
            ("ISO-2022-JP", "ISO-2022-JP"),
        ] {
            assert_eq!(name.parse::<Encoding>().unwrap().to_string(), encoding);
        }
        let error = "hz-gb-2312".parse::<Encoding>().unwrap_err().to_string();
        assert!(
            error.starts_with("`hz-gb-2312` is not an encoding"),
            "{error}"
        );
    }
}
