//! SVG to PNG, with the font that the binary carries: the same picture on every machine.

use std::collections::HashMap;
use std::sync::{Arc, LazyLock};

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::svg::{FONT, UNITS};
use crate::error::{Error, Result};

/// Pixels of the picture in a pixel of the figure: sharp on screens of high density.
const PIXELS: f32 = 2.0;

/// Most colours that a PNG can keep in a palette.
const PALETTE: usize = 256;

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans::regular())));
    fonts.set_sans_serif_family(FONT);
    Arc::new(fonts)
});

/// Rasterises an SVG.
///
/// # Errors
///
/// When it is no SVG that can be rasterised: a bug.
pub fn png(svg: &str) -> Result<Vec<u8>> {
    let fail = |what: &str| Error::Internal(format!("cannot rasterise a chart: {what}"));
    let options = Options {
        font_family: FONT.to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| fail(&error.to_string()))?;
    let scale = PIXELS / UNITS as f32;
    let size = tree.size();
    let (width, height) = (size.width() * scale, size.height() * scale);
    let mut pixmap = Pixmap::new(width.round() as u32, height.round() as u32)
        .ok_or_else(|| fail("it has no size"))?;
    resvg::render(
        &tree,
        Transform::from_scale(scale, scale),
        &mut pixmap.as_mut(),
    );
    encode(&pixmap).map_err(|error| fail(&error.to_string()))
}

/// Encodes opaque pixels with a palette: an eighth of the bytes to compress.
fn encode(pixmap: &Pixmap) -> std::result::Result<Vec<u8>, png::EncodingError> {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, pixmap.width(), pixmap.height());
    encoder.set_depth(png::BitDepth::Eight);
    encoder.set_compression(png::Compression::Balanced);
    let indexed = (0..4).find_map(|bits| to_palette(pixmap.pixels(), bits));
    let data = match indexed {
        Some((palette, indices)) => {
            encoder.set_color(png::ColorType::Indexed);
            encoder.set_palette(palette);
            encoder.set_filter(png::Filter::NoFilter);
            indices
        }
        None => {
            encoder.set_color(png::ColorType::Rgb);
            pixmap.pixels().iter().copied().flat_map(rgb).collect()
        }
    };
    let mut writer = encoder.write_header()?;
    writer.write_image_data(&data)?;
    writer.finish()?;
    Ok(bytes)
}

fn rgb(pixel: PremultipliedColorU8) -> [u8; 3] {
    [pixel.red(), pixel.green(), pixel.blue()]
}

/// The picture with `bits` of each channel rounded away, as palette and indices; `None` if that
/// leaves too many colours. Only the shades at the edges of lines and letters are rounded: white
/// and the colours most used come first and stay as they are.
fn to_palette(pixels: &[PremultipliedColorU8], bits: u32) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut numbers: HashMap<[u8; 3], u8> = HashMap::with_capacity(PALETTE);
    let mut palette: Vec<u8> = Vec::with_capacity(PALETTE * 3);
    let mut indices = Vec::with_capacity(pixels.len());
    let mut last = None;
    for color in pixels.iter().copied().map(rgb) {
        if let Some((known, number)) = last
            && known == color
        {
            indices.push(number);
            continue;
        }
        let rounded = color.map(|channel| channel >> bits);
        let number = match numbers.get(&rounded) {
            Some(&number) => number,
            None => {
                let number = u8::try_from(numbers.len()).ok()?;
                numbers.insert(rounded, number);
                palette.extend(color);
                number
            }
        };
        last = Some((color, number));
        indices.push(number);
    }
    Some((palette, indices))
}
