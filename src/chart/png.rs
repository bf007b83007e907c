//! Converts SVG to PNG with a font in the binary, so that every machine draws the same picture.

use std::collections::HashMap;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::thread;

use resvg::tiny_skia::{Pixmap, PremultipliedColorU8, Transform};
use resvg::usvg::{Options, Tree, fontdb};

use super::drawing::svg;
use super::model::Figure;
use super::style::{Medium, Style};
use crate::error::{Error, Result};

/// A chart as a picture.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Chart {
    /// File name without extension.
    pub slug: &'static str,
    /// Title.
    pub title: String,
    /// The content in words, for screen readers.
    pub description: String,
    /// The picture as PNG.
    pub png: Vec<u8>,
}

/// Maximum charts drawn at the same time; each takes about 12 MiB of memory.
const MAX_THREADS: usize = 4;

/// Maximum colours in the palette of a PNG.
const PALETTE: usize = 256;

/// Name of the font in the binary.
const FONT: &str = "DejaVu Sans";

static FONTS: LazyLock<Arc<fontdb::Database>> = LazyLock::new(|| {
    let mut fonts = fontdb::Database::new();
    fonts.load_font_source(fontdb::Source::Binary(Arc::new(dejavu::sans::regular())));
    fonts.set_sans_serif_family(FONT);
    Arc::new(fonts)
});

/// Draws the figures whose slugs are `wanted`, on at most four threads.
///
/// # Errors
///
/// If a figure cannot be drawn, which would be a bug.
pub fn draw(figures: &[Figure], style: &Style, wanted: &[&str]) -> Result<Vec<Chart>> {
    let is_wanted = |figure: &&Figure| wanted.contains(&figure.slug);
    let figures: Vec<&Figure> = figures.iter().filter(is_wanted).collect();
    let threads = thread::available_parallelism().map_or(1, usize::from);
    let next = AtomicUsize::new(0);
    let draw_some = || {
        let mut drawn = Vec::new();
        loop {
            let number = next.fetch_add(1, Ordering::Relaxed);
            let Some(figure) = figures.get(number) else {
                return Ok(drawn);
            };
            drawn.push((number, draw_one(figure, style)?));
        }
    };
    let mut charts: Vec<(usize, Chart)> = thread::scope(|scope| {
        let handles: Vec<_> = (0..threads.min(MAX_THREADS))
            .map(|_| scope.spawn(draw_some))
            .collect();
        let drawn: Result<Vec<_>> = handles
            .into_iter()
            .map(|handle| {
                handle.join().unwrap_or_else(|_| {
                    Err(Error::Internal("a chart could not be drawn".to_owned()))
                })
            })
            .collect();
        drawn.map(|parts| parts.into_iter().flatten().collect())
    })?;
    charts.sort_by_key(|(number, _)| *number);
    Ok(charts.into_iter().map(|(_, chart)| chart).collect())
}

fn draw_one(figure: &Figure, style: &Style) -> Result<Chart> {
    let density = match style.medium {
        Medium::Picture { density, .. } => density,
        Medium::Page => 1.0,
    };
    Ok(Chart {
        slug: figure.slug,
        title: figure.title.clone(),
        description: figure.description.clone(),
        png: png(&svg(figure, style)?, density)?,
    })
}

/// Rasterises an SVG, with `density` pixels per pixel of the SVG in each direction.
///
/// # Errors
///
/// If it is not an SVG that can be rasterised, which would be a bug.
pub fn png(svg: &str, density: f32) -> Result<Vec<u8>> {
    let fail = |what: &str| Error::Internal(format!("cannot rasterise a chart: {what}"));
    let options = Options {
        font_family: FONT.to_owned(),
        fontdb: Arc::clone(&FONTS),
        ..Options::default()
    };
    let tree = Tree::from_str(svg, &options).map_err(|error| fail(&error.to_string()))?;
    let size = tree.size();
    let (width, height) = (size.width() * density, size.height() * density);
    let mut pixmap = Pixmap::new(width.round() as u32, height.round() as u32)
        .ok_or_else(|| fail("it has no size"))?;
    resvg::render(
        &tree,
        Transform::from_scale(density, density),
        &mut pixmap.as_mut(),
    );
    encode(&pixmap).map_err(|error| fail(&error.to_string()))
}

/// Encodes opaque pixels with a palette, which leaves an eighth of the bytes to compress.
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

/// Converts pixels to a palette and indices, with `bits` of each channel rounded away; `None` if that
/// leaves too many colours. Only shades at the edges of lines and letters are rounded: white and the
/// most frequent colours stay exact.
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

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    /// Returns width, height and the colour of every pixel.
    fn decode(png: &[u8]) -> (u32, u32, Vec<[u8; 3]>) {
        let mut decoder = png::Decoder::new(std::io::Cursor::new(png));
        decoder.set_transformations(png::Transformations::EXPAND);
        let mut reader = decoder.read_info().unwrap();
        let mut bytes = vec![0; reader.output_buffer_size().unwrap()];
        let info = reader.next_frame(&mut bytes).unwrap();
        let pixels = bytes.chunks_exact(3).map(|rgb| [rgb[0], rgb[1], rgb[2]]);
        (info.width, info.height, pixels.collect())
    }

    fn svg(content: &str) -> String {
        format!(
            "<svg width=\"400\" height=\"80\" xmlns=\"http://www.w3.org/2000/svg\">\
             <rect width=\"400\" height=\"80\" fill=\"#ffffff\"/>{content}</svg>"
        )
    }

    #[test]
    fn text_is_drawn_with_the_font_carried_along() {
        let text = |family: &str| {
            svg(&format!(
                "<text x=\"8\" y=\"60\" font-family=\"{family}\" font-size=\"56\">Ag 90%</text>"
            ))
        };
        let (width, height, pixels) = decode(&png(&text(FONT), 0.5).unwrap());
        assert_eq!((width, height), (200, 40));
        let ink = pixels.iter().filter(|&&[r, _, _]| r < 128).count();
        assert!((300..3000).contains(&ink), "{ink} dark pixels");
        // Whatever fonts this machine has, none of them is used.
        let elsewhere = decode(&png(&text("Liberation Sans"), 0.5).unwrap()).2;
        assert!(elsewhere.iter().all(|&rgb| rgb == [255; 3]));
    }

    #[test]
    fn colours_survive_the_palette() {
        let stripes: String = (0..40)
            .map(|n| {
                format!(
                    "<rect x=\"{}\" width=\"10\" height=\"80\" fill=\"rgb({},94,0)\"/>",
                    n * 10,
                    n * 6
                )
            })
            .collect();
        let (_, _, pixels) = decode(&png(&svg(&stripes), 0.5).unwrap());
        let colors: HashSet<[u8; 3]> = pixels.into_iter().collect();
        for n in 0..40 {
            assert!(colors.contains(&[n * 6, 94, 0]), "stripe {n}");
        }
    }

    #[test]
    fn anything_else_than_svg_is_an_error() {
        assert!(png("<svg", 1.0).is_err());
    }
}
